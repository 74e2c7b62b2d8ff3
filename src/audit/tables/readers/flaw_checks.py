"""The flaws that were found while a table was read, as failed checks beside those of its suite."""

from collections.abc import Iterable, Iterator
from typing import Literal

import polars as pl

from audit.tables.checks.results import FAILING_UNITS_SCHEMA, CheckResult, Checks
from audit.tables.readers.cells import BLANK_ROW, describe_flaws
from audit.tables.table import Table

READING = "reading"  # what such a result has in place of the expectation
BLANK_ROWS, FIELDS = "no row is blank", "every row has the fields of the header"
BLANK_ROW_REASON = "A blank row is always left out, and counts as a row of its file."
_CHECK_COLUMN = pl.when(pl.col("what") == BLANK_ROW).then(pl.lit(BLANK_ROWS)).otherwise(
    pl.coalesce(pl.col("column") + " is as declared", pl.lit(FIELDS))
)  # fmt: skip


def add_flaw_checks(checks: Checks, tables: Iterable[Table], *, severity: Literal["critical", "warning"]) -> Checks:
    """The checks with one more for each column of a table in which cells are not as declared.

    Each has as `units` the rows of the files and as `failed` the rows with a flaw, which `failing` names by their place
    in the file. A blank row is a warning always: it is left out always.
    """
    tables = list(tables)
    found = [(table, _name_checks(table)) for table in tables if table.flaws.height]
    results = [result for table, flaws in found for result in _make_results(table, flaws, severity)]
    names = [table.source.name for table in tables]
    ordered = sorted((*results, *checks.results), key=lambda one: names.index(one.table))
    failing = [
        flaws.unique(["check", "file", "row"], maintain_order=True)
        .with_columns(table=pl.lit(table.source.name), key=_describe_place(table))
        .join(pl.DataFrame([(one.check, one.severity) for one in results if one.table == table.source.name],
              schema=["check", "severity"], orient="row"), on="check", maintain_order="left")
        .select(FAILING_UNITS_SCHEMA.keys())
        for table, flaws in found
    ]  # fmt: skip
    return Checks(results=tuple(ordered), failing=pl.concat([*failing, checks.failing]))


def find_flawed_places(table: Table, check: str) -> pl.DataFrame:
    """The file and the row of each flaw that one of these checks counts."""
    return _name_checks(table).filter(check=check).select("file", "row").unique(maintain_order=True)


def _name_checks(table: Table) -> pl.DataFrame:
    """The flaws of a table, each with the check that it fails."""
    return table.flaws.with_columns(check=_CHECK_COLUMN).sort("file", "row", maintain_order=True)


def _make_results(table: Table, flaws: pl.DataFrame, severity: str) -> Iterator[CheckResult]:
    several = len(table.totals) > 1
    for (check,), own in flaws.partition_by("check", as_dict=True, maintain_order=True).items():
        problems = describe_flaws(own.with_columns(file=pl.lit("")), table.source, numbered=not several)
        yield CheckResult(
            table=table.source.name,
            check=str(check),
            expectation=READING,
            column=own["column"][0],
            severity="warning" if check == BLANK_ROWS else severity,
            units=sum(total.rows_in for total in table.totals),
            failed=own.select("file", "row").n_unique(),
            passed=False,
            why=" ".join(f"{one.what[0].upper()}{one.what[1:]}. {one.mend}" for one in problems) or BLANK_ROW_REASON,
        )


def _describe_place(table: Table) -> pl.Expr:
    """A row as messages name it: by its number in its file, and by the file where the table has several."""
    place = pl.format("row {}", "row")
    return pl.format("{} {}", "file", place) if len(table.totals) > 1 else place
