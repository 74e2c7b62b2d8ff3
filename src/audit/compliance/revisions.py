"""What earlier months' reports first told, beside what is known of these months now."""

from dataclasses import dataclass


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
