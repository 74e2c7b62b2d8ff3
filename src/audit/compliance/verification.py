"""Items that were reported as resolved, drawn by ticket and traced to their records."""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from audit.compliance.item_outcomes import ITEM_KEY, filter_first_grace, list_item_units
from audit.compliance.record_states import DOCUMENTED_STATES, AnyFrame, RecordState
from audit.programs.measures import Census, FollowUpPlan
from audit.sampling.tickets import compute_tickets

TracedRecord = Literal["holds", "shared", "absent"]
SHARED_UNIT_SCHEMA = {"unit": pl.String}


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedItem:
    """One item that was reported as resolved, and what its units' records show now."""

    office: str
    month: str
    person: str
    measure: str
    # "holds": each unit has its records; "shared": the first record linked to one is another unit's of the same person
    # too; "absent": one lacks a record, or no longer counts
    found: TracedRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationResult:
    """A sample of the items that the last report called resolved, each traced to its records as known now."""

    month: str  # whose report called them resolved
    resolved: int  # items that it called so
    seed: str  # of the draw: the declared seed and the month
    items: tuple[VerifiedItem, ...]

    def count_found(self, found: TracedRecord) -> int:
        """How many of the drawn items were found so."""
        return sum(item.found == found for item in self.items)


def draw_resolved_items(opening: pl.DataFrame, plan: FollowUpPlan, *, month: str) -> pl.DataFrame:
    """Of the items that the ledger of a month calls resolved the plan's number with the smallest tickets, in order of
    the key: its columns.

    The ticket of an item is that of the seed, a bar and the month, for the key office, month, person and measure with
    commas between them (`audit.sampling.tickets`), so that anyone can draw again.
    """
    resolved = opening.filter(pl.col("movement") == "resolved")
    keys = resolved.select(pl.concat_str(ITEM_KEY, separator=",")).to_series()
    tickets = compute_tickets(keys, seed=format_draw_seed(plan, month=month))
    return resolved.with_columns(ticket=tickets).sort("ticket").head(plan.verified).drop("ticket").sort(ITEM_KEY)


def format_draw_seed(plan: FollowUpPlan, *, month: str) -> str:
    """The seed of the draw from one month's resolved items."""
    return f"{plan.verified_seed}|{month}"


def find_units_sharing_records(states: AnyFrame, census: Census, drawn: pl.DataFrame) -> pl.DataFrame:
    """Which of the `drawn` units (column unit) have their first linked record in common with another unit of the same
    person that is not excluded: columns SHARED_UNIT_SCHEMA.

    `states` is what `find_unit_states` returns, with each person's units all among them.
    """
    if drawn.is_empty() or not census.links:
        return pl.DataFrame(schema=SHARED_UNIT_SCHEMA)
    leading = census.measures[0]
    units = (
        filter_first_grace(states.lazy(), census)
        .filter(pl.col("measure") == leading.id, pl.col("excluded").is_null(), pl.col("record").is_not_null())
        .select("unit", "person", "record")
    )
    persons = units.join(drawn.lazy().select("unit"), on="unit", how="semi").select("person").unique()
    together = units.join(persons, on="person", how="semi").filter(pl.len().over("person", "record") > 1)
    return (
        together.join(drawn.lazy().select("unit"), on="unit", how="semi").select("unit").unique().sort("unit").collect()
    )


def trace_resolved_items(
    drawn: pl.DataFrame,
    resolved: int,
    states: pl.DataFrame,
    shared: pl.DataFrame,
    census: Census,
    *,
    seed: str,
    month: str,
) -> VerificationResult:
    """What the records of the `drawn` items of a month show now; `resolved` is of how many they were drawn.

    `states` holds the state of these items' units at least, `shared` what `find_units_sharing_records` returns.
    """
    there = [*DOCUMENTED_STATES, RecordState.UNMET.value]
    now = filter_first_grace(states, census).select(
        "unit", "measure", there=pl.col("state").cast(pl.String).is_in(there).fill_null(False)
    )
    traced = (
        list_item_units(drawn)
        .join(now, on=["unit", "measure"], how="left")
        .with_columns(pl.col("there").fill_null(False), shared=pl.col("unit").is_in(shared["unit"].implode()))
        .group_by(ITEM_KEY)
        .agg(pl.col("there").all(), pl.col("shared").any())
        .sort(ITEM_KEY)
    )
    items = tuple(
        VerifiedItem(
            office=office,
            month=of,
            person=person,
            measure=measure,
            found="absent" if not is_there else "shared" if is_shared else "holds",
        )
        for office, of, person, measure, is_there, is_shared in traced.iter_rows()
    )
    return VerificationResult(month=month, resolved=resolved, seed=seed, items=items)
