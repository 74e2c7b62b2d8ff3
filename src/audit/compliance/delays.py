"""How the share in time moves with the days allowed, from the day of the unit or from the day of its decision."""

from dataclasses import dataclass
from typing import Literal

DELAY_DAYS = (0, 1, 5, 10, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayTable:
    """How many units had all their records within so many days."""

    measure: str  # its id
    of: Literal["unit", "decision"]  # the day from which the days count
    days: tuple[int, ...]
    compliant: tuple[int, ...]  # within as many days, in the order of `days`
    due: int
