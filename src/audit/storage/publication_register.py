"""The register of publications: what each public edition that was issued tells, so that no later one tells more.

It outlasts the folders: a report that was moved away was published all the same. Each entry seals those before it.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from audit.files import INITIAL_SEAL, encode_json, hash_file, seal_event
from audit.reporting.month_report import Report
from audit.reporting.published_editions import PublishedEdition, build_published_edition
from audit.storage.journal_file import append_events, read_events
from audit.storage.report_record import REPORT_RECORD_FILE, read_report
from audit.storage.report_versions import ReportVersions

PUBLICATION_FILE = "published.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One public edition that was issued."""

    number: int
    folder: str  # its name, in the folder of the program's reports
    record: str  # SHA-256 of its report.json
    edition: Mapping[str, Any]  # as `PublishedEdition` has it
    seal: str


def read_publications(reports: Path) -> tuple[Publication, ...]:
    """Every entry, in order. AuditError: UNREADABLE or DATA, as a journal is read."""
    return read_events(reports / PUBLICATION_FILE, lambda stated: Publication(**stated))


def register_publication(folder: Path, report: Report) -> None:
    """Enter what an issued public edition tells; nothing is entered where it was."""
    record, events = hash_file(folder / REPORT_RECORD_FILE) or "", read_publications(folder.parent)
    if any((event.folder, event.record) == (folder.name, record) for event in events):
        return
    edition = json.loads(encode_json(asdict(build_published_edition(report))))
    event = Publication(number=len(events) + 1, folder=folder.name, record=record, edition=edition, seal="")
    stated = {name: value for name, value in asdict(event).items() if name != "seal"}
    seal = seal_event(stated, events[-1].seal if events else INITIAL_SEAL)
    append_events(folder.parent / PUBLICATION_FILE, [replace(event, seal=seal)])


def register_left_out(reports: ReportVersions) -> None:
    """Enter the issued public editions that the register lacks: a killed run may have left one out.

    Only the run that is alone there may. AuditError (UNREADABLE) where the record of one cannot be read.
    """
    there = {event.folder for event in read_publications(reports.folder)}
    left = [one for one in reports.list_public_editions() if one.is_issued and one.folder.name not in there]
    for one in sorted(left, key=lambda one: (str(one.inputs["sign_off"]["on"]), one.folder.name)):
        register_publication(one.folder, read_report(one.folder / REPORT_RECORD_FILE))


def list_earlier_publications(reports: ReportVersions, folder: Path) -> list[Publication]:
    """What was published before the edition in a folder was issued; before now, where it is a draft or not there."""
    events = read_publications(reports.folder)
    version = reports.read_version(folder)
    if version is None or not version.is_issued:
        return [*events]
    own = next((event.number for event in events if event.folder == folder.name), len(events) + 1)
    return [event for event in events if event.number < own]


def decode_edition(event: Publication) -> PublishedEdition:
    """What a publication tells."""
    return _make_adapter().validate_python(event.edition)


@cache
def _make_adapter() -> TypeAdapter[PublishedEdition]:
    return TypeAdapter(PublishedEdition)
