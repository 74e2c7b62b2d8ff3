"""A rate or mean over strata that were drawn apart: its estimate and error, and limits that hold in small samples.

Strata are sequences of one length: deviations `x` among `n` drawn without replacement from `sizes` cases each.
`melded_limits` is the default: Wald's interval covers 60% to 90% of the time under the name of 95% where few cases of
a stratum are drawn and deviations are rare.
"""

from collections.abc import Sequence
from functools import reduce
from math import lcm, prod
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import beta, betabinom, hypergeom, t

from audit.errors import make_usage_error
from audit.statistics.hypergeometric import sum_lower_tail
from audit.statistics.parameters import TIE_TOLERANCE, Counts, Rate, Shares, parse_share, require_counts

MELDED_UNITS = 100_000  # counts of unseen cases that melded limits go through: of more, several are taken as one
MAXIMUM_COMBINATIONS = 10**6  # combinations of counts that Wendell and Schmee's limits go through


class StratifiedEstimate(NamedTuple):
    """An estimate, its standard error, and the degrees of freedom of that error."""

    estimate: float
    error: float
    freedom: int


def stratified_proportion(x: Sequence[int], n: Sequence[int], sizes: Sequence[int]) -> StratifiedEstimate:
    """The rate of a stratified sample with its standard error, finite population correction applied.

    Cochran 1977, Sampling Techniques, sections 5.3 and 5.10: variance W^2 (1 - f) p (1 - p) / (n - 1) a stratum.
    Shares. AuditError where a count exceeds its sample or a sample its stratum, or a stratum that is not counted whole
    has fewer than two cases drawn.

    Example:
        >>> result = stratified_proportion([2, 5], [40, 60], [400, 900])
        >>> round(result.estimate, 4), round(result.error, 4), result.freedom
        (0.0731, 0.0261, 98)
    """
    counts, sample_sizes, cases = _check_strata(x, n, sizes)
    return _weighted_estimate(
        counts / np.maximum(sample_sizes, 1),
        counts / np.maximum(sample_sizes, 1) * (sample_sizes - counts),
        sample_sizes,
        cases,
    )


def stratified_mean(values: Sequence[ArrayLike], sizes: Sequence[int]) -> StratifiedEstimate:
    """The mean of a stratified sample with its standard error, finite population correction applied.

    Cochran 1977, sections 5.3 and 5.4. `values` holds one sequence of numbers a stratum. In the unit of the values.
    AuditError as `stratified_proportion`, and where a value is not a number.

    Example:
        >>> result = stratified_mean([[2.0, 3.0, 7.0], [1.0, 4.0]], [30, 10])
        >>> round(result.estimate, 4), round(result.error, 4), result.freedom
        (3.625, 1.1374, 3)
    """
    strata = [np.asarray(stratum, dtype=float) for stratum in values]
    if not all(np.all(np.isfinite(stratum)) for stratum in strata):
        raise make_usage_error("A value is missing or not a number", "Leave such cases out of their stratum.")
    _, sample_sizes, cases = _check_strata([0] * len(strata), [len(stratum) for stratum in strata], sizes)
    means = np.array([stratum.mean() if len(stratum) else 0 for stratum in strata])
    squares = [((stratum - mean) ** 2).sum() for stratum, mean in zip(strata, means, strict=True)]
    return _weighted_estimate(means, np.array(squares), sample_sizes, cases)


def wald_t(result: StratifiedEstimate, level: Rate = "0.95") -> tuple[float, float]:
    """Student's t limits on a stratified estimate: for many cases a stratum, and deviations that are not rare.

    Cochran 1977, section 5.4. Past 0 and 1 as it comes.

    Example:
        >>> [round(limit, 4) for limit in wald_t(stratified_proportion([2, 5], [40, 60], [400, 900]), "0.95")]
        [0.0212, 0.1249]
    """
    side = float((1 + parse_share(level)) / 2)
    margin = float(t.ppf(side, result.freedom)) * result.error if result.error else 0.0
    return result.estimate - margin, result.estimate + margin


