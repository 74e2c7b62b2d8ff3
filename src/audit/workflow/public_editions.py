"""Public editions beside each other: what one tells less what another tells is withheld by neither alone."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from audit.errors import AuditError, ExitCode, Problem
from audit.files import encode_json, parse_json
from audit.months import list_months
from audit.reporting.corrections import has_small_difference
from audit.reporting.month_report import Report
from audit.reporting.published_editions import PublishedEdition
from audit.reporting.sample_report import SampleReport
from audit.storage.publication_register import (
    Publication,
    decode_edition,
    list_earlier_publications,
    read_publications,
    register_left_out,
)
from audit.storage.report_record import REPORT_RECORD_FILE
from audit.storage.report_versions import ReportVersion, ReportVersions
from audit.workflow.month_request import MonthRequest, name_report_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierEditions:
    """The public editions that were issued before one is made, in the order of their issue."""

    publications: Sequence[Publication] = ()

    def describe(self) -> list[dict[str, str]]:
        """What they are, in the manifest of the one that is made."""
        return [{"folder": event.folder, "seal": event.seal} for event in self.publications]

    def decode_editions(self) -> list[PublishedEdition]:
        """What they tell."""
        return [decode_edition(event) for event in self.publications]


def find_earlier_editions(reports: ReportVersions, request: MonthRequest, folder: Path) -> EarlierEditions:
    """The public editions before the one in a folder; of what is not for the public, none."""
    if request.audience != "public":
        return EarlierEditions()
    register_left_out(reports)
    return EarlierEditions(publications=list_earlier_publications(reports, folder))


def find_other_editions(draft: ReportVersion, reports: ReportVersions, *, mend: str) -> list[Problem]:
    """Where public editions were issued since a draft for the public was made: beside them it may tell too much."""
    if draft.is_issued or draft.inputs.get("audience") != "public":
        return []
    register_left_out(reports)
    made_from = {one["seal"] for one in draft.inputs.get("public editions", [])}
    since = [event for event in list_earlier_publications(reports, draft.folder) if event.seal not in made_from]
    return [
        Problem(what=f"was made before {event.folder} was issued to the public", mend=mend, file=str(draft.folder))
        for event in since
    ]


def refuse_silent_correction(report: Report, request: MonthRequest, folder: Path) -> None:
    """Refuse a correction for the public that tells nothing else than what it corrects. AuditError (CONFLICT)."""
    if request.audience == "public" and report.correction and not report.correction.changes:
        what = (
            f"tells the public what a correction of {request.period} would tell: nothing changed, or by so few that "
            "another number would tell them"
        )
        mend = "Leave it as it is. The edition for the offices can be corrected."
        raise AuditError(Problem(what=what, mend=mend, file=str(folder)), code=ExitCode.CONFLICT)


def refuse_overlapping_edition(reports: ReportVersions, request: MonthRequest) -> None:
    """Refuse a public report where the folder has that of another period with a month in common.

    The report of January and February less that of January is February, whatever the report of February withholds.
    AuditError (CONFLICT) names every such report.
    """
    if request.audience != "public":
        return
    own = _list_period_months(request.period)
    what = f"is public already, has months of {request.period} too, and one less the other tells what both withhold"
    mend = "Publish each month once, alone or within a range. Remove that report if it was never published."
    problems = [
        Problem(what=what, mend=mend, file=str(reports.folder / name_report_folder(period, "public")))
        for period in _list_public_periods(reports)
        if period != request.period and own & _list_period_months(period)
    ]
    if problems:
        raise AuditError(problems, code=ExitCode.CONFLICT)


def refuse_small_changes(report: SampleReport, reports: ReportVersions, name: str) -> None:
    """Refuse a correction of a public audit report of which a count differs by few from a version before it.

    A sample has few tables, and each is told whole or not at all: so is its correction. AuditError (CONFLICT).
    """
    if report.audience != "public":
        return
    after, least = json.loads(encode_json(asdict(report))), max(report.withholding.sample, report.withholding.checks)
    for version in reports.list_versions(name):
        if version.version < report.version:
            before = parse_json((version.folder / REPORT_RECORD_FILE).read_bytes())
            if has_small_difference(before, after, least):
                what = f"tells counts from which those of a correction would differ by fewer than {least}"
                mend = "Leave the public edition as it is. The edition for the offices can be corrected."
                raise AuditError(Problem(what=what, mend=mend, file=str(version.folder)), code=ExitCode.CONFLICT)


def _list_public_periods(reports: ReportVersions) -> list[str]:
    """The periods that are public, also where the folder is gone, or about to be."""
    there = {str(one.inputs["period"]) for one in reports.list_public_editions()}
    return sorted(there.union(str(event.edition["period"]) for event in read_publications(reports.folder)))


def _list_period_months(period: str) -> set[str]:
    """The months of a period; none of a table without dates, which has but one report."""
    ends = period.split("/")
    return set() if period == "all" else set(list_months(ends[0], ends[-1]))
