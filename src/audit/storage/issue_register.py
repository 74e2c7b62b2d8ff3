"""The register of issues: which manifest was issued, by whom and when, and what was purged.

Each entry seals those before it. So a manifest that was rewritten with its files is noticed, and an issued report whose
manifest is damaged is still known as issued.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from audit.errors import Problem
from audit.files import INITIAL_SEAL, hash_file, seal_event
from audit.formatting import format_day
from audit.storage.journal_file import append_events, read_events
from audit.storage.output_folder import MANIFEST_FILE

REGISTER_FILE = "issued.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueEvent:
    """A report that was issued, or whose folder was purged."""

    number: int
    action: Literal["issued", "purged"]
    folder: str  # its name, in the folder of the program's reports
    manifest: str  # SHA-256
    by: str  # a role
    on: date
    key: str  # fingerprint of the key that signed it; empty where none did
    seal: str


def read_register(reports: Path) -> tuple[IssueEvent, ...]:
    """Every entry, in order. AuditError: UNREADABLE or DATA, as a journal is read."""
    return read_events(reports / REGISTER_FILE, _make_event)


def list_issues(reports: Path) -> list[IssueEvent]:
    """The entry of every report that is issued, and was not purged."""
    last = {event.folder: event for event in read_register(reports)}
    return [event for event in last.values() if event.action == "issued"]


def register_issue(folder: Path, sign_off: Mapping[str, Any]) -> None:
    """Enter a folder as it was issued; nothing is entered where it was."""
    if find_issue(folder) is None:
        on, key = date.fromisoformat(str(sign_off["on"])), str(sign_off.get("key", ""))
        _append_entry(folder, action="issued", by=str(sign_off["by"]), on=on, key=key)


def register_purge(folder: Path, *, by: str, on: date) -> None:
    """Enter that a folder is removed, with the digest of the manifest that it had; once, however often it is begun."""
    last = next((one for one in reversed(read_register(folder.parent)) if one.folder == folder.name), None)
    if last and last.action == "purged" and last.manifest == (hash_file(folder / MANIFEST_FILE) or ""):
        return
    _append_entry(folder, action="purged", by=by, on=on)


def _append_entry(folder: Path, *, action: Literal["issued", "purged"], by: str, on: date, key: str = "") -> None:
    events = read_register(folder.parent)
    event = IssueEvent(
        number=len(events) + 1,
        action=action,
        folder=folder.name,
        manifest=hash_file(folder / MANIFEST_FILE) or "",
        by=by,
        on=on,
        key=key,
        seal="",
    )
    stated = {name: value for name, value in asdict(event).items() if name != "seal"}
    seal = seal_event(stated, events[-1].seal if events else INITIAL_SEAL)
    append_events(folder.parent / REGISTER_FILE, [replace(event, seal=seal)])


def find_issue(folder: Path) -> IssueEvent | None:
    """The entry of a folder in the register beside it; None where it was not issued."""
    return next((one for one in list_issues(folder.parent) if one.folder == folder.name), None)


def find_altered_issues(reports: Path) -> list[Problem]:
    """The problem of each issued report whose manifest is not the one that was issued, or is gone."""
    return [problem for event in list_issues(reports) if (problem := describe_alteration(reports, event))]


def describe_alteration(reports: Path, event: IssueEvent) -> Problem | None:
    """What is wrong with the manifest of an issued report; None where it is as it was issued, or its folder is gone."""
    folder = reports / event.folder
    if not folder.exists() or hash_file(folder / MANIFEST_FILE) == event.manifest:
        return None
    state = "was altered since" if (folder / MANIFEST_FILE).exists() else "is gone"
    what = f"was issued on {format_day(event.on)} by {event.by}, and its {MANIFEST_FILE} {state}"
    return Problem(what=what, mend="Restore the folder from a copy.", file=str(folder))


def describe_damage(reports: Path, event: IssueEvent) -> Problem | None:
    """The same; and that the folder is gone."""
    if (reports / event.folder).exists():
        return describe_alteration(reports, event)
    what = f"was issued on {format_day(event.on)} by {event.by}, and is gone"
    return Problem(what=what, mend="Restore the folder from a copy.", file=str(reports / event.folder))


def _make_event(stated: dict[str, Any]) -> IssueEvent:
    return IssueEvent(**{**stated, "on": date.fromisoformat(stated["on"])})
