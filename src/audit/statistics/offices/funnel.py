"""Funnel limits: between which shares an office lies by chance, whatever its size."""

from fractions import Fraction
from typing import overload

import numpy as np
from scipy.stats import binom

from audit.errors import make_usage_error
from audit.statistics.parameters import Counts, Rate, Shares, parse_rate, parse_share, require_counts, unwrap_scalar


@overload
def binomial_funnel(n: int, p: Rate, level: Rate = "0.95") -> tuple[float, float]: ...
@overload
def binomial_funnel(n: Counts, p: Rate, level: Rate = "0.95") -> tuple[Shares, Shares]: ...
def binomial_funnel(n: int | Counts, p: Rate, level: Rate = "0.95") -> tuple[float | Shares, float | Shares]:
    """Exact binomial funnel limits: where the share of an office of `n` cases lies by chance, if its true share is `p`.

    The interpolated exact binomial limits of Spiegelhalter 2005 (Statistics in Medicine 24:1185, appendix), the upper
    one as the mirror image of the lower. The paper interpolates both downwards, which puts the upper limit up to a case
    too low and offices at 100% above it. So drawn, a share lies outside exactly where its `binomial_tails` is below (1
    - level) / 2. Shares; 0 and 1 where there is no case. AuditError where `p` or `level` is no share.

    Example:
        >>> [round(limit, 4) for limit in binomial_funnel(50, "0.9", "0.95")]
        [0.8003, 0.9861]
    """
    require_counts(n)
    p, risk = parse_rate(p), float((1 - parse_share(level)) / 2)
    if not 0 <= p <= 1:
        raise make_usage_error(f"{p} is not between 0 and 1", "Write a share: 0.95 for 95%.")
    return unwrap_scalar(_funnel_lower(n, p, risk)), unwrap_scalar(1 - _funnel_lower(n, 1 - p, risk))


def _funnel_lower(n: int | Counts, p: Fraction, risk: float) -> Shares:
    """The share below which an office lies with probability `risk`, interpolated between whole cases."""
    n, probability = np.asarray(n), float(p)
    if p == 1:
        return np.where(n > 0, 1.0, 0.0)  # nothing varies by chance
    quantile = binom.ppf(risk, n, probability)
    beyond = (binom.cdf(quantile, n, probability) - risk) / binom.pmf(quantile, n, probability)
    return np.clip((quantile - beyond) / np.maximum(n, 1), 0.0, 1.0)