def melded_limits(x: Sequence[int], n: Sequence[int], sizes: Sequence[int], level: Rate = "0.95") -> tuple[int, int]:
    """Melded exact two-sided limits on the deviations in all strata together: the default for a stratified sample.

    The exact upper limits of a stratum at every confidence are a distribution, of x + a beta-binomial(x + 1, n - x)
    count of its unseen cases, and the lower ones of x + beta-binomial(x, n - x + 1); the limits are quantiles of their
    sums (Fay, Proschan & Brittain 2015, Biometrics 71:146). Counts of cases: with one stratum these are
    `hypergeometric_limits`. Where more than `MELDED_UNITS` cases were not drawn, counts are rounded outwards, by one in
    so many a stratum. That sums hold the level is proved for none but simulated for many designs
    (`statistics/test_stratified.py`); `wendell_schmee_limits` has a proof. AuditError where a count exceeds its sample
    or a sample its stratum.

    Example:
        >>> melded_limits([2, 5], [40, 60], [400, 900], "0.95")
        (40, 196)
    """
    from scipy.signal import convolve  # here, as it takes a fifth of a second to load and serves these limits alone

    counts, sample_sizes, cases = _check_strata(x, n, sizes)
    unit = max(1, -(-int((cases - sample_sizes).sum()) // MELDED_UNITS))
    risk = float((1 - parse_share(level)) / 2) * (1 + TIE_TOLERANCE)
    strata = list(zip(counts.tolist(), sample_sizes.tolist(), cases.tolist(), strict=True))
    # Of the upper limits, P(X <= x | K) is the chance to reach K. The lower ones are the upper ones of the other kind.
    most = reduce(convolve, [unseen_distribution(x, n, N, unit) for x, n, N in strata])
    fewest_others = reduce(convolve, [unseen_distribution(n - x, n, N, unit) for x, n, N in strata])
    upper, others = (np.flatnonzero(np.cumsum(found[::-1])[::-1] > risk)[-1] for found in (most, fewest_others))
    unseen = int((cases - sample_sizes).sum())
    seen = int(counts.sum())
    return seen + max(unseen - int(others) * unit, 0), seen + min(int(upper) * unit, unseen)


def unseen_distribution(x: int, n: int, population: int, unit: int) -> Shares:
    """How likely each count of the unseen cases is to be the upper limit, in units that are rounded up.

    A beta-binomial of `x` + 1 and `n` - `x` (Fay, Proschan & Brittain 2015, Biometrics 71:146). An array of chances.
    """
    unseen = population - n
    if n == x:
        return np.asarray(np.arange(-(-unseen // unit) + 1) == -(-unseen // unit), dtype=float)
    if unit == 1:
        return np.asarray(betabinom.pmf(np.arange(unseen + 1), unseen, x + 1, n - x))
    edges = np.arange(-(-unseen // unit), dtype=float) * unit
    seen, drawn, cases = (np.full_like(edges, count) for count in (x, n, population))
    beyond, _ = sum_lower_tail(seen, drawn, cases, x + edges + 1)
    return np.asarray(-np.diff(beyond, prepend=1.0, append=0.0))


def stratified_korn_graubard(
    x: Sequence[int], n: Sequence[int], sizes: Sequence[int], level: Rate = "0.95"
) -> tuple[float, float]:
    """Korn and Graubard's limits on a stratified rate: Clopper and Pearson's at the effective sample size.

    Korn & Graubard 1998, Survey Methodology 24:193, the effective size never above the one that the design gives where
    all strata have one rate: without that cap a sample that happens to see no spread claims too much. Shares. For
    strata of which 20 cases or more are drawn: with four it covered 89% under the name of 95%. Shares. AuditError as
    `stratified_proportion`.

    Example:
        >>> [round(limit, 4) for limit in stratified_korn_graubard([2, 5], [40, 60], [400, 900], "0.95")]
        [0.0305, 0.1432]
    """
    result = stratified_proportion(x, n, sizes)
    _, sample_sizes, cases = _check_strata(x, n, sizes)
    p, weights = result.estimate, cases / cases.sum()
    designed = float((weights**2 * (1 - sample_sizes / cases) / sample_sizes).sum())  # the variance over p (1 - p)
    if not designed:
        return p, p  # every case was seen
    effective = 1 / designed if result.error == 0 else min(p * (1 - p) / result.error**2, 1 / designed)
    risk = float((1 - parse_share(level)) / 2)
    effective *= (float(t.isf(risk, sample_sizes.sum() - 1)) / float(t.isf(risk, result.freedom))) ** 2
    of_kind, others = effective * p, effective * (1 - p)
    lower = float(beta.ppf(risk, of_kind, others + 1)) if of_kind > 0 else 0.0
    return lower, float(beta.isf(risk, of_kind + 1, others)) if others > 0 else 1.0


def wendell_schmee_limits(
    x: Sequence[int], n: Sequence[int], sizes: Sequence[int], level: Rate = "0.95"
) -> tuple[int, int]:
    """Wendell and Schmee's exact two-sided limits on the deviations in all strata together: proved to hold their level.

    Every way the deviations may lie in the strata is tried, and the likeliest counts; results are ordered by the
    weighted rate (Wendell & Schmee 1996, Journal of the American Statistical Association 91:825). Counts of cases. For
    two strata of some hundred cases, or three of some dozen; more are refused. Where strata are drawn alike they are
    the shorter limits, too. AuditError for those, as where a count exceeds its sample or a stratum is not drawn from.

    Example:
        >>> wendell_schmee_limits([2, 5], [40, 60], [400, 900], "0.95")
        (43, 181)
    """
    counts, sample_sizes, cases = _check_strata(x, n, sizes)
    risk = float((1 - parse_share(level)) / 2) * (1 + TIE_TOLERANCE)
    upper = _upper_count(counts, sample_sizes, cases, risk)
    return int(cases.sum()) - _upper_count(sample_sizes - counts, sample_sizes, cases, risk), upper


def _upper_count(x: Counts, n: Counts, sizes: Counts, risk: float) -> int:
    """The most deviations, however they lie, for which a weighted rate no higher than the one seen is not too rare."""
    if not np.all(n > 0):
        raise make_usage_error("A stratum is not drawn from, and has no rate", "Take the melded limits.")
    if (
        prod((sizes + 1).tolist()) > MAXIMUM_COMBINATIONS
        or prod((sizes[:-1] + 1).tolist()) * prod((n[:-1] + 1).tolist()) > MAXIMUM_COMBINATIONS
    ):
        raise make_usage_error("The strata are too many or too large to try every count", "Take the melded limits.")
    unit = lcm(*n.tolist())
    points = sizes * (unit // n)  # what one deviation adds to the weighted rate, in whole numbers
    last = np.asarray(hypergeom.cdf(np.arange(n[-1] + 1), sizes[-1], np.arange(sizes[-1] + 1)[:, None], n[-1]))
    kinds, results = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    joint: Shares = np.ones((1, 1))
    for size, take, point in zip(sizes[:-1].tolist(), n[:-1].tolist(), points[:-1].tolist(), strict=True):
        kind, result = np.arange(size + 1), np.arange(take + 1)
        joint = np.asarray(np.kron(joint, hypergeom.pmf(result, size, kind[:, None], take)))
        kinds = np.add.outer(kinds, kind).ravel()
        results = np.add.outer(results, point * result).ravel()
    left = (int(points @ x) - results) // points[-1]  # deviations that the last stratum may add
    below = np.where(left >= 0, last[:, np.clip(left, 0, n[-1])], 0)
    chances = joint @ below.T
    return int(np.add.outer(kinds, np.arange(sizes[-1] + 1))[chances > risk].max())


def _check_strata(x: Sequence[int], n: Sequence[int], sizes: Sequence[int]) -> tuple[Counts, Counts, Counts]:
    if not (len(x) == len(n) == len(sizes) and len(sizes)):
        raise make_usage_error(
            "x, n and sizes have not the same number of strata, or none", "Write one number a stratum in each."
        )
    require_counts(x, n, sizes)
    deviations, sample_sizes, cases = (np.asarray(counts, dtype=np.int64) for counts in (x, n, sizes))
    if not np.all(cases > 0):
        raise make_usage_error("A stratum holds no case", "Leave it out.")
    if not np.all((deviations >= 0) & (deviations <= sample_sizes) & (sample_sizes <= cases)):
        raise make_usage_error(
            "A count exceeds its sample, or a sample its stratum", "Check the counts and sizes of the strata."
        )
    return deviations, sample_sizes, cases


def _weighted_estimate(means: Shares, squares: Shares, sample_sizes: Counts, cases: Counts) -> StratifiedEstimate:
    """The weighted mean and its error, from each stratum's mean and sum of squares about it."""
    open_ = sample_sizes < cases
    if np.any(open_ & (sample_sizes < 2)):
        raise make_usage_error(
            "A stratum with fewer than two cases drawn has no standard error", "Join it with one like it."
        )
    weights = cases / cases.sum()
    variances = np.where(open_, weights**2 * (1 - sample_sizes / cases) * squares, 0)
    error = np.sqrt((variances / np.maximum(sample_sizes * (sample_sizes - 1), 1)).sum())
    return StratifiedEstimate(float((weights * means).sum()), float(error), int((sample_sizes - 1)[open_].sum()))
