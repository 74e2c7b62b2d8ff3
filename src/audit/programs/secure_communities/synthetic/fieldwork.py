"""Sites, statements and documents of the audit report, as it published them: only their references are made up."""

from pathlib import Path

import polars as pl


def build_fieldwork_tables() -> dict[str, pl.DataFrame]:
    """The tables `interviews`, `statements` and `documents`, from the files beside this module."""
    tables = {
        name: pl.read_csv(Path(__file__).with_name(f"{name}.csv"), infer_schema=False)
        for name in ("interviews", "statements", "documents")
    }
    return tables | {"interviews": tables["interviews"].with_columns(pl.col("day").str.to_date())}
