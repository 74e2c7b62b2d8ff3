"""How long the data checks take, beside pandas, Great Expectations alone and pointblank doing the same on one file.

`python benchmarks/checks.py` prints a table and writes docs/benchmarks/checks.md. It needs the dependency group
`bench`. Each run is a process of its own; the processes take turns.
"""

import argparse
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from datetime import date
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl
from machine import Took, machine, process
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
WAYS = {
    "audit": "This project: verdicts by Great Expectations, failing rows by polars, the two compared",
    "polars": "This project's reading by polars alone, failing rows included",
    "pandas": "pandas, counts alone",
    "gx": "Great Expectations on the frame of `to_pandas`",
    "pointblank": "pointblank on the polars frame, failing rows included",
}
LIBRARIES = {
    "audit": ("audit.expectations", "great_expectations"),
    "polars": ("audit.reliability",),
    "pandas": ("pandas",),
    "gx": ("great_expectations",),
    "pointblank": ("pointblank",),
}


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
    from audit.expectations import agree, validate
    from audit.reliability import check

    given = _suite(path)
    found = check(**given)
    agree(found, validate(**given))
    return [result.failed for result in found.results]


def by_polars(path: Path) -> list[int]:
    """The reading that lists the failing rows."""
    from audit.reliability import check

    return [result.failed for result in check(**_suite(path)).results]


def _suite(path: Path) -> dict[str, Any]:
    from audit.reliability import Check, Suite

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


DOES: dict[str, Callable[[Path], list[int]]] = {
    "audit": by_audit,
    "polars": by_polars,
    "pandas": by_pandas,
    "gx": by_gx,
    "pointblank": by_pointblank,
}


def child(way: str, path: Path) -> None:
    """Check in this process, and print what it took and how many units fail each check."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    warnings.simplefilter("ignore")  # peers warn of what they will change
    for library in ("pyarrow.parquet", *LIBRARIES[way]):  # before the clock starts
        import_module(library)
    began = perf_counter()
    failed = DOES[way](path)
    json.dump({"s": perf_counter() - began, "failed": failed}, sys.stdout)


def run(way: str, path: Path) -> tuple[float, list[int], Took]:
    """Seconds of work, the failing units of each check, and what the process took."""
    took = process([sys.executable, __file__, "--child", way, str(path)])
    told = json.loads(took.said)
    return told["s"], told["failed"], took


def main() -> None:
    """Check several times, in turn, and write what it took; refuse where the counts differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--write", type=Path, default=PAGES / "checks.md", help="page to write")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        way, path = given.child
        made(Path(path), given.rows) if way == "made" else child(way, Path(path))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cases.parquet"
        process([sys.executable, __file__, "--child", "made", str(path), "--rows", str(given.rows)])  # its memory apart
        turns = [{way: run(way, path) for way in WAYS} for _ in range(given.runs)]
    counts = {way: failed for way, (_, failed, _) in turns[0].items()}
    if any(failed != counts["audit"] for failed in counts.values()):
        raise SystemExit(f"the counts differ: {counts}")
    seconds = {way: median(turn[way][0] for turn in turns) for way in WAYS}
    lines = ["| | s | this project = 1 | peak memory, MB |", "| --- | --: | --: | --: |"]
    for way, words in WAYS.items():
        memory = median(turn[way][2].memory for turn in turns)
        lines.append(f"| {words} | {seconds[way]:.2f} | {seconds[way] / seconds['audit']:.2f} | {memory:,.0f} |")
    text = f"""# Benchmark: data checks

Written by `make bench`. {len(CHECKS)} checks of one Parquet file of {given.rows:,} rows: a column filled, a key never
repeated and spelt as declared, an office of a list, an amount within bounds, one day on or after another.
{medians(given.runs)}, each in a process of its own, in turn. The clock starts when the libraries are loaded, and covers
reading the file. All count the same failing rows, {sum(counts["audit"]):,} together, or this page is not written.

{chr(10).join(lines)}
"""
    ratios = {way: (seconds["audit"], seconds[way]) for way in ("pandas", "gx", "pointblank")}
    packages = machine("polars", "pandas", "great-expectations", "pointblank", "audit")
    write(given.write, text, ratios, runs=given.runs, machine=packages)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
