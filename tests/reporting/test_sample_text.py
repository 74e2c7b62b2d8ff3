"""What a sample shows, in words made from its values alone."""

from dataclasses import replace

from audit.estimation.conclusions import conclude_on_standard
from audit.estimation.office_comparison import compare_offices
from audit.reporting.sample_text import (
    describe_conclusion,
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
