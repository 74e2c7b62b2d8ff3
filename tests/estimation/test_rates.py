"""Rates from a sample: the published counts, the bounds, and what is said of them."""

from typing import Any

import polars as pl
import pytest

from audit.errors import AuditError, ExitCode
from audit.estimation.rates import (
    Estimate,
    estimate_groups,
    estimate_outcomes,
    estimate_rate,
    measure_office_precision,
)
from audit.reporting.sample_text import describe_estimate, describe_precision

YEAR = 348_958
PUBLISHED: dict[str, Any] = {
    "conforming": 698,
    "permitted": 45,
    "deviating": 25,
    "undeterminable": 43,
    "population": YEAR,
}


def test_the_published_sample() -> None:
    found = estimate_rate(**PUBLISHED)
    assert found.reviewed == 766
    assert (found.rate, found.worst, found.best) == (698 / 723, 698 / 766, 741 / 766)
    assert (found.lower, found.upper) == pytest.approx((0.94939, 0.97749), abs=2e-5)  # of many populations, the widest
    assert (found.worst_lower, found.best_upper) == pytest.approx((0.88884, 0.97876), abs=5e-6)
    assert (found.method, found.treatment) == ("hypergeometric", "exclude")


def test_the_published_sample_in_words() -> None:
    assert describe_estimate(estimate_rate(**PUBLISHED)) == (
        "Of 766 sampled cases, 698 conform (45 of them permitted, not required), 25 deviate and 43 cannot be "
        "determined: a rate of 96.5%, and at 95% confidence between 94.9% and 97.7% in the population of 348,958 "
        "(exact hypergeometric limits, undeterminable cases left out); however the undeterminable cases fell, the "
        "rate lies between 91.1% and 96.7% in the sample and, at 95% confidence, between 88.9% and 97.9% in the "
        "population."
    )


@pytest.mark.parametrize(
    ("treatment", "rate", "said"),
    [
        ("exclude", 698 / 723, "left out"),
        ("error", 698 / 766, "counted as deviations"),
        ("pass", 741 / 766, "counted as conforming"),
    ],
)
def test_undeterminable_cases_are_treated_as_declared_and_the_bounds_do_not_move(
    treatment: Any, rate: float, said: str
) -> None:
    found, plain = estimate_rate(**PUBLISHED, treatment=treatment), estimate_rate(**PUBLISHED)
    assert found.rate == rate
    assert found.method_words.endswith(f"undeterminable cases {said}")
    assert (found.worst, found.best, found.worst_lower, found.best_upper) == (
        plain.worst,
        plain.best,
        plain.worst_lower,
        plain.best_upper,
    )
    assert found.lower is not None
    assert found.upper is not None
    assert found.lower < rate < found.upper


@pytest.mark.parametrize(
    ("conforming", "deviating", "percent"), [(653, 25, "96.3%"), (267, 16, "94.3%"), (48, 8, "85.7%"), (11, 1, "91.7%")]
)
def test_the_published_classes(conforming: int, deviating: int, percent: str) -> None:
    assert f"a rate of {percent}, " in describe_estimate(estimate_rate(conforming=conforming, deviating=deviating))


def test_without_undeterminable_cases_the_bounds_are_the_rate_and_its_limits() -> None:
    found = estimate_rate(conforming=48, deviating=8, population=1200)
    assert found.worst == found.best == found.rate
    assert (found.worst_lower, found.best_upper) == (found.lower, found.upper)
    assert describe_estimate(found).count(" between ") == 1


def test_cases_of_no_rule_leave_an_unknown_population() -> None:
    """Of 60 cases 54 are drawn, and a rule applies to 37, of which none conforms: 37 to 43 cases can be in question."""
    found = estimate_rate(conforming=0, deviating=37, outside=17, population=60)
    assert (found.population, found.reviewed, found.upper) == (43, 37, 1 / 38)
    assert found.best_upper == found.upper
    assert estimate_rate(conforming=0, deviating=37, undeterminable=17, population=60).upper == 1 / 38


def test_an_unknown_population_gives_binomial_limits() -> None:
    found = estimate_rate(conforming=48, deviating=8)
    assert (found.lower, found.upper) == pytest.approx((0.7378, 0.9362), abs=5e-5)
    assert describe_estimate(found) == (
        "Of 56 sampled cases, 48 conform and 8 deviate: a rate of 85.7%, and at 95% confidence between 73.8% and "
        "93.6% in a population of unknown size (exact binomial limits, Clopper-Pearson)."
    )


def test_a_small_known_population_gives_narrower_limits() -> None:
    known, unknown = estimate_rate(conforming=48, deviating=8, population=80), estimate_rate(conforming=48, deviating=8)
    assert unknown.lower is not None
    assert known.lower is not None
    assert known.lower > unknown.lower


def test_no_case_is_no_information_and_never_a_blank() -> None:
    found = estimate_rate(conforming=0, deviating=0, population=120, label="Guam")
    assert (found.rate, found.worst, found.best) == (None, None, None)
    assert (found.lower, found.upper, found.worst_lower, found.best_upper) == (0, 1, 0, 1)
    assert (found.method, found.method_words) == ("none", "no information")
    assert describe_estimate(found) == "Guam: no case was drawn: nothing is known of the rate in the population of 120."


