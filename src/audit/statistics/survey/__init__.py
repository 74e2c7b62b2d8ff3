"""Estimates from weighted, stratified, clustered samples in one or two stages, with linearised (Taylor) variances.

Units are rows; strata, clusters and domains are whole-number codes from 0. A sample in which each unit was drawn by
itself has no clusters. Build a design with `survey_design`, then estimate `domain_means` or `domain_totals`; limits on
a share are in `audit.statistics.intervals` (`korn_graubard`). Särndal, Swensson & Wretman 1992, Model Assisted Survey
Sampling, chapters 4, 5 and 10.
"""

from audit.statistics.survey.design import SurveyDesign, poststratify, survey_design
from audit.statistics.survey.estimates import (
    DomainEstimates,
    SurveyChange,
    design_effect,
    domain_means,
    domain_totals,
    survey_change,
    survey_mean,
    survey_total,
    t_limits,
)

__all__ = [
    "DomainEstimates",
    "SurveyChange",
    "SurveyDesign",
    "design_effect",
    "domain_means",
    "domain_totals",
    "poststratify",
    "survey_change",
    "survey_design",
    "survey_mean",
    "survey_total",
    "t_limits",
]
