"""What the census finds: for every unit whether its required records exist."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import TypeVar

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.policy.compiler import condition
from audit.programs.measures import Census, Measure, Need
from audit.tables.linkage import holds, link
from audit.tables.schema import State


class RecordState(StrEnum):
    """What one unit's required records show at the as-of date."""

    COMPLIANT = "compliant"  # all there, in time
    LATE = "late"  # all there, entered after the grace period
    PENDING = "pending"  # not there, and the grace period is not over
    MISSING = "missing"  # not there
    UNMET = "unmet"  # recorded, and the record says it was not done
    REDACTED = "redacted"  # recorded, and withheld from us
    NOT_APPLICABLE = "not_applicable"


# Who, where and when: the part of STATES that no measure changes.
PLACED: dict[str, pl.DataType | type[pl.DataType]] = {
    "unit": pl.String,
    "office": pl.String,  # "" where none is recorded
    "month": pl.String,  # null in a census without a date
    "date": pl.Date,
    "person": pl.String,  # the unit's own key where there is none
    "no_identifier": pl.Boolean,
    "ambiguous": pl.Boolean,  # another record was as near as the one linked
    "excluded": pl.String,  # reason why a unit that was received is not counted: it has no state
}

STATES = {
    **PLACED,
    "measure": pl.String,
    "grace_days": pl.Int64,
    "state": pl.Enum(RecordState),
    "uninformative": pl.Boolean,  # compliant or late, in words that say nothing
    "missing": pl.UInt64,  # the records that a missing unit lacks: bit n for the measure's nth need, from 0
    "entered": pl.Date,  # when the last of the records was entered; null where none tells
    "dated": pl.Date,  # the last day that they are about; null where none tells
}

Rows = TypeVar("Rows", pl.DataFrame, pl.LazyFrame)
Keep = Callable[[pl.LazyFrame], pl.LazyFrame]  # holds the rows of a plan for those who read them

DOCUMENTED = (RecordState.COMPLIANT.value, RecordState.LATE.value)


def _in_memory(plan: pl.LazyFrame) -> pl.LazyFrame:
    return plan.collect().lazy()


def _as_planned(plan: pl.LazyFrame) -> pl.LazyFrame:
    return plan


