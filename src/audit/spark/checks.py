"""The checks of tables on a cluster: polars reads what a row shows by itself, Spark what only the whole table does."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from audit.spark.partitions import make_column
from audit.spark.read import SparkTable
from audit.spark.session import collect_rows
from audit.tables.checks.gx_sources import replace_dots
from audit.tables.checks.polars_expectations import DAY_OF_PATTERN, REFERENCE_PATTERN, CompiledExpectation
from audit.tables.checks.results import CheckResult
from audit.tables.checks.suites import CompiledSuite

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

SHARING_COLUMN, REFERENCED_COLUMN = "rows that share it", "value that is there"
COUNT_SCHEMA = {"number": pl.Int64, "units": pl.Int64, "failed": pl.Int64}
ALL_ROWS = -1  # the number under which all rows are counted


def check_on_spark(tables: Mapping[str, "DataFrame"], suites: Sequence[CompiledSuite]) -> tuple[CheckResult, ...]:
    """The result of every check, as `audit.tables.checks.suites.run_suites` finds it; `tables` as
    `prepare_check_tables` gives them."""
    results = []
    for suite in suites:
        rows, each = tables[suite.table], dict(enumerate(suite.compiled_expectations))
        counts = _count_failures(rows, suite, {n: demand for n, demand in each.items() if demand.rows is not None})
        for number, demand in each.items():
            units, failed = counts.get(number, (0, 0))
            if demand.row_count_test is not None:
                units, failed = (
                    1,
                    int(not pl.select(demand.row_count_test(pl.lit(counts[ALL_ROWS][0], pl.Int64))).item()),
                )
            elif demand.unique:
                failed = _count_repeated_rows(rows, suite, demand)
            results.append(suite.make_result(number, units=units, failed=failed, passed=demand.is_met(units, failed)))
    return tuple(results)


def prepare_check_tables(
    spark_tables: Mapping[str, SparkTable], suites: Sequence[CompiledSuite]
) -> dict[str, "DataFrame"]:
    """Every table that has a suite, with the columns alone that it names, `replace_dots`, and those made for it
    as well."""
    tables = {}
    for suite in suites:
        table = spark_tables[suite.table]
        rows, own = table.rows, table.schema
        for name in suite.columns:
            if name in own:
                continue
            if day := DAY_OF_PATTERN.fullmatch(name):
                rows = rows.withColumn(name, make_column(day["column"]).cast("date"))
            elif reference := REFERENCE_PATTERN.fullmatch(name):
                rows = _add_reference(rows, name, spark_tables[reference["table"]], reference)
        columns = [_blank_nan(name, own).alias(replace_dots(name)) for name in suite.columns or list(own)[:1]]
        tables[suite.table] = rows.select(columns)
    return tables


def _add_reference(rows: "DataFrame", name: str, to: SparkTable, reference: re.Match[str]) -> "DataFrame":
    """Whether a column's value is found in another table: blank where there is none."""
    from pyspark.sql import functions as f

    value, of = make_column(reference["column"]), reference["of"] or to.source.key[0]
    referenced = (
        to.rows.select(make_column(of).alias(REFERENCED_COLUMN))
        .where(make_column(REFERENCED_COLUMN).isNotNull())
        .distinct()
    )
    joined = rows.join(referenced, value == make_column(REFERENCED_COLUMN), "left")
    is_present = f.when(value.isNotNull(), make_column(REFERENCED_COLUMN).isNotNull())
    return joined.withColumn(name, is_present).drop(REFERENCED_COLUMN)


def _blank_nan(name: str, own: pl.Schema) -> "Column":
    """The column; of decimal fractions, what is not a number is blank."""
    from pyspark.sql import functions as f

    return (
        f.when(~f.isnan(make_column(name)), make_column(name))
        if name in own and own[name].is_float()
        else make_column(name)
    )


def _count_failures(
    rows: "DataFrame", suite: CompiledSuite, demands: Mapping[int, CompiledExpectation]
) -> dict[int, tuple[int, int]]:
    """Units and failing rows of each demand, as far as rows tell by themselves; and how many rows there are."""
    from pyspark.sql import functions as f

    def count(batch: pl.DataFrame) -> pl.DataFrame:
        sums = batch.select(
            *(demand.units.alias(f"units {n}") for n, demand in demands.items()),
            *(demand.failed.alias(f"failed {n}") for n, demand in demands.items()),
        ).row(0)
        numbers = [ALL_ROWS, *demands]
        units, failed = [batch.height, *sums[: len(demands)]], [0, *sums[len(demands) :]]
        return pl.DataFrame([numbers, units, failed], schema=COUNT_SCHEMA)

    made = rows.mapInArrow(
        _make_batch_counter(count, _list_column_types(suite)), "number long, units long, failed long"
    )
    summed = made.groupBy("number").agg(f.sum("units").alias("units"), f.sum("failed").alias("failed"))
    counts = {number: (units, failed) for number, units, failed in collect_rows(summed, COUNT_SCHEMA).iter_rows()}
    return counts or dict.fromkeys((ALL_ROWS, *demands), (0, 0))


def _count_repeated_rows(rows: "DataFrame", suite: CompiledSuite, demand: CompiledExpectation) -> int:
    """The rows whose values another row has too."""
    from pyspark.sql import functions as f

    shared = (
        rows.groupBy(*(make_column(replace_dots(name)) for name in demand.unique))
        .agg(f.count("*").alias(SHARING_COLUMN))
        .filter(make_column(SHARING_COLUMN) > 1)
    )
    is_counted = pl.lit(True) if demand.is_unit is None else demand.is_unit

    def count(batch: pl.DataFrame) -> pl.DataFrame:
        return batch.select(failed=pl.when(is_counted).then(SHARING_COLUMN).otherwise(0).sum().cast(pl.Int64))

    kinds = {name: _list_column_types(suite)[name] for name in demand.unique}
    made = shared.mapInArrow(_make_batch_counter(count, {**kinds, SHARING_COLUMN: pl.Int64()}), "failed long")
    total = made.agg(f.coalesce(f.sum("failed"), f.lit(0)).alias("failed"))
    return int(collect_rows(total, {"failed": pl.Int64}).item())


def _make_batch_counter(
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


def _list_column_types(suite: CompiledSuite) -> dict[str, pl.DataType]:
    schema = suite.frame.collect_schema()
    return {name: schema[name] for name in suite.columns or schema.names()[:1]}
