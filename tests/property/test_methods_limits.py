"""Limits hold their level wherever they can be enumerated, mirror each other and move as they should."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, hypergeom

from audit.statistics.intervals import binomial
from audit.statistics.intervals.exact import clopper_pearson, hypergeometric_limits, hypergeometric_upper
from audit.statistics.intervals.optimal import optimal_limits
from audit.statistics.parameters import TIE_TOLERANCE

UNHURRIED = settings(deadline=None, max_examples=50)
LEVELS = st.sampled_from(["0.8", "0.9", "0.95", "0.99"])
INTERVALS = [
    binomial.agresti_coull,
    binomial.arcsine,
    binomial.blaker,
    binomial.jeffreys,
    binomial.likelihood_ratio,
    binomial.logit,
    binomial.mid_p,
    binomial.modified_wilson,
    binomial.pratt,
    binomial.wald,
    binomial.wilson,
    binomial.wilson_corrected,
]
NAMES = [interval.__name__ for interval in INTERVALS]  # type: ignore[attr-defined]


@st.composite
def samples(draw: st.DrawFn) -> tuple[int, int, int]:
    population = draw(st.one_of(st.integers(1, 60), st.integers(1, 20_000), st.integers(1, 10**7)))
    n = draw(st.integers(1, min(population, 1000)))
    return draw(st.integers(0, n)), n, population


@UNHURRIED
@given(samples(), st.sampled_from(["0.05", "0.5", "0.9", "0.95", "0.999"]))
def test_the_upper_limit_is_the_last_count_that_the_sample_does_not_reject(
    sample: tuple[int, int, int], confidence: str
) -> None:
    """Read off scipy's own distribution, which loses some digits where a population is large: hence the margin."""
    x, n, population = sample
    upper, risk = hypergeometric_upper(x, n, population, confidence), 1 - float(confidence)
    last = population - n + x
    assert x <= upper <= last
    assert hypergeom.cdf(x, population, upper, n) > risk * (1 - 1e-7) or upper == x
    assert upper == last or hypergeom.cdf(x, population, upper + 1, n) <= risk * (1 + 1e-7)


@pytest.mark.parametrize("level", ["0.8", "0.9", "0.95", "0.99"])
def test_optimal_limits_cover_every_population(level: str) -> None:
    """Enumerated: every population to 40, sample size, number of the kind and result; then some larger ones."""
    settings_ = [(population, n) for population in range(1, 41) for n in range(population + 1)]
    settings_ += [(population, n) for population in (99, 100, 200) for n in range(0, population + 1, 7)]
    for population, n in settings_:
        x, kind = np.arange(n + 1), np.arange(population + 1)[:, None]
        lower, upper = optimal_limits(x, n, population, level)
        covered = (hypergeom.pmf(x, population, kind, n) * ((lower <= kind) & (kind <= upper))).sum(axis=1)
        assert covered.min() >= float(level) - TIE_TOLERANCE, (population, n)
        assert (lower[::-1] == population - upper).all(), "the other kind's limits mirror them"
        assert (np.diff(lower) >= 0).all() and (np.diff(upper) >= 0).all()
        assert (x <= lower).all() and (lower <= upper).all() and (upper <= population - n + x).all()


