"""The sites and statements of the audit report, as it published them: only their references are made up."""

from pathlib import Path

import polars as pl


def build_fieldwork_tables() -> dict[str, pl.DataFrame]:
    """The tables `interviews` and `statements`, from the files beside this module."""
    interviews = pl.read_csv(Path(__file__).with_name("interviews.csv"), infer_schema=False)
    statements = pl.read_csv(Path(__file__).with_name("statements.csv"), infer_schema=False)
    return {"interviews": interviews.with_columns(pl.col("day").str.to_date()), "statements": statements}
