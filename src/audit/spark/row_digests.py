"""The digests of every month's rows on a cluster: lines by the code of one machine, sorted by Spark, a month a task."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import groupby
from typing import TYPE_CHECKING, Any

import polars as pl

from audit.compliance.late_changes import FIRST, HELD, MONTH, by_month, joined_on
from audit.programs.declaration import Program
from audit.spark.partitions import column
from audit.spark.read import Readied
from audit.spark.session import home
from audit.storage.row_history import contents
from audit.tables.readers.row_digest import counted, lines

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

DIGEST = {name: kind for name, kind in HELD.items() if name != "columns"}
_ON = "what it is joined on"


def held(
    session: "SparkSession", program: Program, readied: Mapping[str, Readied], tables: Mapping[str, pl.LazyFrame]
) -> pl.DataFrame:
    """What `audit.storage.row_history` makes of the same tables: columns HELD; a count and a digest a month come home.

    `tables` have the columns that it is made of, and none of the rows.
    """
    of_each = [_lines(program, readied, tables, name) for name in tables]
    every = reduce(lambda one, other: one.unionByName(other), of_each)
    spread = 2 * session.sparkContext.defaultParallelism
    each = every.repartition(spread, "table", "month").sortWithinPartitions("table", "month", "line")
    told = each.mapInArrow(_counted, "table string, month string, rows long, sha256 string")
    names = {name: " ".join(contents(program, name, table)) for name, table in tables.items()}
    of_lines = pl.col("table").replace_strict(names, return_dtype=pl.String)
    found = home(told, DIGEST).with_columns(columns=of_lines)
    return found.sort(pl.col("table").cast(pl.Enum(list(tables))), "month")


def _lines(
    program: Program, readied: Mapping[str, Readied], tables: Mapping[str, pl.LazyFrame], name: str
) -> "DataFrame":
    """A table's rows as lines, with their table and month."""
    from pyspark.sql import functions as f

    kinds, rules = dict(tables[name].collect_schema()), program.census
    rows = readied[name].rows.select(*(column(one) for one in kinds))
    if on := joined_on(program, tables, name):
        day = f.min(column(rules.date or "")).alias(FIRST)
        first = readied[rules.table].rows.groupBy(column(on).alias(_ON)).agg(day)
        rows = rows.join(first, column(on) == column(_ON), "left").drop(_ON)
        kinds[FIRST] = tables[rules.table].collect_schema()[rules.date or ""]
    numbered = rows.toDF(*map(str, range(len(kinds))))  # to Spark a name with a dot is that of a field
    make = _as_lines(program, name, kinds, contents(program, name, tables[name]))
    return numbered.mapInArrow(make, "table string, month string, line string")


def _as_lines(
    program: Program, name: str, kinds: Mapping[str, pl.DataType], names: Sequence[str]
) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """What a worker does with each batch of a table's rows: finds their months, and makes lines of them, in polars."""

    def run(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            rows = pl.DataFrame(batch)
            rows.columns = list(kinds)
            typed = rows.lazy().select(pl.col(one).cast(kind) for one, kind in kinds.items())
            dated = by_month(program, name, typed).collect()
            made = dated.select(pl.lit(name).alias("table"), pl.col(MONTH).alias("month"))
            yield from made.with_columns(line=lines(dated.select(names))).to_arrow().to_batches()

    return run


def _counted(batches: Iterator[Any]) -> Iterator[Any]:
    """How many lines each month of each table has, and their SHA-256; on a worker, which holds a batch of them.

    The batches follow one another in the order of table, month and line, and all that a month has is among them.
    """
    pieces = (piece for batch in batches for piece in pl.DataFrame(batch).partition_by("table", "month"))
    for (table, month), those in groupby(pieces, key=lambda piece: piece.select("table", "month").row(0)):
        told = (table, month, *counted(piece["line"] for piece in those))
        yield from pl.DataFrame([told], schema=DIGEST, orient="row").to_arrow().to_batches()
