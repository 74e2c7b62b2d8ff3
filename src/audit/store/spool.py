"""What several steps read, gone through once: what is small in memory, what is large in files of this process."""

import errno
import tempfile
from functools import cache
from pathlib import Path
from uuid import uuid4

import polars as pl

from audit.error import AuditError, ExitCode, Problem

LARGE = 4_000_000  # rows from which on they are kept in a file


def keep(plan: pl.LazyFrame, *, rows: int) -> pl.LazyFrame:
    """Run a plan of so many `rows` once, for the several steps that read what it gives.

    Many rows go to a file below TMPDIR, which only this user can read and which goes with this process.

    AuditError (UNREADABLE) where there is no room for it.
    """
    if rows < LARGE:
        return plan.collect(engine="streaming").lazy()
    path = Path(_folder().name) / f"{uuid4().hex}.parquet"
    try:
        plan.sink_parquet(path, compression="lz4")
    except (OSError, pl.exceptions.ComputeError) as error:
        if not _full(error):
            raise
        what, mend = f"has no room for {rows:,} rows", "Name a folder on a larger disk in TMPDIR."
        raise AuditError(Problem(what=what, mend=mend, file=str(path.parent)), code=ExitCode.UNREADABLE) from None
    return pl.scan_parquet(path, glob=False)


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="audit-")


def _full(error: Exception) -> bool:
    return getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error)
