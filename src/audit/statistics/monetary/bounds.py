"""Upper limits on misstatement as a share of the book value, from the taints of a monetary unit sample.

A taint is the misstated share of a sampled unit's book value: (book - audited) / book. `taints` holds those of the
`n` units drawn that are not 0, in any order; `confidence` is one-sided. Only the bounds in `PROVEN_BOUNDS` hold their
confidence in every population; Stringer's is conservative in every study and proved in none; the others can fail
where misstatement is rare. The bounds that bear the mean of the taints, but no taint above 1, refuse such a taint:
audit the units apart.
"""

from math import sqrt, tanh
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import beta, f, gamma, norm, t

from audit.errors import make_usage_error
from audit.statistics.monetary.taints import complete_taints, select_overstatements, select_understatements
from audit.statistics.parameters import Rate, Shares, parse_share, require_counts

PROVEN_BOUNDS: Final = frozenset({"counted_bound", "betting_bound", "sequential_betting_bound"})


def counted_bound(taints: ArrayLike, n: int, confidence: Rate = "0.95") -> float:
    """Every overstatement counted as complete: Clopper and Pearson's limit on the share of units misstated.

    Valid in every population whose taints are at most 1, for the share misstated bounds the misstatement; far from
    sharp where taints are small. Clopper & Pearson 1934, Biometrika 26:404. A share of the book value. AuditError where
    there are more taints than units drawn, or one is above 1.

    Example:
        >>> round(counted_bound([0.4, 0.1, -0.2], 60, "0.95"), 4)
        0.1012
    """
    return float(_beta_limit(np.sum(select_overstatements(taints, n) > 0), n, float(parse_share(confidence))))


def stringer_binomial(taints: ArrayLike, n: int, confidence: Rate = "0.95") -> float:
    """Stringer's bound: basic precision plus each taint, largest first, times the increment of the attribute limit.

    Times the book value it is the upper misstatement limit: the projected misstatement (the mean tainting times the
    book value) with an allowance for sampling risk.

    Stringer 1963, Proceedings of the Business and Economic Statistics Section, American Statistical Association, 405;
    here with binomial (Clopper-Pearson) limits. A share of the book value. AuditError where there are more taints than
    units drawn, or one is above 1.

    Example:
        >>> round(stringer_binomial([0.4, 0.1, -0.2], 60, "0.95"), 4)
        0.0623
    """
    over = select_overstatements(taints, n)
    return _stringer_bound(over, _beta_limit(np.arange(len(over) + 1), n, float(parse_share(confidence))))


def stringer_poisson(taints: ArrayLike, n: int, confidence: Rate = "0.95") -> float:
    """Stringer's bound with Poisson limits, the reliability factors of the AICPA tables.

    Stringer 1963; AICPA 2017, Audit Sampling, table C-3. Never above 1. A share of the book value. AuditError where
    there are more taints than units drawn, or one is above 1.

    Example:
        >>> round(stringer_poisson([0.4, 0.1, -0.2], 60, "0.95"), 4)
        0.0642
    """
    over = select_overstatements(taints, n)
    limits = np.asarray(gamma.ppf(float(parse_share(confidence)), np.arange(len(over) + 1) + 1.0)) / n
    return min(1.0, _stringer_bound(over, limits))


def stringer_meikle(taints: ArrayLike, n: int, confidence: Rate = "0.95") -> float:
    """Stringer's bound less an upper limit on understatement, as jfa 0.7.3 computes the limit.

    Meikle 1972, Statistical Sampling in an Audit Context. No net bound: what is subtracted is not known to be there.
    Only to re-perform the figures of others.

    A share of the book value. AuditError where there are more taints than units drawn, or one is above 1.

    Example:
        >>> round(stringer_meikle([0.4, 0.1, -0.2], 60, "0.95"), 4)
        0.047
    """
    level, under = float(parse_share(confidence)), select_understatements(taints, n)
    limits = beta.ppf(level, np.arange(1, len(under) + 1) + 1.0, n - 1.0)
    return stringer_binomial(taints, n, confidence) - float(np.diff(limits, prepend=0.0) @ under)


