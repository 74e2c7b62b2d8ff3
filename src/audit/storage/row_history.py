"""The rows that a report is made from, as a small table beside it: how many of each month, and their digest."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from audit.compliance.late_changes import HELD, MONTH, Rested, months
from audit.errors import AuditError, ExitCode
from audit.programs.declaration import Program
from audit.storage.report_versions import Shelf
from audit.tables.readers.row_digest import counted, in_parts
from audit.tables.readers.spill import keep

FILE = "tables/rows.csv"


def held(program: Program, tables: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    """Every table's rows by month: columns HELD.

    The digest is the SHA-256 of the month's rows as `tables.readers.row_digest` writes them, sorted by their bytes,
    each with its line end: no order of the rows changes it, nor how they are divided into files, nor the version of a
    library. A row's number in its file is none of its contents.
    """
    found = []
    for name, table in tables.items():
        rows = keep(months(program, tables, name), rows=table.select(pl.len()).collect().item())
        names = contents(program, name, table)
        for month, many in rows.group_by(MONTH).len().sort(MONTH).collect(engine="streaming").iter_rows():
            those = in_parts(rows.filter(pl.col(MONTH) == month).select(names), many=many)
            found.append((name, month, *counted(those), " ".join(names)))
    return pl.DataFrame(found, schema=HELD, orient="row")


def contents(program: Program, name: str, table: pl.LazyFrame) -> Sequence[str]:
    """The columns of a table that the lines of its rows are made of."""
    return [column for column in table.collect_schema().names() if column != program.tables[name].row]


def as_csv(rows: pl.DataFrame) -> bytes:
    """The table as the next months read it."""
    return rows.write_csv().encode()


def earlier(reports: Shelf, month: str, *, version: int) -> list[Rested]:
    """What the reports before a month's were made from: those that hold.

    A correction is held to the latest versions, which may be drafts of the same correction, and to what it corrects.

    AuditError (CONFLICT) where what they say of it was altered.
    """
    found = reports.before(month, drafts=version > 1)
    found += [one for one in reports.versions(month) if one.version == version - 1]
    needed = "is compared with what the tables hold now"
    if problems := [problem for one in found for problem in one.altered(FILE, needed=needed)]:
        raise AuditError(problems, code=ExitCode.CONFLICT)
    return [
        Rested(month=one.name, as_of=one.as_of, totals=one.totals, held=_held(one.folder / FILE))
        for one in found
        if one.as_of
    ]


def _held(path: Path) -> pl.DataFrame:
    """Columns HELD; no rows where a report has none, as those that a cluster wrote before it told them."""
    if not path.exists():
        return pl.DataFrame(schema=HELD)
    return pl.read_csv(path, schema=HELD).with_columns(pl.col("month").fill_null(""))
