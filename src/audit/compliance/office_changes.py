"""How each office's rate has moved since last month, and its rate over twelve months."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeChange:
    """One office's change under one measure, as all its months are known now."""

    measure: str  # its id
    office: str
    last_month: float | None  # rate of the month less that of the month before; None where one of them has no rate
    twelve_months: float | None  # rate of the month and the eleven before it; None where too few units were due
    twelve_due: int
