"""When a review that stops at its conclusion will stop: exactly, for a stated true rate, before it begins."""

from math import ceil, floor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audit.errors import make_usage_error
from audit.statistics.parameters import Counts, Prior, Rate, Shares, parse_share, require_counts
from audit.statistics.sequential.confidence_sequence import is_excluded

MAXIMUM_POPULATION = 50_000  # cases of which the bounds are found: more take seconds


class StoppingBounds(NamedTuple):
    """After each number of cases from 0 on: the most deviations that meet the standard, the fewest that fail it.

    -1 and n + 1 where none can yet.
    """

    meets: Counts
    fails: Counts


class StoppingDistribution(NamedTuple):
    """How likely the review is to stop after each number of cases from 0 on, and with which conclusion."""

    meets: Shares
    fails: Shares

    @property
    def mean(self) -> float:
        """The cases reviewed on average; a review that never concludes reviews them all."""
        stops = self.meets + self.fails
        last = len(stops) - 1
        return float(stops @ np.arange(last + 1) + (1 - stops.sum()) * last)

    def quantile(self, chance: Rate) -> int:
        """The cases that suffice with so much chance."""
        done = np.cumsum(self.meets + self.fails) >= float(parse_share(chance))
        return int(np.argmax(done)) if done[-1] else len(done) - 1


def stopping_bounds(population: int, tolerable: Rate, level: Rate = "0.95", prior: Prior = (1, 1)) -> StoppingBounds:
    """When to stop: the counts at which `sequence_limits` first lie below the tolerable rate, or above it.

    Meets where all counts from ceil(tolerable N) on are ruled out; fails where all up to floor(tolerable N) are. Either
    conclusion is wrong with probability 1 - level or less, however long one looks. Waudby-Smith & Ramdas 2020, as
    `sequence_limits`, and AuditError as there, and for a population of more than `MAXIMUM_POPULATION`.

    Example:
        >>> bounds = stopping_bounds(1000, "0.05", "0.95", (1, 30))
        >>> int(np.argmax(bounds.meets >= 0)), int(bounds.meets[200])
        (81, 3)
    """
    require_counts(population)
    if population > MAXIMUM_POPULATION:
        raise make_usage_error(
            f"More than {MAXIMUM_POPULATION:,} cases take too long", "Plan for a part of them, or a fixed sample."
        )
    rate = parse_share(tolerable)
    reached, highest_tolerable = ceil(rate * population), floor(rate * population)
    n = np.arange(population + 1)

    def meets(x: Counts) -> NDArray[np.bool_]:
        beyond = x * (population + 1) // np.maximum(n, 1) < reached  # so every count from there on is less likely still
        return np.asarray(
            (x <= n) & beyond & is_excluded(np.full_like(n, reached), np.minimum(x, n), n, population, level, prior)
        )

    def fails(x: Counts) -> NDArray[np.bool_]:
        beyond = x * (population + 1) // np.maximum(n, 1) > highest_tolerable
        return np.asarray(
            (x > n)
            | (beyond & is_excluded(np.full_like(n, highest_tolerable), np.minimum(x, n), n, population, level, prior))
        )

    low, high = np.full(population + 1, -1), n
    while np.any(low < high):
        middle = (low + high + 1) // 2
        there = meets(np.maximum(middle, 0)) & (middle >= 0)
        low, high = np.where(there, middle, low), np.where(there, high, middle - 1)
    most = low
    low, high = np.zeros_like(n), n + 1
    while np.any(low < high):
        middle = (low + high) // 2
        there = fails(middle)
        low, high = np.where(there, low, middle + 1), np.where(there, middle, high)
    return StoppingBounds(most, low)


def stopping_distribution(population: int, bounds: StoppingBounds, deviations: int) -> StoppingDistribution:
    """The exact distribution of the number of cases reviewed, where `deviations` of the population deviate.

    Exact: the chance of every number of deviations found is carried from case to case, those that stop being taken out.
    Of the bounds of Waudby-Smith & Ramdas 2020. AuditError where there are more deviations than cases.

    Example:
        >>> bounds = stopping_bounds(1000, "0.05", "0.95", (1, 30))
        >>> round(stopping_distribution(1000, bounds, 0).mean)
        81
    """
    require_counts(population, deviations)
    if not 0 <= deviations <= population:
        raise make_usage_error("More deviations than cases", "Check the true count.")
    meets, fails = np.zeros(population + 1), np.zeros(population + 1)
    x = np.arange(deviations + 2)
    going = (x == 0).astype(float)
    for n in range(1, population + 1):
        left = population - n + 1
        one_more = going * np.clip(deviations - x, 0, left) / left  # one more deviation
        going = going - one_more
        going[1:] += one_more[:-1]
        low, high = bounds.meets[n] + 1, min(bounds.fails[n], deviations + 2)
        meets[n], fails[n] = going[:low].sum(), going[high:].sum()
        going[:low], going[high:] = 0, 0
        if not going.any():
            break
    return StoppingDistribution(meets, fails)
