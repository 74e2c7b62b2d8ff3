"""Misstatement of a total estimated from items drawn at random: mean-per-unit, difference, ratio, regression.

`book` and `audited` hold the values of the items drawn from a population of `items` with a book value of `total`. The
estimate is of total misstatement, book less audited value (Cochran 1977, Sampling Techniques, chapters 2, 6 and 7).
"""

from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t

from audit.errors import make_usage_error
from audit.statistics.parameters import Rate, Shares, parse_share, require_counts, z_value


class Misstatement(NamedTuple):
    """Total misstatement, overstatement above 0."""

    estimate: float
    error: float  # the standard error, without a finite population correction
    freedom: int
    sampled: float  # the share of the items drawn


def mean_per_unit(book: ArrayLike, audited: ArrayLike, items: int, total: float) -> Misstatement:
    """Mean-per-unit estimate of misstatement, from audited values alone: wide where sizes differ.

    In the unit of the values. Cochran 1977, Sampling Techniques, chapter 2. AuditError where fewer than three items
    were drawn, or a value is not a number.

    Example:
        >>> book, audited = [100.0, 250.0, 80.0, 400.0], [90.0, 250.0, 80.0, 320.0]
        >>> round(mean_per_unit(book, audited, 60, 11_000.0).estimate, 2)
        -100.0
    """
    require_counts(items)
    _, after = _check_values(book, audited, items)
    return _make_misstatement(total - items * float(after.mean()), after, items, 1)


def difference_estimate(book: ArrayLike, audited: ArrayLike, items: int) -> Misstatement:
    """Difference estimate of misstatement: the mean difference of book and audited value, times the items.

    In the unit of the values. Cochran 1977, Sampling Techniques, chapter 7. AuditError where fewer than three items
    were drawn, or a value is not a number.

    Example:
        >>> book, audited = [100.0, 250.0, 80.0, 400.0], [90.0, 250.0, 80.0, 320.0]
        >>> round(difference_estimate(book, audited, 60).estimate, 2)
        1350.0
    """
    require_counts(items)
    before, after = _check_values(book, audited, items)
    return _make_misstatement(items * float(np.mean(before - after)), before - after, items, 1)


def ratio_estimate(book: ArrayLike, audited: ArrayLike, items: int, total: float) -> Misstatement:
    """Ratio estimate of misstatement: the misstated share of the sampled book value, for errors that grow with size.

    In the unit of the values. Cochran 1977, Sampling Techniques, chapter 6. AuditError where fewer than three items
    were drawn, or a value is not a number.

    Example:
        >>> book, audited = [100.0, 250.0, 80.0, 400.0], [90.0, 250.0, 80.0, 320.0]
        >>> round(ratio_estimate(book, audited, 60, 11_000.0).estimate, 2)
        1192.77
    """
    require_counts(items)
    before, after = _check_values(book, audited, items)
    part = float(after.sum() / before.sum())
    return _make_misstatement(total * (1 - part), after - part * before, items, 1)


def regression_estimate(book: ArrayLike, audited: ArrayLike, items: int, total: float) -> Misstatement:
    """Regression estimate of misstatement: the line of audited on book values, at the population's mean book value.

    In the unit of the values. Cochran 1977, Sampling Techniques, chapter 7. AuditError where fewer than three items
    were drawn, or a value is not a number.

    Example:
        >>> book, audited = [100.0, 250.0, 80.0, 400.0], [90.0, 250.0, 80.0, 320.0]
        >>> round(regression_estimate(book, audited, 60, 11_000.0).estimate, 2)
        1038.47
    """
    require_counts(items)
    before, after = _check_values(book, audited, items)
    spread = float(np.square(before - before.mean()).sum())
    if not spread:
        raise make_usage_error("All items drawn have the same book value", "Use the difference estimate.")
    slope = float((before - before.mean()) @ after) / spread
    rest = after - after.mean() - slope * (before - before.mean())
    audited_total = items * float(after.mean()) + slope * (total - items * float(before.mean()))
    return _make_misstatement(total - audited_total, rest, items, 2)


def amount_size(items: int | None, spread: float, precision: float, level: Rate = "0.95") -> int:
    """Items to draw so that a total is estimated to within `precision` on either side.

    n = n0 / (1 + n0 / N), n0 = (z N spread / precision)^2, rounded up (Cochran 1977, section 4.6): by the normal
    distribution, so that limits by Student's t from a small sample are a little wider. `spread` is the
    standard deviation an item as known beforehand: of audited values for mean-per-unit, of differences for the
    difference estimate, of the residuals for ratio and regression. Without `items`, which is a population without end,
    `precision` is of the mean. AuditError where a spread, precision or population is not above 0.

    Example:
        >>> amount_size(5000, 120.0, 50_000.0, "0.95")
        499
    """
    require_counts(items)
    if not (spread > 0 and precision > 0) or (items is not None and items < 1):
        raise make_usage_error("A spread, precision or population is not above 0", "Give what is known of one item.")
    unlimited = (z_value(level) * (items or 1) * spread / precision) ** 2
    return ceil(unlimited if items is None else unlimited / (1 + unlimited / items))


def amount_limits(misstatement: Misstatement, level: Rate = "0.95", *, finite: bool = True) -> tuple[float, float]:
    """Two-sided limits on misstatement by Student's t; `finite` applies the finite population correction.

    Their level fails where few items are misstated, for the sample then often shows no error at all (Neter & Loebbecke
    1975, Behavior of Major Statistical Estimators in Sampling Accounting Populations). In the unit of the values.

    Example:
        >>> [round(limit, 1) for limit in amount_limits(Misstatement(1350.0, 400.0, 59, 0.1), "0.95")]
        [590.7, 2109.3]
    """
    reach = float(t.isf(float((1 - parse_share(level)) / 2), misstatement.freedom)) * misstatement.error
    reach *= float(np.sqrt(1 - misstatement.sampled)) if finite else 1.0
    return misstatement.estimate - reach, misstatement.estimate + reach


def _make_misstatement(estimate: float, rest: Shares, items: int, fitted: int) -> Misstatement:
    n = len(rest)
    variance = float(np.square(rest - rest.mean()).sum()) / (n - fitted)
    return Misstatement(estimate, items * float(np.sqrt(variance / n)), n - fitted, n / items)


def _check_values(book: ArrayLike, audited: ArrayLike, items: int) -> tuple[Shares, Shares]:
    before, after = np.asarray(book, dtype=float), np.asarray(audited, dtype=float)
    if before.ndim != 1 or before.shape != after.shape or not 3 <= len(before) <= items:
        raise make_usage_error("Fewer than three items were drawn, or more than there are", "Draw more items.")
    if not np.all(np.isfinite(before) & np.isfinite(after)):
        raise make_usage_error("A value is missing or not a number", "Give both values of each item drawn.")
    return before, after
