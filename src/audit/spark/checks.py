"""The checks of tables on a cluster: polars reads what a row shows by itself, Spark what only the whole table does."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from audit.spark.partitions import column
from audit.spark.read import Readied
from audit.spark.session import home
from audit.tables.checks.expectations import DAY, REFERENCE, Demand
from audit.tables.checks.great_expectations import undotted
from audit.tables.checks.suites import CheckResult, CompiledSuite

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

SHARING, KNOWN = "rows that share it", "value that is there"
COUNTS = {"number": pl.Int64, "units": pl.Int64, "failed": pl.Int64}
ALL = -1  # the number under which all rows are counted


def checked(tables: Mapping[str, "DataFrame"], suites: Sequence[CompiledSuite]) -> tuple[CheckResult, ...]:
    """The result of every check, as `audit.tables.checks.suites.check` finds it; `tables` as `looked_at` gives them."""
    results = []
    for suite in suites:
        rows, each = tables[suite.table], dict(enumerate(suite.demands))
        counts = _counted(rows, suite, {n: demand for n, demand in each.items() if demand.rows is not None})
        for number, demand in each.items():
            units, failed = counts.get(number, (0, 0))
            if demand.of_rows is not None:
                units, failed = 1, int(not pl.select(demand.of_rows(pl.lit(counts[ALL][0], pl.Int64))).item())
            elif demand.unique:
                failed = _repeated(rows, suite, demand)
            results.append(suite.result(number, units=units, failed=failed, passed=demand.passes(units, failed)))
    return tuple(results)


def looked_at(readied: Mapping[str, Readied], suites: Sequence[CompiledSuite]) -> dict[str, "DataFrame"]:
    """Every table that has a suite, with the columns alone that it names, `undotted`, and those made for it as well."""
    found = {}
    for suite in suites:
        table = readied[suite.table]
        rows, own = table.rows, table.schema
        for name in suite.columns:
            if name in own:
                continue
            if day := DAY.fullmatch(name):
                rows = rows.withColumn(name, column(day["column"]).cast("date"))
            elif reference := REFERENCE.fullmatch(name):
                rows = _with_reference(rows, name, readied[reference["table"]], reference)
        kept = [_blank_where_no_number(name, own).alias(undotted(name)) for name in suite.columns or list(own)[:1]]
        found[suite.table] = rows.select(kept)
    return found


def _with_reference(rows: "DataFrame", name: str, to: Readied, reference: re.Match[str]) -> "DataFrame":
    """Whether a column's value is found in another table: blank where there is none."""
    from pyspark.sql import functions as f

    value, of = column(reference["column"]), reference["of"] or to.source.key[0]
    known = to.rows.select(column(of).alias(KNOWN)).where(column(KNOWN).isNotNull()).distinct()
    joined = rows.join(known, value == column(KNOWN), "left")
    there = f.when(value.isNotNull(), column(KNOWN).isNotNull())
    return joined.withColumn(name, there).drop(KNOWN)


def _blank_where_no_number(name: str, own: pl.Schema) -> "Column":
    """The column; of decimal fractions, what is not a number is blank."""
    from pyspark.sql import functions as f

    return f.when(~f.isnan(column(name)), column(name)) if name in own and own[name].is_float() else column(name)


def _counted(rows: "DataFrame", suite: CompiledSuite, demands: Mapping[int, Demand]) -> dict[int, tuple[int, int]]:
    """Units and failing rows of each demand, as far as rows tell by themselves; and how many rows there are."""
    from pyspark.sql import functions as f

    def count(batch: pl.DataFrame) -> pl.DataFrame:
        sums = batch.select(
            *(demand.units.alias(f"units {n}") for n, demand in demands.items()),
            *(demand.failed.alias(f"failed {n}") for n, demand in demands.items()),
        ).row(0)
        numbers = [ALL, *demands]
        units, failed = [batch.height, *sums[: len(demands)]], [0, *sums[len(demands) :]]
        return pl.DataFrame([numbers, units, failed], schema=COUNTS)

    made = rows.mapInArrow(_in_polars(count, _kinds(suite)), "number long, units long, failed long")
    summed = made.groupBy("number").agg(f.sum("units").alias("units"), f.sum("failed").alias("failed"))
    found = {number: (units, failed) for number, units, failed in home(summed, COUNTS).iter_rows()}
    return found or dict.fromkeys((ALL, *demands), (0, 0))


def _repeated(rows: "DataFrame", suite: CompiledSuite, demand: Demand) -> int:
    """The rows whose values another row has too."""
    from pyspark.sql import functions as f

    shared = (
        rows.groupBy(*(column(undotted(name)) for name in demand.unique))
        .agg(f.count("*").alias(SHARING))
        .filter(column(SHARING) > 1)
    )
    counted = pl.lit(True) if demand.counted is None else demand.counted

    def count(batch: pl.DataFrame) -> pl.DataFrame:
        return batch.select(failed=pl.when(counted).then(SHARING).otherwise(0).sum().cast(pl.Int64))

    kinds = {name: _kinds(suite)[name] for name in demand.unique}
    made = shared.mapInArrow(_in_polars(count, {**kinds, SHARING: pl.Int64()}), "failed long")
    total = made.agg(f.coalesce(f.sum("failed"), f.lit(0)).alias("failed"))
    return int(home(total, {"failed": pl.Int64}).item())


def _in_polars(
    count: Callable[[pl.DataFrame], pl.DataFrame], kinds: Mapping[str, pl.DataType]
) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """What a worker does with each batch of rows: count it in polars, by the names and types the table has there."""

    def run(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            rows = pl.DataFrame(batch)
            rows.columns = list(kinds)
            if rows.height:
                yield from count(rows.select(pl.col(n).cast(k) for n, k in kinds.items())).to_arrow().to_batches()

    return run


def _kinds(suite: CompiledSuite) -> dict[str, pl.DataType]:
    schema = suite.frame.collect_schema()
    return {name: schema[name] for name in suite.columns or schema.names()[:1]}