def test_nothing_but_undeterminable_cases() -> None:
    found = estimate_rate(conforming=0, deviating=0, undeterminable=3, population=3)
    assert (found.rate, found.lower, found.upper, found.worst, found.best) == (None, 0, 1, 0, 1)
    assert describe_estimate(found).startswith(
        "Of 3 sampled cases, 0 conform, 0 deviate and 3 cannot be determined: nothing is known of the rate in the "
        "population of 3; however the undeterminable cases fell, the rate lies between 0.0% and 100.0% in the sample"
    )


def test_a_population_counted_whole_has_no_sampling_error() -> None:
    found = estimate_rate(conforming=48, deviating=8, population=56, label="BUF")
    assert found.lower == found.upper == found.rate
    assert describe_estimate(found) == (
        "BUF: of 56 sampled cases, 48 conform and 8 deviate: a rate of 85.7% in the population of 56 "
        "(every case counted: no sampling error, and so no interval)."
    )
    left_out = estimate_rate(conforming=48, deviating=8, undeterminable=4, population=60)
    assert (left_out.lower, left_out.upper) == (48 / 56, 48 / 56)
    assert (left_out.worst_lower, left_out.best_upper) == (48 / 60, 52 / 60)


@pytest.mark.parametrize(
    "counts",
    [
        {"conforming": -1, "deviating": 1},
        {"conforming": 1, "deviating": 1, "permitted": 2},
        {"conforming": 5, "deviating": 5, "population": 9},
    ],
)
def test_counts_of_no_sample_are_refused(counts: dict[str, int]) -> None:
    with pytest.raises(AuditError, match="The counts are not those of one sample") as refused:
        estimate_rate(**counts)  # type: ignore[arg-type]
    assert refused.value.code is ExitCode.USAGE


DETERMINATIONS = pl.DataFrame(
    [
        ("BUF", "consistent"),
        ("BUF", "permitted"),
        ("BUF", "inconsistent"),
        ("BUF", "undeterminable"),
        ("SNA", "consistent"),
        ("SNA", "consistent"),
        ("SNA", "inconsistent"),
        ("SNA", "not_applicable"),
        ("SNA", "no_rule"),
        (None, "consistent"),
        ("", "inconsistent"),
    ],
    schema=["office", "outcome"],
    orient="row",
)


def test_outcomes_are_counted_into_the_rate() -> None:
    found = estimate_outcomes(DETERMINATIONS, population=100, label="All")
    assert (found.conforming, found.permitted, found.deviating, found.undeterminable) == (5, 1, 3, 1)
    assert found.reviewed == 9
    assert found.population == 98, "a case that no rule covers is not in the population of those that one does"


def test_an_outcome_that_is_not_known_is_refused_and_not_dropped() -> None:
    strange = pl.DataFrame({"outcome": ["consistent", "Consistent", None]})
    with pytest.raises(AuditError) as refused:
        estimate_outcomes(strange)
    assert str(refused.value) == (
        "column outcome: The outcome is none that is known in 2 cases. "
        "Write one of consistent, permitted, complete, timely, inconsistent, partial, none, untimely, "
        "judgement_required, undeterminable, not_applicable, no_rule."
    )


def test_every_group_is_estimated_with_its_own_population() -> None:
    found = estimate_groups(DETERMINATIONS, by="office", populations={"BUF": 20, "MIA": 30, "SNA": 5})
    assert [(one.label, one.population, one.reviewed) for one in found] == [
        ("BUF", 20, 4),
        ("MIA", 30, 0),
        ("SNA", 3, 3),
        ("not recorded", None, 2),
    ]
    assert found[1].method == "none"
    assert (found[2].method, found[2].method_words) == (
        "census",
        "every case counted: no sampling error, and so no interval",
    )


def test_groups_need_no_populations() -> None:
    assert [one.label for one in estimate_groups(DETERMINATIONS, by="office")] == ["BUF", "SNA", "not recorded"]


def offices(reviewed: int) -> list[Estimate]:
    return [estimate_rate(conforming=reviewed - 1, deviating=1, population=14_540)] * 24


def test_766_cases_carry_no_statement_on_a_single_office() -> None:
    assert describe_precision(measure_office_precision(offices(32), margin="0.05")) == (
        "The sample cannot carry a statement on a single office: in all 24 offices a limit lies more than 5.0 points "
        "from the rate; a typical office has 32 sampled cases and a limit 13.1 points away."
    )


def test_a_larger_sample_carries_one() -> None:
    assert describe_precision(measure_office_precision(offices(400), margin="0.05")) == (
        "The sample can carry a statement on every office: no limit lies more than 5.0 points from the rate; "
        "a typical office has 400 sampled cases and a limit 1.1 points away."
    )


def test_one_office_too_thin_is_said() -> None:
    one_thin = measure_office_precision([*offices(400), estimate_rate(conforming=0, deviating=0)], margin="0.05")
    assert (one_thin.offices, one_thin.wide, one_thin.typical_reviewed) == (25, 1, 400)
    assert describe_precision(one_thin, noun="area").startswith(
        "The sample cannot carry a statement on every area: in 1 of 25 areas a limit lies more than 5.0 points "
        "from the rate"
    )
    assert (
        describe_precision(measure_office_precision([], margin="0.05")) == "There is no office to make a statement on."
    )
