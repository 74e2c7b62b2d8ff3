"""Limits, tails and sizes: values known from theory, and refusals."""

from fractions import Fraction
from math import comb, floor, inf

import numpy as np
import pytest
from scipy.stats import hypergeom

from audit.errors import AuditError, ExitCode
from audit.statistics.hypergeometric import hypergeometric_tails
from audit.statistics.intervals.assessable import _floor_shares
from audit.statistics.intervals.exact import (
    binomial_tails,
    clopper_pearson,
    hypergeometric_limits,
    hypergeometric_lower,
    hypergeometric_upper,
)
from audit.statistics.offices.funnel import binomial_funnel
from audit.statistics.parameters import parse_rate
from audit.statistics.sizes.attribute import attribute_size
from audit.statistics.sizes.precision import precision_margin, precision_size


def at_most(x: int, n: int, population: int, kind: int) -> Fraction:
    """P(X <= x) in exact arithmetic."""
    ways = sum(comb(kind, k) * comb(population - kind, n - k) for k in range(x + 1))
    return Fraction(ways, comb(population, n))


@pytest.mark.parametrize(("x", "n", "population"), [(4, 200, 1000), (698, 723, 348_958), (25, 723, 348_958)])
def test_a_limit_is_the_last_count_that_the_sample_does_not_reject(x: int, n: int, population: int) -> None:
    lower, upper = hypergeometric_limits(x, n, population, "0.95")
    risk = Fraction(25, 1000)
    assert at_most(x, n, population, upper) > risk >= at_most(x, n, population, upper + 1)
    others = population - lower
    assert at_most(n - x, n, population, others) > risk >= at_most(n - x, n, population, others + 1)


def test_nothing_seen_and_everything_seen() -> None:
    assert hypergeometric_limits(0, 0, 120, "0.95") == (0, 120)
    assert hypergeometric_limits(0, 0, 0, "0.95") == (0, 0)
    assert hypergeometric_limits(48, 56, 56, "0.95") == (48, 48)
    assert hypergeometric_limits(100, 100, 1000, "0.95") == (966, 1000)


def test_one_sided_limits_put_the_whole_risk_on_one_side() -> None:
    assert hypergeometric_limits(4, 200, 1000, "0.90") == (
        hypergeometric_lower(4, 200, 1000, "0.95"),
        hypergeometric_upper(4, 200, 1000, "0.95"),
    )


def test_a_tie_with_the_risk_is_rejected_whatever_the_last_bit() -> None:
    """One case drawn of 40, not of the kind: P(X <= 0 | 39) is 1/40, the risk of a 95% interval itself."""
    assert at_most(0, 1, 40, 39) == Fraction(25, 1000)
    assert hypergeometric_limits(0, 1, 40, "0.95") == (0, 38)


def test_arrays_give_what_numbers_give() -> None:
    x, n, population = np.array([4, 0, 30]), np.array([200, 0, 30]), np.array([1000, 7, 40])
    lower, upper = hypergeometric_limits(x, n, population, "0.95")
    expected = [
        hypergeometric_limits(*row, "0.95") for row in zip(x.tolist(), n.tolist(), population.tolist(), strict=True)
    ]
    assert list(zip(lower.tolist(), upper.tolist(), strict=True)) == expected
    shares = clopper_pearson(x, n, "0.95")
    expected_shares = [clopper_pearson(*row, "0.95") for row in zip(x.tolist(), n.tolist(), strict=True)]
    assert list(zip(*(share.tolist() for share in shares), strict=True)) == expected_shares


def test_numbers_give_plain_numbers() -> None:
    assert [type(limit) for limit in hypergeometric_limits(4, 200, 1000, "0.95")] == [int, int]
    assert [type(limit) for limit in clopper_pearson(4, 200, "0.95")] == [float, float]
    assert [type(limit) for limit in binomial_funnel(30, "0.9", "0.95")] == [float, float]
    assert [type(tail) for tail in binomial_tails(28, 30, "0.9")] == [float, float]


def test_no_case_gives_no_binomial_information() -> None:
    assert clopper_pearson(0, 0, "0.95") == (0, 1)


def test_a_rate_is_taken_as_typed() -> None:
    assert parse_rate(0.06) == parse_rate("0.06") == parse_rate(Fraction(3, 50)) == Fraction(6, 100)
    assert parse_rate(np.float64(0.06)) == Fraction(6, 100)


def test_an_office_lies_outside_its_funnel_exactly_where_its_tail_is_below_the_risk() -> None:
    for level, risk in (("0.95", 0.025), ("0.998", 0.001)):
        for n in (1, 2, 8, 30, 150):
            for p in ("0.03", "0.5", "0.91", "0.97"):
                lower, upper = binomial_funnel(n, p, level)
                x = np.arange(n + 1)
                fewer, more = binomial_tails(x, np.full(n + 1, n), p)
                np.testing.assert_array_equal(x / n < lower, fewer < risk)
                np.testing.assert_array_equal(x / n > upper, more < risk)


