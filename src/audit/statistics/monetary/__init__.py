"""Amounts: monetary unit sampling (sizes, selection, bounds on misstatement) and variables sampling.

A taint (tainting) is the misstated share of a unit's book value. Bounds are shares of the book value, upper and
one-sided; only those in `PROVEN_BOUNDS` hold their confidence in every population.

- How many monetary units: `poisson_size`, `binomial_size`, `hypergeometric_size`; the factors of printed tables.
- Which: `fixed_interval_selection`, `cell_selection`, `sieve_sampling`, `sequential_poisson_sampling`; the steps of
  each that a draw from a published seed shares with them: `interval_hits`, `certain_units`, `smallest_quotients`.
- At most how much is misstated: `counted_bound`, `betting_bound`, `stringer_binomial` and the others by name.
- A total from items drawn at random: `mean_per_unit`, `difference_estimate`, `ratio_estimate`, `regression_estimate`.
"""

from audit.statistics.monetary.betting_bounds import betting_bound, sequential_betting_bound
from audit.statistics.monetary.bounds import (
    PROVEN_BOUNDS,
    binomial_bound,
    cell_bound,
    counted_bound,
    cox_snell_bound,
    cox_snell_mode,
    mean_bound,
    moment_bound,
    poisson_bound,
    pps_bound,
    rohrbach_bound,
    stringer_binomial,
    stringer_lta,
    stringer_meikle,
    stringer_poisson,
    stringer_pvz,
)
from audit.statistics.monetary.difference_estimation import (
    Misstatement,
    amount_limits,
    amount_size,
    difference_estimate,
    mean_per_unit,
    ratio_estimate,
    regression_estimate,
)
from audit.statistics.monetary.selection import (
    cell_selection,
    certain_units,
    fixed_interval_selection,
    inclusion_probabilities,
    interval_hits,
    sequential_poisson_sampling,
    sieve_sampling,
    smallest_quotients,
    systematic_sampling,
)
from audit.statistics.monetary.sizes import (
    binomial_size,
    confidence_factor,
    expected_taints,
    hypergeometric_size,
    poisson_size,
    reliability_factor,
)

__all__ = [
    "PROVEN_BOUNDS",
    "Misstatement",
    "amount_limits",
    "amount_size",
    "betting_bound",
    "binomial_bound",
    "binomial_size",
    "cell_bound",
    "cell_selection",
    "certain_units",
    "confidence_factor",
    "counted_bound",
    "cox_snell_bound",
    "cox_snell_mode",
    "difference_estimate",
    "expected_taints",
    "fixed_interval_selection",
    "hypergeometric_size",
    "inclusion_probabilities",
    "interval_hits",
    "mean_bound",
    "mean_per_unit",
    "moment_bound",
    "poisson_bound",
    "poisson_size",
    "pps_bound",
    "ratio_estimate",
    "regression_estimate",
    "reliability_factor",
    "rohrbach_bound",
    "sequential_betting_bound",
    "sequential_poisson_sampling",
    "sieve_sampling",
    "smallest_quotients",
    "stringer_binomial",
    "stringer_lta",
    "stringer_meikle",
    "stringer_poisson",
    "stringer_pvz",
    "systematic_sampling",
]
