"""Tables laid in buckets: what belongs to one person lies in one bucket, which one worker can judge by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.programs.declaration import Program
from audit.spark.read import ROW_PLACE, SparkTable
from audit.spark.session import make_spark_path

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

BUCKET_COLUMN = "bucket of the row"  # a column by a name that no declared one has
UNITS_PER_BUCKET = 100_000  # units in a bucket, or so: what a worker of 1 GB judges with ease
_JOIN_COLUMN = "what it is joined on"


class Join(NamedTuple):
    """A table that is brought to the units, and the column that it is joined on."""

    table: str
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionedTables:
    """The tables of a program in so many buckets."""

    units: str
    schemas: Mapping[str, pl.Schema]
    folder: Path
    buckets: int

    def read_bucket(self, bucket: int) -> dict[str, pl.LazyFrame]:
        """Every table's rows in a bucket, in the order they were read, without what was added to lay them."""
        return {name: self._read_table(name, bucket, schema) for name, schema in self.schemas.items()}

    def _read_table(self, table: str, bucket: int, schema: pl.Schema) -> pl.LazyFrame:
        files = sorted((self.folder / table / f"{BUCKET_COLUMN}={bucket}").glob("*.parquet"))
        if not files:
            return pl.LazyFrame(schema=schema)
        rows = pl.scan_parquet(files, hive_partitioning=False, glob=False).sort(ROW_PLACE)
        return rows.select(pl.col(name).cast(kind) for name, kind in schema.items())


def list_census_joins(program: Program) -> list[Join]:
    """What the census brings to its units."""
    parents = [Join(table, on) for table, on in program.census.parents.items()]
    return [*(Join(step.table, step.on) for step in program.census.links), *parents]


def list_file_joins(program: Program) -> list[Join]:
    """What the files of the cases hold besides."""
    if program.cases is None:
        return []
    children = {name: rows.on for name, rows in program.cases.children.items()}
    return [Join(table, on) for table, on in {**program.cases.parents, **children}.items()]


def partition_tables(
    session: "SparkSession",
    program: Program,
    spark_tables: Mapping[str, SparkTable],
    joins: Sequence[Join],
    *,
    units: str,
    into: Path,
    buckets: int | None = None,
) -> PartitionedTables:
    """Write the units and what is joined to them, by bucket: Parquet in folders below `into`.

    A unit's bucket is that of its person, or of its key where it has none. A record has the bucket of every unit that
    may be joined to it: by its own person, or else by a join with the table whose column it is joined on. How many
    buckets there are changes no result; where it is not given, they hold UNITS_PER_BUCKET.

    AuditError (USAGE) where units are joined to units by anything but their person: they lie in no one bucket.
    """
    used = sum(total.rows_used for total in spark_tables[units].totals)
    spread = max(2 * session.sparkContext.defaultParallelism, -(-used // UNITS_PER_BUCKET))
    partitioner = _Partitioner(session, program, spark_tables, units, into, buckets or spread)
    partitioner.write_buckets(units, partitioner.assign_by_hash(units))
    ways: dict[str, list[DataFrame]] = {}
    for table, on in joins:
        by_person = on == program.census.person
        if table == units and by_person:
            continue
        if table == units:
            what, mend = f"`{units}` is joined to itself on `{on}`", "Audit it on one machine, without --engine."
            raise AuditError(Problem(what=what, mend=mend, file="program.toml, cases"), code=ExitCode.USAGE)
        ways.setdefault(table, []).append(
            partitioner.assign_by_hash(table) if by_person else partitioner.assign_by_join(table, on)
        )
        partitioner.write_buckets(
            table, _union_distinct(ways[table])
        )  # at once: the next table may be joined on a column of this one
    names = {units, *(join.table for join in joins)}
    schemas = {name: spark_tables[name].schema for name in sorted(names)}
    return PartitionedTables(units=units, schemas=schemas, folder=into, buckets=partitioner.buckets)


@dataclass(frozen=True, slots=True)
class _Partitioner:
    """How the rows of a table find their bucket."""

    session: "SparkSession"
    program: Program
    spark_tables: Mapping[str, SparkTable]
    units: str
    into: Path
    buckets: int

    def assign_by_hash(self, table: str) -> "DataFrame":
        """By their own person; units without one by their key."""
        from pyspark.sql import functions as f

        rules = self.program.census
        person = [make_column(rules.person)] if rules.person else []
        bucket_key = f.coalesce(*person, make_column(rules.unit)) if table == self.units else person[0]
        bucket = f.pmod(f.xxhash64(bucket_key), f.lit(self.buckets)).cast("int")
        return self.spark_tables[table].rows.withColumn(BUCKET_COLUMN, bucket)

    def assign_by_join(self, table: str, on: str) -> "DataFrame":
        """By the units, or by the records linked before, that have this value in the same column."""
        partitioned = self.session.read.parquet(
            make_spark_path(self.into / find_column_table(self.program, self.spark_tables, on))
        )
        placements = (
            partitioned.filter(make_column(on).isNotNull())
            .select(make_column(on).alias(_JOIN_COLUMN), make_column(BUCKET_COLUMN))
            .distinct()
        )
        rows = self.spark_tables[table].rows
        return rows.join(placements, make_column(on) == make_column(_JOIN_COLUMN)).drop(_JOIN_COLUMN)

    def write_buckets(self, table: str, rows: "DataFrame") -> None:
        """A folder for each bucket, with one file."""
        by_bucket = rows.repartition(self.buckets, make_column(BUCKET_COLUMN)).write.partitionBy(BUCKET_COLUMN)
        by_bucket.mode("overwrite").parquet(make_spark_path(self.into / table))


def find_column_table(program: Program, spark_tables: Mapping[str, SparkTable], on: str) -> str:
    """The table that brings a column to the unit."""
    if on in spark_tables[program.census.table].schema:
        return program.census.table
    return next(step.table for step in program.census.links if on in (step.key, *step.columns))


def _union_distinct(ways: Sequence["DataFrame"]) -> "DataFrame":
    """The rows in every bucket in which any of these ways puts them."""
    together = reduce(lambda one, other: one.unionByName(other), ways)
    return together.dropDuplicates([ROW_PLACE, BUCKET_COLUMN]) if len(ways) > 1 else together


def make_column(name: str) -> "Column":
    """A column by its name, whatever it has in it."""
    from pyspark.sql import functions as f

    return f.col(f"`{name}`")
