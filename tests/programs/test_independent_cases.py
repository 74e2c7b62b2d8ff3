"""The policy, put to cases that were decided from the texts without sight of any rule.

Where the policy says otherwise than the texts were read, docs/decisions/0009-reference-policy.md argues each case.
"""

import re
from pathlib import Path

import pytest

from tests.programs.independent_cases import Case, find_disagreements, find_outcomes, list_expectations, read_cases

DECISION = Path(__file__).parents[2] / "docs" / "decisions" / "0009-reference-policy.md"
AGAINST_THE_READER = {"I064", "I079"}  # the policy says what the reader would not have said


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case['id']} {case['title']}") for case in read_cases()])
def test_the_policy_says_what_the_texts_demand(case: Case) -> None:
    wrong = [find_disagreements(expected, find_outcomes()[case["id"]]) for expected in list_expectations(case)]
    if case["id"] in AGAINST_THE_READER:
        assert all(wrong), "The difference is gone: take the case out of the list and out of the decision."
    else:
        assert [] in wrong, wrong[0]


def test_what_the_texts_leave_no_doubt_of_comes_out_so() -> None:
    certain = [case for case in read_cases() if case["confidence"] == "certain"]
    wrong = {case["id"]: find_disagreements(case["must"], find_outcomes()[case["id"]]) for case in certain}
    assert not {name: what for name, what in wrong.items() if what}
    assert len(certain) == 46


def test_every_difference_is_argued() -> None:
    differing = {c["id"] for c in read_cases() if find_disagreements(c["must"], find_outcomes()[c["id"]])}
    assert set(re.findall(r"\| (I\d{3}) \|", DECISION.read_text(encoding="utf-8"))) == differing
