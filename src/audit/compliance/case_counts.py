"""How many cases there are of each kind: by measure, grace period, way of counting, office and state."""

from collections.abc import Iterator, Sequence

import polars as pl

from audit.compliance.record_states import DOCUMENTED_STATES, AnyFrame, exclude_other_units, list_lack_columns
from audit.programs.measures import Census, Measure

# By person, a case has the first of these states that any of the person's units in one office and month has. What a
# later record may still change is never counted as settled.
STRICT_ORDER = pl.Enum(["unmet", "missing", "pending", "redacted", "late", "compliant", "not_applicable"])
LENIENT_ORDER = pl.Enum(["compliant", "pending", "redacted", "late", "missing", "unmet", "not_applicable"])
PERSON_ORDERS = {"person, all units": STRICT_ORDER, "person, any unit": LENIENT_ORDER}

# After these columns come those of `audit.compliance.record_states.list_lack_columns`.
CASE_COUNT_SCHEMA = {
    "measure": pl.String,
    "grace_days": pl.Int64,
    "counted": pl.String,  # as in MeasureResult
    "office": pl.String,
    "no_identifier": pl.Boolean,
    "state": pl.String,  # null of those that are excluded
    "excluded": pl.String,
    "uninformative": pl.Boolean,
    "cases": pl.Int64,
}


def count_cases(states: AnyFrame, census: Census) -> pl.DataFrame:
    """How many cases there are of each kind, in every way of counting: columns CASE_COUNT_SCHEMA and the
    lacks.

    The tallies of parts of the units, each person's units all in one part, add up to that of them all.
    """
    lacks, rated = list_lack_columns(census), exclude_other_units(states.lazy(), census)
    parts = [
        _count_kinds(cases, lacks).with_columns(
            measure=pl.lit(measure.id), grace_days=pl.lit(grace, pl.Int64), counted=pl.lit(counted)
        )
        for measure in census.measures
        for grace in measure.grace_days
        for counted, cases in _group_cases(filter_measure(rated, measure, grace), census)
    ]
    return pl.concat(pl.collect_all([part.select(*CASE_COUNT_SCHEMA, *lacks) for part in parts], engine="streaming"))


def _count_kinds(cases: pl.LazyFrame, lacks: Sequence[str]) -> pl.LazyFrame:
    return (
        cases.group_by("office", "no_identifier", "state", "excluded", "uninformative", *lacks)
        .agg(cases=pl.len().cast(pl.Int64))
        .with_columns(pl.col("state").cast(pl.String))
    )


def filter_measure(states: AnyFrame, measure: Measure, grace: int) -> AnyFrame:
    """The units' states under one measure at one grace period."""
    return states.filter(pl.col("measure") == measure.id, pl.col("grace_days") == grace)


def _group_cases(units: pl.LazyFrame, census: Census) -> Iterator[tuple[str, pl.LazyFrame]]:
    """The same units in every way of counting, under the name the report gives it."""
    yield "unit", units
    if census.person:
        for counted, order in PERSON_ORDERS.items():
            yield counted, _group_by_person(units, order, list_lack_columns(census))


def _group_by_person(units: pl.LazyFrame, order: pl.Enum, lacks: Sequence[str]) -> pl.LazyFrame:
    state = pl.col("state")
    return (
        units.group_by("office", "month", "person", "no_identifier")
        .agg(
            state.cast(order).min(),
            pl.col("excluded").min(),
            pl.col("uninformative").any(),
            pl.col(lacks).any(),
        )
        .with_columns(
            excluded=pl.when(state.is_null()).then("excluded"),
            uninformative=pl.col("uninformative") & state.is_in(DOCUMENTED_STATES),
        )
    )
