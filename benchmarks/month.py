"""How long a month's report takes on ten million rows of thirty columns, beside a bare scan of the same files.

`python benchmarks/month.py` prints a table and writes docs/benchmarks/month.md: the report, a policy of 25 rules put to
every case, the same counts by one bare query, and once the whole command on ten times the rows. Each run is a process
of its own.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import polars as pl
from machine import Took, machine, process
from ratios import PAGES, medians, write

from audit.assessment.case_file import determine_outcomes, gather_case_files
from audit.workflow import monthly_report, program_data, sample_audit, validation
from audit.workflow.engine import LocalEngine

OTHERS = {"integer": 8, "number": 5, "yes_no": 5, "date": 4, "text": 3}  # columns beside the five of every case
AT_ONCE = 1_000_000  # rows of a file
OPEN = 1_000_000  # cases without their record, of however many
TIMES = 10  # as many rows, to see whether the memory grows
PARTS = {
    "scan": "Scan: the largest value of each of the 30 columns",
    "query": "One query of polars: cases by office, month and first rule that holds, and those documented in time",
    "read": "Read the table as declared: every cell judged, keys compared, the columns named kept",
    "check": "Check it by polars: keys unique, a column within bounds",
    "count": "Count every case of the year, in whose last month the report is",
    "assess": "Put every case to 25 rules, and count the outcomes by rule",
    "assemble": "Rates of 25 offices in 12 months, open items, the record",
}
BARE = ("scan", "query")
REPORT = ("count", "assess", "assemble")
COMMANDS = {
    "run": "`audit run`: that and the ledger, digests of all rows, every form",
    "assess --all": "`audit assess --all`: the explanation of every case stored, and the digest of all of them",
}
PROGRAM = """
name = "wide"
title = "Wide"
about = "A made-up table"
authority = "Made up"
unit = ["case", "cases"]
office = "office"
[tables.cases]
file = "cases/*.parquet"
key = ["case_id"]
[tables.cases.columns]
case_id = { required = true }
office = { type = "office", required = true }
received = { type = "date", required = true }
person_id = {}
documented = { type = "date" }
OTHERS
[census]
table = "cases"
unit = "case_id"
office = "office"
date = "received"
[[census.measures]]
id = "documented"
title = "Documented"
authority = "Made up"
grace_days = [30]
needs = [{ field = "documented", label = "record", dated = "documented" }]
"""
CASES = """
[cases]
table = "cases"
dated_by = "received"
office = "office"
"""
DOCUMENT = "- {id: GUIDE, title: Guide, issuer: Made up, in_force: [{since: 2024-10-01}], source: made up}"
RULE = """
id: rule-{n:02}
title: Rule {n}
attribute: consistency
order: {n}
case_class: class {n}
when: {when}
verdict: {verdict}
versions: [{{under: GUIDE, citation: {{section: "{n}", quote: "the words of section {n}"}}}}]
examples: [{{it: As it says, case: {{received: 2024-10-02, {case}}}, expect: {verdict}}}]
"""
SUITE = """
name: cases
expectations:
  - type: expect_column_values_to_be_unique
    kwargs: {column: case_id}
    meta: {why: a case may be counted once}
  - type: expect_column_values_to_be_between
    kwargs: {column: integer_0, min_value: 0}
    severity: warning
    meta: {why: an amount is not negative}
