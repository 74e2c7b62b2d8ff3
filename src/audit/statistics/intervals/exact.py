"""Exact limits on a count or share, and tail probabilities: each with the paper it comes from.

Counts may be whole numbers, which give numbers, or arrays of one shape, which give arrays. A rate or level may be
text, a number or a fraction, and is taken exactly as typed. A level is two-sided; a confidence belongs to one side.
"""

from typing import overload

import numpy as np
from scipy.special import betaincinv
from scipy.stats import beta, binom, gamma

from audit.errors import make_usage_error
from audit.statistics.hypergeometric import sum_lower_tail
from audit.statistics.parameters import (
    TIE_TOLERANCE,
    Count,
    Counts,
    Rate,
    Shares,
    parse_rate,
    parse_share,
    require_counts,
    unwrap_scalar,
)


def hypergeometric_upper(x: Count, n: Count, population: Count, level: Rate = "0.95") -> Count:
    """Exact upper one-sided limit on the cases with an attribute in the population, given `x` in a sample of `n`.

    The largest K that the sample does not reject, P(X <= x | K) > 1 - level: the smallest valid one-sided limit (Wang
    2015, Journal of the American Statistical Association 110:1491). A count of cases. AuditError where a count is not
    whole, or exceeds its sample, or a sample its population.

    Example:
        >>> hypergeometric_upper(2, 60, 1000, "0.95")
        99
    """
    require_counts(x, n, population)
    if not np.all((x >= 0) & (x <= n) & (n <= population)):
        raise make_usage_error(
            "A count exceeds its sample, or a sample its population", "Check the counts and the population."
        )
    risk = float(1 - parse_share(level)) * (1 + TIE_TOLERANCE)
    counts, sample_sizes, cases = (count.astype(float) for count in np.broadcast_arrays(x, n, population))
    last = cases - sample_sizes + counts  # those seen and all unseen
    kind = np.clip(_guess_limit(counts, sample_sizes, cases, risk), counts, last)
    while True:
        # P(X <= x | K) falls ever faster on a log scale: the line through K and K + 1 steps past the limit, if at
        # all, once, and comes back to it from above; so each step may go as far as the line does.
        below, drop = sum_lower_tail(counts, sample_sizes, cases, kind)
        rest = np.maximum(below - drop, 0)
        up = (rest > risk) & (kind < last)
        down = (below <= risk) & (kind > counts)
        if not np.any(up | down):
            limit: Count = unwrap_scalar(kind.astype(np.int64))
            return limit
        with np.errstate(divide="ignore", invalid="ignore"):
            steps = np.log(below / risk) / np.log(below / rest)
        steps = np.where(up, np.maximum(1, np.floor(steps)), np.where(down, np.minimum(-1, np.ceil(steps)), 0))
        kind = np.clip(kind + steps, counts, last)


def _guess_limit(x: Shares, n: Shares, population: Shares, risk: float) -> Shares:
    """About the count K at which P(X <= x | K) is the risk.

    P(X <= x | K) = P(J >= K) for J = x + a beta-binomial count of the unseen: the kind met before the sample's next
    case of the kind. The beta quantile, spread to the variance of that count.
    """
    unseen, a, b = population - n, x + 1, np.maximum(n - x, 0.5)
    mean = a / (a + b)
    spread = np.sqrt((population + 1) / np.maximum(unseen, 1))
    return np.asarray(np.floor(x + unseen * (mean + (betaincinv(a, b, 1 - risk) - mean) * spread)))


def hypergeometric_lower(x: Count, n: Count, population: Count, level: Rate = "0.95") -> Count:
    """Exact lower one-sided limit on the cases with an attribute in the population, given `x` in a sample of `n`.

    Wang 2015, as `hypergeometric_upper`. AuditError where a count is not whole, or exceeds its sample, or a sample its
    population.

    Example:
        >>> hypergeometric_lower(2, 60, 1000, "0.95")
        7
    """
    require_counts(x, n, population)
    return population - hypergeometric_upper(n - x, n, population, level)


def hypergeometric_limits(x: Count, n: Count, population: Count, level: Rate = "0.95") -> tuple[Count, Count]:
    """Exact two-sided limits on the cases with an attribute in the population: equal tails, each side valid by itself.

    For `x` of a kind among `n` drawn without replacement, all samples being equally likely. Counts of cases; they cover
    every population with probability `level` or more (Buonaccorsi 1987, The American Statistician 41:215). AuditError
    where a count is not whole, or exceeds its sample, or a sample its population.

    Example:
        >>> hypergeometric_limits(2, 60, 1000, "0.95")
        (5, 112)
        >>> hypergeometric_limits(np.array([0, 2]), np.array([60, 60]), np.array([1000, 1000]), "0.95")
        (array([0, 5]), array([ 57, 112]))
    """
    side = (1 + parse_share(level)) / 2
    return hypergeometric_lower(x, n, population, side), hypergeometric_upper(x, n, population, side)


