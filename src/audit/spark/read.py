"""Tables read on a cluster: each file by one task, as declared, into the folder that all workers see."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.files import write_atomically
from audit.formatting import format_plural
from audit.months import find_month
from audit.spark.session import make_spark_path, run_tasks
from audit.tables.readers import read as tables
from audit.tables.readers.file_parts import TableFile, list_table_files, refuse_changed_files
from audit.tables.schema import Source
from audit.tables.table import ControlTotals
from audit.workflow.program_data import TableRequest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

ROW_PLACE = "place among the rows"  # a column by a name that no declared one has: file by file, row by row
_PLACES_PER_FILE = 1 << 40  # places to a file


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkTable:
    """A table whose rows, as they were read, lie in a folder as Parquet, each with its ROW_PLACE."""

    source: Source
    schema: pl.Schema
    totals: tuple[ControlTotals, ...]
    months: tuple[str, ...]
    aside: pl.DataFrame  # as `audit.tables.schema.Table` has it
    folder: Path
    rows: "DataFrame"  # on the cluster


def read_tables_on_spark(session: "SparkSession", request: TableRequest, *, into: Path) -> dict[str, SparkTable]:
    """Every table, its rows as `audit.tables.readers.read.read_declared_table` gives them, in folders below `into`.

    All columns are kept. AuditError as that raises it, of all tables at once; a key that rows of different files share
    is refused even where rows may be set aside.
    """
    sources, data = request.sources, Path(request.data).resolve()
    tables.refuse_unprepared_tables(sources, request.offices, request.pseudonym_key)
    parts_by_table = {source.name: list_table_files(source, data) for source in sources}
    tasks = [
        (source, part, number, len(parts_by_table[source.name]) > 1, into / source.name)
        for source in sources
        for number, part in enumerate(parts_by_table[source.name])
    ]
    try:
        with refuse_changed_files(sources, data):
            results = run_tasks(session, tasks, lambda task: _read_part(*task, request=request))
    except AuditError as error:
        raise AuditError(tables.merge_similar_problems(error.problems), code=error.code) from None
    spark_tables = {}
    for source in sources:
        of = [one for (by, *_), one in zip(tasks, results, strict=True) if by is source]
        spark_tables[source.name] = SparkTable(
            source=source,
            schema=of[0][0],
            totals=tuple(total for _, total, _ in of),
            aside=pl.concat([aside for *_, aside in of]).sort("file", "row"),
            months=tuple(sorted({find_month(part.month) for part in parts_by_table[source.name] if part.month})),
            folder=into / source.name,
            rows=session.read.parquet(make_spark_path(into / source.name)),
        )
    _refuse_shared_keys(spark_tables)
    return spark_tables


def _read_part(
    source: Source, part: TableFile, number: int, several: bool, into: Path, *, request: TableRequest
) -> tuple[pl.Schema, ControlTotals, pl.DataFrame]:
    """Read one file, and write its rows; on a worker."""
    table = tables.read_table_file(
        source,
        part,
        several=several,
        offices=request.offices,
        pseudonym_key=request.pseudonym_key,
        set_aside=request.set_aside,
    )
    place = pl.int_range(pl.len(), dtype=pl.Int64) + number * _PLACES_PER_FILE
    with write_atomically(into / f"part-{number:05}.parquet") as path:
        table.rows.with_columns(place.alias(ROW_PLACE)).sink_parquet(path)
    return table.rows.collect_schema(), table.totals[0], table.aside


def _refuse_shared_keys(spark_tables: Mapping[str, SparkTable]) -> None:
    """Refuse a key that rows of different files share; within a file it was looked for as it was read."""
    from pyspark.sql import functions as f

    problems = []
    for table in spark_tables.values():
        key = [f.col(f"`{name}`") for name in table.source.key]
        if len(table.totals) < 2 or not key:
            continue
        rows = table.rows.filter(reduce(and_, (column.isNotNull() for column in key)))
        if shared := rows.groupBy(*key).count().filter("count > 1").count():
            what = f"{format_plural(shared, 'key')} {'is' if shared == 1 else 'are'} shared by rows of different files"
            headers = ", ".join(table.source.list_headers()[name] for name in table.source.key)
            mend = "Remove the repeated rows; on a cluster they are not set aside."
            problems.append(Problem(what=what, mend=mend, file=table.source.file, column=headers))
    if problems:
        raise AuditError(problems, code=ExitCode.DATA)
