"""Taints: the misstated shares of the book values of the units that a monetary unit sample drew."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from audit.errors import make_usage_error
from audit.statistics.parameters import Shares, require_counts

MAXIMUM_UNITS: Final = 10**7  # monetary units in a sample


def complete_taints(taints: ArrayLike, n: int) -> Shares:
    """The taints of all `n` units drawn, zeros too; refuses more taints than units, or one that is not a number."""
    require_counts(n)
    if n > MAXIMUM_UNITS:
        raise make_usage_error(f"More than {MAXIMUM_UNITS:,} units are too many", "Draw fewer: no audit sees so many.")
    values = np.asarray(taints, dtype=float)
    if values.ndim != 1 or len(values) > n or n < 1 or not np.all(np.isfinite(values)):
        raise make_usage_error(
            "The taints do not fit the sample", "Give the taint of each misstated unit among the n drawn."
        )
    return np.concatenate([values, np.zeros(n - len(values))])


def select_overstatements(taints: ArrayLike, n: int) -> Shares:
    """The taints above 0, the largest first; refuses a unit misstated by more than its book value."""
    values = complete_taints(taints, n)
    if np.any(values > 1):
        raise make_usage_error(
            "A taint is above 1", "Audit units that are misstated by more than their book value apart."
        )
    return np.sort(values[values > 0])[::-1]


def select_understatements(taints: ArrayLike, n: int) -> Shares:
    """The size of the taints below 0, the largest first."""
    values = complete_taints(taints, n)
    return np.sort(-values[values < 0])[::-1]
