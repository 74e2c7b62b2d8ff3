"""A supervisor signs when nothing else is outstanding, whatever the words for it are."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from audit.errors import AuditError, Problem
from audit.review.journal import list_signatures
from audit.review.readiness import OutstandingStep, ReviewStep
from audit.storage.review_journal import read_journal
from audit.workflow import review as review_workflow


def make_review(folder: Path, *outstanding: OutstandingStep) -> Any:
    journal = folder / "journal.jsonl"
    return SimpleNamespace(
        steps=SimpleNamespace(folder=folder, journal=journal, hash_settled_outcomes=lambda: "ab"),
        check_readiness=lambda: SimpleNamespace(outstanding=outstanding),
        read_events=lambda: read_journal(journal),
        write_settled_outcomes=lambda: None,
    )


def test_a_signature_waits_for_every_other_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signature = OutstandingStep(step=ReviewStep.SIGNATURE, count=1)
    monkeypatch.setattr(review_workflow, "describe_outstanding", lambda one: f"{one.step}, says the supervisor")
    for step in (ReviewStep.FIRST_REVIEW, ReviewStep.SECOND_REVIEW, ReviewStep.ADJUDICATION):
        review = make_review(tmp_path, OutstandingStep(step=step, count=1), signature)
        with pytest.raises(AuditError, match=f"{step}, says the supervisor"):
            review_workflow.sign_review(review, by="Director")
    assert not (tmp_path / "journal.jsonl").exists()
    assert review_workflow.sign_review(make_review(tmp_path, signature), by="Director", note="read") == "ab"
    (signed,) = list_signatures(read_journal(tmp_path / "journal.jsonl"))
    assert (signed.by, signed.settled_digest, signed.note) == ("Director", "ab", "read")


def test_a_problem_that_many_rows_have_is_said_once() -> None:
    problem = Problem(
        what="is not answered", mend="Choose an outcome.", file="first.xlsx", sheet="Review", column="outcome"
    )
    other = replace(problem, what="is unknown", row=3)
    few, many = ([replace(problem, row=row) for row in range(2, 2 + count)] for count in (20, 21))
    assert review_workflow._merge_row_problems([*few, other]) == [*few, other]
    merged = replace(problem, what="is not answered, in 21 rows (2, 3, 4 and 18 others)", row=2)
    assert review_workflow._merge_row_problems([*many, other]) == [merged, other]


def test_once_the_second_reviewers_cases_are_drawn_their_worksheet_is_next(tmp_path: Path) -> None:
    steps: Any = SimpleNamespace(folder=tmp_path)
    assert review_workflow.find_step_command(steps, ReviewStep.SECOND_REVIEW) == "audit review second"
    (tmp_path / "second.json").touch()
    assert review_workflow.find_step_command(steps, ReviewStep.SECOND_REVIEW) == "audit review export --second"
    assert review_workflow.find_step_command(steps, ReviewStep.SIGNATURE) == "audit review sign"
