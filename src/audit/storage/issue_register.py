"""The register of issued reports: which manifest was issued, by whom and when; each entry seals those before it.

So a manifest that was rewritten with its files is noticed, and an issued report whose manifest is damaged is still
known as issued.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from audit.errors import Problem
from audit.files import INITIAL_SEAL, hash_file, seal_event
from audit.formatting import format_day
from audit.storage.journal_file import append_events, read_events
from audit.storage.output_folder import MANIFEST_FILE
from audit.storage.private_files import PRIVATE_FILE_MODE

REGISTER_FILE = "issued.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueEvent:
    """A report that was issued."""

    number: int
    folder: str  # its name, in the folder of the program's reports
    manifest: str  # SHA-256
    by: str
    on: date
    key: str  # fingerprint of the key that signed it; empty where none did
    seal: str


def read_register(reports: Path) -> tuple[IssueEvent, ...]:
    """Every report that was issued, in order. AuditError: UNREADABLE or DATA, as a journal is read."""
    return read_events(reports / REGISTER_FILE, _make_event)


def register_issue(folder: Path, sign_off: Mapping[str, Any]) -> None:
    """Enter a folder as it was issued; nothing is entered where it was."""
    events = read_register(folder.parent)
    if any(one.folder == folder.name for one in events):
        return
    event = IssueEvent(
        number=len(events) + 1,
        folder=folder.name,
        manifest=hash_file(folder / MANIFEST_FILE) or "",
        by=str(sign_off["by"]),
        on=date.fromisoformat(str(sign_off["on"])),
        key=str(sign_off.get("key", "")),
        seal="",
    )
    stated = {name: value for name, value in asdict(event).items() if name != "seal"}
    seal = seal_event(stated, events[-1].seal if events else INITIAL_SEAL)
    append_events(folder.parent / REGISTER_FILE, [replace(event, seal=seal)], mode=PRIVATE_FILE_MODE)


def find_issue(folder: Path) -> IssueEvent | None:
    """The entry of a folder in the register beside it; None where it was not issued."""
    return next((one for one in read_register(folder.parent) if one.folder == folder.name), None)


def find_altered_issues(reports: Path) -> list[Problem]:
    """The problem of each issued report whose manifest is not the one that was issued, or is gone."""
    return [problem for event in read_register(reports) if (problem := describe_alteration(reports, event))]


def describe_alteration(reports: Path, event: IssueEvent) -> Problem | None:
    """What is wrong with the manifest of an issued report; None where it is as it was issued, or its folder is gone."""
    folder = reports / event.folder
    if not folder.exists() or hash_file(folder / MANIFEST_FILE) == event.manifest:
        return None
    state = "was altered since" if (folder / MANIFEST_FILE).exists() else "is gone"
    what = f"was issued on {format_day(event.on)} by {event.by}, and its {MANIFEST_FILE} {state}"
    return Problem(what=what, mend="Restore the folder from a copy.", file=str(folder))


def _make_event(stated: dict[str, Any]) -> IssueEvent:
    return IssueEvent(**{**stated, "on": date.fromisoformat(stated["on"])})
