"""The day by which an open item is due, whether items were resolved in time, and which offices are escalated."""

import datetime as dt
from collections.abc import Mapping, Sequence

import polars as pl

from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE
from audit.compliance.targets import find_standing
from audit.months import shift_month
from audit.programs.measures import Census, FollowUpPlan

ResolvedWithin = tuple[int, int]  # resolved within the days, and of how many


def derive_due_day(census: Census) -> pl.Expr:
    """The day on which an item of a ledger is due, of the columns LEDGER_SCHEMA; null where no plan is declared.

    It is the plan's days after the first listing; where the plan has a day for the backlog, that one of items whose
    first unit lies before the first possible day of the last duty.
    """
    plan = census.follow_up
    if plan is None:
        return pl.lit(None, pl.Date)
    due = pl.col("listed") + pl.duration(days=plan.days)
    last_duties = {one.id: max(duty.since for duty in one.duties) for one in census.measures if one.duties}
    is_backlog = [(pl.col("measure") == measure) & (pl.col("first") < day) for measure, day in last_duties.items()]
    if plan.backlog_due is None or not is_backlog:
        return due
    return pl.when(pl.any_horizontal(is_backlog)).then(pl.lit(plan.backlog_due)).otherwise(due)


def count_resolved_within(
    items: pl.DataFrame, census: Census, *, since_as_of: dt.date | None, as_of: dt.date
) -> dict[str, ResolvedWithin]:
    """By office, the items that were due after the last ledger's day and by `as_of`: how many were resolved by the day
    on which they were due (`derive_due_day`), and how many there are.

    `items` has the columns of `audit.compliance.ledger.LEDGER_SCHEMA`. One that was reclassified was no deficiency and
    is left out; one that came back is open, and was not resolved.
    """
    due = derive_due_day(census)
    ran_out = (due <= as_of) & (due > (since_as_of or dt.date.min))
    in_time = (pl.col("state") == "resolved") & (pl.col("closed") <= due)
    counted = (
        items.filter(ran_out, pl.col("state") != "reclassified")
        .group_by("office")
        .agg(done=in_time.fill_null(False).cast(pl.Int64).sum(), several=pl.len())
    )
    return {office: (done, several) for office, done, several in counted.sort("office").iter_rows()}


def find_escalated_offices(
    plan: FollowUpPlan,
    resolved: Mapping[str, ResolvedWithin],
    month_counts: pl.DataFrame,
    census: Census,
    *,
    month: str,
) -> set[str]:
    """The offices that meet both conditions of the plan's rule: short of a target by more than chance in each of the
    last months, and too small a share of items resolved within the days; none where no rule is declared.

    `resolved` is what `count_resolved_within` returns, `month_counts` what `audit.compliance.trends.count_months` does.
    """
    rule = plan.escalation
    if rule is None:
        return set()
    slow = {office for office, (done, several) in resolved.items() if done < rule.share * several}
    months = [shift_month(month, -back) for back in range(rule.months)]
    return {office for office in slow if office and _is_short(month_counts.filter(office=office), census, months)}


def _is_short(counts: pl.DataFrame, census: Census, months: Sequence[str]) -> bool:
    """Whether one office is short of a measure's target by more than chance in every one of these months."""
    known = {
        (measure, month): (compliant, due)
        for measure, month, compliant, due in counts.select("measure", "month", "compliant", "due").iter_rows()
    }
    for measure in census.measures:
        if measure.target is None:
            continue
        each = [known.get((measure.id, month), (0, 0)) for month in months]
        if all(
            find_standing(compliant, due, measure.target, rated=due >= MINIMUM_CASES_FOR_RATE) == "short"
            for compliant, due in each
        ):
            return True
    return False
