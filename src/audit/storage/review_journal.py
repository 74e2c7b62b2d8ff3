"""The journal of a review on disk."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from audit.review.journal import ReviewEvent
from audit.storage import journal_file


def read_journal(path: Path) -> tuple[ReviewEvent, ...]:
    """The events, in order; none where there is no file. AuditError: UNREADABLE or DATA, as a journal is read."""
    return journal_file.read_events(path, _make_event)


def append_answer_events(path: Path, events: Sequence[ReviewEvent]) -> None:
    """Append events, and return once they are on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    journal_file.append_events(path, events)


def _make_event(stated: dict[str, Any]) -> ReviewEvent:
    reviewed = date.fromisoformat(stated["reviewed"]) if stated["reviewed"] else None
    return ReviewEvent(**{**stated, "when": datetime.fromisoformat(stated["when"]), "reviewed": reviewed})
