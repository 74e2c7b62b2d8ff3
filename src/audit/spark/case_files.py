"""The files of a few cases, brought from the cluster: their own rows, and those that may be joined to them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from audit.programs.declaration import Program
from audit.spark.partitions import Join, find_column_table, make_column
from audit.spark.read import ROW_PLACE, SparkTable
from audit.spark.session import collect_rows, make_spark_path

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

WANTED_COLUMN = "value that is wanted"


def collect_case_files(
    session: "SparkSession",
    program: Program,
    spark_tables: Mapping[str, SparkTable],
    joins: Sequence[Join],
    keys: pl.Series,
    *,
    into: Path,
) -> dict[str, pl.DataFrame]:
    """The rows of every table that belong to the units with these keys, in the order in which they were read.

    With them come the other units of the same persons, where their rows count for each other.
    A table that is not joined has none. What comes to the driver is as much as the files of these cases hold. What is
    looked for lies in files below `into`.
    """
    units, rows_by_table = program.census.table, dict[str, pl.DataFrame]()

    def bring(table: str, on: str, values: pl.Series) -> None:
        path = into / f"{len(list(into.iterdir()))}.parquet"
        values.drop_nulls().unique().sort().to_frame(WANTED_COLUMN).write_parquet(path)
        wanted, rows = session.read.parquet(make_spark_path(path)), spark_tables[table].rows
        matched = rows.join(_broadcast(wanted), make_column(on) == make_column(WANTED_COLUMN), "left_semi")
        collected = collect_rows(matched, {**spark_tables[table].schema, ROW_PLACE: pl.Int64()})
        before = [rows_by_table[table]] if table in rows_by_table else []
        rows_by_table[table] = pl.concat([*before, collected]).unique(ROW_PLACE).sort(ROW_PLACE)

    into.mkdir(parents=True, exist_ok=True)
    bring(units, program.census.unit, keys.cast(spark_tables[units].schema[program.census.unit]))
    person, cases = program.census.person, program.cases
    if person and cases and any(child.per_person for child in cases.children.values()):
        bring(units, person, rows_by_table[units][person])  # what was done under a person's other units counts as well
    for table, on in joins:
        bring(table, on, rows_by_table[find_column_table(program, spark_tables, on)][on])
    return {
        name: rows_by_table[name].drop(ROW_PLACE) if name in rows_by_table else pl.DataFrame(schema=one.schema)
        for name, one in spark_tables.items()
    }


def _broadcast(rows: "DataFrame") -> "DataFrame":
    from pyspark.sql import functions as f

    return f.broadcast(rows)
