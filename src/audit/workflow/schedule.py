"""Which months are to be reported, and their reports one after the other: each carries on the ledger of the last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import month
from audit.months import between as months
from audit.months import following
from audit.programs import measures
from audit.reporting.report import Audience
from audit.storage import row_history
from audit.storage.lock import alone
from audit.storage.report_versions import Shelf
from audit.storage.sample_audit_folder import Steps
from audit.workflow import monthly_report
from audit.workflow.audit import Engagement


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One month's report."""

    month: str
    folder: Path
    written: bool  # it did not stand already


def between(work: Engagement, first: str, last: str) -> list[str]:
    """Every month from the first to the last; AuditError (USAGE) where they are not in this order."""
    return months(*measures.span(work.program.census, f"{first}/{last}"))


def missing(work: Engagement, root: Path, *, on: date, there: Sequence[str] = ()) -> list[str]:
    """Every month after the last that has a report, or of the table where none has, that is complete on a day.

    A month is complete on its as-of day: the days it is given for late records are over. The months of the units that
    are `there` are looked up where they are not given.
    """
    rules = work.program.census
    if not rules.date:
        what = f"table {rules.table} has no date column, so months cannot be caught up"
        raise AuditError(Problem(what=what, mend="Run it without --catch-up."), code=ExitCode.USAGE)
    reported = Shelf(folder=root / work.program.name).months()
    first, last = (there[0], there[-1]) if there else monthly_report.period_of(work, None)[0].split("/")
    found = [following(reported[-1])] if reported else [first]
    while found[-1] <= last and _complete(work, found[-1]) <= on:
        found.append(following(found[-1]))
    return found[:-1]


def reported(
    work: Engagement, months: Sequence[str], taken: Steps | None = None, *, root: Path, **asked: Any
) -> list[Done]:
    """The report of every month in turn, of tables that are checked and sampled once.

    Each month is written whole or not at all: a run that is killed is taken up by the next where it was. A month that
    was issued stays as it is, whatever has become of the tables; with a reason to `correct` it, its next version is
    written beside it if any figure or item of the ledger comes out otherwise. Corrections carry on one another. The
    sample audit comes from the steps on disk (`taken`), or is done here. `asked` is what `monthly_report.published`
    takes.
    """
    folder = root / work.program.name
    with alone(folder):
        common = cache(lambda: monthly_report.in_common(work, taken))
        rows = cache(lambda: row_history.held(work.program, work.named))
        return report_in_turn(work, months, taken, reports=Shelf(folder=folder), common=common, rows=rows, **asked)


def report_in_turn(
    work: Engagement,
    months: Sequence[str],
    taken: Steps | None,
    *,
    reports: Shelf,
    audience: Audience = "office",
    correct: str = "",
    **asked: Any,
) -> list[Done]:
    """As `reported`, by a run that is alone with the reports; `asked` is what `monthly_report.written` takes."""
    done = []
    reports.tidy()
    for one in months:
        work.tell(f"reporting {month(one)}")
        valid = reports.valid(monthly_report.name_of(one, audience))
        issued = valid is not None and valid.issued
        if valid and issued and not correct:
            done.append(Done(month=one, folder=valid.folder, written=False))
            continue
        period, as_of = monthly_report.period_of(work, one)
        folder, written = monthly_report.written(
            work,
            taken,
            period,
            as_of,
            reports=reports,
            audience=audience,
            correct=correct if issued else "",
            if_changed=True,
            **asked,
        )
        done.append(Done(month=one, folder=folder, written=written))
    return done


def _complete(work: Engagement, one: str) -> date:
    _, as_of = monthly_report.period_of(work, one)
    assert as_of is not None  # a month has an end
    return as_of
