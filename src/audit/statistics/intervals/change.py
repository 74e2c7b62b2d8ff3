"""Two shares compared: of independent samples, by limits on their difference, ratio or odds ratio; of the same cases.

`x1` of `n1` against `x2` of `n2`: counts, or arrays of one shape for many offices at once.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binom, chi2, fisher_exact
from scipy.stats.contingency import odds_ratio

from audit.errors import make_usage_error
from audit.statistics.intervals.binomial import wilson, wilson_corrected
from audit.statistics.parameters import Counts, Limits, Rate, Shares, parse_share, require_counts, z_value

MAXIMUM_CASES = 10**6  # cases in Fisher's test: more take seconds


class FisherTest(NamedTuple):
    """Fisher's exact test of a table of two rows and two columns."""

    p: float
    odds_ratio: float  # the conditional one of highest likelihood
    lower: float
    upper: float


class McNemarTest(NamedTuple):
    """Whether cases changed one way more than the other."""

    statistic: float
    p: float  # by chi-square: for many changes
    exact: float  # binomial: valid for any number
    mid: float  # binomial, half the probability of what was seen: near its level, not always below


def wald_difference(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, level: Rate = "0.95") -> Limits:
    """Wald's limits on x1 / n1 - x2 / n2: of no width where every case has the same outcome.

    Shares, from -1 to 1. Newcombe 1998, Statistics in Medicine 17:873, method 1. Only to re-perform the figures of
    others; `newcombe` is to be preferred. AuditError where a count is not whole or exceeds its sample, or a sample
    holds no case.

    Example:
        >>> np.round(wald_difference(9, 60, 3, 60, "0.95"), 4)
        array([-0.0059,  0.2059])
    """
    x1, n1, x2, n2 = _check_counts(x1, n1, x2, n2)
    return _make_limits(x1 / n1 - x2 / n2, z_value(level) * _difference_error(x1 / n1, n1, x2 / n2, n2))


def agresti_caffo(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, level: Rate = "0.95") -> Limits:
    """Agresti and Caffo's limits on x1 / n1 - x2 / n2: Wald's, with one case of each outcome added to each sample
    (Agresti & Caffo 2000, The American Statistician 54:280).

    Shares, from -1 to 1. AuditError as `wald_difference`.

    Example:
        >>> np.round(agresti_caffo(9, 60, 3, 60, "0.95"), 4)
        array([-0.0133,  0.2069])
    """
    x1, n1, x2, n2 = _check_counts(x1, n1, x2, n2)
    return wald_difference(x1 + 1, n1 + 2, x2 + 1, n2 + 2, level)


def newcombe(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, level: Rate = "0.95") -> Limits:
    """Newcombe's limits on x1 / n1 - x2 / n2, from Wilson's limits on each share.

    Newcombe 1998, Statistics in Medicine 17:873, method 10. Shares, from -1 to 1. AuditError as `wald_difference`.

    Example:
        >>> np.round(newcombe(9, 60, 3, 60, "0.95"), 4)
        array([-0.0111,  0.2159])
    """
    x1, n1, x2, n2 = _check_counts(x1, n1, x2, n2)
    return _combine_limits(x1 / n1, wilson(x1, n1, level), x2 / n2, wilson(x2, n2, level))


def newcombe_corrected(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, level: Rate = "0.95") -> Limits:
    """As `newcombe`, from Wilson's limits with a continuity correction: wider (Newcombe 1998, method 11).

    Shares, from -1 to 1. AuditError as `wald_difference`.

    Example:
        >>> np.round(newcombe_corrected(9, 60, 3, 60, "0.95"), 4)
        array([-0.0236,  0.2263])
    """
    x1, n1, x2, n2 = _check_counts(x1, n1, x2, n2)
    return _combine_limits(x1 / n1, wilson_corrected(x1, n1, level), x2 / n2, wilson_corrected(x2, n2, level))


def miettinen_nurminen(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, level: Rate = "0.95") -> Limits:
    """Miettinen and Nurminen's limits on x1 / n1 - x2 / n2: the differences that the score test does not reject.

    Miettinen & Nurminen 1985, Statistics in Medicine 4:213. Shares, from -1 to 1; right to
    six digits for few of 10^7. AuditError as `wald_difference`.

    Example:
        >>> np.round(miettinen_nurminen(9, 60, 3, 60, "0.95"), 4)
        array([-0.0088,  0.2193])
    """
    x1, n1, x2, n2 = _check_counts(x1, n1, x2, n2)
    p1, p2 = x1 / n1, x2 / n2

    def score(difference: Shares) -> Shares:
        q1 = _likeliest_share(p1, n1, p2, n2, difference)
        return _score_statistic(p1 - p2 - difference, q1, n1, np.clip(q1 - difference, 0, 1), n2)

    whole = np.ones(np.shape(p1 - p2))
    return _bisect_score(score, -whole, whole, z_value(level))


