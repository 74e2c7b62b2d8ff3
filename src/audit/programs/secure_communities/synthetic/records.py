"""The records about matches: what was charged, what the office did, and what it entered in the case system."""

from datetime import date
from typing import Final

import numpy as np
import polars as pl

from audit.programs.secure_communities.synthetic.recipes import draw_integers, draw_rows, make_keys, read_courses
from audit.programs.secure_communities.synthetic.year import make_person_id, vary_office_names

CHARGES: Final = (
    "driving under the influence",
    "driving without a licence",
    "theft",
    "assault",
    "possession of a controlled substance",
    "disorderly conduct",
    "burglary",
    "failure to appear",
)
COMPLETION_SHARE = 0.6  # of missing encounters and dispositions of known persons
COMPLETION_DAYS = (61, 260)  # after the match
AUDIT_DAY = date(2011, 12, 28)  # the day up to which the audit read the records
LAST_ENTRY_DAY = date(2012, 4, 30)
UNINFORMATIVE, REDACTED = 0.04, 0.002  # of dispositions; only those of actions are withheld, and none from auditors


def draw_courses(cases: pl.DataFrame, kinds: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The cases with the charge their kind names, and the course of action each took."""
    recipes = kinds.select("charge", "acts_as", "idles_as")[cases["kind"]]
    course = recipes.select(pl.when(cases["acted"]).then("acts_as").otherwise("idles_as").alias("course")).to_series()
    return cases.hstack(recipes.select("charge")).hstack(draw_rows(rng, read_courses(), course))


def build_charges(cases: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The published table: what the person was booked for; a tenth of the matches come without."""
    draws = pl.Series(rng.choice(3, size=len(cases), p=(0.1, 0.75, 0.15)))
    fixed_count = pl.col("charge").replace_strict({"-": 0}, default=1, return_dtype=pl.Int64)
    rows = cases.select("match_id", "match_date", pl.col("charge").repeat_by(pl.coalesce(fixed_count, draws)))
    rows = rows.filter(pl.col("charge").list.len() > 0).explode("charge")
    draws = pl.Series(rng.choice(CHARGES, size=len(rows)))
    return rows.select(
        make_keys("K", len(rows)).alias("charge_id"),
        "match_id",
        offence=pl.col("charge").fill_null(draws),
        charge_date="match_date",
        recorded_date="match_date",
    )


def build_actions(cases: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The published table: the first action on the day of decision, the others evenly after it, all within three weeks.

    What an office noted instead of acting is on record only where the match is documented.
    """
    n = len(cases)
    start = pl.max_horizontal("match_time", pl.col("decision_date").cast(pl.Datetime("us")) + pl.duration(hours=6))
    spare = (pl.col("decision_date") + pl.duration(days=1)).cast(pl.Datetime("us")) - start
    action = pl.col("actions").str.split(" ")
    rows = (
        cases.with_columns(
            action=action,
            order=pl.int_ranges(action.list.len()),
            last=action.list.len() - 1,
            first=(start + spare * pl.Series(rng.random(n))).dt.truncate("1m"),
            wait=pl.Series(draw_integers(rng, 360, 10 * 1440, n)),
        )
        .filter(pl.col("acted") | (pl.col("lacks") == ""), pl.col("action").is_not_null())
        .explode("action", "order")
    )
    return rows.select(
        make_keys("A", len(rows)).alias("action_id"),
        "match_id",
        "action",
        action_time=pl.col("first") + pl.duration(minutes=pl.col("order") * pl.col("wait")),
        reason=pl.when(pl.col("order") == pl.col("last")).then("reason"),
    )


def draw_completions(cases: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The cases with the day on which an office entered, more than sixty days later, what it had not: `completed`.

    It does so for some of the missing encounters and dispositions. Those of audited persons were still missing when
    the auditors looked.
    """
    n = len(cases)
    later = pl.duration(days=pl.lit(pl.Series(draw_integers(rng, *COMPLETION_DAYS, n))))
    after_audit = pl.duration(days=pl.lit(pl.Series(draw_integers(rng, 6, 120, n))))
    day = pl.when("audited").then(pl.lit(AUDIT_DAY) + after_audit).otherwise(pl.col("match_date") + later)
    chosen = pl.Series(rng.random(n) < COMPLETION_SHARE)
    lacking = pl.col("lacks").is_in(["encounter", "disposition"]) & pl.col("person").is_not_null()
    return cases.with_columns(completed=pl.when(lacking & chosen & (day <= LAST_ENTRY_DAY)).then(day))


def draw_entries(cases: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """One row an encounter that was recorded, with what its disposition needs.

    Of the late entries, half lack the encounter as well until then.
    """
    n = len(cases)
    both = pl.Series(rng.random(n) < 0.5)
    early = pl.Series((rng.random(n) < 0.015).astype(np.int64))
    entered = pl.when(both).then("lag").otherwise(0)
    met = pl.min_horizontal(entered, pl.lit(3)) - pl.when(entered == 0).then(early).otherwise(0)
    rows = cases.with_columns(
        encounter_date=pl.col("match_date") + pl.duration(days=met),
        entered_date=pl.when(pl.col("lacks") == "encounter")
        .then("completed")
        .otherwise(pl.col("match_date") + pl.duration(days=entered)),
        office=vary_office_names(rng, cases["office"]),
    ).filter(pl.col("entered_date").is_not_null())
    return rows.with_columns(make_keys("E", len(rows)).alias("encounter_id"))


def build_encounters(entries: pl.DataFrame) -> pl.DataFrame:
    """The published table."""
    return entries.select("encounter_id", make_person_id("person"), "office", "encounter_date", "entered_date")


def build_dispositions(entries: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The published table; now and then the code is blank, says nothing, or is withheld."""
    rows = entries.filter((pl.col("lacks") != "disposition") | pl.col("completed").is_not_null())
    n = len(rows)
    chance, part = pl.Series(rng.random(n)), pl.Series(rng.random(n))
    code = (
        pl.when(pl.col("lacks") == "code")
        .then(None)
        .when(chance < UNINFORMATIVE)
        .then(pl.lit("OTHER"))
        .when(pl.col("acted") & ~pl.col("audited") & (chance > 1 - REDACTED))
        .then(pl.lit("(b)(3)"))
        .otherwise("disposition")
    )
    entered = pl.col("match_date") + pl.duration(days="lag")
    open_days = (entered - pl.col("encounter_date")).dt.total_days()
    return rows.select(
        make_keys("D", n).alias("disposition_id"),
        "encounter_id",
        disposition_code=code,
        disposition_date=pl.col("encounter_date") + pl.duration(days=(open_days * part).cast(pl.Int64)),
        entered_date=pl.coalesce("completed", entered),
    )
