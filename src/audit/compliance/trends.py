"""The months of each office one after another, held against limits that the first of them set."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import polars as pl

from audit.compliance.case_counts import filter_measure
from audit.compliance.duty_periods import list_months_under_duty
from audit.compliance.office_rates import DUE_STATES, MINIMUM_CASES_FOR_RATE, MonthRate
from audit.compliance.record_states import DOCUMENTED_STATES, exclude_other_units
from audit.months import list_months
from audit.programs.measures import Census, parse_period
from audit.statistics.offices.control_charts import laney_chart, prediction_limits
from audit.tables.offices import UNRECORDED_OFFICE, name_offices

BASELINE_MONTHS = 8  # months with a rate that set an office's limits; were they all its months, a shift would move them
LONGEST_GAP = 12  # months without a unit that are told as months of none
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
    outside_duty: tuple[str, ...] = ()  # months that lie before the duty or in which it began: they have no limits

    @property
    def period(self) -> str:
        """What its months are: months, or quarters of which each is written as 2024-01/2024-03."""
        return "quarter" if any("/" in month for month in self.months) else "month"

    @property
    def offices_with_trend(self) -> list[OfficeTrend]:
        """The offices with a rate in two months or more; cases without an office are none of them."""
        return [office for office in self.offices if len(office.rated) > 1 and office.office != UNRECORDED_OFFICE]

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
    rated = exclude_other_units(states.lazy(), census)
    firsts = [filter_measure(rated, measure, measure.grace_days[0]) for measure in census.measures]
    parts = [first.group_by("measure", "office", "month").agg(**counts) for first in firsts]
    return pl.concat([pl.DataFrame(schema=MONTH_COUNT_SCHEMA), *pl.collect_all(parts, engine="streaming")])


def rate_months(counts: pl.DataFrame, census: Census, *, period: str) -> tuple[MonthRate, ...]:
    """All offices together, under each measure in every month from the first there is to the period's end.

    None where there is no date. A month without a unit is there with nothing due, save in a gap of more than
    LONGEST_GAP months. `counts` has the columns MONTH_COUNT_SCHEMA.
    """
    if census.date is None:
        return ()
    _, last = parse_period(census, period)
    until = counts.filter(pl.col("month") <= last)
    return tuple(
        MonthRate(measure=measure.id, **row)
        for measure in census.measures
        for row in _sum_months(until.filter(measure=measure.id), period, last).iter_rows(named=True)
    )


def _sum_months(counts: pl.DataFrame, period: str, last: str) -> pl.DataFrame:
    """One measure's months with what was due and documented in all offices; zero where nothing was due."""
    months = _omit_long_gaps(_list_every_month(counts, period, last), counts["month"].to_list())
    every = pl.DataFrame({"month": months}, schema={"month": pl.String})
    by_month = counts.group_by("month").agg(pl.col("due", *DOCUMENTED_STATES).sum())
    return every.join(by_month, on="month", how="left").with_columns(pl.exclude("month").fill_null(0)).sort("month")


def _list_every_month(counts: pl.DataFrame, period: str, last: str) -> list[str]:
    """Every month from the first that is counted to the period's last, or to the last that is counted."""
    if counts.is_empty():
        return []
    return list_months(str(counts["month"].min()), last if period != "all" else str(counts["month"].max()))


def _omit_long_gaps(months: Sequence[str], counted: Collection[str]) -> list[str]:
    """The months without the gaps of more than LONGEST_GAP: before them lies a stray date, or another series."""
    runs = [(is_counted, list(run)) for is_counted, run in groupby(months, key=lambda month: month in counted)]
    return [month for is_counted, run in runs if is_counted or len(run) <= LONGEST_GAP for month in run]


def build_trends(
    counts: pl.DataFrame, census: Census, *, period: str, offices: Mapping[str, str], still_open: pl.DataFrame
) -> tuple[Trend, ...]:
    """Every office in every month up to the period's end, under each measure; none where the census has no date.

    `counts` has the columns MONTH_COUNT_SCHEMA, `offices` is every office by code and name, `still_open` how many
    items are open (columns `audit.compliance.ledger.OPEN_ITEM_COUNT_SCHEMA`). An office's limits are those of a p'
    chart of its first BASELINE_MONTHS months with a rate (Laney 2002), and never narrower than chance allows exactly,
    each month against the others of the baseline (Thatcher 1964): a month is flagged where both say so. Where the
    measure declares duties, limits are of the months under the duty alone
    (`audit.compliance.duty_periods.list_months_under_duty`).
    """
    if census.date is None:
        return ()
    _, last = parse_period(census, period)
    until = counts.filter(pl.col("month") <= last)
    every = tuple(_list_every_month(until, period, last))
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
        names = name_offices(by_office, offices)
        outside = set(every).difference(list_months_under_duty(measure, every))
        each = tuple(build_office_trend(code, name, by_office.get(code, []), outside) for code, name in names.items())
        trend = Trend(measure=measure.id, title=measure.title, months=every, offices=each)
        measure_trends.append(replace(trend, outside_duty=tuple(sorted(outside))))
    return tuple(measure_trends)


def pool_sparse_months(trend: Trend) -> Trend:
    """The trend, or the same by calendar quarters where most months of an office have fewer cases than a rate needs.

    It stays by month where quarters give a trend to no more offices. Limits are those of the quarters.
    """
    due = [month.due for one in trend.offices if one.office != UNRECORDED_OFFICE for month in one.months]
    if trend.period == "quarter" or 2 * sum(n < MINIMUM_CASES_FOR_RATE for n in due) <= len(due):
        return trend
    parts = _list_quarters(trend.months)
    quarters = {month: "/".join(dict.fromkeys((part[0], part[-1]))) for part in parts for month in part}
    outside = {quarters[month] for month in trend.outside_duty}  # a quarter with one such month is such a quarter
    offices = tuple(
        build_office_trend(one.office, one.name, _pool_months(one.months, quarters), outside) for one in trend.offices
    )
    months = tuple(dict.fromkeys(quarters.values()))
    pooled = replace(trend, months=months, offices=offices, outside_duty=tuple(sorted(outside)))
    return pooled if len(pooled.offices_with_trend) > len(trend.offices_with_trend) else trend


def _list_quarters(months: Sequence[str]) -> list[list[str]]:
    """The months of each calendar quarter; of the first and the last no more than there are."""
    return [list(some) for _, some in groupby(months, key=lambda month: (month[:4], (int(month[5:]) - 1) // 3))]


def _pool_months(months: Sequence[OfficeMonth], quarters: Mapping[str, str]) -> list[OfficeMonth]:
    """One office's months added up by quarter."""
    pooled = []
    for quarter, several in groupby(months, key=lambda month: quarters[month.month]):
        some = list(several)
        open_items = [month.open_items for month in some if month.open_items is not None]
        pooled.append(
            OfficeMonth(
                month=quarter,
                due=sum(month.due for month in some),
                compliant=sum(month.compliant for month in some),
                late=sum(month.late for month in some),
                open_items=sum(open_items) if len(open_items) == len(some) else None,
            )
        )
    return pooled


def build_office_trend(
    code: str, name: str, months: list[OfficeMonth], outside_duty: Collection[str] = ()
) -> OfficeTrend:
    """An office's months against the limits that its first ones set, once there are enough of them.

    Those `outside_duty` set no limits and have none. Cases without an office are no office's, and have no limits.
    """
    trend = OfficeTrend(office=code, name=name, months=tuple(months), centre=None)
    rated = [month for month in trend.rated if month.month not in outside_duty]
    if len(rated) < BASELINE_MONTHS or code == UNRECORDED_OFFICE:
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
