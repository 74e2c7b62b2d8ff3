"""Exact limits, tail probabilities and sample sizes: numbers in, numbers out, each with the paper it comes from.

Counts may be whole numbers, which give numbers, or arrays of one shape, which give arrays. A rate or level may be
text, a number or a fraction, and is taken exactly as typed.
"""

from fractions import Fraction
from math import ceil, inf, sqrt
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, binom, hypergeom, norm

from audit.error import AuditError, ExitCode, Problem

Rate = str | int | float | Fraction
Counts = NDArray[np.int64]
Shares = NDArray[np.float64]
Count = TypeVar("Count", int, Counts)

# A probability this near the risk (relative) counts as equal to it, so that no limit hangs on the last bit of a float.
TIE = 1e-9


def typed(rate: Rate) -> Fraction:
    """A rate exactly as typed: 0.06 is six hundredths, not the nearest binary number, so 6% of 100 is 6, never 7."""
    try:
        return Fraction(str(rate))
    except (ValueError, ZeroDivisionError):
        raise _usage(f"{rate!r} is not a number", "Write a share: 0.95 for 95%.") from None


def hypergeometric_upper(x: Count, n: Count, population: Count, level: Rate) -> Count:
    """Upper one-sided limit: the most cases of a kind the population can hold, given `x` in a sample of `n`.

    The largest K that the sample does not reject, P(X <= x | K) > 1 - level: the smallest valid one-sided limit
    (Wang 2015, Journal of the American Statistical Association 110:1491). A count of cases.
    """
    if not np.all((x >= 0) & (x <= n) & (n <= population)):
        raise _usage("A count exceeds its sample, or a sample its population", "Check the counts and the population.")
    risk = float(1 - _share(level)) * (1 + TIE)
    low, high = np.asarray(x), np.asarray(population - n + x)  # those seen; those seen and all unseen
    while np.any(low < high):
        middle = (low + high + 1) // 2
        likely = hypergeom.cdf(x, population, middle, n) > risk
        low, high = np.where(likely, middle, low), np.where(likely, high, middle - 1)
    limit: Count = _plain(low)
    return limit


def hypergeometric_lower(x: Count, n: Count, population: Count, level: Rate) -> Count:
    """Lower one-sided limit, as a count of cases: all cases but the most that can be of the other kind."""
    return population - hypergeometric_upper(n - x, n, population, level)


def hypergeometric_limits(x: Count, n: Count, population: Count, level: Rate) -> tuple[Count, Count]:
    """Equal-tailed two-sided limits on the cases of a kind in the population: each side holds on its own.

    For `x` of a kind among `n` drawn without replacement, all samples being equally likely. Counts of cases; they
    cover every population with probability `level` or more (Buonaccorsi 1987, The American Statistician 41:215).
    """
    side = (1 + _share(level)) / 2
    return hypergeometric_lower(x, n, population, side), hypergeometric_upper(x, n, population, side)


@overload
def clopper_pearson(x: int, n: int, level: Rate) -> tuple[float, float]: ...
@overload
def clopper_pearson(x: Counts, n: Counts, level: Rate) -> tuple[Shares, Shares]: ...
def clopper_pearson(x: int | Counts, n: int | Counts, level: Rate) -> tuple[float | Shares, float | Shares]:
    """Equal-tailed exact binomial limits on a share: for a population that is unknown, or far larger than the sample.

    Clopper & Pearson 1934, Biometrika 26:404. No case gives 0 and 1: no information.
    """
    x, n = np.broadcast_arrays(x, n)
    if not np.all((x >= 0) & (x <= n)):
        raise _usage("A count exceeds its sample", "Check the counts.")
    risk = float((1 - _share(level)) / 2)
    lower = np.where(x == 0, 0.0, beta.ppf(risk, np.maximum(x, 1), n - x + 1))
    upper = np.where(x == n, 1.0, beta.isf(risk, x + 1, np.maximum(n - x, 1)))
    return _plain(lower), _plain(upper)


@overload
def binomial_tails(x: int, n: int, p: Rate) -> tuple[float, float]: ...
@overload
def binomial_tails(x: Counts, n: Counts, p: Rate) -> tuple[Shares, Shares]: ...
def binomial_tails(x: int | Counts, n: int | Counts, p: Rate) -> tuple[float | Shares, float | Shares]:
    """How likely `x` or fewer, and `x` or more, of `n` are by chance where each has probability `p`: exact tails."""
    share = float(typed(p))
    return _plain(binom.cdf(x, n, share)), _plain(binom.sf(np.asarray(x) - 1, n, share))


