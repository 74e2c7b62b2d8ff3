"""Estimates from weighted, stratified, clustered samples in one or two stages, with linearised (Taylor) variances.

Units are rows; strata, clusters and domains are whole-number codes from 0. A sample in which each unit was drawn by
itself has no clusters. Särndal, Swensson & Wretman 1992, Model Assisted Survey Sampling, chapters 4, 5 and 10.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t

from audit.errors import make_usage_error
from audit.statistics.parameters import Counts, Rate, Shares, parse_share


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyDesign:
    """How the rows were drawn. Build it with `survey_design`, which checks it."""

    weights: Shares  # how many units of the population a row stands for
    strata: Counts  # a code a row
    clusters: Counts | None  # a code a row; a cluster lies in one stratum; None where each row was drawn by itself
    units: Counts | None  # second stage: a code a row; a unit lies in one cluster; None for clusters taken whole
    population: Shares | None  # clusters (or rows) in the population, a stratum; None: as if drawn with replacement
    cluster_sizes: Shares | None  # second-stage units in the population, a cluster
    groups: Counts | None = None  # post-strata, a code a row


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


def survey_design(
    weights: ArrayLike,
    strata: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    units: ArrayLike | None = None,
    population: ArrayLike | None = None,
    cluster_sizes: ArrayLike | None = None,
) -> SurveyDesign:
    """A checked design. `population` may be one number for all strata; a stratum with one cluster, taken from several,
    has no variance that can be known, and is refused.
    """
    weight = np.asarray(weights, dtype=float)
    stratum = np.zeros(len(weight), dtype=np.int64) if strata is None else _check_codes(strata, len(weight))
    cluster, unit = (None if codes is None else _check_codes(codes, len(weight)) for codes in (clusters, units))
    if not (len(weight) and np.all(np.isfinite(weight) & (weight > 0))):
        raise make_usage_error("A weight is not above 0", "Give each row the number of units that it stands for.")
    taken = np.bincount(stratum) if cluster is None else np.bincount(_find_outer_codes(cluster, stratum))
    sizes = None if population is None else np.broadcast_to(np.asarray(population, dtype=float), taken.shape)
    _check_draws(taken, sizes, "stratum")
    inner = None
    if unit is not None:
        if cluster is None or sizes is None or cluster_sizes is None:
            raise make_usage_error("A second stage needs its clusters and both populations", "Give clusters and sizes.")
        inner = np.broadcast_to(np.asarray(cluster_sizes, dtype=float), int(cluster.max()) + 1)
        _check_draws(np.bincount(_find_outer_codes(unit, cluster)), inner, "cluster")
    return SurveyDesign(
        weights=weight, strata=stratum, clusters=cluster, units=unit, population=sizes, cluster_sizes=inner
    )


def poststratify(design: SurveyDesign, groups: ArrayLike, totals: ArrayLike) -> SurveyDesign:
    """The design with weights that meet the known `totals` of the `groups`, a code a row; variances follow.

    Särndal, Swensson & Wretman 1992, section 7.6.
    """
    codes = _check_codes(groups, len(design.weights))
    target_totals, weighted = np.asarray(totals, dtype=float), np.bincount(codes, design.weights)
    if target_totals.shape != weighted.shape or not np.all((weighted > 0) & (target_totals > 0)):
        raise make_usage_error("A post-stratum holds no case, or no total", "Merge it with another.")
    return replace(design, weights=design.weights * (target_totals / weighted)[codes], groups=codes)


def survey_mean(design: SurveyDesign, values: ArrayLike) -> DomainEstimates:
    """The weighted mean of all rows, as the only domain: of values 0 and 1, a share."""
    return domain_means(design, values, np.zeros(len(design.weights), dtype=np.int64), 1)


def survey_total(design: SurveyDesign, values: ArrayLike) -> DomainEstimates:
    """The weighted total of all rows, as the only domain."""
    return domain_totals(design, values, np.zeros(len(design.weights), dtype=np.int64), 1)


def domain_means(design: SurveyDesign, values: ArrayLike, domains: ArrayLike, number: int) -> DomainEstimates:
    """The weighted mean in each of `number` domains (of values 0 and 1, a share), by the whole sample's design.

    A domain's size is not known but estimated, so its mean is a ratio (Särndal, Swensson & Wretman 1992, section
    10.3). Degrees of freedom are the domain's own, as svyby of R survey counts them.
    """
    y, domain = _check_values(values, design), _check_codes(domains, len(design.weights), number)
    size = np.bincount(domain, design.weights, number)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(domain, design.weights * y, number) / size
        influence = design.weights * (y - mean[domain]) / size[domain]
    return _make_estimates(design, mean, influence, domain)


def domain_totals(design: SurveyDesign, values: ArrayLike, domains: ArrayLike, number: int) -> DomainEstimates:
    """The weighted total in each of `number` domains; 0 in one without a case, with no standard error."""
    y, domain = _check_values(values, design), _check_codes(domains, len(design.weights), number)
    influence = design.weights * y
    return _make_estimates(design, _sum_by_code(domain, influence, number), influence, domain)


def t_limits(estimates: DomainEstimates, level: Rate) -> tuple[Shares, Shares]:
    """Two-sided limits by Student's t with the domain's own degrees of freedom; not a number where it has none."""
    reach = (
        t.isf(float((1 - parse_share(level)) / 2), np.where(estimates.freedom > 0, estimates.freedom, np.nan))
        * estimates.error
    )
    return estimates.estimate - reach, estimates.estimate + reach


def design_effect(design: SurveyDesign, values: ArrayLike) -> float:
    """The variance of the mean over that of as many rows drawn at random without replacement (Kish 1965)."""
    y, n, size = _check_values(values, design), len(design.weights), float(design.weights.sum())
    mean = float(design.weights @ y / size)
    spread = float(design.weights @ np.square(y - mean) / size * n / (n - 1))
    return float(survey_mean(design, y).error[0] ** 2 / (spread * (size - n) / (size * n)))


def survey_change(design: SurveyDesign, values: ArrayLike, periods: ArrayLike) -> SurveyChange:
    """The mean of period 1 less the mean of period 0, from the rows of both laid one below the other.

    Rows of the same unit share a cluster, so that units seen in both periods sharpen it (Kish 1965, Survey Sampling,
    section 12.4; Berger & Priam 2016, Journal of the Royal Statistical Society A 179:361).
    """
    period = _check_codes(periods, len(design.weights), 2)
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
        variance = _variances(design, influence, domain, number)
    else:  # a domain's residuals spread over its post-strata, beyond its own rows: one domain after the other
        whole = np.zeros_like(domain)
        parts = (_residuals(design, np.where(domain == code, influence, 0.0)) for code in range(number))
        variance = np.array([_variances(design, part, whole, 1)[0] for part in parts])
    cluster_domains = domain if design.clusters is None else _find_pairs(domain, design.clusters)[0]
    strata = _find_pairs(domain, design.strata)[0]
    freedom = np.bincount(cluster_domains, minlength=number) - np.bincount(strata, minlength=number)
    return DomainEstimates(estimate, np.where(cases > 0, np.sqrt(np.maximum(variance, 0)), np.nan), freedom, cases)


def _residuals(design: SurveyDesign, influence: Shares) -> Shares:
    """The influence less its weighted mean in the post-stratum, which does not vary from sample to sample."""
    assert design.groups is not None
    mean = np.bincount(design.groups, influence) / np.bincount(design.groups, design.weights)
    return influence - design.weights * mean[design.groups]


def _variances(design: SurveyDesign, influence: Shares, domain: Counts, number: int) -> Shares:
    """The variance of the sum of the rows' influence, a domain, each row counting in its own domain alone."""
    if design.clusters is None:
        return _stage_variance(influence, domain, design.strata, np.bincount(design.strata), design.population, number)
    in_stratum = _find_outer_codes(design.clusters, design.strata)
    taken = np.bincount(in_stratum)
    rows, which, sums = _sum_pairs(domain, design.clusters, influence)
    first = _stage_variance(sums, rows, in_stratum[which], taken, design.population, number)
    if design.units is None:
        return first
    assert design.population is not None
    sampling_share = (taken / design.population)[in_stratum]  # the share of clusters that were drawn, a cluster
    in_cluster = _find_outer_codes(design.units, design.clusters)
    rows, which, sums = _sum_pairs(domain, design.units, influence * np.sqrt(sampling_share[design.clusters]))
    return first + _stage_variance(sums, rows, in_cluster[which], np.bincount(in_cluster), design.cluster_sizes, number)


