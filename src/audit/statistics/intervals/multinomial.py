"""Limits on the shares of several kinds at once: all of them hold together, with the level."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import chi2, norm, poisson

from audit.errors import make_usage_error
from audit.statistics.parameters import Rate, Shares, parse_share, require_counts

MAXIMUM_CASES = 200_000  # cases of all kinds in the limits of Sison and Glaz: more take seconds


def goodman(counts: Sequence[int], level: Rate = "0.95") -> tuple[Shares, Shares]:
    """Goodman's simultaneous limits: Wilson's interval for each category, all of them valid together.

    Goodman 1965, Technometrics 7:247. Shares, a kind each. AuditError where a count is not whole or negative, or all
    are 0.

    Example:
        >>> [limit.round(3).tolist() for limit in goodman([60, 30, 10], "0.95")]
        [[0.48, 0.204, 0.049], [0.709, 0.418, 0.195]]
    """
    x = _check_counts(counts)
    n, k = x.sum(), float(chi2.isf(float(1 - parse_share(level)) / len(x), 1))
    middle, margin = k + 2 * x, np.sqrt(k * (k + 4 * x * (n - x) / n))
    return (middle - margin) / (2 * (n + k)), (middle + margin) / (2 * (n + k))


def sison_glaz(counts: Sequence[int], level: Rate = "0.95") -> tuple[Shares, Shares]:
    """Sison and Glaz's simultaneous limits: the same width for every category; for seven or more, none of them rare.

    Sison & Glaz 1995, Journal of the American Statistical Association 90:366: the smallest c for which all counts lie
    within c + 1 of those seen with the level or more, and the upper limits carried on by twice the part of the step
    from c to c + 1 that the level needs (May & Johnson 2000, Journal of Statistical Software 5(6)). Shares, a kind
    each. AuditError where a count is not whole or negative, or all are 0, and for more than
    `MAXIMUM_CASES`.

    Example:
        >>> [limit.round(3).tolist() for limit in sison_glaz([60, 30, 10], "0.95")]
        [[0.51, 0.21, 0.01], [0.702, 0.402, 0.202]]
    """
    x = _check_counts(counts)
    n, wanted = x.sum(), float(parse_share(level))
    if n > MAXIMUM_CASES:
        raise make_usage_error(f"More than {MAXIMUM_CASES:,} cases take too long", "Take `goodman`.")
    c, below = 0, 0.0
    while (coverage := _coverage_probability(x, c + 1)) <= wanted:
        c, below = c + 1, coverage
    part = (wanted - below) / (coverage - below)
    return np.maximum(x - c, 0) / n, np.minimum((x + c + 2 * part) / n, 1)


def _coverage_probability(x: Shares, c: int) -> float:
    """How likely all counts are to lie within `c` of those seen: as Poisson counts of which the sum is known.

    The chance of the sum by an Edgeworth expansion (Sison & Glaz 1995, formulas 1 and 2, after Levin 1981).
    """
    n = x.sum()
    if c >= n:
        return 1.0  # the bounds leave nothing out
    values = x[:, None] + np.arange(-c, c + 1)
    chances = np.where(values <= n, poisson.pmf(values, x[:, None]), 0)  # nothing below 0, either
    inside = chances.sum(axis=1)
    chances = chances / inside[:, None]
    mean = (chances * values).sum(axis=1)
    second, third, fourth = ((chances * (values - mean[:, None]) ** r).sum(axis=1) for r in (2, 3, 4))
    spread = second.sum()
    skew, excess = third.sum() / spread**1.5, (fourth - 3 * second**2).sum() / spread**2
    z = (n - mean.sum()) / np.sqrt(spread)
    h3, h4, h6 = z**3 - 3 * z, z**4 - 6 * z**2 + 3, z**6 - 15 * z**4 + 45 * z**2 - 15
    density = norm.pdf(z) * (1 + skew * h3 / 6 + excess * h4 / 24 + skew**2 * h6 / 72) / np.sqrt(spread)
    return float(inside.prod() * density / poisson.pmf(n, n))


def _check_counts(counts: Sequence[int]) -> Shares:
    require_counts(counts)
    x = np.asarray(counts, dtype=float)
    if not (len(x) and x.sum() > 0):
        raise make_usage_error("There is no case", "Write the cases of each kind.")
    return x