def stringer_lta(taints: ArrayLike, n: int, confidence: Rate = "0.95") -> float:
    """Stringer's bound less the understatement found (Leslie, Teitlebaum & Anderson 1979).

    Only to re-perform the figures of others. A share of the book value. AuditError where there are more taints than
    units drawn, or one is above 1.

    Example:
        >>> round(stringer_lta([0.4, 0.1, -0.2], 60, "0.95"), 4)
        0.059
    """
    return stringer_binomial(taints, n, confidence) - float(select_understatements(taints, n).sum() / n)


def stringer_pvz(taints: ArrayLike, n: int, confidence: Rate = "0.95") -> float:
    """Pap and van Zuijlen's bound: Stringer's, corrected to reach its confidence as n grows.

    Pap & van Zuijlen 1996, Statistica Neerlandica 50:367, with the spread of the taints above 0 as jfa 0.7.3 computes
    it. A share of the book value. AuditError where there are more taints than units drawn, or one is above 1, and where
    the corrected bound falls as confidence rises, as it can where most units of a small sample are misstated alike.

    Example:
        >>> round(stringer_pvz([0.4, 0.1, -0.2], 60, "0.95"), 4)
        0.0618
    """
    over, level = select_overstatements(taints, n), float(parse_share(confidence))
    if not len(over):
        return stringer_binomial(taints, n, confidence)
    i = np.arange(1, len(over) + 1)
    excess = (n - 2 * i + 1) / (2 * np.sqrt(i * (n - i + 1))) @ over / n
    spread = sqrt(np.square(over - over.mean()).sum() / n)

    def correct(confidence_level: float) -> float:
        limits = _beta_limit(np.arange(len(over) + 1), n, confidence_level)
        return _stringer_bound(over, limits) - float((excess - spread) / sqrt(n) * norm.ppf(confidence_level))

    bound = correct(level)
    if max(map(correct, np.linspace(0.5, max(level, 0.5), 21)[:-1])) > bound + 1e-12:
        raise make_usage_error("The corrected bound falls as confidence rises", "Take `stringer_binomial`.")
    return min(bound, 1.0)


def cell_bound(taints: ArrayLike, n: int, confidence: Rate = "0.95") -> float:
    """The cell bound: at each error the larger of adding its taint to the bound so far and spreading the mean taint.

    Leslie, Teitlebaum & Anderson 1979, Dollar-Unit Sampling; binomial limits. Made for cell selection. A taint above 1
    is allowed: the basic precision grows with it. A share of the book value. AuditError where there are more taints
    than units drawn.

    Example:
        >>> round(cell_bound([0.4, 0.1, -0.2], 60, "0.95"), 4)
        0.057
    """
    all_taints = complete_taints(taints, n)
    over = np.sort(all_taints[all_taints > 0])[::-1]
    return cell_limit(over, _beta_limit(np.arange(len(over) + 1), n, float(parse_share(confidence))), n)


def cell_limit(over: Shares, limits: Shares, n: int) -> float:
    """The cell bound from overstated taints, the largest first, and the attribute `limits` at 0, 1, 2 ... errors.

    Leslie, Teitlebaum & Anderson 1979, Dollar-Unit Sampling. A share of the book value.

    Example:
        >>> round(cell_limit(np.array([0.4, 0.1]), np.array([0.0487, 0.0766, 0.1013]), 60), 4)
        0.057
    """
    most = max(1.0, over[0] if len(over) else 1.0)
    bound = limits[0] * most
    for errors, (taint, average) in enumerate(zip(over, np.cumsum(over) / np.arange(1, len(over) + 1), strict=True), 1):
        bound = max(bound + taint / n, limits[errors] * average)
    return float(min(bound, most))


