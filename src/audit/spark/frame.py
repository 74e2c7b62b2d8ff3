"""The frame on a cluster: each file sifted by one task, the keys sorted there, and their digest taken by one worker."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from audit.assessment.case_file import exclusions, in_sample_period
from audit.errors import AuditError, ExitCode, Problem
from audit.files import whole
from audit.formatting import plural
from audit.programs.declaration import Program
from audit.sampling.frame import Frame, faults, none_left, refuse_columns, sift
from audit.spark.partitions import column
from audit.spark.read import Readied
from audit.spark.session import address, each, home

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

CHUNK = 1 << 20  # bytes of the frame's lines that are read at once


class Framed(NamedTuple):
    """A frame whose cases lie on the cluster: its own `cases` are none."""

    frame: Frame
    cases: "DataFrame"  # columns key and stratum
    lines: tuple[Path, ...]  # files that, one after the other, are the frame as published


class _Part(NamedTuple):
    universe: int
    excluded: tuple[int, ...]
    untold: tuple[int, ...]


def framed(
    session: "SparkSession", program: Program, units: Readied, *, into: Path, stratum: str | None = None
) -> Framed:
    """The frame of the program's sample, as `audit.sampling.frame.scope` fixes it, with files below `into`.

    AuditError as that; a faulty case is counted from 1 in its file.
    """
    key, reasons = program.census.unit, [reason for reason, _ in exclusions(program)]
    columns = {"key": key} | ({"stratum": stratum} if stratum else {})
    refuse_columns(units.schema, columns)
    paths, names = sorted(units.folder.glob("*.parquet")), units.schema.names()

    def set_apart(number: int) -> _Part:
        rows = pl.scan_parquet(paths[number], glob=False).select(names)
        sifted = sift(in_sample_period(program, rows), columns, [excluded for _, excluded in exclusions(program)])
        if problems := faults(sifted.kept, columns):
            raise AuditError(problems, code=ExitCode.DATA)
        with whole(into / "kept" / f"part-{number:05}.parquet") as path:
            sifted.kept.select(*columns, line=pl.concat_str(*columns, separator="|")).write_parquet(path)
        return _Part(sifted.universe, sifted.excluded, sifted.untold)

    parts = each(session, range(len(paths)), set_apart)
    kept = session.read.parquet(address(into / "kept"))
    sizes, size = _sizes(kept, stratum)
    if not size:
        raise AuditError(none_left(), code=ExitCode.DATA)
    _refuse_shared(kept, key)
    lines = _sorted_lines(kept, into / "lines")
    [digest] = each(session, [lines], _digest)

    def told(name: str) -> tuple[tuple[str, int], ...]:
        return tuple(zip(reasons, map(sum, zip(*(getattr(part, name) for part in parts), strict=True)), strict=True))

    frame = Frame(
        cases=pl.LazyFrame(schema=dict.fromkeys(columns.values(), pl.String)),
        key=key,
        stratum=stratum,
        universe=sum(part.universe for part in parts),
        exclusions=told("excluded"),
        untold=told("untold"),
        size=size,
        sizes=sizes if stratum else (),
        digest=digest,
    )
    return Framed(frame, with_stratum(kept), lines)


def published(session: "SparkSession", frame: Frame, path: Path) -> "DataFrame":
    """The cases of a frame that was fixed before, from the file of its lines: columns key and stratum.

    AuditError (DATA) where it is another file, or the frame counts its cases otherwise.
    """
    from pyspark.sql import functions as f

    [digest] = each(session, [(path,)], _digest)
    line = session.read.text(address(path), lineSep="\n")
    parts = {"key": 1} | ({"stratum": -1} if frame.stratum else {})
    cases = line.select(*(f.substring_index("value", "|", place).alias(name) for name, place in parts.items()))
    stated = frame.digest, frame.sizes or (("", frame.size),), frame.size
    if digest != frame.digest or (digest, *_sizes(cases, frame.stratum)) != stated:
        what = "is not the file of cases whose digest, size and strata the frame states"
        raise AuditError(
            Problem(what=what, mend="Take the step again: audit scope.", file=str(path)), code=ExitCode.DATA
        )
    return with_stratum(cases)


def by_office(program: Program, units: "DataFrame", cases: "DataFrame") -> pl.DataFrame:
    """How many of the cases each office has, as `audit.workflow.audit.frame_by_office` counts them."""
    from pyspark.sql import functions as f

    rules = program.census
    offices = units.select(column(rules.unit).cast("string").alias("key"), column(rules.office).alias("office"))
    named = cases.select("key", f.coalesce("stratum", f.lit("")).alias("stratum"))
    counted = offices.join(named, on="key").groupBy("office", "stratum").agg(f.count("*").alias("cases"))
    return home(counted, {"office": pl.String, "stratum": pl.String, "cases": pl.UInt32}).sort("office", "stratum")


def _sizes(kept: "DataFrame", stratum: str | None) -> tuple[tuple[tuple[str, int], ...], int]:
    """The cases of each stratum, by its name, and of all."""
    from pyspark.sql import functions as f

    by = column("stratum") if stratum else f.lit("")
    rows = kept.groupBy(by.alias("stratum")).agg(f.count("*").alias("cases"))
    sizes = sorted(home(rows, {"stratum": pl.String, "cases": pl.Int64}).iter_rows())
    return tuple(sizes), sum(cases for _, cases in sizes)


def _refuse_shared(kept: "DataFrame", key: str) -> None:
    """Refuse a key that cases of different files share; within a file it was looked for there."""
    from pyspark.sql import functions as f

    repeated = kept.groupBy("key").agg(f.count("*").alias("cases")).filter("cases > 1")
    shared = home(repeated.agg(f.sum("cases").alias("cases")), {"cases": pl.Int64}).item()
    if shared:
        what = f"The key is not unique in {plural(shared, 'case')}"
        mend = "Give every case its own, or exclude duplicates."
        raise AuditError(Problem(what=what, mend=mend, column=key), code=ExitCode.DATA)


def _sorted_lines(kept: "DataFrame", into: Path) -> tuple[Path, ...]:
    """The lines in order of their bytes, in text files that follow one another by name."""
    kept.select("line").orderBy("line").write.mode("overwrite").text(address(into))
    return tuple(sorted(into.glob("part-*.txt")))


def _digest(lines: tuple[Path, ...]) -> str:
    """The SHA-256 of the files as if they were one; on a worker, which holds no more than CHUNK of them."""
    found = hashlib.sha256()
    for path in lines:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                found.update(chunk)
    return found.hexdigest()


def with_stratum(kept: "DataFrame") -> "DataFrame":
    """The key and the stratum of cases; no stratum where there are none."""
    from pyspark.sql import functions as f

    given = column("stratum") if "stratum" in kept.columns else f.lit(None).cast("string")
    return kept.select("key", given.alias("stratum"))
