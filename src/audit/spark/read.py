"""Tables read on a cluster: each file by one task, as declared, into the folder that all workers see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.files import whole
from audit.formatting import plural
from audit.spark.session import address, each
from audit.tables.readers import read as tables
from audit.tables.readers.file_parts import Part, parts, unchanged
from audit.tables.schema import Source
from audit.tables.table import ControlTotals

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

PLACE = "place among the rows"  # a column by a name that no declared one has: file by file, row by row
_FILE = 1 << 40  # places to a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Readied:
    """A table whose rows, as they were read, lie in a folder as Parquet, each with its PLACE."""

    source: Source
    schema: pl.Schema
    totals: tuple[ControlTotals, ...]
    months: tuple[str, ...]
    aside: pl.DataFrame  # as `audit.tables.schema.Table` has it
    folder: Path
    rows: "DataFrame"  # on the cluster


def read(
    session: "SparkSession", sources: Sequence[Source], data: Path, *, into: Path, **given: Any
) -> dict[str, Readied]:
    """Every table, its rows as `audit.tables.readers.read.read` gives them, in folders below `into`.

    `given` is what that takes besides. AuditError as it raises it, of all tables at once; a key that rows of different
    files share is refused even where rows may be set aside.
    """
    tables.refuse_unprepared(sources, given["offices"], given["pseudonym_key"])
    found = {source.name: parts(source, data) for source in sources}
    tasks = [
        (source, part, number, len(found[source.name]) > 1, into / source.name)
        for source in sources
        for number, part in enumerate(found[source.name])
    ]
    try:
        with unchanged(sources, data):
            said = each(session, tasks, lambda task: _read(*task, given=given))
    except AuditError as error:
        raise AuditError(tables.together(error.problems), code=error.code) from None
    readied = {}
    for source in sources:
        of = [one for (by, *_), one in zip(tasks, said, strict=True) if by is source]
        readied[source.name] = Readied(
            source=source,
            schema=of[0][0],
            totals=tuple(total for _, total, _ in of),
            aside=pl.concat([aside for *_, aside in of]).sort("file", "row"),
            months=tuple(sorted({f"{part.month:%Y-%m}" for part in found[source.name] if part.month})),
            folder=into / source.name,
            rows=session.read.parquet(address(into / source.name)),
        )
    _refuse_shared(readied)
    return readied


def _read(
    source: Source, part: Part, number: int, several: bool, into: Path, *, given: Mapping[str, Any]
) -> tuple[pl.Schema, ControlTotals, pl.DataFrame]:
    """Read one file, and write its rows; on a worker."""
    table = tables.read_part(source, part, several=several, **given)
    place = pl.int_range(pl.len(), dtype=pl.Int64) + number * _FILE
    with whole(into / f"part-{number:05}.parquet") as path:
        table.rows.with_columns(place.alias(PLACE)).sink_parquet(path)
    return table.rows.collect_schema(), table.totals[0], table.aside


def _refuse_shared(readied: Mapping[str, Readied]) -> None:
    """Refuse a key that rows of different files share; within a file it was looked for as it was read."""
    from pyspark.sql import functions as f

    problems = []
    for table in readied.values():
        key = [f.col(f"`{name}`") for name in table.source.key]
        if len(table.totals) < 2 or not key:
            continue
        rows = table.rows.filter(reduce(and_, (column.isNotNull() for column in key)))
        if shared := rows.groupBy(*key).count().filter("count > 1").count():
            what = f"{plural(shared, 'key')} {'is' if shared == 1 else 'are'} shared by rows of different files"
            headers = ", ".join(table.source.headers()[name] for name in table.source.key)
            mend = "Remove the repeated rows; on a cluster they are not set aside."
            problems.append(Problem(what=what, mend=mend, file=table.source.file, column=headers))
    if problems:
        raise AuditError(problems, code=ExitCode.DATA)
