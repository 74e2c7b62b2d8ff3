"""What a unit's required records can show, and the columns in which that is said of every unit."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

import polars as pl

from audit.programs.measures import Census, Measure


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


def exclude_other_units(states: AnyFrame, census: Census) -> AnyFrame:
    """The states, for rates: what lies outside the population that the rates are of is excluded, by its own reason."""
    if census.rate_population is None:
        return states
    outside = pl.col("excluded").is_null() & ~pl.col(list_population_columns(census)[0])
    lacks = [pl.when(~outside).then(name).alias(name) for name in list_lack_columns(census)]
    return states.with_columns(
        *lacks,
        state=pl.when(~outside).then("state"),
        uninformative=pl.col("uninformative") & ~outside,
        excluded=pl.when(outside).then(pl.lit(census.exclusion_reasons[-1])).otherwise("excluded"),
    )


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
