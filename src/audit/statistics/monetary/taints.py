"""Taints: the misstated shares of the book values of the units that a monetary unit sample drew."""

import numpy as np
from numpy.typing import ArrayLike

from audit.statistics.parameters import Shares, usage


def every(taints: ArrayLike, n: int) -> Shares:
    """The taints of all `n` units drawn, zeros too; refuses more taints than units, or one that is not a number."""
    found = np.asarray(taints, dtype=float)
    if found.ndim != 1 or len(found) > n or n < 1 or not np.all(np.isfinite(found)):
        raise usage("The taints do not fit the sample", "Give the taint of each misstated unit among the n drawn.")
    return np.concatenate([found, np.zeros(n - len(found))])


def overstated(taints: ArrayLike, n: int) -> Shares:
    """The taints above 0, the largest first; refuses a unit misstated by more than its book value."""
    found = every(taints, n)
    if np.any(found > 1):
        raise usage("A taint is above 1", "Audit units that are misstated by more than their book value apart.")
    return np.sort(found[found > 0])[::-1]


def understated(taints: ArrayLike, n: int) -> Shares:
    """The size of the taints below 0, the largest first."""
    found = every(taints, n)
    return np.sort(-found[found < 0])[::-1]
