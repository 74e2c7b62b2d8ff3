"""What the census finds: for every unit whether its required records exist."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.months import MONTH_FORMAT
from audit.policy.compiler import compile_column_condition, compile_condition, compile_value
from audit.policy.vocabulary import Vocabulary, infer_column_types
from audit.programs.measures import Census, Measure, RequiredRecord
from audit.tables.linkage import has_state, link_records
from audit.tables.readers.spill import materialize_plan
from audit.tables.schema import CellState


class RecordState(StrEnum):
    """What one unit's required records show at the as-of date."""

    COMPLIANT = "compliant"  # all there, in time
    LATE = "late"  # all there, entered after the grace period
    PENDING = "pending"  # not there, and the grace period is not over
    MISSING = "missing"  # not there
    UNMET = "unmet"  # recorded, and the record says it was not done
    REDACTED = "redacted"  # recorded, and withheld from us
    NOT_APPLICABLE = "not_applicable"


# Who, where and when: the part of UNIT_STATE_SCHEMA that no measure changes.
UNIT_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "unit": pl.String,
    "office": pl.String,  # "" where none is recorded
    "month": pl.String,  # null in a census without a date
    "date": pl.Date,
    "person": pl.String,  # the unit's own key where there is none
    "no_identifier": pl.Boolean,
    "ambiguous": pl.Boolean,  # another record was as near as the one linked
    "excluded": pl.String,  # reason why a unit that was received is not counted: it has no state
}

# After these columns come those of `list_lack_columns`, Boolean: whether a missing unit lacks the record of each need
# of its measure. They are null of every other unit, and of needs that its measure does not have.
UNIT_STATE_SCHEMA = {
    **UNIT_SCHEMA,
    "measure": pl.String,
    "grace_days": pl.Int64,
    "state": pl.Enum(RecordState),
    "uninformative": pl.Boolean,  # compliant or late, in words that say nothing
    "entered": pl.Date,  # when the last of the records was entered; null where none tells
    "dated": pl.Date,  # the last day that they are about; null where none tells
}

AnyFrame = TypeVar("AnyFrame", pl.DataFrame, pl.LazyFrame)

DOCUMENTED_STATES = (RecordState.COMPLIANT.value, RecordState.LATE.value)


def list_lack_columns(census: Census) -> list[str]:
    """The columns that say which records are lacking: lacks_1 of a first need, to the most needs there are."""
    return [f"lacks_{number}" for number in range(1, 1 + max(len(measure.needs) for measure in census.measures))]


def list_counting_columns(census: Census) -> list[str]:
    """The columns that further counts are made of, after those of `list_lack_columns`.

    days_taken, whole days from the day on which the records of a unit were due to the entry of the last of them, 0 or
    more: null where that is unknown, 0 where no need says when it was entered. days_decided, the same from the day of
    the unit's decision; null where there is none. They mean something of documented units alone. Then population_1 and
    so on, Boolean: whether a unit belongs to each of the census's populations. Where the census verifies items, the key
    of the first record that is linked to a unit, as text: record.
    """
    record = ["record"] if traces_records(census) else []
    return ["days_taken", "days_decided", *list_population_columns(census), *record]


def traces_records(census: Census) -> bool:
    """Whether the states say which record is linked to a unit: items are verified, and there are links."""
    return bool(census.follow_up and census.follow_up.verified and census.links)


def list_population_columns(census: Census) -> list[str]:
    """The columns that say whether a unit belongs to each population of the census."""
    return [f"population_{number}" for number in range(1, 1 + len(census.populations))]


