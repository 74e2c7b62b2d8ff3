"""Rates over strata: known values, edges, refusals."""

from math import sqrt

import pytest

from audit.errors import AuditError, ExitCode
from audit.statistics.intervals.exact import clopper_pearson, hypergeometric_limits
from audit.statistics.intervals.stratified import (
    melded_limits,
    stratified_korn_graubard,
    stratified_mean,
    stratified_proportion,
    wald_t,
    wendell_schmee_limits,
)


def test_the_weighted_rate_and_its_error_by_hand() -> None:
    """Weights 3/4 and 1/4: (.75^2 .9 .1 .9 / 9 + .25^2 .5 .5 .8 / 9)^(1/2), Cochran 1977, section 5.10."""
    estimate, error, freedom = stratified_proportion([1, 5], [10, 10], [150, 50])
    assert estimate == pytest.approx(0.75 * 0.1 + 0.25 * 0.5)
    variance = 0.5625 * (1 - 10 / 150) * 0.09 / 9 + 0.0625 * (1 - 10 / 50) * 0.25 / 9
    assert error == pytest.approx(sqrt(variance))
    assert freedom == 18


def test_a_rate_is_the_mean_of_zeros_and_ones() -> None:
    values = [[1] + [0] * 9, [1] * 5 + [0] * 5]
    assert stratified_mean(values, [150, 50]) == pytest.approx(stratified_proportion([1, 5], [10, 10], [150, 50]))


def test_students_quantile() -> None:
    lower, upper = wald_t(stratified_proportion([1, 5], [10, 10], [150, 50]), "0.95")
    found = stratified_proportion([1, 5], [10, 10], [150, 50])
    assert (upper - lower) / 2 / found.error == pytest.approx(2.100922)


def test_strata_counted_whole_have_no_error() -> None:
    whole = ([3, 5], [10, 10], [10, 10])
    assert stratified_proportion(*whole) == (0.4, 0, 0)
    assert wald_t(stratified_proportion(*whole), "0.95") == (0.4, 0.4)
    assert melded_limits(*whole, "0.95") == wendell_schmee_limits(*whole, "0.95") == (8, 8)
    assert stratified_korn_graubard(*whole, "0.95") == (0.4, 0.4)


def test_a_census_of_one_stratum_moves_the_limits_of_the_other() -> None:
    lower, upper = hypergeometric_limits(2, 20, 100, "0.95")
    assert melded_limits([2, 7], [20, 30], [100, 30], "0.95") == (lower + 7, upper + 7)


def test_a_stratum_that_was_not_drawn_from_may_hold_none_or_all() -> None:
    lower, upper = hypergeometric_limits(2, 20, 100, "0.95")
    assert melded_limits([2, 0], [20, 0], [100, 40], "0.95") == (lower, upper + 40)


def test_nothing_found_is_no_proof_of_nothing() -> None:
    """Wald's interval has no width here."""
    nothing = ([0, 0], [20, 20], [300, 300])
    assert wald_t(stratified_proportion(*nothing), "0.95") == (0, 0)
    assert melded_limits(*nothing, "0.95") == (0, 73)
    assert wendell_schmee_limits(*nothing, "0.95") == (0, 51)
    assert stratified_korn_graubard(*nothing, "0.95")[1] == pytest.approx(0.083, abs=5e-4)


def test_one_stratum_of_a_large_population_is_clopper_and_pearson() -> None:
    """The correction for a population that ends is all that is left between them."""
    found = stratified_korn_graubard([4], [200], [10**9], "0.95")
    assert found == pytest.approx(clopper_pearson(4, 200, "0.95"), rel=0.01)


def test_many_strata_of_many_cases() -> None:
    lower, upper = melded_limits([3] * 50, [15] * 50, [7000] * 50, "0.95")
    assert lower < 70_000 < upper


@pytest.mark.parametrize(
    ("strata", "wording"),
    [
        (([1], [2, 3], [5, 5]), "x, n and sizes have not the same number of strata"),
        (([], [], []), "x, n and sizes have not the same number of strata"),
        (([3, 0], [2, 3], [5, 5]), "A count exceeds its sample, or a sample its stratum"),
        (([1, 0], [2, 6], [5, 5]), "A count exceeds its sample, or a sample its stratum"),
        (([1, 0], [2, 0], [5, 0]), "A stratum holds no case"),
    ],
)
def test_impossible_strata_are_refused(strata: tuple[list[int], list[int], list[int]], wording: str) -> None:
    with pytest.raises(AuditError, match=wording) as refused:
        melded_limits(*strata, "0.95")
    assert refused.value.code is ExitCode.USAGE


def test_one_case_tells_no_error() -> None:
    with pytest.raises(AuditError, match="A stratum with fewer than two cases drawn has no standard error"):
        stratified_proportion([1, 0], [1, 10], [5, 50])
    assert stratified_proportion([1, 0], [1, 10], [1, 50]).freedom == 9, "unless it is the whole stratum"


def test_too_many_ways_to_try_are_refused() -> None:
    with pytest.raises(AuditError, match="too many or too large to try every count"):
        wendell_schmee_limits([1] * 4, [30] * 4, [1000] * 4, "0.95")
    with pytest.raises(AuditError, match="A stratum is not drawn from, and has no rate"):
        wendell_schmee_limits([1, 0], [10, 0], [50, 40], "0.95")
