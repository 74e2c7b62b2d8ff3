"""Items reported as resolved: drawn by ticket, and traced to the records of their units."""

import hashlib
from dataclasses import replace
from datetime import date

import polars as pl

from audit.compliance.ledger import LEDGER_SCHEMA
from audit.compliance.mergeable_counts import build_mergeable_counts, merge_counts
from audit.compliance.unit_states import link_and_find_states
from audit.compliance.verification import draw_resolved_items, trace_resolved_items
from audit.programs.measures import FollowUpPlan
from tests.made_up_census import CENSUS, disposition, encounter, match, matches, tables

PLAN = FollowUpPlan(days=60, source="made up", verified=3, verified_seed="a seed")
VERIFYING = replace(CENSUS, follow_up=PLAN)
AS_OF = date(2011, 10, 31)


def items(*persons: str, movement: str = "resolved") -> pl.DataFrame:
    """Items of a ledger, each of the match of the same number."""
    rows = [
        {
            **dict.fromkeys(LEDGER_SCHEMA),
            **{"office": "A", "month": "2011-08", "person": person, "measure": "documentation"},
            **{"units": person.replace("P", "M"), "state": "resolved", "movement": movement},
        }
        for person in persons
    ]
    return pl.DataFrame(rows, schema=LEDGER_SCHEMA)


def test_the_smallest_tickets_are_drawn_and_anyone_can_draw_again() -> None:
    """The ticket as `sha256sum` makes it: SHA-256 of seed|month|office,month,person,measure."""
    persons = [f"P{n}" for n in range(20)]

    def ticket(person: str) -> str:
        return hashlib.sha256(f"a seed|2011-09|A,2011-08,{person},documentation".encode()).hexdigest()

    opening = pl.concat([items(*persons), items("P90", "P91", movement="still open")])
    drawn = draw_resolved_items(opening, PLAN, month="2011-09")
    assert drawn["person"].to_list() == sorted(sorted(persons, key=ticket)[:3])
    assert draw_resolved_items(items("P1"), PLAN, month="2011-09").height == 1
    assert draw_resolved_items(items("P1"), replace(PLAN, verified=0), month="2011-09").is_empty()


def found_states() -> pl.LazyFrame:
    """M1 has its own encounter. M2 and M12 of one person share one, as do M3 and a match that is excluded. M4 lacks
    its disposition, and M5 is gone."""
    rows = [
        match("M1", person="P1"),
        match("M2", person="P2"),
        match("M12", person="P2"),
        match("M3", person="P3"),
        match("M13", person="P3", kind="duplicate"),
        match("M4", person="P4"),
    ]
    linked = tables(
        [encounter(f"E{n}", person=f"P{n}") for n in (1, 2, 3, 4)], [disposition(f"D{n}", f"E{n}") for n in (1, 2, 3)]
    )
    return link_and_find_states({"matches": matches(rows), **linked}, VERIFYING, as_of=AS_OF)


def test_each_item_is_traced_to_its_units_records() -> None:
    drawn = items("P1", "P2", "P3", "P4", "P5")
    units = pl.DataFrame({"unit": [f"M{n}" for n in range(1, 6)]})
    counts = build_mergeable_counts(found_states(), VERIFYING, period="2011-09", drawn=units)
    assert counts.shared_units["unit"].to_list() == ["M2"]
    asked = {"seed": "a seed|2011-09", "month": "2011-09"}
    result = trace_resolved_items(drawn, 9, counts.listed_units, counts.shared_units, VERIFYING, **asked)
    assert [(item.person, item.found) for item in result.items] == [
        ("P1", "holds"),
        ("P2", "shared"),
        ("P3", "holds"),
        ("P4", "absent"),
        ("P5", "absent"),
    ]
    assert [result.count_found(found) for found in ("holds", "shared", "absent")] == [2, 1, 2]
    assert (result.resolved, result.month, result.seed) == (9, "2011-09", "a seed|2011-09")


def test_parts_of_whole_persons_find_the_same_shared_records() -> None:
    states, units = found_states().collect(), pl.DataFrame({"unit": ["M2", "M12", "M3"]})
    parts = [
        build_mergeable_counts(part, VERIFYING, period="2011-09", drawn=units) for part in states.partition_by("person")
    ]
    whole = build_mergeable_counts(states, VERIFYING, period="2011-09", drawn=units)
    assert merge_counts(parts).shared_units.equals(whole.shared_units)
    assert whole.shared_units["unit"].to_list() == ["M12", "M2"]


def test_an_item_of_several_units_is_as_its_worst() -> None:
    drawn = items("P1").with_columns(units=pl.lit("M1|M4"))
    counts = build_mergeable_counts(
        found_states(), VERIFYING, period="2011-09", drawn=pl.DataFrame({"unit": ["M1", "M4"]})
    )
    result = trace_resolved_items(
        drawn, 1, counts.listed_units, counts.shared_units, VERIFYING, seed="s", month="2011-09"
    )
    assert [item.found for item in result.items] == ["absent"]
