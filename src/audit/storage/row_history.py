"""The rows that a report is made from, as a small table beside it: how many of each month, and their digest."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from audit.compliance.late_changes import MONTH, ROW_DIGEST_SCHEMA, EarlierReport, assign_table_months
from audit.errors import AuditError, ExitCode
from audit.programs.declaration import Program
from audit.storage.report_versions import ReportVersions
from audit.tables.readers.row_digest import count_and_digest_lines, sort_lines_in_parts
from audit.tables.readers.spill import materialize_plan

ROW_HISTORY_FILE = "tables/rows.csv"


def make_row_history(program: Program, tables: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    """Every table's rows by month: columns ROW_DIGEST_SCHEMA.

    The digest is the SHA-256 of the month's rows as `tables.readers.row_digest` writes them, sorted by their bytes,
    each with its line end: no order of the rows changes it, nor how they are divided into files, nor the version of a
    library. A row's number in its file is none of its contents.
    """
    history = []
    for name, table in tables.items():
        rows = materialize_plan(
            assign_table_months(program, tables, name), rows=table.select(pl.len()).collect().item()
        )
        names = list_content_columns(program, name, table)
        for month, many in rows.group_by(MONTH).len().sort(MONTH).collect(engine="streaming").iter_rows():
            those = sort_lines_in_parts(rows.filter(pl.col(MONTH) == month).select(names), many=many)
            history.append((name, month, *count_and_digest_lines(those), " ".join(names)))
    return pl.DataFrame(history, schema=ROW_DIGEST_SCHEMA, orient="row")


def list_content_columns(program: Program, name: str, table: pl.LazyFrame) -> Sequence[str]:
    """The columns of a table that the lines of its rows are made of."""
    return [column for column in table.collect_schema().names() if column != program.tables[name].row]


def encode_row_history(rows: pl.DataFrame) -> bytes:
    """The table as the next months read it."""
    return rows.write_csv().encode()


def read_earlier_rows(reports: ReportVersions, month: str, *, version: int) -> list[EarlierReport]:
    """What the reports before a month's were made from: those that hold.

    A correction is held to the latest versions, which may be drafts of the same correction, and to what it corrects.

    AuditError (CONFLICT) where what they say of it was altered.
    """
    versions = reports.list_earlier_reports(month, drafts=version > 1)
    versions += [one for one in reports.list_versions(month) if one.version == version - 1]
    needed = "is compared with what the tables hold now"
    if problems := [problem for one in versions for problem in one.find_alterations(ROW_HISTORY_FILE, needed=needed)]:
        raise AuditError(problems, code=ExitCode.CONFLICT)
    return [
        EarlierReport(
            month=one.name,
            as_of=one.as_of,
            totals=one.totals,
            row_digests=_read_row_history(one.folder / ROW_HISTORY_FILE),
        )
        for one in versions
        if one.as_of
    ]


def _read_row_history(path: Path) -> pl.DataFrame:
    """Columns ROW_DIGEST_SCHEMA; no rows where a report has none, as those that a cluster wrote before it told them."""
    if not path.exists():
        return pl.DataFrame(schema=ROW_DIGEST_SCHEMA)
    return pl.read_csv(path, schema=ROW_DIGEST_SCHEMA).with_columns(pl.col("month").fill_null(""))
