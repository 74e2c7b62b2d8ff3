"""Many offices, many months, amounts: by hand, by definition, and at the edges."""

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.stats import fisher_exact, norm
from statsmodels.stats.multitest import multipletests

from audit.errors import AuditError
from audit.statistics.monetary.difference_estimation import (
    amount_limits,
    amount_size,
    difference_estimate,
    mean_per_unit,
    ratio_estimate,
    regression_estimate,
)
from audit.statistics.offices import multiple_testing, shrinkage
from audit.statistics.offices.control_charts import (
    crossings_required,
    laney_chart,
    longest_run_allowed,
    p_chart,
    prediction_limits,
    run_chart,
)
from audit.statistics.offices.rank_sets import joint_rank_sets, marginal_rank_sets
from audit.statistics.offices.reliability import anova_icc, logit_icc, rate_reliability
from audit.statistics.sizes.bayesian import bayes_factor, impartial_prior

P = np.array([0.9, 0.01, 0.04, 0.03, 0.01, 0.2, 0.0, 0.99])


@pytest.mark.parametrize(
    ("method", "theirs"),
    [
        (multiple_testing.bonferroni, "bonferroni"),
        (multiple_testing.sidak, "sidak"),
        (multiple_testing.holm, "holm"),
        (multiple_testing.hochberg, "simes-hochberg"),
        (multiple_testing.hommel, "hommel"),
        (multiple_testing.benjamini_hochberg, "fdr_bh"),
        (multiple_testing.benjamini_yekutieli, "fdr_by"),
    ],
)
def test_adjusted_p_values_are_those_of_statsmodels(method, theirs: str):
    """statsmodels 0.15.0 multipletests, in any order of the offices and for one alone."""
    assert method(P).tolist() == pytest.approx(multipletests(P, method=theirs)[1].tolist(), abs=1e-12)
    assert method(P[::-1]).tolist() == pytest.approx(method(P)[::-1].tolist())
    assert method([0.03]).tolist() == pytest.approx([0.03])
    assert method([]).tolist() == []


def test_levels_for_many_offices():
    assert multiple_testing.fcr_level(5, 100, "0.95") == pytest.approx(0.9975)
    assert multiple_testing.fcr_level(100, 100, "0.95") == pytest.approx(0.95)
    assert multiple_testing.simultaneous_level(2, "0.81") == pytest.approx(0.9)
    for flagged, offices in ((0, 5), (6, 5)):
        with pytest.raises(AuditError):
            multiple_testing.fcr_level(flagged, offices, "0.95")


def test_a_p_value_must_be_one():
    with pytest.raises(AuditError):
        multiple_testing.holm([0.2, float("nan")])


def test_offices_with_few_cases_are_drawn_in_more():
    y, v = shrinkage.log_odds([9, 90, 50], [10, 100, 100])
    between = shrinkage.paule_mandel(y, v)
    found = shrinkage.shrink_estimates(y, v, between)
    assert y[0] == pytest.approx(y[1])
    assert abs(found.estimates[0] - found.mean) < abs(found.estimates[1] - found.mean) < abs(y[1] - found.mean)
    assert (found.errors < np.sqrt(v)).all()


def test_an_office_with_none_or_all_of_a_kind_has_log_odds():
    """Half a case of each kind is added there, and there alone."""
    y, v = shrinkage.log_odds([0, 4, 2], [4, 4, 4])
    assert y.tolist() == pytest.approx([np.log(0.5 / 4.5), np.log(4.5 / 0.5), 0])
    assert v.tolist() == pytest.approx([2 + 1 / 4.5, 2 + 1 / 4.5, 1])
    found = shrinkage.shrink_estimates([1.0, 3.0], [1.0, 1.0], 0.0)
    assert (found.homogeneity, found.p) == (pytest.approx(2), pytest.approx(2 * norm.sf(np.sqrt(2))))


def test_offices_that_do_not_differ_share_one_rate():
    y, v = shrinkage.arcsine_transform([10, 20, 40], [20, 40, 80])
    for method in (shrinkage.der_simonian_laird, shrinkage.paule_mandel, shrinkage.restricted_likelihood):
        assert method(y, v) == 0
    assert shrinkage.shrink_estimates(y, v, 0.0).estimates.tolist() == pytest.approx([np.pi / 4] * 3)
    with pytest.raises(AuditError):
        shrinkage.robust_limits(y, v, 0.0, "0.95")


def test_robust_limits_reach_at_least_as_far_as_the_normal_ones():
    y, v = shrinkage.log_odds([45, 88, 130, 12], [50, 100, 180, 30])
    lower, upper = shrinkage.robust_limits(y, v, 0.4, "0.95")
    keep = 0.4 / (0.4 + v)
    assert ((upper - lower) / 2 >= norm.isf(0.025) * keep * np.sqrt(v)).all()
    assert ((lower + upper) / 2).tolist() == pytest.approx(shrinkage.shrink_estimates(y, v, 0.4).estimates.tolist())


