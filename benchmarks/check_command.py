"""How long `audit check` takes as a command, beside pointblank and Great Expectations doing the same in a script.

`python benchmarks/check_command.py` prints a table and writes docs/benchmarks/check_command.md. It needs the dependency
group `bench`. Each run is a whole process, from its start to its end; the processes take turns.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import polars as pl
from machine import Took, machine, process
from ratios import PAGES, medians, write

AUDIT = str(Path(sys.executable).with_name("audit"))
ROWS = 350_000
OFFICES = [f"{n:02}" for n in range(25)]
STATES = ["closed", "open"]
PROGRAM = """
[tables.cases]
file = "cases.csv"
key = ["case_id"]
[tables.cases.columns]
case_id = { required = true }
office = {}
state = {}
opened = { type = "date" }
closed = { type = "date" }

[tables.offices_ref]
file = "offices_ref.csv"
key = ["code"]
[tables.offices_ref.columns]
code = { required = true }
"""
SUITE = """
name: cases
expectations:
  - {type: expect_column_values_to_not_be_null, kwargs: {column: case_id}}
  - {type: expect_column_values_to_be_in_set, kwargs: {column: office in offices_ref, value_set: [true]}}
  - {type: expect_column_values_to_be_in_set, kwargs: {column: state, value_set: [open, closed]}}
  - {type: expect_column_values_to_not_be_null, kwargs: {column: closed, mostly: 0.9}, severity: warning}
  - type: expect_column_pair_values_a_to_be_greater_than_b
    kwargs: {column_A: closed, column_B: opened, or_equal: true, ignore_row_if: either_value_is_missing}
"""
PARTS = {
    "alone": "`audit check --no-confirm`",
    "pointblank": "pointblank in a script of its own",
    "both": "`audit check`: read by polars and again by Great Expectations",
    "gx": "Great Expectations in a script of its own",
}


def lay(folder: Path) -> None:
    """Write the program and its tables: in `state`, `office` and `closed` some rows are wrong, and a few are blank."""
    random = np.random.default_rng(2011)
    number = pl.Series(np.arange(ROWS))
    opened = pl.date(2024, 10, 1) + pl.duration(days=pl.Series(random.integers(0, 365, ROWS)))
    closed = opened + pl.duration(days=pl.Series(random.integers(0, 90, ROWS)))
    office = pl.Series(random.integers(0, 25, ROWS)).cast(pl.String).str.zfill(2)
    late = pl.when(number % 29_167 == 5).then(opened - pl.duration(days=1)).otherwise(closed)
    cases = pl.select(
        case_id=pl.format("C-{}", number.cast(pl.String).str.zfill(9)),
        office=pl.when(number % 50_001 == 3).then(pl.lit("99")).otherwise(office),
        state=pl.when(number % 87_500 == 7).then(pl.lit("lost")).otherwise(pl.lit("open")),
        opened=opened,
        closed=pl.when(number % 20 != 0).then(late),
    )
    (folder / "expectations").mkdir(parents=True)
    (folder / "program.toml").write_text(PROGRAM, encoding="utf-8")
    (folder / "expectations" / "cases.yaml").write_text(SUITE, encoding="utf-8")
    cases.write_csv(folder / "cases.csv")
    pl.DataFrame({"code": OFFICES}).write_csv(folder / "offices_ref.csv")


def by_pointblank(folder: Path) -> list[int]:
    """The same checks as pointblank has them; that of the key is among them, for a table's key is always checked."""
    import pointblank as pb

    rows = pl.read_csv(folder / "cases.csv", try_parse_dates=True, schema_overrides={"office": pl.String})
    offices = pl.read_csv(folder / "offices_ref.csv", schema_overrides={"code": pl.String})["code"].to_list()
    steps = (
        pb.Validate(rows)
        .col_vals_not_null("case_id")
        .col_vals_in_set("office", offices)
        .col_vals_in_set("state", STATES)
        .col_vals_not_null("closed")
        .col_vals_ge("closed", pb.col("opened"), na_pass=True)
        .rows_distinct(["case_id"])
        .interrogate()
    )
    return [*steps.n_failed().values()][:5]


