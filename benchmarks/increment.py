"""What a new month costs when the tables come in monthly files: with what earlier runs read kept, and without.

`python benchmarks/increment.py` prints a table and writes docs/benchmarks/increment.md. Twelve months are run one after
the other, each on the files that there are on its as-of day and after those before it were issued: once keeping what is
read, once not. Each run is a process of its own, beside one that only reads the same files.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median

import polars as pl
from machine import Took, machine, process

from audit import engagement, programs
from audit.store.parts import between, following
from audit.subsequent import months

PROJECT = Path(__file__).parents[1]
PAGE = PROJECT / "docs" / "benchmarks" / "increment.md"
PROGRAM = "secure_communities"
DATA = PROJECT / "data" / "generated" / PROGRAM
AUDIT = str(Path(sys.executable).with_name("audit"))
MONTHS = between("2010-10", "2011-09")
LAST = "2011-12"  # in which records of these months were entered
WAYS = {"kept": (), "anew": ("--no-reuse",)}


def program(folder: Path) -> Path:
    """The program with its tables in monthly files, and without its sample, whose frame is the whole year."""
    here = programs.folder(PROGRAM)
    for path in (path for path in here.rglob("*") if path.suffix in (".toml", ".csv", ".yaml")):
        copy = folder / path.relative_to(here)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    text = (folder / "program.toml").read_text(encoding="utf-8")
    for name in engagement.declared(PROGRAM).tables:
        text = text.replace(f'file = "{name}.*"', f'file = "{name}/{{month}}.parquet"')
    start, end = text.index("[review]"), text.index("[census]")
    (folder / "program.toml").write_text(text[:start] + text[end:], encoding="utf-8")
    return folder


def lay(folder: Path) -> None:
    """Write each table's rows by the month in which a report can first rest on them."""
    declared = engagement.declared(PROGRAM)
    typed = engagement.begin(PROGRAM, data=DATA).rows
    for name in declared.tables:
        within = pl.max_horizontal(pl.min_horizontal("month", pl.lit(LAST)), pl.lit(MONTHS[0]))
        month = months(declared, typed, name).select(within)
        rows = pl.read_parquet(DATA / f"{name}.parquet").with_columns(month.collect().to_series().alias("_month"))
        (folder / name).mkdir(parents=True)
        for one in between(MONTHS[0], LAST):
            own = rows.filter(pl.col("_month") == one).drop("_month")
            if own.height:
                own.write_parquet(folder / name / f"{one}.parquet")


def delivered(year: Path, month: str, folder: Path) -> Path:
    """The files that there are on a month's as-of day: those of months up to the one after it."""
    for path in year.rglob("*.parquet"):
        if path.stem <= following(month):
            link = folder / path.relative_to(year)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.hardlink_to(path)
    return folder


def run(made: Path, place: Path, number: int) -> dict[str, Took]:
    """What reading took and a run of each kind, of the month of this number, after those before it were run."""
    before, month = MONTHS[number - 2], MONTHS[number - 1]
    data = delivered(made / "year", month, place / "data")
    earlier = delivered(made / "year", before, place / "earlier")
    words = [AUDIT, "run", str(made / "program"), "--json"]
    kept, anew = (("--reports", str(place / way)) for way in WAYS)
    process([*words, *kept, "--data", str(earlier), "--since", MONTHS[0], "--month", before], folder=PROJECT)
    shutil.copytree(place / "kept", place / "anew")
    read = f"from audit import engagement; engagement.begin({str(made / 'program')!r}, data={str(data)!r})"
    words += ["--data", str(data), "--month", month]
    return {
        "read": process([sys.executable, "-W", "ignore", "-c", read], folder=PROJECT),
        "kept": process([*words, *kept], folder=PROJECT),
        "anew": process([*words, *anew, "--no-reuse"], folder=PROJECT),
    }


def table(runs: list[dict[str, dict[str, Took]]], shown: Mapping[str, str]) -> str:
    """The medians of the processor time, a month a row."""
    lines = ["| | reading alone, s | kept, s | times reading | anew, s | times reading |", "| --- |" + " --: |" * 5]
    for month, words in shown.items():
        read, kept, anew = (median(one[way][month].processor for one in runs) for way in ("read", *WAYS))
        lines.append(f"| {words} | {read:.1f} | {kept:.1f} | {kept / read:.1f} | {anew:.1f} | {anew / read:.1f} |")
    return "\n".join(lines)


def page(runs: list[dict[str, dict[str, Took]]], *, size: float) -> str:
    """What docs/benchmarks/increment.md says."""
    of = f"Medians of {len(runs)} runs" if len(runs) > 1 else "One run"
    shown = {month: month for month in runs[0]["read"]}
    return f"""# Benchmark: a new month

Written by `make bench`. The reference program with its ten tables in monthly Parquet files, and without its sample,
whose frame is the whole year: each month is run on the files that there are on its as-of day, with each month before it
issued, once with what the run before read and checked (`kept`), once with `--no-reuse` (`anew`). {of};
each is a process of its own. Seconds of the processor, of all cores together.

{table(runs, shown)}

What is kept of the whole year takes {size:,.0f} MB.

Machine: {machine("polars", "audit")}.
"""


def main() -> None:
    """Run the year several times, and write what each month took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1, help="how many times the year")
    parser.add_argument("--last", default=MONTHS[-1], help="last month to run")
    parser.add_argument("--write", type=Path, default=PAGE, help="page to write")
    given = parser.parse_args()
    if not DATA.exists():
        engagement.generate(engagement.declared(PROGRAM), DATA)
    runs, size = [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        program(made / "program")
        lay(made / "year")
        for number in range(given.runs):
            place = made / str(number)
            runs.append(run(made, place, given.last))
            size = sum(path.stat().st_size for path in place.glob("kept/*/.read/*")) / 2**20
    given.write.write_text(page(runs, size=size), encoding="utf-8")
    sys.stdout.write(f"{given.write.read_text(encoding='utf-8')}\n")


if __name__ == "__main__":
    main()
