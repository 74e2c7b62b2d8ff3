"""Standings: many offices against one standard at once, so that being many raises no false alarm."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from audit.estimation.rates import Estimate
from audit.formatting import listed, percent, plural
from audit.statistics.intervals.exact import clopper_pearson, hypergeometric_limits
from audit.statistics.offices.multiple_testing import benjamini_hochberg, fcr_level
from audit.statistics.offices.rank_sets import ranks_of_all
from audit.statistics.offices.shrinkage import log_odds, restricted_likelihood, robust_limits, shrunken
from audit.statistics.parameters import Counts, Rate, share, typed
from audit.statistics.sizes.acceptance import decide

FALSE_FLAGS = "0.10"  # of the offices flagged, the share that may be flagged falsely


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
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


def standings(offices: Sequence[Estimate], *, tolerable: Rate, false_flags: Rate = FALSE_FLAGS) -> tuple[Standing, ...]:
    """Every office against the standard, in the order given.

    An office is flagged where its deviations are more than a tolerable rate explains, so that of the offices flagged
    no more than `false_flags` are expected to be flagged falsely. Each office's cases must be a simple random sample
    of its own, as they are in a simple random sample of all and in one stratified by office.
    """
    seen = [office for office in offices if office.assessed]
    found = {one.label: one for one in _placed(seen, _drawn_in(seen, _flagged(seen, tolerable, false_flags)))}
    return tuple(found.get(office.label, Standing(label=office.label)) for office in offices)


def told(found: Sequence[Standing], *, tolerable: Rate, noun: str = "office") -> str:
    """What may be said of the offices, in one sentence."""
    flagged = [standing.label for standing in found if standing.flagged]
    looked_at = plural(sum(standing.p is not None for standing in found), noun)
    if not flagged:
        return f"Of {looked_at}, none shows more deviations than a rate of {percent(typed(tolerable))} explains."
    named = f"{listed(flagged, most=100)} {'shows' if len(flagged) == 1 else 'show'}"
    return (
        f"Of {looked_at}, {named} more deviations than a rate of {percent(typed(tolerable))} explains; of those named, "
        f"no more than {percent(typed(FALSE_FLAGS))} are expected to be named falsely."
    )


def _flagged(seen: Sequence[Estimate], tolerable: Rate, false_flags: Rate) -> list[Standing]:
    """By exact one-sided p-values, at a rate of false flags (Benjamini & Hochberg 1995), with limits that allow for it.

    Limits: Benjamini & Yekutieli 2005, Journal of the American Statistical Association 100:71.
    """
    if not seen:
        return []
    p = [decide(one.deviating, one.assessed, _cases(one), tolerable, (1 + typed(one.level)) / 2).more for one in seen]
    adjusted = benjamini_hochberg(p).tolist()
    flags = [value <= float(share(false_flags)) for value in adjusted]
    found = []
    for office, its, among_all, flag in zip(seen, p, adjusted, flags, strict=True):
        lower, upper = _limits(office, fcr_level(sum(flags), len(seen), office.level)) if flag else (None, None)
        found.append(
            Standing(
                label=office.label,
                cases=office.assessed,
                p=its,
                adjusted=among_all,
                flagged=flag,
                lower=lower,
                upper=upper,
            )
        )
    return found


def _limits(office: Estimate, level: Rate) -> tuple[float, float]:
    cases = _cases(office)
    if cases is None:
        return clopper_pearson(office.conforming, office.assessed, level)
    lower, upper = hypergeometric_limits(office.conforming, office.assessed, cases, level)
    return lower / cases, upper / cases


def _cases(office: Estimate) -> int | None:
    """The cases that the assessed ones stand for."""
    return None if office.population is None else office.population - office.undeterminable


def _drawn_in(seen: Sequence[Estimate], found: list[Standing]) -> list[Standing]:
    """With each rate drawn towards the common one, on the log-odds scale; not so for fewer than three offices.

    Morris 1983; limits of Armstrong, Kolesár & Plagborg-Møller 2022, Econometrica 90:2567.
    """
    if len(seen) < 3:
        return found
    scaled = log_odds(*_counts(seen))
    between = restricted_likelihood(*scaled)
    centre = expit(shrunken(*scaled, between).estimates).tolist()
    if not between:  # offices do not differ beyond chance: there is nothing but the common rate
        return [replace(one, drawn_in=rate) for one, rate in zip(found, centre, strict=True)]
    limits = (expit(limit).tolist() for limit in robust_limits(*scaled, between, seen[0].level))
    return [
        replace(one, drawn_in=rate, drawn_in_lower=lower, drawn_in_upper=upper)
        for one, rate, lower, upper in zip(found, centre, *limits, strict=True)
    ]


def _placed(seen: Sequence[Estimate], found: list[Standing]) -> list[Standing]:
    """With the places each may have (Mogstad, Romano, Shaikh & Wilhelm 2024, Review of Economic Studies 91:476)."""
    if len(seen) < 2:
        return found
    scaled, variances = log_odds(*_counts(seen))
    ranks = ranks_of_all(scaled, np.sqrt(variances), seen[0].level)
    places = zip(found, ranks.best.tolist(), ranks.worst.tolist(), strict=True)
    return [replace(one, best_place=best, worst_place=worst) for one, best, worst in places]


def _counts(seen: Sequence[Estimate]) -> tuple[Counts, Counts]:
    return np.array([office.conforming for office in seen]), np.array([office.assessed for office in seen])
