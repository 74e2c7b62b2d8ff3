"""A program's reports as they stand: one folder a period, further ones for its corrections, drafts or issued."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from audit.errors import AuditError, ExitCode, Problem
from audit.files import hash_file, parse_json
from audit.storage.issue_register import describe_damage, find_altered_issues, find_issue, list_issues
from audit.storage.output_folder import MANIFEST_FILE, SIGNATURE_FILE, recover_folder
from audit.tables.table import ControlTotals

_FOLDER_NAME = re.compile(r"(?P<name>.+?)(-v(?P<version>[1-9]\d*))?")
_VERSION_SUFFIX = re.compile(r"-v[1-9]\d*$")
_MONTH_PATTERN = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
AUDIT_REPORT_NAME = "audit"  # the folder of the audit report, beside those of the months
LEDGER_FILE, DOCUMENTED_UNITS_FILE = "tables/ledger.csv", "documented.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportVersion:
    """One report that stands."""

    folder: Path
    name: str  # the period, as a folder is named after it
    version: int
    as_of: date | None  # the day on which it looked at the records
    totals: tuple[ControlTotals, ...]  # of the tables that it was made from; none of a public edition
    inputs: Mapping[str, Any]  # of its manifest
    outputs: Mapping[str, str]

    def find_alterations(self, file: str, *, needed: str) -> list[Problem]:
        """The problem that a file, `needed` as it was written, is another now or gone."""
        if hash_file(self.folder / file) == self.outputs.get(file):
            return []
        mend = "Restore it." if self.is_issued else "Restore it, or run that month again with --overwrite."
        what = f"was changed or removed since the report was written, and {needed}"
        return [Problem(what=what, mend=mend, file=str(self.folder / file))]

    @property
    def is_issued(self) -> bool:
        """Whether it was signed: then it is never written again."""
        return "sign_off" in self.inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportVersions:
    """The folder of a program's reports."""

    folder: Path

    def recover_folders(self) -> None:
        """Put back what a killed run had set aside, and remove what it left half written.

        Only the run that is alone here may. AuditError (CONFLICT) where an issued report is not as it was issued.
        """
        for left in sorted(self.folder.glob(".*.old")):
            recover_folder(self.folder / left.name.removeprefix(".").removesuffix(".old"))
        for left in sorted(self.folder.glob(".*.new")):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
        if problems := find_altered_issues(self.folder):
            raise AuditError(problems, code=ExitCode.CONFLICT)

    def list_versions(self, name: str) -> list[ReportVersion]:
        """Every version of a period's report, the first first."""
        return sorted((one for one in self.list_reports() if one.name == name), key=lambda one: one.version)

    def find_last(self, name: str) -> ReportVersion | None:
        """The latest version of a period's report, draft or issued.

        AuditError (CONFLICT) where one was issued, and is altered, damaged or gone.
        """
        self._refuse_damaged_issues(name)
        versions = self.list_versions(name)
        return versions[-1] if versions else None

    def _refuse_damaged_issues(self, name: str) -> None:
        """Refuse a period of which an issued version is altered, damaged or gone: it is no draft, and not none."""
        issues = [event for event in list_issues(self.folder) if _VERSION_SUFFIX.sub("", event.folder) == name]
        if problems := [problem for event in issues if (problem := describe_damage(self.folder, event))]:
            raise AuditError(problems, code=ExitCode.CONFLICT)

    def find_valid(self, name: str) -> ReportVersion | None:
        """The version that holds: the latest that was issued, or else the draft."""
        versions = self.list_versions(name)
        return next((one for one in reversed(versions) if one.is_issued), versions[0] if versions else None)

    def list_months(self) -> list[str]:
        """Every month that has a report with a ledger."""
        books = {LEDGER_FILE, DOCUMENTED_UNITS_FILE}
        return sorted({one.name for one in self.list_reports() if is_month(one.name) and books <= one.outputs.keys()})

    def list_public_editions(self) -> list[ReportVersion]:
        """Every version of every monthly report for the public; those of samples and of discrepancies are none."""
        reports = self.list_reports()
        return [one for one in reports if one.inputs.get("audience") == "public" and "ledger" in one.inputs]

    def list_earlier_reports(self, month: str, *, drafts: bool = False) -> list[ReportVersion]:
        """The reports of the months before one that have a ledger, the last of which it carries on.

        Each is of the version that holds, or for a correction the latest, with `drafts`. AuditError (CONFLICT) where a
        folder is named as such a month, and its manifest cannot be read: what it holds would be left out.
        """
        problems = [
            Problem(
                what=f"holds no {MANIFEST_FILE} of this program that can be read",
                mend="Restore it; or move the folder away, and run that month again.",
                file=str(path),
            )
            for path in self._list_folders()
            if path.is_dir()
            and _read_version(path) is None
            and is_month(name := _VERSION_SUFFIX.sub("", path.name))
            and name < month
        ]
        if problems:
            raise AuditError(problems, code=ExitCode.CONFLICT)
        earlier = [self.find_last(one) if drafts else self.find_valid(one) for one in self.list_months() if one < month]
        return [one for one in earlier if one]

    def read_version(self, folder: Path) -> ReportVersion | None:
        """The report in a folder; None where it is none of this program's."""
        return _read_version(folder)

    def locate_version(self, name: str, version: int) -> Path:
        """The folder of a version."""
        return self.folder / (name if version == 1 else f"{name}-v{version}")

    def _list_folders(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return [path for path in sorted(self.folder.iterdir()) if not path.name.startswith(".")]

    def list_reports(self) -> list[ReportVersion]:
        """Every version of every report."""
        return [one for path in self._list_folders() if (one := _read_version(path))]


def is_month(period: str) -> bool:
    """Whether a period is one month: only then there is a ledger."""
    return _MONTH_PATTERN.fullmatch(period) is not None


def has_issued_report(folder: Path) -> bool:
    """Whether a folder holds a report that was issued, also where its manifest is damaged."""
    if find_issue(folder) or (folder / SIGNATURE_FILE).exists():
        return True
    version = _read_version(folder)
    return version is not None and version.is_issued


def _read_version(folder: Path) -> ReportVersion | None:
    """A folder as a report; None where it is none of this program's."""
    match = _FOLDER_NAME.fullmatch(folder.name)
    try:
        read = parse_json((folder / MANIFEST_FILE).read_bytes())
        inputs, outputs = dict(read["inputs"]), dict(read["outputs"])
        as_of = date.fromisoformat(inputs["as_of"]) if inputs["as_of"] != "None" else None
        counted = () if inputs.get("audience") == "public" else inputs["tables"]
        totals = tuple(ControlTotals(**total) for total in counted)
    except (OSError, KeyError, TypeError, ValueError):
        return None
    if not match or "period" not in inputs:
        return None
    return ReportVersion(
        folder=folder,
        name=match["name"],
        version=int(match["version"] or 1),
        as_of=as_of,
        totals=totals,
        inputs=inputs,
        outputs=outputs,
    )
