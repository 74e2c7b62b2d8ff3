"""Exact limits on a count or share, and tail probabilities: each with the paper it comes from.

Counts may be whole numbers, which give numbers, or arrays of one shape, which give arrays. A rate or level may be
text, a number or a fraction, and is taken exactly as typed.
"""

from typing import overload

import numpy as np
from scipy.stats import beta, binom, hypergeom

from audit.methods.rate import TIE, Count, Counts, Rate, Shares, plain, share, typed, usage


def hypergeometric_upper(x: Count, n: Count, population: Count, level: Rate) -> Count:
    """Upper one-sided limit: the most cases of a kind the population can hold, given `x` in a sample of `n`.

    The largest K that the sample does not reject, P(X <= x | K) > 1 - level: the smallest valid one-sided limit
    (Wang 2015, Journal of the American Statistical Association 110:1491). A count of cases.
    """
    if not np.all((x >= 0) & (x <= n) & (n <= population)):
        raise usage("A count exceeds its sample, or a sample its population", "Check the counts and the population.")
    risk = float(1 - share(level)) * (1 + TIE)
    low, high = np.asarray(x), np.asarray(population - n + x)  # those seen; those seen and all unseen
    while np.any(low < high):
        middle = (low + high + 1) // 2
        likely = hypergeom.cdf(x, population, middle, n) > risk
        low, high = np.where(likely, middle, low), np.where(likely, high, middle - 1)
    limit: Count = plain(low)
    return limit


def hypergeometric_lower(x: Count, n: Count, population: Count, level: Rate) -> Count:
    """Lower one-sided limit, as a count of cases: all cases but the most that can be of the other kind."""
    return population - hypergeometric_upper(n - x, n, population, level)


def hypergeometric_limits(x: Count, n: Count, population: Count, level: Rate) -> tuple[Count, Count]:
    """Equal-tailed two-sided limits on the cases of a kind in the population: each side holds on its own.

    For `x` of a kind among `n` drawn without replacement, all samples being equally likely. Counts of cases; they
    cover every population with probability `level` or more (Buonaccorsi 1987, The American Statistician 41:215).
    """
    side = (1 + share(level)) / 2
    return hypergeometric_lower(x, n, population, side), hypergeometric_upper(x, n, population, side)


@overload
def clopper_pearson(x: int, n: int, level: Rate) -> tuple[float, float]: ...
@overload
def clopper_pearson(x: Counts, n: Counts, level: Rate) -> tuple[Shares, Shares]: ...
def clopper_pearson(x: int | Counts, n: int | Counts, level: Rate) -> tuple[float | Shares, float | Shares]:
    """Equal-tailed exact binomial limits on a share: for a population that is unknown, or far larger than the sample.

    Clopper & Pearson 1934, Biometrika 26:404. No case gives 0 and 1: no information.
    """
    x, n = np.broadcast_arrays(x, n)
    if not np.all((x >= 0) & (x <= n)):
        raise usage("A count exceeds its sample", "Check the counts.")
    risk = float((1 - share(level)) / 2)
    lower = np.where(x == 0, 0.0, beta.ppf(risk, np.maximum(x, 1), n - x + 1))
    upper = np.where(x == n, 1.0, beta.isf(risk, x + 1, np.maximum(n - x, 1)))
    return plain(lower), plain(upper)


@overload
def binomial_tails(x: int, n: int, p: Rate) -> tuple[float, float]: ...
@overload
def binomial_tails(x: Counts, n: Counts, p: Rate) -> tuple[Shares, Shares]: ...
def binomial_tails(x: int | Counts, n: int | Counts, p: Rate) -> tuple[float | Shares, float | Shares]:
    """How likely `x` or fewer, and `x` or more, of `n` are by chance where each has probability `p`: exact tails."""
    probability = float(typed(p))
    return plain(binom.cdf(x, n, probability)), plain(binom.sf(np.asarray(x) - 1, n, probability))
