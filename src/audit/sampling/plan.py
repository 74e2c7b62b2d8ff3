"""The design: how many cases to draw, from which strata, and what went into that number."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from audit.display import Display, Displayable, display_card, display_facts, display_rows
from audit.formatting import format_count, format_percent, format_plural
from audit.statistics.sizes.allocation import (
    equal_allocation,
    proportional_allocation,
)

Takes = dict[str, int]  # stratum → cases to draw
AllocationMethod = Callable[[Mapping[str, int], int, int], Takes]  # sizes by stratum, cases to draw, minimum a stratum


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInputs:
    """What a plan was asked for, and what went into its formula. Rates are shares."""

    kind: Literal["size", "precision", "attribute", "two stages"]
    population: int  # cases of the frame
    expected: float  # rate expected
    size: int | None = None  # cases asked for
    margin: float | None = None  # half-width asked for
    tolerable: float | None = None  # rate of deviations that is to be shown not to be reached
    unassessable: float = 0.0  # share of the cases that cannot be assessed
    each_stratum: bool = False  # whether every stratum is to show it by itself
    assessed: int | None = None  # cases that must be assessed to show it; of two stages those of the first


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Plan(Displayable):
    """What is drawn from one frame, and how that number was reached.

    A design of an earlier version has its inputs in words alone, which are not read: they are None.
    """

    frame_digest: str
    size: int  # cases to draw; clusters, where the method draws those
    takes: tuple[tuple[str, int], ...]  # stratum, cases or clusters; empty where the draw is from the whole frame
    confidence: float  # two-sided, of the margin
    margin: float | None  # half-width it gives at the expected rate, a share; None where a stratum gives no case
    allowed: int | None = None  # deviations at most that still show the rate, where that is what was asked
    formula: str
    inputs: PlanInputs | None
    citation: str
    method: str = "random"  # by which the cases are picked, as `audit.sampling.selection.method` names it
    each: int | None = None  # cases of each drawn cluster; all where absent
    start: str = "0"  # where on the circle of tickets the order begins, as typed
    spares: int = 0  # cases that stand ready to replace others: of the frame, or of each stratum
    certain: tuple[str, ...] = ()  # strata declared to be taken whole

    def display(self) -> Display:
        """How many cases to draw, from what, how that number was reached, and how many of each stratum."""
        inputs = self.inputs
        asked = (
            [("population", inputs.population), ("expected rate", format_percent(inputs.expected))] if inputs else []
        )
        for name in ("margin", "tolerable") if inputs else ():
            if (rate := getattr(inputs, name)) is not None:
                asked.append((f"{name} rate" if name == "tolerable" else name, format_percent(rate)))
        allowed = [("deviations allowed", self.allowed)] if self.allowed is not None else []
        reached = [("margin reached", format_percent(self.margin))] if self.margin is not None else []
        facts = [
            *asked,
            *allowed,
            ("confidence", format_percent(self.confidence)),
            *reached,
            ("formula", self.formula),
            ("source", self.citation),
        ]
        parts = [display_facts(facts)]
        if self.takes:
            parts.append(display_rows(("stratum", "cases to draw"), self.takes, title="Strata"))
        whole = f" of {format_count(inputs.population)}" if inputs else ""
        return display_card("Plan", f"{format_plural(self.size, 'case')} to draw{whole}.", *parts)


def parse_plan_inputs(stated: object) -> PlanInputs | None:
    """The inputs as a file states them; None where it is of an earlier version, which stated them in words.

    TypeError for names that inputs do not have.
    """
    return PlanInputs(**stated) if isinstance(stated, dict) and "kind" in stated else None


def allocate_proportionally(sizes: Mapping[str, int], size: int, minimum: int = 1) -> Takes:
    """Takes in proportion to the strata; each gives at least `minimum` cases, or all it has."""
    return _name_takes(sizes, proportional_allocation(size, list(sizes.values()), minimum=minimum))


def allocate_equally(sizes: Mapping[str, int], size: int, minimum: int = 1) -> Takes:
    """The same take from every stratum; one that holds fewer is counted whole, and the others share the rest."""
    return _name_takes(sizes, equal_allocation(size, list(sizes.values()), minimum=minimum))


def _name_takes(sizes: Mapping[str, int], takes: list[int]) -> Takes:
    return dict(zip(sizes, takes, strict=True))
