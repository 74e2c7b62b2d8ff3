"""Many offices against one standard at once, so that being many raises no false alarm."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from audit.estimation.rates import Estimate
from audit.statistics.intervals.assessable import assessable_limits, assessable_tail
from audit.statistics.intervals.exact import binomial_tails, clopper_pearson
from audit.statistics.offices.multiple_testing import benjamini_hochberg, fcr_level
from audit.statistics.offices.rank_sets import joint_rank_sets
from audit.statistics.offices.shrinkage import log_odds, restricted_likelihood, robust_limits, shrink_estimates
from audit.statistics.parameters import Counts, Rate, parse_share

FALSE_FLAG_RATE = "0.10"  # of the offices flagged, the share that may be flagged falsely


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeComparison:
    """One office against the standard, among all that are looked at at once. None where it has no case."""

    label: str
    cases: int = 0  # assessed
    p: float | None = None  # how likely so many deviations or more are, were its rate just tolerable: exact, one-sided
    adjusted: float | None = None  # the same for all offices together (Benjamini & Hochberg 1995)
    flagged: bool = False
    lower: float | None = None  # limits of a flagged office that allow for its being picked out
    upper: float | None = None
    drawn_in: float | None = None  # its rate drawn towards that of all: beside the rate, never instead of it
    drawn_in_lower: float | None = None  # limits that hold on average over offices
    drawn_in_upper: float | None = None
    best_place: int | None = None  # places that hold all true ones at once; 1 is the highest rate
    worst_place: int | None = None


def compare_offices(
    offices: Sequence[Estimate], *, tolerable: Rate, false_flags: Rate = FALSE_FLAG_RATE
) -> tuple[OfficeComparison, ...]:
    """Every office against the standard, in the order given.

    An office is flagged where its deviations are more than a tolerable rate explains, so that of the offices flagged
    no more than `false_flags` are expected to be flagged falsely. Each office's cases must be a simple random sample
    of its own, as they are in a simple random sample of all and in one stratified by office.
    """
    assessed_offices = [office for office in offices if office.assessed]
    comparisons = {
        one.label: one
        for one in _rank_offices(
            assessed_offices, _shrink_rates(assessed_offices, _flag_offices(assessed_offices, tolerable, false_flags))
        )
    }
    return tuple(comparisons.get(office.label, OfficeComparison(label=office.label)) for office in offices)


def _flag_offices(assessed_offices: Sequence[Estimate], tolerable: Rate, false_flags: Rate) -> list[OfficeComparison]:
    """By exact one-sided p-values, at a rate of false flags (Benjamini & Hochberg 1995), with limits that allow for it.

    Limits: Benjamini & Yekutieli 2005, Journal of the American Statistical Association 100:71.
    """
    if not assessed_offices:
        return []
    p = [_calculate_p_value(one, tolerable) for one in assessed_offices]
    adjusted = benjamini_hochberg(p).tolist()
    flags = [value <= float(parse_share(false_flags)) for value in adjusted]
    comparisons = []
    for office, its, among_all, flag in zip(assessed_offices, p, adjusted, flags, strict=True):
        lower, upper = (
            _calculate_limits(office, fcr_level(sum(flags), len(assessed_offices), office.level))
            if flag
            else (None, None)
        )
        comparisons.append(
            OfficeComparison(
                label=office.label,
                cases=office.assessed,
                p=its,
                adjusted=among_all,
                flagged=flag,
                lower=lower,
                upper=upper,
            )
        )
    return comparisons


def _calculate_p_value(office: Estimate, tolerable: Rate) -> float:
    """The exact one-sided p-value: how likely so many deviations or more are, were the rate just tolerable."""
    if office.population is None:
        return binomial_tails(office.deviating, office.assessed, parse_share(tolerable))[1]
    return assessable_tail(office.deviating, *_count_cases(office, office.population), tolerable)


def _calculate_limits(office: Estimate, level: Rate) -> tuple[float, float]:
    if office.population is None:
        return clopper_pearson(office.conforming, office.assessed, level)
    lower, upper = assessable_limits(office.conforming, *_count_cases(office, office.population), level)
    return float(lower.share), float(upper.share)


def _count_cases(office: Estimate, population: int) -> tuple[int, int, int]:
    """The cases that are in no rate, those drawn, and those they were drawn from."""
    return office.undeterminable + office.outside, office.reviewed + office.outside, population + office.outside


def _shrink_rates(assessed_offices: Sequence[Estimate], comparisons: list[OfficeComparison]) -> list[OfficeComparison]:
    """With each rate drawn towards the common one, on the log-odds scale; not so for fewer than three offices.

    Morris 1983; limits of Armstrong, Kolesár & Plagborg-Møller 2022, Econometrica 90:2567.
    """
    if len(assessed_offices) < 3:
        return comparisons
    scaled = log_odds(*_collect_counts(assessed_offices))
    between = restricted_likelihood(*scaled)
    centre = expit(shrink_estimates(*scaled, between).estimates).tolist()
    if not between:  # offices do not differ beyond chance: there is nothing but the common rate
        return [replace(one, drawn_in=rate) for one, rate in zip(comparisons, centre, strict=True)]
    limits = (expit(limit).tolist() for limit in robust_limits(*scaled, between, assessed_offices[0].level))
    return [
        replace(one, drawn_in=rate, drawn_in_lower=lower, drawn_in_upper=upper)
        for one, rate, lower, upper in zip(comparisons, centre, *limits, strict=True)
    ]


def _rank_offices(assessed_offices: Sequence[Estimate], comparisons: list[OfficeComparison]) -> list[OfficeComparison]:
    """With the places each may have (Mogstad, Romano, Shaikh & Wilhelm 2024, Review of Economic Studies 91:476)."""
    if len(assessed_offices) < 2:
        return comparisons
    scaled, variances = log_odds(*_collect_counts(assessed_offices))
    ranks = joint_rank_sets(scaled, np.sqrt(variances), assessed_offices[0].level)
    places = zip(comparisons, ranks.best.tolist(), ranks.worst.tolist(), strict=True)
    return [replace(one, best_place=best, worst_place=worst) for one, best, worst in places]


def _collect_counts(assessed_offices: Sequence[Estimate]) -> tuple[Counts, Counts]:
    return np.array([office.conforming for office in assessed_offices]), np.array(
        [office.assessed for office in assessed_offices]
    )
