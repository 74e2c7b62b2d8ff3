"""A table as declared: its columns, their types, states and spellings."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Literal

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.tables.limits import DEFAULT_READ_LIMITS, ReadLimits

ColumnType = Literal["text", "integer", "number", "date", "datetime", "yes_no", "office"]

#: What each declared type is in a table that has been read.
POLARS_TYPES: dict[ColumnType, pl.DataType] = {
    "text": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us"),
    "yes_no": pl.Boolean(),
    "office": pl.String(),  # the code
}


class CellState(StrEnum):
    """What a cell holds, before any question of what it says. Blank is not redacted is not `OTHER`."""

    FILLED = "filled"
    BLANK = "blank"
    REDACTED = "redacted"
    UNINFORMATIVE = "uninformative"
    NOT_PROVIDED = "not_provided"  # asked for, and not provided


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderSpelling:
    """The header of a column in some files of a table: files of a name, or of the months from `since` to `until`."""

    header: str  # header in these files; "" if they do not have the column
    files: str = ""  # pattern of the names of these files
    since: date | None = None  # first month of these files, by its first day
    until: date | None = None  # last month of these files, by any of its days

    def is_for_file(self, file: str, month: date | None) -> bool:
        """Whether it is about the file of this name and month."""
        dated = (self.since or date.min) <= month <= (self.until or date.max) if month else not self.is_dated
        return dated and (not self.files or fnmatchcase(file, self.files))

    @property
    def is_dated(self) -> bool:
        """Whether it goes by the file's month."""
        return self.since is not None or self.until is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One declared column of a table."""

    type: ColumnType = "text"  # what the cells are; `office` is a spelling from the list of offices, read as its code
    header: str | None = None  # header in the file; the column's own name if absent
    headers: tuple[HeaderSpelling, ...] = ()  # headers of some files, where files differ; `header` holds for the others
    formats: tuple[str, ...] = ()  # date formats as in strptime, tried in order; ISO dates if absent
    required: bool = False  # whether a blank cell is a fault of its row
    personal: bool = False  # whether it identifies a person; it is then replaced by a keyed pseudonym when read
    withheld: bool = False  # whether its text may stand in no output; only whether it is filled is then read
    values: tuple[str, ...] = ()  # the only values accepted, if given; spaces around a value are ignored
    uninformative: tuple[str, ...] = ()  # values that fill a cell and say nothing: OTHER, N/A
    not_provided: tuple[str, ...] = ()  # texts that say that the fact was asked for and not provided

    @property
    def has_states(self) -> bool:
        """Whether its cells can be another than filled, blank or withheld."""
        return bool(self.uninformative or self.not_provided)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One declared table: where its rows lie and what its columns are.

    A column of a file that is in neither `columns` nor `unread` is refused by name. Of a database only the declared
    columns are asked for: those of `relation`, or of the `query` where one is given.
    """

    name: str
    columns: dict[str, Column]  # columns that are read, by name
    file: str = ""  # file name or pattern in the data folder; `{month}` or `{month:%Y%m}` stands for the file's month
    months: str = ""  # months that must have a file, as "2010-10/2011-09"; from the first to the last found if absent
    absent: tuple[str, ...] = ()  # months that had no rows: they need no file, or one with a header alone
    may_be_empty: bool = False  # whether a file, or the table in a database, may have no rows; an error if absent
    relation: str = ""  # table or view of a database, as `schema.table`; the table's own name if absent
    query: str = ""  # SQL query that gives the rows, instead of `relation`
    key: tuple[str, ...] = ()  # columns that identify a row; no two rows may have the same
    row: str | None = None  # name of a column to make from each row's number in its file, for a table without a key
    unread: tuple[str, ...] = ()  # headers that exist in the file and are left out on purpose
    redacted: tuple[str, ...] = ()  # texts that stand for a withheld value
    delimiter: str | None = None  # delimiter of a text file; found from the file's name if absent
    encoding: str = "utf-8"  # character encoding of a text file
    sheet: str | None = None  # sheet of a workbook, or a pattern of several, as "FY*"; needed if it has several
    sheets: tuple[str, ...] = ()  # sheets of a workbook that together are the table, by name or pattern
    distinct: bool = False  # whether rows that are alike in every declared column are one row; no two are if absent
    dated_by: str | None = None  # date column that decides which spelling of an office was in use
    limits: ReadLimits = DEFAULT_READ_LIMITS  # what a file may have at most
    about: str = ""  # what a row is, in one line

    def list_headers(self) -> dict[str, str]:
        """How the file spells each column, by the column's own name."""
        return {name: column.header or name for name, column in self.columns.items()}

    def list_sheet_patterns(self) -> tuple[str, ...]:
        """The names and patterns of the sheets, where the table may have several of one workbook."""
        is_pattern = self.sheet is not None and any(sign in self.sheet for sign in "*?")  # no sheet is so named
        return (*self.sheets, *((self.sheet,) if self.sheet and (is_pattern or self.sheets) else ()))

    def list_used_columns(self, used: Collection[str] | None) -> list[str]:
        """The columns of the key and those of these names; all, if none is or none are given.

        Beside a column stands its state, if it can be another than filled or blank.
        """
        every = used is None or self.distinct  # which rows are alike is asked of all columns
        wanted = [name for name in self.columns if every or name in (used or ()) or name in self.key]
        names = []
        for name in wanted or self.columns:  # a table without a column would have no rows either
            names.append(name)
            if self.redacted or self.columns[name].has_states:
                names.append(f"{name}.state")
        return names

    def adapt_to_file(self, file: str, month: date | None) -> "Source":
        """The source as one of its files has it: each column with its one header, less those that it does not have.

        AuditError (USAGE) where two spellings hold for the file.
        """
        columns, problems = {}, []
        for name, column in self.columns.items():
            file_headers = [spelling.header for spelling in column.headers if spelling.is_for_file(file, month)]
            if len(file_headers) > 1:
                what = f"{len(file_headers)} spellings in `headers` hold for this file"
                problems.append(Problem(what=what, mend="Date them so that one does.", file=file, column=name))
            elif file_headers != [""]:
                columns[name] = replace(column, header=file_headers[0] if file_headers else column.header, headers=())
        if problems:
            raise AuditError(problems, code=ExitCode.USAGE)
        return replace(self, columns=columns)


def build_declared_schema(source: Source) -> pl.Schema:
    """The columns that the table will have once it is read, with their types."""
    kinds = {name: POLARS_TYPES[column.type] for name, column in source.columns.items()}
    schema = {name: kinds.get(name, pl.String()) for name in source.list_used_columns(None)}
    return pl.Schema({**schema, **({source.row: pl.String()} if source.row else {})})
