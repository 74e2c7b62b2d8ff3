"""How long a month's report takes on ten million rows of thirty columns, beside a bare scan of the same file.

`python benchmarks/month.py` prints a table and writes docs/benchmarks/month.md. Each run is a process of its own.
"""

import argparse
import json
import sys
import tempfile
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import polars as pl
from machine import machine, process
from ratios import PAGES, medians, write

from audit import engagement, publication

OTHERS = {"integer": 8, "number": 5, "yes_no": 5, "date": 4, "text": 3}  # columns beside the five that are used
USED = ("case_id", "office", "received", "documented", "integer_0")
PARTS = {
    "scan": "Scan: the largest value of each of the 30 columns",
    "scan of the used": "Scan: that of each of the five columns used",
    "read": "Read the table as declared: every cell judged, keys compared, the columns named kept",
    "check": "Check it by Great Expectations and by polars: keys unique, a column within bounds",
    "count": "Link and count every case of the year, in whose last month the report is",
    "assemble": "Rates of 25 offices in 12 months, open items, the record",
}
PROGRAM = """
name = "wide"
title = "Wide"
about = "A made-up table"
authority = "Made up"
unit = ["case", "cases"]
office = "office"
[tables.cases]
file = "cases.parquet"
key = ["case_id"]
[tables.cases.columns]
case_id = { required = true }
office = { type = "office", required = true }
received = { type = "date", required = true }
person_id = {}
documented = { type = "date" }
OTHERS
[census]
table = "cases"
unit = "case_id"
office = "office"
date = "received"
[[census.measures]]
id = "documented"
title = "Documented"
authority = "Made up"
grace_days = [30]
needs = [{ field = "documented", label = "record", dated = "documented" }]
"""
SUITE = """
name: cases
expectations:
  - type: expect_column_values_to_be_unique
    kwargs: {column: case_id}
    meta: {why: a case may be counted once}
  - type: expect_column_values_to_be_between
    kwargs: {column: integer_0, min_value: 0}
    severity: warning
    meta: {why: an amount is not negative}
"""


def made(folder: Path, rows: int) -> None:
    """Write the program and its table."""
    random = np.random.default_rng(2011)
    number = pl.Series(np.arange(rows))
    received = pl.lit(date(2024, 10, 1)) + pl.duration(days=pl.Series(random.integers(0, 365, rows)))
    late = pl.duration(days=pl.Series(random.integers(0, 60, rows)))
    table = pl.select(
        case_id=pl.lit(number.cast(pl.String).str.zfill(9)),
        office=pl.lit(pl.Series(random.integers(0, 25, rows)).cast(pl.String).str.zfill(2)),
        received=received,
        person_id=pl.lit(pl.Series(random.integers(0, rows // 2 + 1, rows)).cast(pl.String)),
    ).with_columns(documented=pl.when(pl.Series(random.random(rows) < 0.9)).then(pl.col("received") + late))
    for kind, several in OTHERS.items():
        for n in range(several):
            drawn = (
                pl.Series(random.random(rows))
                if kind == "number"
                else pl.Series(random.integers(0, 10 ** (n + 1), rows))
            )
            values = {"yes_no": drawn % 2 == 0, "text": drawn.cast(pl.String)}.get(kind, drawn)
            values = pl.col("received") + pl.duration(days=n) if kind == "date" else pl.lit(values)
            table = table.with_columns(values.alias(f"{kind}_{n}"))
    declared = [f'{kind}_{n} = {{ type = "{kind}" }}' for kind, several in OTHERS.items() for n in range(several)]
    offices = "".join(f"{n:02},Office {n:02},{n:02},,\n" for n in range(25))
    (folder / "expectations").mkdir(parents=True)
    (folder / "program.toml").write_text(PROGRAM.replace("OTHERS", "\n".join(declared)), encoding="utf-8")
    (folder / "offices.csv").write_text(f"code,name,alias,since,until\n{offices}", encoding="utf-8")
    (folder / "expectations" / "cases.yaml").write_text(SUITE, encoding="utf-8")
    table.write_parquet(folder / "cases.parquet")


def child(part: str, folder: Path, rows: int) -> None:
    """Make the table, do a scan, or the whole month, in this process, and print what each part took."""
    began, took = perf_counter(), {}

    def clock(name: str) -> None:
        nonlocal began
        took[name], began = perf_counter() - began, perf_counter()

    if part == "made":
        made(folder, rows)
    elif part != "month":
        columns = pl.col(USED) if part == "scan of the used" else pl.all()
        pl.scan_parquet(folder / "cases.parquet").select(columns.max()).collect(engine="streaming")
        clock(part)
    else:
        work = engagement.begin(str(folder), data=folder, named_only=True)
        clock("read")
        checks = engagement.checked(work)
        clock("check")
        period, as_of = publication.period_of(work, "2025-09")
        counts, _ = publication.returned(work, period=period, as_of=as_of)
        clock("count")
        publication.reported(work, period=period, as_of=as_of, found=checks, audit=None, counts=counts)
        clock("assemble")
    json.dump(took, sys.stdout)


def run(part: str, folder: Path, rows: int) -> tuple[dict[str, float], float]:
    """What each part took in a process of its own, and its peak memory in MB."""
    took = process([sys.executable, __file__, "--child", part, "--folder", str(folder), "--rows", str(rows)])
    return json.loads(took.said), took.memory


def main() -> None:
    """Run everything several times, in turn, and write what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--write", type=Path, default=PAGES / "month.md", help="page to write")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        return child(given.child, given.folder, given.rows)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "wide"
        run("made", folder, given.rows)  # apart, since a process counts as its own what its parent had at its birth
        size = (folder / "cases.parquet").stat().st_size / 1e6
        runs = [
            {part: run(part, folder, given.rows) for part in ("scan", "scan of the used", "month")}
            for _ in range(given.runs)
        ]
    took = {part: median(told[part] for one in runs for told, _ in one.values() if part in told) for part in PARTS}
    month = sum(seconds for part, seconds in took.items() if not part.startswith("scan"))
    memory = {part: median(one[part][1] for one in runs) for part in runs[0]}
    lines = ["| | s | times the scan |", "| --- | --: | --: |"]
    for part, seconds in {**took, "month": month}.items():
        words = PARTS.get(part, "**The month, without its figures and files**")
        lines.append(f"| {words} | {seconds:.1f} | {seconds / took['scan']:.1f} |")
    text = f"""# Benchmark: a month of a large table

Written by `make bench`. {given.rows:,} rows of 30 columns in one Parquet file of {size:,.0f} MB; 25 offices, 12 months.
{medians(given.runs)}; the scans and the month are processes of their own.

{chr(10).join(lines)}

Peak memory: {memory["month"]:,.0f} MB for the month, {memory["scan"]:,.0f} MB for the scan. Python's start and the
imports are in none of these, save that of Great Expectations (3 to 4 s), which is in the check.
"""
    ratios = {"time": (month, took["scan"]), "memory": (memory["month"], 1_000)}  # of 1 GB
    write(given.write, text, ratios, runs=given.runs, machine=machine("polars", "audit"))
    sys.stdout.write("\n".join(lines) + "\n")
    return None


if __name__ == "__main__":
    main()
