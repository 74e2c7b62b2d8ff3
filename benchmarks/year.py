"""How long a year of reports takes: twelve months in every form with a packet an office, beside reading the tables.

`python benchmarks/year.py` prints a table and writes docs/benchmarks/year.md. Each part of each run is a process of its
own, from its start to its end; the parts take turns, so that a slow minute of the machine meets all of them.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median

import polars as pl
from machine import Took, machine, process
from ratios import PAGES, PROJECT, medians, write

PROGRAM = "secure_communities"
DATA = PROJECT / "data" / "generated" / PROGRAM
AUDIT = str(Path(sys.executable).with_name("audit"))
MONTH = ("--month", "2011-09", "--packets")
READ = (
    f"from pathlib import Path; from audit.workflow import program_data; program_data.read_program_data({PROGRAM!r}, "
    f"data=Path({str(DATA)!r}))"
)
BARE = (
    "import polars as pl; from pathlib import Path; "
    f"[pl.read_parquet(one) for one in Path({str(DATA)!r}).glob('*.parquet')]"
)
PARTS = {
    "bare": "`polars.read_parquet` of the same files, and nothing more",
    "read": "Read every table as declared: typed, checked cell by cell, persons as pseudonyms",
    "month": "One month: checks, sample audit, census, ledger, report in every form, a packet an office",
    "year": "Twelve months of the same, in one run",
    "again": "The same again: nothing to write",
    "repeated": "One month again: nothing to write",
    "discrepancies": "Two months of removals against the evidence on file",
}


def run(part: str, folder: Path) -> Took:
    """Do one part in a process of its own, writing into a folder of its own, or where another wrote the same before."""
    if part in ("bare", "read"):
        return process([sys.executable, "-c", BARE if part == "bare" else READ], folder=PROJECT)
    reports = folder / {"again": "year", "repeated": "month"}.get(part, part)
    since = ("--since", "2010-10") if part in ("year", "again") else ()
    words = (
        ("discrepancies", PROGRAM, "--month", "2011-09")
        if part == "discrepancies"
        else ("run", PROGRAM, *since, *MONTH)
    )
    return process([AUDIT, *words, "--data", str(DATA), "--reports", str(reports), "--json"], folder=PROJECT)


def table(runs: Mapping[str, list[Took]]) -> str:
    """The medians, a part a row."""
    reading = median(one.processor for one in runs["read"])
    lines = [
        "| | whole process, s | processor, s | times reading | peak memory, MB |",
        "| --- | --: | --: | --: | --: |",
    ]
    for part, of in runs.items():
        whole, processor, memory = (
            median(getattr(one, what) for one in of) for what in ("whole", "processor", "memory")
        )
        lines.append(f"| {PARTS[part]} | {whole:.1f} | {processor:.1f} | {processor / reading:.1f} | {memory:,.0f} |")
    return "\n".join(lines)


def page(runs: Mapping[str, list[Took]], *, rows: int, files: int, size: int) -> str:
    """What docs/benchmarks/year.md says."""
    return f"""# Benchmark: a year of reports

Written by `make bench`. The year of the reference program, {rows:,} rows in ten tables of 24 offices:
`audit run {PROGRAM} --since 2010-10 --month 2011-09 --packets`. It writes {files:,} files, {size / 2**20:,.0f} MB: each
month as HTML, PDF, XLSX, JSON, CSV, SVG and PNG, with a page, a workbook and a CSV file for every office.
{medians(len(runs["read"]))}; each part is a process of its own, from Python's start to its end.

{table(runs)}

Processor time is that of all cores together, and the ratio is of it: the wall clock counts what else the machine does.
The tables are read, checked and sampled once for the year; each month then links and counts every match, as known on
its own day, rolls the ledger and draws the report. A run with nothing to write reads no table: it digests every input
and every report, and finds that all are the same. Memory grows by some 45 MB a month up to the eleventh and no further:
Typst remembers what it set in its last ten documents.
"""


def main() -> None:
    """Run every part several times, in turn, and write what they took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="how many processes of each part")
    parser.add_argument("--write", type=Path, default=PAGES / "year.md", help="page to write")
    given = parser.parse_args()
    if (
        not DATA.exists()
    ):  # in a process of its own: a process that is started counts the memory of its parent as its own
        process([AUDIT, "data", PROGRAM, "--output", str(DATA)], folder=PROJECT)
    rows = sum(pl.scan_parquet(path).select(pl.len()).collect().item() for path in DATA.glob("*.parquet"))
    runs: dict[str, list[Took]] = {part: [] for part in PARTS}
    files = size = 0
    for _ in range(given.runs):
        with tempfile.TemporaryDirectory() as folder:
            for part in PARTS:
                runs[part].append(run(part, Path(folder)))
            written = [path for path in (Path(folder) / "year").rglob("*") if path.is_file()]
            files, size = len(written), sum(path.stat().st_size for path in written)
    took = {part: median(one.processor for one in several) for part, several in runs.items()}
    memory = {part: median(one.memory for one in several) for part, several in runs.items()}
    ratios = {part: (took[part], took["read"]) for part in ("month", "year", "again", "repeated")}
    ratios |= {"read": (took["read"], took["bare"]), "memory": (memory["month"], memory["read"])}
    text = page(runs, rows=rows, files=files, size=size)
    write(given.write, text, ratios, runs=given.runs, machine=machine("polars", "audit-toolkit"))
    sys.stdout.write(f"{table(runs)}\n")


if __name__ == "__main__":
    main()
