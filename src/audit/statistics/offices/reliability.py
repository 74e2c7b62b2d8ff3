"""Reliability of office rates: which part of the variation between cases lies between offices (intraclass correlation).

Near 0, an office's rate says nothing of the office; the more cases, the less correlation is enough.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import expit, gammaln

from audit.errors import make_usage_error
from audit.statistics.parameters import Shares, require_counts


class LogitNormal(NamedTuple):
    """Offices whose log-odds vary normally around a common value."""

    intercept: float
    variance: float
    correlation: float


def anova_icc(x: ArrayLike, n: ArrayLike) -> float:
    """The intraclass correlation by analysis of variance, for `x` of `n` cases an office; may fall below 0.

    Donner 1986, International Statistical Review 54:67; Ridout, Demétrio & Firth 1999, Biometrics 55:137. A share.
    AuditError where there are fewer than two offices, or none has two cases.

    Example:
        >>> round(anova_icc([9, 5, 8], [10, 10, 10]), 4)
        0.1182
    """
    require_counts(x, n)
    counts, cases = _check_counts(x, n)
    offices, total = len(cases), cases.sum()
    if total == offices:
        raise make_usage_error("No office has two cases", "Cases must be comparable within an office.")
    within_squares = float((counts - np.square(counts) / cases).sum())
    between = (float((np.square(counts) / cases).sum()) - float(counts.sum()) ** 2 / total) / (offices - 1)
    within = within_squares / (total - offices)
    typical = (total - float(np.square(cases).sum()) / total) / (offices - 1)
    if not between and not within:
        return float("nan")  # all cases are of one kind: nothing varies
    return float((between - within) / (between + (typical - 1) * within))


def rate_reliability(correlation: float, n: ArrayLike) -> Shares:
    """The reliability of a rate of `n` cases, from 0 to 1: Spearman and Brown's formula.

    A share each. Spearman 1910, British Journal of Psychology 3:271; Brown 1910, ibid. 3:296.

    Example:
        >>> rate_reliability(0.05, [10, 100]).round(3)
        array([0.345, 0.84 ])
    """
    require_counts(n)
    cases = np.asarray(n, dtype=float)
    return np.asarray(cases * correlation / (1 + (cases - 1) * correlation))


def logit_icc(x: ArrayLike, n: ArrayLike) -> LogitNormal:
    """The intraclass correlation on the log-odds scale, from a binomial model with a random intercept (Laplace).

    As lme4 1.1 fits a binomial model with a random intercept (Bates, Mächler, Bolker & Walker 2015, Journal of
    Statistical Software 67:1; Snijders & Bosker 2012, Multilevel Analysis, section 17.3). AuditError where there are
    fewer than two offices.

    Example:
        >>> round(logit_icc([90, 50, 80], [100, 100, 100]).correlation, 3)
        0.192
    """
    require_counts(x, n)
    counts, cases = _check_counts(x, n)
    overall = (counts.sum() + 0.5) / (cases.sum() + 1)
    start = np.array([np.log(overall / (1 - overall)), 0.5])

    def unlikely(at: Shares) -> float:
        return -_laplace_log_likelihood(counts, cases, float(at[0]), float(at[1]))

    optimum = minimize(unlikely, start, method="Nelder-Mead", tol=1e-10)
    intercept, spread = (float(value) for value in optimum.x)
    return LogitNormal(intercept, spread**2, spread**2 / (spread**2 + np.pi**2 / 3))


def _laplace_log_likelihood(x: Shares, n: Shares, intercept: float, spread: float) -> float:
    """The log-likelihood, each office's effect integrated out around its most likely value."""
    u = np.zeros_like(x)  # in standard deviations
    for _ in range(50):
        p = expit(intercept + spread * u)
        information = 1 + spread**2 * n * p * (1 - p)
        step = (spread * (x - n * p) - u) / information
        u = u + np.clip(step, -1, 1)
        if np.max(np.abs(step)) < 1e-12:
            break
    at = intercept + spread * u
    p = expit(at)
    choose = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
    likely = choose + x * at - n * np.logaddexp(0, at) - u**2 / 2
    return float(np.sum(likely - np.log1p(spread**2 * n * p * (1 - p)) / 2))


def _check_counts(x: ArrayLike, n: ArrayLike) -> tuple[Shares, Shares]:
    counts, cases = np.asarray(x, dtype=float), np.asarray(n, dtype=float)
    if counts.shape != cases.shape or len(counts) < 2 or not np.all((counts >= 0) & (counts <= cases) & (cases > 0)):
        raise make_usage_error(
            "There are fewer than two offices, or a count exceeds its cases", "Leave out offices without a case."
        )
    return counts, cases
