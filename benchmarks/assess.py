"""How long the whole year takes: every case under all policies, explanations stored, beside a bare scan.

`python benchmarks/assess.py` prints a table and writes docs/benchmarks/assess.md. Each part of each run is a process
of its own; the parts take turns, so that a slow minute of the machine meets all of them.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import polars as pl
from machine import machine, process
from ratios import PAGES, PROJECT, medians, write

from audit import programs
from audit.assessment.case_file import determine_outcomes, gather_case_files
from audit.policy.rules import Policy
from audit.programs.declaration import Program, build_vocabulary
from audit.storage.declarations import read_policy
from audit.workflow import program_data

PROGRAM, DATA = "secure_communities", PROJECT / "data" / "generated" / "secure_communities"
PARTS = {
    "read": "Read every table as declared, and keep it as Parquet",
    "scan": "Scan those files: the largest value of every column that the assessment uses",
    "outcomes": "Link and assess every case; store the outcomes",
    "assess": "Link and assess every case; store the outcomes with their explanations",
}
RATIOS = {"outcomes": "outcomes", "explained": "assess"}
Tables = Mapping[str, pl.LazyFrame]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one process took."""

    whole: float  # seconds, from its start to its end
    work: float  # seconds without Python's start, the imports and the declarations
    processor: float  # seconds of all cores together, from its start to its end
    memory: float  # MB at its peak
    rows: int


def child(part: str, folder: Path) -> None:
    """Do one part in this process, and print what it took."""
    program = program_data.read_program_by_name(PROGRAM)
    policy = read_policy(programs.find_program_folder(PROGRAM) / "policy", build_vocabulary(program))
    began = perf_counter()
    if part == "read":
        rows = kept(folder)
    else:
        tables = {name: pl.scan_parquet(folder / f"{name}.parquet") for name in program.tables}
        if part == "scan":
            rows = scanned(tables, {*used(program, policy)})
        else:
            explained = part == "assess"
            rows = stored(tables, program, policy, explained=explained, path=folder / f"{part}.out")
    json.dump({"work": perf_counter() - began, "rows": rows}, sys.stdout)


def kept(folder: Path) -> int:
    """Read the tables and write them out as they were read; the number of rows."""
    work = program_data.read_program_data(PROGRAM, data=DATA)
    for name, rows in work.rows.items():
        rows.sink_parquet(folder / f"{name}.parquet")
    return sum(total.rows_used for total in work.totals)


def scanned(tables: Tables, columns: set[str]) -> int:
    """Look at every value of the columns, and at no more; the number of rows."""
    bare = [
        table.select(pl.len().alias("rows"), pl.col([c for c in table.collect_schema() if c in columns]).max())
        for table in tables.values()
    ]
    return sum(int(found["rows"][0]) for found in pl.collect_all(bare, engine="streaming"))


def used(program: Program, policy: Policy) -> Iterator[str]:
    """The columns that the links and the rules read, and the states of their cells."""
    for condition in (one for version in policy.compile_versions() for one in version.conditions):
        for name in condition.columns:
            yield from (name, f"{name}.state")
    for step in program.census.links:
        yield from (step.on, step.key, *step.columns, step.date or "", step.entered or "")
    yield from (program.census.unit, program.census.date or "")
    yield from (rule.dated_by for rule in policy.rules)
    if program.cases:
        yield from (program.cases.dated_by, *program.cases.parents.values())
        yield from (name for rows in program.cases.children.values() for name in (rows.on, rows.recorded or ""))


def stored(tables: Tables, program: Program, policy: Policy, *, explained: bool, path: Path) -> int:
    """Link and assess every case of the year in one pass, and store what was found; the number of cases."""
    units = {program.census.table: tables[program.census.table].filter(pl.col("match_kind") == "identity")}
    found = determine_outcomes(gather_case_files(program, {**tables, **units}), policy, explained=explained)
    if not explained:
        found = found.select(program.census.unit, "attribute", "outcome")
    found.sink_parquet(path)
    return int(pl.scan_parquet(path).select(pl.col(program.census.unit).n_unique()).collect().item())


def run(part: str, folder: Path) -> Run:
    """Do one part in a process of its own."""
    took = process([sys.executable, __file__, "--child", part, "--folder", str(folder)])
    told = json.loads(took.said)
    return Run(whole=took.whole, work=told["work"], processor=took.processor, memory=took.memory, rows=told["rows"])


def table(runs: Mapping[str, list[Run]]) -> str:
    """The medians, a part a row."""
    scan = median(one.work for one in runs["scan"])
    lines = [
        "| | rows | work, s | times the scan | whole process, s | processor, s | peak memory, MB |",
        "| --- | --: | --: | --: | --: | --: | --: |",
    ]
    for part, of in runs.items():
        work, whole, processor, memory = (
            median(getattr(one, what) for one in of) for what in ("work", "whole", "processor", "memory")
        )
        times = f"{work:.2f} | {work / scan:.1f} | {whole:.1f} | {processor:.1f}"
        lines.append(f"| {PARTS[part]} | {of[0].rows:,} | {times} | {memory:,.0f} |")
    return "\n".join(lines)


def page(runs: Mapping[str, list[Run]], policy: Policy) -> str:
    """What docs/benchmarks/assess.md says."""
    versions = sum(len(rule.versions) for rule in policy.rules)
    return f"""# Benchmark: the whole year

Written by `make bench`. The year of the reference program: every identity match linked to its encounter and
disposition, joined to its person, counted over its actions, charges, convictions and immigration history, and put to
{len(policy.rules)} rules in {versions} versions, which decide {len(policy.list_attributes())} attributes of each.
{medians(len(runs["scan"]))}; each part of each run is a process of its own.

{table(runs)}

Work leaves out Python's start, the imports and the declarations, a few seconds that no number of cases changes. The
scan reads the same columns from the same files, takes the largest value of each and does nothing else. Processor time
is that of all cores together.
"""


def main() -> None:
    """Run every part several times, in turn, and write what they took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="how many processes of each part")
    parser.add_argument("--write", type=Path, default=PAGES / "assess.md", help="page to write")
    parser.add_argument("--child", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        return child(given.child, given.folder)
    program = program_data.read_program_by_name(PROGRAM)
    if not DATA.exists():
        program_data.generate_tables(program, DATA)
    runs: dict[str, list[Run]] = {part: [] for part in PARTS}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(given.runs):
            for part in PARTS:
                runs[part].append(run(part, Path(folder)))
    policy = read_policy(programs.find_program_folder(PROGRAM) / "policy", build_vocabulary(program))
    work = {part: median(one.work for one in several) for part, several in runs.items()}
    ratios = {id: (work[part], work["scan"]) for id, part in RATIOS.items()}
    write(given.write, page(runs, policy), ratios, runs=given.runs, machine=machine("polars", "audit-toolkit"))
    sys.stdout.write(f"{table(runs)}\n")
    return None


if __name__ == "__main__":
    main()
