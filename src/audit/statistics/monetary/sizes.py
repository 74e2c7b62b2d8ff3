"""Planning of monetary unit samples: how many monetary units to draw, and the factors that the tables print.

Rates are shares of the book value: tolerable misstatement over book value, expected misstatement over book value.
"""

from fractions import Fraction
from math import ceil

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import gammaincc
from scipy.stats import beta, gamma

from audit.errors import make_usage_error
from audit.statistics.hypergeometric import hypergeometric_cdf
from audit.statistics.parameters import (
    TIE_TOLERANCE,
    Rate,
    Shares,
    parse_rate,
    parse_share,
    require_counts,
    unwrap_scalar,
)

MAXIMUM_ERRORS = 1_000  # errors in a plan: every number up to it is tried


def reliability_factor(overstatements: ArrayLike, confidence: Rate = "0.95") -> float | Shares:
    """The reliability factor: upper one-sided Poisson limit for a number of overstatements, whole or not.

    Times the sampling interval it is the upper limit on misstatement when each overstatement is complete (AICPA
    2017, Audit Sampling, table C-3). A number, or an array of the shape given.

    Example:
        >>> round(reliability_factor(0, "0.95"), 4), reliability_factor([0, 1, 2], "0.95").round(2)
        (2.9957, array([3.  , 4.74, 6.3 ]))
    """
    factor: float | Shares = unwrap_scalar(gamma.ppf(float(parse_share(confidence)), np.asarray(overstatements) + 1.0))
    return factor


def confidence_factor(ratio: Rate, confidence: Rate = "0.95") -> float:
    """The confidence factor F: the sample size is F over the tolerable rate; `ratio` is expected over tolerable
    misstatement.

    It solves: F is the reliability factor of the overstatements then expected, ratio F (Stewart 2012, Technical Notes
    on the AICPA Audit Guide Audit Sampling; AICPA 2017, table C-2). AuditError where the ratio is not from 0 to below
    1.

    Example:
        >>> round(confidence_factor("0.2", "0.95"), 4)
        4.6202
    """
    expected, risk = parse_rate(ratio), float(1 - parse_share(confidence))
    if not 0 <= expected < 1:
        raise make_usage_error("The expected misstatement is not below the tolerable", "Expect less or tolerate more.")
    slope, high = float(expected), 1.0
    while gammaincc(1 + slope * high, high) > risk:
        high *= 2
    return float(brentq(lambda factor: gammaincc(1 + slope * factor, factor) - risk, 0, high, xtol=1e-12, rtol=1e-14))


def expected_taints(ratio: Rate, confidence: Rate = "0.95") -> float:
    """The sum of taints that the plan of `confidence_factor` allows (AICPA 2017, table C-1).

    In taints. AuditError as `confidence_factor`.

    Example:
        >>> round(expected_taints("0.2", "0.95"), 4)
        0.924
    """
    return float(parse_rate(ratio)) * confidence_factor(ratio, confidence)


def poisson_size(tolerable: Rate, expected: Rate, confidence: Rate = "0.95") -> int:
    """Monetary units to draw so that no more misstatement than expected shows it to be tolerable: Poisson.

    The book value over n is the sampling interval. The smallest n with F(1 + expected n; tolerable n) at `confidence`
    or above, F being the gamma distribution that carries the Poisson to sums of taints (Stewart 2012; AICPA 2017, table
    C-1). AuditError where the expected rate is not below the tolerable one.

    Example:
        >>> poisson_size("0.05", "0.01", "0.95")
        93
    """
    tolerable_rate, expected_rate, risk = _check_rates(tolerable, expected, confidence)
    size = ceil(confidence_factor(expected_rate / tolerable_rate, confidence) / tolerable_rate)
    while (
        size > 1 and _poisson_risk(size - 1, tolerable_rate, expected_rate) <= risk
    ):  # the factor was rounded up past a whole n
        size -= 1
    return size


def _poisson_risk(size: int, tolerable_rate: Fraction, expected_rate: Fraction) -> float:
    return float(gammaincc(float(1 + expected_rate * size), float(tolerable_rate * size)))


