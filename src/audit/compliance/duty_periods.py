"""Whether a month lies before a duty, in the time in which it was put in force, or under it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from audit.months import find_first_day, find_last_day
from audit.programs.measures import Census, Duty, parse_period

DutyPeriod = Literal["before", "instruction", "under", ""]


class HasDuties(Protocol):
    """A measure, or a report's record of its duties."""

    @property
    def duties(self) -> tuple[Duty, ...]:
        """From the first to the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureDuties:
    """The duties of a measure, and where the report's last month lies."""

    measure: str  # its id
    duties: tuple[Duty, ...]
    period: DutyPeriod


def find_duty_period(measure: HasDuties, month: str) -> DutyPeriod:
    """Where a month lies: "before" the first duty, in one in which a duty began ("instruction"), or "under" them.

    Where only the span is known in which a duty began, each month of the span is a month of the instruction, and so is
    one within which a duty began on a known day. "" where no duty is declared.
    """
    if not measure.duties:
        return ""
    first, last = find_first_day(month), find_last_day(month)
    if last < measure.duties[0].since:
        return "before"
    began_within = (duty.since <= last and first < (duty.since_by or duty.since) for duty in measure.duties)
    return "instruction" if any(began_within) else "under"


def list_months_under_duty(measure: HasDuties, months: Sequence[str]) -> list[str]:
    """Of consecutive months those that lie wholly under every duty that had begun by the end of the last.

    All of them where no duty is declared; none where none had begun.
    """
    if not measure.duties or not months:
        return [*months]
    end = find_last_day(months[-1])
    begun = [duty.since_by or duty.since for duty in measure.duties if duty.since <= end]
    return [month for month in months if begun and find_first_day(month) >= max(begun)]


def find_measure_duties(census: Census, period: str) -> tuple[MeasureDuties, ...]:
    """Every measure that declares duties, and where the last month of a period lies; none in a census without dates."""
    if census.date is None or period == "all":
        return ()
    _, last = parse_period(census, period)
    return tuple(
        MeasureDuties(measure=measure.id, duties=measure.duties, period=find_duty_period(measure, last))
        for measure in census.measures
        if measure.duties
    )