def moment_bound(taints: ArrayLike, n: int, confidence: Rate = "0.95") -> float:
    """The moment bound for accounts receivable: a gamma with the moments of the taints found and a hypothetical one.

    Dworin & Grimlund 1984, The Accounting Review 59:218. Where the third moment is negative the gamma is reflected.

    Never above the largest taint, or 1. A share of the book value. AuditError where there are more taints than units
    drawn.

    Example:
        >>> round(moment_bound([0.4, 0.1, -0.2], 60, "0.95"), 4)
        0.0354
    """
    sample_taints = complete_taints(taints, n)
    sample_taints = sample_taints[sample_taints != 0]
    m, mean = len(sample_taints), float(sample_taints.mean()) if len(sample_taints) else 0.0
    supposed = 0.81 * (1 - 0.667 * tanh(10 * mean)) * (1 + 0.667 * tanh(m / 10))
    z1, z2, z3 = ((supposed**k + np.sum(sample_taints**k)) / (m + 1) for k in (1, 2, 3))
    e1 = (m + 1) / (n + 2)
    e2 = e1 * (m + 2) / (n + 3)
    e3 = e2 * (m + 3) / (n + 4)
    u1 = e1 * z1
    u2 = (e1 * z2 + (n - 1) * e2 * z1**2) / n
    u3 = (e1 * z3 + 3 * (n - 1) * e2 * z1 * z2 + (n - 1) * (n - 2) * e3 * z1**3) / n**2
    c2, c3 = u2 - u1**2, u3 - 3 * u1 * u2 + 2 * u1**3
    shape, scale, origin = 4 * c2**3 / c3**2, c3 / (2 * c2), u1 - 2 * c2**2 / c3
    # Many taints make the third moment negative: the gamma is then reflected, and its lower tail is the upper one.
    z = float(np.sign(scale)) * float(norm.ppf(float(parse_share(confidence))))
    bound = float(origin + shape * scale * (1 + z / sqrt(9 * shape) - 1 / (9 * shape)) ** 3)
    return _cap_bound(bound, sample_taints)


def rohrbach_bound(taints: ArrayLike, n: int, population: int, confidence: Rate = "0.95") -> float:
    """Rohrbach's augmented variance bound for a population of `population` items (Rohrbach 1993, Auditing 12:79).

    AuditError where fewer than two units were drawn, or more than there are.

    Example:
        >>> round(rohrbach_bound([0.4, 0.1, -0.2], 60, 1000, "0.95"), 4)
        0.0381
    """
    require_counts(population)
    units = complete_taints(taints, n)
    if not 2 <= n <= population:
        raise make_usage_error("Fewer than two units were drawn, or more than there are", "Check the population.")
    audited = 1 - units  # audited value per unit of book value
    square = float(np.mean(np.square(audited)))
    variance = square - (2 - 2.7 / n) * (square - float(np.var(audited, ddof=1))) / 2  # 2.7: Rohrbach's delta
    margin = norm.ppf(float(parse_share(confidence))) * sqrt(max(0.0, (1 - n / population) * variance) / n)
    return _cap_bound(float(units.mean() + margin), units)


def cox_snell_bound(taints: ArrayLike, n: int, confidence: Rate = "0.95") -> float:
    """Cox and Snell's Bayesian bound with their customary prior (Cox & Snell 1979, Biometrika 66:125).

    Never above 1. A share of the book value. AuditError where there are more taints than units drawn, or one is above
    1.

    Example:
        >>> round(cox_snell_bound([0.4, 0.1, -0.2], 60, "0.95"), 4)
        0.0467
    """
    factor, dfn, dfd = _cox_snell_posterior(taints, n)
    return min(1.0, float(factor * f.ppf(float(parse_share(confidence)), dfn, dfd)))


def cox_snell_mode(taints: ArrayLike, n: int) -> float:
    """The mode of the posterior behind `cox_snell_bound`: the most likely misstatement.

    Cox & Snell 1979, Biometrika 66:125. A share of the book value. AuditError where there are more taints than units
    drawn, or one is above 1.

    Example:
        >>> round(cox_snell_mode([0.4, 0.1], 60), 4)
        0.0081
    """
    factor, dfn, dfd = _cox_snell_posterior(taints, n)
    return factor * (dfn - 2) / dfn * dfd / (dfd + 2)


