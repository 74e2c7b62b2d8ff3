"""Many offices or many months at once: what differs by more than chance, and how far.

- Funnels: `binomial_funnel`, `overdispersed_funnel`, `estimate_dispersion`.
- Months: `p_chart`, `laney_chart`, `prediction_limits`, `run_chart`.
- Many tests: `benjamini_hochberg` and the others, `fcr_level` for the limits of those flagged.
- Shrinkage: `shrink_estimates`, `robust_limits`. Ranks: `joint_rank_sets`. Reliability: `anova_icc`, `logit_icc`.
"""

from audit.statistics.offices.control_charts import (
    ControlChart,
    RunChart,
    crossings_required,
    laney_chart,
    longest_run_allowed,
    p_chart,
    prediction_limits,
    run_chart,
)
from audit.statistics.offices.funnel import binomial_funnel
from audit.statistics.offices.multiple_testing import (
    benjamini_hochberg,
    benjamini_yekutieli,
    bonferroni,
    fcr_level,
    hochberg,
    holm,
    hommel,
    sidak,
    simultaneous_level,
)
from audit.statistics.offices.overdispersion import (
    Dispersion,
    arcsine_z_scores,
    between_office_variance,
    dispersion_ratio,
    estimate_dispersion,
    overdispersed_funnel,
)
from audit.statistics.offices.rank_sets import RankSets, joint_rank_sets, marginal_rank_sets
from audit.statistics.offices.reliability import LogitNormal, anova_icc, logit_icc, rate_reliability
from audit.statistics.offices.shrinkage import (
    ShrinkageEstimates,
    arcsine_transform,
    der_simonian_laird,
    log_odds,
    paule_mandel,
    restricted_likelihood,
    robust_limits,
    shrink_estimates,
)

__all__ = [
    "ControlChart",
    "Dispersion",
    "LogitNormal",
    "RankSets",
    "RunChart",
    "ShrinkageEstimates",
    "anova_icc",
    "arcsine_transform",
    "arcsine_z_scores",
    "benjamini_hochberg",
    "benjamini_yekutieli",
    "between_office_variance",
    "binomial_funnel",
    "bonferroni",
    "crossings_required",
    "der_simonian_laird",
    "dispersion_ratio",
    "estimate_dispersion",
    "fcr_level",
    "hochberg",
    "holm",
    "hommel",
    "joint_rank_sets",
    "laney_chart",
    "log_odds",
    "logit_icc",
    "longest_run_allowed",
    "marginal_rank_sets",
    "overdispersed_funnel",
    "p_chart",
    "paule_mandel",
    "prediction_limits",
    "rate_reliability",
    "restricted_likelihood",
    "robust_limits",
    "run_chart",
    "shrink_estimates",
    "sidak",
    "simultaneous_level",
]