def units(linked: pl.LazyFrame, census: Census, *, as_of: dt.date | None, keep: Keep = _in_memory) -> pl.LazyFrame:
    """State of every unit under every measure and grace period, as known on `as_of`: one row each, columns STATES.

    `linked` is what `link` returns. A unit is excluded by the first exclusion that is true of it, and outside a
    measure whose `applies` is false of it; where that is unknown, it counts. A certain failure (unmet) goes before
    what is not there (pending, missing), and that before what is withheld. A record that leaves `satisfied` unknown
    is not there; one entered on a blank day is there, and late. Without a date nothing is pending or late. `keep`
    holds the rows of a plan for those who read them: in memory, or where it sees fit. They come in no order.

    AuditError (DATA) where the census has a date and a unit has none.
    """
    if not census.links:  # rows that are joined with nothing are read again as quickly as they are held
        keep = _as_planned
    known, placed = as_of or dt.date.max, keep(_placed(linked, census))
    found = keep(pl.union([_graced(placed, measure, known) for measure in census.measures]))
    if census.date:
        first = found.filter(pl.col("measure") == census.measures[0].id)
        undated, every = first.select(pl.col("date").null_count(), every=pl.len()).collect().row(0)
        if undated:
            raise without_date(census, undated // len(census.measures[0].grace_days), of=every)
    return found


def states(
    tables: Mapping[str, pl.LazyFrame], census: Census, *, as_of: dt.date | None, keep: Keep = _in_memory
) -> pl.LazyFrame:
    """What `units` gives, from the tables: the units linked to their records as known on `as_of`."""
    linked = link(tables[census.table], tables, census.links, unit=census.unit, date=census.date, as_of=as_of)
    return units(linked, census, as_of=as_of, keep=keep)


def in_words(states: pl.DataFrame, census: Census) -> pl.DataFrame:
    """The states in an order that is always the same, with what is missing in words."""
    measures = {measure.id: measure for measure in census.measures}
    kinds = states.select("measure", "missing").unique()
    words = ["; ".join(labels(measures[measure], bits)) if bits else None for measure, bits in kinds.iter_rows()]
    told = kinds.with_columns(words=pl.Series(words, dtype=pl.String))
    joined = states.join(told, on=["measure", "missing"], how="left", nulls_equal=True)
    return joined.with_columns(missing="words").drop("words").sort("measure", "grace_days", "unit")


def labels(measure: Measure, missing: int) -> list[str]:
    """The records that a unit lacks, as STATES tells them, in the order of the measure's needs."""
    return [need.label for n, need in enumerate(measure.needs) if missing >> n & 1]


def without_date(census: Census, undated: int, *, of: int) -> AuditError:
    """That so many units have no date."""
    what = f"{undated:,} of {of:,} units have no date, so their month cannot be told"
    mend = "Declare the column as required: such rows are then set aside, each with its reason."
    return AuditError(Problem(what=what, mend=mend, file=census.table, column=census.date), code=ExitCode.DATA)


def _placed(linked: pl.LazyFrame, census: Census) -> pl.LazyFrame:
    """Every unit with its PLACED columns, under names that no column of the unit has."""
    wheres = {f"_excluded_{number}": exclusion.where for number, exclusion in enumerate(census.exclusions)}
    reasons = [
        pl.when(name).then(pl.lit(exclusion.reason)) for name, exclusion in zip(wheres, census.exclusions, strict=True)
    ]
    unit = pl.col(census.unit).cast(pl.String)
    day = pl.col(census.date).cast(pl.Date) if census.date else pl.lit(None, pl.Date)
    names = linked.collect_schema().names()
    known = holds(census.person, State.FILLED, names) if census.person else pl.lit(True)
    person = pl.col(census.person).cast(pl.String) if census.person else unit
    return _with_truths(linked, wheres, place=f"exclusions of {census.table}").with_columns(
        _unit=unit,
        _office=pl.col(census.office).cast(pl.String).fill_null(""),
        _month=day.dt.strftime("%Y-%m"),
        _date=day,
        _person=pl.when(known).then(person).otherwise(unit),
        _no_identifier=~known,
        _ambiguous=pl.col("ambiguous"),
        _excluded=pl.coalesce(*reasons, pl.lit(None, pl.String)),
    )


def _with_truths(rows: pl.LazyFrame, conditions: Mapping[str, str], *, place: str) -> pl.LazyFrame:
    names = rows.collect_schema().names()
    truths = {name: condition(text, names, place=place) for name, text in conditions.items()}
    return rows.with_columns(pl.all(), **truths)


def _judged(rows: pl.LazyFrame, measure: Measure, known: dt.date) -> pl.LazyFrame:
    """What each unit's records, as far as entered by the day `known`, show under one measure."""
    names, needs = rows.collect_schema().names(), measure.needs
    conditions = {f"_satisfied_{number}": need.satisfied or "true" for number, need in enumerate(needs)}
    rows = _with_truths(rows, {"_applies": measure.applies or "true", **conditions}, place=f"measure {measure.id}")
    shown = [_shown(need, pl.col(name), names, known) for need, name in zip(needs, conditions, strict=True)]
    bits = [pl.when(one["lacks"]).then(pl.lit(1 << n, pl.UInt64)).otherwise(0) for n, one in enumerate(shown)]
    entered = [pl.col(need.entered).cast(pl.Date).fill_null(dt.date.max) for need in needs if need.entered]
    dated = [pl.col(need.dated).cast(pl.Date) for need in needs if need.dated]
    return rows.select(
        *(f"_{name}" for name in PLACED),
        "_applies",
        *(pl.any_horizontal(one[what] for one in shown).alias(f"_{what}") for what in shown[0]),
        _last=pl.max_horizontal(pl.lit(dt.date.min), *entered),
        _missing=reduce(or_, bits),
        _dated=pl.max_horizontal(pl.lit(None, pl.Date), *dated),
    )


def _shown(need: Need, satisfied: pl.Expr, names: Collection[str], known: dt.date) -> dict[str, pl.Expr]:
    """What one record of a unit shows; each never null."""
    entered = (pl.col(need.entered).cast(pl.Date) <= known).fill_null(True) if need.entered else pl.lit(True)
    shown = {state: holds(need.field, state, names) & entered for state in State}
    there = shown[State.FILLED] | shown[State.UNINFORMATIVE]
    return {
        "lacks": (~there & ~shown[State.REDACTED]) | (there & satisfied.is_null()),
        "unmet": there & ~satisfied.fill_null(True),
        "redacted": shown[State.REDACTED],
        "uninformative": shown[State.UNINFORMATIVE],
    }


def _graced(placed: pl.LazyFrame, measure: Measure, known: dt.date) -> pl.LazyFrame:
    """The state of each unit under one measure, a row for each of its grace periods."""
    judged = _judged(placed, measure, known)
    return pl.concat([_due(judged, measure.id, grace, known) for grace in measure.grace_days])


def _due(judged: pl.LazyFrame, measure: str, grace: int, known: dt.date) -> pl.LazyFrame:
    """The state of each unit when records are due `grace` days after its date."""
    deadline = pl.col("_date") + dt.timedelta(days=grace)
    state = (
        pl.when(pl.col("_excluded").is_not_null())
        .then(None)
        .when(~pl.col("_applies"))
        .then(pl.lit(RecordState.NOT_APPLICABLE))
        .when("_unmet")
        .then(pl.lit(RecordState.UNMET))
        .when(pl.col("_lacks") & (deadline > known))
        .then(pl.lit(RecordState.PENDING))
        .when("_lacks")
        .then(pl.lit(RecordState.MISSING))
        .when("_redacted")
        .then(pl.lit(RecordState.REDACTED))
        .when(pl.col("_last") > deadline)
        .then(pl.lit(RecordState.LATE))
        .otherwise(pl.lit(RecordState.COMPLIANT))
        .cast(STATES["state"])
    )
    return judged.select(
        *(pl.col(f"_{name}").alias(name) for name in PLACED),
        measure=pl.lit(measure),
        grace_days=pl.lit(grace, pl.Int64),
        state=state,
        uninformative=pl.col("_uninformative") & state.is_in(DOCUMENTED).fill_null(False),
        missing=pl.when(state == RecordState.MISSING).then("_missing"),
        entered=pl.when(pl.col("_last").is_between(dt.date.min, dt.date.max, closed="none")).then("_last"),
        dated=pl.col("_dated"),
    )
