"""Whether a month lies before a duty, in the time in which it was put in force, or under it."""

from dataclasses import dataclass
from typing import Literal

from audit.programs.measures import Duty

DutyPeriod = Literal["before", "instruction", "under", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureDuties:
    """The duties of a measure, and where the report's month lies."""

    measure: str  # its id
    duties: tuple[Duty, ...]
    period: DutyPeriod  # of the report's last month
