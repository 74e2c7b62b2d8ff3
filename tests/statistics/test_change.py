"""Two shares compared: against their definitions, and at 0 and all."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import nchypergeom_fisher, norm

from audit.errors import AuditError
from audit.statistics.intervals.change import (
    agresti_caffo,
    fisher_test,
    mcnemar_test,
    miettinen_nurminen,
    miettinen_nurminen_odds,
    miettinen_nurminen_ratio,
    newcombe,
    newcombe_corrected,
    wald_difference,
)

DIFFERENCES = [agresti_caffo, miettinen_nurminen, newcombe, newcombe_corrected, wald_difference]
RATIOS = [miettinen_nurminen_ratio, miettinen_nurminen_odds]


@pytest.mark.parametrize("case", [(56, 70, 48, 80), (9, 10, 3, 10), (84, 101, 89, 105), (3, 500, 1, 90)])
def test_miettinen_and_nurminens_limits_are_where_the_score_test_rejects(case):
    """By direct search for the shares of highest likelihood. statsmodels 0.15.0 (confint_proportions_2indep,
    method="score", compare="diff") gives 0.0526 and 0.3440 for the first, where this score is 1.964 and -2.047.
    """
    x1, n1, x2, n2 = case
    for limit, reach in zip(miettinen_nurminen(*case, "0.95"), (1, -1), strict=True):

        def unlikely(p, limit=float(limit)):
            q = p + limit
            return -(x1 * np.log(q) + (n1 - x1) * np.log(1 - q) + x2 * np.log(p) + (n2 - x2) * np.log(1 - p))

        bounds = (max(0.0, -limit) + 1e-12, min(1.0, 1 - limit) - 1e-12)
        p = minimize_scalar(unlikely, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x
        q = p + limit
        variance = (q * (1 - q) / n1 + p * (1 - p) / n2) * (n1 + n2) / (n1 + n2 - 1)
        assert (x1 / n1 - x2 / n2 - limit) / np.sqrt(variance) == pytest.approx(reach * norm.isf(0.025), abs=1e-5)


@pytest.mark.parametrize("method", DIFFERENCES)
def test_differences_change_sign_with_the_order_and_hold_what_was_seen(method):
    lower, upper = method(56, 70, 48, 80, "0.95")
    assert lower < 0.2 < upper
    assert method(48, 80, 56, 70, "0.95") == pytest.approx((-upper, -lower))


@pytest.mark.parametrize("method", DIFFERENCES[1:4])
def test_differences_at_none_and_all_stay_within_one(method):
    for case in ((0, 12, 0, 9), (12, 12, 9, 9), (12, 12, 0, 9), (0, 12, 9, 9), (0, 1, 1, 1)):
        lower, upper = method(*case, "0.95")
        assert -1 <= lower <= case[0] / case[1] - case[2] / case[3] <= upper <= 1
        assert upper - lower > 0.1


def test_ratios_at_none_and_all_have_open_ends():
    for method in RATIOS:
        assert method(0, 12, 3, 9, "0.95")[0] == 0
        assert method(3, 12, 0, 9, "0.95")[1] == np.inf
        assert method(3, 12, 0, 9, "0.95")[0] > 0
        assert method(0, 12, 3, 9, "0.95")[1] < np.inf


@pytest.mark.parametrize("method", RATIOS)
def test_ratios_turn_over_with_the_order(method):
    lower, upper = method(56, 70, 48, 80, "0.95")
    assert method(48, 80, 56, 70, "0.95") == pytest.approx((1 / upper, 1 / lower))


@pytest.mark.parametrize("method", DIFFERENCES + RATIOS)
def test_many_offices_at_once_are_each_alone(method):
    x1, n1, x2, n2 = np.array([[56, 9, 1], [70, 10, 40], [48, 3, 2], [80, 10, 30]])
    together = method(x1, n1, x2, n2, "0.9")
    for office in range(3):
        alone = method(x1[office], n1[office], x2[office], n2[office], "0.9")
        assert [float(side[office]) for side in together] == pytest.approx([float(side) for side in alone])


def test_fishers_limits_are_where_his_test_rejects():
    """R's fisher.test gives 0.03569, where the tail is 0.02505."""
    found = fisher_test([[3, 10], [27, 20]], "0.95")
    assert nchypergeom_fisher.sf(2, 60, 13, 30, found.lower) == pytest.approx(0.025, rel=1e-6)
    assert nchypergeom_fisher.cdf(3, 60, 13, 30, found.upper) == pytest.approx(0.025, rel=1e-6)


def test_only_changes_count_for_mcnemar():
    """Six changes one way, none the other: 2 / 2^6 exactly, half the tail less by mid-P."""
    found = mcnemar_test(6, 0)
    assert (found.statistic, found.exact, found.mid) == (6, 2 / 64, pytest.approx(1 / 64))
    assert mcnemar_test(0, 6) == found
    assert mcnemar_test(0, 0) == (0, 1, 1, 1)
    assert mcnemar_test(4, 4).exact == mcnemar_test(4, 4).mid == 1


@pytest.mark.parametrize(
    "ask",
    [
        lambda: newcombe(5, 4, 1, 2, "0.95"),
        lambda: miettinen_nurminen(0, 0, 1, 2, "0.95"),
        lambda: fisher_test([[1, 2, 3], [4, 5, 6]], "0.95"),
        lambda: fisher_test([[1, -2], [4, 5]], "0.95"),
        lambda: mcnemar_test(-1, 2),
        lambda: newcombe(1, 4, 1, 2, "95"),
    ],
)
def test_counts_that_can_not_be_are_refused(ask):
    with pytest.raises(AuditError):
        ask()
