"""Means, totals, shares and changes estimated from a survey sample, by domain, with their standard errors."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t

from audit.errors import make_usage_error
from audit.statistics.parameters import Counts, Rate, Shares, parse_share, require_counts
from audit.statistics.survey.design import SurveyDesign, check_codes
from audit.statistics.survey.variance import estimate_variances, find_pairs, find_residuals, sum_by_code


class DomainEstimates(NamedTuple):
    """An estimate a domain; not a number where a domain holds no case: no information."""

    estimate: Shares
    error: Shares  # the standard error
    freedom: Counts  # degrees of freedom: the domain's own clusters less its own strata
    cases: Counts  # rows in the domain


class SurveyChange(NamedTuple):
    """The change of a mean between two periods."""

    change: float
    error: float
    covariance: float  # of the two means, from units seen in both
    freedom: int


def survey_mean(design: SurveyDesign, values: ArrayLike) -> DomainEstimates:
    """The weighted mean of all rows; of values 0 and 1, a share.

    Särndal, Swensson & Wretman 1992, Model Assisted Survey Sampling, chapter 5. AuditError where a value is not a
    number.

    Example:
        >>> from audit.statistics.survey import survey_design
        >>> design = survey_design([10.0] * 6, strata=[0, 0, 0, 1, 1, 1], population=[30, 30])
        >>> mean = survey_mean(design, [1, 0, 1, 1, 1, 0])
        >>> mean.estimate.round(3), mean.error.round(3), mean.freedom
        (array([0.667]), array([0.224]), array([4]))
    """
    return domain_means(design, values, np.zeros(len(design.weights), dtype=np.int64), 1)


def survey_total(design: SurveyDesign, values: ArrayLike) -> DomainEstimates:
    """The weighted total of all rows.

    Särndal, Swensson & Wretman 1992, Model Assisted Survey Sampling, chapter 5. AuditError where a value is not a
    number.

    Example:
        >>> from audit.statistics.survey import survey_design
        >>> design = survey_design([10.0] * 6, strata=[0, 0, 0, 1, 1, 1], population=[30, 30])
        >>> survey_total(design, [1, 0, 1, 1, 1, 0]).estimate
        array([40.])
    """
    return domain_totals(design, values, np.zeros(len(design.weights), dtype=np.int64), 1)


def domain_means(design: SurveyDesign, values: ArrayLike, domains: ArrayLike, number: int) -> DomainEstimates:
    """The weighted mean in each of `number` domains (of values 0 and 1, a share), by the whole sample's design.

    A domain's size is not known but estimated, so its mean is a ratio (Särndal, Swensson & Wretman 1992, section 10.3).
    Degrees of freedom are the domain's own, as svyby of R survey counts them. AuditError where a value is not a number,
    or a code is beyond the domains.

    Example:
        >>> from audit.statistics.survey import survey_design
        >>> design = survey_design([10.0] * 6, strata=[0, 0, 0, 1, 1, 1], population=[30, 30])
        >>> domain_means(design, [1, 0, 1, 1, 1, 0], [0, 0, 1, 0, 1, 1], 2).estimate.round(3)
        array([0.667, 0.667])
    """
    require_counts(number)
    y, domain = _check_values(values, design), check_codes(domains, len(design.weights), number)
    size = np.bincount(domain, design.weights, number)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(domain, design.weights * y, number) / size
        influence = design.weights * (y - mean[domain]) / size[domain]
    return _make_estimates(design, mean, influence, domain)


def domain_totals(design: SurveyDesign, values: ArrayLike, domains: ArrayLike, number: int) -> DomainEstimates:
    """The weighted total in each of `number` domains; 0, without a standard error, where a domain has no case.

    Särndal, Swensson & Wretman 1992, section 10.3. AuditError as `domain_means`.

    Example:
        >>> from audit.statistics.survey import survey_design
        >>> design = survey_design([10.0] * 6, strata=[0, 0, 0, 1, 1, 1], population=[30, 30])
        >>> domain_totals(design, [1, 0, 1, 1, 1, 0], [0, 0, 1, 0, 1, 1], 2).estimate
        array([20., 20.])
    """
    require_counts(number)
    y, domain = _check_values(values, design), check_codes(domains, len(design.weights), number)
    influence = design.weights * y
    return _make_estimates(design, sum_by_code(domain, influence, number), influence, domain)


def t_limits(estimates: DomainEstimates, level: Rate = "0.95") -> tuple[Shares, Shares]:
    """Two-sided limits by Student's t, with the domain's own degrees of freedom; NaN where it has none.

    Särndal, Swensson & Wretman 1992, chapter 5. In the unit of the estimates.

    Example:
        >>> from audit.statistics.survey import survey_design
        >>> design = survey_design([10.0] * 6, strata=[0, 0, 0, 1, 1, 1], population=[30, 30])
        >>> [limit.round(3) for limit in t_limits(survey_mean(design, [1, 0, 1, 1, 1, 0]), "0.95")]
        [array([0.046]), array([1.287])]
    """
    reach = (
        t.isf(float((1 - parse_share(level)) / 2), np.where(estimates.freedom > 0, estimates.freedom, np.nan))
        * estimates.error
    )
    return estimates.estimate - reach, estimates.estimate + reach


def design_effect(design: SurveyDesign, values: ArrayLike) -> float:
    """The design effect: the variance of the mean over that of a simple random sample of as many rows.

    A ratio. Kish 1965, Survey Sampling, section 8.2. AuditError where a value is not a number.

    Example:
        >>> from audit.statistics.survey import survey_design
        >>> design = survey_design([10.0] * 6, strata=[0, 0, 0, 1, 1, 1], population=[30, 30])
        >>> round(design_effect(design, [1, 0, 1, 1, 1, 0]), 3)
        1.25
    """
    y, n, size = _check_values(values, design), len(design.weights), float(design.weights.sum())
    mean = float(design.weights @ y / size)
    spread = float(design.weights @ np.square(y - mean) / size * n / (n - 1))
    return float(survey_mean(design, y).error[0] ** 2 / (spread * (size - n) / (size * n)))


def survey_change(design: SurveyDesign, values: ArrayLike, periods: ArrayLike) -> SurveyChange:
    """The mean of period 1 less the mean of period 0, for samples that may overlap.

    Rows of the same unit share a cluster, so that units seen in both periods sharpen it (Kish 1965, Survey Sampling,
    section 12.4; Berger & Priam 2016, Journal of the Royal Statistical Society A 179:251). AuditError where a period is
    neither 0 nor 1, or a value is not a number.

    Example:
        >>> from audit.statistics.survey import survey_design
        >>> design = survey_design([10.0] * 6, strata=[0, 0, 0, 1, 1, 1], population=[30, 30])
        >>> round(survey_change(design, [1, 0, 1, 1, 1, 0], [0, 1, 0, 1, 0, 1]).change, 3)
        -0.667
    """
    period = check_codes(periods, len(design.weights), 2)
    means = domain_means(design, values, period, 2)
    size = np.bincount(period, design.weights, 2)
    influence = (
        design.weights * (_check_values(values, design) - means.estimate[period]) / size[period] * (2 * period - 1)
    )
    whole = np.zeros_like(period)
    difference = _make_estimates(design, means.estimate[1:] - means.estimate[:1], influence, whole)
    covariance = (float(np.square(means.error).sum()) - float(difference.error[0]) ** 2) / 2
    return SurveyChange(
        float(difference.estimate[0]), float(difference.error[0]), covariance, int(difference.freedom[0])
    )


def _make_estimates(design: SurveyDesign, estimate: Shares, influence: Shares, domain: Counts) -> DomainEstimates:
    number = len(estimate)
    cases = np.bincount(domain, minlength=number)
    if design.groups is None:
        variance = estimate_variances(design, influence, domain, number)
    else:  # a domain's residuals spread over its post-strata, beyond its own rows: one domain after the other
        whole = np.zeros_like(domain)
        parts = (find_residuals(design, np.where(domain == code, influence, 0.0)) for code in range(number))
        variance = np.array([estimate_variances(design, part, whole, 1)[0] for part in parts])
    cluster_domains = domain if design.clusters is None else find_pairs(domain, design.clusters)[0]
    strata = find_pairs(domain, design.strata)[0]
    freedom = np.bincount(cluster_domains, minlength=number) - np.bincount(strata, minlength=number)
    return DomainEstimates(estimate, np.where(cases > 0, np.sqrt(np.maximum(variance, 0)), np.nan), freedom, cases)


def _check_values(values: ArrayLike, design: SurveyDesign) -> Shares:
    checked_values = np.asarray(values, dtype=float)
    if checked_values.shape != design.weights.shape or not np.all(np.isfinite(checked_values)):
        raise make_usage_error(
            "A value is missing or not a number", "Put rows without a value into a domain of their own."
        )
    return checked_values
