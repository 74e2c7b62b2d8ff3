"""When records are in time: the day on which they are due, the days of grace, and the state that follows."""

import datetime as dt

import polars as pl

from audit.compliance.record_needs import examine_records
from audit.compliance.record_states import (
    DOCUMENTED_STATES,
    UNIT_SCHEMA,
    UNIT_STATE_SCHEMA,
    RecordState,
    list_counting_columns,
    list_lack_columns,
)
from audit.programs.measures import Census, Measure


def apply_grace_periods(placed: pl.LazyFrame, measure: Measure, last_day: dt.date, census: Census) -> pl.LazyFrame:
    """The state of each unit under one measure, a row for each of its grace periods."""
    judged = examine_records(placed, measure, last_day, census)
    absent = list_lack_columns(census)[len(measure.needs) :]
    judged = judged.with_columns(
        *(pl.lit(None, pl.Boolean).alias(f"_{name}") for name in absent),
        _days_taken=_count_days_taken(pl.col("_due")),
        _days_decided=_count_days_taken(pl.col("_decided")),
    )
    return pl.concat([_apply_deadline(judged, measure.id, grace, last_day, census) for grace in measure.grace_days])


def _apply_deadline(judged: pl.LazyFrame, measure: str, grace: int, last_day: dt.date, census: Census) -> pl.LazyFrame:
    """The state of each unit when records are in time until `grace` days after the day on which they are due.

    Where that day is declared and unknown, a record cannot be shown to be in time, and is late.
    """
    deadline = pl.col("_due") + dt.timedelta(days=grace)
    is_late = pl.coalesce(pl.col("_last") > deadline, pl.col("_is_late_undated"))
    state = (
        pl.when(pl.col("_excluded").is_not_null())
        .then(None)
        .when(~pl.col("_applies"))
        .then(pl.lit(RecordState.NOT_APPLICABLE))
        .when("_unmet")
        .then(pl.lit(RecordState.UNMET))
        .when(pl.col("_lacks") & (deadline > last_day))
        .then(pl.lit(RecordState.PENDING))
        .when("_lacks")
        .then(pl.lit(RecordState.MISSING))
        .when("_redacted")
        .then(pl.lit(RecordState.REDACTED))
        .when(is_late)
        .then(pl.lit(RecordState.LATE))
        .otherwise(pl.lit(RecordState.COMPLIANT))
        .cast(UNIT_STATE_SCHEMA["state"])
    )
    return judged.select(
        *(pl.col(f"_{name}").alias(name) for name in UNIT_SCHEMA),
        measure=pl.lit(measure),
        grace_days=pl.lit(grace, pl.Int64),
        state=state,
        uninformative=pl.col("_uninformative") & state.is_in(DOCUMENTED_STATES).fill_null(False),
        entered=pl.when(pl.col("_last").is_between(dt.date.min, dt.date.max, closed="none")).then("_last"),
        dated=pl.col("_dated"),
        **{name: pl.when(state == RecordState.MISSING).then(f"_{name}") for name in list_lack_columns(census)},
        **{name: pl.col(f"_{name}") for name in list_counting_columns(census)},
    )


def _count_days_taken(since: pl.Expr) -> pl.Expr:
    """Days from a day to the entry of the last record; null where one of the two is unknown."""
    last = pl.col("_last")
    return (
        pl.when(last == dt.date.min)
        .then(0)
        .when(last < dt.date.max)
        .then((last - since).dt.total_days().clip(lower_bound=0))
        .cast(pl.Int32)
    )
