"""Sample sizes for a margin: how many cases tell a share to within so much, and what a draw then tells.

All are planning formulas: the limits of the result are exact and a little wider. Those that give a fraction of a case
give it unrounded, to be compared or passed on; round it up to draw.
"""

from math import ceil, inf, log, sqrt
from typing import NamedTuple

from scipy.stats import norm

from audit.errors import make_usage_error
from audit.statistics.parameters import Rate, parse_rate, parse_share, require_counts, require_population, z_value


def wald_size(population: int | None, margin: Rate, level: Rate = "0.95", p: Rate = "0.5") -> float:
    """Cases to draw, unrounded, so that a share near `p` is estimated to within `margin` on either side.

    Wald with the finite population correction (Cochran 1977, Sampling Techniques, section 4.4): n = n0 N / (n0 + N -
    1), n0 = z^2 p (1 - p) / margin^2. `None` is a population without end. AuditError where the population holds no
    case, or a rate is not between 0 and 1.

    Example:
        >>> round(wald_size(1000, "0.05", "0.95"), 2)
        277.73
    """
    require_population(population)
    near = parse_share(p)
    unlimited = z_value(level) ** 2 * float(near * (1 - near) / parse_share(margin) ** 2)
    return unlimited if population is None else unlimited * population / (unlimited + population - 1)


def precision_size(population: int | None, margin: Rate, level: Rate = "0.95", p: Rate = "0.5") -> int:
    """Cases to draw so that a share near `p` is estimated to within `margin` on either side: `wald_size`, rounded up.

    Cochran 1977, section 4.4. AuditError as `wald_size`.

    Example:
        >>> precision_size(1000, "0.05", "0.95")
        278
    """
    return ceil(wald_size(population, margin, level, p))


def precision_margin(takes: list[int], sizes: list[int], level: Rate = "0.95", p: Rate = "0.5") -> float:
    """The margin of a share near `p` from a draw of `takes` from strata of `sizes`: the inverse of `precision_size`.

    Wald with the finite population correction, strata weighted by size (Cochran 1977, section 5.10). A share; infinite
    where a stratum is not drawn from. AuditError where `p` or `level` is not between 0 and 1.

    Example:
        >>> round(precision_margin([100, 178], [400, 600], "0.95"), 4)
        0.0502
    """
    require_counts(takes, sizes)
    near, total, variance = float(parse_share(p)), sum(sizes), 0.0
    for take, size in zip(takes, sizes, strict=True):
        if take < size:  # a stratum counted whole has no sampling error
            spread = near * (1 - near) / take * (size - take) / (size - 1) if take else inf
            variance += (size / total) ** 2 * spread
    return z_value(level) * sqrt(variance)


def wilson_size(margin: Rate, level: Rate, p: Rate) -> float:
    """Cases to draw, unrounded, so that Wilson's interval around a share `p` has this half-width.

    Valliant, Dever & Kreuter 2018, Practical Tools for Designing and Weighting Survey Samples, chapter 3. The
    population is without end. AuditError where a rate is not between 0 and 1.

    Example:
        >>> round(wilson_size("0.05", "0.95", "0.1"), 2)
        140.97
    """
    near, half, k = float(parse_share(p)), float(parse_share(margin)), z_value(level) ** 2
    # half^2 (n + k)^2 = k (p (1 - p) n + k / 4), the square of the half-width, is a quadratic in n
    b, c = 2 * half**2 * k - k * near * (1 - near), k**2 * (half**2 - 0.25)
    return (-b + sqrt(b**2 - 4 * half**2 * c)) / (2 * half**2)


def log_odds_size(margin: Rate, level: Rate, p: Rate) -> float:
    """Cases to draw, unrounded, so that the interval on log odds around a share `p` is twice `margin` wide.

    Valliant, Dever & Kreuter 2018, chapter 3. The population is without end. AuditError where the margin is one half
    or more.

    Example:
        >>> round(log_odds_size("0.05", "0.95", "0.1"), 2)
        144.48
    """
    near, half = float(parse_share(p)), float(parse_share(margin))
    if half >= 0.5:
        raise make_usage_error(f"A margin of {margin} tells nothing", "Ask for less than one half.")
    odds = (1 - near) / near
    # limits 1 / (1 + odds e^w) and 1 / (1 + odds e^-w) are 2 half apart: a quadratic in e^w
    a, b, c = odds * (1 - 2 * half), -2 * half * (1 + odds**2), -odds * (1 + 2 * half)
    width = log((-b + sqrt(b**2 - 4 * a * c)) / (2 * a))
    return z_value(level) ** 2 / (near * (1 - near) * width**2)


