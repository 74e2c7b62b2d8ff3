"""A whole population assessed: the determinations in a file, their counts, and a digest that no order changes."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import polars as pl

from audit.assessment.case_file import assess_case_files, filter_eligible_cases, gather_case_files
from audit.files import hash_file, write_atomically
from audit.policy.rules import Policy
from audit.programs.declaration import Program

WORDS, WORD = 8, 8  # of a SHA-256: eight words of eight hexadecimal digits
OUTCOME_COUNT_SCHEMA = {"attribute": pl.String, "outcome": pl.String, "cases": pl.Int64}


class PopulationAssessment(NamedTuple):
    """What was found of many cases, without the cases."""

    counts: pl.DataFrame  # as OUTCOME_COUNT_SCHEMA, sorted
    digest: str  # of all determinations, in whatever order they lie
    files: Mapping[str, str]  # the Parquet files with the determinations, and the SHA-256 of each


def assess_whole_population(
    program: Program,
    tables: Mapping[str, pl.LazyFrame],
    policy: Policy,
    *,
    path: Path,
    wanted: pl.LazyFrame | None = None,
) -> PopulationAssessment:
    """Assess the `wanted` rows of the table of cases, or all, and write the determinations by attribute and key.

    The `tables` hold every case even so: an action under one case of a person may count for another.
    """
    rules = program.census
    eligible = filter_eligible_cases(program, tables[rules.table] if wanted is None else wanted)
    determinations = assess_case_files(gather_case_files(program, tables, wanted=eligible), policy, office=rules.office)
    with write_atomically(path) as place:
        determinations.write_parquet(place)
        digests = {path.name: hash_file(place) or ""}
    counts = determinations.group_by("attribute", "outcome").agg(cases=pl.len().cast(pl.Int64))
    return PopulationAssessment(
        counts.select(*OUTCOME_COUNT_SCHEMA).sort("attribute", "outcome"), sum_row_hashes(determinations), digests
    )


def merge_assessments(parts: Iterable[PopulationAssessment]) -> PopulationAssessment:
    """The parts as one."""
    parts = list(parts)
    counts = pl.concat([pl.DataFrame(schema=OUTCOME_COUNT_SCHEMA), *(part.counts for part in parts)])
    total = sum(int(part.digest, 16) for part in parts) % 2**256
    files = {name: sha256 for part in parts for name, sha256 in part.files.items()}
    summed = counts.group_by("attribute", "outcome").agg(pl.col("cases").sum()).sort("attribute", "outcome")
    return PopulationAssessment(summed, f"{total:064x}", files)


def sum_row_hashes(rows: pl.DataFrame) -> str:
    """The sum, modulo 2^256, of the SHA-256 of every row: the same in whatever order and parts the rows come.

    It tells whether two engines found the same. It is no seal: rows can be made up that give a wanted sum.
    """
    import polars_hash

    cells = [pl.coalesce(pl.col(name).cast(pl.String), pl.lit("\x00")) for name in rows.columns]
    hashed = rows.lazy().select(polars_hash.concat_str(*cells, separator="\x1f").chash.sha2_256().alias("hash"))
    words = [
        pl.col("hash").str.slice(WORD * n, WORD).str.to_integer(base=16, dtype=pl.Int64).sum().alias(f"{n}")
        for n in range(WORDS)
    ]
    sums = hashed.select(words).collect(engine="streaming").row(0)
    return f"{sum(word << (32 * (WORDS - 1 - n)) for n, word in enumerate(sums)) % 2**256:064x}"
