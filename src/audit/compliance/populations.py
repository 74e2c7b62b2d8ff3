"""The rate of some of the units beside that of all."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationResult:
    """What was due of some of the units, and what was there: all offices, at the measure's first grace period."""

    measure: str  # its id
    title: str  # what these units are called
    due: int
    compliant: int
    late: int
