"""What offices returned on their open items and what headquarters answered: events, and how each item stands."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import polars as pl

from audit.compliance.item_outcomes import ITEM_KEY
from audit.files import INITIAL_SEAL, seal_event


class ReturnKind(StrEnum):
    """What was said of an item."""

    DONE = "done"  # by the office: the record is there; only the tables can show it
    NOT_OURS = "not ours"  # by the office
    NOT_REQUIRED = "not required"  # by the office
    ACCEPTED = "accepted"  # by headquarters: it is no deficiency
    REFUSED = "refused"  # by headquarters: it stays the office's
    REFERRED = "referred"  # by headquarters: another office was told


CLAIMS = (ReturnKind.NOT_OURS, ReturnKind.NOT_REQUIRED)  # which headquarters answers
DECISIONS = (ReturnKind.ACCEPTED, ReturnKind.REFUSED, ReturnKind.REFERRED)

# How an item stands by what was said of it: the office's last word, and headquarters' answer to it.
RETURN_STATUS_SCHEMA = {
    "returned": pl.String,  # a ReturnKind
    "returned_on": pl.Date,  # when the list came back
    "done_on": pl.Date,
    "claim_reason": pl.String,
    "decision": pl.String,  # a ReturnKind of DECISIONS
    "decided_on": pl.Date,
    "decision_reason": pl.String,
    "referred_to": pl.String,  # the code of the office that was told
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnStatement:
    """What was said of one item on a day: by its office in a list, or by headquarters in answer."""

    office: str  # under which the tables have the item
    month: str
    person: str
    measure: str
    kind: str  # a ReturnKind
    day: dt.date  # when the list came back, or headquarters decided
    done_on: dt.date | None = None
    reason: str = ""
    to_office: str = ""  # the code of the office that was told
    by: str = ""  # the role of who answered for headquarters
    source: str = ""  # SHA-256 of the file that it came in


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnEvent(ReturnStatement):
    """A statement in the journal: its seal covers every event before it."""

    number: int
    seal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeReturns:
    """What came of an office's returns up to a report's day: items, each by the last word on it."""

    office: str
    done: int  # reported as done
    shown: int  # of these, resolved by the records
    accepted: int  # claims that headquarters accepted
    refused: int
    referred: int  # for which another office was told
    waiting: int  # claims without an answer


def append_statements(events: Sequence[ReturnEvent], statements: Iterable[ReturnStatement]) -> tuple[ReturnEvent, ...]:
    """The events that these statements add, numbered and sealed."""
    number, seal, added = len(events), events[-1].seal if events else INITIAL_SEAL, list[ReturnEvent]()
    for statement in statements:
        number += 1
        stated = {"number": number, **asdict(statement)}
        seal = seal_event(stated, seal)
        added.append(ReturnEvent(**stated, seal=seal))
    return tuple(added)


def summarize_return_status(events: Iterable[ReturnEvent], *, as_of: dt.date | None) -> pl.DataFrame:
    """How each item stands by what was said up to a day: columns ITEM_KEY and RETURN_STATUS_SCHEMA, a row each.

    A new word of the office opens the matter again; a referral holds until headquarters decides otherwise.
    """
    items: dict[tuple[str, ...], dict[str, Any]] = {}
    for event in events:
        if as_of and event.day > as_of:
            continue
        row = items.setdefault(tuple(getattr(event, name) for name in ITEM_KEY), {})
        if event.kind in DECISIONS:
            row |= {"decision": event.kind, "decided_on": event.day, "decision_reason": event.reason}
            row["referred_to"] = event.to_office or None
        else:
            row |= {"returned": event.kind, "returned_on": event.day, "done_on": event.done_on}
            row |= {"claim_reason": event.reason, "decision": None, "decided_on": None, "decision_reason": None}
    rows = [{**dict(zip(ITEM_KEY, key, strict=True)), **row} for key, row in items.items()]
    return pl.DataFrame(rows, schema={**dict.fromkeys(ITEM_KEY, pl.String), **RETURN_STATUS_SCHEMA})


def list_accepted_claims(status: pl.DataFrame) -> pl.DataFrame:
    """The items that headquarters took out of the ledger: columns ITEM_KEY, decided and reason."""
    return status.filter(pl.col("decision") == ReturnKind.ACCEPTED).select(
        *ITEM_KEY, decided="decided_on", reason=pl.col("returned") + ": " + pl.col("claim_reason")
    )


def count_office_returns(status: pl.DataFrame, items: pl.DataFrame) -> tuple[OfficeReturns, ...]:
    """What came of each office's returns: `status` as `summarize_return_status` gives it, `items` those of the ledger
    (columns ITEM_KEY and state)."""
    known = status.filter(pl.col("returned").is_not_null()).join(
        items.select(*ITEM_KEY, "state"), on=ITEM_KEY, how="left"
    )
    is_done, decision = pl.col("returned") == ReturnKind.DONE, pl.col("decision")
    counts = known.group_by("office").agg(
        done=is_done.sum(),
        shown=(is_done & (pl.col("state") == "resolved").fill_null(False)).sum(),
        **{kind.value: (~is_done & (decision == kind).fill_null(False)).sum() for kind in DECISIONS},
        waiting=(~is_done & decision.is_null()).sum(),
    )
    return tuple(OfficeReturns(**row) for row in counts.sort("office").iter_rows(named=True))
