"""How long a draw, a month and a whole year take on each engine, beside a bare scan; all must find the same.

`python benchmarks/engines.py` starts a Spark master and two workers of one core each on this machine, prints a table
and writes docs/benchmarks/engines.md. Each run is a process of its own; the processes take turns.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import polars as pl
from machine import machine
from ratios import PAGES, PROJECT, medians, write

from audit.compliance import office_rates
from audit.sampling.selection.simple_random import rank_smallest_tickets
from audit.spark import draw
from audit.spark import session as spark
from audit.spark.engine import open_spark_engine
from audit.workflow import monthly_report, program_data
from audit.workflow.engine import Engine, LocalEngine
from audit.workflow.population_assessment import publish_population

sys.path.insert(0, str(PROJECT))
from tests.cluster import begun

PROGRAM, DATA = "secure_communities", PROJECT / "data" / "generated" / "secure_communities"
MATCHES, PERIOD = DATA / "matches.parquet", "2011-09"
SEED = "2011-FY 766 | dice 4 1 6 2 5 3"
TASKS = {
    "scan": "Bare scan: the largest value of every column of every table",
    "draw": "Draw 766 of all matches",
    "stratified": "Draw 40 of each office",
    "compliance": "Read as declared, link, and count a month",
    "assess": "Read as declared, link, and assess every match, explanations stored",
}
ENGINES = {"scan": ("polars",), "draw": ("polars", "DuckDB", "Spark"), "stratified": ("polars", "DuckDB", "Spark")}
BOTH = ("polars", "Spark")
RATIOS = {
    "draw": ("draw", "polars", "DuckDB"),
    "month": ("compliance", "Spark", "polars"),
    "assess": ("assess", "Spark", "polars"),
}


def child(task: str, engine: str, master: str, folder: Path) -> None:
    """Do one task in this process, and print what it took and what came out."""
    began = perf_counter()
    found = _scan() if task == "scan" else _drawn(task, engine, master) if engine in ENGINES.get(task, ()) else None
    if found is None:
        given: dict[str, Any] = {"data": DATA, "reports": folder / engine}
        found = (_month if task == "compliance" else _year)(None if engine == "polars" else master, given)
    json.dump({"s": perf_counter() - began, "digest": found[:12]}, sys.stdout)


def _scan() -> str:
    tables = [pl.scan_parquet(path) for path in sorted(DATA.glob("*.parquet"))]
    pl.collect_all([table.select(pl.all().max()) for table in tables], engine="streaming")
    return ""


def _drawn(task: str, engine: str, master: str) -> str:
    keys = {"DuckDB": _by_duckdb, "polars": _by_polars}.get(engine, _by_spark)(task, master)
    return hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()


def _by_polars(task: str, _: str) -> list[str]:
    rows = pl.scan_parquet(MATCHES).select(key="match_id", stratum="office").collect()
    if task == "draw":
        return rank_smallest_tickets(rows.with_columns(stratum=pl.lit(None, pl.String)), {None: 766}, seed=SEED)[
            "key"
        ].to_list()
    return rank_smallest_tickets(rows, dict.fromkeys(rows["stratum"].unique(), 40), seed=SEED)["key"].to_list()


def _by_duckdb(task: str, _: str) -> list[str]:
    import duckdb

    keys = f"(select match_id as key, office, sha256('{SEED}|' || match_id) as ticket from '{MATCHES}')"
    rank = "row_number() over (partition by office order by ticket, key)"
    how = "order by ticket, key limit 766" if task == "draw" else f"qualify {rank} <= 40"
    return [key for (key,) in duckdb.sql(f"select key from {keys} {how}").fetchall()]


def _by_spark(task: str, master: str) -> list[str]:
    with spark.open_session(master) as session:
        from pyspark.sql import functions as f

        rows = session.read.parquet(str(MATCHES)).select(
            f.col("match_id").alias("key"), f.col("office").alias("stratum")
        )
        if task == "draw":
            rows = rows.withColumn("stratum", f.lit(None).cast("string"))
            return draw.draw_smallest_on_spark(rows, {None: 766}, seed=SEED)["key"].to_list()
        offices = spark.collect_arrow_table(rows.select("stratum").distinct()).column(0).to_pylist()
        return draw.draw_smallest_on_spark(rows, dict.fromkeys(offices, 40), seed=SEED)["key"].to_list()


def _month(master: str | None, given: dict[str, Any]) -> str:
    with _engine(master, given) as engine:
        period, as_of = monthly_report.resolve_report_period(engine, PERIOD)
        found = monthly_report.rate_offices_in_period(engine, period=period, as_of=as_of)
    assert isinstance(found[0], office_rates.MeasureResult)
    return hashlib.sha256(repr(found).encode()).hexdigest()


def _year(master: str | None, given: dict[str, Any]) -> str:
    with _engine(master, given) as engine:
        _, found = publish_population(engine, given["reports"])
    return found.digest


@contextmanager
def _engine(master: str | None, given: dict[str, Any]) -> Iterator[Engine]:
    """The program on this machine, or on the cluster of a master."""
    if master:
        with open_spark_engine(PROGRAM, master, **given) as engine:
            yield engine
    else:
        yield LocalEngine(audit=program_data.read_program_data(PROGRAM, data=given["data"], named_only=True))


def run(task: str, engine: str, master: str, folder: Path, cluster: list[int]) -> tuple[float, str, float]:
    """Seconds of work, digest of what was found, and peak memory of all processes together in MB."""
    words = [sys.executable, __file__, "--child", task, engine, master, str(folder)]
    peak, over = [0.0], threading.Event()
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:

        def watch() -> None:
            while not over.wait(0.1):
                peak[0] = max(peak[0], _memory({process.pid, *(cluster if engine == "Spark" else ())}))

        threading.Thread(target=watch, daemon=True).start()
        assert process.stdout
        told = json.loads(process.stdout.read() or "{}")
        over.set()
    if process.returncode:
        raise SystemExit(f"{engine} failed at {task}")
    return told["s"], told["digest"], peak[0]


def _memory(roots: set[int]) -> float:
    """MB that these processes and all that they have begun hold."""
    parents, held = {}, {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            said = dict(line.split(":", 1) for line in (path / "status").read_text().splitlines() if ":" in line)
        except OSError:
            continue
        parents[int(path.name)] = int(said["PPid"])
        held[int(path.name)] = int(said.get("VmRSS", "0 kB").split()[0]) / 1024
    ours = set(roots)
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return sum(held.get(pid, 0.0) for pid in ours)


def main() -> None:
    """Do every task on every engine, in turn, and write what it took; refuse where they differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--write", type=Path, default=PAGES / "engines.md", help="page to write")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        task, engine, master, where = given.child
        child(task, engine, master, Path(where))
        return
    if not DATA.exists():
        program_data.generate_tables(program_data.read_program_by_name(PROGRAM), DATA)
    found: dict[tuple[str, str], list[tuple[float, str, float]]] = {}
    with tempfile.TemporaryDirectory() as made, begun(Path(made)) as cluster:
        pids = [process.pid for process in (cluster.master, *cluster.workers)]
        for _ in range(given.runs):
            for task in TASKS:
                for engine in ENGINES.get(task, BOTH):
                    one = run(task, engine, cluster.url, Path(made) / "out", pids)
                    sys.stderr.write(f"{task}, {engine}: {one}\n")
                    found.setdefault((task, engine), []).append(one)
    seconds = {way: median(s for s, *_ in runs) for way, runs in found.items()}
    scan = seconds["scan", "polars"]
    lines = [
        "| task | engine | s | times the scan | peak memory, MB | digest |",
        "| --- | --- | --: | --: | --: | --- |",
    ]
    for (task, engine), runs in found.items():
        digests = {digest for (other, _), several in found.items() if other == task for _, digest, _ in several}
        if len(digests) > 1:
            raise SystemExit(f"the engines differ at {task}")
        s, memory = seconds[task, engine], median(one[2] for one in runs)
        lines.append(f"| {TASKS[task]} | {engine} | {s:.1f} | {s / scan:,.0f} | {memory:,.0f} | {runs[0][1] or '–'} |")
    text = f"""# Benchmark: engines

Written by `python benchmarks/engines.py`. The year of the reference program, 349,369 matches with their persons,
encounters, dispositions, actions, charges, convictions and history.
{medians(given.runs)}, each in a process of its own, in turn. Python's start and the imports are left out; Spark's
session is not, for every verb begins one. Spark is a standalone master with two workers of one core each, all on this
machine, so it has no more processors than polars and DuckDB: what this page shows of it is that it finds the same, and
what it costs to begin. Its memory is that of the driver, the master, the workers and all they started. All engines find
the same, or this page is not written.

{chr(10).join(lines)}
"""
    ratios = {id: (seconds[task, ours], seconds[task, other]) for id, (task, ours, other) in RATIOS.items()}
    packages = machine("polars", "duckdb", "pyspark", "audit-toolkit")
    write(given.write, text, ratios, runs=given.runs, machine=packages)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
