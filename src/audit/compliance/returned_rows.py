"""Rows that came back, judged: what an office says of an item, or headquarters of a claim, or why a row is refused."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from audit.compliance.returns import CLAIMS, ReturnKind, ReturnStatement
from audit.compliance.worklist import KEY_SEPARATOR
from audit.errors import Problem

YES_WORDS = ("yes", "x", "true", "1", "wahr")
MOST_LETTERS = 1000  # of a reason
CLAIM_COLUMNS = (
    "item",
    "office",
    "month",
    "person",
    "measure",
    "unit_keys",
    "claim",
    "reason",
    "returned_on",
    "answer",
    "to_office",
    "answer_reason",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownItem:
    """An item that a row may name: its key, its units and how it stands."""

    office: str
    month: str
    person: str
    measure: str
    keys: frozenset[str]  # of its units
    first: dt.date | None
    is_open: bool
    list_office: str  # the office whose list has it


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPlace:
    """Where a row stands, and what its columns are called there."""

    file: str
    row: int
    headings: Mapping[str, str]

    def make_problem(self, what: str, mend: str, column: str | None = None) -> Problem:
        """What is wrong with the row."""
        name = self.headings.get(column, column) if column else None
        return Problem(what=what, mend=mend, file=self.file, row=self.row, column=name)


def judge_returned_row(
    cells: Mapping[str, str], item: KnownItem | None, place: RowPlace, *, on: dt.date, office: str | None, source: str
) -> ReturnStatement | Problem | None:
    """What an office says of an item in a row that came back `on` a day; why the row is refused; None if unanswered.

    `office` is the code that the list itself names, if any; `source` is the digest of its file.
    """
    answers = [name for name in ("done_on", "not_ours", "not_required") if cells.get(name)]
    reason = cells.get("reason", "")
    if not answers and not reason:
        return None
    if item is None:
        what = "names an item that is in no ledger and no list of this program"
        return place.make_problem(what, "Leave the column as it was in the packet.", "item")
    if not item.keys & {*cells.get("unit_keys", "").split(KEY_SEPARATOR)}:
        return place.make_problem("is not the key of this item", "Leave it as it was in the packet.", "unit_keys")
    if office is not None and office != item.list_office:
        return place.make_problem("is an item of another office's list", "Take the row out.", "item")
    if len(answers) != 1:
        what = "has a reason and no answer" if not answers else "has more than one answer"
        return place.make_problem(what, "Fill in one of Done on, Not ours and Not required.")
    if len(reason) > MOST_LETTERS:
        return place.make_problem(f"is longer than {MOST_LETTERS:,} letters", "Shorten it.", "reason")
    if answers == ["done_on"]:
        return _judge_done(cells["done_on"], item, place, on=on, reason=reason, source=source)
    return _judge_claim(answers[0], cells[answers[0]], item, place, on=on, reason=reason, source=source)


def _judge_done(
    text: str, item: KnownItem, place: RowPlace, *, on: dt.date, reason: str, source: str
) -> ReturnStatement | Problem:
    try:
        day = dt.date.fromisoformat(text[:10])
    except ValueError:
        return place.make_problem("is not a day", "Write it as 2012-04-05.", "done_on")
    if day > on:
        return place.make_problem("lies after the day on which the list came back", "Correct it.", "done_on")
    if item.first and day < item.first:
        return place.make_problem("lies before the day of the item", "Correct it.", "done_on")
    return _state(item, ReturnKind.DONE, on, reason=reason, source=source, done_on=day)


def _judge_claim(
    column: str, text: str, item: KnownItem, place: RowPlace, *, on: dt.date, reason: str, source: str
) -> ReturnStatement | Problem:
    kind = ReturnKind.NOT_OURS if column == "not_ours" else ReturnKind.NOT_REQUIRED
    if text.lower() not in YES_WORDS:
        return place.make_problem("is neither yes nor blank", "Choose yes, or clear it.", column)
    if not reason:
        return place.make_problem("is blank, and this answer needs a reason", "Give the reason.", "reason")
    if not item.is_open:
        return place.make_problem(
            "names an item that is no longer open", "Nothing is to be done: clear the row.", "item"
        )
    return _state(item, kind, on, reason=reason, source=source)


def judge_answer_row(
    cells: Mapping[str, str],
    item: KnownItem | None,
    claim: str | None,
    place: RowPlace,
    *,
    on: dt.date,
    by: str,
    offices: Collection[str],
    source: str,
) -> ReturnStatement | Problem | None:
    """Headquarters' answer to a claim; why the row is refused; None of a row without an answer.

    `claim` is the claim on the item that waits for an answer, `offices` are the codes of all offices.
    """
    answer, to_office, reason = (cells.get(name, "") for name in ("answer", "to_office", "answer_reason"))
    if not answer:
        return None
    if item is None or claim not in CLAIMS:
        what = "names an item on which no claim waits for an answer"
        return place.make_problem(what, "Take the row out, or write the file of claims anew.", "item")
    if answer not in (ReturnKind.ACCEPTED, ReturnKind.REFUSED, ReturnKind.REFERRED):
        return place.make_problem("is no answer", "Write accepted, refused or referred.", "answer")
    if answer == ReturnKind.REFUSED and not reason:
        return place.make_problem("is blank, and a refusal needs a reason", "Give the reason.", "answer_reason")
    if answer == ReturnKind.REFERRED and (to_office not in offices or to_office == item.list_office):
        what = "is not the code of another office"
        return place.make_problem(what, "Give the code of the office that was told.", "to_office")
    if answer != ReturnKind.REFERRED and to_office:
        what = "names an office, and the answer refers the item to none"
        return place.make_problem(what, "Write referred as the answer, or clear it.", "to_office")
    return _state(item, ReturnKind(answer), on, reason=reason, source=source, to_office=to_office, by=by)


def _state(item: KnownItem, kind: ReturnKind, on: dt.date, **said: Any) -> ReturnStatement:
    return ReturnStatement(
        office=item.office,
        month=item.month,
        person=item.person,
        measure=item.measure,
        kind=kind.value,
        day=on,
        **said,
    )
