"""A table as declared: its columns, their types and states, its offices, and the control totals of a load."""

import hmac
import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase
from itertools import combinations
from typing import Literal

import polars as pl

from audit.error import AuditError, ExitCode, Problem

ColumnType = Literal["text", "integer", "number", "date", "datetime", "yes_no", "office"]

#: What each declared type is in a table that has been read.
TYPES: dict[ColumnType, pl.DataType] = {
    "text": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us"),
    "yes_no": pl.Boolean(),
    "office": pl.String(),  # the code
}


class State(StrEnum):
    """What a cell holds, before any question of what it says. Blank is not redacted is not `OTHER`."""

    FILLED = "filled"
    BLANK = "blank"
    REDACTED = "redacted"
    UNINFORMATIVE = "uninformative"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """How some files of a table spell a column: those of a name, or of the months from `since` to `until`."""

    header: str  # "" where these files do not have the column
    files: str = ""  # pattern of the files' names
    since: date | None = None  # a file is of the first day of its month
    until: date | None = None

    def holds(self, file: str, month: date | None) -> bool:
        """Whether it is about the file of this name and month."""
        dated = (self.since or date.min) <= month <= (self.until or date.max) if month else not self.dated
        return dated and (not self.files or fnmatchcase(file, self.files))

    @property
    def dated(self) -> bool:
        """Whether it goes by the file's month."""
        return self.since is not None or self.until is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One declared column of a table."""

    type: ColumnType = "text"
    header: str | None = None  # as the file spells it; the column's own name where absent
    headers: tuple[Spelling, ...] = ()  # as some files spell it; `header` holds for the others
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

    def headers(self) -> dict[str, str]:
        """How the file spells each column, by the column's own name."""
        return {name: column.header or name for name, column in self.columns.items()}

    def used(self, words: Collection[str] | None) -> list[str]:
        """The columns of the key and those among these words; all, if none is or none are given.

        Beside a column stands its state, if it can be another than filled or blank.
        """
        names = [name for name in self.columns if words is None or name in words or name in self.key]
        return [
            marked
            for name in names or self.columns
            for marked in (name, f"{name}.state")
            if marked == name or self.redacted or self.columns[name].uninformative
        ]

    def of_file(self, file: str, month: date | None) -> "Source":
        """The source as one of its files has it: each column with its one header, less those that it does not have.

        AuditError (USAGE) where two spellings hold for the file.
        """
        columns, problems = {}, []
        for name, column in self.columns.items():
            held = [spelling.header for spelling in column.headers if spelling.holds(file, month)]
            if len(held) > 1:
                what = f"{len(held)} spellings in `headers` hold for this file"
                problems.append(Problem(what=what, mend="Date them so that one does.", file=file, column=name))
            elif held != [""]:
                columns[name] = replace(column, header=held[0] if held else column.header, headers=())
        if problems:
            raise AuditError(problems, code=ExitCode.USAGE)
        return replace(self, columns=columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """One way an office has been written, and when: from the day `since` to the day `until`, both included."""

    code: str
    name: str
    alias: str
    since: date | None = None
    until: date | None = None

    def meets(self, other: "Alias") -> bool:
        """Whether some day lies in the periods of both."""
        starts = self.since or date.min, other.since or date.min
        ends = self.until or date.max, other.until or date.max
        return max(starts) <= min(ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlTotals:
    """Rows in equal rows used plus rows set aside; the digest names what was read."""

    table: str
    file: str  # of a database: the URL's kind, server and name, then the table
    sha256: str  # of the file's bytes; of a database, of the table's rows as sorted lines (store/lines.py)
    rows_in: int
    rows_used: int
    rows_set_aside: int

    def __post_init__(self) -> None:
        """Hold the identity: each of the three is counted on its own."""
        if self.rows_in != self.rows_used + self.rows_set_aside:
            raise AuditError(
                Problem(what=f"the control totals do not add up: {self}", mend="Report this defect.", file=self.file),
                code=ExitCode.CRASH,
            )

    @property
    def from_database(self) -> bool:
        """Whether the rows came from a database, and not from a file of bytes."""
        return ":" in self.file

    def __str__(self) -> str:
        return f"{self.rows_in:,} rows in = {self.rows_used:,} used + {self.rows_set_aside:,} set aside"


ASIDE = pl.Schema({"table": pl.String(), "file": pl.String(), "row": pl.Int64(), "reason": pl.String()})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """A table that was read as declared.

    `rows` holds the declared columns under their own names and types, and for every column that can be
    redacted or uninformative a companion `<name>.state` (a `State`). `aside` holds what was not used:
    file, row (as numbered in the file, the header's line included), reason.
    """

    source: Source
    rows: pl.LazyFrame
    totals: tuple[ControlTotals, ...]
    months: tuple[str, ...] = ()  # that have a file, where `source.file` says which month a file is of
    aside: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ASIDE))

    @property
    def rows_used(self) -> int:
        """How many rows of its files there are, those set aside left out."""
        return sum(total.rows_used for total in self.totals)

    def named(self, words: Collection[str]) -> pl.LazyFrame:
        """The rows of the columns alone that are of the key or among these words; of all, if none is."""
        names = self.rows.collect_schema().names()
        named = [name for name in names if name in self.source.key or name.removesuffix(".state") in words]
        return self.rows.select(named or names)  # a frame without a column would have no rows either


