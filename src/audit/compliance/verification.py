"""Items that were reported as resolved, drawn by ticket and traced to their records."""

from dataclasses import dataclass
from typing import Literal

TracedRecord = Literal["holds", "shared", "absent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedItem:
    """One item that was reported as resolved, and what its units' records show now."""

    office: str
    month: str
    person: str
    measure: str
    # "holds": each unit has its records; "shared": a record of it is another unit's too; "absent": one lacks a record
    # or is gone
    found: TracedRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationResult:
    """A sample of the items that the last report called resolved, each traced to its records as known now."""

    month: str  # whose report called them resolved
    resolved: int  # items that it called so
    seed: str
    items: tuple[VerifiedItem, ...]

    def count_found(self, found: TracedRecord) -> int:
        """How many of the drawn items were found so."""
        return sum(item.found == found for item in self.items)
