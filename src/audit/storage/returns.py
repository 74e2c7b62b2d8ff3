"""The returns of offices on disk: the lists that came back, the journal of what they say, and the claims to answer."""

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from audit.compliance.returns import ReturnEvent
from audit.storage.journal_file import append_events, read_events
from audit.storage.private_files import make_private_folder, write_private_file

RETURNS_FOLDER = "returns"  # in a program's folder of reports
RETURN_JOURNAL_FILE = "journal.jsonl"
CLAIMS_FILE = "claims.csv"
RECEIVED_FOLDER = "received"  # in it, the lists as they came back


def locate_return_folder(reports: Path) -> Path:
    """The folder of the returns, in a program's folder of reports."""
    return reports / RETURNS_FOLDER


def read_return_events(reports: Path) -> tuple[ReturnEvent, ...]:
    """Everything that was said of items, in order; none where nothing came back.

    AuditError: UNREADABLE or DATA, as a journal is read.
    """
    return read_events(locate_return_folder(reports) / RETURN_JOURNAL_FILE, _make_event)


def append_return_events(reports: Path, events: Sequence[ReturnEvent]) -> None:
    """Append events to the journal, which only its owner may read."""
    folder = make_private_folder(locate_return_folder(reports))
    append_events(folder / RETURN_JOURNAL_FILE, events)


def keep_received_file(reports: Path, content: bytes, *, suffix: str) -> Path:
    """Keep a list as it came back, named by its digest."""
    make_private_folder(locate_return_folder(reports))
    folder = make_private_folder(locate_return_folder(reports) / RECEIVED_FOLDER)
    path = folder / f"{hashlib.sha256(content).hexdigest()}{suffix.lower()}"
    write_private_file(path, content, replace=True)
    return path


def write_claims(reports: Path, content: bytes) -> Path:
    """Write the claims that wait for an answer, as CSV, in place of those before."""
    path = make_private_folder(locate_return_folder(reports)) / CLAIMS_FILE
    write_private_file(path, content, replace=True)
    return path


def _make_event(stated: dict[str, Any]) -> ReturnEvent:
    days = {name: date.fromisoformat(stated[name]) if stated[name] else None for name in ("day", "done_on")}
    return ReturnEvent(**{**stated, **days})