def fleiss_size(margin: Rate, level: Rate, p: Rate) -> float:
    """Cases to draw, unrounded, for a margin around a share, with allowance for a share nearer one half.

    Fleiss, Levin & Paik 2003, Statistical Methods for Rates and Proportions, section 2.5. The population is without
    end. AuditError where the margin is one half or more.

    Example:
        >>> round(fleiss_size("0.05", "0.95", "0.1"), 2)
        216.0
    """
    near, half, k = parse_share(p), parse_share(margin), z_value(level)
    if half >= parse_share("0.5"):
        raise make_usage_error(f"A margin of {margin} tells nothing", "Ask for less than one half.")
    rare = min(near, 1 - near)
    if rare < half:
        factor = float(8 * half * (1 - 2 * half))
    elif rare < parse_share("0.3"):
        factor = float(4 * (rare + half) * (1 - rare - half))
    else:
        factor = 1.0
    return factor * k**2 / (4 * float(half) ** 2) + 1 / float(half) - 2 * k**2 + (k + 2) / factor


def finite_size(unlimited: float, population: int | None) -> float:
    """A size for an infinite population, unrounded, reduced for a finite one: n0 / (1 + n0 / N).

    Cochran 1977, section 4.4, with N for N - 1, as survey software has it; `wald_size` has N - 1.

    Example:
        >>> round(finite_size(384.1, 1000), 2)
        277.51
    """
    require_counts(population)
    return unlimited if population is None else unlimited / (1 + unlimited / population)


class SurveySize(NamedTuple):
    """A size step by step, each rounded up: simple random, for the design, for the population, to be drawn."""

    simple: int
    designed: int
    finite: int
    drawn: int


def survey_size(unlimited: float, population: int | None = None, deff: Rate = 1, response: Rate = 1) -> SurveySize:
    """A size for a complex survey, step by step: for the design effect, the population, and nonresponse.

    Times `deff` (Kish 1965, Survey Sampling, section 8.2), brought down by `finite_size`, divided by the share of cases
    that can be assessed (Valliant, Dever & Kreuter 2018, chapter 6). AuditError where the effect is not above 0, or the
    response not above 0 and at most 1.

    Example:
        >>> survey_size(384.1, 1000, deff="1.5", response="0.9")
        SurveySize(simple=385, designed=578, finite=367, drawn=408)
    """
    require_counts(population)
    effect, answered = parse_rate(deff), parse_rate(response)
    if not (effect > 0 and 0 < answered <= 1):
        raise make_usage_error(
            "A design effect is above 0, a response above 0 and at most 1", "Write 1 where there is none."
        )
    simple = ceil(unlimited)
    designed = ceil(simple * effect)
    finite = ceil(finite_size(designed, population))
    return SurveySize(simple, designed, finite, ceil(finite / answered))


def change_size(
    before: Rate, after: Rate, both: Rate, overlap: Rate, ratio: Rate, level: Rate, power: Rate
) -> tuple[int, int]:
    """Cases to draw in each of two months to detect a change of a share, where the samples may overlap.

    `both` is the share of cases that are of the kind in both months, `overlap` the part of the first draw that is drawn
    again, `ratio` the first draw's size over the second's (Valliant, Dever & Kreuter 2018, chapter 4). `power` is
    the chance of finding the change, in a test at two-sided `level`; for a one-sided test at 95%, write 0.90.
    AuditError where the shares do not differ, or that of both months cannot be.

    Example:
        >>> change_size("0.20", "0.10", "0.05", "0.5", 1, "0.95", "0.80")
        (173, 173)
    """
    first, second, joint = parse_rate(before), parse_rate(after), parse_rate(both)
    if joint < 0 or joint < first + second - 1 or joint > min(first, second):
        raise make_usage_error(
            "The share of both months cannot be", "It is at most the smaller of the two months' shares."
        )
    if first == second:
        raise make_usage_error("There is no change to find", "State two shares that differ.")
    covariance = joint - first * second
    again = parse_rate(ratio) * second * (1 - second) - 2 * parse_rate(overlap) * parse_rate(ratio) * covariance
    unit = float((first * (1 - first) + again) / (first - second) ** 2)
    n = unit * (z_value(level) + float(norm.ppf(float(parse_share(power))))) ** 2
    return ceil(n), ceil(n / float(parse_rate(ratio)))
