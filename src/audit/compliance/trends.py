"""The months of each office one after another, held against limits that the first of them set."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from audit.compliance.office_rates import DUE_STATES, MINIMUM_CASES_FOR_RATE, MonthRate, filter_measure
from audit.compliance.record_states import DOCUMENTED_STATES
from audit.months import list_months
from audit.programs.measures import Census, parse_period
from audit.statistics.offices.control_charts import laney_chart, prediction_limits

BASELINE_MONTHS = 8  # months with a rate that set an office's limits; were they all its months, a shift would move them
LIMIT_LEVEL = "0.9973"  # three standard deviations to either side
MONTH_COUNT_SCHEMA = {
    "measure": pl.String,
    "office": pl.String,
    "month": pl.String,
    "due": pl.Int64,
    **dict.fromkeys(DOCUMENTED_STATES, pl.Int64),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeMonth:
    """One office in one month in which something was due, as known at the report's as-of date."""

    month: str
    due: int
    compliant: int
    late: int
    open_items: int | None  # of this month, still open; None for the public
    lower: float | None = (
        None  # limits; None without a rate (under MINIMUM_CASES_FOR_RATE due), or before the baseline is whole
    )
    upper: float | None = None
    flag: str = ""  # "below" or "above" the limits


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeTrend:
    """The months of one office; those in which nothing was due are not among them."""

    office: str
    name: str
    months: tuple[OfficeMonth, ...]
    centre: float | None  # the share of the baseline; None before it is whole

    @property
    def rated(self) -> list[OfficeMonth]:
        """The months with a rate."""
        return [month for month in self.months if month.due >= MINIMUM_CASES_FOR_RATE]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """The months of every office under one measure, counted by unit at its first grace period."""

    measure: str
    title: str
    months: tuple[str, ...]  # from the first of the table to the report's last, none left out
    offices: tuple[OfficeTrend, ...]
    withheld: int = 0  # offices that had cases and are not told to the public

    @property
    def offices_with_trend(self) -> list[OfficeTrend]:
        """The offices with a rate in two months or more."""
        return [office for office in self.offices if office.office and len(office.rated) > 1]

    def list_flagged_offices(self, side: str, month: str) -> list[str]:
        """The names of the offices on one side of their limits in a month."""
        return [
            office.name
            for office in self.offices
            for one in office.months
            if office.office and (one.month, one.flag) == (month, side)
        ]


def count_months(states: pl.DataFrame | pl.LazyFrame, census: Census) -> pl.DataFrame:
    """What was due and what was there, by measure at its first grace period, office and month: columns
    MONTH_COUNT_SCHEMA.

    `states` is what `find_unit_states` returns. The counts of parts of the units add up to those of them all.
    """
    state = pl.col("state")
    counts = {
        "due": _count_true(state.is_in(DUE_STATES)),
        **{name: _count_true(state == name) for name in DOCUMENTED_STATES},
    }
    firsts = [filter_measure(states.lazy(), measure, measure.grace_days[0]) for measure in census.measures]
    parts = [first.group_by("measure", "office", "month").agg(**counts) for first in firsts]
    return pl.concat([pl.DataFrame(schema=MONTH_COUNT_SCHEMA), *pl.collect_all(parts, engine="streaming")])


def rate_months(counts: pl.DataFrame, census: Census, *, period: str) -> tuple[MonthRate, ...]:
    """All offices together, under each measure in every month there is up to the period's end; none without a date.

    `counts` has the columns MONTH_COUNT_SCHEMA.
    """
    if census.date is None:
        return ()
    _, last = parse_period(census, period)
    sums = counts.filter(pl.col("month") <= last).group_by("measure", "month")
    rows = sums.agg(pl.col("due", *DOCUMENTED_STATES).sum()).sort("month").rows(named=True)
    return tuple(MonthRate(**row) for one in census.measures for row in rows if row["measure"] == one.id)


def build_trends(
    counts: pl.DataFrame, census: Census, *, period: str, offices: Mapping[str, str], still_open: pl.DataFrame
) -> tuple[Trend, ...]:
    """Every office in every month up to the period's end, under each measure; none where the census has no date.

    `counts` has the columns MONTH_COUNT_SCHEMA, `offices` is every office by code and name, `still_open` how many
    items are open (columns `audit.compliance.ledger.OPEN_ITEM_COUNT_SCHEMA`). An office's limits are those of a p'
    chart of its first BASELINE_MONTHS months with a rate (Laney 2002), and never narrower than chance allows exactly,
    each month against the others of the baseline (Thatcher 1964): a month is flagged where both say so.
    """
    if census.date is None:
        return ()
    _, last = parse_period(census, period)
    until = counts.filter(pl.col("month") <= last)
    every = tuple(list_months(str(until["month"].min()), last if period != "all" else str(until["month"].max())))
    measure_trends = []
    for measure in census.measures:
        rows = (
            until.filter(pl.col("measure") == measure.id)
            .join(still_open.filter(pl.col("measure") == measure.id), on=["office", "month"], how="left")
            .filter(pl.col("due") > 0)
            .select("office", "month", "due", *DOCUMENTED_STATES, pl.col("open_items").fill_null(0))
            .sort("office", "month")
        )
        by_office: dict[str, list[OfficeMonth]] = {}
        for row in rows.iter_rows(named=True):
            by_office.setdefault(row.pop("office"), []).append(OfficeMonth(**row))
        names = {**offices, **{code: code or "office not recorded" for code in by_office if code not in offices}}
        each = tuple(build_office_trend(code, name, by_office.get(code, [])) for code, name in names.items())
        measure_trends.append(Trend(measure=measure.id, title=measure.title, months=every, offices=each))
    return tuple(measure_trends)


def build_office_trend(code: str, name: str, months: list[OfficeMonth]) -> OfficeTrend:
    """An office's months against the limits that its first ones set, once there are enough of them."""
    trend = OfficeTrend(office=code, name=name, months=tuple(months), centre=None)
    rated = trend.rated
    if len(rated) < BASELINE_MONTHS:
        return trend
    due, compliant = np.array([(month.due, month.compliant) for month in rated], dtype=np.int64).T
    chart = laney_chart(compliant, due, BASELINE_MONTHS)
    own = np.arange(len(rated)) < BASELINE_MONTHS  # a month of the baseline is held against the others of it
    others = [counts[:BASELINE_MONTHS].sum() - np.where(own, counts, 0) for counts in (compliant, due)]
    fewest, most = prediction_limits(due, others[0], others[1], LIMIT_LEVEL)
    lower, upper = np.minimum(chart.lower, fewest / due), np.maximum(chart.upper, most / due)
    rates = compliant / due
    limited_months = {
        month.month: replace(
            month,
            lower=float(lower[i]),
            upper=float(upper[i]),
            flag="below" if rates[i] < lower[i] else "above" if rates[i] > upper[i] else "",
        )
        for i, month in enumerate(rated)
    }
    return replace(trend, months=tuple(limited_months.get(m.month, m) for m in months), centre=float(chart.centre))


def _count_true(truth: pl.Expr) -> pl.Expr:
    return truth.cast(pl.Int64).sum()
