"""Limits on misstatement that bets against it prove: valid in every population, at every sample size."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from audit.errors import make_usage_error
from audit.statistics.monetary.taints import complete_taints, select_overstatements
from audit.statistics.parameters import Rate, parse_share

# Shares of the largest bet that cannot ruin, from the boldest; a mixture over them needs no bet chosen from the data.
BET_SHARES: Final = np.array([1.0, 0.85, 0.7, 0.55, 0.4, 0.25, 0.1])


def betting_bound(taints: ArrayLike, n: int, confidence: Rate = "0.95") -> float:
    """Betting bound on misstatement, for units drawn with replacement: valid in every population, at every size.

    Against a mean taint of m or more, a bet of c / (1 - m) multiplies the stake by 1 - c (taint - m) / (1 - m) at each
    unit; the mean over the bets `BET_SHARES` is no more than 1 in expectation, so it exceeds 1 / risk with a
    probability of risk at most (Waudby-Smith & Ramdas 2024, Journal of the Royal Statistical Society B 86:1: their
    diversified bets). The order of the units changes nothing. Taints up to 1; an understatement counts as 0. A share of
    the book value. AuditError where there are more taints than units drawn, or one is above 1.

    Example:
        >>> round(betting_bound([0.4, 0.1], 60, "0.95"), 4)
        0.0765
    """
    over = select_overstatements(taints, n)
    values, times = np.append(over, 0.0), np.append(np.ones(len(over)), n - len(over))
    target = -np.log(float(1 - parse_share(confidence)))

    def beyond(m: float) -> float:
        won = 1 - BET_SHARES[:, None] * (values - m) / (1 - m)
        return float(_log_mean(_log_winnings(won) @ times) - target)

    return _find_crossing(beyond, float(values @ times / n))


def sequential_betting_bound(taints: ArrayLike, amounts: ArrayLike, total: float, confidence: Rate = "0.95") -> float:
    """Betting bound on misstatement, for units drawn one by one without replacement: valid whenever the auditor stops.

    `taints` (with zeros) and book `amounts` of all units drawn, in the order of the draw, from a book value of `total`.
    What has been audited is known, so the limit sharpens as the sample grows, and holds whenever the auditor stops
    (Shekhar, Xu, Lipton, Liang & Ramdas 2023, Uncertainty in Artificial Intelligence). AuditError where the amounts do
    not fit the taints or the total.

    Example:
        >>> round(sequential_betting_bound([0.4, 0, 0.1], [500, 200, 300], 1200, "0.95"), 4)
        0.3583
    """
    weights = np.asarray(amounts, dtype=float)
    select_overstatements(taints, len(weights))  # refuses what cannot be
    values = np.maximum(complete_taints(taints, len(weights)), 0.0)
    if np.size(taints) != len(weights) or not np.all(weights > 0) or weights.sum() > total * (1 + 1e-12):
        raise make_usage_error(
            "The amounts do not fit the taints or the book value", "Give each unit drawn its book value."
        )
    misstatements, audited_amounts = np.cumsum(values * weights), np.cumsum(weights)
    found_before, left = misstatements - values * weights, total - audited_amounts + weights
    target = -np.log(float(1 - parse_share(confidence)))

    def beyond(m: float) -> float:
        mean = (total * m - found_before) / left  # the mean taint of what remained at each draw, were m true
        if np.any(mean >= 1):
            return np.inf
        won = 1 - BET_SHARES[:, None] * (values - mean) / (1 - mean)
        return float(np.max(_log_mean(np.cumsum(_log_winnings(won), axis=1))) - target)

    unseen = max(0.0, 1 - audited_amounts[-1] / total)
    known = float(misstatements[-1] / total)
    return float(min(_find_crossing(beyond, known), known + unseen))


def _log_winnings(won: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        return np.log(np.maximum(won, 0.0))


def _log_mean(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The logarithm of the mean over the bets, the first axis."""
    top = np.max(logs, axis=0)
    return np.asarray(top + np.log(np.mean(np.exp(logs - np.where(np.isfinite(top), top, 0.0)), axis=0)))


def _find_crossing(beyond: Callable[[float], float], low: float) -> float:
    """Where the bets, which win ever more against a larger misstatement, first win what the risk asks."""
    high = 1 - 1e-12
    if beyond(high) < 0:
        return 1.0
    if beyond(low) >= 0:
        return low
    return float(brentq(lambda m: min(beyond(m), 1.0), low, high, xtol=1e-12))