def test_the_funnel_ends_at_all_where_the_quantile_is_all() -> None:
    """Spiegelhalter's own interpolation gives 99.8% here, and flags every office at 100%."""
    assert binomial_tails(30, 30, "0.97")[1] > 0.025
    assert binomial_funnel(30, "0.97", "0.95")[1] == 1
    assert binomial_funnel(30, "0.03", "0.95")[0] == 0


def test_a_funnel_around_all_or_nothing_has_no_width() -> None:
    assert binomial_funnel(30, 1, "0.95") == (1, 1)
    assert binomial_funnel(30, 0, "0.95") == (0, 0)
    assert binomial_funnel(0, "0.9", "0.95") == (0, 1)


def test_binomial_tails_both_hold_the_case_itself() -> None:
    assert binomial_tails(1, 2, "0.5") == pytest.approx((0.75, 0.75))


def test_766_of_348958_tell_half_to_within_three_and_a_half_points() -> None:
    assert precision_margin([766], [348_958], "0.95") == pytest.approx(0.0354, abs=5e-5)


def test_a_margin_undoes_its_size() -> None:
    size = precision_size(5000, "0.03", "0.95", "0.2")
    assert precision_margin([size], [5000], "0.95", "0.2") <= 0.03 < precision_margin([size - 1], [5000], "0.95", "0.2")


def test_a_stratum_counted_whole_has_no_error_and_one_left_out_has_no_end_of_it() -> None:
    assert precision_margin([5, 1], [5, 1], "0.95") == 0
    assert precision_margin([5, 0], [5, 1], "0.95") == inf


def test_a_size_for_a_rate_counts_in_exact_arithmetic() -> None:
    """ceil(0.07 x 100) is 7; in binary floating point 0.07 * 100 is 7.000000000000001, and 8."""
    assert attribute_size(100, 0.07, 0, "0.95") == attribute_size(100, "7/100", 0, "0.95")
    assert at_most(0, attribute_size(100, 0.07, 0, "0.95"), 100, 7) <= Fraction(5, 100)


def test_a_size_is_the_smallest_that_will_do() -> None:
    size = attribute_size(1000, "0.05", "0.025", "0.95")
    risks = [at_most(-(-25 * n // 1000), n, 1000, 50) for n in range(1, size + 1)]
    assert [risk <= Fraction(5, 100) for risk in risks] == [False] * (size - 1) + [True]


@pytest.mark.parametrize("counts", [(5, 4, 10), (4, 11, 10)])
def test_impossible_counts_are_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(AuditError, match="A count exceeds its sample, or a sample its population") as refused:
        hypergeometric_upper(*counts, "0.95")
    assert refused.value.code is ExitCode.USAGE


@pytest.mark.parametrize("level", ["95", 1, 0, "-0.1"])
def test_a_level_that_is_no_share_is_refused(level: str | int) -> None:
    with pytest.raises(AuditError, match=r"is not between 0 and 1\. Write a share: 0\.95 for 95%"):
        hypergeometric_limits(1, 2, 3, level)


@pytest.mark.parametrize("level", ["95%", "1/0", "", "nan"])
def test_a_level_that_is_no_number_is_refused(level: str) -> None:
    with pytest.raises(AuditError, match=r"is not a number\. Write a share: 0\.95 for 95%"):
        clopper_pearson(1, 2, level)


def test_more_successes_than_cases_are_refused() -> None:
    with pytest.raises(AuditError, match="A count exceeds its sample"):
        clopper_pearson(3, 2, "0.95")


def test_expecting_what_is_not_tolerated_is_refused() -> None:
    with pytest.raises(AuditError, match="The expected rate is not below the tolerable rate"):
        attribute_size(1000, "0.05", "0.05", "0.95")


def test_a_population_too_small_to_show_it_is_refused() -> None:
    """One deviation is tolerated and one is hoped for: even the whole population shows nothing."""
    with pytest.raises(AuditError, match="No sample of this population can show it"):
        attribute_size(10, "0.1", "0.05", "0.95")


def test_tails_of_many_populations_are_those_of_scipy() -> None:
    """scipy.stats.hypergeom, one by one, in populations where it is right to ten digits."""
    chance = np.random.default_rng(1)
    for _ in range(40):
        population, n = chance.integers(50, 20_000, 200), int(chance.integers(1, 50))
        kind = (chance.random(200) * population).astype(int)
        kind[:2] = 0, population[1]
        x = int(chance.integers(-1, n))
        expected = hypergeom.sf(x, population, kind, n)
        assert hypergeometric_tails(x, population, kind, n) == pytest.approx(expected, rel=1e-10, abs=1e-14)


def test_shares_of_cases_are_rounded_down_exactly() -> None:
    for share, cases in (("0.05", 10**12), ("0.0123456789", 10**12), ("0.3", 10), ("0.29", 100)):
        [most] = _floor_shares(Fraction(share), np.array([cases])).tolist()
        assert most == floor(Fraction(share) * cases)
