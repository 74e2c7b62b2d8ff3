"""Confidence limits of shares and counts, and of their differences.

`x` of a kind among `n`, whole numbers or arrays of one shape; a level is two-sided, a confidence belongs to one side.
Which limits an audit reports of its rates is chosen in `audit.estimation.rate_limits`.

- A sample drawn from a list: `hypergeometric_limits` (the default), `optimal_limits` (shorter, both sides together).
- A population that is unknown, or far larger: `clopper_pearson`, `blaker`, and the approximate intervals by name.
- Strata drawn apart: `melded_limits`, `wendell_schmee_limits`, `stratified_korn_graubard`, `wald_t`.
- A complex sample, from a share and its error: `korn_graubard` and the others of R's svyciprop.
- Several kinds at once: `goodman`, `sison_glaz`. Events by exposure: `poisson_limits`.
- Two shares: `miettinen_nurminen`, `newcombe`, `fisher_test`; of the same cases: `mcnemar_test`.
- Cases that could not be assessed: left out, `assessable_limits`, of strata `melded_assessable_limits`; whatever they
  are, `identification_bounds`, `region_limits`, `tipping_point`.
"""

from audit.statistics.intervals.assessable import (
    CountLimit,
    assessable_limits,
    assessable_tail,
    melded_assessable_limits,
)
from audit.statistics.intervals.binomial import (
    BinomialInterval,
    agresti_coull,
    arcsine,
    blaker,
    jeffreys,
    likelihood_ratio,
    logit,
    mid_p,
    modified_wilson,
    pratt,
    wald,
    wilson,
    wilson_corrected,
)
from audit.statistics.intervals.change import (
    FisherTest,
    McNemarTest,
    agresti_caffo,
    fisher_test,
    mcnemar_test,
    miettinen_nurminen,
    miettinen_nurminen_odds,
    miettinen_nurminen_ratio,
    newcombe,
    newcombe_corrected,
    wald_difference,
)
from audit.statistics.intervals.exact import (
    binomial_tails,
    binomial_upper,
    clopper_pearson,
    hypergeometric_limits,
    hypergeometric_lower,
    hypergeometric_upper,
    poisson_limits,
)
from audit.statistics.intervals.missing_outcomes import (
    IdentificationBounds,
    identification_bounds,
    region_limits,
    tipping_odds,
    tipping_point,
    unassessed_plan,
)
from audit.statistics.intervals.multinomial import goodman, sison_glaz
from audit.statistics.intervals.optimal import optimal_limits
from audit.statistics.intervals.stratified import (
    StratifiedEstimate,
    melded_limits,
    stratified_korn_graubard,
    stratified_mean,
    stratified_proportion,
    wald_t,
    wendell_schmee_limits,
)
from audit.statistics.intervals.survey_proportion import (
    arcsine_limits,
    korn_graubard,
    likelihood_limits,
    logit_limits,
    mean_limits,
)

__all__ = [
    "BinomialInterval",
    "CountLimit",
    "FisherTest",
    "IdentificationBounds",
    "McNemarTest",
    "StratifiedEstimate",
    "agresti_caffo",
    "agresti_coull",
    "arcsine",
    "arcsine_limits",
    "assessable_limits",
    "assessable_tail",
    "binomial_tails",
    "binomial_upper",
    "blaker",
    "clopper_pearson",
    "fisher_test",
    "goodman",
    "hypergeometric_limits",
    "hypergeometric_lower",
    "hypergeometric_upper",
    "identification_bounds",
    "jeffreys",
    "korn_graubard",
    "likelihood_limits",
    "likelihood_ratio",
    "logit",
    "logit_limits",
    "mcnemar_test",
    "mean_limits",
    "melded_assessable_limits",
    "melded_limits",
    "mid_p",
    "miettinen_nurminen",
    "miettinen_nurminen_odds",
    "miettinen_nurminen_ratio",
    "modified_wilson",
    "newcombe",
    "newcombe_corrected",
    "optimal_limits",
    "poisson_limits",
    "pratt",
    "region_limits",
    "sison_glaz",
    "stratified_korn_graubard",
    "stratified_mean",
    "stratified_proportion",
    "tipping_odds",
    "tipping_point",
    "unassessed_plan",
    "wald",
    "wald_difference",
    "wald_t",
    "wendell_schmee_limits",
    "wilson",
    "wilson_corrected",
]