def mean_bound(taints: ArrayLike, n: int, confidence: Rate = "0.95") -> float:
    """The mean taint plus z standard errors (mean-per-unit): 0 where no error was found. Never above the
    largest taint, or 1.

    Cochran 1977, Sampling Techniques, chapter 2; jfa 0.7.3. A share of the book value. AuditError where there are more
    taints than units drawn.

    Example:
        >>> round(mean_bound([0.4, 0.1, -0.2], 60, "0.95"), 4)
        0.0176
    """
    units = complete_taints(taints, n)
    return _cap_bound(
        float(units.mean() + norm.ppf(float(parse_share(confidence))) * units.std(ddof=1) / sqrt(n)), units
    )


def pps_bound(taints: ArrayLike, n: int, confidence: Rate = "0.95") -> float:
    """The mean taint plus t standard errors (PPS estimator), with one degree of freedom fewer than units misstated.

    The PPS estimator of jfa 0.7.3 and FSaudit 1.0.0; not a number with fewer than two units misstated. Hansen & Hurwitz
    1943, Annals of Mathematical Statistics 14:333. A share of the book value. AuditError where there are more taints
    than units drawn.

    Example:
        >>> round(pps_bound([0.4, 0.1, -0.2], 60, "0.95"), 4)
        0.0274
    """
    units = complete_taints(taints, n)
    freedom = np.count_nonzero(units) - 1
    if freedom < 1:
        return float("nan")
    margin = t.ppf(float(parse_share(confidence)), freedom) * units.std(ddof=1) / sqrt(n)
    return _cap_bound(float(units.mean() + margin), units)


def binomial_bound(taints: ArrayLike, n: int, confidence: Rate = "0.95") -> float:
    """The beta limit with the sum of taints, net of understatement, in place of the number of errors.

    Stewart 2012, as `sizes.binomial_size`. A share of the book value. AuditError where there are more taints than units
    drawn.

    Example:
        >>> round(binomial_bound([0.4, 0.1, -0.2], 60, "0.95"), 4)
        0.0577
    """
    total = max(0.0, float(complete_taints(taints, n).sum()))
    return float(beta.ppf(float(parse_share(confidence)), 1 + total, n - total)) if total < n else 1.0


def poisson_bound(taints: ArrayLike, n: int, confidence: Rate = "0.95") -> float:
    """The gamma limit with the sum of taints, net of understatement, in place of the number of errors.

    Stewart 2012, as `sizes.poisson_size`. Never above the largest taint, or 1. A share of the book value. AuditError
    where there are more taints than units drawn.

    Example:
        >>> round(poisson_bound([0.4, 0.1, -0.2], 60, "0.95"), 4)
        0.0592
    """
    values = complete_taints(taints, n)
    total = max(0.0, float(values.sum()))
    return _cap_bound(float(gamma.ppf(float(parse_share(confidence)), 1 + total) / n), values)


def _cap_bound(bound: float, taints: Shares) -> float:
    """The bound, no higher than if all of the book value were misstated like the worst unit, and 1 at least."""
    return min(bound, max(1.0, float(np.max(taints, initial=0.0))))


def _stringer_bound(over: Shares, limits: Shares) -> float:
    return float(limits[0] + np.diff(limits[: len(over) + 1]) @ over)


def _cox_snell_posterior(taints: ArrayLike, n: int) -> tuple[float, float, float]:
    """Factor and degrees of freedom of the posterior F; the prior has a = 1, b = 3, mean taint and rate of 1/2."""
    over = select_overstatements(taints, n)
    m, a, b = len(over), 1, 3
    factor = (m + a) / (m + b) * (0.5 * (b - 1) + over.sum()) / (n + a / 0.5)
    return float(factor), 2.0 * (m + a), 2.0 * (m + b)


def _beta_limit(errors: ArrayLike, n: int, level: float) -> Shares:
    counts = np.asarray(errors)
    return np.where(counts < n, beta.ppf(level, counts + 1.0, np.maximum(n - counts, 1.0)), 1.0)
