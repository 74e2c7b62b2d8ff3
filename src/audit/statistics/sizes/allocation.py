"""Allocation: how a draw is shared among strata, by their sizes, spreads and costs.

Takes are whole and add up to the draw: rounded by largest remainder, ties to the first stratum. A stratum whose share
exceeds what it holds is counted whole, one whose share is below the minimum gives that, or all it has, and the others
share the rest (Cochran 1977, Sampling Techniques, section 5.8).
"""

from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction
from math import floor

from audit.errors import make_usage_error
from audit.statistics.parameters import Rate, parse_rate, require_counts

Rates = Sequence[Rate]


def proportional_allocation(n: int, sizes: Sequence[int], *, minimum: int = 0) -> list[int]:
    """Proportional allocation: by the sizes of the strata.

    Bowley 1926, Bulletin of the International Statistical Institute 22:6; Cochran 1977, section 5.3. Cases, a stratum
    each. AuditError where the strata cannot give so many.

    Example:
        >>> proportional_allocation(100, [500, 300, 50])
        [59, 35, 6]
        >>> proportional_allocation(100, [500, 300, 50], minimum=10)
        [56, 34, 10]
    """
    require_counts(sizes, minimum)
    return _allocate_cases(n, sizes, [Fraction(size) for size in sizes], minimum)


def equal_allocation(n: int, sizes: Sequence[int], *, minimum: int = 0) -> list[int]:
    """Equal allocation: the same take from every stratum, to compare strata (Cochran 1977, section 5A.13).

    Cases, a stratum each. AuditError where the strata cannot give so many.

    Example:
        >>> equal_allocation(100, [500, 300, 50])
        [34, 33, 33]
    """
    require_counts(minimum)
    return _allocate_cases(n, sizes, [Fraction(1)] * len(sizes), minimum)


def neyman_allocation(n: int, sizes: Sequence[int], spreads: Rates, *, minimum: int = 0) -> list[int]:
    """Neyman allocation: in proportion to size times standard deviation, for the most precise overall mean.

    Neyman 1934, Journal of the Royal Statistical Society 97:558; Cochran 1977, section 5.5. For a share p the standard
    deviation is sqrt(p (1 - p)). Cases, a stratum each. AuditError where the strata cannot give so many, or a spread is
    negative.

    Example:
        >>> neyman_allocation(100, [500, 300, 50], ["0.1", "0.4", "0.5"])
        [26, 61, 13]
    """
    require_counts(sizes, minimum)
    return cost_allocation(n, sizes, spreads, [1] * len(sizes), minimum=minimum)


def cost_allocation(n: int, sizes: Sequence[int], spreads: Rates, costs: Rates, *, minimum: int = 0) -> list[int]:
    """Optimal allocation by cost: in proportion to size times standard deviation over the root of a case's cost.

    Cochran 1977, section 5.5, equation 5.23. Cases, a stratum each. AuditError as `neyman_allocation`, and where a cost
    is not above 0.

    Example:
        >>> cost_allocation(100, [500, 300, 50], ["0.1", "0.4", "0.5"], [1, 4, 1])
        [37, 44, 19]
    """
    require_counts(sizes, minimum)
    return _allocate_cases(n, sizes, _weights(sizes, spreads, costs), minimum)


def affordable_size(budget: Rate, sizes: Sequence[int], spreads: Rates, costs: Rates) -> int:
    """The most cases that a budget pays for under `cost_allocation`, fixed costs apart.

    Cochran 1977, section 5.5, equation 5.24, in whole takes. Cases. AuditError as `cost_allocation`.

    Example:
        >>> affordable_size(200, [500, 300, 50], ["0.1", "0.4", "0.5"], [1, 4, 1])
        86
    """
    require_counts(sizes)
    weights = _weights(sizes, spreads, costs)
    able = sum(size for size, weight in zip(sizes, weights, strict=True) if weight)
    n = min(floor(parse_rate(budget) / min(map(parse_rate, costs))), able)

    def exceeds(cases: int) -> bool:
        return _total_cost(cost_allocation(cases, sizes, spreads, costs), costs) > parse_rate(budget)

    # Rounding moves a case from stratum to stratum, so that the cost may fall as a case is added: the last that fits.
    first = bisect_left(range(n + 1), True, key=exceeds)
    return next(cases for cases in range(min(first + 2 * len(sizes), n), -1, -1) if not exceeds(cases))


def _total_cost(takes: list[int], costs: Rates) -> Fraction:
    return sum((take * parse_rate(cost) for take, cost in zip(takes, costs, strict=True)), Fraction(0))


def _weights(sizes: Sequence[int], spreads: Rates, costs: Rates) -> list[Fraction]:
    if not len(sizes) == len(spreads) == len(costs):
        raise make_usage_error(
            "Not every stratum has a size, a spread and a cost", "State one of each for every stratum."
        )
    if any(parse_rate(spread) < 0 for spread in spreads) or any(parse_rate(cost) <= 0 for cost in costs):
        raise make_usage_error("A spread is negative or a cost not positive", "Check the spreads and costs.")
    roots = [1 if parse_rate(cost) == 1 else float(parse_rate(cost)) ** 0.5 for cost in costs]
    return [
        size * parse_rate(spread) / parse_rate(root) for size, spread, root in zip(sizes, spreads, roots, strict=True)
    ]


def _allocate_cases(n: int, sizes: Sequence[int], weights: list[Fraction], minimum: int) -> list[int]:
    """Whole takes near one multiple of the weights, each kept between the least and the most its stratum gives."""
    require_counts(n, sizes)
    if min(sizes, default=0) < 0:
        raise make_usage_error("A stratum holds fewer cases than none", "Check the sizes of the strata.")
    least = [min(minimum, size) for size in sizes]
    most = [size if weight else low for size, weight, low in zip(sizes, weights, least, strict=True)]
    if not sum(least) <= n <= sum(most):
        what = f"{n:,} cases cannot be drawn from {len(sizes):,} strata that give {sum(least):,} to {sum(most):,}"
        raise make_usage_error(what, "Draw another number, ask for fewer a stratum, or join strata.")

    def shares(multiple: Fraction) -> list[Fraction]:
        return [
            min(max(multiple * weight, Fraction(low)), Fraction(high))
            for weight, low, high in zip(weights, least, most, strict=True)
        ]

    bounds = [(bound, weight) for bounds in (least, most) for bound, weight in zip(bounds, weights, strict=True)]
    turns = sorted({Fraction(0), *(bound / weight for bound, weight in bounds if weight)})
    place = max(1, bisect_left(turns, Fraction(n), key=lambda multiple: sum(shares(multiple), Fraction(0))))
    if place == len(turns):
        return least  # no stratum has a weight
    before, after = turns[place - 1], turns[place]  # between two turns the sum is a straight line
    low, high = (sum(shares(turn), Fraction(0)) for turn in (before, after))
    return _round_takes(shares(before + (after - before) * (n - low) / (high - low) if high > low else after))


def _round_takes(shares: list[Fraction]) -> list[int]:
    """Every share rounded down, then the largest remainders up, until they add up."""
    takes = [floor(share) for share in shares]
    nearest = sorted(range(len(shares)), key=lambda place: (takes[place] - shares[place], place))
    for place in nearest[: int(sum(shares, Fraction(0))) - sum(takes)]:
        takes[place] += 1
    return takes