@pytest.mark.parametrize(("population", "n"), [(200, 50), (766, 80), (766, 150), (1000, 100), (5000, 150)])
def test_optimal_limits_are_shorter_by_two_to_five_percent(population: int, n: int) -> None:
    """Settings in which the package that published the method covers 94.4% under the name of 95%."""
    x, kind = np.arange(n + 1), np.arange(0, population + 1, population // 200)[:, None]
    chances = hypergeom.pmf(x, population, kind, n)
    shortest = optimal_limits(x, n, population, "0.95")
    tailed = hypergeometric_limits(x, np.full(n + 1, n), np.full(n + 1, population), "0.95")
    covered = (chances * ((shortest[0] <= kind) & (kind <= shortest[1]))).sum(axis=1)
    widths = [(chances * (upper - lower)).sum(axis=1).mean() for lower, upper in (shortest, tailed)]
    assert covered.min() >= 0.95 - TIE_TOLERANCE
    assert 0.95 < widths[0] / widths[1] < 0.985


@pytest.mark.parametrize("n", [1, 2, 5, 10, 33, 150])
@pytest.mark.parametrize("level", ["0.9", "0.95"])
def test_blaker_covers_every_share_within_clopper_and_pearson(n: int, level: str) -> None:
    x = np.arange(n + 1)
    cases = np.full(n + 1, n)
    lower, upper = binomial.blaker(x, cases, level)
    outer = clopper_pearson(x, cases, level)
    assert (outer[0] <= lower + 1e-12).all() and (upper <= outer[1] + 1e-12).all()
    # coverage is lowest at, and just beside, the limits themselves
    ends = np.concatenate([lower, upper])
    shares = np.concatenate([ends - 1e-9, ends + 1e-9, np.linspace(0, 1, 2001)]).clip(0, 1)[:, None]
    covered = (binom.pmf(x, n, shares) * ((lower <= shares) & (shares <= upper))).sum(axis=1)
    assert covered.min() >= float(level) - 1e-7


@pytest.mark.parametrize("interval", INTERVALS, ids=NAMES)
def test_the_other_kind_mirrors_and_more_of_the_kind_never_lowers_a_limit(interval: binomial.BinomialInterval) -> None:
    for n in (1, 2, 7, 40, 51, 300):
        x = np.arange(n + 1)
        lower, upper = interval(x, np.full(n + 1, n), "0.95")
        np.testing.assert_allclose(lower, 1 - upper[::-1], atol=1e-12)
        assert (lower <= upper).all()
        if interval not in (binomial.wald, binomial.modified_wilson, binomial.pratt):
            assert (np.diff(lower) > 0).all() or interval in (binomial.arcsine, binomial.agresti_coull)


@pytest.mark.parametrize("interval", INTERVALS, ids=NAMES)
def test_numbers_give_what_arrays_give(interval: binomial.BinomialInterval) -> None:
    n = np.array([0, 1, 1, 3, 60, 60, 100])
    x = np.array([0, 0, 1, 2, 1, 59, 50])
    lower, upper = interval(x, n, "0.9")
    one = [interval(*pair, "0.9") for pair in zip(x.tolist(), n.tolist(), strict=True)]
    assert one == list(zip(lower.tolist(), upper.tolist(), strict=True))
    assert [type(limit) for limit in one[4]] == [float, float]
    assert one[0] == (0, 1), "no case gives no information"


@pytest.mark.parametrize(
    "interval",
    [binomial.wilson, binomial.jeffreys, binomial.mid_p, binomial.agresti_coull, binomial.wilson_corrected],
    ids=lambda interval: interval.__name__,
)
def test_intervals_that_hold_their_level_on_average(interval: binomial.BinomialInterval) -> None:
    n = 60
    x, shares = np.arange(n + 1), np.linspace(0.005, 0.995, 397)[:, None]
    lower, upper = interval(x, np.full(n + 1, n), "0.95")
    covered = (binom.pmf(x, n, shares) * ((lower <= shares) & (shares <= upper))).sum(axis=1)
    assert 0.945 < covered.mean() < 0.985


def test_wald_does_not() -> None:
    """25% at a true rate of half a percent and 60 cases: why it is never concluded from."""
    x = np.arange(61)
    lower, upper = binomial.wald(x, np.full(61, 60), "0.95")
    assert (binom.pmf(x, 60, 0.005) * ((lower <= 0.005) & (upper >= 0.005))).sum() < 0.27


@UNHURRIED
@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), LEVELS)
def test_intervals_hold_the_share_that_was_seen(sample: tuple[int, int], level: str) -> None:
    x, n = sample
    for interval in INTERVALS:
        lower, upper = interval(x, n, level)
        if interval is not binomial.arcsine:
            assert lower <= x / n + 1e-12 and x / n <= upper + 1e-12, interval
