"""Limits that hold at every look at once, when to stop, and bets that give p-values at any time.

- `sequence_limits` after `x` of `n` in random order; `running_limits` after each case.
- `stopping_bounds` and `stopping_distribution`: when a review that stops at its conclusion will stop.
- `alpha_martingale`, `kaplan_markov`, `kaplan_wald` with `anytime_p_values`: claims on a mean.
"""

from audit.statistics.sequential.confidence_sequence import is_excluded, running_limits, sequence_limits
from audit.statistics.sequential.martingales import (
    alpha_martingale,
    anytime_p_values,
    fixed_guesses,
    kaplan_markov,
    kaplan_wald,
    shrinking_guesses,
)
from audit.statistics.sequential.stopping import (
    StoppingBounds,
    StoppingDistribution,
    stopping_bounds,
    stopping_distribution,
)

__all__ = [
    "StoppingBounds",
    "StoppingDistribution",
    "alpha_martingale",
    "anytime_p_values",
    "fixed_guesses",
    "is_excluded",
    "kaplan_markov",
    "kaplan_wald",
    "running_limits",
    "sequence_limits",
    "shrinking_guesses",
    "stopping_bounds",
    "stopping_distribution",
]
