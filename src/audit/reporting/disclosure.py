"""What may be told to the public: no small count is there, and none can be worked out from those that are."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from audit.compliance.discrepancies.counts import OfficeDiscrepancies
from audit.compliance.office_rates import OfficeRate
from audit.formatting import add_article, capitalize, format_plural
from audit.tables.checks.delivery_checks import DELIVERY_EXPECTATION
from audit.tables.checks.results import CheckResult
from audit.tables.offices import OFFICE_NOT_RECORDED, UNRECORDED_OFFICE
from audit.tables.table import ControlTotals

MINIMUM_PUBLISHED_COUNT = 11  # a count from 1 to one less than this is withheld from the public

Row = TypeVar("Row")


def is_small_count(count: int | None) -> bool:
    """Whether so few could be told apart: none is no one, and MINIMUM_PUBLISHED_COUNT or more are a crowd."""
    return count is not None and 0 < count < MINIMUM_PUBLISHED_COUNT


def select_rows_to_combine(
    rows: Sequence[Row], counts: Callable[[Row], Sequence[int]], *, size: Callable[[Row], Any]
) -> list[Row]:
    """The rows to join: those with a small count in what is `counts` of each, and the smallest others by `size`.

    Others are added until several stand together and no count of them all is small.
    """

    def sum_counts(some: Sequence[Row]) -> list[int]:
        return [sum(column) for column in zip(*map(counts, some), strict=True)]

    def discloses(some: Sequence[Row]) -> bool:
        return len(some) == 1 or any(map(is_small_count, sum_counts(some)))

    hidden = [row for row in rows if any(map(is_small_count, counts(row)))]
    others = deque(sorted((row for row in rows if row not in hidden and any(counts(row))), key=size))
    while others and discloses(hidden):
        hidden.append(others.popleft())
    return hidden


def name_combined_row(rows: Sequence[OfficeRate | OfficeDiscrepancies], office: str) -> str:
    """What the row is called that stands for several offices; cases without an office are none of them."""
    offices = format_plural(sum(row.office != UNRECORDED_OFFICE for row in rows), office)
    others = any(row.office == UNRECORDED_OFFICE for row in rows)
    return f"{offices}{f' and {OFFICE_NOT_RECORDED}' if others else ''} together"


def select_public_checks(checks: Sequence[CheckResult]) -> tuple[CheckResult, ...]:
    """The data checks, or none of them where one failed in few rows: with those that passed the rest would be told."""
    # A delivery note's row count beside that of the rows used would tell how many were set aside.
    others = [check for check in checks if check.expectation != DELIVERY_EXPECTATION]
    return () if any(is_small_count(check.failed) for check in checks) else tuple(others)


def select_public_totals(inputs: Sequence[ControlTotals]) -> tuple[ControlTotals, ...]:
    """The row counts of the tables of which few rows were not set aside."""
    return tuple(totals for totals in inputs if not is_small_count(totals.rows_set_aside))


def describe_public_edition(office: str) -> str:
    """What a public edition leaves out, whatever it counts: a sentence, and a second to go on from."""
    return (
        f"This is the public edition: no count from 1 to {MINIMUM_PUBLISHED_COUNT - 1} is in it, and none can be "
        f"worked out from those that are. {capitalize(add_article(office))} with such a count stands in one row with "
        "others"
    )
