"""The bounds that are called proven hold their confidence; one that is not does fail."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binom

from audit.statistics.monetary import bounds as moneybounds
from audit.statistics.monetary.betting_bounds import betting_bound, sequential_betting_bound
from audit.statistics.monetary.sizes import poisson_size
from audit.statistics.parameters import TIE_TOLERANCE


def coverage(bound: Callable[..., float], n: int, taint: float, level: str) -> float:
    """The lowest coverage over populations in which units are misstated by this taint or not at all: enumerated."""
    limits = np.array([bound([taint] * found, n, level) for found in range(n + 1)])
    rates = np.linspace(0.001, 0.999, 400)[:, None]
    return float((binom.pmf(np.arange(n + 1), n, rates) * (limits >= rates * taint - 1e-9)).sum(axis=1).min())


@pytest.mark.parametrize("taint", [1.0, 0.5, 0.07])
@pytest.mark.parametrize(("n", "level"), [(30, "0.9"), (60, "0.95")])
@pytest.mark.parametrize("bound", [moneybounds.counted_bound, betting_bound])
def test_a_proven_bound_covers_every_population_of_one_taint(
    bound: Callable[..., float], n: int, level: str, taint: float
) -> None:
    assert bound.__name__ in moneybounds.PROVEN_BOUNDS
    assert coverage(bound, n, taint, level) >= float(level) - TIE_TOLERANCE


def test_a_bound_by_the_normal_distribution_does_not_cover() -> None:
    assert moneybounds.mean_bound.__name__ not in moneybounds.PROVEN_BOUNDS
    assert coverage(moneybounds.mean_bound, 60, 0.5, "0.95") < 0.3


def test_the_betting_bound_covers_taints_of_all_sizes() -> None:
    random = np.random.default_rng(11)
    taints = np.where(random.random(500) < 0.1, random.beta(0.5, 1, 500), 0.0)
    sizes = random.lognormal(0, 1, 500)
    mean = float(taints @ sizes / sizes.sum())
    drawn = random.choice(taints, size=(400, 80), p=sizes / sizes.sum())
    missed = sum(betting_bound(sample[sample > 0], 80, "0.9") < mean for sample in drawn)
    assert missed <= 400 * 0.1


def test_the_sequential_bound_covers_without_replacement() -> None:
    """Drawn one after another by what remains: the order of exponential clocks that run by size."""
    random = np.random.default_rng(12)
    sizes = random.lognormal(0, 1, 150)
    taints = np.where(random.random(150) < 0.15, random.random(150), 0.0)
    mean = float(taints @ sizes / sizes.sum())
    missed = 0
    for clocks in random.exponential(size=(300, 150)) / sizes:
        drawn = np.argsort(clocks)[:50]
        missed += sequential_betting_bound(taints[drawn], sizes[drawn], float(sizes.sum()), "0.9") < mean - 1e-12
    assert missed <= 300 * 0.1


@pytest.mark.parametrize("expected", ["0", "0.013", "0.04"])
@pytest.mark.parametrize("confidence", ["0.5", "0.9", "0.99"])
def test_a_planned_sample_with_what_was_expected_in_it_shows_what_was_asked(expected: str, confidence: str) -> None:
    """The bound of sums of taints is at or below the tolerable rate at the size planned, above it one unit earlier."""
    n = poisson_size("0.05", expected, confidence)
    bounds = [moneybounds.poisson_bound([float(expected)] * size, size, confidence) for size in (n, n - 1) if size]
    assert bounds[0] <= 0.05 + 1e-9
    assert all(bound > 0.05 - 1e-9 for bound in bounds[1:])
