"""How long the data checks take, beside pandas, Great Expectations alone and pointblank doing the same on one file.

`python benchmarks/checks.py` prints a table and writes docs/benchmarks/checks.md. It needs the dependency group
`bench`. Each run is a process of its own; the processes take turns.
"""

import os
import sys
import warnings
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from beside import Way, timed
from machine import machine
from ratios import PAGES, medians, write

OFFICES = [f"{n:02}" for n in range(25)]
KEY, LARGEST = "^M-[0-9]{9}$", 1_000_000
CHECKS: list[tuple[str, dict[str, Any]]] = [
    ("expect_column_values_to_not_be_null", {"column": "office"}),
    ("expect_column_values_to_be_unique", {"column": "key"}),
    ("expect_column_values_to_match_regex", {"column": "key", "regex": KEY}),
    ("expect_column_values_to_be_in_set", {"column": "office", "value_set": OFFICES}),
    ("expect_column_values_to_be_between", {"column": "amount", "min_value": 0, "max_value": LARGEST}),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        {"column_A": "closed", "column_B": "opened", "or_equal": True, "ignore_row_if": "either_value_is_missing"},
    ),
]


def made(path: Path, rows: int) -> None:
    """Write the table: every check fails somewhere, and every column but the key has blanks."""
    random = np.random.default_rng(2011)
    number = pl.Series(np.arange(rows))
    office = pl.Series(random.integers(0, 25, rows)).cast(pl.String).str.zfill(2)
    opened = pl.lit(date(2024, 10, 1)) + pl.duration(days=pl.Series(random.integers(0, 365, rows)))
    key = pl.format("M-{}", number.cast(pl.String).str.zfill(9))
    pl.select(
        key=pl.when(number % 9_973 == 5).then(pl.lit("M-1")).otherwise(key),
        office=pl.when(number % 4_001 == 3).then(pl.lit("unknown")).when(number % 997 != 0).then(office),
        amount=pl.when(number % 89 != 0).then(pl.Series(random.integers(-50, 999_000, rows))),
        opened=opened,
        closed=pl.when(number % 7 != 0).then(opened + pl.duration(days=pl.Series(random.integers(-1, 90, rows)))),
    ).write_parquet(path)


def by_audit(path: Path) -> list[int]:
    """Both readings, which must agree."""
    from audit.tables.checks.great_expectations import confirm_checks
    from audit.tables.checks.suites import compile_suites, run_compiled_suites

    given = _suite(path)
    compiled = compile_suites(**given)
    found = run_compiled_suites(compiled, given["keys"])
    confirm_checks(found, compiled)
    return [result.failed for result in found.results]


def by_polars(path: Path) -> list[int]:
    """The reading that lists the failing rows."""
    from audit.tables.checks.suites import run_suites

    return [result.failed for result in run_suites(**_suite(path)).results]


def _suite(path: Path) -> dict[str, Any]:
    from audit.tables.checks.suites import Check, Suite

    checks = tuple(Check(type=type, kwargs=kwargs) for type, kwargs in CHECKS)
    suites = {"cases": Suite(name="cases", expectations=checks)}
    return {"tables": {"cases": pl.scan_parquet(path)}, "suites": suites, "keys": {"cases": ("key",)}, "parameters": {}}


def by_pandas(path: Path) -> list[int]:
    """The same by hand."""
    import pandas as pd

    rows = pd.read_parquet(path, to_pandas_kwargs={"date_as_object": False})
    known, ordered = rows["amount"].notna(), rows["closed"].notna() & rows["opened"].notna()
    fails = [
        rows["office"].isna(),
        rows["key"].duplicated(keep=False),
        ~rows["key"].str.match(KEY),
        rows["office"].notna() & ~rows["office"].isin(OFFICES),
        known & ~rows["amount"].between(0, LARGEST),
        ordered & (rows["closed"] < rows["opened"]),
    ]
    return [int(one.sum()) for one in fails]


def by_gx(path: Path) -> list[int]:
    """Great Expectations as its manual shows it."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    checks = [{"type": type, "kwargs": kwargs} for type, kwargs in CHECKS]
    suite = context.suites.add(gx.ExpectationSuite(name="cases", expectations=checks))
    whole = (
        context.data_sources.add_pandas("tables").add_dataframe_asset("cases").add_batch_definition_whole_dataframe("w")
    )
    definition = context.validation_definitions.add(gx.ValidationDefinition(name="cases", data=whole, suite=suite))
    found = definition.run(batch_parameters={"dataframe": pl.read_parquet(path).to_pandas()})
    by_type = {one.expectation_config.type: one.result["unexpected_count"] for one in found.results}
    return [by_type[type] for type, _ in CHECKS]


def by_pointblank(path: Path) -> list[int]:
    """pointblank, which counts rows and not values: blanks pass."""
    import pointblank as pb

    steps = (
        pb.Validate(pl.read_parquet(path))
        .col_vals_not_null("office")
        .rows_distinct(["key"])
        .col_vals_regex("key", KEY, na_pass=True)
        .col_vals_in_set("office", [*OFFICES, None])
        .col_vals_between("amount", 0, LARGEST, na_pass=True)
        .col_vals_ge("closed", pb.col("opened"), na_pass=True)
        .interrogate()
    )
    return [*steps.n_failed().values()]


WAYS = {
    "audit": Way(
        words="This project: every row by polars, up to a million of them by Great Expectations too, the two compared",
        does=by_audit,
        libraries=("pyarrow.parquet", "audit.tables.checks.great_expectations", "great_expectations"),
    ),
    "polars": Way(
        words="This project's reading by polars alone, failing rows included",
        does=by_polars,
        libraries=("pyarrow.parquet", "audit.tables.checks.suites"),
    ),
    "pandas": Way(words="pandas, counts alone", does=by_pandas, libraries=("pyarrow.parquet", "pandas")),
    "gx": Way(
        words="Great Expectations on the frame of `to_pandas`",
        does=by_gx,
        libraries=("pyarrow.parquet", "great_expectations"),
    ),
    "pointblank": Way(
        words="pointblank on the polars frame, failing rows included",
        does=by_pointblank,
        libraries=("pyarrow.parquet", "pointblank"),
    ),
}


def main() -> None:
    """Check several times, in turn, and write what it took; refuse where the counts of failing units differ."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    warnings.simplefilter("ignore")  # peers warn of what they will change
    took = timed(__file__, __doc__, WAYS, made=made, rows=2_000_000, page=PAGES / "checks.md")
    text = f"""# Benchmark: data checks

Written by `make bench`. {len(CHECKS)} checks of one Parquet file of {took.rows:,} rows: a column filled, a key never
repeated and spelt as declared, an office of a list, an amount within bounds, one day on or after another.
{medians(took.runs)}, each in a process of its own, in turn. The clock starts when the libraries are loaded, and covers
reading the file. All count the same failing rows, {sum(took.found):,} together, or this page is not written.

{took.table(WAYS, one="audit", called="this project")}
"""
    ratios = {way: (took.seconds["audit"], took.seconds[way]) for way in ("pandas", "gx", "pointblank")}
    packages = machine("polars", "pandas", "great-expectations", "pointblank", "audit-toolkit")
    write(took.page, text, ratios, runs=took.runs, machine=packages)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
