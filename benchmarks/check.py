"""Whether every ratio that was measured holds its bound: a line for each, and an exit code that says so.

`python benchmarks/check.py` reads benchmarks/targets.toml and the JSON beside the pages of docs/benchmarks.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from ratios import PAGES, Target, measured, targets


def failures(wanted: list[Target], found: Mapping[tuple[str, str], float]) -> Iterator[str]:
    """One line for each target that does not hold, or was not measured, and for each ratio without a target."""
    for one in wanted:
        ratio = found.get((one.benchmark, one.id))
        place = f"{one.benchmark}.{one.id}: {one.ours}"
        if ratio is None and not one.optional:
            yield f"{place}: not measured. Run python benchmarks/{one.benchmark}.py."
        elif ratio is not None and ratio > one.most:
            yield f"{place}: {ratio:g} times {one.baseline}, where at most {one.most:g} must hold."
    for benchmark, id in sorted(found.keys() - {(one.benchmark, one.id) for one in wanted}):
        yield f"{benchmark}.{id}: has no target. Add it to benchmarks/targets.toml."


def unreached(wanted: list[Target], found: Mapping[tuple[str, str], float]) -> Iterator[str]:
    """One line for each aim that is not reached."""
    for one in wanted:
        ratio = found.get((one.benchmark, one.id))
        if one.aim is not None and ratio is not None and ratio > one.aim:
            yield f"{one.benchmark}.{one.id}: {one.ours}: {ratio:g} times {one.baseline}, not {one.aim:g}."


def main() -> None:
    """Say what holds and what does not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=Path, default=PAGES, help="folder of the JSON files")
    found, wanted = measured(parser.parse_args().pages), targets()
    for line in unreached(wanted, found):
        sys.stdout.write(f"aim not reached: {line}\n")
    failed = [*failures(wanted, found)]
    for line in failed:
        sys.stderr.write(f"failed: {line}\n")
    if failed:
        sys.exit(1)
    sys.stdout.write(f"{len(found)} ratios hold their bounds.\n")


if __name__ == "__main__":
    main()
