"""The census of a period on a cluster: each bucket counted by one task; what lists name comes home, nothing else."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from audit.compliance import unit_states
from audit.compliance.case_counts import count_cases
from audit.compliance.item_outcomes import DOCUMENTED_UNIT_SCHEMA, find_lost_units, list_documented_units
from audit.compliance.mergeable_counts import MergeableCounts, build_mergeable_counts, merge_counts, sum_counts
from audit.compliance.office_rates import filter_period
from audit.compliance.worklist import find_unit_records
from audit.files import write_atomically
from audit.programs.declaration import Program
from audit.spark.partitions import PartitionedTables, make_column
from audit.spark.session import collect_rows, make_spark_path, run_tasks
from audit.storage import ledgers

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

NAMED_FOLDER, DOCUMENTED_FOLDER, SORTED_FOLDER = "named", "documented", "sorted"  # folders


def tally_on_spark(
    session: "SparkSession", laid: PartitionedTables, program: Program, *, period: str, as_of: dt.date | None
) -> pl.DataFrame:
    """The tally of all units of a period, as `audit.compliance.case_counts.count_cases` gives it of each bucket."""
    rules = program.census

    def count(bucket: int) -> pl.DataFrame:
        states = unit_states.link_and_find_states(laid.read_bucket(bucket), rules, as_of=as_of)
        return count_cases(filter_period(states, rules, period=period), rules)

    return sum_counts(run_tasks(session, range(laid.buckets), count), "cases")


def count_on_spark(
    session: "SparkSession",
    laid: PartitionedTables,
    program: Program,
    *,
    period: str,
    as_of: dt.date | None,
    listed: pl.DataFrame | None = None,
    drawn: pl.DataFrame | None = None,
    until: str | None = None,
    into: Path,
) -> MergeableCounts:
    """The returns of all units of a period, as `audit.compliance.mergeable_counts.build_mergeable_counts` gives them
    of each bucket.

    Below `into` lie, by bucket, the units that lists may name; and those of the months `until` one that are documented,
    where one is given.
    """
    rules = program.census

    def count(bucket: int) -> MergeableCounts:
        states = unit_states.link_and_find_states(laid.read_bucket(bucket), rules, as_of=as_of)
        period_counts = build_mergeable_counts(states, rules, period=period, listed=listed, drawn=drawn)
        with write_atomically(into / NAMED_FOLDER / f"part-{bucket:05}.parquet") as path:
            period_counts.listed_units.write_parquet(path)
        if until:
            with write_atomically(into / DOCUMENTED_FOLDER / f"part-{bucket:05}.parquet") as path:
                list_documented_units(states.filter(pl.col("month") <= until), rules).collect().write_parquet(path)
        return replace(period_counts, listed_units=period_counts.listed_units.clear())

    found = merge_counts(run_tasks(session, range(laid.buckets), count))
    return replace(
        found,
        listed_units=collect_rows(_read_folder(session, into / NAMED_FOLDER), found.listed_units.schema).sort(
            "unit", "measure"
        ),
    )


def find_unit_records_on_spark(
    session: "SparkSession",
    laid: PartitionedTables,
    program: Program,
    units: pl.DataFrame,
    *,
    as_of: dt.date | None,
    into: Path,
) -> pl.DataFrame:
    """The records linked to these units, as `audit.compliance.worklist.find_unit_records` gives them of each bucket."""
    rules = program.census

    def find(bucket: int) -> pl.Schema:
        records = find_unit_records(laid.read_bucket(bucket), rules, units, as_of=as_of)
        with write_atomically(into / f"part-{bucket:05}.parquet") as path:
            records.write_parquet(path)
        return records.schema

    schemas = run_tasks(session, range(laid.buckets), find)
    return collect_rows(_read_folder(session, into), schemas[0]).sort("unit")


def write_documented_file(session: "SparkSession", *, into: Path) -> Path:
    """The file of all documented units, as the next month reads it; written by a worker, in little memory."""
    ordered = _read_folder(session, into / DOCUMENTED_FOLDER).select(*DOCUMENTED_UNIT_SCHEMA).orderBy("measure", "unit")
    ordered.write.mode("overwrite").parquet(make_spark_path(into / SORTED_FOLDER))

    def write(path: Path) -> None:
        rows = pl.scan_parquet(sorted((into / SORTED_FOLDER).glob("part-*.parquet")), glob=False)
        with write_atomically(path) as place:
            ledgers.write_documented_units(
                rows.select(pl.col(name).cast(kind) for name, kind in DOCUMENTED_UNIT_SCHEMA.items()), place
            )

    run_tasks(session, [into / "documented.parquet"], write)
    return into / "documented.parquet"


def find_undone_units(
    session: "SparkSession",
    program: Program,
    units: "DataFrame",
    states: pl.DataFrame,
    before: Path | None,
    *,
    into: Path,
) -> pl.DataFrame:
    """Which of the units documented `before` are so no more, as `audit.compliance.item_outcomes.find_lost_units` tells
    it: they alone come home.
    """
    from pyspark.sql import functions as f

    rules = program.census
    if before is None:
        return find_lost_units(pl.DataFrame(schema=DOCUMENTED_UNIT_SCHEMA), states, rules)
    still_measured = session.read.parquet(make_spark_path(before.resolve()))
    still_measured = still_measured.filter(f.col("measure").isin([measure.id for measure in rules.measures]))
    present = units.select(make_column(rules.unit).cast("string").alias("unit"))
    missing = _read_folder(session, into / NAMED_FOLDER).filter("state = 'missing'").select("unit", "measure")
    gone = still_measured.join(present, on="unit", how="left_anti").select(*DOCUMENTED_UNIT_SCHEMA)
    lacking = still_measured.join(missing, on=["unit", "measure"], how="left_semi").select(*DOCUMENTED_UNIT_SCHEMA)
    return find_lost_units(collect_rows(gone.unionByName(lacking), DOCUMENTED_UNIT_SCHEMA), states, rules)


def _read_folder(session: "SparkSession", folder: Path) -> "DataFrame":
    return session.read.parquet(make_spark_path(folder))
