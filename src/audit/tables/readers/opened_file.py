"""A table file that could be opened: its rows as they came, before they are judged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.tables.readers import cells
from audit.tables.readers.delimited import ROW_NUMBER
from audit.tables.schema import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedFile:
    """A file that could be opened: its rows as they are, under the columns' own names, and what is wrong with it."""

    source: Source  # with the headers that this file has
    file: str
    sha256: str
    rows: pl.DataFrame | pl.LazyFrame  # ROW_NUMBER and the declared columns that the file has; no blank row
    rows_in: int
    flaws: pl.DataFrame
    problems: Sequence[Problem]
    is_plain: bool = False  # whether no cell holds a control character or an error of a spreadsheet, as far as is known


def open_text_rows(
    rows: pl.DataFrame,
    names: Sequence[str],
    source: Source,
    *,
    flaws: Iterable[tuple[int, str | None, str]],
    unreadable_rows: int = 0,
    problems: Sequence[Problem],
    file: str,
    sha256: str,
) -> OpenedFile:
    """The rows below a header, blank ones parted from the others, under the columns' own names.

    `flaws` have a row, a column by its header, and what is wrong; so many rows could not be read as fields at all.
    """
    blank = pl.all_horizontal(pl.exclude(ROW_NUMBER).str.strip_chars().fill_null("") == "")
    blanks = [(row, None, cells.BLANK_ROW) for row in rows.filter(blank)[ROW_NUMBER]]
    declared = {
        name: names.index(header_name) for name, header_name in source.list_headers().items() if header_name in names
    }
    return OpenedFile(
        source=source,
        file=file,
        sha256=sha256,
        rows=rows.filter(~blank).select(
            ROW_NUMBER, *(pl.col(str(field)).alias(name) for name, field in declared.items())
        ),
        rows_in=rows.height + unreadable_rows,
        flaws=make_flaws(file, [*blanks, *flaws]),
        problems=problems,
    )


def open_typed_rows(
    rows: pl.LazyFrame, source: Source, *, rows_in: int, problems: Sequence[Problem], file: str, sha256: str
) -> OpenedFile:
    """Rows that came with types of their own, those in which every cell is null parted from the others.

    Raises `AuditError`, code UNREADABLE, where fewer or more can be read than the `rows_in` that there are said to be.
    """
    blank = pl.all_horizontal(pl.exclude(ROW_NUMBER).is_null())
    blank_rows = pl.col(ROW_NUMBER).filter(blank).implode().alias("blank")
    blanks, count = rows.select(blank_rows, count=pl.len()).collect().row(0)
    if count != rows_in:
        raise make_unreadable_error(f"{count:,} rows could be read of {rows_in:,}", "Get the file again.", file)
    return OpenedFile(
        source=source,
        file=file,
        sha256=sha256,
        rows=rows.filter(~blank) if blanks else rows,
        rows_in=rows_in,
        flaws=make_flaws(file, [(row, None, cells.BLANK_ROW) for row in blanks]),
        problems=problems,
    )


def can_read_column(name: str, dtype: pl.DataType | None, source: Source) -> bool:
    """Whether a column that holds this type can be read as it is declared."""
    return dtype is not None and cells.can_read_type(source.columns[name], dtype)


def find_mistyped_columns(schema: Mapping[str, pl.DataType], source: Source, *, file: str) -> list[Problem]:
    """Every column, by its header, that holds a type which cannot be read as it is declared."""
    problems = []
    for name, header_name in source.list_headers().items():
        dtype = schema.get(header_name)
        if dtype is not None and not can_read_column(name, dtype, source):
            zoned = isinstance(dtype, pl.Datetime) and dtype.time_zone
            mend = "Give it as local time, without a time zone." if zoned else "Declare the `type` that it holds."
            what = f"holds {dtype}, where {source.columns[name].type} is declared"
            problems.append(Problem(what=what, mend=mend, file=file, column=header_name))
    return problems


def make_flaws(file: str, flaws: Iterable[tuple[int, str | None, str]]) -> pl.DataFrame:
    """Flaws of a file, with the columns of `FLAW_SCHEMA`: row, column by its header, and what is wrong."""
    return pl.DataFrame([(file, *flaw) for flaw in flaws], schema=cells.FLAW_SCHEMA, orient="row")


def refuse_without_rows(source: Source, file: str) -> None:
    """Refuse a table that has a header and nothing else, unless that may be so: AuditError (DATA)."""
    if source.may_be_empty:
        return
    mend = "Check that the table was exported in full. If it can have no rows, declare `may_be_empty = true`."
    raise AuditError(Problem(what="a header, and no rows below it", mend=mend, file=file), code=ExitCode.DATA)


def make_empty_error(file: str, *, sheet: str | None = None) -> AuditError:
    """That there is nothing in a file or sheet (UNREADABLE)."""
    problem = Problem(what="empty", mend="Export the table again.", file=file, sheet=sheet)
    return AuditError(problem, code=ExitCode.UNREADABLE)


def make_unreadable_error(what: str, mend: str, file: str) -> AuditError:
    """That a file cannot be read (UNREADABLE)."""
    return AuditError(Problem(what=what, mend=mend, file=file), code=ExitCode.UNREADABLE)
