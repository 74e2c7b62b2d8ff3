"""Which units to draw when each should come in by its size: from sizes and uniform numbers, the places of the drawn.

`sizes` are book values (whole numbers of the smallest coin are taken exactly) or any measure of size, none below 0; a
unit of size 0 is never drawn. The uniform numbers, from 0 to below 1, are the caller's: of a published seed, so that
anyone can redo the draw. Places count from 0 in the order of `sizes`.
"""

from collections.abc import Sequence
from fractions import Fraction
from heapq import nsmallest
from math import ceil, floor
from typing import Any, Literal

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
    first = Fraction(start * n)  # a start in n-ths of a unit is whole
    return _find_units_at(measures, [(first + k * Fraction(total)) / n for k in range(n)], side="left")


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
    places = interval_hits(measures, Fraction(total) / len(numbers), [Fraction(number) for number in numbers.tolist()])
    return np.asarray(
        np.minimum(places, np.flatnonzero(measures)[-1])
    )  # rounded sizes can leave a point past the last unit


def interval_hits(sizes: ArrayLike, interval: Fraction, shares: Sequence[Fraction]) -> Counts:
    """Hits at intervals: the place of the unit hit in each interval, so large a share of it past its beginning.

    Intervals follow one another over the cumulated sizes, from 0 on. One share for all is a draw at fixed intervals, a
    share each a draw from cells (Leslie, Teitlebaum & Anderson 1979, Dollar-Unit Sampling). Exact for sizes that are
    whole numbers. A point past the last unit has the place after it: len(sizes).

    Example:
        >>> interval_hits([500, 100, 1200, 200], Fraction(900), [Fraction(1, 3)] * 3)
        array([0, 2, 4])
    """
    points = [(k + share) * interval for k, share in enumerate(shares)]
    return _find_units_at(np.asarray(sizes), points, side="right")


def _find_units_at(measures: NDArray[Any], points: Sequence[Fraction], *, side: Literal["left", "right"]) -> Counts:
    """The units that hold these points of the cumulated sizes; one on the border of two is of the left or the right."""
    ends = np.cumsum(measures)
    if measures.dtype.kind not in "iu":
        return np.asarray(np.searchsorted(ends, np.array([float(point) for point in points]), side=side))
    whole = [ceil(point) - 1 if side == "left" else floor(point) for point in points]
    return np.asarray(np.searchsorted(ends, np.array(whole, dtype=ends.dtype), side="right"))


def sieve_sampling(sizes: ArrayLike, n: int, uniforms: ArrayLike) -> Counts:
    """Sieve sampling: each unit by itself, with a probability in proportion to its size; `n` are expected.

    One uniform number a unit (Rietveld 1978, Compact 15:2; Gill 1983). The draw does not hang on the order of the
    units. AuditError as `cell_selection`.

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
    certain = certain_units(measures, n)
    rest = np.where(certain, 0.0, measures.astype(float))
    left = n - np.count_nonzero(certain)
    return np.where(certain, 1.0, left * rest / rest.sum() if left else 0.0)


def certain_units(sizes: ArrayLike, n: int) -> NDArray[np.bool_]:
    """Certain units: those that a draw of `n` by size is sure to take, as large as a share of what is left to draw.

    The rule is applied again to the other units and what is then left to draw, until it names none (Särndal, Swensson &
    Wretman 1992, section 3.6.2). Exact for sizes that are whole numbers.

    Example:
        >>> certain_units([500, 100, 1200, 200], 2)
        array([False, False,  True, False])
    """
    require_counts(n)
    measures = np.asarray(sizes)
    certain = np.zeros(len(measures), dtype=bool)
    while (left := n - int(np.count_nonzero(certain))) > 0 and (total := measures[~certain].sum()) > 0:
        least = -(-int(total) // left) if measures.dtype.kind in "iu" else total / left
        large = ~certain & (measures >= least)
        if not large.any():
            break
        certain |= large
    return certain


def sequential_poisson_sampling(sizes: ArrayLike, n: int, uniforms: ArrayLike) -> Counts:
    """Sequential Poisson sampling: the n units with the smallest uniform number over inclusion probability.

    With a permanent random number a unit, kept from month to month, samples overlap as far as sizes allow, and a longer
    draw holds the shorter (Ohlsson 1995, in Business Survey Methods, 153; 1998, Journal of Official Statistics 14:149).
    Places in their order. AuditError as `inclusion_probabilities`.

    Example:
        >>> sequential_poisson_sampling([500, 100, 1200, 200], 2, [0.3, 0.9, 0.1, 0.5])
        array([0, 2])
    """
    require_counts(n)
    measures, _ = _check_sizes(sizes, n)
    if np.count_nonzero(measures) < n:
        raise make_usage_error("Fewer units have a size than are to be drawn", "Draw fewer.")
    numbers = _check_uniforms(uniforms, len(measures))
    certain = certain_units(measures, n)
    (others,) = np.nonzero(~certain & (measures > 0))
    left = n - int(np.count_nonzero(certain))
    smallest = smallest_quotients(numbers[others].tolist(), measures[others].tolist(), left)
    return np.sort(np.concatenate([np.flatnonzero(certain), others[smallest]]))


def smallest_quotients(numbers: Sequence[float], sizes: Sequence[float], n: int) -> list[int]:
    """The smallest quotients of random number and size: the places of `n` units, in the order of their quotients.

    Equal quotients go by number, then by place (Ohlsson 1998, Journal of Official Statistics 14:149). Exact for whole
    numbers below 2^256 and whole sizes below 2^63, none of them 0: two quotients then differ by 2^-126 at least, so
    that their whole parts after 128 more binary places are in the same order.

    Example:
        >>> smallest_quotients([3, 9, 4], [500, 100, 1200], 2)
        [2, 0]
    """
    require_counts(n)
    quotients = [
        (number << 128) // size if isinstance(number, int) and isinstance(size, int) else number / size
        for number, size in zip(numbers, sizes, strict=True)
    ]
    return nsmallest(n, range(len(quotients)), key=lambda place: (quotients[place], numbers[place]))


def _check_sizes(sizes: ArrayLike, n: int) -> tuple[NDArray[Any], int | float]:
    measures = np.asarray(sizes)
    if measures.ndim != 1 or not np.all(np.isfinite(measures)) or np.any(measures < 0) or not np.any(measures > 0):
        raise make_usage_error(
            "A size is below 0 or not a number, or none is above 0", "Set such units aside before the draw."
        )
    if n < 1:
        raise make_usage_error("The sample is empty", "Draw one unit or more.")
    if measures.dtype.kind in "iu" and measures.sum(dtype=float) < np.iinfo(np.int64).max // 2:
        return measures, int(measures.sum())
    return measures.astype(float), float(measures.sum(dtype=float))


def _check_uniforms(uniforms: ArrayLike, units: int | None = None) -> Shares:
    numbers = np.asarray(uniforms, dtype=float)
    if numbers.ndim != 1 or (units is not None and len(numbers) != units):
        raise make_usage_error("There is not one uniform number a unit", "Give as many as there are units.")
    if not np.all((numbers >= 0) & (numbers < 1)):
        raise make_usage_error(
            "A uniform number is not from 0 to below 1", "Divide whole random numbers by their range."
        )
    return numbers
