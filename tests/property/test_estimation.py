"""Limits that leave undeterminable cases out, in small populations that are enumerated: coverage, and verdicts."""

from fractions import Fraction
from functools import cache
from itertools import product
from math import comb

import numpy as np
import pytest
from scipy.stats import hypergeom

from audit.estimation.conclusions import compare_with_standard
from audit.estimation.rates import estimate_rate
from audit.statistics.intervals.assessable import (
    MAXIMUM_POPULATIONS,
    assessable_limits,
    assessable_tail,
    melded_assessable_limits,
)
from audit.statistics.intervals.exact import hypergeometric_limits

STANDARDS = [Fraction(number, 400) for number in range(1, 151)]  # tolerable rates of 0.25% to 37.5%


@pytest.mark.parametrize("assessed", [21, 27, 34, 46])
def test_no_verdict_differs_from_the_exact_comparison(assessed: int) -> None:
    """Over 100,000 designs: the standard is met where every population that just fails it is rejected, and so on.

    The exact comparison looks at tails of scipy, not at limits: of each number of cases that could be assessed in the
    population, at the most conforming cases that do not meet the standard, and at the fewest that do not fail it.
    """
    sizes, risk = np.arange(assessed, 91), 0.025 * (1 + 1e-9)
    tolerable = [str(float(standard)) for standard in STANDARDS]
    most = np.array([[(1 - standard) * int(size) // 1 for size in sizes] for standard in STANDARDS], dtype=int)
    fewest = np.array([[-(-(1 - standard) * int(size) // 1) for size in sizes] for standard in STANDARDS], dtype=int)
    designs = 0
    for deviating in (0, 1, 2, 5):
        x = assessed - deviating
        meets = hypergeom.sf(x - 1, sizes, most, assessed) <= risk
        fails = hypergeom.cdf(x, sizes, fewest, assessed) <= risk
        for undeterminable, population in product(range(5), range(62, 91, 3)):
            found = estimate_rate(
                conforming=x, deviating=deviating, undeterminable=undeterminable, population=population
            )
            last = population - undeterminable - assessed
            those = slice(0 if undeterminable else last, last + 1)
            all_meet, all_fail = meets[:, those].all(axis=1), fails[:, those].all(axis=1)
            for rate, meet, fail in zip(tolerable, all_meet, all_fail, strict=True):
                expected = "meets" if meet else "fails" if fail else "not shown"
                assert compare_with_standard(found, tolerable=rate)[0] == expected
                designs += 1
    assert designs == 30_000


@cache
def share_limits(conforming: int, undeterminable: int, n: int, population: int, level: str) -> tuple[float, float]:
    if undeterminable == n:
        return 0.0, 1.0
    lower, upper = assessable_limits(conforming, undeterminable, n, population, level)
    return float(lower.share), float(upper.share)


def count_coverage(
    conforming: int, deviating: int, undeterminable: int, n: int, level: str
) -> tuple[float, float, float]:
    """How often both limits, the lower, and the upper hold the rate of a population of so many cases of each kind."""
    assessable, population = conforming + deviating, conforming + deviating + undeterminable
    rate, held = conforming / assessable, [0, 0, 0]
    for lost in range(max(0, n - assessable), min(n, undeterminable) + 1):
        for x in range(max(0, n - lost - deviating), min(n - lost, conforming) + 1):
            ways = comb(undeterminable, lost) * comb(conforming, x) * comb(deviating, n - lost - x)
            lower, upper = share_limits(x, lost, n, population, level)
            below, above = lower <= rate + 1e-12, upper >= rate - 1e-12
            held = [total + ways * holds for total, holds in zip(held, (below and above, below, above), strict=True)]
    both, below, above = (float(Fraction(ways, comb(population, n))) for ways in held)
    return both, below, above


@pytest.mark.parametrize("level", ["0.5", "0.8", "0.95"])
@pytest.mark.parametrize("population", [7, 12])
def test_limits_cover_every_rate_of_every_small_population(population: int, level: str) -> None:
    side = (1 + float(level)) / 2
    for n, undeterminable in product(range(1, population + 1), range(population)):
        for conforming in range(population - undeterminable + 1):
            deviating = population - undeterminable - conforming
            if conforming + deviating:
                both, below, above = count_coverage(conforming, deviating, undeterminable, n, level)
                assert both >= float(level) - 1e-9
                assert min(below, above) >= side - 1e-9


@pytest.mark.parametrize(
    ("n", "undeterminable", "conforming", "deviating"),
    [
        (16, 9, 1, 8),
        (30, 4, 10, 26),
        (30, 8, 2, 30),
        (36, 12, 1, 27),
        (54, 18, 1, 41),
        (60, 2, 18, 80),
        (80, 10, 8, 82),
    ],
)
def test_limits_cover_where_much_of_a_small_office_is_drawn(
    n: int, undeterminable: int, conforming: int, deviating: int
) -> None:
    """Where the largest assessable population alone covers 91.5% to 94.98% under the name of 95%."""
    both, below, above = count_coverage(conforming, deviating, undeterminable, n, "0.95")
    assert both >= 0.95 - 1e-9
    assert min(below, above) >= 0.975 - 1e-9


def test_limits_are_the_widest_of_every_population() -> None:
    lower, upper = assessable_limits(0, 17, 54, 60, "0.95")
    assert (lower.share, upper.share) == (0, Fraction(1, 38)), "with 38 assessable cases one may conform, with 37 none"
    lower, upper = assessable_limits(40, 5, 50, 400, "0.9")
    each = [(hypergeometric_limits(40, 45, cases, "0.9"), cases) for cases in range(45, 396)]
    assert lower.share == min(Fraction(low, cases) for (low, _), cases in each)
    assert upper.share == max(Fraction(high, cases) for (_, high), cases in each)


@pytest.mark.parametrize("population", [3 * MAXIMUM_POPULATIONS, 50 * MAXIMUM_POPULATIONS, 10**12])
def test_of_many_populations_ranges_are_tried_and_cost_little(population: int) -> None:
    """Any population within lies inside, and the limits of an endless one are near."""
    lower, upper = assessable_limits(50, 4, 64, population, "0.95")
    sizes = np.unique(np.geomspace(60, population - 4, 2000).astype(np.int64))
    low, high = hypergeometric_limits(np.full_like(sizes, 50), np.full_like(sizes, 60), sizes, "0.95")
    assert float(lower.share) <= (low / sizes).min() <= float(lower.share) + 3e-4 + 1 / 60_000
    assert float(upper.share) >= (high / sizes).max() >= float(upper.share) - 3e-4 - 1 / 60_000


def test_the_p_value_is_that_of_the_population_that_excuses_most() -> None:
    expected = max(hypergeom.sf(7, cases, cases // 20, 55) for cases in range(55, 996))
    assert assessable_tail(8, 5, 60, 1000, "0.05") == pytest.approx(expected, rel=1e-9)
    assert assessable_tail(8, 0, 60, 1000, "0.05") == pytest.approx(hypergeom.sf(7, 1000, 50, 60), rel=1e-9)


STRATA = [((5, 4), (9, 6)), ((3, 6), (8, 8)), ((2, 2, 3), (4, 5, 4))]


@pytest.mark.parametrize(("n", "sizes"), STRATA)
def test_limits_of_strata_cover_the_rate_of_what_can_be_assessed(n: tuple[int, ...], sizes: tuple[int, ...]) -> None:
    """Drawn populations of three kinds of cases, every sample of each: both limits, and each alone."""
    random, level = np.random.default_rng(16), "0.9"

    @cache
    def limits(passing: tuple[int, ...], lost: tuple[int, ...]) -> tuple[float, float]:
        lower, upper = melded_assessable_limits(passing, lost, n, sizes, level)
        return float(lower.share), float(upper.share)

    for _ in range(25):
        kinds = [random.multinomial(size, random.dirichlet([1.5, 0.5, 0.5])).tolist() for size in sizes]
        conforming, deviating = sum(kind[0] for kind in kinds), sum(kind[1] for kind in kinds)
        if not conforming + deviating:
            continue
        rate, held = conforming / (conforming + deviating), np.zeros(3)
        results = [
            [
                (x, take - x - y, comb(c, x) * comb(d, y) * comb(u, take - x - y) / comb(size, take))
                for x in range(take + 1)
                for y in range(take - x + 1)
                if x <= c and y <= d and take - x - y <= u
            ]
            for (c, d, u), take, size in zip(kinds, n, sizes, strict=True)
        ]
        for result in product(*results):
            passing, lost, chances = zip(*result, strict=True)
            lower, upper = limits(passing, lost)
            below, above = lower <= rate + 1e-12, upper >= rate - 1e-12
            held += np.prod(chances) * np.array([below and above, below, above])
        assert held[0] >= 0.9 - 1e-9
        assert held[1:].min() >= 0.95 - 1e-9
