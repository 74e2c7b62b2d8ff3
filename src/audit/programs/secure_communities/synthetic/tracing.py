"""Convictions traced to court documents, and judgments traced to the convictions on record: every result is made up."""

import datetime as dt

import numpy as np
import polars as pl

AS_OF = dt.date(2011, 12, 28)  # the day on which the audit looks at its records
CONVICTION_RESULTS = {"agrees": 196, "the day differs": 3, "not obtained": 1}
JUDGMENT_RESULTS = {"agrees": 141, "not on record": 9}
JUDGMENT_COUNT = 12_400  # made up: judgments that could be drawn


def build_tracing_tables(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables `traced_convictions` and `traced_judgments`. They draw from a stream of their own."""
    rng = np.random.Generator(np.random.PCG64(20111228))
    convictions = select_traceable_convictions(tables["convictions"])
    judgments = pl.Series([f"J{number:05}" for number in range(1, JUDGMENT_COUNT + 1)])
    return {
        "traced_convictions": _draw_items(convictions, "conviction_id", CONVICTION_RESULTS, rng),
        "traced_judgments": _draw_items(judgments, "judgment", JUDGMENT_RESULTS, rng),
    }


def select_traceable_convictions(convictions: pl.DataFrame) -> pl.Series:
    """The keys of the convictions that could be drawn: those recorded by the as-of day."""
    return convictions.filter((pl.col("recorded_date") <= AS_OF).fill_null(False))["conviction_id"].sort()


def _draw_items(keys: pl.Series, name: str, results: dict[str, int], rng: np.random.Generator) -> pl.DataFrame:
    values = [value for value, items in results.items() for _ in range(items)]
    places = np.sort(rng.choice(keys.len(), len(values), replace=False))
    return pl.DataFrame({name: keys.gather(places), "result": rng.permutation(values)})
