"""A table as it was read: its rows, its control totals, and what was set aside."""

from collections.abc import Collection
from dataclasses import dataclass, field

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.tables.schema import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlTotals:
    """Rows in equal rows used plus rows set aside; the digest names what was read."""

    table: str
    file: str  # of a database: the URL's kind, server and name, then the table
    sha256: str  # of the file's bytes; of a database, of the table's rows as sorted lines (readers/row_digest.py)
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
        """Whether the rows came from a database, and not from a file of bytes; pages say it beside the digest."""
        return ":" in self.file

    def __str__(self) -> str:
        return f"{self.rows_in:,} rows in = {self.rows_used:,} used + {self.rows_set_aside:,} set aside"


SET_ASIDE_SCHEMA = pl.Schema({"table": pl.String(), "file": pl.String(), "row": pl.Int64(), "reason": pl.String()})


#: Where a row stands in its file: the file's name, and the number of the row in it, the header's line included.
ROW_FILE, ROW_OF_FILE = "row.file", "row.number"
ROW_PLACE = {ROW_FILE: pl.String(), ROW_OF_FILE: pl.Int64()}


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
    aside: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SET_ASIDE_SCHEMA))
    flaws: pl.DataFrame = field(default_factory=pl.DataFrame)  # cells not as declared: file, row, column, what
    numbered_rows: pl.LazyFrame | None = None  # the same rows with the columns ROW_PLACE; None of rows on a cluster
    flawed_rows: pl.LazyFrame | None = None  # with the same columns: those with a flaw; blank what cannot be read

    @property
    def rows_used(self) -> int:
        """How many rows of its files there are, those set aside left out."""
        return sum(total.rows_used for total in self.totals)

    def select_columns(self, words: Collection[str]) -> pl.LazyFrame:
        """The rows of the columns alone that are of the key or among these words; of all, if none is."""
        names = self.rows.collect_schema().names()
        columns = [name for name in names if name in self.source.key or name.removesuffix(".state") in words]
        return self.rows.select(columns or names)  # a frame without a column would have no rows either