def _stage_variance(
    sums: Shares, domain: Counts, strata: Counts, taken: Counts, population: Shares | None, number: int
) -> Shares:
    """One stage: in each domain and stratum n / (n - 1) (1 - n / N) times the squares around the stratum's mean.

    `taken` counts all that were drawn in a stratum, in the domain or not: those outside count as 0.
    """
    cell = domain * len(taken) + strata
    shape = (number, len(taken))
    square = np.bincount(cell, np.square(sums), number * len(taken)).reshape(shape)
    total = np.bincount(cell, sums, number * len(taken)).reshape(shape)
    factor = np.where(taken > 1, taken / np.maximum(taken - 1, 1), 0.0)
    if population is not None:
        factor = factor * (1 - taken / population)
    return np.asarray(np.maximum(square - np.square(total) / np.maximum(taken, 1), 0) @ factor)


def _sum_pairs(domain: Counts, codes: Counts, values: Shares) -> tuple[Counts, Counts, Shares]:
    """The sum of the values in each pair of a domain and a code: the domain, the code, the sum."""
    rows, which, place = _find_pairs(domain, codes)
    return rows, which, _sum_by_code(place, values, len(rows))


def _sum_by_code(codes: Counts, values: Shares, number: int) -> Shares:
    return np.bincount(codes, values, number).astype(float, copy=False)


