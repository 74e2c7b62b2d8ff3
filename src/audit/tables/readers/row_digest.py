"""Rows as lines of text, sorted: an order and a digest that do not depend on how a database happened to give them."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from audit.tables.readers.spill import divide_plan
from audit.tables.readers.times import FIRST, LAST

_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f", "\v": "\\v"}
_LINES_HASHED_AT_ONCE = 100_000
LINES_IN_MEMORY = 2_000_000  # lines that are in memory
_LINE_START_COLUMN = "what its line begins with"  # a name that no declared column has


def sort_and_digest_rows(rows: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    """The rows in the order of their lines, and the SHA-256 of these lines, each with its line end.

    A line is what PostgreSQL's `COPY … TO STDOUT` writes in its text format (PostgreSQL 15, COPY, "Text Format"):
    fields between tabs, `\\N` for null, `t` and `f`. The lines are sorted by their bytes. So anyone can do the same
    without this program, with `psql`, `LC_ALL=C sort` and `sha256sum`; the row of number 12 is the line of number 12.
    Only numbers with an exponent may be written otherwise than by PostgreSQL.
    """
    row_lines = format_row_lines(rows)
    order = row_lines.arg_sort()
    return rows[order], count_and_digest_lines([row_lines.gather(order)])[1]


def format_row_lines(rows: pl.DataFrame) -> pl.Series:
    """Each row as its line, without the line's end."""
    return rows.select(_build_line(rows.schema)).to_series()


def sort_lines_in_parts(rows: pl.LazyFrame, *, many: int) -> Iterator[pl.Series]:
    """The lines of so many rows, sorted by their bytes, of which a part is in memory at a time.

    A line's first field with the tab behind it, a byte that no field has, tells in which part the line is.
    """
    schema = rows.collect_schema()
    begins = _build_line(dict([*schema.items()][:1])) + ("\t" if len(schema) > 1 else "")
    for part in divide_plan(
        rows.with_columns(begins.alias(_LINE_START_COLUMN)), [_LINE_START_COLUMN], rows=many, at_once=LINES_IN_MEMORY
    ):
        yield part.select(_build_line(schema)).collect(engine="streaming").to_series().sort()


def _build_line(schema: Mapping[str, pl.DataType]) -> pl.Expr:
    fields = (_format_cell(pl.col(name), kind).fill_null("\\N") for name, kind in schema.items())
    return pl.concat_str(fields, separator="\t")


def count_and_digest_lines(parts: Iterable[pl.Series]) -> tuple[int, str]:
    """How many lines there are, and their SHA-256 in the order given, each with its line end."""
    digest, rows = hashlib.sha256(), 0
    for part in parts:
        rows += len(part)
        for start in range(0, len(part), _LINES_HASHED_AT_ONCE):
            digest.update((part[start : start + _LINES_HASHED_AT_ONCE].str.join("\n").item() + "\n").encode())
    return rows, digest.hexdigest()


def _format_cell(cell: pl.Expr, kind: pl.DataType) -> pl.Expr:
    """A cell as text; a day that no calendar of the audit has as the bare number that it is stored as."""
    if kind == pl.Boolean:
        return pl.when(cell).then(pl.lit("t")).when(~cell).then(pl.lit("f"))
    if kind.is_float():
        return cell.cast(pl.String).str.replace(r"\.0$", "")
    if kind == pl.Date:
        day = pl.when(cell.is_between(FIRST.date(), LAST.date())).then(cell)
        return day.dt.strftime("%Y-%m-%d").fill_null(cell.to_physical().cast(pl.String))
    if kind == pl.Datetime:
        time = pl.when(cell.is_between(FIRST, LAST)).then(cell).dt.strftime("%Y-%m-%d %H:%M:%S%.6f")
        return time.str.replace(r"\.?0*$", "").fill_null(cell.to_physical().cast(pl.String))
    if kind.is_numeric():
        return cell.cast(pl.String)
    return cell.cast(pl.String).str.replace_many(_ESCAPES)
