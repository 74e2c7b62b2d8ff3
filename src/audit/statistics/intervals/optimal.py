"""The shortest two-sided limits on a count in a population that hold their level: shorter than equal-tailed ones.

For each number M of cases of the kind that the population may hold, the shortest range of results that holds the
level, the likeliest among the shortest; the limits are the M whose range holds what was seen (Bartroff, Lorden & Wang
2022, Optimal and fast confidence intervals for hypergeometric successes, The American Statistician). Only the two
sides together hold the level: a one-sided question is for `hypergeometric_upper` or `hypergeometric_lower`.
"""

from fractions import Fraction
from functools import lru_cache

import numpy as np

from audit.errors import make_usage_error
from audit.statistics.parameters import (
    TIE_TOLERANCE,
    Count,
    Counts,
    Rate,
    Shares,
    parse_share,
    require_counts,
    unwrap_scalar,
)

MAXIMUM_PROBABILITIES = 2**22  # probabilities in memory at once
MAXIMUM_WORK = 2**22  # probabilities in all: about a second


def optimal_limits(x: Count, n: int, population: int, level: Rate = "0.95") -> tuple[Count, Count]:
    """The shortest exact two-sided limits on the cases with an attribute in the population, given `x` in a sample of
    `n`.

    Counts of cases; they cover every population with probability `level` or more, rise with `x`, and mirror those of
    the other kind (Bartroff, Lorden & Wang 2022). `x` is a number or an array. The time grows with the population and
    the sample: a second for 100,000 cases and a sample of 60, and then none for the same draw. AuditError where a count
    is not whole, or exceeds its sample, or a sample its population, and where it would take more than about a second.

    Example:
        >>> optimal_limits(2, 60, 1000, "0.95")
        (7, 113)
    """
    require_counts(x, n, population)
    if not np.all((np.asarray(x) >= 0) & (np.asarray(x) <= n)) or n > population:
        raise make_usage_error(
            "A count exceeds its sample, or a sample its population", "Check the counts and the population."
        )
    exact_level = parse_share(level)
    if n == population:
        return x, x  # every case was seen
    least, most = _acceptance_ranges(n, population, exact_level)
    lower, upper = np.searchsorted(most, x), np.searchsorted(least, x, side="right") - 1
    return unwrap_scalar(lower), unwrap_scalar(upper)


@lru_cache(maxsize=64)
def _acceptance_ranges(n: int, population: int, level: Fraction) -> tuple[Counts, Counts]:
    """The least and the greatest result in the range of each M, none falling as M rises."""
    half = population // 2
    width = min(n, int(20 * np.sqrt(n * (1 - n / population) / 4 + 1)) + 20)  # ten standard deviations to either side
    if (half + 1) * (width + 1) > MAXIMUM_WORK:
        raise make_usage_error("The population is too large to try every count", "Take `hypergeometric_limits`.")
    least, most = np.empty(half + 1, dtype=np.int64), np.empty(half + 1, dtype=np.int64)
    step = max(MAXIMUM_PROBABILITIES // (width + 1), 1)
    for first in range(0, half + 1, step):
        kind = np.arange(first, min(first + step, half + 1))
        least[kind], most[kind] = _shortest_ranges(kind, n, population, level, width)
    # Ranges that fall where M rises are moved up, then those that rise too soon down: both hold the level still, as the
    # paper shows.
    up = np.maximum.accumulate(least) - least
    least, most = least + up, most + up
    down = most - np.minimum.accumulate(most[::-1])[::-1]
    least, most = least - down, most - down
    if population % 2 == 0:  # half of the population: its range must mirror itself, so is widened, not narrowed
        least[half] = min(least[half], n - most[half])
        most[half] = n - least[half]
    rest = slice(population - half - 1, None, -1)
    least, most = np.append(least, (n - most)[rest]), np.append(most, (n - least[: half + 1])[rest])
    # Wherever a range still falls it is widened, which never costs coverage.
    return np.minimum.accumulate(least[::-1])[::-1], np.maximum.accumulate(most)


def _shortest_ranges(kind: Counts, n: int, population: int, level: Fraction, width: int) -> tuple[Counts, Counts]:
    """The shortest likeliest range of each M: results taken from the likeliest on until they hold the level."""
    fewest = np.maximum(n - (population - kind), 0)
    x = np.maximum(fewest, n * kind // population - width // 2)[:, None] + np.arange(width + 1)
    likely = _result_probabilities(x, kind[:, None], n, population)
    order = np.argsort(-likely, axis=1, kind="stable")
    coverage = np.cumsum(np.take_along_axis(likely, order, axis=1), axis=1)
    enough = 1 - coverage <= float(1 - level) * (1 + TIE_TOLERANCE)
    taken = np.argmax(enough, axis=1)[:, None]
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.broadcast_to(np.arange(width + 1), order.shape), axis=1)
    inside = ranks <= taken
    first, last = np.argmax(inside, axis=1), width - np.argmax(inside[:, ::-1], axis=1)
    rows = np.arange(len(kind))
    return x[rows, first], x[rows, last]


def _result_probabilities(x: Counts, kind: Counts, n: int, population: int) -> Shares:
    """P(X = x) along each row of successive results, by their ratios, so that no factorial loses a digit."""
    before = x[:, :-1].astype(float)
    up = np.maximum(kind - before, 0) * np.maximum(n - before, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.log(up) - np.log((before + 1) * (population - kind - n + before + 1))
    logs = np.concatenate([np.zeros((len(x), 1)), np.cumsum(steps, axis=1)], axis=1)
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
