"""Evidence that a rate is tolerable: how much a sample changes the odds that it is."""

from math import log

from scipy.stats import beta

from audit.errors import make_usage_error
from audit.statistics.parameters import Rate, parse_share


def bayes_factor(x: float, n: int, tolerable: Rate, prior: tuple[float, float] = (1.0, 1.0)) -> float:
    """The odds that the rate is below the tolerable one after `x` (or a sum of taints) of `n`, over those before.

    `prior` is a beta distribution. Derks, de Swart, Wagenmakers & Wetzels 2022: 1 leaves all as it was; above, the
    sample speaks for a tolerable rate.
    """
    if not 0 <= x <= n:
        raise make_usage_error("A count exceeds its sample", "Check the counts.")
    limit, (a, b) = float(parse_share(tolerable)), prior
    after = beta.cdf(limit, a + x, b + n - x) / beta.sf(limit, a + x, b + n - x)
    return float(after / (beta.cdf(limit, a, b) / beta.sf(limit, a, b)))


def impartial_prior(tolerable: Rate) -> tuple[float, float]:
    """The beta prior, first parameter 1, by which the rate is as likely below the tolerable one as above it."""
    return 1.0, log(0.5) / log(float(1 - parse_share(tolerable)))