def test_robust_limits_cover_an_ugly_spread_on_average():
    """Most offices alike, one in ten far apart: three points, whose mean square is what the limits are told."""
    random = np.random.default_rng(21)
    true = random.choice([-2.0, 0.0, 2.0], p=[0.05, 0.9, 0.05], size=4_000)
    v = np.full(4_000, 0.5)
    lower, upper = shrinkage.robust_limits(random.normal(true, np.sqrt(v)), v, 0.4, "0.9")
    assert np.mean((lower <= true) & (true <= upper)) >= 0.9


@pytest.mark.parametrize("square", [0.1, 1.0, 4.0])
def test_no_distribution_of_the_bias_misses_more_often_than_robust_limits_allow(square: float):
    """Its definition, as a linear program: the worst distribution on a grid with this mean square misses in 5%."""
    y, v, between = [0.0, 1.0], [1.0, 1.0], 1 / square
    lower, upper = shrinkage.robust_limits(y, v, between, "0.95")
    reach = (upper[0] - lower[0]) / 2 * (between + 1) / between
    bias = np.linspace(0, 40, 8_001)
    missed = norm.sf(reach - bias) + norm.sf(reach + bias)
    worst = linprog(-missed, A_eq=[np.ones(len(bias)), np.square(bias)], b_eq=[1, square], bounds=(0, 1))
    assert -worst.fun == pytest.approx(0.05, abs=1e-5)


def test_robust_limits_come_to_chebyshevs_where_offices_hardly_differ():
    """As R ebci 1.0.0 has it in test-cv.R."""
    lower, upper = shrinkage.robust_limits([0.0, 1.0], [1.0, 1.0], 1e-8, "0.95")
    reach = (upper[0] - lower[0]) / 2 * (1e-8 + 1) / 1e-8
    assert reach == pytest.approx(np.sqrt((1 + 1e8) / 0.05), rel=1e-2)


def test_ranks_of_offices_that_differ_clearly_and_not_at_all():
    clear = marginal_rank_sets([0.9, 0.5, 0.1], [0.01] * 3, "0.95")
    assert (clear.best.tolist(), clear.worst.tolist()) == ([1, 2, 3], [1, 2, 3])
    # 2.24 standard errors are asked of each of two comparisons at 95%, 2.39 of the three among all
    for apart, alone, jointly in ((2.2, 2, 2), (2.3, 3, 2), (2.4, 3, 3)):
        estimates, errors = [0.0, apart * np.sqrt(2), 50.0], [1.0] * 3
        assert marginal_rank_sets(estimates, errors, "0.95").best[0] == alone
        assert joint_rank_sets(estimates, errors, "0.95").best[0] == jointly
    same = joint_rank_sets([0.5] * 4, [0.1] * 4, "0.95")
    assert (same.best.tolist(), same.worst.tolist()) == ([1] * 4, [4] * 4)
    assert marginal_rank_sets([0.5], [0.1], "0.95") == (1, 1)
    with pytest.raises(AuditError):
        marginal_rank_sets([0.5, 0.4], [0.1, 0.0], "0.95")


def test_joint_rank_sets_hold_marginal_ones_and_cover():
    random = np.random.default_rng(9)
    true, error = np.linspace(0, 1, 8), np.full(8, 0.15)
    missed = 0
    for _ in range(500):
        seen = random.normal(true, error)
        one, every = marginal_rank_sets(seen, error, "0.9"), joint_rank_sets(seen, error, "0.9")
        assert (every.best <= one.best).all() and (every.worst >= one.worst).all()
        places = np.arange(8, 0, -1)
        missed += not ((every.best <= places) & (places <= every.worst)).all()
    assert missed <= 50


def test_correlation_within_offices():
    assert anova_icc([10, 0, 10, 0], [10] * 4) == pytest.approx(1)
    assert anova_icc([5, 5, 5, 5], [10] * 4) < 0
    assert np.isnan(anova_icc([10, 10], [10, 10]))
    assert rate_reliability(0.1, [1, 9, 81]).tolist() == pytest.approx([0.1, 0.5, 0.9])
    assert logit_icc([5, 5, 5, 5], [10] * 4).correlation == pytest.approx(0, abs=1e-6)
    for x, n in (([1], [2]), ([3, 1], [2, 2]), ([1, 1], [1, 1])):
        with pytest.raises(AuditError):
            anova_icc(x, n)


def test_a_frozen_baseline_sets_the_limits_of_later_months():
    x, n = np.array([50, 55, 45, 52, 90, 95]), np.full(6, 100)
    for chart in (p_chart, laney_chart):
        found = chart(x, n, 4)
        assert found.centre == pytest.approx(0.505)
        assert (x / n > found.upper).tolist() == [False] * 4 + [True] * 2
        assert found.upper[0] == chart(x[:4], n[:4]).upper[0]


