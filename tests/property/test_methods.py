"""Exact limits never cover below their level, and move as they should."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, hypergeom

from audit.statistics.intervals.exact import clopper_pearson, hypergeometric_limits, hypergeometric_upper
from audit.statistics.parameters import TIE_TOLERANCE
from audit.statistics.sizes.attribute import attribute_size
from audit.statistics.sizes.precision import precision_size

UNHURRIED = settings(deadline=None, max_examples=50)  # a busy machine is no failure
LEVELS = st.sampled_from(["0.8", "0.9", "0.95", "0.99"])


@st.composite
def samples(draw: st.DrawFn) -> tuple[int, int, int]:
    population = draw(st.integers(1, 5000))
    n = draw(st.integers(1, min(population, 300)))
    return draw(st.integers(0, n)), n, population


@pytest.mark.parametrize("level", ["0.9", "0.95"])
@pytest.mark.parametrize("population", [1, 2, 7, 20, 41, 60])
def test_hypergeometric_limits_cover_every_population_at_every_sample_size(population: int, level: str) -> None:
    """Every sample size, every number of cases of the kind, every result: enumerated, not simulated."""
    for n in range(1, population + 1):
        x = np.arange(n + 1)
        lower, upper = hypergeometric_limits(x, np.full(n + 1, n), np.full(n + 1, population), level)
        kind = np.arange(population + 1)[:, None]
        covered = (lower <= kind) & (kind <= upper)
        coverage = (hypergeom.pmf(x, population, kind, n) * covered).sum(axis=1)
        assert coverage.min() >= float(level) - TIE_TOLERANCE


@pytest.mark.parametrize(("population", "n"), [(200, 50), (766, 80), (1000, 100)])
def test_each_side_holds_on_its_own(population: int, n: int) -> None:
    """Settings in which a well-known package covers 3% to 30% of the time under the name of 95%."""
    x = np.arange(n + 1)
    lower, upper = hypergeometric_limits(x, np.full(n + 1, n), np.full(n + 1, population), "0.95")
    kind = np.arange(population + 1)[:, None]
    chances = hypergeom.pmf(x, population, kind, n)
    assert (chances * (kind < lower)).sum(axis=1).max() <= 0.025 + TIE_TOLERANCE
    assert (chances * (kind > upper)).sum(axis=1).max() <= 0.025 + TIE_TOLERANCE


@pytest.mark.parametrize("n", [1, 8, 32, 150])
def test_clopper_pearson_covers_every_share(n: int) -> None:
    x, share = np.arange(n + 1), np.linspace(0.0005, 0.9995, 1000)[:, None]
    lower, upper = clopper_pearson(x, np.full(n + 1, n), "0.95")
    coverage = (binom.pmf(x, n, share) * ((lower <= share) & (share <= upper))).sum(axis=1)
    assert coverage.min() >= 0.95 - TIE_TOLERANCE


@UNHURRIED
@given(samples(), LEVELS)
def test_limits_hold_what_was_seen_and_no_more_than_can_be(sample: tuple[int, int, int], level: str) -> None:
    x, n, population = sample
    lower, upper = hypergeometric_limits(x, n, population, level)
    assert x <= lower <= upper <= population - n + x
    assert lower * n <= x * population <= upper * n or n == population


@UNHURRIED
@given(samples(), LEVELS)
def test_the_kind_and_the_other_kind_mirror_each_other(sample: tuple[int, int, int], level: str) -> None:
    x, n, population = sample
    lower, upper = hypergeometric_limits(x, n, population, level)
    assert hypergeometric_limits(n - x, n, population, level) == (population - upper, population - lower)


@UNHURRIED
@given(samples(), LEVELS)
def test_one_more_case_of_the_kind_never_lowers_a_limit(sample: tuple[int, int, int], level: str) -> None:
    _, n, population = sample
    results = np.arange(n + 1)
    lower, upper = hypergeometric_limits(results, np.full(n + 1, n), np.full(n + 1, population), level)
    assert (np.diff(lower) >= 0).all()
    assert (np.diff(upper) >= 0).all()


@UNHURRIED
@given(samples())
def test_more_confidence_never_gives_narrower_limits(sample: tuple[int, int, int]) -> None:
    limits = [hypergeometric_upper(*sample, level) for level in ("0.8", "0.9", "0.95", "0.99")]
    assert limits == sorted(limits)


@UNHURRIED
@given(st.integers(1, 400_000), st.sampled_from(["0.01", "0.03", "0.05", "0.1"]), st.sampled_from(["0.5", "0.1"]))
def test_a_size_never_exceeds_its_population_nor_that_of_an_endless_one(population: int, margin: str, p: str) -> None:
    size = precision_size(population, margin, "0.95", p)
    assert 1 <= size <= population
    assert size <= precision_size(None, margin, "0.95", p)


@UNHURRIED
@given(st.integers(50, 3000), st.integers(5, 20), st.integers(0, 3))
def test_a_planned_sample_that_finds_what_it_allows_shows_the_rate(
    population: int, tolerable: int, expected: int
) -> None:
    """Planning and evaluation are one test: the upper limit of a sample that went as planned is below the tolerable."""
    n = attribute_size(population, f"{tolerable}/100", f"{expected}/100", "0.95")
    allowed = -(-expected * n // 100)
    assert hypergeometric_upper(allowed, n, population, "0.95") < -(-tolerable * population // 100)