@overload
def binomial_upper(x: int, n: int, confidence: Rate = "0.95") -> float: ...
@overload
def binomial_upper(x: Counts, n: Counts, confidence: Rate = "0.95") -> Shares: ...
def binomial_upper(x: int | Counts, n: int | Counts, confidence: Rate = "0.95") -> float | Shares:
    """Upper one-sided exact limit on a share, given `x` of `n`: the achieved upper deviation rate of AICPA's tables.

    Clopper & Pearson 1934, Biometrika 26:404; AICPA 2017, Audit Sampling, tables A-3 and A-4. No case gives 1.
    AuditError where a count is not whole or exceeds its sample.

    Example:
        >>> round(binomial_upper(1, 60, "0.90"), 4)
        0.0633
    """
    require_counts(x, n)
    x, n = np.broadcast_arrays(x, n)
    if not np.all((x >= 0) & (x <= n)):
        raise make_usage_error("A count exceeds its sample", "Check the counts.")
    limit: float | Shares = unwrap_scalar(
        np.where(x == n, 1.0, beta.isf(float(1 - parse_share(confidence)), x + 1, np.maximum(n - x, 1)))
    )
    return limit


@overload
def clopper_pearson(x: int, n: int, level: Rate = "0.95") -> tuple[float, float]: ...
@overload
def clopper_pearson(x: Counts, n: Counts, level: Rate = "0.95") -> tuple[Shares, Shares]: ...
def clopper_pearson(x: int | Counts, n: int | Counts, level: Rate = "0.95") -> tuple[float | Shares, float | Shares]:
    """Clopper and Pearson's exact two-sided limits on a share, for a population that is unknown or very large.

    Clopper & Pearson 1934, Biometrika 26:404. No case gives 0 and 1: no information. AuditError where a count is not
    whole or exceeds its sample.

    Example:
        >>> [round(limit, 4) for limit in clopper_pearson(2, 60, "0.95")]
        [0.0041, 0.1153]
    """
    require_counts(x, n)
    x, n = np.broadcast_arrays(x, n)
    side = (1 + parse_share(level)) / 2
    upper = binomial_upper(x, n, side)
    lower = np.where(x == 0, 0.0, beta.ppf(float(1 - side), np.maximum(x, 1), n - x + 1))
    return unwrap_scalar(lower), unwrap_scalar(upper)


@overload
def poisson_limits(x: int, exposure: float, level: Rate = "0.95") -> tuple[float, float]: ...
@overload
def poisson_limits(x: Counts, exposure: Shares, level: Rate = "0.95") -> tuple[Shares, Shares]: ...
def poisson_limits(
    x: int | Counts, exposure: float | Shares, level: Rate = "0.95"
) -> tuple[float | Shares, float | Shares]:
    """Exact two-sided limits on a rate of events per unit of exposure (case, day, officer), given `x` events.

    Garwood 1936, Biometrika 28:437. Per unit of `exposure`. AuditError where a count is not whole or negative, or an
    exposure not above 0.

    Example:
        >>> [round(limit, 4) for limit in poisson_limits(4, 30.0, "0.95")]
        [0.0363, 0.3414]
    """
    require_counts(x)
    x, exposure = np.broadcast_arrays(x, exposure)
    if not np.all(exposure > 0):
        raise make_usage_error("An exposure is not positive", "Check the exposures.")
    risk = float((1 - parse_share(level)) / 2)
    lower = np.where(x == 0, 0.0, gamma.ppf(risk, np.maximum(x, 1)))
    return unwrap_scalar(lower / exposure), unwrap_scalar(gamma.isf(risk, x + 1) / exposure)


@overload
def binomial_tails(x: int, n: int, p: Rate) -> tuple[float, float]: ...
@overload
def binomial_tails(x: Counts, n: Counts, p: Rate) -> tuple[Shares, Shares]: ...
def binomial_tails(x: int | Counts, n: int | Counts, p: Rate) -> tuple[float | Shares, float | Shares]:
    """P(X <= x) and P(X >= x) for a binomial count of `n` cases, each with probability `p`.

    Shares. Clopper & Pearson 1934, Biometrika 26:404, whose limits are the shares at which a tail is (1 - level) / 2.
    AuditError where a count is not whole, or `p` not between 0 and 1.

    Example:
        >>> [round(tail, 4) for tail in binomial_tails(50, 60, "0.9")]
        [0.0731, 0.9658]
    """
    require_counts(x, n)
    probability = float(parse_rate(p))
    if not 0 <= probability <= 1:
        raise make_usage_error(f"{p} is not between 0 and 1", "Write a share: 0.95 for 95%.")
    return unwrap_scalar(binom.cdf(x, n, probability)), unwrap_scalar(binom.sf(np.asarray(x) - 1, n, probability))