def _find_pairs(domain: Counts, codes: Counts) -> tuple[Counts, Counts, Counts]:
    """The pairs of a domain and a code that occur: the domain and the code of each, and each row's place among them."""
    width = int(codes.max()) + 1
    pair = domain * width + codes
    highest = int(pair.max()) + 1
    if highest <= 4 * len(pair):  # counting is faster than sorting where most pairs occur
        occurs = np.bincount(pair, minlength=highest) > 0
        place, kinds = np.cumsum(occurs)[pair] - 1, np.flatnonzero(occurs)
    else:
        kinds, place = np.unique(pair, return_inverse=True)
    return kinds // width, kinds % width, place


def _check_codes(codes: ArrayLike, rows: int, number: int | None = None) -> Counts:
    checked_codes = np.asarray(codes)
    if checked_codes.shape != (rows,) or checked_codes.dtype.kind not in "iu" or checked_codes.min(initial=0) < 0:
        raise make_usage_error(
            "A code is not a whole number from 0, one a row", "Number the strata, clusters and domains from 0."
        )
    if number is not None and checked_codes.max(initial=0) >= number:
        raise make_usage_error(
            "A code is beyond the number of domains", "Give the number of domains, with those without a case."
        )
    return checked_codes.astype(np.int64, copy=False)


def _find_outer_codes(inner: Counts, outer: Counts) -> Counts:
    """In which stratum each cluster lies (or in which cluster each unit); refuses one that lies in two."""
    of = np.zeros(int(inner.max()) + 1, dtype=np.int64)
    of[inner] = outer
    if not np.array_equal(of[inner], outer) or np.bincount(inner).min() == 0:
        raise make_usage_error(
            "A cluster lies in two strata, or its code stands for none", "Number clusters across all strata."
        )
    return of


def _check_draws(taken: Counts, population: NDArray[np.float64] | None, what: str) -> None:
    if population is not None and np.any(taken > population):
        raise make_usage_error(f"More were drawn from a {what} than it holds", "Check the population.")
    if np.any((taken == 1) & (True if population is None else population > 1)):
        raise make_usage_error(
            f"A {what} holds a single draw", f"Merge it with a {what} like it: one draw shows no variance."
        )


def _check_values(values: ArrayLike, design: SurveyDesign) -> Shares:
    checked_values = np.asarray(values, dtype=float)
    if checked_values.shape != design.weights.shape or not np.all(np.isfinite(checked_values)):
        raise make_usage_error(
            "A value is missing or not a number", "Put rows without a value into a domain of their own."
        )
    return checked_values
