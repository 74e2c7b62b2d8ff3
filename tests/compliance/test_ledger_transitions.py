"""Each row of the table of transitions, by name: what it makes of the state, the movement and the closing."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from audit.compliance.item_outcomes import ITEM_DOCUMENTED, ITEM_ELSEWHERE, ITEM_GONE
from audit.compliance.ledger_transitions import (
    DECIDED,
    DECIDED_BEFORE,
    ENTRY_BACK_DATED,
    EVENT_BACK_DATED,
    EXPLAINED,
    MISSING,
    NO_LONGER_DOCUMENTED,
    NOT_MISSING,
    TRANSITIONS,
    UNITS_GONE,
    apply_transitions,
)

LISTED, CLOSED, ENTERED, AS_OF = date(2011, 9, 30), date(2011, 10, 20), date(2011, 11, 5), date(2011, 11, 29)
SCHEMA = {
    "before": pl.String,
    "is_missing": pl.Boolean,
    "undone": pl.Boolean,
    "fate": pl.String,
    "entered": pl.Date,
    "dated": pl.Date,
    "listed": pl.Date,
    "closed": pl.Date,
    "decided": pl.Date,
    "decided_before": pl.Date,
    "reason": pl.String,
    "reason_before": pl.String,
    "remark": pl.String,
}
OPEN: dict[str, Any] = {"before": "open"}
RESOLVED: dict[str, Any] = {"before": "resolved", "closed": CLOSED}
EXCUSED: dict[str, Any] = {"before": "reclassified", "closed": CLOSED, "reason_before": "excluded: test"}
PARDONED: dict[str, Any] = {**EXCUSED, "reason_before": "a duplicate", "decided_before": CLOSED}
LACKS: dict[str, Any] = {"is_missing": True}
DECISION: dict[str, Any] = {"decided": date(2011, 11, 20), "reason": "a test record"}


def move(**item: Any) -> dict[str, Any]:
    given = {"is_missing": False, "undone": False, "listed": LISTED, **item}
    row = {name: given.get(name) for name in SCHEMA}
    return apply_transitions(pl.DataFrame([row], schema=SCHEMA), as_of=AS_OF).row(0, named=True)


# What is seen of one item, the row of the table that it falls under, and what comes of it.
CASES: dict[str, tuple[dict[str, Any], tuple[str, str], tuple[str, str | None, date | None, str | None]]] = {
    "listed for the first time": (LACKS, ("absent", MISSING), ("open", "new", None, None)),
    "decided before it was ever listed": (
        {**LACKS, **DECISION},
        ("absent", DECIDED),
        ("reclassified", None, DECISION["decided"], "a test record"),
    ),
    "still missing": ({**OPEN, **LACKS}, ("open", MISSING), ("open", "still open", None, None)),
    "documented": (
        {**OPEN, "fate": ITEM_DOCUMENTED, "entered": ENTERED},
        ("open", ITEM_DOCUMENTED),
        ("resolved", "resolved", ENTERED, None),
    ),
    "gone from the tables": ({**OPEN, "fate": ITEM_GONE}, ("open", ITEM_GONE), ("open", "still open", None, None)),
    "explained by the tables": (
        {**OPEN, "fate": ITEM_ELSEWHERE},
        ("open", EXPLAINED),
        ("reclassified", "reclassified", AS_OF, ITEM_ELSEWHERE),
    ),
    "decided while open": (
        {**OPEN, **LACKS, **DECISION},
        ("open", DECIDED),
        ("reclassified", "reclassified", DECISION["decided"], "a test record"),
    ),
    "missing again after it was resolved": (
        {**RESOLVED, **LACKS},
        ("resolved", MISSING),
        ("open", "reopened", None, None),
    ),
    "resolved and not missing": (RESOLVED, ("resolved", NOT_MISSING), ("resolved", None, CLOSED, None)),
    "decided after it was resolved": (
        {**RESOLVED, **DECISION},
        ("resolved", DECIDED),
        ("reclassified", None, DECISION["decided"], "a test record"),
    ),
    "missing again after the tables explained it": (
        {**EXCUSED, **LACKS},
        ("reclassified", MISSING),
        ("open", "reopened", None, None),
    ),
    "explained and not missing": (
        EXCUSED,
        ("reclassified", NOT_MISSING),
        ("reclassified", None, CLOSED, "excluded: test"),
    ),
    "decided after the tables explained it": (
        {**EXCUSED, **DECISION},
        ("reclassified", DECIDED),
        ("reclassified", None, DECISION["decided"], "a test record"),
    ),
    "decided in an earlier month, and missing": (
        {**PARDONED, **LACKS},
        ("reclassified", DECIDED_BEFORE),
        ("reclassified", None, CLOSED, "a duplicate"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_item(name: str) -> None:
    item, row, (state, movement, closed, reason) = CASES[name]
    moved = move(**item)
    assert (moved["before"], moved["seen"]) == row
    assert (moved["state"], moved["movement"], moved["closed"], moved["reason"]) == (state, movement, closed, reason)


def test_every_row_of_the_table_has_its_case_and_none_is_there_twice() -> None:
    rows = [(one.before, one.seen) for one in TRANSITIONS]
    assert len(set(rows)) == len(rows)
    assert {row for _, row, _ in CASES.values()} == set(rows)


@pytest.mark.parametrize(
    ("item", "remark"),
    [
        ({**OPEN, **LACKS, "remark": "kept"}, "kept"),
        ({**RESOLVED, **LACKS, "remark": "gone with the state"}, None),
        ({**RESOLVED, "remark": "kept"}, "kept"),
        ({**OPEN, **LACKS, "undone": True, "fate": ITEM_GONE}, NO_LONGER_DOCUMENTED),
        ({**OPEN, "fate": ITEM_GONE}, UNITS_GONE),
        ({**OPEN, "fate": ITEM_DOCUMENTED, "entered": LISTED}, ENTRY_BACK_DATED),
        ({**OPEN, "fate": ITEM_DOCUMENTED, "entered": ENTERED, "dated": LISTED}, EVENT_BACK_DATED),
        (
            {**OPEN, "fate": ITEM_DOCUMENTED, "entered": ENTERED, "dated": ENTERED, "remark": "of when it was open"},
            None,
        ),
    ],
)
def test_what_is_noted_of_an_item(item: dict[str, Any], remark: str | None) -> None:
    assert move(**item)["remark"] == remark


def test_a_day_that_cannot_be_the_closing_one_gives_way_to_the_day_it_was_seen() -> None:
    for entered in (None, LISTED, date(2011, 12, 1)):
        assert move(**OPEN, fate=ITEM_DOCUMENTED, entered=entered)["closed"] == AS_OF
    early = {**DECISION, "decided": date(2011, 9, 1)}
    assert move(**OPEN, **early)["closed"] == LISTED
