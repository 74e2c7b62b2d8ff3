"""Conclusions: three ways, the tipping point, and what changed."""

from fractions import Fraction
from itertools import product

import polars as pl
import pytest

from audit.errors import AuditError
from audit.estimation.conclusions import compare_rates, compare_with_standard, conclude_on_standard
from audit.estimation.rates import estimate_rate
from audit.estimation.stratified import estimate_strata
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


STANDARDS = [Fraction(number, 200) for number in range(1, 57)]  # tolerable rates of 0.5% to 28%


def test_a_limit_below_the_standard_does_not_meet_it() -> None:
    found = estimate_rate(conforming=27, deviating=0, undeterminable=3, population=45)
    assert found.lower is not None
    assert found.lower < 0.93
    assert conclude_on_standard(found, tolerable="0.07").verdict == "not shown"
    found = estimate_rate(conforming=47, deviating=0, undeterminable=3, population=101)
    assert conclude_on_standard(found, tolerable="0.05").verdict == "not shown"


def test_the_verdict_on_strata_is_that_of_their_limits() -> None:
    for deviating, undeterminable in product(range(4), range(4)):
        rows = [("A", "consistent")] * (37 - undeterminable) + [("A", "undeterminable")] * undeterminable
        rows += [("B", "consistent")] * (30 - deviating) + [("B", "inconsistent")] * deviating
        found = estimate_strata(pl.DataFrame(rows, ["stratum", "outcome"], orient="row"), {"A": 60, "B": 41})
        assert found.limit_counts is not None
        lower, upper = found.limit_counts.lower, found.limit_counts.upper
        assert (found.lower, found.upper) == (lower.cases / lower.among, upper.cases / upper.among)
        for standard in {lower.share, upper.share, *(1 - standard for standard in STANDARDS)} - {0, 1}:
            verdict = compare_with_standard(found, tolerable=1 - standard)[0]
            below, above = lower.cases > standard * lower.among, upper.cases < standard * upper.among
            assert verdict == ("meets" if below else "fails" if above else "not shown")


def test_no_tipping_point_is_told_of_strata_drawn_apart() -> None:
    """It matters in which stratum the undeterminable cases deviate."""
    rows = [("A", "consistent")] * 57 + [("A", "undeterminable")] * 3 + [("B", "consistent")] * 40
    strata = pl.DataFrame(rows, ["stratum", "outcome"], orient="row")
    result = conclude_on_standard(estimate_strata(strata, {"A": 600, "B": 80}), tolerable="0.08")
    assert (result.verdict, result.whatever, result.tipping) == ("meets", False, None)
