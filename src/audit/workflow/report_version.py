"""Which version of a report is to be written, what it corrects, and whether it is there already."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from audit.errors import AuditError, ExitCode, Problem
from audit.files import encode_json, hash_file, parse_json
from audit.reporting.corrections import Correction, find_figure_changes
from audit.reporting.record import VersionedReport
from audit.storage import report_versions
from audit.storage.report_record import REPORT_RECORD_FILE
from audit.storage.report_versions import ReportVersions, has_issued_report
from audit.storage.up_to_date_reports import is_up_to_date

ReportT = TypeVar("ReportT", bound=VersionedReport)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenVersion:
    """The version of a period's report that is to be written."""

    number: int
    reason: str  # why it corrects the one before; "" of the first
    folder: Path
    corrected: Path | None  # the record of the one before; None of the first

    def describe(self) -> dict[str, Any]:
        """The version in the manifest of what is written."""
        corrects = hash_file(self.corrected) if self.corrected else ""
        return {"number": self.number, "reason": self.reason, "corrects": corrects}


def choose_version(reports: ReportVersions, name: str, correct: str) -> ChosenVersion:
    """Which version of a period's report to write, and why, if it corrects one that was issued."""
    number, reason = _number_version(reports, name, correct)
    corrected = reports.locate_version(name, number - 1) / REPORT_RECORD_FILE if number > 1 else None
    folder = reports.locate_version(name, number)
    return ChosenVersion(number=number, reason=reason, folder=folder, corrected=corrected)


def _number_version(reports: ReportVersions, name: str, correct: str) -> tuple[int, str]:
    last = reports.find_last(name)
    if last is None or (last.version == 1 and not last.is_issued):
        if correct:
            what = "was not issued, so there is nothing to correct"
            mend = "Run it without --correct; --overwrite replaces a draft."
            raise AuditError(
                Problem(what=what, mend=mend, file=str(reports.locate_version(name, 1))), code=ExitCode.USAGE
            )
        return 1, ""
    reason = str(last.inputs["version"]["reason"])
    if last.is_issued and correct and correct != reason:
        return last.version + 1, correct
    return last.version, (correct or reason) if not last.is_issued else reason


def add_correction(report: ReportT, version: ChosenVersion) -> ReportT:
    """The report as a correction of the version before it, with the figures that it changed."""
    assert version.corrected is not None  # the first version corrects nothing
    corrected = version.corrected
    before, after = parse_json(corrected.read_bytes()), json.loads(encode_json(asdict(report)))
    signed_on = (before.get("sign_off") or {}).get("on")
    correction = Correction(
        reason=version.reason,
        of_version=version.number - 1,
        issued_on=date.fromisoformat(signed_on) if signed_on else None,
        changes=find_figure_changes(before, after),
    )
    return replace(report, version=version.number, correction=correction)


def has_changes(report: VersionedReport, ledger: dict[str, bytes | Path], corrected: Path) -> bool:
    """Whether a correction says anything else than what it corrects: a figure, or an item of the ledger."""
    names = (report_versions.LEDGER_FILE, report_versions.DOCUMENTED_UNITS_FILE)
    same = all((corrected / name).read_bytes() == ledger[name] for name in names if name in ledger)
    return not same or bool(report.correction and report.correction.changes)


def is_report_current(folder: Path, made_from: dict[str, Any], *, overwrite: bool) -> bool:
    """Whether the report is there already. One that was issued is not replaced, whatever is asked."""
    if overwrite and not (folder.exists() and has_issued_report(folder)):
        return False
    try:
        return is_up_to_date(folder, inputs=made_from)
    except AuditError as error:
        if not has_issued_report(folder):
            raise
        mend = 'It was issued, and stays as it is. Write its next version with --correct "why".'
        raise AuditError([replace(one, mend=mend) for one in error.problems], code=error.code) from None
