"""Limits over strata hold their level: exactly in small populations, by simulation in large ones."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from audit.statistics.intervals.exact import hypergeometric_limits
from audit.statistics.intervals.stratified import (
    melded_limits,
    stratified_korn_graubard,
    stratified_proportion,
    wald_t,
    wendell_schmee_limits,
)
from audit.statistics.parameters import TIE_TOLERANCE, Shares

Counts = list[int]
Limits = Callable[[Counts, Counts, Counts, str], tuple[float, float]]

SMALL: list[tuple[Counts, Counts]] = [
    ([8, 6], [30, 20]),
    ([5, 15], [60, 20]),
    ([10, 10], [80, 10]),  # a stratum counted whole
    ([3, 3], [40, 40]),
    ([2, 9], [20, 30]),
    ([4, 4, 4], [12, 9, 6]),
]


def misses(limits: Limits, n: Counts, sizes: Counts, level: str) -> tuple[float, float]:
    """The greatest chance of a lower limit above the truth, and of an upper one below it: over all truths, exactly."""
    results = np.array(list(product(*(range(drawn + 1) for drawn in n))))
    found = np.array([limits(row, n, sizes, level) for row in results.tolist()])
    truth = np.zeros(1)
    chances: Shares = np.ones((1, 1))
    for drawn, size in zip(n, sizes, strict=True):
        kind = np.arange(size + 1)
        chances = np.asarray(np.kron(chances, hypergeom.pmf(np.arange(drawn + 1), size, kind[:, None], drawn)))
        truth = np.add.outer(truth, kind).ravel()
    above = (chances * (found[:, 0] > truth[:, None] + 1e-9)).sum(axis=1).max()
    below = (chances * (found[:, 1] < truth[:, None] - 1e-9)).sum(axis=1).max()
    return float(above), float(below)


@pytest.mark.parametrize("limits", [melded_limits, wendell_schmee_limits], ids=lambda limits: limits.__name__)
@pytest.mark.parametrize(("n", "sizes"), SMALL)
@pytest.mark.parametrize("level", ["0.8", "0.95"])
def test_each_side_holds_wherever_the_deviations_lie(limits: Limits, n: Counts, sizes: Counts, level: str) -> None:
    assert max(misses(limits, n, sizes, level)) <= (1 - float(level)) / 2 + TIE_TOLERANCE


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 1500).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size))), st.floats(0, 1))
def test_one_stratum_gives_the_exact_limits(drawn: tuple[int, int], part: float) -> None:
    population, n = drawn
    x = round(part * n)
    exact = hypergeometric_limits(x, n, population, "0.95")
    assert melded_limits([x], [n], [population], "0.95") == exact
    if n and population <= 150:
        assert wendell_schmee_limits([x], [n], [population], "0.95") == exact


# strata sizes, cases drawn, deviations: offices unlike in size and rate, rare deviations, proportional draws
LARGE: list[tuple[Counts, Counts, Counts]] = [
    ([1000] * 4, [25] * 4, [50] * 4),
    ([500, 200, 80, 40], [30] * 4, [25, 10, 4, 2]),
    ([800, 400, 200, 100], [20] * 4, [8, 8, 4, 1]),
    ([1000, 100, 50], [30] * 3, [20, 30, 25]),
    ([1000, 100, 50], [30] * 3, [10, 20, 5]),
    ([300, 250, 200, 150, 100], [30, 25, 20, 15, 10], [6, 10, 16, 15, 20]),
]


def coverage(limits: Limits, sizes: Counts, n: Counts, deviations: Counts) -> float:
    rng = np.random.default_rng(20111004)
    x = rng.hypergeometric(deviations, np.subtract(sizes, deviations), n, size=(1500, len(n)))
    results, times = np.unique(x, axis=0, return_counts=True)
    found = np.array([limits(row, n, sizes, "0.95") for row in results.tolist()])
    held = (found[:, 0] <= sum(deviations)) & (sum(deviations) <= found[:, 1])
    return float(times @ held / times.sum())


@pytest.mark.parametrize(("sizes", "n", "deviations"), LARGE)
def test_melded_limits_hold_in_simulation(sizes: Counts, n: Counts, deviations: Counts) -> None:
    assert coverage(melded_limits, sizes, n, deviations) >= 0.95


@pytest.mark.parametrize(("sizes", "n", "deviations"), LARGE)
def test_capped_korn_graubard_limits_hold_in_simulation(sizes: Counts, n: Counts, deviations: Counts) -> None:
    def counts(x: Counts, n: Counts, sizes: Counts, level: str) -> tuple[float, float]:
        lower, upper = stratified_korn_graubard(x, n, sizes, level)
        return lower * sum(sizes), upper * sum(sizes)

    assert coverage(counts, sizes, n, deviations) >= 0.95


def test_wald_does_not() -> None:
    """63% under the name of 95% where a large office deviates rarely and a small one half the time."""

    def counts(x: Counts, n: Counts, sizes: Counts, level: str) -> tuple[float, float]:
        lower, upper = wald_t(stratified_proportion(x, n, sizes), level)
        return lower * sum(sizes), upper * sum(sizes)

    assert coverage(counts, *LARGE[3]) < 0.7


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(2, 300), st.integers(0, 40), st.floats(0, 1)), min_size=2, max_size=5))
def test_one_more_deviation_never_lowers_a_limit_and_conforming_mirrors(
    strata: list[tuple[int, int, float]],
) -> None:
    sizes = [size for size, _, _ in strata]
    n = [min(size, drawn) for size, drawn, _ in strata]
    x = [round(part * drawn) for (_, _, part), drawn in zip(strata, n, strict=True)]
    lower, upper = melded_limits(x, n, sizes, "0.95")
    assert sum(x) <= lower <= upper <= sum(sizes) - sum(n) + sum(x)
    others = [drawn - seen for drawn, seen in zip(n, x, strict=True)]
    assert melded_limits(others, n, sizes, "0.95") == (sum(sizes) - upper, sum(sizes) - lower)
    if x[0] < n[0]:
        more = melded_limits([x[0] + 1, *x[1:]], n, sizes, "0.95")
        assert more[0] >= lower and more[1] >= upper
