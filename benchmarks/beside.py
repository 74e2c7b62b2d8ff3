"""Several ways of doing the same with one made-up file, timed in turn, each in a process of its own."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from machine import process


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way of doing it."""

    words: str
    does: Callable[[Path], Any]  # what comes out of the file, as JSON can say it
    libraries: tuple[str, ...] = ()  # loaded before the clock starts


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """What each way took, in medians, and what came out: of all the same."""

    rows: int
    runs: int
    page: Path
    found: Any
    seconds: Mapping[str, float]
    memory: Mapping[str, float]  # MB at its peak

    def table(self, ways: Mapping[str, Way], *, one: str, called: str) -> str:
        """A row a way, in Markdown; the time of `one` of them is the unit."""
        lines = [f"| | s | {called} = 1 | peak memory, MB |", "| --- | --: | --: | --: |"]
        for name, way in ways.items():
            seconds = self.seconds[name]
            ratio = seconds / self.seconds[one]
            lines.append(f"| {way.words} | {seconds:.2f} | {ratio:.2f} | {self.memory[name]:,.0f} |")
        return "\n".join(lines)


def timed(
    script: str, about: str | None, ways: Mapping[str, Way], *, made: Callable[[Path, int], None], rows: int, page: Path
) -> Timed:
    """Do it every way several times, as the command line of `script` says; `made` writes the file of so many rows.

    SystemExit where what comes out differs; and at the end of each process that this starts of the same script.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--rows", type=int, default=rows)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--write", type=Path, default=page, help="page to write")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        name, path = given.child
        made(Path(path), given.rows) if name == "made" else _child(ways[name], Path(path))
        raise SystemExit
    with tempfile.TemporaryDirectory() as folder:
        child = [sys.executable, script, "--rows", str(given.rows), "--child"]
        path = str(Path(folder) / "cases.parquet")
        process([*child, "made", path])  # its memory apart
        turns = [{name: process([*child, name, path]) for name in ways} for _ in range(given.runs)]
    said = [{name: json.loads(took.said) for name, took in turn.items()} for turn in turns]
    found = {name: one["found"] for name, one in said[0].items()}
    first = next(iter(found.values()))
    if any(one != first for one in found.values()):
        raise SystemExit(f"what comes out differs: {found}")
    return Timed(
        rows=given.rows,
        runs=given.runs,
        page=given.write,
        found=first,
        seconds={name: median(one[name]["s"] for one in said) for name in ways},
        memory={name: median(turn[name].memory for turn in turns) for name in ways},
    )


def _child(way: Way, path: Path) -> None:
    """Do it in this process, and print what it took and what came out."""
    for library in way.libraries:
        import_module(library)
    began = perf_counter()
    found = way.does(path)
    json.dump({"s": perf_counter() - began, "found": found}, sys.stdout)
