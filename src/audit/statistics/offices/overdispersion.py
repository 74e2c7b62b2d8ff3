"""Over-dispersion: how far offices differ by more than chance, and funnel limits that allow for their ordinary spread.

All of it is Spiegelhalter 2005, Quality and Safety in Health Care 14:347, for shares on the arcsine scale, on which
chance alone gives an office of n cases the standard error 1 / (2 sqrt(n)).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, norm

from audit.statistics.offices.funnel import binomial_funnel
from audit.statistics.parameters import Counts, Rate, Shares, parse_rate, require_counts

WINSORISED_SHARE = 0.1  # of the offices, at either end: their z-scores are set to the quantile
# Offices: among fewer no whole one is winsorised, and one apart would widen the limits that are to show it.
MINIMUM_OFFICES = 10
OVERDISPERSION_RISK = 0.01  # a ratio that chance exceeds less often than this is over-dispersion


class Dispersion(NamedTuple):
    """How far offices differ by more than chance."""

    ratio: float | None  # phi: 1 or less where chance alone makes them differ; None with fewer than two offices
    # Tau squared, between MINIMUM_OFFICES offices or more, on the arcsine scale; 0 unless the ratio is beyond chance.
    variance: float


def estimate_dispersion(x: Counts, n: Counts, p: Rate) -> Dispersion:
    """The dispersion of the shares `x` of `n`, one an office, around the share `p` of all offices.

    The ratio is put to the chi-square test of its unwinsorised form: it then errs, if at all, to plain limits.
    Spiegelhalter 2005, Quality and Safety in Health Care 14:347. Arrays of one shape, no office without a case.

    Example:
        >>> estimate_dispersion(np.array([90, 60, 99] * 4), np.array([100, 100, 100] * 4), "0.83").variance > 0
        True
    """
    require_counts(x, n)
    if len(n) < 2:
        return Dispersion(None, 0.0)
    z, errors = arcsine_z_scores(x, n, p)
    ratio = dispersion_ratio(z)
    beyond = len(z) >= MINIMUM_OFFICES and bool(chi2.sf(len(z) * ratio, len(z) - 1) < OVERDISPERSION_RISK)
    return Dispersion(ratio, between_office_variance(ratio, errors) if beyond else 0.0)


def arcsine_z_scores(x: Counts, n: Counts, p: Rate) -> tuple[Shares, Shares]:
    """How many standard errors each office lies from `p`, and those standard errors, on the arcsine scale.

    Spiegelhalter 2005, Quality and Safety in Health Care 14:347.

    Example:
        >>> arcsine_z_scores(np.array([90, 60]), np.array([100, 100]), "0.83")[0].round(3)
        array([ 2.065, -5.195])
    """
    require_counts(x, n)
    errors = 1 / (2 * np.sqrt(n))
    return (np.arcsin(np.sqrt(x / n)) - np.arcsin(np.sqrt(float(parse_rate(p))))) / errors, errors


def dispersion_ratio(z: Shares) -> float:
    """The dispersion ratio phi: the mean squared z-score, winsorised by a tenth at either end.

    Spiegelhalter 2005, Quality and Safety in Health Care 14:347.

    Example:
        >>> round(dispersion_ratio(np.array([1.0, -2.0, 0.5, 3.0])), 4)
        2.1431
    """
    return float(np.mean(np.square(np.clip(z, *np.quantile(z, (WINSORISED_SHARE, 1 - WINSORISED_SHARE))))))


def between_office_variance(ratio: float, errors: Shares) -> float:
    """Tau squared: the variance between offices that explains the ratio.

    DerSimonian & Laird 1986, Controlled Clinical Trials 7:177.

    Example:
        >>> round(between_office_variance(4.0, np.array([0.05, 0.05, 0.1])), 5)
        0.01875
    """
    weights = 1 / np.square(errors)
    excess = len(errors) * ratio - (len(errors) - 1)
    return max(0.0, float(excess / (weights.sum() - np.square(weights).sum() / weights.sum())))


def overdispersed_funnel(n: Counts, p: Rate, level: Rate = "0.95", *, variance: float) -> tuple[Shares, Shares]:
    """Funnel limits for an office of `n` cases where true shares vary around `p` with this variance.

    Never narrower than the exact limits of chance alone; without variance, exactly those. Spiegelhalter 2005, Quality
    and Safety in Health Care 14:347. Shares.

    Example:
        >>> [limit.round(3) for limit in overdispersed_funnel(np.array([50, 500]), "0.9", "0.95", variance=0.01)]
        [array([0.716, 0.751]), array([0.993, 0.985])]
    """
    require_counts(n)
    lower, upper = binomial_funnel(n, p, level)
    if not variance:
        return lower, upper
    centre = np.arcsin(np.sqrt(float(parse_rate(p))))
    reach = norm.isf((1 - float(parse_rate(level))) / 2) * np.sqrt(variance + 1 / (4 * np.maximum(n, 1)))
    return np.minimum(lower, _share_of_angle(centre - reach)), np.maximum(upper, _share_of_angle(centre + reach))


def _share_of_angle(angle: NDArray[np.float64]) -> Shares:
    return np.square(np.sin(np.clip(angle, 0, np.pi / 2)))
