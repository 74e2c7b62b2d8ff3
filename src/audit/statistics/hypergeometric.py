"""Tails of the hypergeometric distribution that stay exact, and fast, in populations of up to 10^12 cases.

X is the number of cases of a kind among `n` drawn without replacement from a `population` of which `kind` are of the
kind. scipy's own tails lose seven digits at 10^11 cases and take seconds there. Numbers or arrays of one shape.
"""

import numpy as np
from scipy.stats import binom, hypergeom

from audit.statistics.parameters import Counts, Shares

Numbers = int | Counts | Shares
SCIPY_POPULATION = 10**6  # cases up to which scipy's tails are fast, and right to ten digits


def hypergeometric_cdf(x: Numbers, population: Numbers, kind: Numbers, n: Numbers) -> Shares:
    """P(X <= x): scipy's in a small population; in a large one summed from x away from the mean.

    A share, or an array of them. Loader 2000, Fast and accurate computation of binomial probabilities, for each term.
    """
    if np.max(population, initial=0) <= SCIPY_POPULATION:
        return np.asarray(hypergeom.cdf(x, population, kind, n))
    return _sum_tails(x, population, kind, n)


def hypergeometric_tails(x: Numbers, population: Numbers, kind: Numbers, n: Numbers) -> Shares:
    """P(X > x) for many populations at once, as `hypergeometric_sf` gives each, and some ten times as fast as scipy."""
    return _sum_tails(np.subtract(n, x) - 1, population, np.subtract(population, kind), n)


def _sum_tails(x: Numbers, population: Numbers, kind: Numbers, n: Numbers) -> Shares:
    """P(X <= x), summed from x away from the mean."""
    counts = (np.asarray(count, dtype=float) for count in (x, population, kind, n))
    seen, cases, of_kind, drawn = np.broadcast_arrays(*counts)
    least, most = np.maximum(drawn - (cases - of_kind), 0), np.minimum(drawn, of_kind)
    inside = np.clip(seen, least, most)
    low = inside * cases < drawn * of_kind  # below the mean
    # P(X > x) is the chance of n - x - 1 or fewer of the other kind
    first, others = np.where(low, inside, drawn - inside - 1), np.where(low, of_kind, cases - of_kind)
    some = inside < most
    tail, _ = sum_lower_tail(np.where(some, first, 0), drawn, cases, np.where(some, others, 0))
    return np.asarray(np.select([seen < least, ~some, low], [0.0, 1.0, tail], np.maximum(1 - tail, 0)))


def hypergeometric_sf(x: Numbers, population: Numbers, kind: Numbers, n: Numbers) -> Shares:
    """P(X > x), as `hypergeometric_cdf`: the chance of n - x - 1 or fewer of the other kind (Loader 2000)."""
    if np.max(population, initial=0) <= SCIPY_POPULATION:
        return np.asarray(hypergeom.sf(x, population, kind, n))
    return hypergeometric_tails(x, population, kind, n)


def sum_lower_tail(x: Shares, n: Shares, population: Shares, kind: Shares) -> tuple[Shares, Shares]:
    """P(X <= x) among `n` drawn where `kind` of the population are of the kind, and what one case more takes from it.

    P(X = x) from three binomial ones (Loader 2000, Fast and accurate computation of binomial probabilities), the
    terms below it by their ratios. One case more takes C(K, x) C(N-K-1, n-x-1) / C(N, n).
    """
    others, share_drawn = population - kind, n / np.maximum(population, 1)
    point: Shares = np.asarray(
        binom.pmf(x, kind, share_drawn) * binom.pmf(n - x, others, share_drawn) / binom.pmf(n, population, share_drawn)
    )
    total, term, i = point, point, x
    while np.any(term > 1e-17 * total):
        term = term * np.maximum(i, 0) * np.maximum(others - n + i, 0) / ((kind - i + 1) * (n - i + 1))
        total, i = total + term, i - 1
    drop = np.where(others > 0, point * (n - x) / np.maximum(others, 1), 0)
    return total, drop
