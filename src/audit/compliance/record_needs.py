"""What each unit's records show under one measure: there or lacking, withheld, or recorded as not done."""

import datetime as dt
from collections.abc import Collection, Mapping

import polars as pl

from audit.compliance.record_states import UNIT_SCHEMA, list_population_columns, traces_records
from audit.policy.compiler import compile_column_condition, compile_value
from audit.policy.vocabulary import Vocabulary, infer_column_types
from audit.programs.measures import Census, Measure, RequiredRecord
from audit.tables.linkage import has_state
from audit.tables.schema import CellState


def examine_records(rows: pl.LazyFrame, measure: Measure, last_day: dt.date, census: Census) -> pl.LazyFrame:
    """What each unit's records, as far as entered by the day `last_day`, show under one measure."""
    names, needs = rows.collect_schema().names(), measure.needs
    conditions = {f"_satisfied_{number}": need.satisfied or "true" for number, need in enumerate(needs)}
    rows = add_condition_columns(
        rows, {"_applies": measure.applies or "true", **conditions}, place=f"measure {measure.id}"
    )
    need_results = [
        _examine_need(need, pl.col(name), names, last_day) for need, name in zip(needs, conditions, strict=True)
    ]
    entered = [pl.col(need.entered).cast(pl.Date).fill_null(dt.date.max) for need in needs if need.entered]
    dated = [pl.col(need.dated).cast(pl.Date) for need in needs if need.dated]
    due = _compile_due_day(measure, rows.collect_schema())
    return rows.select(
        *(f"_{name}" for name in (*UNIT_SCHEMA, "decided", *list_population_columns(census))),
        *(["_record"] if traces_records(census) else []),
        "_applies",
        *(pl.any_horizontal(one[what] for one in need_results).alias(f"_{what}") for what in need_results[0]),
        _last=pl.max_horizontal(pl.lit(dt.date.min), *entered),
        _dated=pl.max_horizontal(pl.lit(None, pl.Date), *dated),
        _due=due,
        _is_late_undated=pl.lit(measure.due is not None and bool(entered)),
        **{f"_lacks_{number}": one["lacks"] for number, one in enumerate(need_results, start=1)},
    )


def _compile_due_day(measure: Measure, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    """The day on which the records of a unit are due, null where it is unknown."""
    if measure.due is None:
        return pl.col("_date")
    vocabulary = Vocabulary(columns=infer_column_types(schema))
    return compile_value(measure.due, vocabulary, place=f"measure {measure.id}").value.low.cast(pl.Date)


def _examine_need(
    need: RequiredRecord, satisfied: pl.Expr, names: Collection[str], last_day: dt.date
) -> dict[str, pl.Expr]:
    """What one record of a unit shows; each never null."""
    entered = (pl.col(need.entered).cast(pl.Date) <= last_day).fill_null(True) if need.entered else pl.lit(True)
    filled, uninformative, redacted = (
        pl.any_horizontal(has_state(name, state, names) for name in (need.field, *need.alternatives)) & entered
        for state in (CellState.FILLED, CellState.UNINFORMATIVE, CellState.REDACTED)
    )
    there = filled | uninformative
    return {
        "lacks": (~there & ~redacted) | (there & satisfied.is_null()),
        "unmet": there & ~satisfied.fill_null(True),
        "redacted": redacted & ~there,
        "uninformative": uninformative & ~filled,
    }


def add_condition_columns(rows: pl.LazyFrame, conditions: Mapping[str, str], *, place: str) -> pl.LazyFrame:
    """The rows with a Boolean column for each condition, by its name; messages say that it stands at `place`."""
    types = infer_column_types(rows.collect_schema())
    truths = {name: compile_column_condition(text, types, place=place) for name, text in conditions.items()}
    return rows.with_columns(pl.all(), **truths)
