"""How the share in time moves with the days allowed, from the day of the unit or from the day of its decision."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import polars as pl

from audit.compliance.item_outcomes import filter_first_grace
from audit.compliance.office_rates import DUE_STATES
from audit.compliance.record_states import DOCUMENTED_STATES, AnyFrame, list_population_columns
from audit.months import find_last_day
from audit.programs.measures import Census, parse_period

DELAY_DAYS = (0, 1, 5, 10, 30)  # and the days that a measure allows

# After these columns come those of `audit.compliance.record_states.list_population_columns`.
DELAY_COUNT_SCHEMA = {
    "measure": pl.String,
    "state": pl.String,  # one of DUE_STATES, at the first grace period
    "days_taken": pl.Int32,  # null where they are unknown, or more than any that are told, or the unit is undocumented
    "days_decided": pl.Int32,  # the same from the decision
    "units": pl.Int64,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayTable:
    """How many units had all their records within so many days."""

    measure: str  # its id
    of: Literal["unit", "decision"]  # the day from which the days count; "unit" is the day on which records are due
    days: tuple[int, ...]
    compliant: tuple[int, ...]  # within as many days, in the order of `days`
    due: int  # at the first grace period of the measure


def count_delays(states: AnyFrame, census: Census) -> pl.DataFrame:
    """How many units of each kind were due, by the days to their last record: columns DELAY_COUNT_SCHEMA and those of
    the populations.

    `states` is what `find_unit_states` returns, of one period. The counts of parts of the units add up.
    """
    kinds = [name for name in (*DELAY_COUNT_SCHEMA, *list_population_columns(census)) if name != "units"]
    most = max(*DELAY_DAYS, *(measure.grace_days[0] for measure in census.measures))
    documented = pl.col("state").is_in(DOCUMENTED_STATES)
    days = [
        pl.when(documented & (pl.col(name) <= most)).then(name).alias(name) for name in ("days_taken", "days_decided")
    ]
    due = filter_first_grace(states.lazy(), census).filter(pl.col("state").is_in(DUE_STATES))
    return (
        due.with_columns(*days, pl.col("state").cast(pl.String))
        .group_by(kinds)
        .agg(units=pl.len().cast(pl.Int64))
        .collect(engine="streaming")
    )


def build_delay_tables(
    counts: pl.DataFrame, census: Census, *, period: str, as_of: dt.date | None
) -> tuple[DelayTable, ...]:
    """The delays of every measure whose needs say when they were entered, from the unit's day, and where the census
    declares it, from the decision.

    `counts` is what `count_delays` returns. Days that were not over on `as_of` for the units of the period's last day
    are left out. None in a census without dates.
    """
    if census.date is None or as_of is None:
        return ()
    _, last = parse_period(census, period)
    over = (as_of - find_last_day(last)).days
    tables: list[DelayTable] = []
    for measure in census.measures:
        days = tuple(one for one in sorted({*DELAY_DAYS, measure.grace_days[0]}) if one <= over)
        if days and any(need.entered for need in measure.needs):
            tables += _build_tables(counts, measure.id, days, census)
    return tuple(tables)


def _build_tables(counts: pl.DataFrame, measure: str, days: tuple[int, ...], census: Census) -> Iterator[DelayTable]:
    rows = counts.filter(measure=measure)
    if census.rate_population:
        rows = rows.filter(list_population_columns(census)[0])
    bases: list[tuple[Literal["unit", "decision"], str]] = [("unit", "days_taken")]
    if census.decided:
        bases.append(("decision", "days_decided"))
    for of, column in bases:
        compliant = tuple(int(rows.filter(pl.col(column) <= most)["units"].sum()) for most in days)
        yield DelayTable(measure=measure, of=of, days=days, compliant=compliant, due=int(rows["units"].sum()))
