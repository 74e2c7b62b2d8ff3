"""What a review still lacks, as steps with counts; and the words for them, made where they are shown."""

from dataclasses import asdict
from datetime import UTC, datetime

import polars as pl
import pytest

from audit.programs.declaration import ReviewPlan
from audit.reporting.review_text import STEP_COMMANDS, describe_outstanding, describe_readiness
from audit.review.journal import ReviewAnswer, ReviewEvent, SupervisorSignature, append_answers, append_signature
from audit.review.readiness import OutstandingStep, ReviewReadiness, ReviewStep, check_readiness

NOON = datetime(2012, 2, 1, 12, tzinfo=UTC)
CASES = ("M1", "M2", "M3")
SETTLED = pl.DataFrame(
    {
        "case": CASES,
        "office": ["BUF", "BUF", "SNA"],
        "attribute": "consistency",
        "outcome": "consistent",
        "settled": "consistent",
    }
)
PLAN = ReviewPlan(attributes=("consistency",), cases="all", second=2)


def answer(events: tuple[ReviewEvent, ...], phase: str, **outcomes: str) -> tuple[ReviewEvent, ...]:
    answers = [
        ReviewAnswer(case=case, attribute="consistency", outcome=outcome, reason="seen")
        for case, outcome in outcomes.items()
    ]
    added = append_answers(events, answers, rule={}, phase=phase, by=phase, when=NOON, source="prompt")  # type: ignore[arg-type]
    return events + added


def check(events: tuple[ReviewEvent, ...]) -> ReviewReadiness:
    return check_readiness(SETTLED, events, PLAN, key="case", level="0.95", digest="ab")


def list_counts(events: tuple[ReviewEvent, ...]) -> dict[ReviewStep, int]:
    return {one.step: one.count for one in check(events).outstanding}


def test_each_step_is_outstanding_until_it_is_taken() -> None:
    events = answer((), "first", M1="consistent")
    every = {ReviewStep.FIRST_REVIEW: 2, ReviewStep.SECOND_REVIEW: 2, ReviewStep.SIGNATURE: 1}
    assert list_counts(events) == every
    events = answer(events, "first", M2="consistent", M3="consistent")
    events = answer(events, "second", M1="inconsistent", M2="consistent")
    assert list_counts(events) == {ReviewStep.ADJUDICATION: 1, ReviewStep.SIGNATURE: 1}
    events = answer(events, "adjudication", M1="consistent")
    assert list_counts(events) == {ReviewStep.SIGNATURE: 1}
    other = SupervisorSignature(by="Director", when=NOON, settled_digest="of something else")
    assert list_counts(events + append_signature(events, other, source="prompt")) == {ReviewStep.SIGNATURE: 1}
    signature = SupervisorSignature(by="Director", when=NOON, settled_digest="ab")
    signed = check(events + append_signature(events, signature, source="prompt"))
    assert signed.outstanding == ()
    assert describe_readiness(signed) == (
        "3 of 3 items reviewed by people, 0 overruled. 2 cases judged by a second reviewer apart. 1 item decided by "
        "adjudication, late document or appeal. Signed by: Director."
    )


def test_the_record_holds_steps_and_counts_and_no_words() -> None:
    assert asdict(check(()))["outstanding"] == (
        {"step": "first review", "count": 3},
        {"step": "second review", "count": 2},
        {"step": "signature", "count": 1},
    )


@pytest.mark.parametrize(
    ("step", "count", "words", "command"),
    [
        (ReviewStep.FIRST_REVIEW, 1, "1 item of the sample not reviewed", "audit review export"),
        (
            ReviewStep.SECOND_REVIEW,
            1200,
            "1,200 cases short of those to be reviewed a second time",
            "audit review second",
        ),
        (
            ReviewStep.ADJUDICATION,
            2,
            "2 differences between the reviewers not adjudicated",
            "audit review export --adjudicate",
        ),
        (
            ReviewStep.SIGNATURE,
            1,
            "the supervisor's review of what is settled not recorded",
            "audit review sign",
        ),
    ],
)
def test_each_step_has_words_and_a_command(step: ReviewStep, count: int, words: str, command: str) -> None:
    assert describe_outstanding(OutstandingStep(step=step, count=count)) == words
    assert STEP_COMMANDS[step] == command
