"""The queries and conclusions of one day's matches, by the center and again by the offices: made up throughout.

The audit report says that the center reviewed as many as 16 databases, and that the offices researched matches again.
How many queries there were, which systems, how long they took and what either concluded was not published.
"""

from datetime import date
from typing import Final

import numpy as np
import polars as pl

from audit.programs.secure_communities.synthetic.recipes import draw_integers

LOG_DAY: Final = date(2011, 9, 14)  # the day whose matches the log holds
SYSTEM_COUNT: Final = 16  # OIG-12-64, Duplicative Research: as many as 16 databases
CONCLUSIONS: Final = ("not removable", "removable, no priority", "removable, priority")
REPEATED_SHARE, OWN_SHARE, NO_MINUTES_SHARE = 0.7, 0.18, 0.02
WRONG_FIRST_SHARE, WRONG_SECOND_SHARE = 0.09, 0.015  # of conclusions that are not what the facts show
NO_SECOND_SHARE = 0.04  # of matches that an office did not research


def build_query_tables(tables: dict[str, pl.DataFrame], events: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The tables `queries` and `determinations`. They draw from a stream of their own."""
    rng = np.random.Generator(np.random.PCG64(20110914))
    cases = _gather_cases(tables, events)
    is_researched = rng.random(len(cases)) >= NO_SECOND_SHARE
    return {
        "queries": _draw_queries(cases, is_researched, rng),
        "determinations": _draw_conclusions(cases, is_researched, rng),
    }


def _gather_cases(tables: dict[str, pl.DataFrame], events: pl.DataFrame) -> pl.DataFrame:
    """One row an identity match of the day: when either looked at it, and what the facts of its person show."""
    matches = tables["matches"].filter(
        pl.col("match_kind") == "identity", pl.col("match_time").dt.date() == pl.lit(LOG_DAY)
    )
    times = events.join(matches, on="match_id", how="semi").group_by("match_id")
    by_stage = times.agg(
        **{name: pl.col("event_time").filter(pl.col("stage") == name).first() for name in ("determination", "decision")}
    )
    convicted = tables["convictions"].filter(outcome="convicted").select("person_id").unique()
    cases = matches.join(by_stage, on="match_id", how="left", maintain_order="left").join(
        tables["persons"].select("person_id", "status"), on="person_id", how="left", maintain_order="left"
    )
    is_convicted = pl.col("person_id").is_in(convicted["person_id"].implode()).fill_null(False)
    unlawful = pl.col("status") == "unlawful"
    fact = pl.when(unlawful & is_convicted).then(2).when(unlawful).then(1).otherwise(0)
    return cases.with_columns(
        fact=fact,
        determination=pl.col("determination").fill_null(pl.col("match_time") + pl.duration(hours=2)),
        decision=pl.col("decision").fill_null(pl.col("match_time") + pl.duration(days=2)),
    )


def _draw_queries(cases: pl.DataFrame, is_researched: np.ndarray, rng: np.random.Generator) -> pl.DataFrame:
    """A row a query. The center asks 4 to 16 systems; an office most of these again, and now and then another."""
    n = len(cases)
    asked = draw_integers(rng, 4, SYSTEM_COUNT, n)
    usual = np.log(np.linspace(3.0, 0.4, SYSTEM_COUNT))  # some systems are asked more often than others
    rank = (-(usual + rng.gumbel(size=(n, SYSTEM_COUNT)))).argsort(axis=1).argsort(axis=1)
    by_center = rank < asked[:, None]
    again = rng.random((n, SYSTEM_COUNT))
    by_office = np.where(by_center, again < REPEATED_SHARE, again < OWN_SHARE) & is_researched[:, None]
    parts = []
    for actor, flags, end, span in (("center", by_center, "determination", 40), ("office", by_office, "decision", 55)):
        places, systems = np.nonzero(flags)
        size = len(places)
        minutes = np.rint(rng.gamma(2.2, 1.4, size) + 0.5)
        before = pl.duration(minutes=pl.lit(pl.Series(draw_integers(rng, 1, span, size))))
        rows = cases[places].select(
            "match_id",
            "person_id",
            actor=pl.lit(actor),
            system=pl.format("System {}", pl.Series(systems + 1).cast(pl.String).str.zfill(2)),
            query_time=pl.max_horizontal(pl.col(end) - before, "determination" if actor == "office" else "match_time"),
            minutes=pl.Series(minutes, dtype=pl.Float64),
            result=pl.Series(np.where(rng.random(size) < 0.35, "record found", "nothing found")),
        )
        known = pl.Series(rng.random(size) >= NO_MINUTES_SHARE)
        parts.append(rows.with_columns(minutes=pl.when(known).then("minutes")))
    return pl.concat(parts).sort("query_time", "match_id", "actor", "system", maintain_order=True)


def _draw_conclusions(cases: pl.DataFrame, is_researched: np.ndarray, rng: np.random.Generator) -> pl.DataFrame:
    """A row a conclusion: what the facts show, but for a share of errors, more of them at the first look."""
    fact = cases["fact"].to_numpy()
    parts = []
    for actor, day, share in (
        ("center", "determination", WRONG_FIRST_SHARE),
        ("office", "decision", WRONG_SECOND_SHARE),
    ):
        other = (fact + draw_integers(rng, 1, len(CONCLUSIONS) - 1, len(fact))) % len(CONCLUSIONS)
        conclusion = np.where(rng.random(len(fact)) < share, other, fact)
        parts.append(
            cases.select(
                "match_id",
                actor=pl.lit(actor),
                determination=pl.Series(np.array(CONCLUSIONS)[conclusion]),
                determined_on=pl.col(day),
            ).filter(pl.lit(pl.Series(is_researched)) if actor == "office" else pl.lit(True))
        )
    return pl.concat(parts).sort("match_id", "actor", maintain_order=True)
