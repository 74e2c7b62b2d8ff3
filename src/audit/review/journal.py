"""The journal of a review: every answer an event, appended and chained, and how each item stood on any day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.files import INITIAL_SEAL, seal_event

Phase = Literal["first", "second", "adjudication", "appeal", "supervision"]

PHASE_TITLES: Final[Mapping[Phase, str]] = {
    "first": "first review",
    "second": "second review",
    "adjudication": "adjudication",
    "appeal": "late document or appeal",
    "supervision": "supervisor's review",
}
DECIDING_PHASES: Final = ("adjudication", "appeal")  # the latest of these stands, whatever was answered before it

# How each item stands: what either reviewer answered last, and what was decided over them. Null where there is nothing.
REVIEW_STATUS_SCHEMA = {
    "attribute": pl.String,
    **{f"{who}{what}": pl.String for who in ("first", "second", "decided") for what in ("", "_reason", "_evidence")},
    "decided_in": pl.String,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewAnswer:
    """What somebody concluded of one item: a case's attribute."""

    case: str
    attribute: str
    outcome: str
    reason: str = ""
    evidence: str = ""  # where it is to be found: a document's number, a folio
    reviewed: date | None = None  # the day on which the file was read


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewEvent:
    """An answer as it was entered: by whom, when, from what, and what it came in. Its seal covers all before it."""

    number: int
    when: datetime
    phase: Phase
    by: str  # a role, never a name
    case: str
    attribute: str
    before: str  # what the same phase had answered, or the rule
    outcome: str
    reason: str
    evidence: str
    reviewed: date | None
    source: str  # SHA-256 of the workbook that came back; "notebook" or "prompt"
    seal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisorSignature:
    """A supervisor's statement that what is settled was reviewed."""

    by: str  # a role, never a name
    when: datetime
    settled_digest: str  # SHA-256 of the settled determinations that were reviewed
    note: str = ""


def append_answers(
    events: Sequence[ReviewEvent],
    answers: Iterable[ReviewAnswer],
    *,
    rule: Mapping[tuple[str, str], str],
    phase: Phase,
    by: str,
    when: datetime,
    source: str,
) -> tuple[ReviewEvent, ...]:
    """The events that these answers add, in their order; an answer that says again what it said adds none.

    `rule` gives the outcome by rule of each case and attribute. AuditError (USAGE) where nobody answers, or the clock
    went back.
    """
    if not by.strip():
        raise _usage_error("nobody answers", "Name the role of who does: --by.")
    if events and when < events[-1].when:
        raise _usage_error("the journal's last entry is later than now", "Set this machine's clock.")
    last = {(event.case, event.attribute): event for event in events if event.phase == phase}
    number, seal, added = len(events), events[-1].seal if events else INITIAL_SEAL, list[ReviewEvent]()
    for answer in answers:
        item = (answer.case, answer.attribute)
        before = last.get(item)
        if before and _is_same_answer(before, answer):
            continue
        number += 1
        stated: dict[str, Any] = {
            "number": number,
            "when": when,
            "phase": phase,
            "by": by.strip(),
            "before": before.outcome if before else rule.get(item, ""),
            **asdict(answer),
            "source": source,
        }
        event = ReviewEvent(**stated, seal=seal_event(stated, seal))
        seal, last[item] = event.seal, event
        added.append(event)
    return tuple(added)


def append_signature(
    events: Sequence[ReviewEvent], signature: SupervisorSignature, *, source: str
) -> tuple[ReviewEvent, ...]:
    """The event that a signature adds; none where the last one says the same. Errors as `append_answers`.

    In the journal's one form of a line, a signature is an event of no case and no attribute: its evidence is the digest
    of what was settled, its reason the note. `list_signatures` reads it back.
    """
    line = ReviewAnswer(
        case="", attribute="", outcome="reviewed", reason=signature.note, evidence=signature.settled_digest
    )
    return append_answers(
        events, [line], rule={}, phase="supervision", by=signature.by, when=signature.when, source=source
    )


def list_signatures(events: Sequence[ReviewEvent]) -> tuple[SupervisorSignature, ...]:
    """The supervisors' signatures, in order."""
    return tuple(
        SupervisorSignature(by=event.by, when=event.when, settled_digest=event.evidence, note=event.reason)
        for event in events
        if event.phase == "supervision"
    )


def filter_events(events: Sequence[ReviewEvent], day: date | None) -> tuple[ReviewEvent, ...]:
    """The events up to the end of a day; all where there is none."""
    return tuple(event for event in events if day is None or event.when.date() <= day)


def build_review_status(events: Sequence[ReviewEvent], *, key: str) -> pl.DataFrame:
    """How each item that was answered stands: the case's `key`, and the columns of REVIEW_STATUS_SCHEMA."""
    items: dict[tuple[str, str], dict[str, str]] = {}
    for event in events:
        if event.phase == "supervision":
            continue
        who = "decided" if event.phase in DECIDING_PHASES else event.phase
        row = items.setdefault((event.case, event.attribute), {})
        row |= {who: event.outcome, f"{who}_reason": event.reason, f"{who}_evidence": event.evidence}
        if who == "decided":
            row["decided_in"] = event.phase
    rows = [{key: case, "attribute": attribute, **row} for (case, attribute), row in items.items()]
    return pl.DataFrame(rows, schema={key: pl.String, **REVIEW_STATUS_SCHEMA})


def find_latest_answers(events: Sequence[ReviewEvent], phase: Phase) -> dict[tuple[str, str], ReviewAnswer]:
    """The last answer of a phase, by case and attribute."""
    return {
        (event.case, event.attribute): ReviewAnswer(
            case=event.case,
            attribute=event.attribute,
            outcome=event.outcome,
            reason=event.reason,
            evidence=event.evidence,
            reviewed=event.reviewed,
        )
        for event in events
        if event.phase == phase
    }


def _is_same_answer(event: ReviewEvent, answer: ReviewAnswer) -> bool:
    return all(getattr(event, name) == value for name, value in asdict(answer).items())


def _usage_error(what: str, mend: str) -> AuditError:
    return AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
