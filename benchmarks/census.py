"""How long the census of a month takes, beside pandas and polars doing the same group-by on the same file.

`python benchmarks/census.py` prints a table and writes docs/benchmarks/census.md. Each run is a process of its own;
the processes take turns.
"""

import datetime as dt
import sys
from pathlib import Path

import numpy as np
import polars as pl
from beside import Way, timed
from machine import machine
from ratios import PAGES, medians, write

MONTH, AS_OF, GRACE = "2025-09", dt.date(2025, 10, 20), 30
DAYS = dt.date(2025, 9, 1), dt.date(2025, 9, 30)
OFFICES = [f"{n:02}" for n in range(25)]
Counts = dict[str, list[int]]  # office → units due, and of these documented in time


def made(path: Path, rows: int) -> None:
    """Write the table: the units of a year, nine in ten documented, some of them late."""
    random = np.random.default_rng(2011)
    received = pl.lit(dt.date(2024, 10, 1)) + pl.duration(days=pl.Series(random.integers(0, 365, rows)))
    late = pl.duration(days=pl.Series(random.integers(0, 60, rows)))
    pl.select(
        case_id=pl.Series(np.arange(rows)).cast(pl.String).str.zfill(9),
        office=pl.Series(random.integers(0, 25, rows)).cast(pl.String).str.zfill(2),
        received=received,
        documented=pl.when(pl.Series(random.random(rows) < 0.9)).then(received + late),
    ).write_parquet(path)


def by_audit(path: Path) -> Counts:
    """As `audit compliance` counts."""
    from audit.compliance.office_rates import rate_offices
    from audit.compliance.unit_states import find_unit_states
    from audit.programs.measures import Census, Measure, RequiredRecord
    from audit.tables.linkage import link_records

    need = RequiredRecord(field="documented", label="record", entered="documented")
    measure = Measure(id="m", title="Documented", needs=(need,), authority="Made up", grace_days=(GRACE,))
    census = Census(table="cases", unit="case_id", office="office", date="received", measures=(measure,))
    linked = link_records(pl.scan_parquet(path), {}, (), unit="case_id", date="received", as_of=AS_OF)
    (found,) = rate_offices(
        find_unit_states(linked, census, as_of=AS_OF),
        census,
        period=MONTH,
        offices={code: f"Office {code}" for code in OFFICES},
    )
    return {one.office: [one.due, one.compliant] for one in found.offices}


def by_pandas(path: Path) -> Counts:
    """The same by hand: what was entered later is not known, and what is not there may still come in time."""
    import pandas as pd

    columns = ["office", "received", "documented"]
    rows = pd.read_parquet(path, columns=columns, to_pandas_kwargs={"date_as_object": False})
    ends, now = rows["received"] + pd.Timedelta(days=GRACE), pd.Timestamp(AS_OF)
    there = rows["documented"] <= now
    rows["due"], rows["compliant"] = there | (ends <= now), there & (rows["documented"] <= ends)
    month = rows[rows["received"].between(*map(pd.Timestamp, DAYS))]
    counts = month.groupby("office")[["due", "compliant"]].sum()
    return {office: [int(due), int(compliant)] for office, due, compliant in counts.itertuples()}


def by_polars(path: Path) -> Counts:
    """The same in one query."""
    ends = pl.col("received") + pl.duration(days=GRACE)
    there = (pl.col("documented") <= AS_OF).fill_null(False)
    found = (
        pl.scan_parquet(path)
        .filter(pl.col("received").is_between(*DAYS))
        .select("office", due=there | (ends <= AS_OF), compliant=there & (pl.col("documented") <= ends))
        .group_by("office")
        .sum()
        .sort("office")
        .collect()
    )
    return {office: one for office, *one in found.iter_rows()}


WAYS = {
    "audit": Way(
        words="This project: the state of every unit of the year, rates and limits of every office in the month",
        does=by_audit,
        libraries=("audit.compliance.office_rates", "audit.tables.linkage"),
    ),
    "pandas": Way(
        words="pandas: the state of every unit of the year, the group-by of the month",
        does=by_pandas,
        libraries=("pandas", "pyarrow.parquet"),
    ),
    "polars": Way(words="polars: the same group-by", does=by_polars),
}


def main() -> None:
    """Count several times, in turn, and write what it took; refuse where the counts differ."""
    took = timed(__file__, __doc__, WAYS, made=made, rows=10_000_000, page=PAGES / "census.md")
    text = f"""# Benchmark: the census

Written by `make bench`. Of {took.rows:,} units of a year in one Parquet file, how many of a month are due and how many
documented in time, in each of {len(OFFICES)} offices. {medians(took.runs)}, each in a process of its own, in
turn. The clock starts when the libraries are loaded, and covers reading the file. All give the same counts, or this
page is not written.

{took.table(WAYS, one="pandas", called="pandas")}
"""
    ratios = {way: (took.seconds["audit"], took.seconds[way]) for way in ("pandas", "polars")}
    write(took.page, text, ratios, runs=took.runs, machine=machine("polars", "pandas", "audit-toolkit"))
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
