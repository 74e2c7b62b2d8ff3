"""Which units to draw when each should come in by its size: from sizes and uniform numbers, the places of the drawn.

`sizes` are book values (whole numbers of the smallest coin are taken exactly) or any measure of size, none below 0; a
unit of size 0 is never drawn. The uniform numbers, from 0 to below 1, are the caller's: of a published seed, so that
anyone can redo the draw. Places count from 0 in the order of `sizes`.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.errors import make_usage_error
from audit.statistics.parameters import Counts, Shares, require_counts


def fixed_interval_selection(sizes: ArrayLike, n: int, start: float) -> Counts:
    """Fixed interval selection: every (total / n)-th monetary unit, from the `start`-th on.

    `start` is above 0 and at most the interval. A unit larger than the interval is drawn for certain, and once for each
    interval that it fills (AICPA 2017, Audit Sampling, chapter 6). AuditError where a size is below 0, or the start
    outside the first interval.

    Example:
        >>> fixed_interval_selection([500, 100, 1200, 200], 4, 250)
        array([0, 2, 2, 2])
    """
    require_counts(n)
    measures, total = _check_sizes(sizes, n)
    if not 0 < start * n <= total:
        raise make_usage_error("The start lies outside the first interval", "Start above 0 and at most at total / n.")
    points = start * n + np.arange(n) * total  # all times n, so that whole numbers stay whole
    return np.asarray(np.searchsorted(np.cumsum(measures) * n, points, side="left"))


def cell_selection(sizes: ArrayLike, uniforms: ArrayLike) -> Counts:
    """Cell selection: one monetary unit at random in each of as many equal cells as there are `uniforms`.

    Leslie, Teitlebaum & Anderson 1979, Dollar-Unit Sampling. A unit can be drawn by two neighbouring cells. AuditError
    where a size is below 0, or a number not from 0 to below 1.

    Example:
        >>> cell_selection([500, 100, 1200, 200], [0.3, 0.9, 0.1, 0.5])
        array([0, 2, 2, 2])
    """
    numbers = _check_uniforms(uniforms)
    measures, total = _check_sizes(sizes, len(numbers))
    points = (np.arange(len(numbers)) + numbers) * (total / len(numbers))
    places = np.searchsorted(np.cumsum(measures), points, side="right")
    return np.asarray(np.minimum(places, np.flatnonzero(measures)[-1]))  # rounding can take a point past the last unit


def sieve_sampling(sizes: ArrayLike, n: int, uniforms: ArrayLike) -> Counts:
    """Sieve sampling: each unit by itself, with a probability in proportion to its size; `n` are expected.

    One uniform number a unit (Rietveld 1978; Gill 1983). The draw does not hang on the order of the units. AuditError
    as `cell_selection`.

    Example:
        >>> sieve_sampling([500, 100, 1200, 200], 2, [0.3, 0.9, 0.1, 0.5])
        array([0, 2])
    """
    require_counts(n)
    measures, total = _check_sizes(sizes, n)
    numbers = _check_uniforms(uniforms, len(measures))
    return np.flatnonzero(measures * n > numbers * total)


def systematic_sampling(population: int, n: int, start: float) -> Counts:
    """Systematic sampling: every (population / n)-th unit of equal size, from the `start`-th on.

    Places from 0. Cochran 1977, Sampling Techniques, chapter 8. AuditError where the start lies outside the first
    interval.

    Example:
        >>> systematic_sampling(10, 5, 2)
        array([1, 3, 5, 7, 9])
    """
    require_counts(population, n)
    return fixed_interval_selection(np.ones(population, dtype=np.int64), n, start)


def inclusion_probabilities(sizes: ArrayLike, n: int) -> Shares:
    """Inclusion probabilities of a draw of `n` by size: at most 1, and `n` in sum.

    Units too large for it are certain, and the others share what is left (Särndal, Swensson & Wretman 1992, section
    3.6.2). AuditError where fewer units have a size than are to be drawn.

    Example:
        >>> inclusion_probabilities([500, 100, 1200, 200], 2)
        array([0.625, 0.125, 1.   , 0.25 ])
    """
    require_counts(n)
    measures, _ = _check_sizes(sizes, n)
    if np.count_nonzero(measures) < n:
        raise make_usage_error("Fewer units have a size than are to be drawn", "Draw fewer.")
    size = measures.astype(float)
    certain = np.zeros(len(size), dtype=bool)
    while True:
        rest = np.where(certain, 0.0, size)
        left = n - np.count_nonzero(certain)
        chance = np.where(certain, 1.0, left * rest / rest.sum() if left else 0.0)
        if not np.any(chance[~certain] >= 1):
            return chance
        certain |= chance >= 1


def sequential_poisson_sampling(sizes: ArrayLike, n: int, uniforms: ArrayLike) -> Counts:
    """Sequential Poisson sampling: the n units with the smallest uniform number over inclusion probability.

    With a permanent random number a unit, kept from month to month, samples overlap as far as sizes allow, and a longer
    draw holds the shorter (Ohlsson 1995; 1998, Journal of Official Statistics 14:149). Places in their order.
    AuditError as `inclusion_probabilities`.

    Example:
        >>> sequential_poisson_sampling([500, 100, 1200, 200], 2, [0.3, 0.9, 0.1, 0.5])
        array([0, 2])
    """
    require_counts(n)
    chance = inclusion_probabilities(sizes, n)
    numbers = _check_uniforms(uniforms, len(chance))
    with np.errstate(divide="ignore", invalid="ignore"):
        ranked = np.where(chance >= 1, -1.0, np.where(chance > 0, numbers / chance, np.inf))
    last = np.partition(ranked, n - 1)[n - 1]
    places = np.flatnonzero(ranked < last)
    return np.sort(np.concatenate([places, np.flatnonzero(ranked == last)[: n - len(places)]]))


def _check_sizes(sizes: ArrayLike, n: int) -> tuple[NDArray[Any], Any]:
    measures = np.asarray(sizes)
    if measures.ndim != 1 or not np.all(np.isfinite(measures)) or np.any(measures < 0) or not np.any(measures > 0):
        raise make_usage_error(
            "A size is below 0 or not a number, or none is above 0", "Set such units aside before the draw."
        )
    if n < 1:
        raise make_usage_error("The sample is empty", "Draw one unit or more.")
    total = measures.sum()
    if measures.dtype.kind in "iu" and int(total) * n > np.iinfo(np.int64).max // 2:
        measures, total = measures.astype(float), float(total)
    return measures, total


def _check_uniforms(uniforms: ArrayLike, units: int | None = None) -> Shares:
    numbers = np.asarray(uniforms, dtype=float)
    if numbers.ndim != 1 or (units is not None and len(numbers) != units):
        raise make_usage_error("There is not one uniform number a unit", "Give as many as there are units.")
    if not np.all((numbers >= 0) & (numbers < 1)):
        raise make_usage_error(
            "A uniform number is not from 0 to below 1", "Divide whole random numbers by their range."
        )
    return numbers
