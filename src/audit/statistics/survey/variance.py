"""Linearised (Taylor) variances of a survey sample, in one or two stages, for many domains at once."""

import numpy as np

from audit.statistics.parameters import Counts, Shares
from audit.statistics.survey.design import SurveyDesign, find_outer_codes


def estimate_variances(design: SurveyDesign, influence: Shares, domain: Counts, number: int) -> Shares:
    """The variance of the sum of the rows' influence, a domain, each row counting in its own domain alone."""
    if design.clusters is None:
        return _stage_variance(influence, domain, design.strata, np.bincount(design.strata), design.population, number)
    in_stratum = find_outer_codes(design.clusters, design.strata)
    taken = np.bincount(in_stratum)
    rows, which, sums = _sum_pairs(domain, design.clusters, influence)
    first = _stage_variance(sums, rows, in_stratum[which], taken, design.population, number)
    if design.units is None:
        return first
    assert design.population is not None
    sampling_share = (taken / design.population)[in_stratum]  # the share of clusters that were drawn, a cluster
    in_cluster = find_outer_codes(design.units, design.clusters)
    rows, which, sums = _sum_pairs(domain, design.units, influence * np.sqrt(sampling_share[design.clusters]))
    return first + _stage_variance(sums, rows, in_cluster[which], np.bincount(in_cluster), design.cluster_sizes, number)


def find_residuals(design: SurveyDesign, influence: Shares) -> Shares:
    """The influence less its weighted mean in the post-stratum, which does not vary from sample to sample."""
    assert design.groups is not None
    mean = np.bincount(design.groups, influence) / np.bincount(design.groups, design.weights)
    return influence - design.weights * mean[design.groups]


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
    rows, which, place = find_pairs(domain, codes)
    return rows, which, sum_by_code(place, values, len(rows))


def sum_by_code(codes: Counts, values: Shares, number: int) -> Shares:
    """The sum of the values of each code from 0 on."""
    return np.bincount(codes, values, number).astype(float, copy=False)


def find_pairs(domain: Counts, codes: Counts) -> tuple[Counts, Counts, Counts]:
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
