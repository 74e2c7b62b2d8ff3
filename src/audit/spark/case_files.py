"""The files of a few cases, brought from the cluster: their own rows, and those that may be joined to them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from audit.programs.declaration import Program
from audit.spark.partitions import Join, column, holder
from audit.spark.read import PLACE, Readied
from audit.spark.session import address, home

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

WANTED = "value that is wanted"


def files(
    session: "SparkSession",
    program: Program,
    readied: Mapping[str, Readied],
    joins: Sequence[Join],
    keys: pl.Series,
    *,
    into: Path,
) -> dict[str, pl.DataFrame]:
    """The rows of every table that belong to the units with these keys, in the order in which they were read.

    A table that is not joined has none. What comes to the driver is as much as the files of these cases hold. What is
    looked for lies in files below `into`.
    """
    units, found = program.census.table, dict[str, pl.DataFrame]()

    def bring(table: str, on: str, values: pl.Series) -> None:
        path = into / f"{len(list(into.iterdir()))}.parquet"
        values.drop_nulls().unique().sort().to_frame(WANTED).write_parquet(path)
        wanted, rows = session.read.parquet(address(path)), readied[table].rows
        matched = rows.join(_small(wanted), column(on) == column(WANTED), "left_semi")
        came = home(matched, {**readied[table].schema, PLACE: pl.Int64()})
        before = [found[table]] if table in found else []
        found[table] = pl.concat([*before, came]).unique(PLACE).sort(PLACE)

    into.mkdir(parents=True, exist_ok=True)
    bring(units, program.census.unit, keys.cast(readied[units].schema[program.census.unit]))
    for table, on in joins:
        bring(table, on, found[holder(program, readied, on)][on])
    return {
        name: found[name].drop(PLACE) if name in found else pl.DataFrame(schema=one.schema)
        for name, one in readied.items()
    }


def _small(rows: "DataFrame") -> "DataFrame":
    from pyspark.sql import functions as f

    return f.broadcast(rows)
