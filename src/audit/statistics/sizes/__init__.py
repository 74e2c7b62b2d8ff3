"""How many cases a plan takes, how they are shared among strata, and what a plan lets pass.

A population is a number of cases, or `None` where it has no end. Rates are taken exactly as typed.

- To show that a rate is below the tolerable one: `attribute_plan`, `discovery_size`, `critical_size`, in two stages
  `two_stage_size`; from a prior `beta_size` and its like.
- To say a rate to within a margin: `precision_size`, `wilson_size`; a change: `change_size`.
- What a result shows: `evaluate_deviations`, `bayes_factor`; what a plan lets pass: `operating_curve`, `power_curve`.
- Among strata: `proportional_allocation`, `neyman_allocation`, `cost_allocation`.
"""

from audit.statistics.sizes.acceptance import (
    Decision,
    PowerCurve,
    ToleranceConclusion,
    acceptance_plan,
    assessable_size,
    evaluate_deviations,
    operating_curve,
    power_curve,
    two_stage_size,
)
from audit.statistics.sizes.allocation import (
    affordable_size,
    cost_allocation,
    equal_allocation,
    neyman_allocation,
    proportional_allocation,
)
from audit.statistics.sizes.attribute import (
    AttributePlan,
    attribute_plan,
    attribute_size,
    critical_size,
    discovery_chance,
    discovery_size,
    poisson_plan,
)
from audit.statistics.sizes.bayesian import bayes_factor, beta_binomial_size, beta_size, gamma_size, impartial_prior
from audit.statistics.sizes.precision import (
    SurveySize,
    change_size,
    finite_size,
    fleiss_size,
    log_odds_size,
    precision_margin,
    precision_size,
    survey_size,
    wald_size,
    wilson_size,
)

__all__ = [
    "AttributePlan",
    "Decision",
    "PowerCurve",
    "SurveySize",
    "ToleranceConclusion",
    "acceptance_plan",
    "affordable_size",
    "assessable_size",
    "attribute_plan",
    "attribute_size",
    "bayes_factor",
    "beta_binomial_size",
    "beta_size",
    "change_size",
    "cost_allocation",
    "critical_size",
    "discovery_chance",
    "discovery_size",
    "equal_allocation",
    "evaluate_deviations",
    "finite_size",
    "fleiss_size",
    "gamma_size",
    "impartial_prior",
    "log_odds_size",
    "neyman_allocation",
    "operating_curve",
    "poisson_plan",
    "power_curve",
    "precision_margin",
    "precision_size",
    "proportional_allocation",
    "survey_size",
    "two_stage_size",
    "wald_size",
    "wilson_size",
]
