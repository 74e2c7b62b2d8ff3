"""The design of a survey sample: weights, strata, clusters, two stages, post-strata; checked when it is built."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.errors import make_usage_error
from audit.statistics.parameters import Counts, Shares


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


def survey_design(
    weights: ArrayLike,
    strata: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    units: ArrayLike | None = None,
    population: ArrayLike | None = None,
    cluster_sizes: ArrayLike | None = None,
) -> SurveyDesign:
    """A checked survey design from weights and codes, one a row.

    `population` may be one number for all strata. A stratum with one cluster, taken from several, has no variance that
    can be known, and is refused.
    Särndal, Swensson & Wretman 1992, Model Assisted Survey Sampling, chapter 4. AuditError for that, for weights that
    are not above 0, and for codes that do not fit.

    Example:
        >>> design = survey_design([10.0] * 6, strata=[0, 0, 0, 1, 1, 1], population=[30, 30])
        >>> float(design.weights.sum())
        60.0
    """
    weight = np.asarray(weights, dtype=float)
    stratum = np.zeros(len(weight), dtype=np.int64) if strata is None else check_codes(strata, len(weight))
    cluster, unit = (None if codes is None else check_codes(codes, len(weight)) for codes in (clusters, units))
    if not (len(weight) and np.all(np.isfinite(weight) & (weight > 0))):
        raise make_usage_error("A weight is not above 0", "Give each row the number of units that it stands for.")
    taken = np.bincount(stratum) if cluster is None else np.bincount(find_outer_codes(cluster, stratum))
    sizes = None if population is None else np.broadcast_to(np.asarray(population, dtype=float), taken.shape)
    _check_draws(taken, sizes, "stratum")
    inner = None
    if unit is not None:
        if cluster is None or sizes is None or cluster_sizes is None:
            raise make_usage_error("A second stage needs its clusters and both populations", "Give clusters and sizes.")
        inner = np.broadcast_to(np.asarray(cluster_sizes, dtype=float), int(cluster.max()) + 1)
        _check_draws(np.bincount(find_outer_codes(unit, cluster)), inner, "cluster")
    return SurveyDesign(
        weights=weight, strata=stratum, clusters=cluster, units=unit, population=sizes, cluster_sizes=inner
    )


def poststratify(design: SurveyDesign, groups: ArrayLike, totals: ArrayLike) -> SurveyDesign:
    """The design post-stratified: weights that meet the known `totals` of the `groups`, a code a row.

    Särndal, Swensson & Wretman 1992, section 7.6. AuditError where a post-stratum holds no case, or no total.

    Example:
        >>> design = survey_design([10.0] * 6, strata=[0, 0, 0, 1, 1, 1], population=[30, 30])
        >>> poststratify(design, [0, 1, 0, 1, 0, 1], [40, 20]).weights.round(3)
        array([13.333,  6.667, 13.333,  6.667, 13.333,  6.667])
    """
    codes = check_codes(groups, len(design.weights))
    target_totals, weighted = np.asarray(totals, dtype=float), np.bincount(codes, design.weights)
    if target_totals.shape != weighted.shape or not np.all((weighted > 0) & (target_totals > 0)):
        raise make_usage_error("A post-stratum holds no case, or no total", "Merge it with another.")
    return replace(design, weights=design.weights * (target_totals / weighted)[codes], groups=codes)


def check_codes(codes: ArrayLike, rows: int, number: int | None = None) -> Counts:
    """Codes as whole numbers from 0, one a row; refuses others, and those beyond the number of domains."""
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


def find_outer_codes(inner: Counts, outer: Counts) -> Counts:
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
