"""What has changed, since earlier reports, of the files and rows that they were made from: named and counted."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import polars as pl

from audit.formatting import count, listed, plural
from audit.programs.declaration import Program
from audit.tables.table import ControlTotals

# Rows by the month of their own day, a table and month a row; month "" for rows without a day.
HELD = {
    "table": pl.String,
    "month": pl.String,
    "rows": pl.Int64,
    "sha256": pl.String,  # of the rows as lines, sorted
    "columns": pl.String,  # that the lines are made of
}

# Columns by names that no declared one has.
MONTH, FIRST = "month of the row", "day of its first unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """The columns that say when a row of a table came to be, and when what it tells of happened."""

    entered: str | None = None
    happened: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rested:
    """What an earlier report was made from."""

    month: str
    as_of: dt.date
    totals: tuple[ControlTotals, ...]
    held: pl.DataFrame  # columns HELD


@dataclass(frozen=True, slots=True, kw_only=True)
class LateChange:
    """One file, or the rows of one month, that is not what earlier reports were made from.

    It need be no fault: records are completed late, and files corrected. What a report said was of the rows of then.
    """

    table: str
    kind: Literal["file", "rows", "columns"]  # columns: others are read now, so rows cannot be compared
    what: str  # the file; or the month of the rows' own day, "" where they have none
    before: int | None  # rows then
    now: int | None  # None: gone
    reports: tuple[str, ...]  # the months whose reports were made from it


def dated(program: Program) -> dict[str, Dated]:
    """How each table of a program dates its rows, as far as its declarations say."""
    found: list[tuple[str, str | None, str | None]] = [(program.census.table, None, program.census.date)]
    found += [(link.table, link.entered, link.date) for link in program.census.links]
    found += [(name, child.recorded, None) for name, child in (program.cases.children if program.cases else {}).items()]
    for asked in program.discrepancies:
        found += [(asked.table, None, asked.date), *((one.table, one.recorded, one.date) for one in asked.evidence)]
    found += [(name, None, source.dated_by) for name, source in program.tables.items()]
    for name, source in program.tables.items():  # else by the first day that it declares, if it belongs to no unit
        days = [column for column, declared in source.columns.items() if declared.type in ("date", "datetime")]
        found += [(name, None, day) for day in days[:1] if name not in _belonging(program)]
    entered = {name: day for name, day, _ in reversed(found) if day}
    happened = {name: day for name, _, day in reversed(found) if day}
    return {name: Dated(entered=entered.get(name), happened=happened.get(name)) for name in program.tables}


def months(program: Program, tables: Mapping[str, pl.LazyFrame], table: str) -> pl.LazyFrame:
    """A table's rows with the column MONTH before them: the first in which a report could rest on them."""
    rows, census = tables[table], program.census
    if on := joined_on(program, tables, table):
        first = tables[census.table].group_by(on).agg(pl.col(census.date or "").min().alias(FIRST))
        rows = rows.join(first, on=on, how="left", maintain_order="left")
    return by_month(program, table, rows)


def joined_on(program: Program, tables: Mapping[str, pl.LazyFrame], table: str) -> str | None:
    """The column by which a table's rows find the FIRST day of their units; None where they belong to none."""
    on, census = _belonging(program).get(table), program.census
    if census.date is None or on is None or table == census.table:
        return None
    return on if all(on in tables[one].collect_schema().names() for one in (table, census.table)) else None


def by_month(program: Program, table: str, rows: pl.LazyFrame) -> pl.LazyFrame:
    """As `months`, of some rows of a table; with the FIRST day of their units, which is left out, where they have any.

    The month is that of their entry, or else of what they tell; but that of their unit where this is later, as a
    person's old record comes with the first match. Of several units the first counts. Rows that nothing dates have the
    month "".
    """
    by, names = dated(program)[table], rows.collect_schema().names()
    days = [pl.col(name).cast(pl.Date) for name in (by.entered, by.happened) if name in names]
    found = [pl.coalesce(days)] if days else []
    found += [pl.col(FIRST).cast(pl.Date)] if FIRST in names else []
    month = pl.max_horizontal(found).dt.strftime("%Y-%m").fill_null("") if found else pl.lit("")
    return rows.select(month.alias(MONTH), *(name for name in names if name != FIRST))


