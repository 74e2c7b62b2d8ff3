"""What a sample shows, in words made from its values alone."""

from dataclasses import replace

import pytest

from audit.estimation.conclusions import conclude_on_standard
from audit.estimation.office_comparison import compare_offices
from audit.estimation.results import Cell
from audit.reporting.sample_text import (
    describe_cell,
    describe_conclusion,
    describe_documentation,
    describe_estimate,
    describe_office_comparison,
    describe_precision,
    describe_result,
)
from tests import made_up


def test_a_result_is_worded_rate_by_rate_then_the_standard_then_the_offices() -> None:
    made = made_up.sample_audit()
    rates = [describe_estimate(one) for one in (made.overall, made.without_permitted, *made.classes)]
    assert [*describe_result(made)] == [*rates, describe_precision(made.office_precision)]
    conclusion, comparisons = (
        conclude_on_standard(made.overall, tolerable="0.10"),
        compare_offices(made.offices, tolerable="0.10"),
    )
    held = replace(made, conclusion=conclusion, standings=comparisons)
    assert [*describe_result(held)] == [
        *rates,
        describe_conclusion(conclusion, made.overall),
        describe_precision(made.office_precision),
        describe_office_comparison(comparisons, tolerable="0.10"),
    ]
    without = replace(made, overall=replace(made.overall, permitted=0))
    assert describe_estimate(made.without_permitted) not in [*describe_result(without)]


def test_a_cell_is_called_what_the_program_calls_it_or_by_outcome_and_class() -> None:
    worded = Cell(outcome="consistent", case_class="priority 1", cases=3, words="Acted on")
    assert describe_cell(worded) == "Acted on"
    assert describe_cell(replace(worded, words="")) == "consistent: priority 1"
    assert describe_cell(Cell(outcome="judgement_required", case_class="", cases=3)) == "judgement required"


@pytest.mark.parametrize(
    ("outcome", "words"), [("complete", "file complete"), ("partial", "file partial"), ("none", "nothing on file")]
)
def test_documentation_is_worded_alike_for_every_program(outcome: str, words: str) -> None:
    assert describe_documentation(Cell(outcome=outcome, case_class="assessed", cases=3)) == words
