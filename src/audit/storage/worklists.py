"""The worklist of a report on disk: all offices, from which the packets are made again when it is issued."""

from io import BytesIO
from pathlib import Path

import polars as pl

WORKLIST_FILE = "worklist.parquet"  # in a report's folder


def encode_worklist(worklist: pl.DataFrame) -> bytes:
    """The list as Parquet: the same bytes for the same list."""
    out = BytesIO()
    worklist.write_parquet(out, compression="zstd", statistics=False)
    return out.getvalue()


def read_worklist(folder: Path) -> pl.DataFrame:
    """The list of the report in a folder, as it was written."""
    return pl.read_parquet(folder / WORKLIST_FILE, glob=False)