def by_gx(folder: Path) -> list[int]:
    """The same checks as Great Expectations has them, the reference as a set of values."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    import pandas as pd
    from great_expectations.data_context.types.base import ProgressBarsConfig

    rows = pd.read_csv(folder / "cases.csv", dtype={"office": str}, parse_dates=["opened", "closed"])
    offices = pd.read_csv(folder / "offices_ref.csv", dtype=str)["code"].tolist()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    pair = {"column_A": "closed", "column_B": "opened", "or_equal": True, "ignore_row_if": "either_value_is_missing"}
    kwargs: list[tuple[str, dict[str, Any]]] = [
        ("expect_column_values_to_not_be_null", {"column": "case_id"}),
        ("expect_column_values_to_be_in_set", {"column": "office", "value_set": offices}),
        ("expect_column_values_to_be_in_set", {"column": "state", "value_set": STATES}),
        ("expect_column_values_to_not_be_null", {"column": "closed", "mostly": 0.9}),
        ("expect_column_pair_values_a_to_be_greater_than_b", pair),
        ("expect_column_values_to_be_unique", {"column": "case_id"}),
    ]
    checks = [{"type": type, "kwargs": one, "meta": {"number": n}} for n, (type, one) in enumerate(kwargs)]
    suite = context.suites.add(gx.ExpectationSuite(name="cases", expectations=checks))
    asset = context.data_sources.add_pandas("tables").add_dataframe_asset("cases")
    batch = asset.add_batch_definition_whole_dataframe("whole")
    definition = context.validation_definitions.add(gx.ValidationDefinition(name="cases", data=batch, suite=suite))
    found = definition.run(batch_parameters={"dataframe": rows})
    counts = {one.expectation_config.meta["number"]: one.result["unexpected_count"] for one in found.results}
    return [counts[number] for number in range(5)]


PEERS: dict[str, Callable[[Path], list[int]]] = {"pointblank": by_pointblank, "gx": by_gx}


def run(part: str, folder: Path) -> Took:
    """One part in a process of its own."""
    if part in PEERS:
        return process([sys.executable, "-W", "ignore", __file__, "--child", part, str(folder)])
    words = [AUDIT, "check", str(folder), "--data", str(folder), "--json", "--quiet"]
    return process([*words, *(["--no-confirm"] if part == "alone" else [])], code=1)


def failing(part: str, took: Took) -> list[int]:
    """How many rows failed each check, as the part printed it."""
    said = json.loads(took.said)
    return said if part in PEERS else [one["failed"] for one in said["checks"]]


def table(runs: Mapping[str, list[Took]]) -> str:
    """The medians, a part a row."""
    lines = ["| | processor, s | whole process, s | peak memory, MB |", "| --- | --: | --: | --: |"]
    for part, of in runs.items():
        cpu, whole, memory = (median(getattr(one, name) for one in of) for name in ("processor", "whole", "memory"))
        lines.append(f"| {PARTS[part]} | {cpu:.2f} | {whole:.2f} | {memory:,.0f} |")
    return "\n".join(lines)


def main() -> None:
    """Check several times, in turn, and write what it took; refuse where the counts of failing rows differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="how many processes of each")
    parser.add_argument("--write", type=Path, default=PAGES / "check_command.md", help="page to write")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        part, place = given.child
        json.dump(PEERS[part](Path(place)) if part in PEERS else lay(Path(place)), sys.stdout)
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "cases_alone"
        process([sys.executable, __file__, "--child", "lay", str(folder)])  # its memory apart
        turns = [{part: run(part, folder) for part in PARTS} for _ in range(given.runs)]
    found = {part: failing(part, took) for part, took in turns[0].items()}
    if len({tuple(one) for one in found.values()}) != 1:
        raise SystemExit(f"what is found differs: {found}")
    runs = {part: [turn[part] for turn in turns] for part in PARTS}
    text = f"""# Benchmark: the command that checks

Written by `make bench`. {ROWS:,} rows of CSV with a key, a reference, a set of values, a column that is nine tenths
filled and two days in their order. {medians(given.runs)}; each is a whole process, in turn. All find the same failing
rows, {sum(found["alone"]):,} together, or this page is not written.

{table(runs)}

Processor time is that of all cores together, and the ratios are of it.
"""
    took = {part: median(one.processor for one in several) for part, several in runs.items()}
    ratios = {"alone": (took["alone"], took["pointblank"]), "both": (took["both"], took["gx"])}
    packages = machine("polars", "great-expectations", "pointblank", "audit-toolkit")
    write(given.write, text, ratios, runs=given.runs, machine=packages)
    sys.stdout.write(f"{table(runs)}\n")


if __name__ == "__main__":
    main()
