"""Linkage: which record of another table belongs to which unit."""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.tables.schema import CellState

STATE_ORDER = pl.Enum(
    [CellState.FILLED.value, CellState.UNINFORMATIVE.value, CellState.REDACTED.value, CellState.BLANK.value]
)

# The columns of the search itself, by names that no declared column can have.
_SEARCH_COLUMNS = (
    "unit's day",
    "its key",
    "what it says",
    "its day",
    "day of entry",
    "days apart",
    "is earlier",
    "several as near",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """How the records of another table find their unit: same `on`, dated within the window, nearest first.

    The window runs from `days_before` the unit's date to `days_after` it (to the as-of date where absent).
    Without a `date` every record of the same `on` is a candidate: the one that says most (whose first column is
    filled before uninformative, redacted and blank), then the earliest entered, so that an amendment does not make
    late what was in time.
    """

    table: str  # table with the records
    on: str  # column that both tables have; may come from an earlier link
    columns: tuple[str, ...]  # columns of the record that are brought to the unit, most important first
    key: str  # key column of the record, brought to the unit as well
    date: str | None = None  # day of the record; the nearest to the unit's date within the window is taken
    entered: str | None = None  # column with the day the record was entered; ignored if later than the as-of day
    days_before: int = 1  # days before the unit's date at which the window begins
    days_after: int | None = None  # days after the unit's date at which the window ends; the as-of day if absent


def link_records(
    units: pl.LazyFrame,
    tables: Mapping[str, pl.LazyFrame],
    links: Sequence[Link],
    *,
    unit: str,
    date: str | None,
    as_of: dt.date | None,
) -> pl.LazyFrame:
    """Bring to every unit its record of each linked table, and `ambiguous`: whether another was equally near.

    `units` has one row a unit, its key in column `unit` and its day in column `date`. Records dated or entered after
    `as_of` are not looked at (all are where it is None); one whose day of entry is blank is. The nearest in days is
    chosen; of several equally near, one on or after the unit's day before an earlier one, then the smallest key. Many
    units may share a record; what has a blank key links to nothing. Columns keep their names and bring their
    `.state`, and a later link may be `on` a column that an earlier one brought.

    AuditError (USAGE) where a column would come under a name that is taken, or a link goes by the day of undated units.
    """
    if problems := [*_find_problems(units, tables, links, date=date)]:
        raise AuditError(problems, code=ExitCode.USAGE)
    units = units.with_columns(ambiguous=pl.lit(False))
    for step in links:
        records = _select_linkable_records(tables[step.table], step, as_of=as_of or dt.date.max)
        if date and step.date:
            days = units.select(*{unit: None, step.on: None}, pl.col(date).cast(pl.Date).alias("unit's day"))
            per, matches = unit, _find_nearest(days, records, step, unit=unit)
        else:
            per, matches = (
                step.on,
                _choose_best(records, step, per=step.on, merit=["what it says", "day of entry"], then=["its key"]),
            )
        units = units.join(matches, on=per, how="left")
        units = units.with_columns(pl.col("ambiguous") | pl.col("several as near").fill_null(False)).drop(
            "several as near"
        )
    return units


def derive_state(column: str, names: Collection[str]) -> pl.Expr:
    """What a cell holds (a State), in a table with columns `names`; without a `.state`, filled unless null."""
    if f"{column}.state" in names:
        return pl.col(f"{column}.state").fill_null(CellState.BLANK)
    return pl.when(pl.col(column).is_null()).then(pl.lit(CellState.BLANK)).otherwise(pl.lit(CellState.FILLED))


def has_state(column: str, state: CellState, names: Collection[str]) -> pl.Expr:
    """Whether a cell holds this, never null: what `derive_state` is, without putting it into words."""
    if f"{column}.state" in names:
        return derive_state(column, names) == state
    if state in (CellState.FILLED, CellState.BLANK):
        return pl.col(column).is_not_null() if state == CellState.FILLED else pl.col(column).is_null()
    return pl.lit(False)


def _find_nearest(units: pl.LazyFrame, records: pl.LazyFrame, step: Link, *, unit: str) -> pl.LazyFrame:
    days = (pl.col("its day") - pl.col("unit's day")).dt.total_days()
    pairs = units.join(records, on=step.on).with_columns(days.abs().alias("days apart"), (days < 0).alias("is earlier"))
    pairs = pairs.filter(days >= -step.days_before)
    if step.days_after is not None:
        pairs = pairs.filter(days <= step.days_after)
    return _choose_best(pairs, step, per=unit, merit=["days apart"], then=["is earlier", "its key"])


def _choose_best(
    candidates: pl.LazyFrame, step: Link, *, per: str, merit: Sequence[str], then: Sequence[str]
) -> pl.LazyFrame:
    """The candidate of smallest merit, and whether another has the same; `then` chooses between those."""
    as_next = [pl.col(name).eq_missing(pl.col(name).shift(-1)) for name in (per, *merit)]
    return (
        candidates.sort(per, *merit, *then, nulls_last=True)
        .with_columns(pl.all_horizontal(as_next).alias("several as near"))
        .filter(pl.col(per).ne_missing(pl.col(per).shift()))
        .select(per, pl.exclude(*_SEARCH_COLUMNS, step.on, per), "several as near")
    )


def _select_linkable_records(table: pl.LazyFrame, step: Link, *, as_of: dt.date) -> pl.LazyFrame:
    """The records that can be linked, as they were known on the as-of date."""
    names, undated = table.collect_schema().names(), pl.lit(None, pl.Date)
    entered = pl.col(step.entered).cast(pl.Date) if step.entered else undated
    return (
        table.filter(has_state(step.on, CellState.FILLED, names))
        .select(
            step.on,
            *_list_linked_columns(step, names),
            pl.col(step.key).alias("its key"),
            derive_state(step.columns[0], names).cast(STATE_ORDER).alias("what it says"),
            (pl.col(step.date).cast(pl.Date) if step.date else undated).alias("its day"),
            entered.alias("day of entry"),
        )
        .filter(pl.col("its day").fill_null(as_of) <= as_of, pl.col("day of entry").fill_null(as_of) <= as_of)
    )


def _list_linked_columns(step: Link, names: Sequence[str]) -> list[str]:
    wanted = {step.key, *step.columns} - {step.on}
    return [name for name in names if name.removesuffix(".state") in wanted]


def _find_problems(
    units: pl.LazyFrame, tables: Mapping[str, pl.LazyFrame], links: Sequence[Link], *, date: str | None
) -> Iterator[Problem]:
    used_names = set(units.collect_schema().names())
    for step in links:
        place = f"link to {step.table}"
        if step.date and not date:
            mend = "Name the units' date column, or leave out the date of the link."
            yield Problem(what="the link goes by date, and the units have none", mend=mend, file=place)
        for name in _list_linked_columns(step, tables[step.table].collect_schema().names()):
            if name in used_names and not name.endswith(".state"):
                mend = f"Declare it under a name of its own, with `{name}` as its header."
                yield Problem(what="the unit already has a column of this name", mend=mend, file=place, column=name)
            used_names.add(name)
