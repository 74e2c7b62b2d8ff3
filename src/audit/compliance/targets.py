"""Who meets a declared target: each office held against it by exact chance limits, and the gap in records."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Literal

from audit.compliance.office_rates import TAIL_PROBABILITY, MeasureResult, OfficeRate
from audit.programs.measures import Census
from audit.statistics.intervals.exact import binomial_tails
from audit.tables.offices import UNRECORDED_OFFICE

TargetStanding = Literal["meets", "short", "close", "too few"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeTarget:
    """How one office stands to the target of a measure."""

    office: str
    name: str
    standing: TargetStanding  # "short": by more than chance; "close": below, and too close to say
    gap: int | None  # units that would have had to be in time to reach the target; None where withheld from the public


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetResult:
    """A measure's target, and how many offices meet it, fall short of it, or are too close or too few to say."""

    measure: str  # its id
    target: float  # share of units in time
    source: str  # who declares it
    offices: tuple[OfficeTarget, ...]  # in the order of the report; none of an office in which nothing was due
    meets: int
    short: int
    close: int
    too_few: int
    gap: int | None  # sum over the offices below the target; None where withheld from the public


def compare_with_targets(results: Sequence[MeasureResult], census: Census) -> tuple[TargetResult, ...]:
    """Each measure that declares a target, counted by unit at its first grace period, office by office.

    `results` is what `audit.compliance.office_rates.rate_offices` returns. An office falls short by more than chance
    where so few units in time, or fewer, would come about in at most TAIL_PROBABILITY of months if its true share were
    the target: where the target lies above the exact 99.8% limits of its rate (Clopper & Pearson 1934, Biometrika
    26:404). Cases without an office are of none.
    """
    leading = {result.measure: result for result in reversed(results) if result.counted == "unit"}
    return tuple(
        compare_offices_with_target(leading[measure.id], measure.target, measure.target_source)
        for measure in census.measures
        if measure.target is not None and measure.id in leading
    )


def find_standing(compliant: int, due: int, target: float, *, rated: bool = True) -> TargetStanding:
    """How so many units in time of those due stand to a target; "too few" where the count gives no rate."""
    if not rated:
        return "too few"
    if not count_gap(compliant, due, target):
        return "meets"
    below, _ = binomial_tails(compliant, due, str(target))
    return "short" if below < TAIL_PROBABILITY else "close"


def count_gap(compliant: int, due: int, target: float) -> int:
    """Units that would have had to be in time besides, to reach the target: 0 where it is met."""
    return max(0, ceil(Fraction(str(target)) * due) - compliant)


def compare_offices_with_target(result: MeasureResult, target: float, source: str) -> TargetResult:
    """The offices of one measure held against a target; rows of no office are left out."""
    offices = tuple(
        _compare_office(row, target) for row in result.offices if row.due and row.office != UNRECORDED_OFFICE
    )
    standings = Counter(office.standing for office in offices)
    return TargetResult(
        measure=result.measure,
        target=target,
        source=source,
        offices=offices,
        meets=standings["meets"],
        short=standings["short"],
        close=standings["close"],
        too_few=standings["too few"],
        gap=sum(office.gap or 0 for office in offices),
    )


def _compare_office(row: OfficeRate, target: float) -> OfficeTarget:
    return OfficeTarget(
        office=row.office,
        name=row.name,
        standing=find_standing(row.compliant, row.due, target, rated=row.is_rated),
        gap=count_gap(row.compliant, row.due, target),
    )
