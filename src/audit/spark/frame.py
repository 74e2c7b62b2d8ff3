"""The frame on a cluster: each file sifted by one task, the keys sorted there, and their digest taken by one worker."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from audit.assessment.case_file import compile_exclusions, filter_sample_period
from audit.errors import AuditError, ExitCode, Problem
from audit.files import write_atomically
from audit.formatting import format_plural
from audit.programs.declaration import Program
from audit.sampling.frame import (
    Frame,
    apply_exclusions,
    find_frame_problems,
    make_empty_frame_problem,
    refuse_unfit_columns,
)
from audit.spark.partitions import make_column
from audit.spark.read import SparkTable
from audit.spark.session import collect_rows, make_spark_path, run_tasks

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

CHUNK_BYTES = 1 << 20  # bytes of the frame's lines that are read at once


class SparkSamplingFrame(NamedTuple):
    """A frame whose cases lie on the cluster: its own `cases` are none."""

    frame: Frame
    cases: "DataFrame"  # columns key and stratum
    lines: tuple[Path, ...]  # files that, one after the other, are the frame as published


class _Part(NamedTuple):
    universe: int
    excluded: tuple[int, ...]
    untold: tuple[int, ...]


def refuse_local_frame(cluster: str | None, measure: str | None) -> None:
    """Refuse a frame with clusters or amounts: a usage error."""
    if cluster or measure:
        problem = Problem(what="a frame with clusters or amounts is fixed on one machine", mend="Leave out --engine.")
        raise AuditError(problem, code=ExitCode.USAGE)


def fix_frame_on_spark(
    session: "SparkSession", program: Program, units: SparkTable, *, into: Path, stratum: str | None = None
) -> SparkSamplingFrame:
    """The frame of the program's sample, as `audit.sampling.frame.build_sampling_frame` fixes it, with files below
    `into`.

    AuditError as that; a faulty case is counted from 1 in its file.
    """
    key, reasons = program.census.unit, [reason for reason, _ in compile_exclusions(program)]
    columns = {"key": key} | ({"stratum": stratum} if stratum else {})
    refuse_unfit_columns(units.schema, columns)
    paths, names = sorted(units.folder.glob("*.parquet")), units.schema.names()

    def set_apart(number: int) -> _Part:
        rows = pl.scan_parquet(paths[number], glob=False).select(names)
        sifted = apply_exclusions(
            filter_sample_period(program, rows), columns, [excluded for _, excluded in compile_exclusions(program)]
        )
        if problems := find_frame_problems(sifted.remaining, columns):
            raise AuditError(problems, code=ExitCode.DATA)
        with write_atomically(into / "kept" / f"part-{number:05}.parquet") as path:
            sifted.remaining.select(*columns, line=pl.concat_str(*columns, separator="|")).write_parquet(path)
        return _Part(sifted.universe, sifted.excluded, sifted.untold)

    parts = run_tasks(session, range(len(paths)), set_apart)
    kept_cases = session.read.parquet(make_spark_path(into / "kept"))
    sizes, size = _count_strata(kept_cases, stratum)
    if not size:
        raise AuditError(make_empty_frame_problem(), code=ExitCode.DATA)
    _refuse_shared_keys(kept_cases, key)
    lines = _write_sorted_lines(kept_cases, into / "lines")
    [digest] = run_tasks(session, [lines], _hash_lines)

    def sum_by_reason(name: str) -> tuple[tuple[str, int], ...]:
        return tuple(zip(reasons, map(sum, zip(*(getattr(part, name) for part in parts), strict=True)), strict=True))

    frame = Frame(
        cases=pl.LazyFrame(schema=dict.fromkeys(columns.values(), pl.String)),
        key=key,
        stratum=stratum,
        universe=sum(part.universe for part in parts),
        exclusions=sum_by_reason("excluded"),
        untold=sum_by_reason("untold"),
        size=size,
        sizes=sizes if stratum else (),
        digest=digest,
    )
    return SparkSamplingFrame(frame, select_key_and_stratum(kept_cases), lines)


def read_published_cases(session: "SparkSession", frame: Frame, path: Path) -> "DataFrame":
    """The cases of a frame that was fixed before, from the file of its lines: columns key and stratum.

    AuditError (DATA) where it is another file, or the frame counts its cases otherwise.
    """
    from pyspark.sql import functions as f

    [digest] = run_tasks(session, [(path,)], _hash_lines)
    line = session.read.text(make_spark_path(path), lineSep="\n")
    parts = {"key": 1} | ({"stratum": -1} if frame.stratum else {})
    cases = line.select(*(f.substring_index("value", "|", place).alias(name) for name, place in parts.items()))
    stated = frame.digest, frame.sizes or (("", frame.size),), frame.size
    if digest != frame.digest or (digest, *_count_strata(cases, frame.stratum)) != stated:
        what = "is not the file of cases whose digest, size and strata the frame states"
        raise AuditError(
            Problem(what=what, mend="Take the step again: audit scope.", file=str(path)), code=ExitCode.DATA
        )
    return select_key_and_stratum(cases)


def count_cases_by_office(program: Program, units: "DataFrame", cases: "DataFrame") -> pl.DataFrame:
    """How many of the cases each office has, as `audit.workflow.sample_audit.count_frame_by_office` counts them."""
    from pyspark.sql import functions as f

    rules = program.census
    offices = units.select(
        make_column(rules.unit).cast("string").alias("key"), make_column(rules.office).alias("office")
    )
    case_strata = cases.select("key", f.coalesce("stratum", f.lit("")).alias("stratum"))
    counts = offices.join(case_strata, on="key").groupBy("office", "stratum").agg(f.count("*").alias("cases"))
    return collect_rows(counts, {"office": pl.String, "stratum": pl.String, "cases": pl.UInt32}).sort(
        "office", "stratum"
    )


def count_persons_of_frame(program: Program, units: "DataFrame", cases: "DataFrame", keys: pl.Series) -> pl.DataFrame:
    """Persons of the cases, as `audit.workflow.sample_audit.count_frame_persons` counts them."""
    from pyspark.sql import functions as f

    rules = program.census
    owners = units.select(
        make_column(rules.unit).cast("string").alias("key"), make_column(rules.person or rules.unit).alias("person")
    )
    sampled = f.sum(f.col("key").isin(keys.cast(pl.String).to_list()).cast("long")).alias("sampled")
    sizes = owners.join(cases.select("key"), on="key").groupBy("person").agg(f.count("*").alias("cases"), sampled)
    known = f.col("person").isNotNull().alias("known")
    counts = sizes.groupBy(known, "cases", "sampled").agg(f.count("*").alias("persons"))
    whole = dict.fromkeys(("cases", "sampled", "persons"), pl.Int64)
    return collect_rows(counts, {"known": pl.Boolean, **whole})


def _count_strata(frame_cases: "DataFrame", stratum: str | None) -> tuple[tuple[tuple[str, int], ...], int]:
    """The cases of each stratum, by its name, and of all."""
    from pyspark.sql import functions as f

    by = make_column("stratum") if stratum else f.lit("")
    rows = frame_cases.groupBy(by.alias("stratum")).agg(f.count("*").alias("cases"))
    sizes = sorted(collect_rows(rows, {"stratum": pl.String, "cases": pl.Int64}).iter_rows())
    return tuple(sizes), sum(cases for _, cases in sizes)


def _refuse_shared_keys(frame_cases: "DataFrame", key: str) -> None:
    """Refuse a key that cases of different files share; within a file it was looked for there."""
    from pyspark.sql import functions as f

    repeated = frame_cases.groupBy("key").agg(f.count("*").alias("cases")).filter("cases > 1")
    shared = collect_rows(repeated.agg(f.sum("cases").alias("cases")), {"cases": pl.Int64}).item()
    if shared:
        what = f"The key is not unique in {format_plural(shared, 'case')}"
        mend = "Give every case its own, or exclude duplicates."
        raise AuditError(Problem(what=what, mend=mend, column=key), code=ExitCode.DATA)


def _write_sorted_lines(frame_cases: "DataFrame", into: Path) -> tuple[Path, ...]:
    """The lines in order of their bytes, in text files that follow one another by name."""
    frame_cases.select("line").orderBy("line").write.mode("overwrite").text(make_spark_path(into))
    return tuple(sorted(into.glob("part-*.txt")))


def _hash_lines(lines: tuple[Path, ...]) -> str:
    """The SHA-256 of the files as if they were one; on a worker, which holds no more than CHUNK_BYTES of them."""
    digest = hashlib.sha256()
    for path in lines:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
    return digest.hexdigest()


def select_key_and_stratum(frame_cases: "DataFrame") -> "DataFrame":
    """The key and the stratum of cases; no stratum where there are none."""
    from pyspark.sql import functions as f

    stratum = make_column("stratum") if "stratum" in frame_cases.columns else f.lit(None).cast("string")
    return frame_cases.select("key", stratum.alias("stratum"))
