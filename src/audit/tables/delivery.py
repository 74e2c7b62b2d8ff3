"""What the supplier of the tables says that was delivered, beside what was read."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryTotal:
    """One table: its control totals by the supplier's delivery note, and those of the rows that were read."""

    table: str
    rows_stated: int | None  # by the delivery note; None where it does not name the table
    rows_read: int  # those set aside included
    extracted: date | None  # day on which the supplier took the table from its system
    sum_column: str = ""  # column whose sum the note states; "" where it states none
    sum_stated: Decimal | None = None
    sum_read: Decimal | None = None
