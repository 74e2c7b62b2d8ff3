"""The facts about persons: who they are, what they were convicted of, and their immigration history."""

import numpy as np
import polars as pl

from audit.programs.secure_communities.synthetic.recipes import draw_integers, draw_rows, make_keys, read_offences
from audit.programs.secure_communities.synthetic.year import make_person_id

RECENT_EVENTS = ("border_violation", "visa_abuse")
CONVICTION_SOURCES = ("NCIC", "State repository", "court record")


def draw_persons(cases: pl.DataFrame, kinds: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """One row a person, in order of number: what the kind says, and the first and last decision about them."""
    met = cases.drop_nulls("person").group_by("person")
    rows = met.agg(pl.col("kind").first(), first=pl.col("decision_date").min(), last=pl.col("decision_date").max())
    rows = rows.sort("person")
    n = len(rows)
    older = pl.Series(draw_integers(rng, 0, 24, n))
    return pl.concat([rows, kinds.drop("name", "group", "words")[rows["kind"]]], how="horizontal").with_columns(
        make_person_id("person"),
        admission_date=pl.when("admitted").then(pl.col("first") - _draw_days(rng, 400, 9000, n)),
        gang_age=pl.when(pl.col("gang_age") < 16).then("gang_age").otherwise(pl.col("gang_age") + older),
    )


def build_persons(person_rows: pl.DataFrame) -> pl.DataFrame:
    """The published table."""
    return person_rows.select(
        "person_id",
        "status",
        "admission_date",
        "immigration_record",
        "criminal_history_checked",
        "national_security",
        "gang_member",
        "gang_age",
        "warrant",
    )


def build_convictions(person_rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The published table. All but those of class `later` are on record before the first decision about the person."""
    rows = _explode_column(person_rows, "convictions")
    n = len(rows)
    rows = rows.hstack(draw_rows(rng, read_offences(), rows["convictions"]))
    low, high = (rows[name].fill_null(0).to_numpy() for name in ("imposed_low", "imposed_high"))
    later, scheme, pending = (pl.col("class") == name for name in ("later", "scheme", "pending"))
    # The word of a crime in the weeks before a decision comes after it; all others came long before.
    convicted = (
        pl.when(later)
        .then(pl.col("last") - _draw_days(rng, 0, 60, n))
        .otherwise(pl.col("first") - _draw_days(rng, 130, 4000, n))
    )
    travelled = _draw_days(rng, 2, 90, n) + pl.when(later).then(pl.duration(days=60)).otherwise(pl.duration(days=0))
    rows = rows.with_columns(conviction_date=convicted)
    rows = rows.with_columns(
        pl.when(scheme).then(pl.first("conviction_date").over("person_id")).otherwise("conviction_date")
    )
    return rows.select(
        make_keys("C", n).alias("conviction_id"),
        "person_id",
        conviction_date=pl.when(~pending).then("conviction_date"),
        outcome="outcome",
        offence="offence",
        max_days="max_days",
        imposed_days=pl.when(pl.col("imposed_low").is_not_null()).then(pl.Series(draw_integers(rng, low, high, n))),
        aggravated_felony="aggravated_felony",
        removable_lpr="removable_lpr",
        amount=(pl.col("amount") * (1 + pl.Series(rng.random(n)))).round(2),
        scheme_id=pl.when(scheme).then("S" + pl.col("person_id").str.slice(1)),
        source=pl.Series(rng.choice(CONVICTION_SOURCES, size=n, p=(0.6, 0.25, 0.15))),
        recorded_date=pl.col("conviction_date") + travelled,
    )


def build_immigration_history(person_rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The published table: a person's events six weeks apart, all on record before the first decision.

    A violation of immigration controls is of the last months, but for one that the kind calls old.
    """
    rows = _explode_column(person_rows, "history")
    n = len(rows)
    recent = pl.col("history").is_in(RECENT_EVENTS)
    begun = pl.when(recent).then(_draw_days(rng, 40, 120, n)).otherwise(_draw_days(rng, 300, 3000, n))
    rows = rows.with_columns(begun=pl.col("first") - begun)
    order = pl.int_range(pl.len())
    return rows.with_columns(event_date=(pl.first("begun") + pl.duration(days=42 * order)).over("person_id")).select(
        make_keys("H", n).alias("history_id"),
        "person_id",
        event=pl.col("history").str.strip_prefix("old_"),
        event_date="event_date",
        recorded_date=pl.col("event_date") + _draw_days(rng, 0, 30, n),
    )


def _draw_days(rng: np.random.Generator, low: int, high: int, n: int) -> pl.Expr:
    return pl.duration(days=pl.lit(pl.Series(draw_integers(rng, low, high, n))))


def _explode_column(person_rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """One row an entry of a list of words, persons in order."""
    return (
        person_rows.select("person_id", "first", "last", pl.col(column).str.split(" "))
        .drop_nulls(column)
        .explode(column)
    )