def binomial_size(tolerable: Rate, expected: Rate, confidence: Rate = "0.95") -> int:
    """As `poisson_size`, by the binomial carried to sums of taints: a little smaller.

    The smallest n whose upper limit, the `confidence` quantile of Beta(1 + expected n, n - expected n), is tolerable
    (Stewart 2012). AuditError where the expected rate is not below the tolerable one.

    Example:
        >>> binomial_size("0.05", "0.01", "0.95")
        90
    """
    tolerable_rate, expected_rate, risk = _check_rates(tolerable, expected, confidence)
    if tolerable_rate == 1:
        raise make_usage_error("A tolerable rate of 100% needs no sample", "Tolerate less.")
    low, high = 0, poisson_size(tolerable, expected, confidence)  # the risk falls with n: it is bisected
    while high - low > 1:
        middle = (low + high) // 2
        taints = float(expected_rate * middle)
        enough = beta.sf(float(tolerable_rate), 1 + taints, middle - taints) <= risk
        low, high = (low, middle) if enough else (middle, high)
    return high


def hypergeometric_size(population: int, tolerable: Rate, expected: Rate, confidence: Rate = "0.95") -> int:
    """As `poisson_size`, for a draw without replacement from `population` monetary units (say, cents).

    Between the sizes n(k) that allow k whole errors, sizes are interpolated to where the taints expected are those
    allowed, as IDEA, MUS 0.1.6 and FSaudit 1.0.0 do (Leslie, Teitlebaum & Anderson 1979, Dollar-Unit Sampling).
    AuditError where the expected rate is not below the tolerable one, or no sample, or none that allows
    `MAXIMUM_ERRORS`, can show it.

    Example:
        >>> hypergeometric_size(100_000, "0.05", "0.01", "0.95")
        90
    """
    require_counts(population)
    tolerable_rate, expected_rate, risk = _check_rates(tolerable, expected, confidence)
    wrong = ceil(tolerable_rate * population)
    enough = expected_rate * population <= MAXIMUM_ERRORS or wrong <= MAXIMUM_ERRORS  # errors run out before the limit
    if not enough and expected_rate * _size_allowing_errors(MAXIMUM_ERRORS, wrong, population, risk) > MAXIMUM_ERRORS:
        raise make_usage_error(
            f"It would take more than {MAXIMUM_ERRORS:,} errors to show it",
            "Expect less misstatement or tolerate more.",
        )
    before, size, errors = 0, _size_allowing_errors(0, wrong, population, risk), 0
    while expected_rate * size > errors:
        errors += 1
        before, size = size, _size_allowing_errors(errors, wrong, population, risk)
    if not errors:
        return size
    # where the line from (errors - 1, before) to (errors, size) meets the errors expected: with e = expected_rate n,
    # n = before + (e - errors + 1) (size - before)
    slope = size - before
    return ceil((before - (errors - 1) * slope) / (1 - expected_rate * slope))


def _size_allowing_errors(errors: int, wrong: int, population: int, risk: float) -> int:
    """The smallest draw in which as few as `errors` of the `wrong` units are found with a probability within risk."""
    if wrong <= errors:
        raise make_usage_error("No sample of this population can show it", "Expect less misstatement or tolerate more.")
    # either is enough: what is enough with replacement, by Poisson; and so many that more than `errors` must be wrong
    low, high = errors, min(ceil(gamma.isf(risk, errors + 1) * population / wrong), population - wrong + errors + 1)
    while high - low > 1:
        middle = (low + high) // 2
        enough = hypergeometric_cdf(errors, population, wrong, middle) <= risk
        low, high = (low, middle) if enough else (middle, high)
    return high


def _check_rates(tolerable: Rate, expected: Rate, confidence: Rate) -> tuple[Fraction, Fraction, float]:
    tolerable_rate, expected_rate = parse_rate(tolerable), parse_rate(expected)
    if not 0 <= expected_rate < tolerable_rate <= 1:
        raise make_usage_error(
            "The expected rate is not below the tolerable rate", "Expect less misstatement or tolerate more."
        )
    return tolerable_rate, expected_rate, float(1 - parse_share(confidence)) * (1 + TIE_TOLERANCE)
