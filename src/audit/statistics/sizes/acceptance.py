"""Acceptance: what a plan lets pass, what a result lets one conclude, and plans that hold two risks or two stages.

A population of `None` is one without end.
"""

from bisect import bisect_left
from itertools import count
from math import ceil, floor, inf
from typing import Literal, NamedTuple

import numpy as np
from scipy.stats import binom

from audit.errors import make_usage_error
from audit.statistics.hypergeometric import hypergeometric_cdf, hypergeometric_sf
from audit.statistics.parameters import (
    TIE_TOLERANCE,
    Counts,
    Rate,
    Shares,
    parse_rate,
    parse_share,
    require_counts,
    require_population,
)
from audit.statistics.sizes.attribute import AttributePlan, critical_size, find_smallest_size

MAXIMUM_ACCEPTED = 1_000  # deviations in an acceptance plan: every number up to it is tried
ToleranceConclusion = Literal["meets", "fails", "not shown"]


class Decision(NamedTuple):
    """What a result shows of a rate, and how likely it, or one further out, is where the rate is just tolerable."""

    conclusion: ToleranceConclusion
    fewer: float  # so few deviations or fewer, where the tolerable rate is just reached
    more: float  # so many deviations or more, where it is just kept


def evaluate_deviations(x: int, n: int, population: int | None, tolerable: Rate, confidence: Rate = "0.95") -> Decision:
    """Whether `x` deviations among `n` show the rate to be below the tolerable one, above it, or neither.

    "Meets" where P(X <= x) <= 1 - confidence if ceil(tolerable N) cases deviate (GAO/CIGIE 2018, Financial Audit
    Manual, section 450); "fails" where P(X >= x) <= 1 - confidence if floor(tolerable N) do. Each side holds with the
    confidence on its own: to find too few to accept is no proof of failure. 1 - confidence is the risk of overreliance
    of a conclusion that controls are effective (AICPA 2017, Audit Sampling).

    AuditError where a count is not whole, or exceeds its sample, or a sample its population.

    Example:
        >>> evaluate_deviations(0, 60, 1000, "0.05", "0.95").conclusion
        'meets'
        >>> evaluate_deviations(8, 60, 1000, "0.05", "0.95").conclusion
        'fails'
    """
    require_counts(x, n)
    require_population(population)
    if not 0 <= x <= n or (population is not None and n > population):
        raise make_usage_error(
            "A count exceeds its sample, or a sample its population", "Check the counts and the population."
        )
    fewer, more = (float(tail[0]) for tail in _tail_probabilities(np.array([x]), n, population, tolerable))
    return Decision(_conclude(fewer, more, confidence), fewer, more)


def _conclude(fewer: float, more: float, confidence: Rate) -> ToleranceConclusion:
    risk = float(1 - parse_share(confidence)) * (1 + TIE_TOLERANCE)
    if fewer <= risk:
        return "meets"
    return "fails" if more <= risk else "not shown"


def _tail_probabilities(x: Counts, n: int, population: int | None, tolerable: Rate) -> tuple[Shares, Shares]:
    """P(X <= x) where the tolerable rate is just reached, P(X >= x) where it is just kept."""
    rate = parse_share(tolerable)
    if population is None:
        return np.asarray(binom.cdf(x, n, float(rate))), np.asarray(binom.sf(x - 1, n, float(rate)))
    reached, highest_tolerable = ceil(rate * population), floor(rate * population)
    return np.asarray(hypergeometric_cdf(x, population, reached, n)), np.asarray(
        hypergeometric_sf(x - 1, population, highest_tolerable, n)
    )


class PowerCurve(NamedTuple):
    """How likely a sample is to show that a rate is below the tolerable one, and that it is above, by true rate."""

    meets: Shares
    fails: Shares


def power_curve(
    n: int, population: int | None, tolerable: Rate, confidence: Rate, true: Shares | list[float]
) -> PowerCurve:
    """The power of a sample: how likely it is to lead to each conclusion of `evaluate_deviations`, at each of the true
    rates.

    True rates are shares; in a population that ends they are rounded to whole cases. Dodge & Romig 1959, as
    `operating_curve`. AuditError where a true rate is not between 0 and 1.

    Example:
        >>> power_curve(60, 1000, "0.05", "0.95", [0.01, 0.05, 0.15]).meets.round(3)
        array([0.537, 0.042, 0.   ])
    """
    require_counts(n, population)

    def conclude(x: int) -> ToleranceConclusion:
        fewer, more = (float(tail[0]) for tail in _tail_probabilities(np.array([x]), n, population, tolerable))
        return _conclude(fewer, more, confidence)

    # The least counts meet, the greatest fail.
    meets = bisect_left(range(n + 1), True, key=lambda x: conclude(x) != "meets")
    fails = n + 1 - bisect_left(range(n + 1), True, key=lambda x: conclude(x) == "fails")
    return PowerCurve(
        _probability_at_most(meets - 1, n, population, true), 1 - _probability_at_most(n - fails, n, population, true)
    )


