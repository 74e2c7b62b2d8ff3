"""What several steps read, gone through once: what is small in memory, what is large in files of this process."""

import errno
import os
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.files import make_temporary_folder

# Of a Parquet file so many row groups are read ahead, not the 128 of which polars holds a large file whole.
os.environ.setdefault("POLARS_ROW_GROUP_PREFETCH_SIZE", "2")

ROWS_TO_SPILL = 1_000_000  # rows from which on they are kept in a file
NARROW_ROWS_IN_MEMORY = 4_000_000  # rows of a few columns that are sorted or joined in memory
_ROWS_PER_PROBE = 1_000  # of as many rows one is looked at for where to divide them


def materialize_plan(plan: pl.LazyFrame, *, rows: int) -> pl.LazyFrame:
    """Run a plan of so many `rows` once, for the several steps that read what it gives.

    Many rows go to a file below TMPDIR, which only this user can read and which goes with this process.

    AuditError (UNREADABLE) where there is no room for it.
    """
    if rows < ROWS_TO_SPILL:
        return plan.collect(engine="streaming").lazy()
    path = Path(_make_spill_folder().name) / f"{uuid4().hex}.parquet"
    try:
        plan.sink_parquet(path, compression="uncompressed", statistics=False)  # it is read several times, and goes
    except (OSError, pl.exceptions.ComputeError) as error:
        if not _is_disk_full(error):
            raise
        what, mend = f"has no room for {rows:,} rows", "Name a folder on a larger disk in TMPDIR."
        raise AuditError(Problem(what=what, mend=mend, file=str(path.parent)), code=ExitCode.UNREADABLE) from None
    return pl.scan_parquet(path, glob=False)


def sort_plan(plan: pl.LazyFrame, by: Sequence[str], *, rows: int) -> pl.LazyFrame:
    """A plan of so many `rows` in the order of the columns `by`; many are sorted so many at a time.

    AuditError as `materialize_plan`.
    """
    if rows < NARROW_ROWS_IN_MEMORY:
        return plan.sort(by)
    parts = divide_plan(plan, by, rows=rows, at_once=NARROW_ROWS_IN_MEMORY)
    return pl.concat([materialize_plan(part.sort(by), rows=ROWS_TO_SPILL) for part in parts])


def divide_plan(plan: pl.LazyFrame, by: Sequence[str], *, rows: int, at_once: int) -> Iterator[pl.LazyFrame]:
    """A plan of so many `rows` in parts of about `at_once`, each of which lies before the next in the order of `by`."""
    parts = rows // at_once + 1
    if parts == 1:
        yield plan
        return
    some = plan.select(by).filter(pl.struct(by).hash() % _ROWS_PER_PROBE == 0).collect(engine="streaming").sort(by)
    cuts = [some.row(some.height * n // parts) for n in range(1, parts)] if some.height else []
    bounds = [pl.lit(True), *(_is_at_or_after(by, cut) for cut in cuts), pl.lit(False)]
    for low, high in pairwise(bounds):
        yield plan.filter(low & ~high)


def _is_at_or_after(by: Sequence[str], cut: Sequence[Any]) -> pl.Expr:
    """Whether a row is at or past a place in the order of these columns."""
    past = pl.lit(True)
    for name, value in zip(reversed(by), reversed(cut), strict=True):
        past = (pl.col(name) > value) | ((pl.col(name) == value) & past)
    return past


@cache
def _make_spill_folder() -> tempfile.TemporaryDirectory[str]:
    return make_temporary_folder()


def _is_disk_full(error: Exception) -> bool:
    return getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error)
