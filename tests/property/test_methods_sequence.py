"""Limits at every look hold at all looks at once, and the time a review stops is exact: enumerated, not simulated."""

from fractions import Fraction
from itertools import combinations
from math import ceil, floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import betabinom, hypergeom

from audit.statistics.parameters import TIE_TOLERANCE, Counts, Prior
from audit.statistics.sequential.confidence_sequence import running_limits, sequence_limits
from audit.statistics.sequential.martingales import alpha_martingale, anytime_p_values, fixed_guesses, shrinking_guesses
from audit.statistics.sequential.stopping import StoppingBounds, stopping_bounds, stopping_distribution

PRIORS: list[Prior] = [(1, 1), (1, 30), (0.5, 0.5), (3, 2)]


def all_limits(population: int, level: str, prior: Prior) -> tuple[Counts, Counts]:
    """Limits after every number of cases and deviations: rows are cases, columns deviations."""
    n = np.arange(population + 1)[:, None]
    x = np.minimum(np.arange(population + 1), n)
    return sequence_limits(x, np.broadcast_to(n, x.shape), population, level, prior)


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("level", ["0.8", "0.95"])
@pytest.mark.parametrize("population", [1, 2, 7, 20, 41])
def test_limits_hold_at_all_looks_at_once(population: int, level: str, prior: Prior) -> None:
    """For every number of deviations: the chance that they ever lie outside, carried from case to case."""
    lower, upper = all_limits(population, level, prior)
    for deviations in range(population + 1):
        going, lost = np.zeros(population + 2), 0.0
        going[0] = 1
        x = np.arange(population + 2)
        for n in range(1, population + 1):
            found = going * np.clip(deviations - x, 0, None) / (population - n + 1)
            going = going - found
            going[1:] += found[:-1]
            out = (deviations < lower[n]) | (deviations > upper[n])
            lost += going[:-1][out].sum()
            going[:-1][out] = 0
        assert lost <= 1 - float(level) + TIE_TOLERANCE


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("population", [1, 9, 30])
def test_halving_finds_what_going_through_every_count_finds(population: int, prior: Prior) -> None:
    lower, upper = all_limits(population, "0.9", prior)
    for n in range(population + 1):
        for x in range(n + 1):
            kind = np.arange(x, population - n + x + 1)
            kept = kind[hypergeom.pmf(x, population, kind, n) > 0.1 * betabinom.pmf(x, n, *prior) * (1 + TIE_TOLERANCE)]
            assert (lower[n, x], upper[n, x]) == (kept.min(), kept.max())


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("tolerable", ["0.1", "0.25", "0.5"])
@pytest.mark.parametrize("population", [1, 8, 20, 40])
def test_a_review_stops_where_its_limits_first_lie_to_one_side(population: int, tolerable: str, prior: Prior) -> None:
    lower, upper = all_limits(population, "0.9", prior)
    rate = Fraction(tolerable) * population
    bounds = stopping_bounds(population, tolerable, "0.9", prior)
    for n in range(population + 1):
        meets = [x for x in range(n + 1) if upper[n, x] < ceil(rate)]
        fails = [x for x in range(n + 1) if lower[n, x] > floor(rate)]
        assert meets == list(range(bounds.meets[n] + 1))
        assert fails == list(range(bounds.fails[n], n + 1))


@pytest.mark.parametrize("deviations", range(9))
def test_the_time_to_stop_is_that_of_every_order_in_which_cases_can_come(deviations: int) -> None:
    """All orders of 8 cases, each followed through its running limits."""
    prior: Prior = (1, 2)
    found = stopping_distribution(8, stopping_bounds(8, "0.4", "0.6", prior), deviations)
    orders = list(combinations(range(8), deviations))
    meets, fails = np.zeros(9), np.zeros(9)
    for places in orders:
        lower, upper = running_limits([int(case in places) for case in range(8)], 8, "0.6", prior)
        done = np.flatnonzero((upper < 4) | (lower > 3))
        if len(done):
            (meets if upper[done[0]] < 4 else fails)[done[0] + 1] += 1
    np.testing.assert_allclose(found.meets, meets / len(orders), atol=1e-12)
    np.testing.assert_allclose(found.fails, fails / len(orders), atol=1e-12)


@pytest.mark.parametrize("prior", [(1, 30), (1, 1)])
def test_neither_conclusion_is_wrong_more_often_than_the_level_says(prior: Prior) -> None:
    bounds = stopping_bounds(300, "0.05", "0.9", prior)
    assert max(stopping_distribution(300, bounds, kind).meets.sum() for kind in range(15, 120)) <= 0.1
    assert max(stopping_distribution(300, bounds, kind).fails.sum() for kind in range(16)) <= 0.1


@pytest.fixture(scope="module")
def planned() -> StoppingBounds:
    return stopping_bounds(1000, "0.05", "0.90", (1, 30))


@pytest.mark.parametrize(
    ("deviations", "mean", "median"), [(0, 66, 66), (5, 82.5, 66), (10, 105.3, 66), (200, 42.7, 38), (300, 23.2, 22)]
)
def test_what_a_sequential_review_costs(planned: StoppingBounds, deviations: int, mean: float, median: int) -> None:
    """1,000 cases, 5% tolerable, 90%, few expected: 57 cases fixed before do for a clean office, and for no other."""
    found = stopping_distribution(1000, planned, deviations)
    assert found.mean == pytest.approx(mean, abs=0.05)
    assert found.quantile("0.5") == median
    assert (found.meets if deviations < 50 else found.fails).sum() > 0.999


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 1), min_size=1, max_size=60), st.integers(0, 200), st.sampled_from(PRIORS))
def test_running_limits_never_widen(outcomes: list[int], more: int, prior: Prior) -> None:
    lower, upper = running_limits(outcomes, len(outcomes) + more, "0.95", prior)
    assert (np.diff(lower) >= 0).all() and (np.diff(upper) <= 0).all()


@pytest.mark.parametrize("guess", ["fixed", "shrinking"])
@pytest.mark.parametrize("ones", range(7))
def test_a_bet_against_a_true_claim_stays_fair(guess: str, ones: int) -> None:
    """All orders of 10 values, at most 6 being 1, against the claim of 0.6 or less: p <= 0.1 in a tenth at most."""
    orders = list(combinations(range(10), ones))
    small = 0
    for places in orders:
        values = [float(case in places) for case in range(10)]
        if guess == "fixed":
            guesses = fixed_guesses(values, 10, 0.9)
        else:
            guesses = shrinking_guesses(values, 10, 0.6, 0.9, weight=5, above=0.1)
        small += bool(anytime_p_values(alpha_martingale(values, 10, 0.6, guesses))[-1] <= 0.1)
    assert small <= 0.1 * len(orders)
