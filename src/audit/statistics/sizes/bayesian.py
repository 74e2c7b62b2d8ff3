"""Bayesian sizes and evidence: how many cases make a tolerable rate likely enough, how far a sample speaks for one.

A prior says what is held before the sample, as if `a` deviations and `b` conforming cases had been seen: (1, 1) says
nothing. It belongs to the plan and is never changed after the sample is looked at.
"""

from collections.abc import Callable
from fractions import Fraction
from math import ceil, log

import numpy as np
from scipy.stats import beta, betabinom, gamma

from audit.errors import make_usage_error
from audit.statistics.parameters import (
    TIE_TOLERANCE,
    Counts,
    Prior,
    Rate,
    Shares,
    parse_rate,
    parse_share,
    require_counts,
)

MAXIMUM_POPULATION = 10**5  # cases of a population of which every size may have to be tried
MAXIMUM_CASES = 10**6  # cases in a sample from a population without end


def beta_size(tolerable: Rate, expected: Rate, confidence: Rate = "0.95", prior: Prior = (1, 1)) -> int:
    """Cases to draw so that P(rate < tolerable) >= confidence if deviations come at the expected rate: a beta prior.

    The smallest n for the posterior beta(a + expected n, b + n - expected n); expected deviations are not rounded
    (Stewart 2013, A Bayesian audit assurance model; so in R's package jfa). A population without end. AuditError where
    the expected rate is not below the tolerable one, a prior is not above 0, or more than a million cases would be
    drawn.

    Example:
        >>> beta_size("0.05", "0.01", "0.95")
        89
    """
    rate, expected_rate = float(parse_share(tolerable)), float(parse_rate(expected))

    def posterior(n: Counts) -> Shares:
        return np.asarray(beta.cdf(rate, prior[0] + expected_rate * n, prior[1] + n - expected_rate * n))

    return _find_first_size(posterior, MAXIMUM_CASES, tolerable, expected, confidence, prior)


def gamma_size(tolerable: Rate, expected: Rate, confidence: Rate = "0.95", prior: Prior = (1, 1)) -> int:
    """`beta_size` for a Poisson count of deviations: the posterior gamma(a + expected n, b + n).

    Stewart 2013, as `beta_size`, and AuditError as there.

    Example:
        >>> gamma_size("0.05", "0.01", "0.95")
        91
    """
    rate, expected_rate = float(parse_share(tolerable)), float(parse_rate(expected))

    def posterior(n: Counts) -> Shares:
        return np.asarray(gamma.cdf(rate, prior[0] + expected_rate * n, scale=1 / (prior[1] + n)))

    return _find_first_size(posterior, MAXIMUM_CASES, tolerable, expected, confidence, prior)


def beta_binomial_size(
    population: int, tolerable: Rate, expected: Rate, confidence: Rate = "0.95", prior: Prior = (1, 1)
) -> int:
    """`beta_size` for a finite population: P(fewer than tolerable N of the N cases deviate) >= confidence.

    The posterior of the unseen cases is beta-binomial, given ceil(expected n) deviations among n (Dyer & Pierce 1993,
    Communications in Statistics 22:2125). Both counts are rounded up in exact arithmetic. AuditError as `beta_size`,
    and where no sample of the population can show it.

    Example:
        >>> beta_binomial_size(1000, "0.05", "0.01", "0.95")
        89
    """
    require_counts(population)
    expected_rate, reached = parse_rate(expected), ceil(parse_share(tolerable) * population)
    if population > MAXIMUM_POPULATION:
        raise make_usage_error(f"More than {MAXIMUM_POPULATION:,} cases take too long", "Take `beta_size`.")

    def posterior(n: Counts) -> Shares:
        x = _expected_counts(expected_rate, n)
        return np.asarray(betabinom.cdf(reached - 1 - x, population - n, prior[0] + x, prior[1] + n - x))

    return _find_first_size(posterior, population, tolerable, expected, confidence, prior)


def bayes_factor(x: float, n: int, tolerable: Rate, prior: Prior = (1.0, 1.0)) -> float:
    """The Bayes factor for a tolerable rate: its odds after `x` (or a sum of taints) of `n`, over those before.

    `prior` is a beta distribution. 1 leaves all as it was; above, the sample speaks for a tolerable rate (Derks, de
    Swart, Wagenmakers & Wetzels 2022, An impartial Bayesian hypothesis test for audit sampling). A ratio of odds.
    AuditError where `x` exceeds `n`.

    Example:
        >>> round(bayes_factor(0, 60, "0.05"), 1)
        415.1
    """
    require_counts(n)
    if not 0 <= x <= n:
        raise make_usage_error("A count exceeds its sample", "Check the counts.")
    limit, (a, b) = float(parse_share(tolerable)), prior
    after = beta.cdf(limit, a + x, b + n - x) / beta.sf(limit, a + x, b + n - x)
    return float(after / (beta.cdf(limit, a, b) / beta.sf(limit, a, b)))


def impartial_prior(tolerable: Rate) -> Prior:
    """The beta(1, b) prior by which the rate is as likely below the tolerable one as above it.

    Derks, de Swart, Wagenmakers & Wetzels 2022, as `bayes_factor`. AuditError where the rate is not between 0 and 1.

    Example:
        >>> [round(parameter, 3) for parameter in impartial_prior("0.05")]
        [1.0, 13.513]
    """
    return 1.0, log(0.5) / log(float(1 - parse_share(tolerable)))


def _expected_counts(rate: Fraction, n: Counts) -> Counts:
    return np.array([ceil(rate * cases) for cases in n.tolist()])


def _find_first_size(
    posterior: Callable[[Counts], Shares], most: int, tolerable: Rate, expected: Rate, confidence: Rate, prior: Prior
) -> int:
    """The smallest size at which enough is held; as rounding makes that rise and fall, every size is tried."""
    if not 0 <= parse_rate(expected) < parse_share(tolerable):
        raise make_usage_error(
            "The expected rate is not below the tolerable rate", "Expect fewer deviations or tolerate more."
        )
    if min(prior) <= 0:
        raise make_usage_error("A prior that is not above 0", "Write two numbers above 0: 1 and 1 say nothing.")
    enough = float(parse_share(confidence)) * (1 - TIE_TOLERANCE)
    if most == MAXIMUM_CASES and posterior(np.array([most]))[0] < enough:
        raise make_usage_error(
            f"No sample of {MAXIMUM_CASES:,} cases or fewer can show it", "Expect fewer deviations or tolerate more."
        )
    first, last = 0, 64
    while first <= most:
        sizes = np.arange(first, min(last, most + 1))
        sufficient = posterior(sizes) >= enough
        if np.any(sufficient):
            return int(sizes[np.argmax(sufficient)])
        first, last = last, last * 2
    raise make_usage_error("No sample can show it", "Expect fewer deviations or tolerate more.")
