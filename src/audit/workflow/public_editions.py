"""Public reports of periods that overlap: one less the other would tell what both withhold."""

from audit.errors import AuditError, ExitCode, Problem
from audit.months import list_months
from audit.storage.report_versions import ReportVersions
from audit.workflow.month_request import MonthRequest, name_report_folder


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
        for period in reports.list_public_periods()
        if period != request.period and own & _list_period_months(period)
    ]
    if problems:
        raise AuditError(problems, code=ExitCode.CONFLICT)


def _list_period_months(period: str) -> set[str]:
    """The months of a period; none of a table without dates, which has but one report."""
    ends = period.split("/")
    return set() if period == "all" else set(list_months(ends[0], ends[-1]))
