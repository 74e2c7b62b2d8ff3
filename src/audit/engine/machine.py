"""This machine, through polars' streaming engine."""

import polars as pl


def keep(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Run a plan once, for the several steps that read its rows."""
    return frame.collect(engine="streaming").lazy()
