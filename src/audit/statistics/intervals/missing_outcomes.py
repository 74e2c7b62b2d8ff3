"""What a sample tells though some of its cases could not be assessed: worst and best, limits on both, tipping points.

Counts are of cases drawn: `conforming` and `undeterminable` among `n`, the rest deviating. Nothing is assumed of the
undeterminable ones.
"""

from bisect import bisect_left
from math import ceil
from typing import NamedTuple

from audit.errors import make_usage_error
from audit.statistics.intervals.exact import hypergeometric_lower, hypergeometric_upper
from audit.statistics.parameters import Rate, parse_rate, parse_share, require_counts
from audit.statistics.sizes.attribute import AttributePlan, attribute_plan


class IdentificationBounds(NamedTuple):
    """The share that conforms if no undeterminable case does, if all do, and among those that could be assessed."""

    worst: float
    best: float
    assessed: float | None  # None where no case could be assessed


def identification_bounds(conforming: int, undeterminable: int, n: int) -> IdentificationBounds:
    """The lowest and highest share of the `n` cases that can conform, whatever the undeterminable ones are.

    Manski 1989, Journal of Human Resources 24:343; Manski 2003, Partial Identification of Probability Distributions,
    section 1.2. Of a census these are all there is to say; of a sample, `region_limits` adds the sampling error.
    Shares. AuditError where more cases conform or are undeterminable than were drawn, or none was.

    Example:
        >>> identification_bounds(45, 6, 60)
        IdentificationBounds(worst=0.75, best=0.85, assessed=0.8333333333333334)
    """
    check_missing_counts(conforming, undeterminable, n)
    if not n:
        raise make_usage_error("No case was drawn", "Draw one at least.")
    assessed = n - undeterminable
    return IdentificationBounds(
        conforming / n, (conforming + undeterminable) / n, conforming / assessed if assessed else None
    )


def region_limits(
    conforming: int, undeterminable: int, n: int, population: int, level: Rate = "0.95"
) -> tuple[int, int]:
    """Limits on the conforming cases of the population in the worst and the best case for the undeterminable ones.

    The exact lower limit with all of them failing, the upper with all passing: they hold every rate that the cases
    could have, with probability `level` or more (Horowitz & Manski 2000, Journal of the American Statistical
    Association 95:77). Counts of cases. So do election audits: what is not found counts against. AuditError where more
    cases conform or are undeterminable than were drawn.

    Example:
        >>> region_limits(45, 6, 60, 1000, "0.95")
        (626, 927)
    """
    check_missing_counts(conforming, undeterminable, n, population)
    side = (1 + parse_share(level)) / 2
    lower = hypergeometric_lower(conforming, n, population, side)
    return lower, hypergeometric_upper(conforming + undeterminable, n, population, side)


def tipping_point(
    conforming: int, undeterminable: int, n: int, population: int, at_least: Rate, confidence: Rate = "0.95"
) -> int | None:
    """How many undeterminable cases would have to deviate before a minimum rate of conformity is no longer shown.

    Shown is what the one-sided exact lower limit reaches. 0 where it is not shown though none deviate; `None` where it
    is shown though all do. A census (`n` is the population) has no sampling error, and the count itself decides. The
    exact limit is that of Wang 2015 (`hypergeometric_lower`). AuditError where more cases conform or are undeterminable
    than were drawn.

    Example:
        >>> tipping_point(54, 6, 60, 1000, "0.85", "0.95")
        5
    """
    check_missing_counts(conforming, undeterminable, n, population)
    needed = ceil(parse_share(at_least) * population)

    def is_short(deviating: int) -> bool:
        return hypergeometric_lower(conforming + undeterminable - deviating, n, population, confidence) < needed

    first = bisect_left(range(undeterminable + 1), True, key=is_short)
    return first if first <= undeterminable else None


def tipping_odds(conforming: int, undeterminable: int, n: int, tipping: int) -> float | None:
    """At a tipping point, the odds that an undeterminable case deviates over those of an assessed one.

    How different they would have to be: 1 is no different, and a large number makes the conclusion robust (Rosenbaum
    2002, Observational Studies, chapter 4). `None` where none of the assessed cases, or all of the others, deviate.
    AuditError where more cases tip it than are undeterminable.

    Example:
        >>> tipping_odds(50, 6, 60, 3)
        12.5
    """
    check_missing_counts(conforming, undeterminable, n)
    require_counts(tipping)
    deviating = n - undeterminable - conforming
    if not 0 <= tipping <= undeterminable:
        raise make_usage_error(
            "More cases tip the conclusion than are undeterminable", "Give what `tipping_point` found."
        )
    if not deviating or not conforming or tipping == undeterminable:
        return None
    return tipping / (undeterminable - tipping) * conforming / deviating


def unassessed_plan(
    population: int | None, tolerable: Rate, expected: Rate, unassessable: Rate, confidence: Rate = "0.95"
) -> AttributePlan:
    """`attribute_plan` for a sample in which some cases will be undeterminable and count as deviations.

    The plan is then kept by the rule that evaluates it: expected u + (1 - u) e of all cases drawn, for `expected` e
    among those that can be assessed and `unassessable` u (Banuelos & Stark 2012, Limiting risk by turning manifest
    phantoms into evil zombies). AuditError where the share is not below 1, or the rate then expected not below the
    tolerable one.

    Example:
        >>> unassessed_plan(None, "0.10", "0.01", "0.04", "0.95")
        AttributePlan(cases=116, allowed=6)
    """
    lost, expected_rate = parse_rate(unassessable), parse_rate(expected)
    if not (0 <= lost < 1 and expected_rate >= 0):
        raise make_usage_error(f"{unassessable} of the cases cannot be assessed", "State a share below 1.")
    return attribute_plan(population, tolerable, lost + (1 - lost) * expected_rate, confidence)


def check_missing_counts(conforming: int, undeterminable: int, n: int, population: int | None = None) -> None:
    """Refuse counts that are not whole, or that are not those of one sample and its population."""
    require_counts(conforming, undeterminable, n, *([] if population is None else [population]))
    if conforming < 0 or undeterminable < 0 or conforming + undeterminable > n:
        raise make_usage_error("More cases conform or are undeterminable than were drawn", "Check the counts.")
    if population is not None and n > population:
        raise make_usage_error("A sample exceeds its population", "Check the counts and the population.")