def miettinen_nurminen_ratio(
    x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, level: Rate = "0.95"
) -> Limits:
    """Miettinen and Nurminen's limits on the ratio of x1 / n1 to x2 / n2: from 0 to infinity.

    Miettinen & Nurminen 1985, Statistics in Medicine 4:213. AuditError as `wald_difference`.

    Example:
        >>> np.round(miettinen_nurminen_ratio(9, 60, 3, 60, "0.95"), 4)
        array([0.9266, 9.9644])
    """
    x1, n1, x2, n2 = _check_counts(x1, n1, x2, n2)

    def score(log_ratio: Shares) -> Shares:
        ratio = np.exp(log_ratio)
        b = n1 * ratio + x1 + n2 + x2 * ratio
        q2 = 2 * (x1 + x2) / (b + np.sqrt(b**2 - 4 * (n1 + n2) * ratio * (x1 + x2)))
        return _score_statistic(x1 / n1 - ratio * x2 / n2, q2 * ratio, n1, q2, n2, ratio)

    lower, upper = _bisect_score(score, *_log_ratio_range(x1), z_value(level))
    return np.where(x1 == 0, 0.0, np.exp(lower)), np.where(x2 == 0, np.inf, np.exp(upper))


def miettinen_nurminen_odds(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, level: Rate = "0.95") -> Limits:
    """Miettinen and Nurminen's limits on the odds ratio of x1 of n1 to x2 of n2: from 0 to infinity.

    Miettinen & Nurminen 1985, Statistics in Medicine 4:213. AuditError as `wald_difference`.

    Example:
        >>> np.round(miettinen_nurminen_odds(9, 60, 3, 60, "0.95"), 4)
        array([ 0.9177, 12.1118])
    """
    x1, n1, x2, n2 = _check_counts(x1, n1, x2, n2)

    def score(log_odds: Shares) -> Shares:
        odds, total = np.exp(log_odds), x1 + x2
        b = n1 * odds + n2 - total * (odds - 1)
        q2 = 2 * total / (b + np.sqrt(b**2 + 4 * n2 * (odds - 1) * total))
        q1 = q2 * odds / (1 - q2 + q2 * odds)
        with np.errstate(divide="ignore", invalid="ignore"):
            information = 1 / (1 / (n1 * q1 * (1 - q1)) + 1 / (n2 * q2 * (1 - q2)))
            return np.asarray((x1 - n1 * q1) / np.sqrt(information * (n1 + n2) / (n1 + n2 - 1)))

    lower, upper = _bisect_score(score, *_log_ratio_range(x1), z_value(level))
    none, endless = (x1 == 0) | (x2 == n2), (x2 == 0) | (x1 == n1)
    return np.where(none, 0.0, np.exp(lower)), np.where(endless, np.inf, np.exp(upper))


def fisher_test(table: ArrayLike, level: Rate = "0.95") -> FisherTest:
    """Fisher's exact test of two independent shares, with exact limits on the odds ratio.

    Fisher 1935, Journal of the Royal Statistical Society 98:39. AuditError where the table has not two rows and two
    columns of counts, or more than `MAXIMUM_CASES`.

    Example:
        >>> round(fisher_test([[9, 51], [3, 57]], "0.95").p, 4)
        0.1254
    """
    require_counts(table)
    if np.sum(table) > MAXIMUM_CASES:
        raise make_usage_error(f"More than {MAXIMUM_CASES:,} cases take too long", "Take `miettinen_nurminen`.")
    odds = odds_ratio(_check_table(table))
    lower, upper = odds.confidence_interval(float(parse_share(level)))
    return FisherTest(float(fisher_exact(_check_table(table))[1]), float(odds.statistic), float(lower), float(upper))


