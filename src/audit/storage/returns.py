"""The returns of offices on disk: the lists that came back, the journal of what they say, and the claims to answer."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from audit.compliance.returns import ReturnEvent, find_broken_return
from audit.errors import AuditError, ExitCode, Problem
from audit.storage.private_files import append_private_lines, make_private_folder, write_private_file

RETURNS_FOLDER = "returns"  # in a program's folder of reports
RETURN_JOURNAL_FILE = "journal.jsonl"
CLAIMS_FILE = "claims.csv"
RECEIVED_FOLDER = "received"  # in it, the lists as they came back


def locate_return_folder(reports: Path) -> Path:
    """The folder of the returns, in a program's folder of reports."""
    return reports / RETURNS_FOLDER


def read_return_events(reports: Path) -> tuple[ReturnEvent, ...]:
    """Everything that was said of items, in order; none where nothing came back.

    A last line that a killed run left half written is not read. AuditError: UNREADABLE for a damaged line; DATA where a
    line was altered, removed or put in.
    """
    path = locate_return_folder(reports) / RETURN_JOURNAL_FILE
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return ()
    events = []
    for number, line in enumerate(text[: text.rfind(b"\n") + 1].splitlines(), start=1):
        try:
            stated = json.loads(line)
            days = {name: date.fromisoformat(stated[name]) if stated[name] else None for name in ("day", "done_on")}
            events.append(ReturnEvent(**{**stated, **days}))
        except (KeyError, TypeError, ValueError):
            problem = Problem(what="is damaged", mend="Restore it from a copy.", file=str(path), row=number)
            raise AuditError(problem, code=ExitCode.UNREADABLE) from None
    if (at := find_broken_return(events)) is not None:
        what = "does not follow from the lines before it: a line was altered, removed or put in"
        problem = Problem(what=what, mend="Restore the journal from a copy.", file=str(path), row=at)
        raise AuditError(problem, code=ExitCode.DATA)
    return tuple(events)


def append_return_events(reports: Path, events: Sequence[ReturnEvent]) -> None:
    """Append events to the journal, which only its owner may read."""
    folder = make_private_folder(locate_return_folder(reports))
    lines = "".join(f"{json.dumps(asdict(event), ensure_ascii=False, default=str)}\n" for event in events)
    append_private_lines(folder / RETURN_JOURNAL_FILE, lines.encode())


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
