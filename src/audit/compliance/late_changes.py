"""What has changed, since earlier reports, of the files and rows that they were made from: named and counted."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from audit.months import MONTH_FORMAT, add_days, find_month
from audit.programs.declaration import Program
from audit.tables.table import ControlTotals

# Rows by the month of their own day, a table and month a row; month "" for rows without a day.
ROW_DIGEST_SCHEMA = {
    "table": pl.String,
    "month": pl.String,
    "rows": pl.Int64,
    "sha256": pl.String,  # of the rows as lines, sorted
    "columns": pl.String,  # that the lines are made of
}

# Columns by names that no declared one has.
MONTH, FIRST = "month of the row", "day of its first unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDates:
    """The columns that say when a row of a table came to be, and when what it tells of happened."""

    entered: str | None = None
    happened: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EarlierReport:
    """What an earlier report was made from."""

    month: str
    as_of: dt.date
    totals: tuple[ControlTotals, ...]
    row_digests: pl.DataFrame  # columns ROW_DIGEST_SCHEMA


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


def find_table_dates(program: Program) -> dict[str, TableDates]:
    """How each table of a program dates its rows, as far as its declarations say."""
    entered: dict[str, str] = {}
    happened: dict[str, str] = {}
    for table, entry_day, event_day in _list_declared_dates(program):
        if entry_day:
            entered.setdefault(table, entry_day)
        if event_day:
            happened.setdefault(table, event_day)
    return {name: TableDates(entered=entered.get(name), happened=happened.get(name)) for name in program.tables}


def _list_declared_dates(program: Program) -> Iterator[tuple[str, str | None, str | None]]:
    """Each declaration of a table's days: the table, the day of entry and the day of the event. The first one holds."""
    yield program.census.table, None, program.census.date
    for link in program.census.links:
        yield link.table, link.entered, link.date
    for name, child in (program.cases.children if program.cases else {}).items():
        yield name, child.recorded, None
    for discrepancy in program.discrepancies:
        yield discrepancy.table, None, discrepancy.date
        for evidence in discrepancy.evidence:
            yield evidence.table, evidence.recorded, evidence.date
    for name, source in program.tables.items():
        yield name, None, source.dated_by
    unit_columns = _find_unit_columns(program)
    for name, source in program.tables.items():  # else the first day that it declares, if it belongs to no unit
        days = [column for column, declared in source.columns.items() if declared.type in ("date", "datetime")]
        if days and name not in unit_columns:
            yield name, None, days[0]


def assign_table_months(program: Program, tables: Mapping[str, pl.LazyFrame], table: str) -> pl.LazyFrame:
    """A table's rows with the column MONTH before them: the first in which a report could rest on them."""
    rows, census = tables[table], program.census
    if on := find_join_column(program, tables, table):
        first = tables[census.table].group_by(on).agg(pl.col(census.date or "").min().alias(FIRST))
        rows = rows.join(first, on=on, how="left", maintain_order="left")
    return assign_row_months(program, table, rows)


def find_join_column(program: Program, tables: Mapping[str, pl.LazyFrame], table: str) -> str | None:
    """The column by which a table's rows find the FIRST day of their units; None where they belong to none."""
    on, census = _find_unit_columns(program).get(table), program.census
    if census.date is None or on is None or table == census.table:
        return None
    return on if all(on in tables[one].collect_schema().names() for one in (table, census.table)) else None


def assign_row_months(program: Program, table: str, rows: pl.LazyFrame) -> pl.LazyFrame:
    """As `assign_table_months`, of some rows of a table; with the FIRST day of their units, which is left out, where
    they have any.

    The month is that of their entry, or else of what they tell; but that of their unit where this is later, as a
    person's old record comes with the first match. Of several units the first counts. Rows that nothing dates have the
    month "".
    """
    by, names = find_table_dates(program)[table], rows.collect_schema().names()
    days = [pl.col(name).cast(pl.Date) for name in (by.entered, by.happened) if name in names]
    day_columns = [pl.coalesce(days)] if days else []
    day_columns += [pl.col(FIRST).cast(pl.Date)] if FIRST in names else []
    month = pl.max_horizontal(day_columns).dt.strftime(MONTH_FORMAT).fill_null("") if day_columns else pl.lit("")
    return rows.select(month.alias(MONTH), *(name for name in names if name != FIRST))


def find_late_changes(
    program: Program, row_digests: pl.DataFrame, totals: Sequence[ControlTotals], earlier: Sequence[EarlierReport]
) -> tuple[LateChange, ...]:
    """What is not as the earlier reports had it: of tables in several files every file, of every table the rows.

    `row_digests` and `totals` are of the tables as they are now. Rows are compared that a report could rest on: those
    dated by their entry in months that were over on its as-of day, all others up to its own month, and those without a
    day.
    """
    reports_by_change: dict[tuple[str, str, str, int | None, int | None], list[str]] = {}
    for one in earlier:
        for change in (*_compare_files(totals, one.totals), *_compare_rows(program, row_digests, one)):
            reports_by_change.setdefault(change, []).append(one.month)
    order = {name: place for place, name in enumerate(program.tables)}
    changes = (
        LateChange(table=table, kind=kind, what=what, before=before, now=now, reports=tuple(reports))  # type: ignore[arg-type]
        for (table, kind, what, before, now), reports in reports_by_change.items()
    )
    return tuple(sorted(changes, key=lambda c: (order.get(c.table, len(order)), c.kind, c.what, c.reports)))


def _find_unit_columns(program: Program) -> dict[str, str]:
    """The column by which each table's rows belong to units."""
    unit_columns = {one.table: one.on for discrepancy in program.discrepancies for one in discrepancy.evidence}
    unit_columns |= {link.table: link.on for link in program.census.links}
    if program.cases:
        unit_columns |= {name: child.on for name, child in program.cases.children.items()} | {**program.cases.parents}
    return unit_columns


def _compare_files(
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


def _compare_rows(
    program: Program, now: pl.DataFrame, then: EarlierReport
) -> Iterator[tuple[str, str, str, int | None, int | None]]:
    by = find_table_dates(program)
    over = find_month(add_days(then.as_of, 1))  # the first month that was not over
    for table in then.row_digests["table"].unique(maintain_order=True):
        was, is_ = (rows.filter(pl.col("table") == table) for rows in (then.row_digests, now))
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
