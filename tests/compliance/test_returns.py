"""What was said of items: the journal's seal, how each item stands, and which rows are refused."""

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from audit.compliance.returned_rows import KnownItem, RowPlace, judge_answer_row, judge_returned_row
from audit.compliance.returns import (
    OfficeReturns,
    ReturnStatement,
    append_statements,
    count_office_returns,
    list_accepted_claims,
    summarize_return_status,
)
from audit.errors import Problem
from audit.files import find_broken_event

KEY = {"office": "A", "month": "2021-01", "measure": "answered"}
MARCH = date(2021, 3, 1)


def say(person: str, kind: str, day: date = MARCH, **more: Any) -> ReturnStatement:
    return ReturnStatement(**KEY, person=person, kind=kind, day=day, **more)


EVENTS = append_statements(
    (),
    [
        say("done", "done", done_on=date(2021, 2, 20)),
        say("shown", "done", done_on=date(2021, 2, 21)),
        say("waits", "not ours", reason="Beta has it"),
        say("accepted", "not required", reason="withdrawn"),
        say("accepted", "accepted", date(2021, 3, 5), reason="agreed", by="Unit"),
        say("refused", "not required", reason="no"),
        say("refused", "refused", date(2021, 3, 6), reason="it is", by="Unit"),
        say("moved", "not ours", reason="Beta"),
        say("moved", "referred", date(2021, 3, 7), to_office="B", by="Unit"),
        say("later", "done", date(2021, 4, 1), done_on=date(2021, 3, 30)),
    ],
)


def test_what_was_said_up_to_a_day_is_the_last_word_of_each_side() -> None:
    status = summarize_return_status(EVENTS, as_of=date(2021, 3, 6))
    rows = {row["person"]: row for row in status.iter_rows(named=True)}
    assert "later" not in rows
    assert (rows["waits"]["returned"], rows["waits"]["decision"]) == ("not ours", None)
    assert (rows["moved"]["decision"], rows["moved"]["referred_to"]) == (None, None)  # told on the seventh
    assert rows["refused"]["decision_reason"] == "it is"
    assert list_accepted_claims(status).select("person", "decided", "reason").rows() == [
        ("accepted", date(2021, 3, 5), "not required: withdrawn")
    ]


def test_a_new_word_of_the_office_opens_the_matter_again_and_a_referral_holds() -> None:
    again = [say("refused", "done", date(2021, 3, 9), done_on=MARCH), say("moved", "done", date(2021, 3, 9))]
    events = EVENTS + append_statements(EVENTS, again)
    rows = {row["person"]: row for row in summarize_return_status(events, as_of=None).iter_rows(named=True)}
    assert (rows["refused"]["returned"], rows["refused"]["decision"]) == ("done", None)
    assert (rows["moved"]["returned"], rows["moved"]["referred_to"]) == ("done", "B")


def test_each_office_is_told_what_came_of_its_returns() -> None:
    persons = ("done", "shown", "waits", "accepted", "refused", "moved")
    states = ["open", "resolved", "open", "reclassified", "open", "open"]
    items = pl.DataFrame([{**KEY, "person": p, "state": s} for p, s in zip(persons, states, strict=True)])
    status = summarize_return_status(EVENTS, as_of=date(2021, 3, 31))
    assert count_office_returns(status, items) == (
        OfficeReturns(office="A", done=2, shown=1, accepted=1, refused=1, referred=1, waiting=1),
    )


@pytest.mark.parametrize(
    ("events", "broken"),
    [
        (EVENTS, None),
        (EVENTS[:2], None),  # an end that is cut off
        (EVENTS[1:], 1),
        ((EVENTS[0], replace(EVENTS[1], person="other"), *EVENTS[2:]), 2),
        ((*EVENTS[:3], *EVENTS[4:]), 4),
    ],
)
def test_a_line_that_was_altered_or_taken_out_is_noticed(events: Any, broken: int | None) -> None:
    assert find_broken_event(events) == broken