def changed(
    program: Program, held: pl.DataFrame, totals: Sequence[ControlTotals], earlier: Sequence[Rested]
) -> tuple[LateChange, ...]:
    """What is not as the earlier reports had it: of tables in several files every file, of every table the rows.

    `held` and `totals` are of the tables as they are now. Rows are compared that a report could rest on: those dated by
    their entry in months that were over on its as-of day, all others up to its own month, and those without a day.
    """
    found: dict[tuple[str, str, str, int | None, int | None], list[str]] = {}
    for one in earlier:
        for change in (*_files(totals, one.totals), *_rows(program, held, one)):
            found.setdefault(change, []).append(one.month)
    order = {name: place for place, name in enumerate(program.tables)}
    changes = (
        LateChange(table=table, kind=kind, what=what, before=before, now=now, reports=tuple(reports))  # type: ignore[arg-type]
        for (table, kind, what, before, now), reports in found.items()
    )
    return tuple(sorted(changes, key=lambda c: (order.get(c.table, len(order)), c.kind, c.what, c.reports)))


def told(changes: Sequence[LateChange]) -> list[tuple[str, str]]:
    """Each table's name, and in words what has changed of it."""
    by_table = groupby(changes, key=lambda change: change.table)
    return [(table, "; ".join(_words([*those]))) for table, those in by_table]


def _words(changes: Sequence[LateChange]) -> Iterator[str]:
    """What has changed of one table."""
    for kind, several in groupby(changes, key=lambda change: change.kind):
        those = [*several]
        reports = spoken(sorted({month for change in those for month in change.reports}))
        if kind == "columns":
            yield f"other columns are read than for {reports}, so its rows cannot be compared with those of then"
            continue
        each = [f"{change.what or 'without a day'} ({_counts(change)})" for change in those]
        few = listed(each, most=12)
        if kind == "file":
            yield f"{plural(len(those), 'file')} not as {reports} had {'it' if len(those) == 1 else 'them'}: {few}"
        else:
            yield f"rows not as {reports} had them: {few}"
    if {change.kind for change in changes} == {"file"}:
        yield "the rows that are read of them are the same"


def _counts(change: LateChange) -> str:
    if change.now is None:
        return f"{plural(change.before or 0, 'row')} then, gone now"
    if change.before == change.now:
        return f"{plural(change.now, 'row')} as then, with other contents"
    return f"{plural(change.before or 0, 'row')} then, {count(change.now)} now"


def spoken(reports: Sequence[str]) -> str:
    """The reports of these months, in words."""
    few = listed(reports, most=3) if len(reports) <= 3 else f"{reports[0]} to {reports[-1]}"
    return f"the {'report' if len(reports) == 1 else 'reports'} of {few}"


def _belonging(program: Program) -> dict[str, str]:
    """The column by which each table's rows belong to units."""
    found = {one.table: one.on for asked in program.discrepancies for one in asked.evidence}
    found |= {link.table: link.on for link in program.census.links}
    if program.cases:
        found |= {name: child.on for name, child in program.cases.children.items()} | {**program.cases.parents}
    return found


def _files(
    now: Sequence[ControlTotals], then: Sequence[ControlTotals]
) -> Iterator[tuple[str, str, str, int | None, int | None]]:
    """Every file of then that is gone or has other bytes. A table that is one file grows; of it the rows tell."""
    there = {(total.table, total.file): total for total in now}
    for table in dict.fromkeys(total.table for total in then):
        files = [total for total in then if total.table == table]
        if max(len(files), sum(total.table == table for total in now)) == 1:
            continue
        for total in files:
            same = there.get((table, total.file))
            if same is None or same.sha256 != total.sha256:
                yield table, "file", total.file, total.rows_in, same.rows_in if same else None


def _rows(program: Program, now: pl.DataFrame, then: Rested) -> Iterator[tuple[str, str, str, int | None, int | None]]:
    by = dated(program)
    over = f"{then.as_of + dt.timedelta(days=1):%Y-%m}"  # the first month that was not over
    for table in then.held["table"].unique(maintain_order=True):
        was, is_ = (rows.filter(pl.col("table") == table) for rows in (then.held, now))
        if is_.height and {*was["columns"]} != {*is_["columns"]}:
            yield table, "columns", "", None, None
            continue
        both = was.join(is_, on="month", how="full", coalesce=True, suffix=" now").sort("month")
        entry = table in by and by[table].entered is not None
        for month, rows, digest, rows_now, digest_now in both.select(
            "month", "rows", "sha256", "rows now", "sha256 now"
        ).iter_rows():
            if digest != digest_now and (month < over if entry else month <= then.month):
                yield table, "rows", month, rows or 0, rows_now
