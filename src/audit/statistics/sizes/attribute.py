"""Sample sizes for a conclusion: how many cases show a rate to be below the tolerable one, and with what allowed.

A population of `None` is one without end: the binomial takes the place of the hypergeometric. Rates that become counts
are rounded up in exact arithmetic. Sizes for a margin are in `precision`.
"""

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor, inf
from typing import NamedTuple

import numpy as np
from scipy.stats import binom, poisson

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

PassingRisk = Callable[[Counts, Counts], Shares]  # deviations allowed, cases drawn → risk of passing wrongly


MAXIMUM_ALLOWED = 10**5  # deviations in a plan: where so many do not show the rate, no sample that is drawn does


class AttributePlan(NamedTuple):
    """How many cases to draw, and the most deviations among them that still show the rate."""

    cases: int
    allowed: int


def attribute_size(population: int | None, tolerable: Rate, expected: Rate, confidence: Rate = "0.95") -> int:
    """Cases to draw so that, with no more deviations than expected, the rate is shown to be below the tolerable one.

    The smallest n with P(X <= ceil(expected n)) <= 1 - confidence when ceil(tolerable N) of the N cases deviate:
    hypergeometric, or binomial where the population is `None` (AICPA 2017, Audit Sampling, appendix A). There the rates
    are the tolerable rate of deviation and the expected population deviation rate, and 1 - confidence is the risk of
    overreliance. With nothing expected this is discovery sampling. Both counts are rounded up in exact arithmetic.
    AuditError where the expected rate is not below the tolerable one, or no sample of the population can show it.

    Example:
        >>> attribute_size(1000, "0.05", "0.01", "0.95")
        90
        >>> attribute_size(None, "0.05", "0.01", "0.95")
        93
    """
    return attribute_plan(population, tolerable, expected, confidence).cases


def attribute_plan(population: int | None, tolerable: Rate, expected: Rate, confidence: Rate = "0.95") -> AttributePlan:
    """`attribute_size`, with the deviations that it allows: ceil(expected n).

    AICPA 2017, Audit Sampling, appendix A. AuditError where the expected rate is not below the tolerable one, or no
    sample of the population can show it.

    Example:
        >>> attribute_plan(1000, "0.05", "0.01", "0.95")
        AttributePlan(cases=90, allowed=1)
    """
    return _smallest_plan(_passing_risk(population, tolerable), population, tolerable, expected, confidence)


def poisson_plan(tolerable: Rate, expected: Rate, confidence: Rate = "0.95") -> AttributePlan:
    """`attribute_plan` by the Poisson distribution, as tables of reliability factors have it: a case or two larger.

    AICPA 2017, Audit Sampling, appendix C. AuditError where the expected rate is not below the tolerable one, or no
    sample of the population can show it.

    Example:
        >>> poisson_plan("0.05", "0.01", "0.95")
        AttributePlan(cases=95, allowed=1)
    """
    rate = float(parse_share(tolerable))

    def passing(allowed: Counts, n: Counts) -> Shares:
        return np.asarray(poisson.cdf(allowed, rate * n))

    return _smallest_plan(passing, None, tolerable, expected, confidence)


def critical_size(population: int | None, tolerable: Rate, allowed: int, confidence: Rate = "0.95") -> int:
    """Cases to draw so that `allowed` deviations among them, or fewer, show the rate to be below the tolerable one.

    The smallest n with P(X <= allowed) <= 1 - confidence when ceil(tolerable N) of the N cases deviate (Touw & Hoogduin
    2011, Statistiek voor audit en controlling, p. 126). AuditError where fewer than none are allowed, or no sample of
    the population can show it.

    Example:
        >>> critical_size(1000, "0.05", 1, "0.95")
        90
    """
    require_counts(allowed)
    return _smallest_size(_passing_risk(population, tolerable), population, allowed, _risk(confidence))


def discovery_size(population: int | None, tolerable: Rate, confidence: Rate = "0.95") -> int:
    """Cases to draw so that one deviation at least is among them if the tolerable rate is reached: discovery sampling.

    `critical_size` with none allowed.

    Touw & Hoogduin 2011, p. 126. AuditError as `critical_size`.

    Example:
        >>> discovery_size(1000, "0.05", "0.95")
        57
    """
    return critical_size(population, tolerable, 0, confidence)


