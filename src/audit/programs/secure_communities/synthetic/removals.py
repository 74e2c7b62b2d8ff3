"""Removals as the agency recorded them, what the courts show of the persons removed, and the errors put there."""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from audit.programs.secure_communities.synthetic.recipes import draw_integers, make_keys
from audit.programs.secure_communities.synthetic.year import (
    OFFICE_PROFILES,
    Period,
    make_person_id,
    vary_office_names,
)

CRIMINAL, CHARGED, OTHER = "convicted criminal", "pending criminal charges", "other immigration violator"
COURT_SOURCES = ("county court website", "State court website", "State repository")

# How many removals of the year are recorded otherwise than the convictions have it, and in which way.
OVERLOOKED_COUNT: Final = 812  # recorded as non-criminal, and the criminal history has a conviction
FOUND_IN_COURT_COUNT: Final = 640  # recorded as non-criminal, and only a court shows the conviction
UNSUPPORTED_COUNT: Final = 1_100  # recorded as criminal, and no source shows a conviction
CONVICTED_LATER_COUNT: Final = 120  # recorded as non-criminal, and convicted only after the removal: no error
UNRECORDED_COUNT: Final = 96  # of those found in court: the agency's system does not show it yet


def draw_removals(
    actions: pl.DataFrame, cases: pl.DataFrame, convictions: pl.DataFrame, rng: np.random.Generator, period: Period
) -> pl.DataFrame:
    """One row a removal of the actions, with what is never published: its true class and which error was put there.

    Offices that document less err more often. An error is put only where the person was removed once, save that of
    the overlooked, so that the number of each kind is exact.
    """
    rows = actions.filter(action="removed").join(cases.select("match_id", "person", "office"), on="match_id")
    rows = rows.select(
        make_keys("R", len(rows)).alias("removal_id"),
        make_person_id("person"),
        "office",
        removal_date=pl.col("action_time").dt.date(),
    )
    earliest = convictions.filter(outcome="convicted").group_by("person_id").agg(pl.col("conviction_date").min())
    rows = rows.join(earliest, on="person_id", how="left", maintain_order="left").with_columns(
        convicted=(pl.col("conviction_date") <= pl.col("removal_date")).fill_null(False),
        alone=pl.len().over("person_id") == 1,
        charged=pl.Series(rng.random(len(rows)) < 0.4),
    )
    convicted = rows["convicted"].to_numpy()
    free = ~convicted & rows["alone"].to_numpy() & rows["conviction_date"].is_null().to_numpy()
    weight = np.array([OFFICE_PROFILES[office][1] for office in rows["office"]])
    error = np.full(len(rows), "", dtype=object)
    for name, among, n in (
        ("overlooked", convicted, OVERLOOKED_COUNT),
        ("found in court", free, FOUND_IN_COURT_COUNT),
        ("unsupported", free, UNSUPPORTED_COUNT),
        ("convicted later", free, CONVICTED_LATER_COUNT),
    ):
        error[_draw_places(rng, among & (error == ""), weight, n // period.removal_errors)] = name
    return rows.with_columns(error=pl.Series(error, dtype=pl.String))


def build_removals(removal_rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The published table."""
    criminal = (pl.col("convicted") & (pl.col("error") != "overlooked")) | (pl.col("error") == "unsupported")
    other = pl.when("charged").then(pl.lit(CHARGED)).otherwise(pl.lit(OTHER))
    return removal_rows.select(
        "removal_id",
        "person_id",
        vary_office_names(rng, removal_rows["office"]),
        "removal_date",
        criminality=pl.when(criminal).then(pl.lit(CRIMINAL)).otherwise(other),
    )


def build_court_records(removal_rows: pl.DataFrame, rng: np.random.Generator, period: Period) -> pl.DataFrame:
    """The published table: convictions that the criminal history does not have, a few of them after the removal."""
    rows = removal_rows.filter(pl.col("error").is_in(["found in court", "convicted later"]))
    n = len(rows)
    after = (rows["error"] == "convicted later").to_numpy()
    apart = np.where(after, draw_integers(rng, 1, 60, n), -draw_integers(rng, 0, 400, n))
    # Most are recorded after the removal, some were there and nobody looked, a known number are not recorded yet.
    overlooked = (apart * rng.random(n)).astype(np.int64)
    waits = np.where(~after & (rng.random(n) < 0.2), overlooked, np.maximum(apart, 0) + draw_integers(rng, 1, 200, n))
    unrecorded = np.zeros(n, dtype=bool)
    unrecorded[_draw_places(rng, ~after, np.ones(n), UNRECORDED_COUNT // period.removal_errors)] = True
    dated = pl.col("removal_date") + pl.duration(days=pl.lit(pl.Series(apart)))
    recorded = pl.col("removal_date") + pl.duration(days=pl.lit(pl.Series(waits)))
    return rows.select(
        make_keys("T", n, digits=5).alias("record_id"),
        "person_id",
        conviction_date=dated,
        source=pl.Series(rng.choice(COURT_SOURCES, size=n, p=(0.5, 0.3, 0.2))),
        recorded_date=pl.when(~pl.Series(unrecorded)).then(recorded),
    )


def _draw_places(
    rng: np.random.Generator, among: NDArray[np.bool_], weight: NDArray[np.float64], n: int
) -> NDArray[np.int64]:
    """`n` of the places that are true, likely as their weight."""
    places = np.flatnonzero(among)
    chance = weight[places] / weight[places].sum()
    chosen: NDArray[np.int64] = rng.choice(places, size=n, replace=False, p=chance)
    return chosen
