"""Two-sided limits on a share from its standard error in a complex sample: the six of svyciprop in R survey.

Each takes the share `p`, its standard `error` and the degrees of `freedom` of the design, as numbers or arrays, and
gives not a number where the error is 0 or there is no freedom: where all cases are of one kind, or one cluster holds
them all, a variance says nothing, and an exact method should be asked. With few cases a stratum and rare failures all
of them fall short of their level; Korn & Graubard's falls least.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit, xlogy
from scipy.stats import beta, t

from audit.errors import make_usage_error
from audit.statistics.parameters import Limits, Rate, Shares, parse_share, require_counts


def mean_limits(p: ArrayLike, error: ArrayLike, freedom: ArrayLike, level: Rate = "0.95") -> Limits:
    """Student's t limits on a share: may pass 0 or 1 (svyciprop's method "mean").

    Shares. As svyciprop of R survey 4.1-1 computes it (Lumley 2010, Complex Surveys: A Guide to Analysis Using R).
    AuditError where a share is not between 0 and 1.

    Example:
        >>> np.round(mean_limits(0.05, 0.02, 30, "0.95"), 4)
        array([0.0092, 0.0908])
    """
    centre, spread, reach = _check_inputs(p, error, freedom, level)
    return centre - reach * spread, centre + reach * spread


def logit_limits(p: ArrayLike, error: ArrayLike, freedom: ArrayLike, level: Rate = "0.95") -> Limits:
    """Student's t limits on the log-odds scale (svyciprop's "logit" and "xlogit", whose errors differ).

    Shares. As svyciprop of R survey 4.1-1 computes it (Lumley 2010, Complex Surveys: A Guide to Analysis Using R).
    AuditError as `mean_limits`.

    Example:
        >>> np.round(logit_limits(0.05, 0.02, 30, "0.95"), 4)
        array([0.0218, 0.1106])
    """
    proportion, spread, reach = _check_inputs(p, error, freedom, level)
    centre, margin = logit(proportion), reach * spread / (proportion * (1 - proportion))
    return expit(centre - margin), expit(centre + margin)


def arcsine_limits(p: ArrayLike, error: ArrayLike, freedom: ArrayLike, level: Rate = "0.95") -> Limits:
    """Student's t limits on the arcsine square root scale (svyciprop's "asin").

    Shares. As svyciprop of R survey 4.1-1 computes it (Lumley 2010, Complex Surveys: A Guide to Analysis Using R).
    AuditError as `mean_limits`.

    Example:
        >>> np.round(arcsine_limits(0.05, 0.02, 30, "0.95"), 4)
        array([0.0173, 0.0985])
    """
    proportion, spread, reach = _check_inputs(p, error, freedom, level)
    centre, margin = np.arcsin(np.sqrt(proportion)), reach * spread / (2 * np.sqrt(proportion * (1 - proportion)))
    lower, upper = np.clip([centre - margin, centre + margin], 0, np.pi / 2)
    return np.square(np.sin(lower)), np.square(np.sin(upper))


def korn_graubard(p: ArrayLike, error: ArrayLike, freedom: ArrayLike, cases: ArrayLike, level: Rate = "0.95") -> Limits:
    """Korn and Graubard's limits: Clopper and Pearson's at the effective sample size (svyciprop's "beta").

    `cases` are the rows behind the share (Korn & Graubard 1998, Survey Methodology 24:193; method "beta"). Shares.
    AuditError as `mean_limits`.

    Example:
        >>> np.round(korn_graubard(0.05, 0.02, 30, 200, "0.95"), 4)
        array([0.0176, 0.1087])
    """
    require_counts(cases)
    proportion, spread, reach = _check_inputs(p, error, freedom, level)
    risk = float((1 - parse_share(level)) / 2)
    n = proportion * (1 - proportion) / np.square(spread) * np.square(t.isf(risk, np.asarray(cases) - 1) / reach)
    x = n * proportion
    return np.asarray(beta.ppf(risk, x, n - x + 1)), np.asarray(beta.isf(risk, x + 1, n - x))


def likelihood_limits(
    p: ArrayLike, error: ArrayLike, freedom: ArrayLike, cases: ArrayLike, level: Rate = "0.95"
) -> Limits:
    """Likelihood ratio limits at the effective sample size (svyciprop's "likelihood").

    `cases` are the rows behind the share, of which svyciprop takes one off (Rao & Scott 1984, Annals of Statistics
    12:46; method "likelihood"). Both sides are bisected. Shares. AuditError as `mean_limits`.

    Example:
        >>> np.round(likelihood_limits(0.05, 0.02, 30, 200, "0.95"), 4)
        array([0.0191, 0.1017])
    """
    require_counts(cases)
    proportion, spread, reach = _check_inputs(p, error, freedom, level)
    n = proportion * (1 - proportion) / np.square(spread) * (1 - 1 / np.asarray(cases))
    sides = []
    for outside in (0.0, 1.0):
        near, far = proportion, np.full_like(proportion, outside)
        for _ in range(60):  # halvings: to the last bit of a float
            middle = (near + far) / 2
            distance = xlogy(proportion, proportion / middle) + xlogy(1 - proportion, (1 - proportion) / (1 - middle))
            inside = 2 * n * distance <= np.square(reach)
            near, far = np.where(inside, middle, near), np.where(inside, far, middle)
        sides.append(np.where(np.isfinite(reach * n), near, np.nan))
    return sides[0], sides[1]


def _check_inputs(p: ArrayLike, error: ArrayLike, freedom: ArrayLike, level: Rate) -> tuple[Shares, Shares, Shares]:
    """The share and its error, not numbers where the error is 0, and the t quantile, not one without freedom."""
    proportion, spread, free = (np.asarray(values, dtype=float) for values in (p, error, freedom))
    if np.any((proportion < 0) | (proportion > 1)):
        raise make_usage_error("A share is not between 0 and 1", "Give the mean of values 0 and 1.")
    reach = t.isf(float((1 - parse_share(level)) / 2), np.where(free > 0, free, np.nan))
    has_error = np.where(spread > 0, 1.0, np.nan)
    return proportion * has_error, spread * has_error, np.asarray(reach)
