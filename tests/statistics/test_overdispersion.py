"""Over-dispersion: when limits are widened, by how much, and that they are never narrowed."""

import numpy as np
import pytest

from audit.statistics.offices.funnel import binomial_funnel
from audit.statistics.offices.overdispersion import (
    between_office_variance,
    dispersion_ratio,
    estimate_dispersion,
    overdispersed_funnel,
)


def test_offices_that_differ_by_chance_alone_have_a_ratio_near_one_and_plain_limits():
    random = np.random.default_rng(7)
    n = random.integers(11, 2_000, size=400)
    ratio, variance = estimate_dispersion(random.binomial(n, 0.8), n, "0.8")
    assert ratio == pytest.approx(0.68, abs=0.1)  # of 1, drawing in the extremes takes a third away
    assert variance == 0.0
    for level in ("0.95", "0.998"):
        plain, same = binomial_funnel(n, "0.8", level), overdispersed_funnel(n, "0.8", level, variance=0.0)
        assert all(np.array_equal(a, b) for a, b in zip(plain, same, strict=True))


def test_a_spread_between_offices_is_found_again():
    random = np.random.default_rng(7)
    n = random.integers(200, 2_000, size=400)
    shares = np.sin(np.clip(random.normal(np.arcsin(np.sqrt(0.8)), 0.05, size=400), 0, np.pi / 2)) ** 2
    ratio, variance = estimate_dispersion(random.binomial(n, shares), n, "0.8")
    assert ratio > 5
    assert np.sqrt(variance) == pytest.approx(0.04, abs=0.01)  # short of 0.05, as the extremes are drawn in


def test_one_office_apart_does_not_widen_the_limits():
    n = np.full(20, 500)
    x = np.array([400] * 19 + [100])
    assert estimate_dispersion(x, n, "0.8") == (0.0, 0.0)


def test_among_few_offices_one_apart_cannot_hide_itself():
    n = np.full(9, 500)
    x = np.array([400] * 8 + [100])
    ratio, variance = estimate_dispersion(x, n, "0.8")
    assert ratio is not None and ratio > 2
    assert variance == 0.0


def test_a_ratio_that_chance_would_give_widens_nothing():
    n = np.full(12, 100)
    ratio, variance = estimate_dispersion(np.array([73, 80, 86] * 4), n, "0.8")
    assert ratio is not None and 1 < ratio < 2
    assert variance == 0.0


def test_fewer_than_two_offices_have_no_dispersion():
    assert estimate_dispersion(np.array([5]), np.array([20]), "0.5") == (None, 0.0)
    assert estimate_dispersion(np.array([], dtype=np.int64), np.array([], dtype=np.int64), "0.5") == (None, 0.0)


def test_offices_that_all_have_everything_have_no_dispersion():
    n = np.array([20, 400])
    assert estimate_dispersion(n, n, 1) == (0.0, 0.0)


def test_widened_limits_reach_at_least_as_far_and_stay_shares():
    n = np.array([0, 1, 11, 50, 10_000])
    plain, wide = binomial_funnel(n, "0.97", "0.998"), overdispersed_funnel(n, "0.97", "0.998", variance=0.01)
    assert np.all(wide[0] <= plain[0]) and np.all(wide[1] >= plain[1])
    assert np.all(wide[0] >= 0) and np.all(wide[1] <= 1)
    assert wide[0][-1] < plain[0][-1] - 0.1  # no number of cases takes the spread between offices away


def test_the_variance_is_what_the_ratio_leaves_over():
    errors = np.full(5, 0.1)
    assert between_office_variance(1.0, errors) == pytest.approx(0.01 / 4)  # (5 - 4) / (500 - 100)
    assert between_office_variance(0.5, errors) == 0.0


def test_the_extreme_tenth_at_either_end_is_drawn_in():
    assert dispersion_ratio(np.array([1.0] * 5 + [-1.0] * 5)) == 1.0
    assert dispersion_ratio(np.array([0.0] * 20 + [50.0])) == 0.0
