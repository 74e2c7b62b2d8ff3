"""What earlier months' reports first told, beside what is known of these months now."""

from collections.abc import Iterable
from dataclasses import dataclass

from audit.compliance.office_rates import MonthRate


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """All offices in an earlier month under one measure: as first told, and as known now."""

    measure: str  # its id
    month: str
    due_first: int
    due_now: int
    compliant_first: int
    compliant_now: int
    recorded_first: int  # in time or late
    recorded_now: int

    @property
    def is_revised(self) -> bool:
        """Whether any of the counts is another now."""
        first = (self.due_first, self.compliant_first, self.recorded_first)
        return first != (self.due_now, self.compliant_now, self.recorded_now)


def compare_with_first_counts(first: Iterable[MonthRate], now: Iterable[MonthRate]) -> tuple[Revision, ...]:
    """Every earlier month with a report, by measure and month; a month or measure that is known no more is left out.

    `first` holds what the first report of each earlier month told of that month, `now` all months as known now.
    """
    known = {(rate.measure, rate.month): rate for rate in now}
    return tuple(
        Revision(
            measure=rate.measure,
            month=rate.month,
            due_first=rate.due,
            due_now=today.due,
            compliant_first=rate.compliant,
            compliant_now=today.compliant,
            recorded_first=rate.compliant + rate.late,
            recorded_now=today.compliant + today.late,
        )
        for rate in sorted(first, key=lambda rate: (rate.measure, rate.month))
        if (today := known.get((rate.measure, rate.month)))
    )
