"""Ranks of offices with what is not known of them: between which places each may stand."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from audit.errors import make_usage_error
from audit.statistics.parameters import Counts, Rate, parse_share


class RankSets(NamedTuple):
    """The best and the worst place of each office; 1 is the highest estimate."""

    best: Counts
    worst: Counts


def marginal_rank_sets(estimates: ArrayLike, errors: ArrayLike, level: Rate = "0.95") -> RankSets:
    """Ranks that each office's true rank lies in with probability `level`: for a reader of that office alone.

    Each office is compared with every other, Bonferroni's correction taken for the comparisons (Mogstad, Romano, Shaikh
    & Wilhelm 2024, Review of Economic Studies 91:476, marginal sets). `estimates` and their standard `errors` are of
    independent offices and near to normal. AuditError where an error is not above 0, or is missing.

    Example:
        >>> marginal_rank_sets([0.9, 0.8, 0.5], [0.03, 0.05, 0.05], "0.95")
        RankSets(best=array([1, 1, 3]), worst=array([2, 2, 3]))
    """
    values = np.asarray(estimates, dtype=float)
    return _rank_sets(values, errors, level, len(values) - 1)


def joint_rank_sets(estimates: ArrayLike, errors: ArrayLike, level: Rate = "0.95") -> RankSets:
    """Ranks that all offices' true ranks lie in, at once, with probability `level`: for a league table.

    Mogstad, Romano, Shaikh & Wilhelm 2024, Review of Economic Studies 91:476, joint sets.

    AuditError as `marginal_rank_sets`.

    Example:
        >>> joint_rank_sets([0.9, 0.8, 0.5], [0.03, 0.05, 0.05], "0.95")
        RankSets(best=array([1, 1, 3]), worst=array([2, 2, 3]))
    """
    values = np.asarray(estimates, dtype=float)
    return _rank_sets(values, errors, level, len(values) * (len(values) - 1) // 2)


def _rank_sets(estimates: np.ndarray, errors: ArrayLike, level: Rate, comparisons: int) -> RankSets:
    error = np.asarray(errors, dtype=float)
    if estimates.ndim != 1 or estimates.shape != error.shape or len(estimates) < 1 or not np.all(error > 0):
        raise make_usage_error(
            "An error is not above 0, or is missing", "Give an estimate and a standard error an office."
        )
    reach = norm.isf(float(1 - parse_share(level)) / (2 * max(comparisons, 1)))
    apart = (estimates[:, None] - estimates) / np.hypot(error[:, None], error)
    return RankSets(1 + np.sum(apart < -reach, axis=1), len(estimates) - np.sum(apart > reach, axis=1))
