"""Limits by name, shortest, for several kinds and for undeterminable cases: known values, edges, refusals."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest

from audit.errors import AuditError, ExitCode
from audit.statistics.intervals import binomial
from audit.statistics.intervals.exact import binomial_upper, clopper_pearson, poisson_limits
from audit.statistics.intervals.missing_outcomes import (
    identification_bounds,
    region_limits,
    tipping_odds,
    tipping_point,
    unassessed_plan,
)
from audit.statistics.intervals.multinomial import goodman, sison_glaz
from audit.statistics.intervals.optimal import optimal_limits


@pytest.mark.parametrize(
    ("interval", "method"),
    [(clopper_pearson, "exact"), (binomial.wilson, "wilson"), (binomial.wilson_corrected, "wilsoncc")],
)
@pytest.mark.parametrize("level", ["0.8", "0.95", "0.999"])
def test_limits_are_those_of_scipy(interval: Any, method: Any, level: str) -> None:
    """At 0 and n, too; no case, which scipy refuses, gives 0 and 1."""
    n = np.repeat([1, 2, 7, 60, 500], 5)
    x = np.concatenate([[0, size // 3, size // 2, size - 1, size] for size in (1, 2, 7, 60, 500)])
    pairs = zip(x.tolist(), n.tolist(), strict=True)
    theirs = [binomtest(count, size).proportion_ci(float(level), method) for count, size in pairs]
    assert np.allclose(np.transpose(interval(x, n, level)), theirs, rtol=0, atol=1e-9)
    assert interval(0, 0, level) == (0, 1)


def test_a_one_sided_limit_is_one_side_of_a_wider_interval() -> None:
    assert binomial_upper(2, 60, "0.95") == clopper_pearson(2, 60, "0.90")[1]
    assert binomial_upper(0, 59, "0.95") == pytest.approx(1 - 0.05 ** (1 / 59))
    assert (binomial_upper(5, 5, "0.95"), binomial_upper(0, 0, "0.95")) == (1, 1)


def test_no_event_has_no_lower_poisson_limit() -> None:
    assert poisson_limits(0, 30, "0.90") == pytest.approx((0, 2.9957 / 30), abs=1e-5)
    lower, upper = poisson_limits(np.array([0, 4]), np.array([1.0, 2.0]), "0.95")
    assert (lower[1], upper[1]) == poisson_limits(4, 2, "0.95")


@pytest.mark.parametrize(("x", "exposure"), [(1, 0), (1, -2)])
def test_events_without_exposure_are_refused(x: int, exposure: float) -> None:
    with pytest.raises(AuditError, match="An exposure is not positive"):
        poisson_limits(x, exposure, "0.95")


def test_limits_by_name_at_none_and_all() -> None:
    ends = {
        interval.__name__: (interval(0, 20, "0.95"), interval(20, 20, "0.95"))  # type: ignore[attr-defined]
        for interval in (binomial.wilson, binomial.jeffreys, binomial.mid_p, binomial.logit, binomial.likelihood_ratio)
    }
    for none, every in ends.values():
        assert none[0] == 0 and 0.09 < none[1] < 0.17
        assert every[1] == 1 and 0.83 < every[0] < 0.91
    assert binomial.logit(0, 20, "0.95") == clopper_pearson(0, 20, "0.95")
    assert binomial.wald(0, 20, "0.95") == (0, 0), "no width: why it is never concluded from"
    assert binomial.arcsine(0, 10, "0.95")[0] > 0.01, "as printed, though nothing was seen"


@pytest.mark.parametrize(("x", "n"), [(3, 2), (11, 4)])
def test_impossible_counts_are_refused(x: int, n: int) -> None:
    for interval in (binomial.wilson, binomial.blaker):
        with pytest.raises(AuditError, match="A count exceeds its sample") as refused:
            interval(x, n, "0.95")
        assert refused.value.code is ExitCode.USAGE
    with pytest.raises(AuditError, match="A count exceeds its sample, or a sample its population"):
        optimal_limits(x, n, 10, "0.95")


def test_a_level_that_is_no_share_is_refused() -> None:
    with pytest.raises(AuditError, match=r"is not between 0 and 1\. Write a share: 0\.95 for 95%"):
        binomial.wilson(1, 2, "95")
    with pytest.raises(AuditError, match="is not between 0 and 1"):
        optimal_limits(1, 2, 3, 1)


def test_optimal_limits_of_nothing_one_and_all() -> None:
    assert optimal_limits(0, 0, 120, "0.95") == (0, 120)
    assert optimal_limits(0, 0, 0, "0.95") == (0, 0)
    assert optimal_limits(1, 1, 1, "0.95") == (1, 1)
    assert optimal_limits(48, 56, 56, "0.95") == (48, 48)
    lower, upper = optimal_limits(np.array([0, 4]), 200, 1000, "0.95")
    assert [type(limit) for limit in optimal_limits(4, 200, 1000, "0.95")] == [int, int]
    assert (lower[1], upper[1]) == optimal_limits(4, 200, 1000, "0.95")
    with pytest.raises(AuditError, match="a sample its population"):
        optimal_limits(0, 11, 10, "0.95")


def test_several_kinds_at_once() -> None:
    """One kind of two is a binomial one: Goodman's interval is then Wilson's at half the risk."""
    lower, upper = goodman([30, 70], "0.95")
    assert (lower[0], upper[0]) == pytest.approx(binomial.wilson(30, 100, "0.975"))
    lower, upper = sison_glaz([100], "0.95")
    assert (lower[0], upper[0]) == (1, 1)
    for method in (goodman, sison_glaz):
        lower, upper = method([0, 3, 40], "0.9")
        assert ((lower >= 0) & (lower <= np.array([0, 3, 40]) / 43) & (upper <= 1)).all()
        for counts in ([], [0, 0]):
            with pytest.raises(AuditError, match="There is no case"):
                method(counts, "0.95")


def test_undeterminable_cases_leave_a_region() -> None:
    """43 of 766 cases in the audit of DHS OIG-12-64 lacked information: 91.1% to 96.7%, and 96.5% of the rest."""
    worst, best, assessed = identification_bounds(698, 43, 766)
    assert (worst, best, assessed) == pytest.approx((0.911, 0.967, 0.965), abs=5e-4)
    assert identification_bounds(0, 4, 4) == (0, 1, None)
    assert region_limits(698, 43, 766, 348_958, "0.95") == (310_168, 341_545)
    assert region_limits(88, 5, 100, 100, "0.95") == (88, 93), "of a census the bounds are all"


def test_how_many_of_43_would_have_to_deviate() -> None:
    """At least 95% of the matches: gone with the fourth; 90%: with the 38th; 80% stands whatever they are."""
    found = [tipping_point(698, 43, 766, 348_958, share, "0.95") for share in ("0.97", "0.95", "0.93", "0.90", "0.80")]
    assert found == [0, 4, 17, 38, None]
    assert tipping_odds(698, 43, 766, 4) == pytest.approx(4 / 39 * 698 / 25)
    assert tipping_odds(698, 43, 766, 43) is None, "they would all have to deviate"
    assert tipping_odds(723, 43, 766, 4) is None, "no assessed case deviates: any odds are infinitely higher"


def test_a_census_tips_by_its_count() -> None:
    assert tipping_point(90, 10, 100, 100, "0.95", "0.95") == 6
    assert tipping_point(95, 5, 100, 100, "0.95", "0.95") is None
    assert tipping_point(80, 10, 100, 100, "0.95", "0.95") == 0


def test_impossible_regions_are_refused() -> None:
    for counts in ((50, 2, 50), (5, 2, 6)):
        with pytest.raises(AuditError, match="More cases conform or are undeterminable than were drawn"):
            identification_bounds(*counts)
    with pytest.raises(AuditError, match="No case was drawn"):
        identification_bounds(0, 0, 0)
    with pytest.raises(AuditError, match="More cases tip the conclusion than are undeterminable"):
        tipping_odds(5, 2, 9, 3)
    with pytest.raises(AuditError, match="of the cases cannot be assessed"):
        unassessed_plan(100, "0.1", "0.01", "1", "0.95")
    with pytest.raises(AuditError, match="The expected rate is not below the tolerable rate"):
        unassessed_plan(1000, "0.05", "0.01", "0.05", "0.95")