def mcnemar_test(gained: int, lost: int) -> McNemarTest:
    """McNemar's test: whether a share changed between two judgements of the same cases.

    McNemar 1947, Psychometrika 12:153; mid-P: Fagerland, Lydersen & Laake 2013, BMC Medical Research Methodology 13:91.
    Without a change, nothing speaks for one: p is 1. AuditError where a count is below 0.

    Example:
        >>> round(mcnemar_test(9, 2).exact, 4)
        0.0654
    """
    require_counts(gained, lost)
    if min(gained, lost) < 0:
        raise make_usage_error("A count is below 0", "Give the cases that changed one way, and the other.")
    changes, fewer = gained + lost, min(gained, lost)
    if not changes:
        return McNemarTest(0.0, 1.0, 1.0, 1.0)
    statistic = (gained - lost) ** 2 / changes
    tail = 2 * float(binom.cdf(fewer, changes, 0.5))
    mid = 1.0 if gained == lost else tail - float(binom.pmf(fewer, changes, 0.5))
    return McNemarTest(statistic, float(chi2.sf(statistic, 1)), min(1.0, tail), mid)


def _check_counts(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike) -> tuple[Shares, Shares, Shares, Shares]:
    require_counts(x1, n1, x2, n2)
    a, m, b, n = np.broadcast_arrays(*(np.asarray(values, dtype=float) for values in (x1, n1, x2, n2)))
    if not np.all((a >= 0) & (a <= m) & (b >= 0) & (b <= n) & (m > 0) & (n > 0)):
        raise make_usage_error("A count exceeds its sample, or a sample holds no case", "Check the counts.")
    return a, m, b, n


def _check_table(table: ArrayLike) -> Counts:
    counts = np.asarray(table, dtype=np.int64)
    if counts.shape != (2, 2) or counts.min() < 0:
        raise make_usage_error("The table has not two rows and two columns of counts", "Check the table.")
    return counts


def _difference_error(p1: Shares, n1: Shares, p2: Shares, n2: Shares) -> Shares:
    return np.asarray(np.sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2))


def _make_limits(centre: Shares, margin: Shares) -> Limits:
    return centre - margin, centre + margin


def _combine_limits(p1: Shares, first: Limits, p2: Shares, second: Limits) -> Limits:
    down = np.sqrt((p1 - first[0]) ** 2 + (second[1] - p2) ** 2)
    up = np.sqrt((first[1] - p1) ** 2 + (p2 - second[0]) ** 2)
    return np.maximum(-1.0, p1 - p2 - down), np.minimum(1.0, p1 - p2 + up)  # past 1 by the last bit only


def _score_statistic(
    distance: Shares, q1: Shares, n1: Shares, q2: Shares, n2: Shares, ratio: Shares | float = 1.0
) -> Shares:
    """The distance in standard errors, at the shares of highest likelihood; beyond any limit where they have none."""
    variance = np.maximum(q1 * (1 - q1) / n1 + ratio**2 * q2 * (1 - q2) / n2, 0) * (n1 + n2) / (n1 + n2 - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(distance / np.sqrt(variance), nan=0.0, posinf=np.inf, neginf=-np.inf)


def _likeliest_share(p1: Shares, n1: Shares, p2: Shares, n2: Shares, difference: Shares) -> Shares:
    """The share p1 of highest likelihood where p1 - p2 is given: the root of a cubic (Farrington & Manning 1990)."""
    theta = n2 / n1
    a = 1 + theta
    b = -(1 + theta + p1 + theta * p2 + difference * (theta + 2))
    c = difference**2 + difference * (2 * p1 + theta + 1) + p1 + theta * p2
    d = -p1 * difference * (1 + difference)
    v = b**3 / (27 * a**3) - b * c / (6 * a**2) + d / (2 * a)
    u = np.where(v >= 0, 1, -1) * np.sqrt(np.maximum(b**2 / (9 * a**2) - c / (3 * a), 0))
    cosine = np.divide(v, u**3, out=np.ones_like(v), where=u != 0)
    angle = (np.pi + np.arccos(np.clip(cosine, -1, 1))) / 3
    return np.asarray(
        np.clip(2 * u * np.cos(angle) - b / (3 * a), np.maximum(0, difference), np.minimum(1, 1 + difference))
    )


def _log_ratio_range(like: Shares) -> Limits:
    """Logarithms of a ratio that is as good as 0, and as good as infinite."""
    return np.full(np.shape(like), -50.0), np.full(np.shape(like), 50.0)


def _bisect_score(score: Callable[[Shares], Shares], low: Shares, high: Shares, reach: float) -> Limits:
    """Between which values a score that falls from `low` to `high` lies within `reach` standard errors."""
    sides = []
    for target in (reach, -reach):
        below, above = low, high
        for _ in range(100):  # halvings: to the last bit of a float
            middle = (below + above) / 2
            over = score(middle) > target
            below, above = np.where(over, middle, below), np.where(over, above, middle)
        sides.append((below + above) / 2)
    return sides[0], sides[1]
