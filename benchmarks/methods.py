"""How long the statistics take, beside packages and plain code that give the same answer.

`python benchmarks/methods.py` prints a table and writes docs/benchmarks/methods.md. It needs the dependency group
`bench`, and takes R's survey as a peer where Rscript has it. The ways of a task take turns, so that a slow minute of
the machine meets all of them; the first turn warms up, and holds every answer to ours.
"""

import argparse
import gc
import hashlib
import heapq
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from statistics import median
from time import perf_counter
from typing import Any

import consistent_sampler
import numpy as np
import polars as pl
import svy
from machine import machine
from ratios import PAGES, write
from scipy.stats import hypergeom

from audit.sampling.draw import draw_designed_sample
from audit.sampling.frame import build_sampling_frame
from audit.sampling.sample_size import plan_sample
from audit.sampling.selection.intervals import use_fixed_interval_sampling
from audit.statistics.intervals.exact import hypergeometric_limits
from audit.statistics.sizes.attribute import attribute_size
from audit.statistics.survey import domain_means, survey_design

ROWS, STRATA, OFFICES, DRAWN, SEED = 1_000_000, 10, 100, 1_000, "2026-11-24 5 3 1 6 2 4"
SURVEY = """
    suppressMessages(library(survey))
    options(digits = 15)
    rows <- read.csv(commandArgs(TRUE)[1])
    began <- proc.time()[["elapsed"]]
    design <- svydesign(ids = ~1, strata = ~stratum, weights = ~weight, fpc = ~size, data = rows)
    found <- svyby(~y, ~office, design, svymean)
    cat(proc.time()[["elapsed"]] - began, "\n", found$y, "\n", SE(found), "\n")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A peer's way to do a task."""

    id: str  # of its target
    name: str
    solve: Callable[[], Any]
    same: Callable[[Any, Any], bool] = np.array_equal  # whether its answer is ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """An answer that comes with the seconds it took: another process's start and reading are left out."""

    seconds: float
    answer: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be done, by this project and by its peers."""

    name: str
    ours: Callable[[], Any]
    peers: tuple[Way, ...]


def build_planning_task() -> Task:
    """Plan a sample: 5% tolerable, 3% expected, 95% confidence."""
    population, kind = 100_000, 5_000

    def textbook() -> int:
        n = 1
        while hypergeom.cdf(-(-3 * n // 100), population, kind, n) > 0.05:
            n += 1
        return n

    return Task(
        name="Plan the size of a sample from 100,000 cases: 5% tolerable, 3% expected, 95% confidence",
        ours=lambda: attribute_size(population, "0.05", "0.03", "0.95"),
        peers=(Way(id="size", name="scipy, a loop over sizes as in textbooks", solve=textbook),),
    )


def build_limits_task() -> Task:
    """Exact limits of 10,000 samples of 50 to 300 from 2,000."""
    random = np.random.default_rng(1)
    n = random.integers(50, 300, 10_000)
    x, population, risk = random.binomial(n, 0.1), 2_000, 0.025

    def upper(x: Any, n: Any) -> Any:
        low, high = x, population - n + x
        for _ in range(11):  # 2^11 > 2,000
            middle = (low + high + 1) // 2
            possible = hypergeom.cdf(x, population, middle, n) > risk
            low, high = np.where(possible, middle, low), np.where(possible, high, middle - 1)
        return low

    def one(x: int, n: int) -> int:
        low, high = x, population - n + x
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if hypergeom.cdf(x, population, middle, n) > risk else (low, middle - 1)
        return low

    def one_by_one() -> Any:
        pairs = list(zip(x.tolist(), n.tolist(), strict=True))
        return [population - one(n - x, n) for x, n in pairs], [one(x, n) for x, n in pairs]

    return Task(
        name="10,000 exact hypergeometric limits, two-sided, population 2,000",
        ours=lambda: hypergeometric_limits(x, n, np.full_like(n, population), "0.95"),
        peers=(
            Way(id="limits", name="scipy, halving for one limit after the other", solve=one_by_one),
            Way(
                id="limits_at_once",
                name="scipy, halving for all at once",
                solve=lambda: (population - upper(n - x, n), upper(x, n)),
            ),
        ),
    )


def build_means_task(folder: Path) -> Task:
    """Means with standard errors by office, from a stratified sample."""
    random = np.random.default_rng(2)
    stratum, office = random.integers(0, STRATA, ROWS), random.integers(0, OFFICES, ROWS)
    y = (random.random(ROWS) < 0.1).astype(float)
    drawn = np.bincount(stratum)
    sizes = drawn * np.arange(2, 2 + STRATA)
    rows = pl.DataFrame({"stratum": stratum, "office": office, "y": y}).with_columns(
        weight=(sizes / drawn)[stratum], size=sizes[stratum]
    )
    frame, weight, path = rows.to_pandas(), rows["weight"].to_numpy(), folder / "rows.csv"
    rows.write_csv(path)

    def ours() -> Any:
        return domain_means(survey_design(weight, stratum, population=sizes), y, office, OFFICES)[:2]

    def by_svy() -> Any:
        sample = svy.Sample(rows, svy.Design(stratum="stratum", wgt="weight", pop_size="size"))
        found = sample.estimation.mean("y", by="office").to_polars().sort("office")
        return found["est"].to_numpy(), found["se"].to_numpy()

    def by_survey() -> Timing:
        words = ["Rscript", "-e", SURVEY, str(path)]
        lines = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
        seconds, *found = (np.array(line.split(), dtype=float) for line in lines)
        return Timing(seconds=float(seconds[0]), answer=found)

    def by_pandas() -> Any:
        groups = frame.assign(wy=frame["weight"] * frame["y"]).groupby("office")[["wy", "weight"]].sum()
        return (groups["wy"] / groups["weight"]).to_numpy()

    peers = [Way(id="means_svy", name="svy, mean by", solve=by_svy, same=is_close)]
    if describe_r_survey():
        peers.append(Way(id="means_r", name="R survey, svyby", solve=by_survey, same=is_close))
    peers.append(
        Way(
            id="means_pandas",
            name="pandas groupby, without errors",
            solve=by_pandas,
            same=lambda ours, theirs: is_close(ours[0], theirs),
        )
    )
    name = f"Means of {OFFICES} offices with standard errors, {ROWS:,} rows drawn in {STRATA} strata"
    return Task(name=name, ours=ours, peers=tuple(peers))


def build_money_task() -> Task:
    """A draw by monetary unit."""
    amounts = np.random.default_rng(3).lognormal(12, 1.2, ROWS).astype(np.int64) + 1
    rows = pl.DataFrame({"key": [f"V{number:07}" for number in range(ROWS)], "amount": amounts})
    frame = build_sampling_frame(rows.lazy(), key="key", measure="amount")
    design = use_fixed_interval_sampling(frame, plan_sample(frame, size=DRAWN))
    table = rows.to_pandas()

    def by_svy() -> Any:
        return svy.Sample(rows, svy.Design(mos="amount")).sampling.pps_sys(n=DRAWN, rstate=7).data

    return Task(
        name=f"Draw {DRAWN:,} monetary units at intervals from {ROWS:,} rows, with probabilities",
        ours=lambda: draw_designed_sample(frame, design, seed=SEED).cases["hits"],
        peers=(
            Way(
                id="money_svy",
                name="svy, pps_sys",
                solve=by_svy,
                same=lambda ours, theirs: ours.sum() == theirs.height,
            ),
            Way(
                id="money_pandas",
                name="pandas sample by weight, no probabilities",
                solve=lambda: table.sample(DRAWN, weights="amount", random_state=7),
                same=lambda ours, theirs: ours.sum() == len(theirs),
            ),
        ),
    )


def build_ticket_task() -> Task:
    """A simple random sample by hash."""
    keys = [f"M{number:07}" for number in range(ROWS)]
    frame = build_sampling_frame(pl.LazyFrame({"key": keys}), key="key")
    design = plan_sample(frame, size=DRAWN)

    def by_hashlib() -> list[str]:
        return heapq.nsmallest(DRAWN, keys, key=lambda key: hashlib.sha256(f"{SEED}|{key}".encode()).digest())

    def by_sampler() -> list[Any]:
        return list(consistent_sampler.sampler(keys, SEED, take=DRAWN, output="id"))

    return Task(
        name=f"Tickets of {ROWS:,} keys, and the {DRAWN:,} smallest drawn",
        ours=lambda: draw_designed_sample(frame, design, seed=SEED).cases["key"].to_list(),
        peers=(
            Way(
                id="tickets_sampler",
                name="consistent_sampler (tickets of its own)",
                solve=by_sampler,
                same=lambda ours, theirs: len(ours) == len(theirs),
            ),
            Way(id="tickets_hashlib", name="hashlib and heapq, the same tickets", solve=by_hashlib),
        ),
    )


def is_close(ours: Any, theirs: Any) -> bool:
    """Whether numbers are the same to seven digits."""
    return bool(np.allclose(ours, theirs, rtol=1e-7, atol=0))


def describe_r_survey() -> str:
    """The versions of R and its package survey on this machine; blank without them."""
    code = "cat(sprintf('R %s, R survey %s', getRversion(), packageVersion('survey')))"
    if not which("Rscript"):
        return ""
    run = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False)
    return "" if run.returncode else run.stdout


def time_way(solve: Callable[[], Any]) -> Timing:
    """What a way answers, and how long it takes."""
    gc.collect()
    began = perf_counter()
    answer = solve()
    return answer if isinstance(answer, Timing) else Timing(seconds=perf_counter() - began, answer=answer)


def time_task(task: Task, runs: int) -> Iterator[tuple[Way, float, float]]:
    """Each peer with our median and its own, in seconds."""
    first = time_way(task.ours).answer
    for peer in task.peers:
        if not peer.same(first, time_way(peer.solve).answer):
            raise SystemExit(f"{task.name}: {peer.name} answers otherwise")
    ways = [task.ours, *(peer.solve for peer in task.peers)]
    turns = [[time_way(solve).seconds for solve in ways] for _ in range(runs)]
    ours, *theirs = (median(taken) for taken in zip(*turns, strict=True))
    for peer, seconds in zip(task.peers, theirs, strict=True):
        yield peer, ours, seconds


def format_table(results: Mapping[str, list[tuple[Way, float, float]]]) -> str:
    """The medians, a peer a row."""
    lines = ["| | s | peer | s | times as long |", "| --- | --: | --- | --: | --: |"]
    for task, peers in results.items():
        for place, (peer, ours, theirs) in enumerate(peers):
            first = f"{task} | {format_number(ours)}" if place == 0 else " | "
            lines.append(f"| {first} | {peer.name} | {format_number(theirs)} | {format_number(theirs / ours)} |")
    return "\n".join(lines)


def format_number(value: float) -> str:
    """Two digits, and all of a larger number's."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def format_page(table: str, runs: int) -> str:
    """What docs/benchmarks/methods.md says."""
    absent = "" if describe_r_survey() else "\nR's survey, the peer for means, was not on this machine."
    return f"""# Benchmark: the statistics

Written by `make bench`. Each task as this project does it and as a peer does, in turn; medians of
{runs} runs after one that warms up and compares the answers. *Times as long* is the peer's time over this project's.

{table}

All give the same sizes, limits, means and standard errors, the means and errors to seven digits. Of the draws only
hashlib's is the same sample: the others take as many by random numbers of their own. The tables lie in memory before
the clock starts; designs are built while it runs, in R as well, whose start and reading of rows are left out.{absent}
R's jfa, the usual peer for planning, comes neither from PyPI nor from Debian, and is not measured.
"""


def main() -> None:
    """Run every task several times, and write what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="how many turns after the first")
    parser.add_argument("--write", type=Path, default=PAGES / "methods.md", help="page to write")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # peers warn of what they will change
    with tempfile.TemporaryDirectory() as folder:
        tasks = [
            build_planning_task(),
            build_limits_task(),
            build_means_task(Path(folder)),
            build_money_task(),
            build_ticket_task(),
        ]
        results = {task.name: [*time_task(task, options.runs)] for task in tasks}
    ratios = {peer.id: (ours, theirs) for peers in results.values() for peer, ours, theirs in peers}
    packages = machine("numpy", "scipy", "polars", "pandas", "svy", "consistent_sampler", "audit-toolkit")
    software = ", ".join(filter(None, [packages, describe_r_survey()]))
    write(options.write, format_page(format_table(results), options.runs), ratios, runs=options.runs, machine=software)
    sys.stdout.write(f"{format_table(results)}\n")


if __name__ == "__main__":
    main()
