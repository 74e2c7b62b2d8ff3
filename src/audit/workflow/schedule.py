"""Which months are to be reported, and their reports one after the other: each carries on the ledger of the last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_month
from audit.months import find_next_month
from audit.months import list_months as months
from audit.programs import measures
from audit.reporting.record import Audience
from audit.storage import row_history
from audit.storage.lock import lock_folder
from audit.storage.report_versions import ReportVersions
from audit.storage.sample_audit_folder import SampleAuditFolder
from audit.workflow import monthly_report
from audit.workflow.audit import Audit


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedMonth:
    """One month's report."""

    month: str
    folder: Path
    written: bool  # it did not stand already


def list_scheduled_months(work: Audit, first: str, last: str) -> list[str]:
    """Every month from the first to the last; AuditError (USAGE) where they are not in this order."""
    return months(*measures.parse_period(work.program.census, f"{first}/{last}"))


def find_due_months(work: Audit, root: Path, *, on: date, unit_months: Sequence[str] = ()) -> list[str]:
    """Every month after the last that has a report, or of the table where none has, that is complete on a day.

    A month is complete on its as-of day: the days it is given for late records are over. The months of the units that
    are `unit_months` are looked up where they are not given.
    """
    rules = work.program.census
    if not rules.date:
        what = f"table {rules.table} has no date column, so months cannot be caught up"
        raise AuditError(Problem(what=what, mend="Run it without --catch-up."), code=ExitCode.USAGE)
    reported_months = ReportVersions(folder=root / work.program.name).list_months()
    first, last = (
        (unit_months[0], unit_months[-1])
        if unit_months
        else monthly_report.resolve_report_period(work, None)[0].split("/")
    )
    due_months = [find_next_month(reported_months[-1])] if reported_months else [first]
    while due_months[-1] <= last and _find_completion_day(work, due_months[-1]) <= on:
        due_months.append(find_next_month(due_months[-1]))
    return due_months[:-1]


def publish_months(
    work: Audit, months: Sequence[str], steps: SampleAuditFolder | None = None, *, root: Path, **settings: Any
) -> list[PublishedMonth]:
    """The report of every month in turn, of tables that are checked and sampled once.

    Each month is written whole or not at all: a run that is killed is taken up by the next where it was. A month that
    was issued stays as it is, whatever has become of the tables; with a reason to `correct` it, its next version is
    written beside it if any figure or item of the ledger comes out otherwise. Corrections carry on one another. The
    sample audit comes from the steps on disk (`steps`), or is done here. `settings` is what
    `monthly_report.publish_report` takes.
    """
    folder = root / work.program.name
    with lock_folder(folder):
        common = cache(lambda: monthly_report.prepare_shared_results(work, steps))
        rows = cache(lambda: row_history.make_row_history(work.program, work.rows_of_used_columns))
        return publish_in_turn(
            work, months, steps, reports=ReportVersions(folder=folder), common=common, rows=rows, **settings
        )


def publish_in_turn(
    work: Audit,
    months: Sequence[str],
    steps: SampleAuditFolder | None,
    *,
    reports: ReportVersions,
    audience: Audience = "office",
    correct: str = "",
    **settings: Any,
) -> list[PublishedMonth]:
    """As `publish_months`, by a run that is alone with the reports; `settings` is what "
    "`monthly_report.write_report` takes."""
    done = []
    reports.recover_folders()
    for one in months:
        work.tell(f"reporting {format_month(one)}")
        valid = reports.find_valid(monthly_report.name_report_folder(one, audience))
        is_issued = valid is not None and valid.is_issued
        if valid and is_issued and not correct:
            done.append(PublishedMonth(month=one, folder=valid.folder, written=False))
            continue
        period, as_of = monthly_report.resolve_report_period(work, one)
        folder, written = monthly_report.write_report(
            work,
            steps,
            period,
            as_of,
            reports=reports,
            audience=audience,
            correct=correct if is_issued else "",
            if_changed=True,
            **settings,
        )
        done.append(PublishedMonth(month=one, folder=folder, written=written))
    return done


def _find_completion_day(work: Audit, one: str) -> date:
    _, as_of = monthly_report.resolve_report_period(work, one)
    assert as_of is not None  # a month has an end
    return as_of