def find_unit_states(linked: pl.LazyFrame, census: Census, *, as_of: dt.date | None, rows: int = 0) -> pl.LazyFrame:
    """State of every unit under every measure and grace period, as known on `as_of`: one row each, columns
    UNIT_STATE_SCHEMA and those of `list_lack_columns` and `list_counting_columns`.

    `linked` is what `link_records` returns. A unit is excluded by the first exclusion that is true of it, and outside a
    measure whose `applies` is false of it; where that is unknown, it counts. A certain failure (unmet) goes before
    what is not there (pending, missing), and that before what is withheld. A record that leaves `satisfied` unknown
    is not there; one entered on a blank day is there, and late. A need with alternatives has the record that one of its
    columns has. Without a date nothing is pending or late. `rows` is
    how many states there are about: where they are many they lie in a file. They come in no order.

    AuditError (DATA) where the census has a date and a unit has none.
    """
    last_day, placed = as_of or dt.date.max, _add_unit_columns(linked, census)
    if census.links:  # rows that are joined with nothing are read again as quickly as they are held
        placed = materialize_plan(placed, rows=rows)
    unit_states = pl.union([_apply_grace_periods(placed, measure, last_day, census) for measure in census.measures])
    if census.links:
        unit_states = materialize_plan(unit_states, rows=rows)
    if census.date:
        first = unit_states.filter(pl.col("measure") == census.measures[0].id)
        undated, every = first.select(pl.col("date").null_count(), every=pl.len()).collect().row(0)
        if undated:
            raise make_undated_error(census, undated // len(census.measures[0].grace_days), of=every)
    return unit_states


def link_and_find_states(
    tables: Mapping[str, pl.LazyFrame], census: Census, *, as_of: dt.date | None, rows: int = 0
) -> pl.LazyFrame:
    """What `find_unit_states` gives, from the tables: the units linked to their records as known on `as_of`."""
    units = _join_parents(tables, census)
    linked = link_records(units, tables, census.links, unit=census.unit, date=census.date, as_of=as_of)
    return find_unit_states(linked, census, as_of=as_of, rows=rows)


def _join_parents(tables: Mapping[str, pl.LazyFrame], census: Census) -> pl.LazyFrame:
    """The units with the columns of their parents that a population's condition names, where no unit has them."""
    units = tables[census.table]
    own = {*units.collect_schema().names(), *(name for link in census.links for name in (link.key, *link.columns))}
    for table, on in census.parents.items():
        types = infer_column_types(tables[table].collect_schema())
        words = Vocabulary(columns=dict.fromkeys((*own, *types), "any"))
        named = {
            name
            for population in census.populations
            for name in compile_condition(population.where, words, place=f"populations of {census.table}").columns
        }
        wanted = [name for name in types if name in named - own]
        own.update(wanted)
        units = units.join(tables[table].select(on, *wanted), on=on, how="left") if wanted else units
    return units


def describe_missing_records(states: pl.DataFrame, census: Census) -> pl.DataFrame:
    """The states in an order that is always the same, with what is missing in words in place of the columns of it."""
    labels = [
        pl.when((pl.col("measure") == measure.id) & pl.col(column)).then(pl.lit(need.label))
        for measure in census.measures
        for need, column in zip(measure.needs, list_lack_columns(census), strict=False)
    ]
    words = pl.concat_str(labels, separator="; ", ignore_nulls=True).replace("", None)
    *columns, entered, dated = UNIT_STATE_SCHEMA
    return states.select(*columns, words.alias("missing"), entered, dated).sort("measure", "grace_days", "unit")


def list_missing_records(measure: Measure, lacks: Sequence[bool | None]) -> list[str]:
    """The records that a unit lacks, by the columns of `list_lack_columns`, in the order of the measure's needs."""
    return [need.label for need, lacking in zip(measure.needs, lacks, strict=False) if lacking]


def make_undated_error(census: Census, undated: int, *, of: int) -> AuditError:
    """That so many units have no date."""
    what = f"{undated:,} of {of:,} units have no date, so their month cannot be told"
    mend = "Declare the column as required: such rows are then set aside, each with its reason."
    return AuditError(Problem(what=what, mend=mend, file=census.table, column=census.date), code=ExitCode.DATA)


def _add_unit_columns(linked: pl.LazyFrame, census: Census) -> pl.LazyFrame:
    """Every unit with its UNIT_SCHEMA columns, under names that no column of the unit has."""
    wheres = {f"_excluded_{number}": exclusion.where for number, exclusion in enumerate(census.exclusions)}
    populations = [f"_{name}" for name in list_population_columns(census)]
    members = {name: one.where for name, one in zip(populations, census.populations, strict=True)}
    decided = pl.col(census.decided).cast(pl.Date) if census.decided else pl.lit(None, pl.Date)
    reasons = [
        pl.when(name).then(pl.lit(exclusion.reason)) for name, exclusion in zip(wheres, census.exclusions, strict=True)
    ]
    unit = pl.col(census.unit).cast(pl.String)
    day = pl.col(census.date).cast(pl.Date) if census.date else pl.lit(None, pl.Date)
    names = linked.collect_schema().names()
    has_person = has_state(census.person, CellState.FILLED, names) if census.person else pl.lit(True)
    person = pl.col(census.person).cast(pl.String) if census.person else unit
    told = _add_conditions(linked, wheres, place=f"exclusions of {census.table}")
    return _add_conditions(told, members, place=f"populations of {census.table}").with_columns(
        pl.col(populations).fill_null(True),  # not known to be outside
        _decided=decided,
        **({"_record": pl.col(census.links[0].key).cast(pl.String)} if traces_records(census) else {}),
        _unit=unit,
        _office=pl.col(census.office).cast(pl.String).fill_null(""),
        _month=day.dt.strftime(MONTH_FORMAT),
        _date=day,
        _person=pl.when(has_person).then(person).otherwise(unit),
        _no_identifier=~has_person,
        _ambiguous=pl.col("ambiguous"),
        _excluded=pl.coalesce(*reasons, pl.lit(None, pl.String)),
    )


def _add_conditions(rows: pl.LazyFrame, conditions: Mapping[str, str], *, place: str) -> pl.LazyFrame:
    types = infer_column_types(rows.collect_schema())
    truths = {name: compile_column_condition(text, types, place=place) for name, text in conditions.items()}
    return rows.with_columns(pl.all(), **truths)


def _examine_records(rows: pl.LazyFrame, measure: Measure, last_day: dt.date, census: Census) -> pl.LazyFrame:
    """What each unit's records, as far as entered by the day `last_day`, show under one measure."""
    names, needs = rows.collect_schema().names(), measure.needs
    conditions = {f"_satisfied_{number}": need.satisfied or "true" for number, need in enumerate(needs)}
    rows = _add_conditions(rows, {"_applies": measure.applies or "true", **conditions}, place=f"measure {measure.id}")
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


def _apply_grace_periods(placed: pl.LazyFrame, measure: Measure, last_day: dt.date, census: Census) -> pl.LazyFrame:
    """The state of each unit under one measure, a row for each of its grace periods."""
    judged = _examine_records(placed, measure, last_day, census)
    absent = list_lack_columns(census)[len(measure.needs) :]
    judged = judged.with_columns(
        *(pl.lit(None, pl.Boolean).alias(f"_{name}") for name in absent),
        _days_taken=_count_days_taken(pl.col("_due")),
        _days_decided=_count_days_taken(pl.col("_decided")),
    )
    return pl.concat([_apply_deadline(judged, measure.id, grace, last_day, census) for grace in measure.grace_days])


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