def discovery_chance(n: int, population: int, deviations: int) -> float:
    """How likely a sample of `n` is to hold one deviation at least, where so many of the population deviate.

    A share. Touw & Hoogduin 2011, Statistiek voor audit en controlling, p. 126. AuditError where a count exceeds its
    population.

    Example:
        >>> round(discovery_chance(57, 1000, 50), 4)
        0.9508
    """
    require_counts(n, population, deviations)
    if not 0 <= n <= population or not 0 <= deviations <= population:
        raise make_usage_error("A count exceeds its population", "Check the counts and the population.")
    return float(hypergeometric_sf(0, population, deviations, n))


def _risk(confidence: Rate) -> float:
    return float(1 - parse_share(confidence)) * (1 + TIE_TOLERANCE)


def _passing_risk(population: int | None, tolerable: Rate) -> PassingRisk:
    """The risk of finding no more than the deviations allowed where the tolerable rate is just reached."""
    require_population(population)
    rate = parse_share(tolerable)
    if population is None:
        return lambda allowed, n: np.asarray(binom.cdf(allowed, n, float(rate)))
    return lambda allowed, n: np.asarray(hypergeometric_cdf(allowed, population, ceil(rate * population), n))


def _smallest_size(passing: PassingRisk, population: int | None, allowed: int, risk: float) -> int:
    return find_smallest_size(lambda n: bool(passing(np.array(allowed), np.array(n)) <= risk), allowed, population)


def _smallest_plan(
    passing: PassingRisk, population: int | None, tolerable: Rate, expected: Rate, confidence: Rate
) -> AttributePlan:
    """The smallest plan: as many deviations allowed as it takes.

    The sizes that allow k deviations, ceil(expected n) = k, end at k / expected, where they pass if any does. The
    rounding makes the risk rise and fall with k: every k is tried, in blocks.
    """
    tolerable_rate, expected_rate, risk = parse_share(tolerable), parse_rate(expected), _risk(confidence)
    if not 0 <= expected_rate < tolerable_rate:
        raise make_usage_error(
            "The expected rate is not below the tolerable rate", "Expect fewer deviations or tolerate more."
        )
    if expected_rate == 0:
        return AttributePlan(_smallest_size(passing, population, 0, risk), 0)
    if expected_rate * (population or inf) > MAXIMUM_ALLOWED:
        longest_plan = np.array([_largest_sample(MAXIMUM_ALLOWED, expected_rate, population)])
        if passing(np.array([MAXIMUM_ALLOWED]), longest_plan)[0] > risk:
            raise make_usage_error(
                f"It would take more than {MAXIMUM_ALLOWED:,} deviations to show it",
                "Expect fewer deviations or tolerate more.",
            )
    first, last = 0, 16
    while population is None or first <= ceil(expected_rate * population):
        allowed = np.arange(first, last)
        longest = np.array([_largest_sample(k, expected_rate, population) for k in range(first, last)])
        enough = passing(allowed, longest) <= risk
        if np.any(enough):
            k = int(allowed[np.argmax(enough)])
            return AttributePlan(_smallest_size(passing, population, k, risk), k)
        first, last = last, last * 2
    raise _make_unreachable_error()


def _largest_sample(allowed: int, expected: Fraction, population: int | None) -> int:
    """The largest sample of which no more than so many are expected to deviate."""
    longest = floor(allowed / expected)
    return longest if population is None else min(longest, population)


def find_smallest_size(enough: Callable[[int], bool], above: int, population: int | None) -> int:
    """The smallest size above another that is enough, where every larger one is too: by doubling, then halving."""
    low, high = above, 2 * above + 64
    while (population is None or high < population) and not enough(high):
        low, high = high, 2 * high
    if population is not None and high >= population:
        high = population
        if low >= high or not enough(high):
            raise _make_unreachable_error()
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _make_unreachable_error() -> Exception:
    return make_usage_error("No sample of this population can show it", "Expect fewer deviations or tolerate more.")
