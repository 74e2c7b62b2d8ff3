"""Which months are to be reported, and their reports one after the other: each carries on the ledger of the last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from audit import compliance, publication
from audit.engagement import Engagement
from audit.error import AuditError, ExitCode, Problem
from audit.report import Audience
from audit.store import held
from audit.store.ledgers import Decisions
from audit.store.lock import alone
from audit.store.parts import between as months
from audit.store.parts import following
from audit.store.shelf import Shelf
from audit.store.steps import Steps
from audit.wording import month


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One month's report."""

    month: str
    folder: Path
    written: bool  # it did not stand already


def between(work: Engagement, first: str, last: str) -> list[str]:
    """Every month from the first to the last; AuditError (USAGE) where they are not in this order."""
    return months(*compliance.span(work.program.census, f"{first}/{last}"))


def missing(work: Engagement, root: Path, *, on: date) -> list[str]:
    """Every month after the last that has a report, or of the table where none has, that is complete on a day.

    A month is complete on its as-of day: the days it is given for late records are over.
    """
    rules = work.program.census
    if not rules.date:
        what = f"table {rules.table} has no date column, so months cannot be caught up"
        raise AuditError(Problem(what=what, mend="Run it without --catch-up."), code=ExitCode.USAGE)
    reported = Shelf(folder=root / work.program.name).months()
    whole, _ = publication.period_of(work, None)
    first, last = whole.split("/")
    found = [following(reported[-1])] if reported else [first]
    while found[-1] <= last and _complete(work, found[-1]) <= on:
        found.append(following(found[-1]))
    return found[:-1]


def reported(
    work: Engagement,
    months: Sequence[str],
    taken: Steps | None = None,
    *,
    root: Path,
    overwrite: bool,
    packets: bool = False,
    audience: Audience = "office",
    decisions: Decisions,
    correct: str = "",
) -> list[Done]:
    """The report of every month in turn. The tables were read once, and are checked and sampled once.

    Each month is written whole or not at all: a run that is killed is taken up by the next where it was. A month that
    was issued stays as it is, whatever has become of the tables; with a reason to `correct` it, its next version is
    written beside it if any figure or item of the ledger comes out otherwise. Corrections carry on one another. The
    sample audit comes from the steps on disk (`taken`), or is done here.
    """
    common, reports = cache(lambda: publication.in_common(work, taken)), Shelf(folder=root / work.program.name)
    rows = cache(lambda: held.held(work.program, work.named))
    done = []
    with alone(reports.folder):
        reports.tidy()
        for one in months:
            work.tell(f"reporting {month(one)}")
            valid = reports.valid(publication.name_of(one, audience))
            issued = valid is not None and valid.issued
            if valid and issued and not correct:
                done.append(Done(month=one, folder=valid.folder, written=False))
                continue
            period, as_of = publication.period_of(work, one)
            folder, written = publication.written(
                work,
                taken,
                period,
                as_of,
                reports=reports,
                overwrite=overwrite,
                packets=packets,
                audience=audience,
                decisions=decisions,
                correct=correct if issued else "",
                if_changed=True,
                common=common,
                rows=rows,
            )
            done.append(Done(month=one, folder=folder, written=written))
    return done


def _complete(work: Engagement, one: str) -> date:
    _, as_of = publication.period_of(work, one)
    assert as_of is not None  # a month has an end
    return as_of
