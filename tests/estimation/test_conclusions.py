"""Conclusions: three ways, the tipping point, and what changed."""

import pytest

from audit.errors import AuditError
from audit.estimation.conclusions import compare_rates, conclude_on_standard
from audit.estimation.rates import estimate_rate
from audit.reporting.sample_text import describe_conclusion, describe_rate_difference


def test_the_reference_audit_meets_a_standard_of_one_in_ten_unless_many_of_the_43_deviate() -> None:
    found = estimate_rate(conforming=698, deviating=25, undeterminable=43, population=348_958)
    result = conclude_on_standard(found, tolerable="0.10")
    assert (result.verdict, result.whatever, result.confidence) == ("meets", False, 0.975)
    assert result.tipping == 36  # 25 + 36 of 766: Clopper and Pearson's upper limit is the first above 10%
    assert describe_conclusion(result, found) == (
        "The rate of deviations is shown to be below 10.0%, with 97.5% confidence. Were 36 or more of 43 "
        "undeterminable cases to deviate, it would not be shown."
    )
    assert conclude_on_standard(found, tolerable="0.12").whatever


def test_what_is_not_shown_either_way_is_said_to_be_so() -> None:
    found = estimate_rate(conforming=95, deviating=5, population=1000)
    result = conclude_on_standard(found, tolerable="0.05")
    assert result.verdict == "not shown"
    assert describe_conclusion(result, found).startswith(
        "Neither is shown: the rate of deviations may be below 5.0% or above it"
    )
    assert (
        conclude_on_standard(estimate_rate(conforming=70, deviating=30, population=1000), tolerable="0.05").verdict
        == "fails"
    )
    assert (
        conclude_on_standard(estimate_rate(conforming=0, deviating=0, undeterminable=5), tolerable="0.05").verdict
        == "not shown"
    )


def test_the_standard_itself_is_not_met() -> None:
    """Of 100 counted whole, 5 deviate: the rate is 5%, which is not below 5%; nor is it above."""
    assert (
        conclude_on_standard(estimate_rate(conforming=95, deviating=5, population=100), tolerable="0.05").verdict
        == "not shown"
    )
    assert (
        conclude_on_standard(estimate_rate(conforming=96, deviating=4, population=100), tolerable="0.05").verdict
        == "meets"
    )


def test_a_change_is_told_from_chance() -> None:
    before, after = estimate_rate(conforming=48, deviating=32), estimate_rate(conforming=56, deviating=14)
    result = compare_rates(before, after)
    assert result.difference == pytest.approx(0.2)
    assert (result.lower, result.upper) == pytest.approx((0.0528, 0.3382), abs=5e-4)
    assert "the rate rose (difference +20.0 points" in describe_rate_difference(result)
    assert "may have changed either way" in describe_rate_difference(compare_rates(before, before))
    with pytest.raises(AuditError, match="is of no case"):
        compare_rates(before, estimate_rate(conforming=0, deviating=0))
    with pytest.raises(AuditError, match="counts undeterminable cases"):
        compare_rates(before, estimate_rate(conforming=5, deviating=0, undeterminable=5, treatment="error"))
