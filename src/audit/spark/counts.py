"""The census of a period on a cluster: each bucket counted by one task; what lists name comes home, nothing else."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from audit.compliance import record_states
from audit.compliance.item_outcomes import REMEMBERED, documented, lost
from audit.compliance.mergeable_counts import Returns, returns, summed, together
from audit.compliance.office_rates import TALLY, tally, within
from audit.compliance.record_states import STATES
from audit.files import whole
from audit.programs.declaration import Program
from audit.spark.partitions import Laid, column
from audit.spark.session import address, each, home
from audit.storage import ledgers

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

NAMED, DOCUMENTED, SORTED = "named", "documented", "sorted"  # folders


def tallied(
    session: "SparkSession", laid: Laid, program: Program, *, period: str, as_of: dt.date | None
) -> pl.DataFrame:
    """The tally of all units of a period, as `audit.compliance.office_rates.tally` gives it of each bucket."""
    rules = program.census

    def count(bucket: int) -> pl.DataFrame:
        states = record_states.states(laid.opened(bucket), rules, as_of=as_of)
        return tally(within(states, rules, period=period), rules)

    return summed(TALLY, each(session, range(laid.buckets), count), "cases")


def returned(
    session: "SparkSession",
    laid: Laid,
    program: Program,
    *,
    period: str,
    as_of: dt.date | None,
    listed: pl.DataFrame | None = None,
    until: str | None = None,
    into: Path,
) -> Returns:
    """The returns of all units of a period, as `audit.compliance.mergeable_counts.returns` gives them of each bucket.

    Below `into` lie, by bucket, the units that lists may name; and those of the months `until` one that are documented,
    where one is given.
    """
    rules = program.census

    def count(bucket: int) -> Returns:
        states = record_states.states(laid.opened(bucket), rules, as_of=as_of)
        found = returns(states, rules, period=period, listed=listed)
        with whole(into / NAMED / f"part-{bucket:05}.parquet") as path:
            found.named.write_parquet(path)
        if until:
            with whole(into / DOCUMENTED / f"part-{bucket:05}.parquet") as path:
                documented(states.filter(pl.col("month") <= until), rules).collect().write_parquet(path)
        return replace(found, named=found.named.clear())

    found = together(each(session, range(laid.buckets), count))
    return replace(found, named=home(_read(session, into / NAMED), STATES).sort("unit", "measure"))


def remembered(session: "SparkSession", *, into: Path) -> Path:
    """The file of all documented units, as the next month reads it; written by a worker, in little memory."""
    ordered = _read(session, into / DOCUMENTED).select(*REMEMBERED).orderBy("measure", "unit")
    ordered.write.mode("overwrite").parquet(address(into / SORTED))

    def write(path: Path) -> None:
        rows = pl.scan_parquet(sorted((into / SORTED).glob("part-*.parquet")), glob=False)
        with whole(path) as place:
            ledgers.as_parquet(rows.select(pl.col(name).cast(kind) for name, kind in REMEMBERED.items()), place)

    each(session, [into / "documented.parquet"], write)
    return into / "documented.parquet"


def undone(
    session: "SparkSession",
    program: Program,
    units: "DataFrame",
    named: pl.DataFrame,
    before: Path | None,
    *,
    into: Path,
) -> pl.DataFrame:
    """Which of the units documented `before` are so no more, as `audit.compliance.item_outcomes.lost` tells it: they
    alone come home.
    """
    from pyspark.sql import functions as f

    rules = program.census
    if before is None:
        return lost(pl.DataFrame(schema=REMEMBERED), named, rules)
    kept = session.read.parquet(address(before.resolve()))
    kept = kept.filter(f.col("measure").isin([measure.id for measure in rules.measures]))
    there = units.select(column(rules.unit).cast("string").alias("unit"))
    missing = _read(session, into / NAMED).filter("state = 'missing'").select("unit", "measure")
    gone = kept.join(there, on="unit", how="left_anti").select(*REMEMBERED)
    lacking = kept.join(missing, on=["unit", "measure"], how="left_semi").select(*REMEMBERED)
    return lost(home(gone.unionByName(lacking), REMEMBERED), named, rules)


def _read(session: "SparkSession", folder: Path) -> "DataFrame":
    return session.read.parquet(address(folder))