def operating_curve(n: int, allowed: int, population: int | None, true: Shares | list[float]) -> Shares:
    """The operating characteristic of a plan: how likely it is to pass, at each of the true rates.

    Dodge & Romig 1959, Sampling Inspection Tables. True rates as in `power_curve`. AuditError where a true rate is not
    between 0 and 1.

    Example:
        >>> operating_curve(60, 0, 1000, [0.01, 0.05, 0.15]).round(3)
        array([0.537, 0.042, 0.   ])
    """
    require_counts(n, allowed, population)
    return _probability_at_most(allowed, n, population, true)


def _probability_at_most(allowed: int, n: int, population: int | None, true: Shares | list[float]) -> Shares:
    rates = np.asarray(true, dtype=float)
    if not np.all((rates >= 0) & (rates <= 1)):
        raise make_usage_error("A true rate is not between 0 and 1", "Write shares: 0.05 for 5%.")
    if population is None:
        return np.asarray(binom.cdf(allowed, n, rates))
    return np.asarray(hypergeometric_cdf(allowed, population, np.rint(rates * population).astype(np.int64), n))


def acceptance_plan(
    population: int | None, good: Rate, bad: Rate, *, passes_good: Rate = "0.95", passes_bad: Rate = "0.10"
) -> AttributePlan:
    """The smallest acceptance plan that holds the producer's and the consumer's risk.

    Good and bad rates are those of producer's and consumer's risk; both become counts by rounding up (Guenther 1969,
    Journal of Quality Technology 1:105; so in R's package AcceptanceSampling). AuditError where the good rate is not
    below the bad one, or more than `MAXIMUM_ACCEPTED` deviations would be allowed.

    Example:
        >>> acceptance_plan(None, "0.01", "0.06")
        AttributePlan(cases=110, allowed=3)
    """
    require_counts(population)
    good_rate, wanted = parse_share(good), float(parse_share(passes_good)) * (1 - TIE_TOLERANCE)
    if not good_rate < parse_share(bad):
        raise make_usage_error("The good rate is not below the bad one", "State two rates apart.")
    if not parse_share(passes_bad) < parse_share(passes_good):
        raise make_usage_error("A bad rate is to pass as often as a good one", "Let the good one pass more often.")

    def plan(allowed: int) -> AttributePlan | None:
        """The smallest plan that allows so many and refuses a bad rate; none where it refuses a good one, too."""
        n = critical_size(population, bad, allowed, 1 - parse_share(passes_bad))
        if population is None:
            passing = float(binom.cdf(allowed, n, float(good_rate)))
        else:
            passing = float(hypergeometric_cdf(allowed, population, ceil(good_rate * population), n))
        return AttributePlan(n, allowed) if passing >= wanted else None

    bad_cases = inf if population is None else ceil(parse_share(bad) * population)
    if bad_cases > MAXIMUM_ACCEPTED and not plan(MAXIMUM_ACCEPTED):
        raise make_usage_error(f"It would take more than {MAXIMUM_ACCEPTED:,} deviations", "State rates further apart.")
    return next(found for allowed in count() if (found := plan(allowed)))


def two_stage_size(
    population: int | None, tolerable: Rate, confidence: Rate = "0.95", go_on: int = 1, allowed: int = 0
) -> int:
    """Cases in each of two stages (stop or go): pass if none deviates; else, up to `go_on`, draw as many again.

    The second stage passes with up to `allowed` deviations of its own. The smallest stage whose risk of passing, where
    ceil(tolerable N) of the N cases deviate, is 1 - confidence or less (Touw & Hoogduin 2011, Statistiek voor audit en
    controlling, p. 129: 49 and 49). AuditError where no second stage would follow, or no sample of the population can
    show it.

    Example:
        >>> two_stage_size(None, "0.06", "0.95", allowed=0)
        51
    """
    require_counts(go_on, allowed)
    require_population(population)
    rate, risk = parse_share(tolerable), float(1 - parse_share(confidence)) * (1 + TIE_TOLERANCE)
    if go_on < 1 or allowed < 0:
        raise make_usage_error("A second stage follows one deviation or more", "Without it this is discovery sampling.")
    deviations = np.arange(1, go_on + 1)

    def passing(n: int) -> float:
        if population is None:
            none, some = binom.pmf(0, n, float(rate)), binom.pmf(deviations, n, float(rate))
            return float(none + (some * binom.cdf(allowed, n, float(rate))).sum())
        bad = ceil(rate * population)
        below = hypergeometric_cdf(np.arange(go_on + 1), population, bad, n)
        none, some = below[0], np.diff(below)
        rest = hypergeometric_cdf(allowed, population - n, np.maximum(bad - deviations, 0), n)
        return float(none + np.where(some > 0, some * rest, 0).sum())

    return find_smallest_size(lambda n: passing(n) <= risk, 0, None if population is None else population // 2)


def assessable_size(n: int, unassessable: Rate) -> int:
    """Cases to draw so that `n` can be assessed: n / (1 - share that cannot), rounded up.

    Valliant, Dever & Kreuter 2018, Practical Tools for Designing and Weighting Survey Samples, chapter 6. AuditError
    where the share is not below 1.

    Example:
        >>> assessable_size(57, "0.06")
        61
    """
    require_counts(n)
    lost = parse_rate(unassessable)
    if not 0 <= lost < 1:
        raise make_usage_error(f"{unassessable} of the cases cannot be assessed", "State a share below 1.")
    return ceil(n / (1 - lost))
