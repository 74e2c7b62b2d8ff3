"""Shrinkage: office rates drawn towards what all offices share, the more so the fewer cases an office has.

To be shown beside the raw rates, never instead of them. `estimates` and `variances` hold a number an office on a
scale on which they are near to normal: that of `log_odds` or `arcsine_transform`.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.stats import chi2, norm

from audit.errors import make_usage_error
from audit.statistics.parameters import Rate, Shares, parse_share, require_counts

ScaledEstimates = tuple[Shares, Shares]


class ShrinkageEstimates(NamedTuple):
    """What all offices share, and each drawn towards it (Morris 1983; Raudenbush & Bryk 1985)."""

    mean: float
    error: float  # the standard error of the mean
    variance: float  # between offices, tau squared
    share: float  # I squared: of the variation, how much lies between offices, from 0 to 1
    homogeneity: float  # Cochran's Q
    p: float  # of Q where all offices share one rate
    estimates: Shares  # best linear unbiased predictions
    errors: Shares


def log_odds(x: ArrayLike, n: ArrayLike) -> ScaledEstimates:
    """The log-odds of `x` of `n` and their variances; half a case is added to both where one is 0.

    As R metafor has it (Viechtbauer 2010, Journal of Statistical Software 36(3)). AuditError where an office has no
    case.

    Example:
        >>> [values.round(3) for values in log_odds([9, 50], [10, 60])]
        [array([2.197, 1.609]), array([1.111, 0.12 ])]
    """
    require_counts(x, n)
    counts, cases = _check_counts(x, n)
    more = np.where((counts == 0) | (counts == cases), 0.5, 0.0)
    a, b = counts + more, cases - counts + more
    return np.log(a / b), 1 / a + 1 / b


def arcsine_transform(x: ArrayLike, n: ArrayLike) -> ScaledEstimates:
    """The arcsine square root of `x` of `n` and its variance, which does not depend on the rate.

    As R metafor has it (Viechtbauer 2010, Journal of Statistical Software 36(3)). AuditError as `log_odds`.

    Example:
        >>> [values.round(4) for values in arcsine_transform([9, 50], [10, 60])]
        [array([1.249 , 1.1503]), array([0.025 , 0.0042])]
    """
    require_counts(x, n)
    counts, cases = _check_counts(x, n)
    return np.arcsin(np.sqrt(counts / cases)), 1 / (4 * cases)


def der_simonian_laird(estimates: ArrayLike, variances: ArrayLike) -> float:
    """DerSimonian and Laird's variance between offices (DerSimonian & Laird 1986, Controlled Clinical Trials 7:177).

    AuditError where there are fewer than two offices, or a variance is not above 0.

    Example:
        >>> round(der_simonian_laird([2.2, 1.6, 0.4], [0.3, 0.1, 0.05]), 4)
        0.7489
    """
    y, v = _check_estimates(estimates, variances)
    w = 1 / v
    q = _weighted_squares(y, w)
    return max(0.0, float((q - (len(y) - 1)) / (w.sum() - np.square(w).sum() / w.sum())))


def paule_mandel(estimates: ArrayLike, variances: ArrayLike) -> float:
    """Paule and Mandel's variance between offices, the empirical Bayes estimate.

    Paule & Mandel 1982, Journal of Research of the National Bureau of Standards 87:377; Morris 1983 comes to the same.
    AuditError as `der_simonian_laird`.

    Example:
        >>> round(paule_mandel([2.2, 1.6, 0.4], [0.3, 0.1, 0.05]), 4)
        0.7004
    """
    y, v = _check_estimates(estimates, variances)
    return _find_root(lambda between: _weighted_squares(y, 1 / (v + between)) - (len(y) - 1))


def restricted_likelihood(estimates: ArrayLike, variances: ArrayLike) -> float:
    """The restricted maximum likelihood (REML) variance between offices.

    Patterson & Thompson 1971, Biometrika 58:545. Where its derivative, the falling function below, is 0. AuditError as
    `der_simonian_laird`.

    Example:
        >>> round(restricted_likelihood([2.2, 1.6, 0.4], [0.3, 0.1, 0.05]), 4)
        0.7104
    """
    y, v = _check_estimates(estimates, variances)

    def slope(between: float) -> float:
        w = 1 / (v + between)
        departure = y - w @ y / w.sum()
        return float(np.square(w * departure).sum() - w.sum() + np.square(w).sum() / w.sum())

    return _find_root(slope)


def shrink_estimates(estimates: ArrayLike, variances: ArrayLike, between: float) -> ShrinkageEstimates:
    """Best linear unbiased predictions of offices: each shrunk towards the mean, given the variance `between` them.

    Morris 1983, Journal of the American Statistical Association 78:47; Raudenbush & Bryk 1985, Journal of Educational
    Statistics 10:75. AuditError as `der_simonian_laird`.

    Example:
        >>> shrink_estimates([2.2, 1.6, 0.4], [0.3, 0.1, 0.05], 0.6).estimates.round(3)
        array([1.904, 1.559, 0.47 ])
    """
    y, v = _check_estimates(estimates, variances)
    if between < 0:
        raise make_usage_error("The variance between offices is below 0", "Give 0 or more.")
    w = 1 / (v + between)
    mean, error = float(w @ y / w.sum()), float(1 / np.sqrt(w.sum()))
    keep = between / (between + v)
    fixed = 1 / v
    q = _weighted_squares(y, fixed)
    typical = (len(y) - 1) / (fixed.sum() - np.square(fixed).sum() / fixed.sum())
    return ShrinkageEstimates(
        mean,
        error,
        between,
        float(between / (between + typical)),
        q,
        float(chi2.sf(q, len(y) - 1)),
        keep * y + (1 - keep) * mean,
        np.sqrt(keep * v + np.square((1 - keep) * error)),
    )


def robust_limits(estimates: ArrayLike, variances: ArrayLike, between: float, level: Rate = "0.95") -> ScaledEstimates:
    """Robust empirical Bayes limits of shrunken estimates: valid on average over offices, whatever the shape of their
    spread.

    Ordinary empirical Bayes limits ask for normal true rates. These, of Armstrong, Kolesár & Plagborg-Møller 2022,
    Econometrica 90:2567, ask only that `between` is their mean square around the common mean (the variant without a
    limit on the kurtosis). AuditError as `der_simonian_laird`, and where `between` is not above 0.

    Example:
        >>> [limit.round(3) for limit in robust_limits([2.2, 1.6, 0.4], [0.3, 0.1, 0.05], 0.6, "0.95")]
        [array([0.982, 0.98 , 0.048]), array([2.825, 2.138, 0.893])]
    """
    y, v = _check_estimates(estimates, variances)
    if not between > 0:
        raise make_usage_error("Offices do not differ beyond chance", "Print limits on the common mean instead.")
    centre = shrink_estimates(y, v, between)
    keep = between / (between + v)
    ratios, which = np.unique(v / between, return_inverse=True)
    reach = np.array([_robust_quantile(float(ratio), float(1 - parse_share(level))) for ratio in ratios])[which]
    return centre.estimates - reach * keep * np.sqrt(v), centre.estimates + reach * keep * np.sqrt(v)


def _robust_quantile(square: float, risk: float) -> float:
    """How many standard errors cover with the risk given, whatever the bias, if its mean square is `square`."""

    def miss(bias_square: float, reach: float) -> float:
        bias = np.sqrt(bias_square)
        return float(norm.sf(reach - bias) + norm.sf(reach + bias))

    def worst(reach: float) -> float:
        # the least concave function above `miss`: a line from 0 to where it touches, then `miss` itself
        squares = np.square(np.linspace(0, reach + 6, 2001))[1:]
        biases = np.sqrt(squares)
        missed = norm.sf(reach - biases) + norm.sf(reach + biases)
        steepest = int(np.argmax((missed - miss(0, reach)) / squares))
        touch = squares[steepest]
        if square >= touch:
            return miss(square, reach)
        return miss(0, reach) + square / float(touch) * (float(missed[steepest]) - miss(0, reach))

    return float(brentq(lambda reach: worst(reach) - risk, 0, np.sqrt((1 + square) / risk) + 1, xtol=1e-8))


def _weighted_squares(y: Shares, w: Shares) -> float:
    """The weighted squares of the departures from the weighted mean."""
    return float(w @ np.square(y - w @ y / w.sum()))


def _find_root(falling: Callable[[float], float]) -> float:
    """Where a falling function of the variance is 0; 0 where it is below from the start."""
    if falling(0.0) <= 0:
        return 0.0
    high = 1.0
    while falling(high) > 0:
        high *= 2
    return float(brentq(falling, 0.0, high, xtol=1e-14))


def _check_counts(x: ArrayLike, n: ArrayLike) -> ScaledEstimates:
    counts, cases = np.asarray(x, dtype=float), np.asarray(n, dtype=float)
    if counts.shape != cases.shape or not np.all((counts >= 0) & (counts <= cases) & (cases > 0)):
        raise make_usage_error("A count exceeds its cases, or an office has none", "Leave out offices without a case.")
    return counts, cases


def _check_estimates(estimates: ArrayLike, variances: ArrayLike) -> ScaledEstimates:
    y, v = np.asarray(estimates, dtype=float), np.asarray(variances, dtype=float)
    if y.shape != v.shape or y.ndim != 1 or len(y) < 2 or not np.all(v > 0):
        raise make_usage_error("There are fewer than two offices, or a variance is not above 0", "Check the offices.")
    return y, v
