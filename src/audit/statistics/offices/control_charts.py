"""Charts over months: limits within which a process stays by chance, and runs by which a shift shows itself."""

from math import log2
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binom, hypergeom

from audit.errors import make_usage_error
from audit.statistics.parameters import Counts, Rate, Shares, parse_share, require_counts


class ControlChart(NamedTuple):
    """A centre and limits, a month; a share outside the limits is a signal."""

    centre: float
    lower: Shares
    upper: Shares


class RunChart(NamedTuple):
    """Runs of months on one side of the median, and what chance allows (Anhøj & Olesen 2014, PLoS ONE 9:e113825)."""

    useful: int  # months not on the median
    longest: int
    longest_allowed: int
    crossings: int  # of the median
    crossings_required: int

    @property
    def signal(self) -> bool:
        """Whether the months shift more than chance would have it: too long a run, or too few crossings."""
        return self.longest > self.longest_allowed or self.crossings < self.crossings_required


def p_chart(x: ArrayLike, n: ArrayLike, baseline: int | None = None) -> ControlChart:
    """Shewhart's p chart: three binomial standard deviations around the share of the `baseline`, the first months (or
    all).

    `x` of `n` cases a month (Shewhart 1931, Economic Control of Quality of Manufactured Product). Where n is large,
    months differ by more than binomial chance: `laney_chart`. A month without a case has limits 0 and 1. Shares, a
    month each. AuditError where a count exceeds its cases, or the baseline holds none.

    Example:
        >>> chart = p_chart([90, 85, 70], [100, 90, 95])
        >>> round(chart.centre, 3), chart.lower.round(3)
        (0.86, array([0.755, 0.75 , 0.753]))
    """
    require_counts(baseline)
    counts, cases = _check_counts(x, n)
    centre = _baseline_share(counts[:baseline], cases[:baseline])
    return _make_chart(centre, 3 * _standard_deviation(centre, cases))


def laney_chart(x: ArrayLike, n: ArrayLike, baseline: int | None = None) -> ControlChart:
    """Laney's p-prime chart: a p chart that allows for variation between months beyond binomial chance.

    Laney 2002, Quality Engineering 14:531: the mean moving range of the standardised shares over 1.128. May be narrower
    too. Months of the baseline without a case are passed over. Shares, a month each. AuditError as `p_chart`, and where
    fewer than two months of the baseline hold a case.

    Example:
        >>> laney_chart([90, 85, 70], [100, 90, 95]).lower.round(3)
        array([0.54 , 0.523, 0.532])
    """
    require_counts(baseline)
    counts, cases = _check_counts(x, n)
    has_cases = cases[:baseline] > 0
    first, of = counts[:baseline][has_cases], cases[:baseline][has_cases]
    if len(first) < 2:
        raise make_usage_error("The baseline has fewer than two months with a case", "Take a longer baseline.")
    centre = _baseline_share(first, of)
    if centre in (0, 1):
        return _make_chart(centre, np.where(cases > 0, 0.0, np.inf))
    standardised = (first / of - centre) / _standard_deviation(centre, of)
    spread = float(np.mean(np.abs(np.diff(standardised)))) / 1.128
    return _make_chart(centre, 3 * spread * _standard_deviation(centre, cases))


def prediction_limits(n: Counts, x: Counts, cases: Counts, level: Rate = "0.95") -> tuple[Counts, Counts]:
    """Exact prediction limits: the fewest and the most of a month's `n` cases, after `x` of `cases` before.

    Exact, and so for months of a few cases and shares near 1 too: if one share holds for both, a count below the fewest
    has a chance under (1 - level) / 2, given how many there are in both together (the hypergeometric limits of Thatcher
    1964, Journal of the Royal Statistical Society B 26:176; a one-sided Fisher test). Counts, a month each, as arrays
    of one shape.

    Example:
        >>> prediction_limits(np.array([40, 8]), np.array([900, 900]), np.array([1000, 1000]), "0.99")
        (array([30,  4]), array([40,  8]))
    """
    require_counts(n, x, cases)
    risk = float((1 - parse_share(level)) / 2)
    return _lower_prediction_limit(n, x, cases, risk), n - _lower_prediction_limit(n, cases - x, cases, risk)


def _lower_prediction_limit(n: Counts, x: Counts, cases: Counts, risk: float) -> Counts:
    """By halving: the chance of a count or less grows with the count."""
    low, high = np.zeros_like(n), n.copy()
    while np.any(low < high):
        middle = (low + high) // 2
        likely = hypergeom.cdf(middle, n + cases, x + middle, n) >= risk
        low, high = np.where(likely, low, middle + 1), np.where(likely, middle, high)
    return low


def run_chart(values: ArrayLike, median: float | None = None) -> RunChart:
    """Anhøj's run chart: the runs of months above or below the median (of a frozen baseline, if one is given).

    A blank month, which is not a number, is passed over. Counts of months. Anhøj & Olesen 2014, PLoS ONE 9:e113825.

    Example:
        >>> chart = run_chart([0.91, 0.92, 0.90, 0.95, 0.96, 0.97])
        >>> chart.longest, chart.crossings, chart.signal
        (3, 1, False)
    """
    months = np.asarray(values, dtype=float)
    months = months[~np.isnan(months)]
    side = np.sign(months - (np.median(months) if median is None else median))
    side = side[side != 0]
    turns = np.flatnonzero(np.diff(side))
    longest = int(np.max(np.diff(np.concatenate([[-1], turns, [len(side) - 1]])))) if len(side) else 0
    return RunChart(len(side), longest, longest_run_allowed(len(side)), len(turns), crossings_required(len(side)))


def longest_run_allowed(useful: int) -> int:
    """The longest run that is no signal: log2(n) + 3, rounded; about 5% of charts have a longer one.

    Anhøj & Olesen 2014, PLoS ONE 9:e113825. Months.

    Example:
        >>> longest_run_allowed(20)
        7
    """
    require_counts(useful)
    return round(log2(useful)) + 3 if useful > 0 else 0


def crossings_required(useful: int) -> int:
    """The fewest crossings of the median that are no signal: the 5% point of a binomial(n - 1, 1/2).

    Anhøj & Olesen 2014, PLoS ONE 9:e113825. A count.

    Example:
        >>> crossings_required(20)
        6
    """
    require_counts(useful)
    return int(binom.ppf(0.05, useful - 1, 0.5)) if useful > 1 else 0


def _check_counts(x: ArrayLike, n: ArrayLike) -> tuple[Shares, Shares]:
    require_counts(x, n)
    counts, cases = np.asarray(x, dtype=float), np.asarray(n, dtype=float)
    if counts.ndim != 1 or counts.shape != cases.shape or not np.all((counts >= 0) & (counts <= cases)):
        raise make_usage_error("A count exceeds its cases", "Check the counts.")
    return counts, cases


def _baseline_share(counts: Shares, cases: Shares) -> float:
    if not cases.sum():
        raise make_usage_error("The baseline holds no case", "Take a longer baseline.")
    return float(counts.sum() / cases.sum())


def _standard_deviation(centre: float, cases: Shares) -> Shares:
    """The binomial standard deviation of a share of so many cases; without end where there is none."""
    with np.errstate(divide="ignore"):
        return np.where(cases > 0, np.sqrt(centre * (1 - centre) / np.where(cases > 0, cases, 1)), np.inf)


def _make_chart(centre: float, margin: Shares) -> ControlChart:
    return ControlChart(centre, np.maximum(0.0, centre - margin), np.minimum(1.0, centre + margin))
