"""The rows of other tables that belong to cases: those that count for them, and those dated outside of their window."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple

import polars as pl

from audit.programs.declaration import CaseDefinition, ChildTable, Program

WHEN_COLUMN: Final = "when"  # of a row outside the window: EARLIER or LATER
EARLIER, LATER = "earlier", "later"

# Columns of the search, by names that no declared column has.
_ON, _PERSON, _FIRST, _LAST = "__case_on", "__case_person", "__window_first", "__window_last"


class CaseRows(NamedTuple):
    """The rows of one child table that belong to cases."""

    counting: pl.LazyFrame
    outside: pl.LazyFrame | None  # dated outside the window, with WHEN_COLUMN; None where there is no window


def select_child_rows(
    program: Program,
    cases: CaseDefinition,
    tables: Mapping[str, pl.LazyFrame],
    wanted: pl.LazyFrame,
    as_of: date | None,
) -> dict[str, CaseRows]:
    """The rows of each child table that belong to the `wanted` cases, as they were known on the as-of day.

    A row recorded or dated after that day is not read. A row without a day counts for its own case alone.
    """
    return {
        name: select_rows_of_child(program, cases, child, name, tables, wanted, as_of)
        for name, child in cases.children.items()
    }


def select_rows_of_child(
    program: Program,
    cases: CaseDefinition,
    child: ChildTable,
    name: str,
    tables: Mapping[str, pl.LazyFrame],
    wanted: pl.LazyFrame,
    as_of: date | None,
) -> CaseRows:
    """The same of one child table, called `name`, as `child` declares it: with its own window or another."""
    rows, columns = tables[name], tables[name].collect_schema().names()
    for column in filter(None, (child.recorded, child.dated)) if as_of else ():
        rows = rows.filter(pl.col(column).cast(pl.Date).fill_null(as_of) <= as_of)
    if child.window is None and not child.per_person:
        return CaseRows(rows, None)
    known, window = wanted.collect_schema().names(), child.window
    start, end = pl.col(program.census.date or cases.dated_by), pl.col(cases.dated_by)
    spans = wanted.select(
        pl.col(child.on).alias(_ON),
        (pl.col(program.census.person) if program.census.person in known else pl.lit(None)).alias(_PERSON),
        (start.cast(pl.Date) - timedelta(days=window.before_days if window else 0)).alias(_FIRST),
        (end.cast(pl.Date) + timedelta(days=window.after_days if window else 0)).alias(_LAST),
    ).filter(pl.col(_ON).is_not_null())
    own = rows.join(spans, left_on=child.on, right_on=_ON, coalesce=False).with_columns(is_own=True)
    belonging = [own]
    if child.per_person and program.census.person:
        belonging.append(_find_rows_of_same_person(rows, spans, tables[cases.table], child, program.census.person))
    every = pl.concat([part.select(*columns, _ON, _FIRST, _LAST, "is_own") for part in belonging])
    every = every.with_columns(pl.col(_ON).alias(child.on)).collect(engine="streaming").lazy()  # looked at many times
    if window is None or child.dated is None:
        return CaseRows(every.select(columns), None)
    day = pl.col(child.dated).cast(pl.Date)
    is_earlier, is_later = (day < pl.col(_FIRST)).fill_null(False), (day > pl.col(_LAST)).fill_null(False)
    counts = ~is_earlier & ~is_later & (pl.col("is_own") | day.is_not_null())
    when = pl.when(is_earlier).then(pl.lit(EARLIER)).otherwise(pl.lit(LATER)).alias(WHEN_COLUMN)
    outside = every.filter(is_earlier | is_later)
    return CaseRows(every.filter(counts).select(columns), outside.select(*columns, when))


def _find_rows_of_same_person(
    rows: pl.LazyFrame, spans: pl.LazyFrame, cases: pl.LazyFrame, child: ChildTable, person: str
) -> pl.LazyFrame:
    """The rows of a person's other cases, once for each case that is wanted."""
    owners = cases.select(pl.col(child.on), pl.col(person).alias(_PERSON)).drop_nulls().unique()
    several = owners.filter(pl.len().over(_PERSON) > 1)
    shared = rows.join(several, on=child.on).join(spans, on=_PERSON)
    return shared.filter(pl.col(child.on) != pl.col(_ON)).with_columns(is_own=False)
