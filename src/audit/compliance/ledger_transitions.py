"""What becomes of a ledger's items from one month to the next: a table of transitions, and the columns that follow."""

import datetime as dt
from typing import Final, NamedTuple

import polars as pl

from audit.compliance.item_outcomes import ITEM_DOCUMENTED, ITEM_GONE

# What is noted of an item beside its state; `audit.reporting.open_item_text` words it.
NO_LONGER_DOCUMENTED = "undone"  # documented in an earlier ledger, and not now
UNITS_GONE = "gone"  # no longer in the tables
EVENT_BACK_DATED = "event back-dated"  # resolved by a record entered after the listing, of an event before it
ENTRY_BACK_DATED = "entry back-dated"  # entered, by its own date, before the listing that did not find it

ABSENT = "absent"  # the state before of an item that the last ledger does not have

# What is seen now of an item that was open and lacks nothing is ITEM_DOCUMENTED, ITEM_GONE or EXPLAINED.
EXPLAINED = "explained"  # by the tables: excluded, withheld, not due, of another office
MISSING = "missing"
NOT_MISSING = "not missing"  # of an item that was not open
DECIDED = "decided"  # a person decided that it is no deficiency
DECIDED_BEFORE = "decided before"  # as the last ledger says

# How the day on which an item was closed is known.
BY_RECORD = "record"  # the last record was entered; seen, where no day tells
BY_DECISION = "decision"
AS_BEFORE = "as before"


class Transition(NamedTuple):
    """The state that an item comes to have, by its state before and what is seen of it now."""

    before: str
    seen: str
    state: str
    movement: str | None  # None where nothing moved
    closed: str | None  # None of an open item


TRANSITIONS: Final = (
    Transition(ABSENT, MISSING, "open", "new", None),
    Transition(ABSENT, DECIDED, "reclassified", None, BY_DECISION),
    Transition("open", MISSING, "open", "still open", None),
    Transition("open", ITEM_DOCUMENTED, "resolved", "resolved", BY_RECORD),
    Transition("open", ITEM_GONE, "open", "still open", None),  # nothing shows that it was completed
    Transition("open", EXPLAINED, "reclassified", "reclassified", BY_RECORD),
    Transition("open", DECIDED, "reclassified", "reclassified", BY_DECISION),
    Transition("resolved", MISSING, "open", "reopened", None),
    Transition("resolved", NOT_MISSING, "resolved", None, AS_BEFORE),
    Transition("resolved", DECIDED, "reclassified", None, BY_DECISION),
    Transition("reclassified", MISSING, "open", "reopened", None),  # the tables gave the reason, and it holds no more
    Transition("reclassified", NOT_MISSING, "reclassified", None, AS_BEFORE),
    Transition("reclassified", DECIDED, "reclassified", None, BY_DECISION),
    Transition("reclassified", DECIDED_BEFORE, "reclassified", None, AS_BEFORE),
)


def apply_transitions(items: pl.DataFrame, *, as_of: dt.date) -> pl.DataFrame:
    """The items with the `state` they come to have, how they moved, and when, why and with what remark they are closed.

    `items` has the state `before` (null where the last ledger does not have the item) with its `reason_before` and
    `decided_before`; whether it `is_missing` now, and `undone`: documented in the last ledger; what the tables say of
    it (`fate`, `entered`, `dated`); the `reason` and day of a person's decision (`decided`); and `listed`, `closed` and
    `remark` as they were.
    """
    table = pl.DataFrame(TRANSITIONS, schema=dict.fromkeys(Transition._fields, pl.String), orient="row")
    before = pl.col("before").fill_null(ABSENT)
    moved = items.with_columns(before=before, seen=_derive_seen()).join(
        table.rename({"closed": "closed_by"}), on=["before", "seen"], how="left"
    )
    return moved.with_columns(
        closed=_derive_closing_day(as_of),
        decided=pl.when(pl.col("state") == "reclassified").then(pl.coalesce("decided", "decided_before")),
        reason=_derive_reason(),
        remark=_derive_remark(),
    )


def _derive_seen() -> pl.Expr:
    """What is seen of an item now: a person's decision goes before what the tables say."""
    before, fate = pl.col("before"), pl.col("fate")
    return (
        pl.when(pl.col("decided").is_not_null())
        .then(pl.lit(DECIDED))
        .when((before == "reclassified") & pl.col("decided_before").is_not_null())
        .then(pl.lit(DECIDED_BEFORE))
        .when("is_missing")
        .then(pl.lit(MISSING))
        .when(before != "open")
        .then(pl.lit(NOT_MISSING))
        .when(fate.is_in([ITEM_DOCUMENTED, ITEM_GONE]))
        .then(fate)
        .otherwise(pl.lit(EXPLAINED))
    )


def _derive_closing_day(as_of: dt.date) -> pl.Expr:
    closed_by, entered, listed = pl.col("closed_by"), pl.col("entered"), pl.col("listed")
    timely = entered.is_between(listed, as_of, closed="right").fill_null(False)
    return (
        pl.when(closed_by == BY_DECISION)
        .then(pl.max_horizontal("decided", "listed"))
        .when(closed_by == AS_BEFORE)
        .then("closed")
        .when((closed_by == BY_RECORD) & timely)
        .then(entered)
        .when(closed_by == BY_RECORD)
        .then(pl.lit(as_of))
    )


def _derive_reason() -> pl.Expr:
    """Why an item is reclassified: as a person decided, as the tables say, or as it was."""
    by_tables = pl.when(pl.col("seen") == EXPLAINED).then("fate").otherwise("reason_before")
    return pl.when(pl.col("state") == "reclassified").then(pl.coalesce("reason", by_tables))


def _derive_remark() -> pl.Expr:
    """What is noted of an item; the remark before stays where nothing takes its place."""
    is_open, movement, listed = pl.col("state") == "open", pl.col("movement"), pl.col("listed")
    back_dated = (
        pl.when(pl.col("entered") <= listed)
        .then(pl.lit(ENTRY_BACK_DATED))
        .when(pl.col("dated") <= listed)
        .then(pl.lit(EVENT_BACK_DATED))
    )
    return (
        pl.when(is_open & pl.col("undone"))
        .then(pl.lit(NO_LONGER_DOCUMENTED))
        .when(is_open & (pl.col("fate") == ITEM_GONE))
        .then(pl.lit(UNITS_GONE))
        .when(movement.is_in(["new", "reopened"]))
        .then(None)
        .when(movement == "resolved")
        .then(back_dated)
        .otherwise("remark")
    )
