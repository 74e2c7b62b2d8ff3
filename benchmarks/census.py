"""How long the census of a month takes, beside pandas and polars doing the same group-by on the same file.

`python benchmarks/census.py` prints a table and writes docs/benchmarks/census.md. Each run is a process of its own;
the processes take turns.
"""

import argparse
import datetime as dt
import json
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import polars as pl
from machine import Took, machine, process
from ratios import PAGES, medians, write

MONTH, AS_OF, GRACE = "2025-09", dt.date(2025, 10, 20), 30
DAYS = dt.date(2025, 9, 1), dt.date(2025, 9, 30)
OFFICES = [f"{n:02}" for n in range(25)]
WAYS = {
    "audit": "This project: the state of every unit of the year, rates and limits of every office in the month",
    "pandas": "pandas: the state of every unit of the year, the group-by of the month",
    "polars": "polars: the same group-by",
}
LIBRARIES = {"audit": ("audit.compliance", "audit.linkage"), "pandas": ("pandas", "pyarrow.parquet"), "polars": ()}
Counts = dict[str, list[int]]  # office → units due, and of these documented in time


def made(path: Path, rows: int) -> None:
    """Write the table: the units of a year, nine in ten documented, some of them late."""
    random = np.random.default_rng(2011)
    received = pl.lit(dt.date(2024, 10, 1)) + pl.duration(days=pl.Series(random.integers(0, 365, rows)))
    late = pl.duration(days=pl.Series(random.integers(0, 60, rows)))
    pl.select(
        case_id=pl.Series(np.arange(rows)).cast(pl.String).str.zfill(9),
        office=pl.Series(random.integers(0, 25, rows)).cast(pl.String).str.zfill(2),
        received=received,
        documented=pl.when(pl.Series(random.random(rows) < 0.9)).then(received + late),
    ).write_parquet(path)


def by_audit(path: Path) -> Counts:
    """As `audit compliance` counts."""
    from audit.census import Census, Measure, Need, units
    from audit.compliance import rates
    from audit.linkage import link

    need = Need(field="documented", label="record", entered="documented")
    measure = Measure(id="m", title="Documented", needs=(need,), authority="Made up", grace_days=(GRACE,))
    census = Census(table="cases", unit="case_id", office="office", date="received", measures=(measure,))
    linked = link(pl.scan_parquet(path), {}, (), unit="case_id", date="received", as_of=AS_OF)
    (found,) = rates(
        units(linked, census, as_of=AS_OF), census, period=MONTH, offices={code: f"Office {code}" for code in OFFICES}
    )
    return {one.office: [one.due, one.compliant] for one in found.offices}


def by_pandas(path: Path) -> Counts:
    """The same by hand: what was entered later is not known, and what is not there may still come in time."""
    import pandas as pd

    columns = ["office", "received", "documented"]
    rows = pd.read_parquet(path, columns=columns, to_pandas_kwargs={"date_as_object": False})
    ends, now = rows["received"] + pd.Timedelta(days=GRACE), pd.Timestamp(AS_OF)
    there = rows["documented"] <= now
    rows["due"], rows["compliant"] = there | (ends <= now), there & (rows["documented"] <= ends)
    month = rows[rows["received"].between(*map(pd.Timestamp, DAYS))]
    counts = month.groupby("office")[["due", "compliant"]].sum()
    return {office: [int(due), int(compliant)] for office, due, compliant in counts.itertuples()}


def by_polars(path: Path) -> Counts:
    """The same in one query."""
    ends = pl.col("received") + pl.duration(days=GRACE)
    there = (pl.col("documented") <= AS_OF).fill_null(False)
    found = (
        pl.scan_parquet(path)
        .filter(pl.col("received").is_between(*DAYS))
        .select("office", due=there | (ends <= AS_OF), compliant=there & (pl.col("documented") <= ends))
        .group_by("office")
        .sum()
        .sort("office")
        .collect()
    )
    return {office: one for office, *one in found.iter_rows()}


def child(way: str, path: Path) -> None:
    """Count in this process, and print what it took and what came out."""
    for library in LIBRARIES[way]:  # before the clock starts
        import_module(library)
    began = perf_counter()
    counts = {"audit": by_audit, "pandas": by_pandas, "polars": by_polars}[way](path)
    json.dump({"s": perf_counter() - began, "counts": counts}, sys.stdout)


def run(way: str, path: Path) -> tuple[float, Counts, Took]:
    """Seconds of work, the counts, and what the process took."""
    took = process([sys.executable, __file__, "--child", way, str(path)])
    told = json.loads(took.said)
    return told["s"], told["counts"], took


def main() -> None:
    """Count several times, in turn, and write what it took; refuse where the counts differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--write", type=Path, default=PAGES / "census.md", help="page to write")
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
    counts = {way: found for way, (_, found, _) in turns[0].items()}
    if any(found != counts["audit"] for found in counts.values()):
        raise SystemExit(f"the counts differ: {counts}")
    seconds = {way: median(turn[way][0] for turn in turns) for way in WAYS}
    lines = ["| | s | pandas = 1 | peak memory, MB |", "| --- | --: | --: | --: |"]
    for way, words in WAYS.items():
        memory = median(turn[way][2].memory for turn in turns)
        lines.append(f"| {words} | {seconds[way]:.2f} | {seconds[way] / seconds['pandas']:.2f} | {memory:,.0f} |")
    text = f"""# Benchmark: the census

Written by `make bench`. Of {given.rows:,} units of a year in one Parquet file, how many of a month are due and how many
documented in time, in each of {len(OFFICES)} offices. {medians(given.runs)}, each in a process of its own, in
turn. The clock starts when the libraries are loaded, and covers reading the file. All give the same counts, or this
page is not written.

{chr(10).join(lines)}
"""
    ratios = {way: (seconds["audit"], seconds[way]) for way in ("pandas", "polars")}
    write(given.write, text, ratios, runs=given.runs, machine=machine("polars", "pandas", "audit"))
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
