"""The digests of every month's rows on a cluster: lines by the code of one machine, sorted by Spark, a month a task."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import groupby
from typing import TYPE_CHECKING, Any

import polars as pl

from audit.compliance.late_changes import FIRST, MONTH, ROW_DIGEST_SCHEMA, assign_row_months, find_join_column
from audit.programs.declaration import Program
from audit.spark.partitions import make_column
from audit.spark.read import SparkTable
from audit.spark.session import collect_rows
from audit.storage.row_history import list_content_columns
from audit.tables.readers.row_digest import count_and_digest_lines, format_row_lines

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

DIGEST_SCHEMA = {name: kind for name, kind in ROW_DIGEST_SCHEMA.items() if name != "columns"}
_JOIN_COLUMN = "what it is joined on"


def make_row_history_on_spark(
    session: "SparkSession",
    program: Program,
    spark_tables: Mapping[str, SparkTable],
    tables: Mapping[str, pl.LazyFrame],
) -> pl.DataFrame:
    """What `audit.storage.row_history` makes of the same tables: columns ROW_DIGEST_SCHEMA; a count and a digest a
    month come home.

    `tables` have the columns that it is made of, and none of the rows.
    """
    of_each = [_make_lines(program, spark_tables, tables, name) for name in tables]
    every = reduce(lambda one, other: one.unionByName(other), of_each)
    spread = 2 * session.sparkContext.defaultParallelism
    each = every.repartition(spread, "table", "month").sortWithinPartitions("table", "month", "line")
    digests = each.mapInArrow(_hash_months, "table string, month string, rows long, sha256 string")
    names = {name: " ".join(list_content_columns(program, name, table)) for name, table in tables.items()}
    of_lines = pl.col("table").replace_strict(names, return_dtype=pl.String)
    history = collect_rows(digests, DIGEST_SCHEMA).with_columns(columns=of_lines)
    return history.sort(pl.col("table").cast(pl.Enum(list(tables))), "month")


def _make_lines(
    program: Program, spark_tables: Mapping[str, SparkTable], tables: Mapping[str, pl.LazyFrame], name: str
) -> "DataFrame":
    """A table's rows as lines, with their table and month."""
    from pyspark.sql import functions as f

    kinds, rules = dict(tables[name].collect_schema()), program.census
    rows = spark_tables[name].rows.select(*(make_column(one) for one in kinds))
    if on := find_join_column(program, tables, name):
        day = f.min(make_column(rules.date or "")).alias(FIRST)
        first = spark_tables[rules.table].rows.groupBy(make_column(on).alias(_JOIN_COLUMN)).agg(day)
        rows = rows.join(first, make_column(on) == make_column(_JOIN_COLUMN), "left").drop(_JOIN_COLUMN)
        kinds[FIRST] = tables[rules.table].collect_schema()[rules.date or ""]
    numbered = rows.toDF(*map(str, range(len(kinds))))  # to Spark a name with a dot is that of a field
    make = _make_line_writer(program, name, kinds, list_content_columns(program, name, tables[name]))
    return numbered.mapInArrow(make, "table string, month string, line string")


def _make_line_writer(
    program: Program, name: str, kinds: Mapping[str, pl.DataType], names: Sequence[str]
) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """What a worker does with each batch of a table's rows: finds their months, and makes lines of them, in polars."""

    def run(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            rows = pl.DataFrame(batch)
            rows.columns = list(kinds)
            typed = rows.lazy().select(pl.col(one).cast(kind) for one, kind in kinds.items())
            dated = assign_row_months(program, name, typed).collect()
            made = dated.select(pl.lit(name).alias("table"), pl.col(MONTH).alias("month"))
            yield from made.with_columns(line=format_row_lines(dated.select(names))).to_arrow().to_batches()

    return run


def _hash_months(batches: Iterator[Any]) -> Iterator[Any]:
    """How many lines each month of each table has, and their SHA-256; on a worker, which holds a batch of them.

    The batches follow one another in the order of table, month and line, and all that a month has is among them.
    """
    pieces = (piece for batch in batches for piece in pl.DataFrame(batch).partition_by("table", "month"))
    for (table, month), those in groupby(pieces, key=lambda piece: piece.select("table", "month").row(0)):
        digest_row = (table, month, *count_and_digest_lines(piece["line"] for piece in those))
        yield from pl.DataFrame([digest_row], schema=DIGEST_SCHEMA, orient="row").to_arrow().to_batches()
