"""Limits on a rate of the cases that could be assessed, where some cases drawn could not be and are left out of it.

How many cases of the population could be assessed is not known, and the rate is one of these. Counts are of cases
drawn: `conforming` and `undeterminable` among `n`, the rest deviating.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import floor
from typing import Final, NamedTuple

import numpy as np

from audit.errors import make_usage_error
from audit.statistics.hypergeometric import hypergeometric_tails
from audit.statistics.intervals.exact import hypergeometric_lower, hypergeometric_upper
from audit.statistics.intervals.missing_outcomes import check_missing_counts
from audit.statistics.intervals.stratified import melded_limits
from audit.statistics.parameters import Counts, Rate, parse_share, require_counts

MAXIMUM_POPULATIONS: Final = 20_000  # assessable populations tried one by one; of more, ranges are tried
DEVIATING_RISK: Final = Fraction(3, 4)  # of the risk of a side in strata: most rates are high, and hang on these


class CountLimit(NamedTuple):
    """A limit on a share, as counts: `cases` of the kind among so many."""

    cases: int
    among: int

    @property
    def share(self) -> Fraction:
        """The limit as a share, exactly."""
        return Fraction(self.cases, self.among)


def assessable_limits(
    conforming: int, undeterminable: int, n: int, population: int, level: Rate = "0.95"
) -> tuple[CountLimit, CountLimit]:
    """Limits on the share that conforms among the cases of the population that could be assessed, were all reviewed.

    How many could be is not known: from those assessed in the sample to all but the undeterminable ones. The exact
    limits (Buonaccorsi 1987, The American Statistician 41:215) of each such population are found, and the widest are
    taken, so that they cover each with probability `level` or more. Of more than `MAXIMUM_POPULATIONS`, neighbouring
    ones are taken together, which widens the limits by 0.03 points at most for samples of up to ten thousand cases.
    Where no case drawn is undeterminable, every case of the population is taken to be assessable. Counts of cases, with
    the population that each belongs to.
    AuditError where more cases conform or are undeterminable than were drawn, or none could be assessed.

    Example:
        >>> assessable_limits(0, 17, 54, 60, "0.95")
        (CountLimit(cases=0, among=37), CountLimit(cases=1, among=38))
    """
    check_missing_counts(conforming, undeterminable, n, population)
    if n == undeterminable:
        raise make_usage_error("No case could be assessed", "There is nothing to estimate.")
    side = (1 + parse_share(level)) / 2
    return _find_assessable_limits(int(conforming), int(undeterminable), int(n), int(population), side)


@lru_cache(maxsize=4096)  # offices and classes of one sample have many counts in common
def _find_assessable_limits(
    conforming: int, undeterminable: int, n: int, population: int, side: Fraction
) -> tuple[CountLimit, CountLimit]:
    assessed = n - undeterminable
    smallest, largest = _list_assessable_populations(assessed, undeterminable, population)
    # Both the conforming cases and the deviating ones that a limit leaves open rise with the population.
    passing, failing = (np.full_like(smallest, count) for count in (conforming, assessed - conforming))
    drawn = np.full_like(smallest, assessed)
    lower = (hypergeometric_lower(passing, drawn, smallest, side), hypergeometric_upper(failing, drawn, largest, side))
    upper = (hypergeometric_upper(passing, drawn, largest, side), hypergeometric_lower(failing, drawn, smallest, side))
    return _find_extreme_limit(*lower, lowest=True), _find_extreme_limit(*upper, lowest=False)


def melded_assessable_limits(
    conforming: Sequence[int],
    undeterminable: Sequence[int],
    n: Sequence[int],
    sizes: Sequence[int],
    level: Rate = "0.95",
) -> tuple[CountLimit, CountLimit]:
    """`assessable_limits` for strata that were drawn apart, by `melded_limits`.

    How much a stratum weighs depends on how many of its cases could be assessed, which is not known. So conforming and
    deviating cases are each bounded among all cases, which are known: the rate is not below the fewest conforming over
    these and the most deviating. The risk of a side is divided between the two (Bonferroni 1936), `DEVIATING_RISK` of
    it for the deviating ones. Where no case is undeterminable these are the melded limits. Counts of cases. As with
    `melded_limits`, coverage is enumerated and simulated, not proved. AuditError where a count exceeds its sample, or a
    sample its stratum.

    Example:
        >>> melded_assessable_limits([18, 7], [0, 1], [20, 10], [1000, 50], "0.95")
        (CountLimit(cases=657, among=998), CountLimit(cases=1032, among=1052))
    """
    require_counts(conforming, undeterminable, n, sizes)
    passing, lost, drawn = (np.asarray(counts, dtype=np.int64) for counts in (conforming, undeterminable, n))
    if not (passing.shape == lost.shape == drawn.shape) or np.any(
        (passing < 0) | (lost < 0) | (passing + lost > drawn)
    ):
        raise make_usage_error("More cases conform or are undeterminable than were drawn", "Check the counts.")
    if len(sizes) == 1 and lost[0] < drawn[0]:
        return assessable_limits(int(passing[0]), int(lost[0]), int(drawn[0]), int(sizes[0]), level)
    if not np.any(lost):
        least, most = melded_limits(conforming, n, sizes, level)
        return CountLimit(least, sum(sizes)), CountLimit(most, sum(sizes))
    risk = 1 - parse_share(level)
    fewest, most = melded_limits(conforming, n, sizes, 1 - (1 - DEVIATING_RISK) * risk)
    deviating = (drawn - lost - passing).tolist()
    fewest_deviating, most_deviating = melded_limits(deviating, n, sizes, 1 - DEVIATING_RISK * risk)
    if not most and not most_deviating:  # every case was seen, and none could be assessed
        return CountLimit(0, 1), CountLimit(1, 1)
    return CountLimit(fewest, fewest + most_deviating), CountLimit(most, most + fewest_deviating)


def assessable_tail(deviating: int, undeterminable: int, n: int, population: int, tolerable: Rate) -> float:
    """How likely so many deviations or more are among the cases assessed, if no more than a tolerable share deviates.

    The greatest such probability, P(X >= deviating), in any population of assessable cases that the sample leaves
    possible: the exact one-sided p-value (Wang 2015, Journal of the American Statistical Association 110:1491) of the
    question whether too many deviate, as `assessable_limits` has the populations. AuditError as there.

    Example:
        >>> round(assessable_tail(8, 5, 60, 1000, "0.05"), 4)
        0.0044
    """
    check_missing_counts(deviating, undeterminable, n, population)
    smallest, largest = _list_assessable_populations(n - undeterminable, undeterminable, population)
    rate = parse_share(tolerable)
    most = _floor_shares(rate, largest)
    tails = hypergeometric_tails(deviating - 1, smallest, np.minimum(most, smallest), n - undeterminable)
    return float(tails.max())


def _floor_shares(rate: Fraction, cases: Counts) -> Counts:
    """The whole cases in a share of so many, exactly."""
    if rate.numerator * int(cases.max(initial=0)) < 2**62:
        return cases * rate.numerator // rate.denominator
    return np.array([floor(rate * one) for one in cases.tolist()])


def _list_assessable_populations(assessed: int, undeterminable: int, population: int) -> tuple[Counts, Counts]:
    """The numbers of cases that could be assessed in the population, in ranges: the least and the greatest of each."""
    most = population - undeterminable
    least = assessed if undeterminable else most
    if (most - least) * max(1.0, assessed**0.5 / 100) < MAXIMUM_POPULATIONS:
        each = np.arange(least, most + 1)
        return each, each
    ranges = max(500, int(MAXIMUM_POPULATIONS * min(1.0, 100 / assessed**0.5)))  # tails of a large sample take long
    edges = np.unique(np.geomspace(max(least, 1), most + 1, ranges).round().astype(np.int64))
    return edges[:-1], edges[1:] - 1


def _find_extreme_limit(passing: Counts, failing: Counts, *, lowest: bool) -> CountLimit:
    """The lowest or the highest share passing; shares that differ by the last bits of a float are compared exactly."""
    shares = passing / (passing + failing)
    near = np.flatnonzero(np.abs(shares - (shares.min() if lowest else shares.max())) < 1e-12)
    limits = [CountLimit(int(passing[at]), int(passing[at] + failing[at])) for at in near[:1000]]
    return (min if lowest else max)(limits, key=lambda limit: limit.share)