def test_limits_of_a_month_after_others_are_those_of_fisher():
    """scipy 1.17, stats.fisher_exact, one-sided: a count is a signal where its p-value is below 0.00135."""
    random = np.random.default_rng(1964)
    for _ in range(60):
        n, cases = (int(most) for most in random.integers(1, (40, 160)))
        x = int(random.integers(0, cases + 1))
        (fewest,), (most,) = prediction_limits(np.array([n]), np.array([x]), np.array([cases]), "0.9973")
        for count in range(n + 1):
            table = [[count, n - count], [x, cases - x]]
            less, more = (fisher_exact(table, alternative=side).pvalue for side in ("less", "greater"))
            assert (less < 0.00135, more < 0.00135) == (count < fewest, count > most), table


def test_after_months_without_a_miss_one_miss_is_no_signal():
    fewest, most = prediction_limits(np.array([12]), np.array([90]), np.array([90]), "0.9973")
    assert fewest.tolist() == [10] and most.tolist() == [12]


def test_months_without_a_case_have_no_limits():
    for chart in (p_chart, laney_chart):
        found = chart([5, 0, 6, 7], [10, 0, 10, 10])
        assert (found.lower[1], found.upper[1]) == (0, 1)
        assert np.isfinite(found.upper).all()
        with pytest.raises(AuditError):
            chart([0, 0], [0, 0])
    assert laney_chart([0, 0], [5, 5]) == (0, pytest.approx([0, 0]), pytest.approx([0, 0]))


def test_runs_around_the_median():
    """Anhøj & Olesen 2014: eight months below, then eight above, cross once where four crossings are due."""
    shifted = run_chart(np.repeat([1.0, 2.0], 8) + np.linspace(0, 0.1, 16))
    assert shifted == (16, 8, 7, 1, 4)
    assert shifted.signal
    assert not run_chart([1, 3, 1, 3, 2, 3, 1, 1, 3, 3, 1, 2]).signal
    assert run_chart([5, 5, 5]) == (0, 0, 0, 0, 0)
    assert run_chart([1, 2, 3], median=0).longest == 3
    assert (longest_run_allowed(24), crossings_required(24)) == (8, 8)


BOOK = np.array([100.0, 200, 50, 400, 250, 120])
AUDITED = np.array([100.0, 180, 50, 360, 250, 120])


def test_items_for_a_total_to_within_a_precision():
    """Cochran 1977, exercise-like by hand: N = 2,000, spread 20, to within 4,000 at 95%: n0 = (1.96 * 10)^2 = 384.1."""
    assert amount_size(2000, 20, 4000, "0.95") == 323  # 384.146 / (1 + 384.146 / 2000) = 322.2
    assert amount_size(None, 20, 2, "0.95") == 385
    assert amount_size(10, 1e6, 1, "0.95") == 10, "never more than there are"
    for items, spread, precision in ((0, 1, 1), (5, 0, 1), (5, 1, 0)):
        with pytest.raises(AuditError, match="is not above 0"):
            amount_size(items, spread, precision, "0.95")


def test_amounts_by_hand():
    assert difference_estimate(BOOK, AUDITED, 60).estimate == pytest.approx(60 * 10)
    assert ratio_estimate(BOOK, AUDITED, 60, 12_000).estimate == pytest.approx(12_000 * 60 / 1120)
    assert mean_per_unit(BOOK, AUDITED, 60, 12_000).estimate == pytest.approx(12_000 - 60 * 1060 / 6)
    slope = np.polyfit(BOOK, AUDITED, 1)[0]
    expected = 12_000 - (60 * 1060 / 6 + slope * (12_000 - 60 * 1120 / 6))
    assert regression_estimate(BOOK, AUDITED, 60, 12_000).estimate == pytest.approx(expected)


def test_amounts_counted_whole_have_no_sampling_error():
    lower, upper = amount_limits(difference_estimate(BOOK, AUDITED, 6), "0.95")
    assert lower == upper == pytest.approx(60)
    assert amount_limits(difference_estimate(BOOK, AUDITED, 6), "0.95", finite=False)[1] > 60


def test_amounts_of_too_few_items_are_refused():
    for ask in (
        lambda: difference_estimate([1, 2], [1, 2], 9),
        lambda: difference_estimate(BOOK, AUDITED, 5),
        lambda: difference_estimate(BOOK, AUDITED[:-1], 9),
        lambda: regression_estimate([5, 5, 5], [4, 5, 5], 9, 45),
    ):
        with pytest.raises(AuditError):
            ask()


def test_an_impartial_prior_leans_to_neither_side():
    prior = impartial_prior("0.05")
    assert bayes_factor(0, 0, "0.05", prior) == pytest.approx(1)
    assert bayes_factor(0, 59, "0.05", prior) > 10 > 1 > bayes_factor(10, 59, "0.05", prior)
    # by hand: a uniform prior and 1 of 2, so that P(rate < 1/2) is 1/2 before and after; 2 of 2, so that it is 1/8
    assert bayes_factor(1, 2, "0.5") == pytest.approx(1)
    assert bayes_factor(2, 2, "0.5") == pytest.approx((1 / 8) / (7 / 8))
    with pytest.raises(AuditError):
        bayes_factor(3, 2, "0.05")
