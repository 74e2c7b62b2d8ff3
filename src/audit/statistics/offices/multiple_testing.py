"""Many offices tested at once: p-values adjusted, and limits widened, for how many were looked at.

`p` is an array of p-values, one an office; each function gives an adjusted p-value an office, in the same order. An
office is flagged where its adjusted value is at or below the error rate allowed.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import false_discovery_control

from audit.errors import make_usage_error
from audit.statistics.parameters import Rate, Shares, parse_share, require_counts


def bonferroni(p: ArrayLike) -> Shares:
    """Bonferroni's adjusted p-values: the chance of any false flag is at most the error rate, under any dependence.

    Dunn 1961, Journal of the American Statistical Association 56:52. AuditError where a p-value is not between 0 and 1.

    Example:
        >>> bonferroni([0.01, 0.02, 0.3])
        array([0.03, 0.06, 0.9 ])
    """
    p_values = _check_p_values(p)
    return np.minimum(1, p_values * len(p_values))


def sidak(p: ArrayLike) -> Shares:
    """Šidák's adjusted p-values: a little sharper than Bonferroni's, for independent offices.

    Šidák 1967, Journal of the American Statistical Association 62:626.

    AuditError as `bonferroni`.

    Example:
        >>> sidak([0.01, 0.02, 0.3]).round(4)
        array([0.0297, 0.0588, 0.657 ])
    """
    p_values = _check_p_values(p)
    with np.errstate(divide="ignore"):
        return np.asarray(-np.expm1(len(p_values) * np.log1p(-p_values)))


def holm(p: ArrayLike) -> Shares:
    """Holm's step-down p-values: never weaker than Bonferroni's, under any dependence.

    Holm 1979, Scandinavian Journal of Statistics 6:65.

    AuditError as `bonferroni`.

    Example:
        >>> holm([0.01, 0.02, 0.3])
        array([0.03, 0.04, 0.3 ])
    """
    p_values = _check_p_values(p)
    return _step_down(p_values, len(p_values) - np.arange(len(p_values)))


def hochberg(p: ArrayLike) -> Shares:
    """Hochberg's step-up p-values: never weaker than Holm's, under independence or positive dependence.

    Hochberg 1988, Biometrika 75:800.

    Only to re-perform the figures of others. AuditError as `bonferroni`.

    Example:
        >>> hochberg([0.01, 0.02, 0.3])
        array([0.03, 0.04, 0.3 ])
    """
    p_values = _check_p_values(p)
    return _step_up(p_values, len(p_values) - np.arange(len(p_values)))


def hommel(p: ArrayLike) -> Shares:
    """Hommel's p-values: never weaker than Hochberg's.

    Hommel 1988, Biometrika 75:383, in the form of Wright 1992, Biometrics 48:1005.

    Only to re-perform the figures of others. AuditError as `bonferroni`.

    Example:
        >>> hommel([0.01, 0.02, 0.3])
        array([0.03, 0.04, 0.3 ])
    """
    p_values = _check_p_values(p)
    order, n = np.argsort(p_values, kind="stable"), len(p_values)
    ordered = p_values[order]
    adjusted = np.full(n, np.min(n * ordered / np.arange(1, n + 1), initial=1.0))
    least = adjusted.copy()
    for m in range(n - 1, 1, -1):
        split = n - m + 1
        upper = np.min(m * ordered[split:] / np.arange(2, m + 1))
        adjusted[:split] = np.minimum(m * ordered[:split], upper)
        adjusted[split:] = adjusted[split - 1]
        least = np.maximum(least, adjusted)
    return _restore_order(np.maximum(least, ordered), order)


def benjamini_hochberg(p: ArrayLike) -> Shares:
    """Benjamini and Hochberg's p-values: of the offices flagged, the expected share of false flags is at most the rate.

    For independent or positively dependent offices (Benjamini & Hochberg 1995, Journal of the Royal Statistical Society
    B 57:289). AuditError as `bonferroni`.

    Example:
        >>> benjamini_hochberg([0.01, 0.02, 0.3])
        array([0.03, 0.03, 0.3 ])
    """
    return np.asarray(false_discovery_control(_check_p_values(p), method="bh"))


def benjamini_yekutieli(p: ArrayLike) -> Shares:
    """Benjamini and Yekutieli's p-values: as `benjamini_hochberg`, under any dependence.

    Benjamini & Yekutieli 2001, Annals of Statistics 29:1165.

    AuditError as `bonferroni`.

    Example:
        >>> benjamini_yekutieli([0.01, 0.02, 0.3]).round(4)
        array([0.055, 0.055, 0.55 ])
    """
    return np.asarray(false_discovery_control(_check_p_values(p), method="by"))


def fcr_level(flagged: int, offices: int, level: Rate = "0.95") -> float:
    """The level at which to print limits of the `flagged` offices, so that the false coverage rate is held.

    So few of the printed limits are expected to miss as the level promises, although only flagged offices are printed
    (Benjamini & Yekutieli 2005, Journal of the American Statistical Association 100:71): 1 - flagged risk / offices. A
    share. AuditError where none is flagged, or more than there are.

    Example:
        >>> fcr_level(5, 100, "0.95")
        0.9975
    """
    require_counts(flagged, offices)
    if not 0 < flagged <= offices:
        raise make_usage_error(
            "No office is flagged, or more than there are", "Give the number flagged among the offices."
        )
    return float(1 - (1 - parse_share(level)) * flagged / offices)


def simultaneous_level(offices: int, level: Rate = "0.95") -> float:
    """The level of each office's limits at which all hold together, for independent offices (Šidák 1967).

    A share. AuditError where there is no office.

    Example:
        >>> round(simultaneous_level(24, "0.95"), 5)
        0.99787
    """
    require_counts(offices)
    if offices < 1:
        raise make_usage_error("There is no office", "Give the number of offices.")
    return float(float(parse_share(level)) ** (1 / offices))


def _check_p_values(p: ArrayLike) -> Shares:
    p_values = np.asarray(p, dtype=float)
    if p_values.ndim != 1 or not np.all((p_values >= 0) & (p_values <= 1)):
        raise make_usage_error(
            "A p-value is not between 0 and 1", "Give one p-value an office; leave out those without a case."
        )
    return p_values


def _restore_order(adjusted: Shares, order: NDArray[np.int64]) -> Shares:
    restored = np.empty_like(adjusted)
    restored[order] = np.minimum(adjusted, 1)
    return restored


def _step_down(p: Shares, factors: NDArray[Any]) -> Shares:
    """Step down: no adjusted value below that of a smaller p-value."""
    order = np.argsort(p, kind="stable")
    return _restore_order(np.maximum.accumulate(p[order] * factors), order)


def _step_up(p: Shares, factors: NDArray[Any]) -> Shares:
    """Step up: no adjusted value above that of a larger p-value."""
    order = np.argsort(p, kind="stable")
    return _restore_order(np.minimum.accumulate((p[order] * factors)[::-1])[::-1], order)
