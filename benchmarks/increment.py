"""What a new month costs when the tables come in monthly files: with what earlier runs read kept, and without.

`python benchmarks/increment.py` prints a table and writes docs/benchmarks/increment.md. A month is run on the files
that there are on its as-of day, after the months before it were reported: once with what their run kept, once anew.
Each run is a process of its own, beside one that only reads the same files.
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

from audit import programs
from audit.compliance.late_changes import assign_table_months
from audit.months import find_next_month, list_months
from audit.workflow import program_data

PROJECT = Path(__file__).parents[1]
PAGE = PROJECT / "docs" / "benchmarks" / "increment.md"
PROGRAM = "secure_communities"
DATA = PROJECT / "data" / "generated" / PROGRAM
AUDIT = str(Path(sys.executable).with_name("audit"))
MONTHS = list_months("2010-10", "2011-09")
LAST = "2011-12"  # in which records of these months were entered
WAYS = ("kept", "anew")


def program(folder: Path) -> Path:
    """The program with its tables in monthly files, and without its sample, whose frame is the whole year."""
    here = programs.find_program_folder(PROGRAM)
    for path in (path for path in here.rglob("*") if path.suffix in (".toml", ".csv", ".yaml")):
        copy = folder / path.relative_to(here)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    text = (folder / "program.toml").read_text(encoding="utf-8")
    for name in program_data.read_program_by_name(PROGRAM).tables:
        text = text.replace(f'file = "{name}.*"', f'file = "{name}/{{month}}.parquet"')
    start, end = text.index("[review]"), text.index("[census]")
    (folder / "program.toml").write_text(text[:start] + text[end:], encoding="utf-8")
    return folder


def lay(folder: Path) -> None:
    """Write each table's rows by the month in which a report can first rest on them."""
    declared = program_data.read_program_by_name(PROGRAM)
    typed = program_data.read_program_data(PROGRAM, data=DATA).rows
    for name in declared.tables:
        within = pl.max_horizontal(pl.min_horizontal("month", pl.lit(LAST)), pl.lit(MONTHS[0]))
        month = assign_table_months(declared, typed, name).select(within)
        rows = pl.read_parquet(DATA / f"{name}.parquet").with_columns(month.collect().to_series().alias("_month"))
        (folder / name).mkdir(parents=True)
        for one in list_months(MONTHS[0], LAST):
            own = rows.filter(pl.col("_month") == one).drop("_month")
            if own.height:
                own.write_parquet(folder / name / f"{one}.parquet")


def delivered(year: Path, month: str, folder: Path) -> Path:
    """The files that there are on a month's as-of day: those of months up to the one after it."""
    for path in year.rglob("*.parquet"):
        if path.stem <= find_next_month(month):
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
    read = (
        f"from audit.workflow import program_data; program_data.read_program_data({str(made / 'program')!r}, "
        f"data={str(data)!r})"
    )
    words += ["--data", str(data), "--month", month]
    return {
        "read": process([sys.executable, "-W", "ignore", "-c", read], folder=PROJECT),
        "kept": process([*words, *kept], folder=PROJECT),
        "anew": process([*words, *anew, "--no-reuse"], folder=PROJECT),
    }


def table(runs: Mapping[int, list[dict[str, Took]]]) -> str:
    """The medians of the processor time, a month a row."""
    heading = "| Month | reading alone, s | kept, s | times reading | anew, s | times reading |"
    lines = [heading, "|" + " --: |" * 6]
    for number, of in runs.items():
        read, kept, anew = (median(one[way].processor for one in of) for way in ("read", *WAYS))
        lines.append(f"| {number} | {read:.1f} | {kept:.1f} | {kept / read:.1f} | {anew:.1f} | {anew / read:.1f} |")
    return "\n".join(lines)


def page(runs: Mapping[int, list[dict[str, Took]]], *, size: float) -> str:
    """What docs/benchmarks/increment.md says."""
    n = len(next(iter(runs.values())))
    of = f"Medians of {n} runs" if n > 1 else "One run"
    return f"""# Benchmark: a new month

Written by `make bench`. The reference program with its ten tables in monthly Parquet files, and without its sample,
whose frame is the whole year: a month is run on the files that there are on its as-of day, after every month before it
was reported; once with what their run kept (`kept`), once with `--no-reuse` (`anew`). {of}; each is a process of its
own. Seconds of the processor, of all cores together; reading alone is without what was kept.

{table(runs)}

What is kept of the last month's files takes {size:,.0f} MB.

What still grows with the history are the checks of whole tables, the linking of every unit and the digests of the rows;
Python's start and the report itself do not.

Machine: {machine("polars", "audit-toolkit")}.
"""


def main() -> None:
    """Run the months several times, and write what each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1, help="how many times each month")
    parser.add_argument("--months", type=int, nargs="+", default=[2, 7, 12], help="which months of the year, from 2")
    parser.add_argument("--write", type=Path, default=PAGE, help="page to write")
    given = parser.parse_args()
    if not DATA.exists():
        program_data.generate_tables(program_data.read_program_by_name(PROGRAM), DATA)
    runs: dict[int, list[dict[str, Took]]] = {number: [] for number in given.months}
    size = 0.0
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        program(made / "program")
        lay(made / "year")
        for turn in range(given.runs):
            for number in given.months:
                place = made / f"{turn}-{number}"
                runs[number].append(run(made, place, number))
                size = sum(path.stat().st_size for path in place.glob("kept/*/.read/*")) / 2**20
    given.write.write_text(page(runs, size=size), encoding="utf-8")
    sys.stdout.write(f"{table(runs)}\n")


if __name__ == "__main__":
    main()
