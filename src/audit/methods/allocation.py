"""Allocation: how a draw is shared among strata, by their sizes, spreads and costs.

Takes are whole and add up to the draw: rounded by largest remainder, ties to the first stratum. A stratum whose share
exceeds what it holds is counted whole, and the others share the rest (Cochran 1977, Sampling Techniques, section 5.8).
"""

from collections.abc import Sequence
from fractions import Fraction
from math import floor

from audit.methods.rate import Rate, typed, usage

Numbers = Sequence[Rate]


def proportional_allocation(n: int, sizes: Sequence[int]) -> list[int]:
    """Takes in proportion to the strata's sizes (Bowley 1926; Cochran 1977, section 5.3)."""
    return _shared(n, sizes, [Fraction(size) for size in sizes])


def neyman_allocation(n: int, sizes: Sequence[int], spreads: Numbers) -> list[int]:
    """Takes that tell the overall mean best for their number: in proportion to size times standard deviation.

    Neyman 1934, Journal of the Royal Statistical Society 97:558; Cochran 1977, section 5.5. For a share p the
    standard deviation is sqrt(p (1 - p)).
    """
    return cost_allocation(n, sizes, spreads, [1] * len(sizes))


def cost_allocation(n: int, sizes: Sequence[int], spreads: Numbers, costs: Numbers) -> list[int]:
    """Takes that tell the overall mean best for what they cost: size times deviation over the root of a case's cost.

    Cochran 1977, section 5.5, equation 5.23.
    """
    return _shared(n, sizes, _weights(sizes, spreads, costs))


def affordable_size(budget: Rate, sizes: Sequence[int], spreads: Numbers, costs: Numbers) -> int:
    """The most cases that a budget pays for when they are shared by `cost_allocation`, fixed costs apart.

    Cochran 1977, section 5.5, equation 5.24, in whole takes.
    """
    weights = _weights(sizes, spreads, costs)
    able = sum(size for size, weight in zip(sizes, weights, strict=True) if weight)
    n = min(floor(typed(budget) / min(map(typed, costs))), able)
    while n and _price(cost_allocation(n, sizes, spreads, costs), costs) > typed(budget):
        n -= 1
    return n


def _price(takes: list[int], costs: Numbers) -> Fraction:
    return sum((take * typed(cost) for take, cost in zip(takes, costs, strict=True)), Fraction(0))


def _weights(sizes: Sequence[int], spreads: Numbers, costs: Numbers) -> list[Fraction]:
    if not len(sizes) == len(spreads) == len(costs):
        raise usage("Not every stratum has a size, a spread and a cost", "State one of each for every stratum.")
    if any(typed(spread) < 0 for spread in spreads) or any(typed(cost) <= 0 for cost in costs):
        raise usage("A spread is negative or a cost not positive", "Check the spreads and costs.")
    roots = [1 if typed(cost) == 1 else float(typed(cost)) ** 0.5 for cost in costs]
    return [size * typed(spread) / typed(root) for size, spread, root in zip(sizes, spreads, roots, strict=True)]


def _shared(n: int, sizes: Sequence[int], weights: list[Fraction]) -> list[int]:
    able = sum(size for size, weight in zip(sizes, weights, strict=True) if weight)
    if not 0 <= n <= able:
        raise usage(f"{n} cases are to be drawn from strata that can give {able}", "Draw no more than there are.")
    takes, open_ = [0] * len(sizes), [place for place, weight in enumerate(weights) if weight]
    while open_:
        rest, total = n - sum(takes), sum(weights[place] for place in open_)
        shares = {place: rest * weights[place] / total for place in open_}
        whole = [place for place in open_ if shares[place] > sizes[place]]
        if not whole:
            for place in open_:
                takes[place] = floor(shares[place])
            nearest = sorted(open_, key=lambda place: floor(shares[place]) - shares[place])
            for place in nearest[: n - sum(takes)]:
                takes[place] += 1
            break
        for place in whole:
            takes[place] = sizes[place]
        open_ = [place for place in open_ if place not in whole]
    return takes
