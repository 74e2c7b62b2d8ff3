"""Limits that hold at every look at once: review one case after another and stop whenever enough is known.

The prior belongs to the plan and is stated before the first case: beta(a, b), as if `a` deviations and `b` conforming
cases had been seen, so that beta(1, 30) expects few and beta(1, 1) nothing. Any prior gives limits that hold; a fitting
one makes them narrow. The price of peeking: after the same number of cases they are about 1.6 times as wide as limits
for a number of cases fixed before.
"""

from collections.abc import Sequence
from math import log

import numpy as np
from numpy.typing import NDArray
from scipy.stats import betabinom, hypergeom

from audit.errors import make_usage_error
from audit.statistics.parameters import Count, Counts, Prior, Rate, parse_share, require_counts, unwrap_scalar


def sequence_limits(
    x: Count, n: Count, population: int, level: Rate = "0.95", prior: Prior = (1, 1)
) -> tuple[Count, Count]:
    """A confidence sequence: limits on the deviations in the population after `x` among the first `n` cases in random
    order.

    The counts M that the mixture over the prior has not made `1 / (1 - level)` times less likely than itself: the
    prior-posterior ratio of a beta-binomial prior (Waudby-Smith & Ramdas 2020, Confidence sequences for sampling
    without replacement, NeurIPS 33, section 2). With probability `level` or more they hold M at every `n` at once.
    AuditError where a count exceeds its sample, or a sample its population, or a prior is not above 0.

    Example:
        >>> sequence_limits(0, 60, 1000, "0.95", prior=(1, 30))
        (0, 63)
    """
    require_counts(x, n, population)
    counts, sample_sizes = np.broadcast_arrays(x, n)
    if not np.all((counts >= 0) & (counts <= sample_sizes) & (sample_sizes <= population)):
        raise make_usage_error(
            "A count exceeds its sample, or a sample its population", "Check the counts and the population."
        )
    few, many = counts, population - sample_sizes + counts  # those seen, and with all unseen: nothing else can be
    likeliest = np.clip(counts * (population + 1) // np.maximum(sample_sizes, 1), few, many)
    # the likelihood rises to the likeliest count and falls after it, so halving finds where it passes the bar
    low, high = few, likeliest
    while np.any(low < high):
        middle = (low + high) // 2
        out = is_excluded(middle, counts, sample_sizes, population, level, prior)
        low, high = np.where(out, middle + 1, low), np.where(out, high, middle)
    lower = low
    low, high = likeliest, many
    while np.any(low < high):
        middle = (low + high + 1) // 2
        out = is_excluded(middle, counts, sample_sizes, population, level, prior)
        low, high = np.where(out, low, middle), np.where(out, middle - 1, high)
    return unwrap_scalar(lower), unwrap_scalar(low)


def running_limits(
    outcomes: Sequence[int], population: int, level: Rate = "0.95", prior: Prior = (1, 1)
) -> tuple[Counts, Counts]:
    """The limits after each case, intersected with those before: one pair a case drawn.

    `outcomes` are 1 for a deviation and 0 for none, in the order in which the cases were drawn. Waudby-Smith & Ramdas
    2020, as `sequence_limits`. AuditError where an outcome is neither 0 nor 1.

    Example:
        >>> running_limits([0, 0, 1, 0], 20, "0.95")
        (array([0, 0, 1, 1]), array([19, 16, 16, 16]))
    """
    require_counts(outcomes)
    deviations = np.asarray(outcomes, dtype=np.int64)
    if not np.all((deviations == 0) | (deviations == 1)):
        raise make_usage_error("An outcome is neither 0 nor 1", "Write 1 for a deviation and 0 for none.")
    lower, upper = sequence_limits(np.cumsum(deviations), np.arange(1, len(deviations) + 1), population, level, prior)
    return np.maximum.accumulate(lower), np.minimum.accumulate(upper)


def is_excluded(kind: Count, x: Count, n: Count, population: int, level: Rate, prior: Prior) -> NDArray[np.bool_]:
    """Whether `x` of `n` exclude, at every look at once, that `kind` cases of the population deviate.

    Waudby-Smith & Ramdas 2020, as `sequence_limits`. AuditError where a prior is not above 0.

    Example:
        >>> bool(is_excluded(100, 0, 60, 1000, "0.95", (1, 30)))
        True
    """
    require_counts(kind, x, n, population)
    if min(prior) <= 0:
        raise make_usage_error("A prior that is not above 0", "Write two numbers above 0: 1 and 1 say nothing.")
    bar = log(1 - parse_share(level)) + betabinom.logpmf(x, n, *prior)
    return np.asarray(hypergeom.logpmf(x, population, kind, n) <= bar)
