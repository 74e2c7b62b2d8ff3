"""The design: how many cases to draw, from which strata, and what that promises."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from audit.display import Display, Displayable, display_facts, display_rows, display_sentences, join_displays
from audit.statistics.parameters import Rate
from audit.statistics.sizes.allocation import (
    cost_allocation,
    equal_allocation,
    neyman_allocation,
    proportional_allocation,
)

Takes = dict[str, int]  # stratum → cases to draw
AllocationMethod = Callable[[Mapping[str, int], int, int], Takes]  # sizes by stratum, cases to draw, minimum a stratum


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Design(Displayable):
    """What is drawn from one frame, how that number was reached, and what it promises."""

    frame_digest: str
    size: int  # cases to draw; clusters, where the method draws those
    takes: tuple[tuple[str, int], ...]  # stratum, cases or clusters; empty where the draw is from the whole frame
    confidence: float  # two-sided, of the margin
    margin: float | None  # half-width it gives at the expected rate, a share; None where a stratum gives no case
    allowed: int | None = None  # deviations at most that still show the rate, where that is what was asked
    promise: str = ""  # in words
    formula: str
    inputs: tuple[tuple[str, str], ...]  # what went into the formula, and its value in words
    check: str = ""  # the sum again, to be followed by hand
    citation: str
    method: str = "random"  # by which the cases are picked, as `audit.sampling.selection.method` names it
    each: int | None = None  # cases of each drawn cluster; all where absent
    start: str = "0"  # where on the circle of tickets the order begins, as typed
    spares: int = 0  # cases that stand ready to replace others: of the frame, or of each stratum
    certain: tuple[str, ...] = ()  # strata declared to be taken whole

    def display(self) -> Display:
        """How many cases to draw, how that number was reached, and how many of each stratum."""
        facts = [("cases to draw", self.size), *self.inputs, ("formula", self.formula), ("source", self.citation)]
        parts = [display_sentences(self.promise), display_facts(facts, title="Plan")]
        if self.takes:
            parts.append(display_rows(("stratum", "cases to draw"), self.takes, title="Strata"))
        return join_displays(*parts)


def allocate_proportionally(sizes: Mapping[str, int], size: int, minimum: int = 1) -> Takes:
    """Takes in proportion to the strata; each gives at least `minimum` cases, or all it has."""
    return _name_takes(sizes, proportional_allocation(size, list(sizes.values()), minimum=minimum))


def allocate_equally(sizes: Mapping[str, int], size: int, minimum: int = 1) -> Takes:
    """The same take from every stratum; one that holds fewer is counted whole, and the others share the rest."""
    return _name_takes(sizes, equal_allocation(size, list(sizes.values()), minimum=minimum))


def build_neyman_allocation(spreads: Mapping[str, Rate]) -> AllocationMethod:
    """Takes in proportion to size times standard deviation, as known beforehand: sqrt(p (1 - p)) of a share p."""

    def allocate(sizes: Mapping[str, int], size: int, minimum: int = 1) -> Takes:
        deviations = [spreads[stratum] for stratum in sizes]
        return _name_takes(sizes, neyman_allocation(size, list(sizes.values()), deviations, minimum=minimum))

    return allocate


def build_cost_allocation(spreads: Mapping[str, Rate], costs: Mapping[str, Rate]) -> AllocationMethod:
    """Takes that tell the whole best for what they cost: size times deviation over the root of a case's cost."""

    def allocate(sizes: Mapping[str, int], size: int, minimum: int = 1) -> Takes:
        spreads_and_costs = [spreads[stratum] for stratum in sizes], [costs[stratum] for stratum in sizes]
        return _name_takes(sizes, cost_allocation(size, list(sizes.values()), *spreads_and_costs, minimum=minimum))

    return allocate


def build_certainty_allocation(strata: Collection[str], allocate: AllocationMethod) -> AllocationMethod:
    """The named strata counted whole; the others share the rest by the other allocation."""

    def allocate_with_certainty(sizes: Mapping[str, int], size: int, minimum: int = 1) -> Takes:
        certain = {stratum: cases for stratum, cases in sizes.items() if stratum in strata}
        rest = {stratum: cases for stratum, cases in sizes.items() if stratum not in strata}
        return certain | (allocate(rest, size - sum(certain.values()), minimum) if rest else {})

    return allocate_with_certainty


def _name_takes(sizes: Mapping[str, int], takes: list[int]) -> Takes:
    return dict(zip(sizes, takes, strict=True))
