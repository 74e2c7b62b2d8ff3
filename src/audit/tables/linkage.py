"""Linkage: which record of another table belongs to which unit."""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.tables.schema import CellState

STATE_ORDER = pl.Enum(
    [
        CellState.FILLED.value,
        CellState.UNINFORMATIVE.value,
        CellState.REDACTED.value,
        CellState.NOT_PROVIDED.value,
        CellState.BLANK.value,
    ]
)

# The columns of the search itself, by names that no declared column has.
_UNIT_DAY = "__link_unit_day"  # of the unit
_KEY, _DAY, _ENTRY_DAY = "__link_key", "__link_day", "__link_entry_day"  # of the record
_STATE = "__link_state"  # of the record's first column, in STATE_ORDER
_DAYS_APART, _IS_EARLIER = "__link_days_apart", "__link_is_earlier"  # of the pair
_IS_TIED = "__link_is_tied"  # of the record that is chosen
_SEARCH_COLUMNS = (_UNIT_DAY, _KEY, _DAY, _ENTRY_DAY, _STATE, _DAYS_APART, _IS_EARLIER)


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
    all_equally_near: bool = False,
) -> pl.LazyFrame:
    """Bring to every unit its record of each linked table, and `ambiguous`: whether another was equally near.

    `units` has one row a unit, its key in column `unit` and its day in column `date`. Records dated or entered after
    `as_of` are not looked at (all are where it is None); one whose day of entry is blank is. The nearest in days is
    chosen; of several equally near, one on or after the unit's day before an earlier one, then the smallest key. Many
    units may share a record; what has a blank key links to nothing. Columns keep their names and bring their
    `.state`, and a later link may be `on` a column that an earlier one brought. With `all_equally_near`, a unit has one
    row for each of the records between which nothing but the smallest key would choose.

    AuditError (USAGE) where a column would come under a name that is taken, or a link goes by the day of undated units.
    """
    if problems := [*_find_problems(units, tables, links, date=date)]:
        raise AuditError(problems, code=ExitCode.USAGE)
    units = units.with_columns(ambiguous=pl.lit(False))
    for link in links:
        records = _select_linkable_records(tables[link.table], link, as_of=as_of or dt.date.max)
        if date and link.date:
            join_key = unit
            days = units.select(*{unit: None, link.on: None}, pl.col(date).cast(pl.Date).alias(_UNIT_DAY))
            matches = _find_nearest_records(days, records, link, unit=unit, every=all_equally_near)
        else:
            join_key = link.on
            rank = [_STATE, _ENTRY_DAY]
            matches = _choose_best_records(records, by=link.on, rank=rank, tie_break=[_KEY], every=all_equally_near)
        is_tied = pl.col(_IS_TIED).fill_null(False)
        units = units.join(matches, on=join_key, how="left")
        units = units.with_columns(pl.col("ambiguous") | is_tied).drop(_IS_TIED)
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


def _find_nearest_records(
    units: pl.LazyFrame, records: pl.LazyFrame, link: Link, *, unit: str, every: bool
) -> pl.LazyFrame:
    """The record of each unit that is nearest in days, of those within the window of the link."""
    days = (pl.col(_DAY) - pl.col(_UNIT_DAY)).dt.total_days()
    pairs = units.join(records, on=link.on).with_columns(days.abs().alias(_DAYS_APART), (days < 0).alias(_IS_EARLIER))
    pairs = pairs.filter(days >= -link.days_before)
    if link.days_after is not None:
        pairs = pairs.filter(days <= link.days_after)
    order = [_IS_EARLIER, _KEY]
    nearest = _choose_best_records(pairs, by=unit, rank=[_DAYS_APART], tie_break=order, every=every)
    return nearest if link.on == unit else nearest.drop(link.on)


def _choose_best_records(
    candidates: pl.LazyFrame, *, by: str, rank: Sequence[str], tie_break: Sequence[str], every: bool = False
) -> pl.LazyFrame:
    """For each value of `by` the candidate of the lowest rank, and whether it is tied with another.

    `tie_break` chooses between those, unless `every` one of them is wanted. The columns of the search are left out, and
    `_IS_TIED` is added.
    """
    if every:
        lowest = [pl.col(name).eq_missing(pl.col(name).first().over(by)) for name in rank]
        ranked = candidates.filter(pl.col(by).is_not_null()).sort(by, *rank, *tie_break, nulls_last=True)
        tied = ranked.filter(pl.all_horizontal(lowest)).with_columns((pl.len().over(by) > 1).alias(_IS_TIED))
        return tied.drop(_SEARCH_COLUMNS, strict=False)
    is_like_next = [pl.col(name).eq_missing(pl.col(name).shift(-1)) for name in (by, *rank)]
    return (
        candidates.sort(by, *rank, *tie_break, nulls_last=True)
        .with_columns(pl.all_horizontal(is_like_next).alias(_IS_TIED))
        .filter(pl.col(by).ne_missing(pl.col(by).shift()))
        .drop(_SEARCH_COLUMNS, strict=False)
    )


def _select_linkable_records(table: pl.LazyFrame, link: Link, *, as_of: dt.date) -> pl.LazyFrame:
    """The records that can be linked, as they were known on the as-of date."""
    names, undated = table.collect_schema().names(), pl.lit(None, pl.Date)
    return (
        table.filter(has_state(link.on, CellState.FILLED, names))
        .select(
            link.on,
            *_list_linked_columns(link, names),
            pl.col(link.key).alias(_KEY),
            derive_state(link.columns[0], names).cast(STATE_ORDER).alias(_STATE),
            (pl.col(link.date).cast(pl.Date) if link.date else undated).alias(_DAY),
            (pl.col(link.entered).cast(pl.Date) if link.entered else undated).alias(_ENTRY_DAY),
        )
        .filter(pl.col(_DAY).fill_null(as_of) <= as_of, pl.col(_ENTRY_DAY).fill_null(as_of) <= as_of)
    )


def _list_linked_columns(link: Link, names: Sequence[str]) -> list[str]:
    wanted = {link.key, *link.columns} - {link.on}
    return [name for name in names if name.removesuffix(".state") in wanted]


def _find_problems(
    units: pl.LazyFrame, tables: Mapping[str, pl.LazyFrame], links: Sequence[Link], *, date: str | None
) -> Iterator[Problem]:
    used_names = set(units.collect_schema().names())
    for link in links:
        place = f"link to {link.table}"
        if link.date and not date:
            mend = "Name the units' date column, or leave out the date of the link."
            yield Problem(what="the link goes by date, and the units have none", mend=mend, file=place)
        for name in _list_linked_columns(link, tables[link.table].collect_schema().names()):
            if name in used_names and not name.endswith(".state"):
                mend = f"Declare it under a name of its own, with `{name}` as its header."
                yield Problem(what="the unit already has a column of this name", mend=mend, file=place, column=name)
            used_names.add(name)
