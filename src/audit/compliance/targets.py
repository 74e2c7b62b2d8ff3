"""Who meets a declared target: each office held against it by exact chance limits, and the gap in records."""

from dataclasses import dataclass
from typing import Literal

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
    offices: tuple[OfficeTarget, ...]  # in the order of the report
    meets: int
    short: int
    close: int
    too_few: int
    gap: int | None  # sum over the offices below the target; None where withheld from the public
