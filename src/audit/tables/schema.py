"""A table as declared: its columns, their types, states and spellings."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Literal

import polars as pl

from audit.errors import AuditError, ExitCode, Problem

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


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderSpelling:
    """How some files of a table spell a column: those of a name, or of the months from `since` to `until`."""

    header: str  # "" where these files do not have the column
    files: str = ""  # pattern of the files' names
    since: date | None = None  # a file is of the first day of its month
    until: date | None = None

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

    type: ColumnType = "text"
    header: str | None = None  # as the file spells it; the column's own name where absent
    headers: tuple[HeaderSpelling, ...] = ()  # as some files spell it; `header` holds for the others
    formats: tuple[str, ...] = ()  # strptime formats of a date, tried in order
    required: bool = False  # a blank is a problem
    personal: bool = False  # identifies a person: replaced by a keyed pseudonym at the door
    values: tuple[str, ...] = ()  # when given, the only ones accepted, before and after trimming
    uninformative: tuple[str, ...] = ()  # filled, and says nothing: OTHER, N/A


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One declared table: where its rows lie and what its columns are.

    A column of a file that is in neither `columns` nor `unread` is refused by name. Of a database only the declared
    columns are asked for: those of `relation`, or of the `query` where one is given.
    """

    name: str
    columns: dict[str, Column]
    file: str = ""  # file name or glob, relative to the data folder; `{month}` or `{month:%Y%m}` is the file's month
    months: str = ""  # that must have a file, as "2010-10/2011-09"; where absent, from the first to the last there is
    absent: tuple[str, ...] = ()  # months that had no rows, and so no file
    relation: str = ""  # table or view of a database, as `schema.table`; named like this table where absent
    query: str = ""  # or the query that gives the rows
    key: tuple[str, ...] = ()
    row: str | None = None  # a column to make of each row's number in its file, for a table without a key
    unread: tuple[str, ...] = ()  # headers that exist and are deliberately not read
    redacted: tuple[str, ...] = ()  # tokens that stand for a withheld value
    delimiter: str | None = None  # of a text file; found from the file name where absent
    encoding: str = "utf-8"
    sheet: str | None = None
    dated_by: str | None = None  # the date column that decides which office alias was in use
    about: str = ""

    def list_headers(self) -> dict[str, str]:
        """How the file spells each column, by the column's own name."""
        return {name: column.header or name for name, column in self.columns.items()}

    def list_used_columns(self, used: Collection[str] | None) -> list[str]:
        """The columns of the key and those of these names; all, if none is or none are given.

        Beside a column stands its state, if it can be another than filled or blank.
        """
        wanted = [name for name in self.columns if used is None or name in used or name in self.key]
        names = []
        for name in wanted or self.columns:  # a table without a column would have no rows either
            names.append(name)
            if self.redacted or self.columns[name].uninformative:
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
