"""The policy, put to cases that were decided from the texts without sight of any rule.

Where the policy says otherwise than the texts were read, docs/decisions/0009-reference-policy.md argues each case.
"""

import re
from pathlib import Path

import pytest

from tests.programs.independent_cases import Case, find_disagreements, find_outcomes, list_expectations, read_cases

DECISION = Path(__file__).parents[2] / "docs" / "decisions" / "0009-reference-policy.md"
# The policy says what the reader would not have said: it stands, or the tables do not hold what would decide. The
# decision tells which.
STANDS = {"I064", "I079", "I226", "I270", "I296"}
NOT_IN_THE_TABLES = {"I142", "I145"}
AGAINST_THE_READER = STANDS | NOT_IN_THE_TABLES


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
    assert {name for name, what in wrong.items() if what} == {"I296"}  # argued in the decision
    assert len(certain) == 100


def test_the_cases_are_many_and_each_gives_its_reason_and_citation() -> None:
    cases = read_cases()
    assert len({case["id"] for case in cases}) == len(cases) == 295
    assert all(case["reason"] and case["citation"] for case in cases)


def test_every_difference_is_argued() -> None:
    differing = {c["id"] for c in read_cases() if find_disagreements(c["must"], find_outcomes()[c["id"]])}
    assert set(re.findall(r"\| (I\d{3}) \|", DECISION.read_text(encoding="utf-8"))) == differing
