"""How long a start takes: the package imported, the help of the command line, beside the bare interpreter.

`python benchmarks/startup.py` prints a table and writes docs/benchmarks/startup.md. Each run is a process of its own,
from its start to its end; the processes take turns.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from machine import machine, process
from ratios import PAGES, write

AUDIT = str(Path(sys.executable).with_name("audit"))
PARTS = {
    "bare": ("The bare interpreter, `python -c pass`", [sys.executable, "-c", "pass"]),
    "import": ("`import audit`", [sys.executable, "-c", "import audit"]),
    "parser": ("`import cyclopts`, the parser of the command line", [sys.executable, "-c", "import cyclopts"]),
    "help": ("`audit --help`", [AUDIT, "--help"]),
    "verb": ("`audit plan --help`", [AUDIT, "plan", "--help"]),
}
RATIOS = ("import", "help", "verb")


def table(took: Mapping[str, float]) -> str:
    """The medians, a part a row."""
    rows = [f"| {PARTS[part][0]} | {s:.3f} | {s / took['bare']:.1f} |" for part, s in took.items()]
    return "\n".join(["| | s | times the bare interpreter |", "| --- | --: | --: |", *rows])


def main() -> None:
    """Start every one several times, in turn, and write what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=31, help="how many processes of each")
    parser.add_argument("--write", type=Path, default=PAGES / "startup.md", help="page to write")
    given = parser.parse_args()
    turns = [{part: process(words).whole for part, (_, words) in PARTS.items()} for _ in range(given.runs)]
    took = {part: median(turn[part] for turn in turns) for part in PARTS}
    text = f"""# Benchmark: starting

Written by `make bench`. Medians of {given.runs} processes each, in turn, from their start to their end. Every library
that a verb needs is imported by the verb; `make` compiles the bytecode of the libraries and of this package when it
installs them. Without that each start compiles anew what it imports, where Python may not write bytecode.

{table(took)}
"""
    ratios = {part: (took[part], took["bare"]) for part in RATIOS}
    write(given.write, text, ratios, runs=given.runs, machine=machine("cyclopts", "audit-toolkit"))
    sys.stdout.write(f"{table(took)}\n")


if __name__ == "__main__":
    main()
