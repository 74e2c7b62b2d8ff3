"""The reference program's tables: synthetic facts about the matches of October 2010 to March 2012.

Of the 348,958 matches of fiscal year 2011 there are published totals. The months after it continue the population, so
that the reports promised from February 2012 can be made; nothing was published of them.

Nobody publishes the cases behind DHS OIG-12-64. Everything here is invented: offices differ, gaps close late in
the year, persons come back, and the shares follow the report's published totals. The tables hold facts only, never
a verdict.

The audited cases are put there on purpose. Under the documented `SEED` the 766 smallest tickets of the year draw
the audited sample, and the generator, which computes those tickets itself, gives just these matches facts that are
instances of the report's words for its eleven cells (`cells.csv`, `kinds.csv`). It neither imports nor reads a rule:
what the policy makes of the facts is for the policy to say. Audited persons come back as often as others do. What the
report says was not done for them, or not entered, is so at each of their matches. All other matches are drawn at
random from the same kinds of person in nearly the same proportions, so any other seed draws another sample of one
population.

Removals are recorded with errors of a known number: see `removals`.
"""

import logging
from pathlib import Path

import numpy as np
import polars as pl
import polars.selectors as cs

from audit.programs.secure_communities.synthetic import facts, fieldwork, queries, records, removals, stage_events, year
from audit.programs.secure_communities.synthetic.jurisdictions import build_jurisdiction_tables
from audit.programs.secure_communities.synthetic.recipes import read_person_kinds
from audit.programs.secure_communities.synthetic.tracing import build_tracing_tables
from audit.programs.secure_communities.synthetic.year import SEED

LOGGER = logging.getLogger(__name__)

__all__ = ["SEED", "build_analysis_tables", "build_tables", "write_sample", "write_year"]


def build_tables() -> dict[str, pl.DataFrame]:
    """Every table by name: the fiscal year's rows first, then those of the months after it, whose keys begin with 5."""
    year_tables = _build_period_tables(year.FISCAL_YEAR, 20111001)
    later_tables = _build_period_tables(year.LATER_MONTHS, 20120331)
    return {name: pl.concat([table, _mark_keys(later_tables[name])]) for name, table in year_tables.items()}


def _mark_keys(table: pl.DataFrame) -> pl.DataFrame:
    """The rows under keys of their own: P0000001 → P5000001. Those of matches tell the period already."""
    keys = [name for name in table.columns if name.endswith("_id") and name != "match_id"]
    return table.with_columns(pl.col(name).str.replace("^([A-Z])0", "${1}5") for name in keys)


def _build_period_tables(period: year.Period, seed: int) -> dict[str, pl.DataFrame]:
    """The tables of a period. Each draws from its own stream, so a change in one leaves the others alone."""
    streams = iter(np.random.Generator(np.random.PCG64(seed)).spawn(14))
    recipes = read_person_kinds()
    LOGGER.info("drawing the matches from %s to %s", period.first, period.last)
    cases = records.draw_courses(year.draw_cases(next(streams), recipes, period), recipes, next(streams))
    LOGGER.info("drawing the persons and their records")
    persons = facts.draw_persons(cases, recipes, next(streams))
    entries = records.draw_entries(records.draw_completions(cases, next(streams)), next(streams))
    LOGGER.info("making the tables of matches, persons and records")
    tables = {
        "matches": year.build_matches(cases, next(streams), period),
        "persons": facts.build_persons(persons),
        "encounters": records.build_encounters(entries),
        "dispositions": records.build_dispositions(entries, next(streams)),
        "actions": records.build_actions(cases, next(streams)),
        "convictions": facts.build_convictions(persons, next(streams)),
        "charges": records.build_charges(cases, next(streams)),
        "immigration_history": facts.build_immigration_history(persons, next(streams)),
    }
    LOGGER.info("making the tables of removals and court records")
    removed = removals.draw_removals(tables["actions"], cases, tables["convictions"], next(streams), period)
    return tables | {
        "removals": removals.build_removals(removed, next(streams)),
        "court_records": removals.build_court_records(removed, next(streams), period),
    }


def build_analysis_tables(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables that only the analyses read, by name. They draw from streams of their own."""
    events = stage_events.build_stage_events(tables)
    return {
        "stage_events": events,
        **queries.build_query_tables(tables, events),
        **build_jurisdiction_tables(),
        **fieldwork.build_fieldwork_tables(),
        **build_tracing_tables(tables),
    }


def write_year(folder: Path) -> None:
    """Write the tables as Parquet files, the same bytes every time; the folder is made where absent."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = build_tables()
    for name, table in (*tables.items(), *build_analysis_tables(tables).items()):
        LOGGER.info("writing the table %s", name)
        table.write_parquet(folder / f"{name}.parquet", compression="zstd")


def write_sample(folder: Path) -> None:
    """Write the 766 audited cases, the other matches of their persons, and every row that belongs to them, as CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in select_sample(build_tables()).items():
        _format_for_csv(table).write_csv(folder / f"{name}.csv")


def select_sample(whole: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The rows of the audited cases and of their persons' other matches."""
    identity = whole["matches"].filter(
        pl.col("match_kind") == "identity", pl.col("match_id").str.starts_with(year.FISCAL_YEAR.prefix)
    )
    audited = identity[year.find_audited_cases(identity["match_id"])]
    is_audited = pl.col("match_id").is_in(audited["match_id"].implode())
    of_audited_person = pl.col("person_id").is_in(audited["person_id"].drop_nulls().implode()).fill_null(False)
    matches = whole["matches"].filter(is_audited | of_audited_person)
    selected_tables = {"matches": matches}
    for name, table in whole.items():
        if "encounter_id" in table.columns and name != "encounters":
            selected_tables[name] = table.join(
                selected_tables["encounters"], on="encounter_id", how="semi", maintain_order="left"
            )
        elif name != "matches":
            key = "match_id" if "match_id" in table.columns else "person_id"
            selected_tables[name] = table.join(matches, on=key, how="semi", maintain_order="left")
    return selected_tables


def _format_for_csv(table: pl.DataFrame) -> pl.DataFrame:
    """As CSV spells it: Yes and No, and ISO 8601 times."""
    yes_no = table.select(cs.boolean()).columns
    return table.with_columns(
        cs.datetime().dt.strftime("%Y-%m-%dT%H:%M:%S"),
        *(pl.when(name).then(pl.lit("Yes")).when(~pl.col(name)).then(pl.lit("No")).alias(name) for name in yes_no),
    )