@dataclass(frozen=True, slots=True, kw_only=True)
class Offices:
    """The offices of a program, known by every way each has been written.

    Two offices written alike on the same day are refused: `AuditError`, code USAGE.
    """

    aliases: tuple[Alias, ...]

    def __post_init__(self) -> None:
        """Refuse a spelling that two offices have at once."""
        clashes = {
            (one.alias, one.code, other.code): None
            for meanings in self._spellings().values()
            for one, other in combinations(meanings, 2)
            if one.code != other.code and one.meets(other)
        }
        if clashes:
            raise AuditError(
                (
                    Problem(
                        what=f'"{alias}" is written for the offices {one} and {other} at the same time',
                        mend="Give each its dates, `since` and `until`, or take one out of the office list.",
                    )
                    for alias, one, other in clashes
                ),
                code=ExitCode.USAGE,
            )

    def names(self) -> dict[str, str]:
        """Every office's name by its code, in the order of the list; of an office renamed, the last name listed."""
        return {alias.code: alias.name for alias in self.aliases}

    def resolve(self, written: pl.Expr, *, day: pl.Expr | None = None) -> pl.Expr:
        """The code of the office that each text names on its day; null where it names none, or no single one.

        Case and spaces do not matter, nor do the decorations `BUF (Buffalo)`, `SNA San Antonio` and
        `Boston Area of Responsibility`. Without a day, only what one office alone was ever called is resolved.
        """
        spellings = self._spellings()
        number = {spelling: place for place, spelling in enumerate(spellings)}  # found once, by text; the rest by this

        def numbered(cells: pl.Series) -> pl.Series:  # many cells are few texts: each is folded once
            texts = cells.unique()
            known = pl.col("").replace_strict(number, default=None, return_dtype=pl.UInt32())
            numbers = texts.to_frame("").select(folded(pl.col(""))).select(known).to_series()
            return cells.replace_strict(texts, numbers, return_dtype=pl.UInt32())

        key = written.map_batches(numbered, return_dtype=pl.UInt32(), is_elementwise=True)
        codes = [{meaning.code for meaning in meanings} for meanings in spellings.values()]
        alone = _at(key, [min(named) if len(named) == 1 else None for named in codes], pl.String())
        if day is None:
            return alone
        day = day.cast(pl.Date)
        found = [pl.when(day.is_null()).then(alone)]
        for nth in range(max(map(len, spellings.values()), default=0)):
            then = [meanings[nth] if len(meanings) > nth else None for meanings in spellings.values()]
            since = _at(key, [alias and (alias.since or date.min) for alias in then], pl.Date())
            until = _at(key, [alias and (alias.until or date.max) for alias in then], pl.Date())
            code = _at(key, [alias and alias.code for alias in then], pl.String())
            found.append(pl.when(day.is_between(since, until)).then(code))
        return pl.coalesce(*found)

    def _spellings(self) -> dict[str, list[Alias]]:
        """Each spelling, folded, with the offices it has meant and when.

        An office's code and name are its own at all times, unless the list itself dates them.
        """
        meanings: dict[str, list[Alias]] = defaultdict(list)
        for alias in self.aliases:
            for spelling in _decorated(alias.code, alias.alias):
                meanings[spelling].append(alias)
        for alias in self.aliases:
            for label in (alias.code, alias.name):
                for spelling in _decorated(alias.code, label):
                    if all(meaning.code != alias.code for meaning in meanings[spelling]):
                        meanings[spelling].append(Alias(code=alias.code, name=alias.name, alias=label))
        return meanings


def _decorated(code: str, label: str) -> set[str]:
    forms = (label, f"{code} ({label})", f"{code} {label}", f"{label} Area of Responsibility")
    return {fold(form) for form in forms}


def _at(place: pl.Expr, values: Sequence[object], kind: pl.DataType) -> pl.Expr:
    """The value at each place, batch by batch; null where there is no place."""
    held = pl.Series(values, dtype=kind)
    return place.map_batches(held.gather, return_dtype=kind, is_elementwise=True)


def fold(text: str) -> str:
    """Text without its spaces, in upper case: what two spellings of one thing share."""
    return re.sub(r"\s", "", text).upper()


def folded(written: pl.Expr) -> pl.Expr:
    """What `fold` makes of every text of a column."""
    return written.str.replace_all(r"\s", "").str.to_uppercase()


def pseudonym(identifier: str, *, key: bytes) -> str:
    """A person's keyed pseudonym: the same in every table, and not to be undone without the key.

    HMAC-SHA-256 (RFC 2104), kept to 128 bits: a plain hash of a nine-digit number is undone by trying all of them.
    `A012-345-678`, `a 12345678` and `012345678` are one person.
    """
    plain = "".join(identifier.split()).replace("-", "").upper()
    if (number := plain.removeprefix("A")).isdecimal():
        plain = number.lstrip("0") or "0"
    return "P-" + hmac.digest(key, f"person|{plain}".encode(), "sha256").hex()[:32]
