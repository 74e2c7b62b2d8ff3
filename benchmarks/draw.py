"""How long it takes to draw from ten million keys, beside DuckDB and Python's hashlib drawing the same.

`python benchmarks/draw.py` prints a table and writes docs/benchmarks/draw.md. Each run is a process of its own; the
processes take turns.
"""

import argparse
import hashlib
import json
import sys
import tempfile
from heapq import nsmallest
from pathlib import Path
from statistics import median
from time import perf_counter

import polars as pl
from machine import machine, process
from ratios import PAGES, medians, write

from audit.sampling.selection.simple_random import rank_smallest_tickets

SEED = "2011-FY 766 | dice 4 1 6 2 5 3"
DRAWS = {"766 of all": 766, "40 of each of 25 offices": 40}
IDS = ("all", "offices")
ENGINES = ("audit", "DuckDB", "hashlib")
TICKET = f"sha256('{SEED}|' || key)"


def made(path: Path, rows: int) -> None:
    """Write the keys, each with an office."""
    number = pl.int_range(rows)
    key = pl.format("M-{}", number.cast(pl.String).str.zfill(9))
    pl.select(key=key, office=(number * 7919 % 25).cast(pl.String).str.zfill(2)).write_parquet(path)


def drawn(engine: str, draw: str, path: Path) -> list[str]:
    """The keys drawn, in order of their own bytes."""
    return sorted({"audit": _audit, "DuckDB": _duckdb, "hashlib": _hashlib}[engine](draw, path))


def _audit(draw: str, path: Path) -> list[str]:
    keys = pl.read_parquet(path)
    if draw == "766 of all":
        cases, takes = keys.select("key", stratum=pl.lit(None, pl.String)), {None: DRAWS[draw]}
    else:
        cases = keys.select("key", stratum="office")
        takes = dict.fromkeys(sorted(keys["office"].unique()), DRAWS[draw])
    return rank_smallest_tickets(cases, takes, seed=SEED)["key"].to_list()


def _duckdb(draw: str, path: Path) -> list[str]:
    import duckdb

    keys = f"(select key, office, {TICKET} as ticket from '{path}')"
    if draw == "766 of all":
        query = f"select key from {keys} order by ticket, key limit {DRAWS[draw]}"
    else:
        rank = "row_number() over (partition by office order by ticket, key)"
        query = f"select key from {keys} qualify {rank} <= {DRAWS[draw]}"
    return [key for (key,) in duckdb.sql(query).fetchall()]


def _hashlib(draw: str, path: Path) -> list[str]:
    parts = pl.read_parquet(path)
    groups = [parts] if draw == "766 of all" else parts.partition_by("office")
    found = []
    for part in groups:
        tickets = ((hashlib.sha256(f"{SEED}|{key}".encode()).hexdigest(), key) for key in part["key"])
        found += [key for _, key in nsmallest(DRAWS[draw], tickets)]
    return found


def child(engine: str, draw: str, path: Path) -> None:
    """Draw in this process, and print what it took and what came out."""
    if engine == "DuckDB":
        import duckdb  # noqa: F401  # loaded before the clock starts, as polars is
    began = perf_counter()
    keys = drawn(engine, draw, path)
    took = perf_counter() - began
    json.dump({"s": took, "digest": hashlib.sha256("\n".join(keys).encode()).hexdigest()[:12]}, sys.stdout)


def run(engine: str, draw: str, path: Path) -> tuple[float, str, float]:
    """Seconds of work, digest of the sample, peak memory in MB."""
    took = process([sys.executable, __file__, "--child", engine, draw, str(path)])
    told = json.loads(took.said)
    return told["s"], told["digest"], took.memory


def main() -> None:
    """Draw several times, in turn, and write what it took; refuse where the samples differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--write", type=Path, default=PAGES / "draw.md", help="page to write")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        engine, draw, path = given.child
        child(engine, draw, Path(path))
        return
    found: dict[tuple[str, str], list[tuple[float, str, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "keys.parquet"
        made(path, given.rows)
        for _ in range(given.runs):
            for draw in DRAWS:
                for engine in ENGINES:
                    found.setdefault((draw, engine), []).append(run(engine, draw, path))
    seconds = {way: median(s for s, _, _ in runs) for way, runs in found.items()}
    lines = [
        "| draw | by | s | DuckDB = 1 | peak memory, MB | digest of the sample |",
        "| --- | --- | --: | --: | --: | --- |",
    ]
    for (draw, engine), runs in found.items():
        digests = {digest for other in ENGINES for _, digest, _ in found[draw, other]}
        if len(digests) > 1:
            raise SystemExit(f"the samples of {draw} differ")
        s, memory = seconds[draw, engine], median(memory for _, _, memory in runs)
        times = f"{s:.2f} | {s / seconds[draw, 'DuckDB']:.2f} | {memory:,.0f}"
        lines.append(f"| {draw} | {engine} | {times} | {digests.pop()} |")
    text = f"""# Benchmark: drawing

Written by `make bench`. Samples by ticket from {given.rows:,} keys in a Parquet file; {medians(given.runs).lower()},
each in a process of its own, in turn. The clock starts when the libraries are loaded. All three draw the same cases,
or this page is not written.

{chr(10).join(lines)}
"""
    ratios = {id: (seconds[draw, "audit"], seconds[draw, "DuckDB"]) for id, draw in zip(IDS, DRAWS, strict=True)}
    packages = machine("polars", "polars-hash", "duckdb", "audit-toolkit")
    write(given.write, text, ratios, runs=given.runs, machine=packages)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
