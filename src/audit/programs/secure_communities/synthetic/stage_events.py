"""The log of the fiscal year's identity matches, made from the tables of matches and actions: a row an event.

Nothing was published of how many matches reached each stage, or when. What the tables of matches and actions say of a
match is so here too; the rest is made up, a known number of errors of order among it.
"""

from typing import Final

import numpy as np
import polars as pl

from audit.programs.secure_communities.synthetic.recipes import draw_integers
from audit.programs.secure_communities.synthetic.year import FISCAL_YEAR

ORDER_ERROR_COUNT: Final = 137  # matches whose referral is dated before the center's determination
UNRESEARCHED_SHARE, UNREFERRED_SHARE, UNDECIDED_SHARE = 0.012, 0.006, 0.045
RELEASED_FROM_CUSTODY_SHARE = 0.3  # of those in custody who are not removed within the year
LAST_REMOVAL_DAYS = 420  # days from custody within which a made-up removal lies
DETAINING_ACTIONS = ("detainer", "custody", "removed")


def build_stage_events(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The table: match_id, stage, event_time, office, status. It draws from a stream of its own."""
    rng = np.random.Generator(np.random.PCG64(20111228))
    cases = _draw_times(_gather_cases(tables), rng)
    stages = ("submission", "match", "determination", "referral", "decision", *DETAINING_ACTIONS)
    exits = ("closed", "detainer lifted", "released")
    events = pl.concat(
        cases.select("match_id", stage=pl.lit(name), event_time=name, office="office", status="status").drop_nulls(
            "event_time"
        )
        for name in (*stages, *exits)
    )
    return events.sort("match_id", "event_time", "stage", maintain_order=True)


def _gather_cases(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """One row an identity match of the year: its own columns, its person's status, its first action of each kind."""
    matches = tables["matches"].filter(
        pl.col("match_kind") == "identity", pl.col("match_id").str.starts_with(FISCAL_YEAR.prefix)
    )
    time = pl.col("action_time")
    first = {name: time.filter(pl.col("action") == name).min() for name in (*DETAINING_ACTIONS, "detainer_lifted")}
    others = time.filter(~pl.col("action").is_in([*DETAINING_ACTIONS, "detainer_lifted"])).min()
    actions = tables["actions"].group_by("match_id").agg(**first, other=others)
    return (
        matches.join(actions, on="match_id", how="left", maintain_order="left")
        .join(tables["persons"].select("person_id", "status"), on="person_id", how="left", maintain_order="left")
        .with_columns(pl.col("status").fill_null("no identifier"))
        .rename({"detainer_lifted": "detainer lifted"})
    )


def _draw_times(cases: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The time of each stage and exit, a column each; null where the match has none."""
    n = len(cases)

    def minutes(low: int, high: int) -> pl.Expr:
        return pl.duration(minutes=pl.lit(pl.Series(draw_integers(rng, low, high, n))))

    def chance() -> pl.Series:
        return pl.Series(rng.random(n))

    acted = pl.min_horizontal(*DETAINING_ACTIONS, "other")
    research = pl.duration(minutes=pl.lit(pl.Series(np.rint(rng.gamma(1.6, 95, n)).astype(np.int64) + 4)))
    wrong = np.zeros(n, dtype=bool)
    cases = cases.with_columns(
        submission=pl.max_horizontal(pl.col("match_time").dt.truncate("1d"), pl.col("match_time") - minutes(2, 55)),
        match="match_time",
        determination=pl.col("match_time") + research,
    ).with_columns(referral=pl.col("determination") + minutes(1, 25))
    decided = pl.max_horizontal("referral", pl.col("decision_date").cast(pl.Datetime("us")) + minutes(360, 1080))
    cases = cases.with_columns(
        referral=pl.when(chance() >= UNREFERRED_SHARE).then("referral"),
        decision=pl.when((chance() >= UNDECIDED_SHARE) | acted.is_not_null()).then(pl.min_horizontal(decided, acted)),
    )
    # An action that the tables date before the research ends is the truth: the research is moved before it.
    early = pl.min_horizontal("decision", acted) - pl.duration(minutes=1)
    cases = cases.with_columns(
        pl.when(pl.col(name).is_not_null()).then(pl.max_horizontal("match", pl.min_horizontal(name, early))).alias(name)
        for name in ("determination", "referral")
    )
    in_log = cases.select((pl.col("referral") > pl.col("match") + pl.duration(minutes=30)).fill_null(False))
    wrong[rng.choice(np.flatnonzero(in_log.to_series().to_numpy()), ORDER_ERROR_COUNT, replace=False)] = True
    is_wrong = pl.lit(pl.Series(wrong))
    unresearched = (chance() < UNRESEARCHED_SHARE) & ~pl.Series(wrong)
    return _draw_exits(
        cases.with_columns(
            determination=pl.when(~pl.lit(unresearched)).then("determination"),
            referral=pl.when(is_wrong).then(pl.col("match") + pl.duration(minutes=1)).otherwise("referral"),
        ).with_columns(
            determination=pl.when(is_wrong).then(pl.col("referral") + pl.duration(minutes=9)).otherwise("determination")
        ),
        rng,
    )


def _draw_exits(cases: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The removals that the actions do not have, and how a match leaves that comes no further."""
    n = len(cases)
    later = pl.duration(days=pl.lit(pl.Series(draw_integers(rng, 20, LAST_REMOVAL_DAYS, n))), hours=9)
    chance = pl.Series(rng.random(n))
    in_custody = pl.col("custody").is_not_null() & pl.col("removed").is_null()
    released = pl.lit(chance < RELEASED_FROM_CUSTODY_SHARE)
    detained = pl.any_horizontal(pl.col(name).is_not_null() for name in DETAINING_ACTIONS)
    only_detainer = pl.col("detainer").is_not_null() & pl.col("custody").is_null() & pl.col("removed").is_null()
    return cases.with_columns(
        removed=pl.when(in_custody & ~released & pl.lit(chance < 0.85))
        .then(pl.col("custody").dt.truncate("1d") + later)
        .otherwise("removed"),
        released=pl.when(in_custody & released)
        .then(pl.col("custody").dt.truncate("1d") + later)
        .when(only_detainer & (pl.col("release_time") > pl.col("detainer")))
        .then("release_time"),
        closed=pl.when(~detained).then(pl.max_horizontal("decision", "other")),
    )