ITEM = KnownItem(**KEY, person="P", keys=frozenset({"R1", "R2"}), first=date(2021, 1, 5), is_open=True, list_office="A")
PLACE = RowPlace(file="A.xlsx", row=7, headings={"reason": "Reason"})
ROW = {"item": "x", "unit_keys": "R1; R2"}


def judge(cells: dict[str, str], item: KnownItem | None = ITEM, office: str | None = "A") -> Any:
    return judge_returned_row({**ROW, **cells}, item, PLACE, on=MARCH, office=office, source="s")


def test_an_answer_is_taken_and_a_row_without_one_says_nothing() -> None:
    assert judge({}) is None and judge({}, None) is None
    done = judge({"done_on": "2021-02-20 00:00:00", "reason": "at last"})
    assert (done.kind, done.done_on, done.day, done.reason) == ("done", date(2021, 2, 20), MARCH, "at last")
    claim = judge({"not_required": "Yes", "reason": "withdrawn"})
    assert (claim.kind, claim.done_on, claim.source) == ("not required", None, "s")
    closed = replace(ITEM, is_open=False)
    assert judge({"done_on": "2021-02-20"}, closed).kind == "done"  # the record is there: so it was


@pytest.mark.parametrize(
    ("cells", "item", "what"),
    [
        ({"done_on": "2021-02-20"}, None, "names an item that is in no ledger and no list of this program"),
        ({"done_on": "2021-02-20", "unit_keys": "R3"}, ITEM, "is not the key of this item"),
        ({"done_on": "2021-02-20"}, replace(ITEM, list_office="B"), "is an item of another office's list"),
        ({"done_on": "2021-02-20", "not_ours": "yes", "reason": "x"}, ITEM, "has more than one answer"),
        ({"reason": "x"}, ITEM, "has a reason and no answer"),
        ({"done_on": "20.2.2021"}, ITEM, "is not a day"),
        ({"done_on": "2021-03-02"}, ITEM, "lies after the day on which the list came back"),
        ({"done_on": "2021-01-04"}, ITEM, "lies before the day of the item"),
        ({"not_ours": "yes"}, ITEM, "is blank, and this answer needs a reason"),
        ({"not_ours": "perhaps", "reason": "x"}, ITEM, "is neither yes nor blank"),
        ({"not_required": "x", "reason": "y"}, replace(ITEM, is_open=False), "names an item that is no longer open"),
        ({"not_required": "x", "reason": "y" * 1001}, ITEM, "is longer than 1,000 letters"),
    ],
)
def test_a_row_that_cannot_be_taken_is_refused_by_its_place(cells: Any, item: Any, what: str) -> None:
    refused = judge(cells, item)
    assert isinstance(refused, Problem)
    assert (refused.what, refused.file, refused.row) == (what, "A.xlsx", 7)


@pytest.mark.parametrize(
    ("cells", "claim", "said"),
    [
        ({"answer": ""}, "not ours", None),
        ({"answer": "accepted"}, "not required", "accepted"),
        ({"answer": "refused", "answer_reason": "it is"}, "not ours", "refused"),
        ({"answer": "referred", "to_office": "B"}, "not ours", "referred"),
        ({"answer": "referred", "to_office": "A"}, "not ours", "is not the code of another office"),
        ({"answer": "referred", "to_office": "Z"}, "not ours", "is not the code of another office"),
        (
            {"answer": "accepted", "to_office": "B"},
            "not ours",
            "names an office, and the answer refers the item to none",
        ),
        ({"answer": "refused"}, "not ours", "is blank, and a refusal needs a reason"),
        ({"answer": "yes"}, "not ours", "is no answer"),
        ({"answer": "accepted"}, None, "names an item on which no claim waits for an answer"),
    ],
)
def test_headquarters_answers_a_claim_row_by_row(cells: Any, claim: str | None, said: str | None) -> None:
    answer = judge_answer_row(cells, ITEM, claim, PLACE, on=MARCH, by="Unit", offices={"A", "B"}, source="s")
    if answer is None:
        assert said is None
    else:
        assert said == (answer.what if isinstance(answer, Problem) else answer.kind)
