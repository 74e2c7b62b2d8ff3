"""Tables laid in buckets: what belongs to one person lies in one bucket, which one worker can judge by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.programs.declaration import Program
from audit.spark.read import PLACE, Readied
from audit.spark.session import address

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

BUCKET = "bucket of the row"  # a column by a name that no declared one has
UNITS_EACH = 100_000  # units in a bucket, or so: what a worker of 1 GB judges with ease
_ON = "what it is joined on"


class Join(NamedTuple):
    """A table that is brought to the units, and the column that it is joined on."""

    table: str
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """The tables of a program in so many buckets."""

    units: str
    schemas: Mapping[str, pl.Schema]
    folder: Path
    buckets: int

    def opened(self, bucket: int) -> dict[str, pl.LazyFrame]:
        """Every table's rows in a bucket, in the order they were read, without what was added to lay them."""
        return {name: self._opened(name, bucket, schema) for name, schema in self.schemas.items()}

    def _opened(self, table: str, bucket: int, schema: pl.Schema) -> pl.LazyFrame:
        files = sorted((self.folder / table / f"{BUCKET}={bucket}").glob("*.parquet"))
        if not files:
            return pl.LazyFrame(schema=schema)
        rows = pl.scan_parquet(files, hive_partitioning=False, glob=False).sort(PLACE)
        return rows.select(pl.col(name).cast(kind) for name, kind in schema.items())


def links(program: Program) -> list[Join]:
    """What the census brings to its units."""
    return [Join(step.table, step.on) for step in program.census.links]


def belongings(program: Program) -> list[Join]:
    """What the files of the cases hold besides."""
    if program.cases is None:
        return []
    children = {name: rows.on for name, rows in program.cases.children.items()}
    return [Join(table, on) for table, on in {**program.cases.parents, **children}.items()]


def lay(
    session: "SparkSession",
    program: Program,
    readied: Mapping[str, Readied],
    joins: Sequence[Join],
    *,
    units: str,
    into: Path,
    buckets: int | None = None,
) -> Laid:
    """Write the units and what is joined to them, by bucket: Parquet in folders below `into`.

    A unit's bucket is that of its person, or of its key where it has none. A record has the bucket of every unit that
    may be joined to it: by its own person, or else by a join with the table whose column it is joined on. How many
    buckets there are changes no result; where it is not given, they hold UNITS_EACH.

    AuditError (USAGE) where units are joined to units by anything but their person: they lie in no one bucket.
    """
    used = sum(total.rows_used for total in readied[units].totals)
    spread = max(2 * session.sparkContext.defaultParallelism, -(-used // UNITS_EACH))
    laying = _Laying(session, program, readied, units, into, buckets or spread)
    laying.write(units, laying.by_hash(units))
    ways: dict[str, list[DataFrame]] = {}
    for table, on in joins:
        by_person = on == program.census.person
        if table == units and by_person:
            continue
        if table == units:
            what, mend = f"`{units}` is joined to itself on `{on}`", "Audit it on one machine, without --engine."
            raise AuditError(Problem(what=what, mend=mend, file="program.toml, cases"), code=ExitCode.USAGE)
        ways.setdefault(table, []).append(laying.by_hash(table) if by_person else laying.by_join(table, on))
        laying.write(table, _each_once(ways[table]))  # at once: the next table may be joined on a column of this one
    names = {units, *(join.table for join in joins)}
    schemas = {name: readied[name].schema for name in sorted(names)}
    return Laid(units=units, schemas=schemas, folder=into, buckets=laying.buckets)


@dataclass(frozen=True, slots=True)
class _Laying:
    """How the rows of a table find their bucket."""

    session: "SparkSession"
    program: Program
    readied: Mapping[str, Readied]
    units: str
    into: Path
    buckets: int

    def by_hash(self, table: str) -> "DataFrame":
        """By their own person; units without one by their key."""
        from pyspark.sql import functions as f

        rules = self.program.census
        person = [column(rules.person)] if rules.person else []
        given = f.coalesce(*person, column(rules.unit)) if table == self.units else person[0]
        bucket = f.pmod(f.xxhash64(given), f.lit(self.buckets)).cast("int")
        return self.readied[table].rows.withColumn(BUCKET, bucket)

    def by_join(self, table: str, on: str) -> "DataFrame":
        """By the units, or by the records linked before, that have this value in the same column."""
        laid = self.session.read.parquet(address(self.into / holder(self.program, self.readied, on)))
        there = laid.filter(column(on).isNotNull()).select(column(on).alias(_ON), column(BUCKET)).distinct()
        rows = self.readied[table].rows
        return rows.join(there, column(on) == column(_ON)).drop(_ON)

    def write(self, table: str, rows: "DataFrame") -> None:
        """A folder for each bucket, with one file."""
        by_bucket = rows.repartition(self.buckets, column(BUCKET)).write.partitionBy(BUCKET)
        by_bucket.mode("overwrite").parquet(address(self.into / table))


def holder(program: Program, readied: Mapping[str, Readied], on: str) -> str:
    """The table that brings a column to the unit."""
    if on in readied[program.census.table].schema:
        return program.census.table
    return next(step.table for step in program.census.links if on in (step.key, *step.columns))


def _each_once(ways: Sequence["DataFrame"]) -> "DataFrame":
    """The rows in every bucket in which any of these ways puts them."""
    together = reduce(lambda one, other: one.unionByName(other), ways)
    return together.dropDuplicates([PLACE, BUCKET]) if len(ways) > 1 else together


def column(name: str) -> "Column":
    """A column by its name, whatever it has in it."""
    from pyspark.sql import functions as f

    return f.col(f"`{name}`")
