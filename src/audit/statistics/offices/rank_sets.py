"""Ranks of offices with what is not known of them: between which places each may stand."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from audit.statistics.parameters import Counts, Rate, share, usage


class Ranks(NamedTuple):
    """The best and the worst place of each office; 1 is the highest estimate."""

    best: Counts
    worst: Counts


def rank_of_one(estimates: ArrayLike, errors: ArrayLike, level: Rate) -> Ranks:
    """Places that hold each office's true one with probability `level`, for a reader who looks at that office alone.

    Each office is compared with every other, Bonferroni's correction taken for the comparisons (Mogstad, Romano,
    Shaikh & Wilhelm 2024, Review of Economic Studies 91:476, marginal sets). `estimates` and their standard `errors`
    are of independent offices and near to normal.
    """
    found = np.asarray(estimates, dtype=float)
    return _places(found, errors, level, len(found) - 1)


def ranks_of_all(estimates: ArrayLike, errors: ArrayLike, level: Rate) -> Ranks:
    """Places that hold all true ones at once with probability `level`: for a league table (the same, joint sets)."""
    found = np.asarray(estimates, dtype=float)
    return _places(found, errors, level, len(found) * (len(found) - 1) // 2)


def _places(found: np.ndarray, errors: ArrayLike, level: Rate, comparisons: int) -> Ranks:
    error = np.asarray(errors, dtype=float)
    if found.ndim != 1 or found.shape != error.shape or len(found) < 1 or not np.all(error > 0):
        raise usage("An error is not above 0, or is missing", "Give an estimate and a standard error an office.")
    reach = norm.isf(float(1 - share(level)) / (2 * max(comparisons, 1)))
    apart = (found[:, None] - found) / np.hypot(error[:, None], error)
    return Ranks(1 + np.sum(apart < -reach, axis=1), len(found) - np.sum(apart > reach, axis=1))