"""


def made(folder: Path, rows: int) -> None:
    """Write the program and its table, so many rows a file."""
    declared = [f'{kind}_{n} = {{ type = "{kind}" }}' for kind, several in OTHERS.items() for n in range(several)]
    offices = "".join(f"{n:02},Office {n:02},{n:02},,\n" for n in range(25))
    for name in ("cases", "expectations", "policy"):
        (folder / name).mkdir(parents=True)
    program = PROGRAM.replace("OTHERS", "\n".join(declared)) + CASES
    (folder / "program.toml").write_text(program, encoding="utf-8")
    (folder / "offices.csv").write_text(f"code,name,alias,since,until\n{offices}", encoding="utf-8")
    (folder / "expectations" / "cases.yaml").write_text(SUITE, encoding="utf-8")
    (folder / "policy" / "terms.yaml").write_text("[]\n", encoding="utf-8")
    (folder / "policy" / "documents.yaml").write_text(DOCUMENT, encoding="utf-8")
    for n, (when, case) in enumerate(rules(), start=1):
        text = RULE.format(n=n, when=when, case=case, verdict="consistent" if n % 3 else "inconsistent")
        (folder / "policy" / f"rule-{n:02}.yaml").write_text(text, encoding="utf-8")
    for first in range(0, rows, AT_ONCE):
        part = cases(first, min(AT_ONCE, rows - first), documented=1 - OPEN / max(rows, 10 * OPEN))
        part.write_parquet(folder / "cases" / f"{first:09}.parquet")


def rules() -> Iterator[tuple[str, str]]:
    """When each of 25 rules applies, and a case to which it does: by every type, over 21 columns."""
    for n in range(25):
        whole, part, day, text = f"integer_{n % 8}", f"number_{n % 5}", f"date_{n % 4}", f"text_{n % 3}"
        truth, other = f"yes_no_{n % 5}", f"number_{(n + 1) % 5}"
        yield (
            (f"{whole} = {n}", f"{whole}: {n}"),
            (f"{part} < 0.{n:02}1 and {truth}", f"{part}: 0.0, {truth}: true"),
            (f"{text} = '{n}'", f"{text}: '{n}'"),
            (f"documented > {day} and {whole} > {n}", f"documented: 2025-01-02, {day}: 2025-01-01, {whole}: {n + 1}"),
            (f"not {truth} and {other} >= 0.9", f"{truth}: false, {other}: 0.95"),
        )[n % 5]


def cases(first: int, rows: int, *, documented: float) -> pl.DataFrame:
    """So many cases from number `first` on, of which a share has its record."""
    random = np.random.default_rng([2011, first])
    number = pl.Series(np.arange(first, first + rows))
    received = pl.lit(date(2024, 10, 1)) + pl.duration(days=pl.Series(random.integers(0, 365, rows)))
    late = pl.duration(days=pl.Series(random.integers(0, 60, rows)))
    table = pl.select(
        case_id=pl.lit(number.cast(pl.String).str.zfill(9)),
        office=pl.lit(pl.Series(random.integers(0, 25, rows)).cast(pl.String).str.zfill(2)),
        received=received,
        person_id=pl.lit(pl.Series(random.integers(0, 10**8, rows)).cast(pl.String)),
    ).with_columns(documented=pl.when(pl.Series(random.random(rows) < documented)).then(pl.col("received") + late))
    for kind, several in OTHERS.items():
        for n in range(several):
            if kind == "number":
                drawn = pl.Series(random.random(rows))
            else:
                drawn = pl.Series(random.integers(0, 10 ** (n + 1), rows))
            values = {"yes_no": drawn % 2 == 0, "text": drawn.cast(pl.String)}.get(kind, drawn)
            values = pl.col("received") + pl.duration(days=n) if kind == "date" else pl.lit(values)
            table = table.with_columns(values.alias(f"{kind}_{n}"))
    return table


def child(part: str, folder: Path, rows: int) -> None:
    """Make the table, scan it, or do the whole month, in this process, and print what each part took."""
    began, took = perf_counter(), {}

    def clock(name: str) -> None:
        nonlocal began
        took[name], began = perf_counter() - began, perf_counter()

    if part == "made":
        made(folder, rows)
    elif part == "scan":
        pl.scan_parquet(folder / "cases" / "*.parquet").select(pl.all().max()).collect(engine="streaming")
        clock(part)
    elif part == "query":
        query(folder).collect(engine="streaming")
        clock(part)
    else:
        began = perf_counter()
        work = program_data.read_program_data(str(folder), data=folder, named_only=True)
        clock("read")
        checks = validation.check_tables(work)
        clock("check")
        engine = LocalEngine(audit=work)
        period, as_of = monthly_report.resolve_report_period(engine, "2025-09")
        counts = engine.count_period(period, as_of).counts
        clock("count")
        found = determine_outcomes(
            gather_case_files(work.program, work.rows), sample_audit.require_policy(work), explained=False
        )
        found.group_by("attribute", "outcome", "rule").len().collect(engine="streaming")
        clock("assess")
        monthly_report.assemble_period_report(
            work, period=period, as_of=as_of, checks=checks, audit=None, counts=counts
        )
        clock("assemble")
    json.dump(took, sys.stdout)


def query(folder: Path) -> pl.LazyFrame:
    """What the report counts, of cells as they lie there: nothing is read as declared, checked or explained."""
    first = [pl.when(pl.sql_expr(when)).then(pl.lit(n, pl.UInt8)) for n, (when, _) in enumerate(rules())]
    in_time = pl.col("documented") <= pl.col("received") + timedelta(days=30)
    return (
        pl.scan_parquet(folder / "cases" / "*.parquet")
        .select("office", pl.col("received").dt.truncate("1mo"), in_time.alias("in time"), rule=pl.coalesce(first))
        .group_by("office", "received", "rule")
        .agg(pl.len(), pl.col("in time").sum())
    )


def run(part: str, folder: Path, rows: int) -> tuple[dict[str, float], float]:
    """What each part took in a process of its own, and its peak memory in MB."""
    took = process([sys.executable, __file__, "--child", part, "--folder", str(folder), "--rows", str(rows)])
    return json.loads(took.said), took.memory


def command(name: str, folder: Path) -> Took:
    """What a command of this project took, which finds nothing that an earlier one left."""
    verb, *flags = name.split()
    flags += ["--month", "2025-09"] if verb == "run" else []
    with tempfile.TemporaryDirectory() as reports:
        audit = [Path(sys.executable).with_name("audit"), verb, folder, "--data", folder, "--reports", reports]
        return process([*map(str, audit), *flags, "--json"])


def main() -> None:
    """Run everything several times, in turn, and write what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--write", type=Path, default=PAGES / "month.md", help="page to write")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        return child(given.child, given.folder, given.rows)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "wide"
        run("made", folder, given.rows)  # apart, since a process counts as its own what its parent had at its birth
        size = sum(file.stat().st_size for file in (folder / "cases").iterdir())
        runs = [{part: run(part, folder, given.rows) for part in (*BARE, "month")} for _ in range(given.runs)]
        whole = {name: [command(name, folder) for _ in range(given.runs)] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "wide"
        run("made", folder, TIMES * given.rows)
        grown = command("run", folder)
    took = {part: median(told[part] for one in runs for told, _ in one.values() if part in told) for part in PARTS}
    month, scan = sum(seconds for part, seconds in took.items() if part not in BARE), took["scan"]
    report = sum(took[part] for part in REPORT)
    memory = {part: median(one[part][1] for one in runs) for part in runs[0]}
    commands = {name: median(one.whole for one in several) for name, several in whole.items()}
    peaks = {name: median(one.memory for one in several) for name, several in whole.items()}
    lines = ["| | s | times the scan | peak memory, MB |", "| --- | --: | --: | --: |"]
    for part, seconds in took.items():
        peak = f"{memory[part]:,.0f}" if part in BARE else ""
        lines.append(f"| {PARTS[part]} | {seconds:.1f} | {seconds / scan:.1f} | {peak} |")
    lines.append(f"| Of these the last three, the report itself | {report:.1f} | {report / scan:.1f} | |")
    lines.append(f"| **The month, without its files** | {month:.1f} | {month / scan:.1f} | {memory['month']:,.0f} |")
    for name, seconds in commands.items():
        lines.append(f"| {COMMANDS[name]} | {seconds:.1f} | {seconds / scan:.1f} | {peaks[name]:,.0f} |")
    lines.append(f"| `audit run`, of {TIMES * given.rows:,} rows | {grown.whole:.1f} | | {grown.memory:,.0f} |")
    text = f"""# Benchmark: a month of a large table

Written by `make bench`. {given.rows:,} rows of 30 columns in Parquet files of {size / 1e6:,.0f} MB together;
25 offices, 12 months, a policy of 25 rules over 21 of the columns, {OPEN:,} cases without the record that is due.
{medians(given.runs)}, and one of {TIMES} times as many rows; each is a process of its own.

{chr(10).join(lines)}

Python's start and the imports are in none of the parts; in the commands they are (about 5 s). What grows with the rows
are the hashes of keys (10 million at a time), a table's cases in order (4 million at a time), the lines of a month that
are digested (2 million at a time) and the list of open items, which is as long in both.

The one query takes the cells as they lie there; it checks and explains nothing, and keeps no ledger. The report itself
takes {report / took["query"]:.1f} times as long: a rule is put to facts that may be unknown, and every case gets a
state that lists can name. The rest is what makes it evidence: digests, every cell judged, keys compared, tables
checked.
"""
    ratios = {
        "time": (month, scan),
        "report": (report, scan),
        "query": (report, took["query"]),
        "memory": (memory["month"], 1_000),  # of 1 GB
        "grown": (grown.memory, peaks["run"]),
        "command": (commands["run"], scan),
        "explained": (commands["assess --all"], scan),
    }
    write(given.write, text, ratios, runs=given.runs, machine=machine("polars", "audit-toolkit"))
    sys.stdout.write("\n".join(lines) + "\n")
    return None


if __name__ == "__main__":
    main()