@overload
def binomial_funnel(n: int, p: Rate, level: Rate) -> tuple[float, float]: ...
@overload
def binomial_funnel(n: Counts, p: Rate, level: Rate) -> tuple[Shares, Shares]: ...
def binomial_funnel(n: int | Counts, p: Rate, level: Rate) -> tuple[float | Shares, float | Shares]:
    """Funnel limits: between which shares an office of `n` cases lies by chance, if its true share is `p`.

    The interpolated exact binomial limits of Spiegelhalter 2005 (Statistics in Medicine 24:1185, appendix), the upper
    one as the mirror image of the lower. The paper interpolates both downwards, which puts the upper limit up to a
    case too low and offices at 100% above it. So drawn, a share lies outside exactly where its `binomial_tails` is
    below (1 - level) / 2. Shares; 0 and 1 where there is no case.
    """
    share, risk = typed(p), float((1 - _share(level)) / 2)
    return _plain(_funnel_lower(n, share, risk)), _plain(1 - _funnel_lower(n, 1 - share, risk))


def _funnel_lower(n: int | Counts, p: Fraction, risk: float) -> Shares:
    """The share below which an office lies with probability `risk`, interpolated between whole cases."""
    n, share = np.asarray(n), float(p)
    if p == 1:
        return np.where(n > 0, 1.0, 0.0)  # nothing varies by chance
    quantile = binom.ppf(risk, n, share)
    beyond = (binom.cdf(quantile, n, share) - risk) / binom.pmf(quantile, n, share)
    return np.clip((quantile - beyond) / np.maximum(n, 1), 0.0, 1.0)


def precision_size(population: int | None, margin: Rate, level: Rate, p: Rate = "0.5") -> int:
    """Cases to draw so that a share near `p` is told to within `margin` on either side.

    Wald with the finite population correction (Cochran 1977, Sampling Techniques, section 4.4):
    n = n0 N / (n0 + N - 1), n0 = z^2 p (1 - p) / margin^2, rounded up. A planning formula: the limits of the result
    are exact and a little wider. `None` is a population without end.
    """
    share = _share(p)
    unlimited = _z(level) ** 2 * float(share * (1 - share) / _share(margin) ** 2)
    return ceil(unlimited if population is None else unlimited * population / (unlimited + population - 1))


def precision_margin(takes: list[int], sizes: list[int], level: Rate, p: Rate = "0.5") -> float:
    """To within what margin a draw of `takes` from strata of `sizes` tells a share near `p`: `precision_size` undone.

    Wald with the finite population correction, strata weighted by size (Cochran 1977, section 5.11). A share;
    infinite where a stratum is not drawn from.
    """
    share, total, variance = float(_share(p)), sum(sizes), 0.0
    for take, size in zip(takes, sizes, strict=True):
        if take < size:  # a stratum counted whole has no sampling error
            spread = share * (1 - share) / take * (size - take) / (size - 1) if take else inf
            variance += (size / total) ** 2 * spread
    return _z(level) * sqrt(variance)


def attribute_size(population: int | None, tolerable: Rate, expected: Rate, confidence: Rate) -> int:
    """Cases to draw so that, with no more deviations than expected, the rate is shown to be below the tolerable one.

    The smallest n with P(X <= ceil(expected n)) <= 1 - confidence when ceil(tolerable N) of the N cases deviate:
    hypergeometric, or binomial where the population is `None` (AICPA 2017, Audit Sampling, appendix A). With nothing
    expected this is discovery sampling. Both counts are rounded up in exact arithmetic.
    """
    tolerated, hoped, risk = _share(tolerable), typed(expected), float(1 - _share(confidence)) * (1 + TIE)
    if not 0 <= hoped < tolerated:
        raise _usage("The expected rate is not below the tolerable rate", "Expect fewer deviations or tolerate more.")
    first, last = 1, 64  # the rounding makes the probability rise and fall with n: every size is tried, in blocks
    while population is None or first <= population:
        sizes = np.arange(first, last + 1 if population is None else min(last, population) + 1)
        allowed = np.array([ceil(hoped * n) for n in sizes.tolist()])
        if population is None:
            passing = binom.cdf(allowed, sizes, float(tolerated))
        else:
            passing = hypergeom.cdf(allowed, population, ceil(tolerated * population), sizes)
        if np.any(passing <= risk):
            return int(sizes[np.argmax(passing <= risk)])
        first, last = last + 1, last * 2
    raise _usage("No sample of this population can show it", "Expect fewer deviations or tolerate more.")


def _plain(result: Any) -> Any:
    """A number where the counts were numbers, else the array."""
    return result if np.ndim(result) else np.asarray(result).item()


def _share(rate: Rate) -> Fraction:
    """A rate strictly between 0 and 1, as typed."""
    share = typed(rate)
    if not 0 < share < 1:
        raise _usage(f"{rate} is not between 0 and 1", "Write a share: 0.95 for 95%.")
    return share


def _z(level: Rate) -> float:
    return float(norm.isf(float((1 - _share(level)) / 2)))


def _usage(what: str, mend: str) -> AuditError:
    return AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
