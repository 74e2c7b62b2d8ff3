"""The journal of a review on disk: a line an event, written to the disk before it counts as answered."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from audit.errors import AuditError, ExitCode, Problem
from audit.review.journal import ReviewEvent, find_broken_event


def read_journal(path: Path) -> tuple[ReviewEvent, ...]:
    """The events, in order; none where there is no file.

    A last line that a killed run left half written was never answered, and is not read. AuditError: UNREADABLE for a
    damaged line; DATA where an event was altered, removed or put in.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return ()
    return _parse_events(text[: text.rfind(b"\n") + 1], path)


@lru_cache(maxsize=1)  # a command reads it several times
def _parse_events(whole: bytes, path: Path) -> tuple[ReviewEvent, ...]:
    events = []
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            stated = json.loads(line)
            reviewed = date.fromisoformat(stated["reviewed"]) if stated["reviewed"] else None
            events.append(
                ReviewEvent(**{**stated, "when": datetime.fromisoformat(stated["when"]), "reviewed": reviewed})
            )
        except (KeyError, TypeError, ValueError):
            problem = Problem(what="is damaged", mend="Restore it from a copy.", file=str(path), row=number)
            raise AuditError(problem, code=ExitCode.UNREADABLE) from None
    if (at := find_broken_event(events)) is not None:
        what = "does not follow from the lines before it: a line was altered, removed or put in"
        problem = Problem(what=what, mend="Restore the journal from a copy.", file=str(path), row=at)
        raise AuditError(problem, code=ExitCode.DATA)
    return tuple(events)


def append_events(path: Path, events: Sequence[ReviewEvent]) -> None:
    """Append events, and return once they are on the disk; what a killed run left half written is cut off first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{json.dumps(asdict(event), ensure_ascii=False, default=str)}\n" for event in events)
    with path.open("a+b") as file:
        file.seek(0)
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)
        file.write(lines.encode())
        file.flush()
        os.fsync(file.fileno())
