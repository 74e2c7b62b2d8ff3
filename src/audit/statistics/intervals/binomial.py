"""Intervals for a binomial share by their names: to describe, or to reproduce what another office printed.

`clopper_pearson`, in `exact`, is the only one of the classical ones that never covers below its level besides
`blaker`: the others hold it on average, `wald` not even that (Brown, Cai & DasGupta 2001, Statistical Science 16:101).
Each takes `x` of `n`, whole numbers or arrays of one shape, and a two-sided level, and gives limits as shares; no case
gives 0 and 1: no information. AuditError where a count is not whole or exceeds its sample. scipy's `binomtest` gives
Wilson's and the exact one, too, for one count at a time and some; here offices are computed together.
Which limits a report gives of its rates is chosen in `audit.estimation.rate_limits`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Protocol, overload

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlog1py, xlogy
from scipy.stats import beta, binom, chi2

from audit.errors import make_usage_error
from audit.statistics.intervals.exact import clopper_pearson
from audit.statistics.parameters import Counts, Rate, Shares, parse_share, require_counts, unwrap_scalar, z_value


class BinomialInterval(Protocol):
    """Limits on a share from `x` of `n` and a two-sided level."""

    @overload
    def __call__(self, x: int, n: int, level: Rate) -> tuple[float, float]: ...
    @overload
    def __call__(self, x: Counts | Shares, n: Counts | Shares, level: Rate) -> tuple[Shares, Shares]: ...


def _make_interval(formula: Callable[[Shares, Shares, Rate], tuple[Shares, Shares]]) -> BinomialInterval:
    """What every interval here shares: counts that can be, no information from no case, numbers for numbers."""

    @wraps(formula)
    def limits(
        x: int | Counts | Shares, n: int | Counts | Shares, level: Rate
    ) -> tuple[float | Shares, float | Shares]:
        parse_share(level)
        require_counts(x, n)
        counts, cases = (count.astype(float) for count in np.broadcast_arrays(x, n))
        if not np.all((counts >= 0) & (counts <= cases)):
            raise make_usage_error("A count exceeds its sample", "Check the counts.")
        with np.errstate(all="ignore"):  # a formula without meaning at 0 or n is replaced there, by itself or here
            lower, upper = formula(counts, np.maximum(cases, 1), level)
        return unwrap_scalar(np.where(cases > 0, lower, 0.0)), unwrap_scalar(np.where(cases > 0, upper, 1.0))

    return limits  # type: ignore[return-value]  # numbers in, numbers out: `unwrap_scalar`


def _bisect_share(reached: Callable[[Shares], NDArray[np.bool_]], low: Shares, high: Shares) -> Shares:
    """The smallest share between two at which a condition that stays true once true is reached, by halving."""
    for _ in range(60):
        middle = (low + high) / 2
        there = reached(middle)
        low, high = np.where(there, low, middle), np.where(there, middle, high)
    return high


@_make_interval
def wald(x: Shares, n: Shares, level: Rate = "0.95") -> tuple[Shares, Shares]:
    """The share plus or minus z standard errors: may pass 0 and 1, and has no width where `x` is 0 or n.

    Laplace 1812, Théorie analytique des probabilités. Never to conclude from: it covers 25% under the name of 95% for
    rare deviations. Only to re-perform the figures of others.

    Example:
        >>> [round(limit, 4) for limit in wald(2, 60, "0.95")]
        [-0.0121, 0.0788]
    """
    margin = z_value(level) * np.sqrt(x * (n - x) / n**3)
    return x / n - margin, x / n + margin


@_make_interval
def wilson(x: Shares, n: Shares, level: Rate = "0.95") -> tuple[Shares, Shares]:
    """Wilson's interval: the shares that the score test does not reject; holds its level on average.

    Wilson 1927, Journal of the American Statistical Association 22:209.

    Example:
        >>> [round(limit, 4) for limit in wilson(2, 60, "0.95")]
        [0.0092, 0.1136]
    """
    k = z_value(level)
    middle, margin = (x + k**2 / 2) / (n + k**2), k * np.sqrt(x * (n - x) / n + k**2 / 4) / (n + k**2)
    return np.where(x == 0, 0, middle - margin), np.where(x == n, 1, middle + margin)


@_make_interval
def wilson_corrected(x: Shares, n: Shares, level: Rate = "0.95") -> tuple[Shares, Shares]:
    """Wilson's interval with a continuity correction: near Clopper and Pearson's.

    Newcombe 1998, Statistics in Medicine 17:857, method 4.

    Example:
        >>> [round(limit, 4) for limit in wilson_corrected(2, 60, "0.95")]
        [0.0058, 0.1255]
    """
    k = z_value(level)

    def lower(x: Shares) -> Shares:
        root = np.sqrt(np.maximum(k**2 - 2 - 1 / n + 4 * x / n * (n - x + 1), 0))
        return np.where(x == 0, 0, np.maximum(0, (2 * x + k**2 - 1 - k * root) / (2 * (n + k**2))))

    return lower(x), 1 - lower(n - x)


@_make_interval
def modified_wilson(x: Shares, n: Shares, level: Rate = "0.95") -> tuple[Shares, Shares]:
    """Wilson's interval, with Poisson limits where `x` or n - x is one to three.

    Brown, Cai & DasGupta 2001, Statistical Science 16:101, section 4.1.1. Only to re-perform the figures of others.

    Example:
        >>> [round(limit, 4) for limit in modified_wilson(2, 60, "0.95")]
        [0.0059, 0.1136]
    """
    rare = np.where(n > 50, 3, 2)

    def lower(x: Shares, score: Shares) -> Shares:
        poisson = chi2.ppf(float(1 - parse_share(level)), 2 * np.maximum(x, 1)) / (2 * n)
        return np.where((x >= 1) & (x <= rare), poisson, np.maximum(score, 0))

    low, high = wilson(x.astype(np.int64), n.astype(np.int64), level)
    return lower(x, low), 1 - lower(n - x, 1 - high)


@_make_interval
def jeffreys(x: Shares, n: Shares, level: Rate = "0.95") -> tuple[Shares, Shares]:
    """The equal-tailed posterior interval of Jeffreys' prior, beta(1/2, 1/2); 0 or 1 where `x` is 0 or n.

    Brown, Cai & DasGupta 2001, Statistical Science 16:101, section 3.1.3.

    Example:
        >>> [round(limit, 4) for limit in jeffreys(2, 60, "0.95")]
        [0.007, 0.1027]
    """
    risk = float((1 - parse_share(level)) / 2)
    a, b = x + 0.5, n - x + 0.5
    return np.where(x == 0, 0, beta.ppf(risk, a, b)), np.where(x == n, 1, beta.isf(risk, a, b))


@_make_interval
def agresti_coull(x: Shares, n: Shares, level: Rate = "0.95") -> tuple[Shares, Shares]:
    """Agresti and Coull's interval: Wald's, around Wilson's centre.

    Agresti & Coull 1998, The American Statistician 52:119. Past 0 and 1 as it comes.

    Example:
        >>> [round(limit, 4) for limit in agresti_coull(2, 60, "0.95")]
        [0.0025, 0.1203]
    """
    k = z_value(level)
    cases = n + k**2
    middle = (x + k**2 / 2) / cases
    margin = k * np.sqrt(middle * (1 - middle) / cases)
    return middle - margin, middle + margin


@_make_interval
def mid_p(x: Shares, n: Shares, level: Rate = "0.95") -> tuple[Shares, Shares]:
    """The mid-p interval: Clopper and Pearson's with half the probability of the result itself; holds its level on
    average.

    Lancaster 1961, Journal of the American Statistical Association 56:223; Newcombe 1998, method 6.

    Example:
        >>> [round(limit, 4) for limit in mid_p(2, 60, "0.95")]
        [0.0056, 0.1058]
    """
    risk = float((1 - parse_share(level)) / 2)

    def lower(x: Shares) -> Shares:
        def reached(p: Shares) -> NDArray[np.bool_]:
            return np.asarray(binom.sf(x, n, p) + binom.pmf(x, n, p) / 2 >= risk)

        return np.where(x == 0, 0, _bisect_share(reached, np.zeros_like(n), np.ones_like(n)))

    return lower(x), 1 - lower(n - x)


@_make_interval
def blaker(x: Shares, n: Shares, level: Rate = "0.95") -> tuple[Shares, Shares]:
    """Exact two-sided limits, within Clopper and Pearson's: the smaller tail, and the other up to the same size.

    Blaker 2000, Canadian Journal of Statistics 28:783; the crossings by Klaschka & Reiczigel 2021, Computational
    Statistics 36:1775. Never covers below its level, but the two sides do not hold on their own.

    Example:
        >>> [round(limit, 4) for limit in blaker(2, 60, "0.95")]
        [0.006, 0.1112]
    """
    risk = float(1 - parse_share(level))

    def lower(x: Shares) -> Shares:
        start, middle = clopper_pearson(x.astype(np.int64), n.astype(np.int64), level)[0], x / n
        other = binom.ppf(risk / 2, n, start)  # the other tail grows to this count next, and then all is accepted
        jump = _bisect_share(lambda p: np.asarray(binom.cdf(other, n, p) <= binom.sf(x - 1, n, p)), start, middle)

        def reached(p: Shares) -> NDArray[np.bool_]:
            return np.asarray(binom.sf(x - 1, n, p) + binom.cdf(other - 1, n, p) > risk)

        return np.where(x == 0, 0, _bisect_share(reached, start, jump))

    return lower(x), 1 - lower(n - x)


@_make_interval
def logit(x: Shares, n: Shares, level: Rate = "0.95") -> tuple[Shares, Shares]:
    """Wald's interval on the log-odds scale; Clopper and Pearson's where `x` is 0 or n.

    Brown, Cai & DasGupta 2001, Statistical Science 16:101, section 4; Newcombe 2001, The American Statistician 55:200;
    so in R's package binom.

    Example:
        >>> [round(limit, 4) for limit in logit(2, 60, "0.95")]
        [0.0084, 0.1237]
    """
    odds, margin = np.log(x / (n - x)), z_value(level) / np.sqrt(x * (n - x) / n)
    some = (x > 0) & (x < n)
    low, high = clopper_pearson(x.astype(np.int64), n.astype(np.int64), level)
    return (
        np.where(some, 1 / (1 + np.exp(margin - odds)), low),
        np.where(some, 1 / (1 + np.exp(-margin - odds)), high),
    )


@_make_interval
def likelihood_ratio(x: Shares, n: Shares, level: Rate = "0.95") -> tuple[Shares, Shares]:
    """The shares that the likelihood ratio test does not reject.

    Wilks 1938, Annals of Mathematical Statistics 9:60. Only to re-perform the figures of others.

    Example:
        >>> [round(limit, 4) for limit in likelihood_ratio(2, 60, "0.95")]
        [0.0056, 0.0994]
    """
    drop = z_value(level) ** 2 / 2

    def lower(x: Shares) -> Shares:
        def log(p: Shares) -> Shares:
            return np.asarray(xlogy(x, p) + xlog1py(n - x, -p))

        return _bisect_share(lambda p: np.asarray(log(x / n) - log(p) <= drop), np.zeros_like(n), x / n)

    return np.where(x == 0, 0, lower(x)), np.where(x == n, 1, 1 - lower(n - x))


@_make_interval
def arcsine(x: Shares, n: Shares, level: Rate = "0.95") -> tuple[Shares, Shares]:
    """Wald's interval on Anscombe's arcsine scale.

    Anscombe 1948, Biometrika 35:246. In small samples its lower limit is above 0 though nothing was seen. Only to
    re-perform the figures of others.

    Example:
        >>> [round(limit, 4) for limit in arcsine(2, 60, "0.95")]
        [0.0052, 0.1023]
    """
    angle, margin = np.arcsin(np.sqrt((x + 0.375) / (n + 0.75))), z_value(level) / (2 * np.sqrt(n))
    return np.sin(angle - margin) ** 2, np.sin(angle + margin) ** 2


@_make_interval
def pratt(x: Shares, n: Shares, level: Rate = "0.95") -> tuple[Shares, Shares]:
    """Pratt's approximation to Clopper and Pearson's interval, in the form of Blyth.

    Pratt 1968, Journal of the American Statistical Association 63:1457; Blyth 1986, ibid. 81:843. Where none or all
    are seen it is one-sided, and with one case, or all but one, its far limit is that of none, or all. Only to
    re-perform the figures of others.

    Example:
        >>> [round(limit, 4) for limit in pratt(2, 60, "0.95")]
        [0.0038, 0.1152]
    """
    k, risk = z_value(level), float(1 - parse_share(level))

    def upper(x: Shares) -> Shares:
        a, b = x + 1, n - x
        root = 3 * k * np.sqrt(9 * a * b * (9 * n + 5 - k**2) + n + 1)
        cube = (81 * a * b - 9 * n - 8 - root) / (81 * a**2 - 9 * a * (2 + k**2) + 1)
        near = np.select(
            [x == n, x == 0, x == 1, x == n - 1],
            [np.ones_like(n), 1 - risk ** (1 / n), 1 - (risk / 2) ** (1 / n), (1 - risk / 2) ** (1 / n)],
            default=1 / (1 + (a / b) ** 2 * cube**3),
        )
        return np.asarray(near)

    return 1 - upper(n - x), upper(x)
