"""Sample sizes: how many cases to draw, and to within what margin a draw tells a share."""

from math import ceil, inf, sqrt

import numpy as np
from scipy.stats import binom, hypergeom

from audit.methods.rate import TIE, Rate, share, typed, usage, z


def precision_size(population: int | None, margin: Rate, level: Rate, p: Rate = "0.5") -> int:
    """Cases to draw so that a share near `p` is told to within `margin` on either side.

    Wald with the finite population correction (Cochran 1977, Sampling Techniques, section 4.4):
    n = n0 N / (n0 + N - 1), n0 = z^2 p (1 - p) / margin^2, rounded up. A planning formula: the limits of the result
    are exact and a little wider. `None` is a population without end.
    """
    near = share(p)
    unlimited = z(level) ** 2 * float(near * (1 - near) / share(margin) ** 2)
    return ceil(unlimited if population is None else unlimited * population / (unlimited + population - 1))


def precision_margin(takes: list[int], sizes: list[int], level: Rate, p: Rate = "0.5") -> float:
    """To within what margin a draw of `takes` from strata of `sizes` tells a share near `p`: `precision_size` undone.

    Wald with the finite population correction, strata weighted by size (Cochran 1977, section 5.11). A share;
    infinite where a stratum is not drawn from.
    """
    near, total, variance = float(share(p)), sum(sizes), 0.0
    for take, size in zip(takes, sizes, strict=True):
        if take < size:  # a stratum counted whole has no sampling error
            spread = near * (1 - near) / take * (size - take) / (size - 1) if take else inf
            variance += (size / total) ** 2 * spread
    return z(level) * sqrt(variance)


def attribute_size(population: int | None, tolerable: Rate, expected: Rate, confidence: Rate) -> int:
    """Cases to draw so that, with no more deviations than expected, the rate is shown to be below the tolerable one.

    The smallest n with P(X <= ceil(expected n)) <= 1 - confidence when ceil(tolerable N) of the N cases deviate:
    hypergeometric, or binomial where the population is `None` (AICPA 2017, Audit Sampling, appendix A). With nothing
    expected this is discovery sampling. Both counts are rounded up in exact arithmetic.
    """
    tolerated, hoped, risk = share(tolerable), typed(expected), float(1 - share(confidence)) * (1 + TIE)
    if not 0 <= hoped < tolerated:
        raise usage("The expected rate is not below the tolerable rate", "Expect fewer deviations or tolerate more.")
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
    raise usage("No sample of this population can show it", "Expect fewer deviations or tolerate more.")
