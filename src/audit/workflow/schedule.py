"""Which months are to be reported, and their reports one after the other: each carries on the ledger of the last."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from audit.compliance.late_changes import LateChange
from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_month
from audit.months import find_next_month, list_months
from audit.programs import measures
from audit.programs.declaration import Program
from audit.storage.report_versions import ReportVersions
from audit.workflow.engine import Engine
from audit.workflow.month_request import MonthRequest
from audit.workflow.monthly_report import publish_period, resolve_report_period
from audit.workflow.publication import PublishedReport, open_reports
from audit.workflow.report_basis import ReportBasis


def list_scheduled_months(program: Program, first: str, last: str) -> list[str]:
    """Every month from the first to the last; AuditError (USAGE) where they are not in this order."""
    return list_months(*measures.parse_period(program.census, f"{first}/{last}"))


def find_due_months(engine: Engine, root: Path, *, on: date) -> list[str]:
    """Every month after the last that has a report, or of the table where none has, that is complete on a day.

    A month is complete on its as-of day: the days it is given for late records are over. `root` is the folder of all
    reports.
    """
    rules = engine.audit.program.census
    if not rules.date:
        what = f"table {rules.table} has no date column, so months cannot be caught up"
        raise AuditError(Problem(what=what, mend="Run it without --catch-up."), code=ExitCode.USAGE)
    reported_months = ReportVersions(folder=root / engine.audit.program.name).list_months()
    first, last = resolve_report_period(engine, None)[0].split("/")
    due_months = [find_next_month(reported_months[-1])] if reported_months else [first]
    while due_months[-1] <= last and _find_completion_day(engine, due_months[-1]) <= on:
        due_months.append(find_next_month(due_months[-1]))
    return due_months[:-1]


def list_months_to_correct(reports: Path, changes: Sequence[LateChange]) -> list[str]:
    """The months that late changes concern and whose report was issued, of those in a program's folder of reports."""
    versions = ReportVersions(folder=reports)
    concerned = sorted({month for change in changes for month in change.reports})
    return [month for month in concerned if (valid := versions.find_valid(month)) and valid.is_issued]


def publish_months(
    engine: Engine, request: MonthRequest, months: Sequence[str], basis: ReportBasis | None = None
) -> list[PublishedReport]:
    """The report of every month in turn, of tables that are checked once, or have been for `basis`.

    Each month is written whole or not at all: a run that is killed is taken up by the next where it was. A month that
    was issued stays as it is, whatever has become of the tables; with a reason to correct it, its next version is
    written beside it if any figure or item of the ledger comes out otherwise. Corrections carry on one another. The
    month and the as-of day of the request are not looked at.

    AuditError (CONFLICT) where another run is at work there.
    """
    reports = request.locate_reports(engine.audit.program)
    basis = basis or ReportBasis(engine=engine)
    with open_reports(reports, engine.lock_reports(reports.folder)):
        return [_publish_month(engine, replace(request, month=month, as_of=None), basis) for month in months]


def _publish_month(engine: Engine, request: MonthRequest, basis: ReportBasis) -> PublishedReport:
    """One of several months: what was issued is left alone, unless it is to be corrected and comes out otherwise."""
    engine.audit.tell(f"reporting {format_month(request.period)}")
    valid = request.locate_reports(engine.audit.program).find_valid(request.folder_name)
    is_issued = valid is not None and valid.is_issued
    if valid and is_issued and not request.correct:
        return PublishedReport(name=request.period, folder=valid.folder, changed=False)
    correct = request.correct if is_issued else ""
    return publish_period(engine, replace(request, correct=correct, only_changes=True), basis)


def _find_completion_day(engine: Engine, month: str) -> date:
    _, as_of = resolve_report_period(engine, month)
    assert as_of is not None  # a month has an end
    return as_of
