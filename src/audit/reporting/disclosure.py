"""What may be told to the public: no small count is there, and none can be worked out from those that are.

How small that is, `audit.programs.withholding` says.
"""

from collections import deque
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from audit.compliance.discrepancies.counts import OfficeDiscrepancies
from audit.compliance.office_rates import OfficeRate
from audit.formatting import add_article, capitalize, format_plural
from audit.programs.withholding import MINIMUM_PUBLISHED_COUNT
from audit.tables.checks.delivery_checks import DELIVERY_EXPECTATION
from audit.tables.checks.results import CheckResult
from audit.tables.offices import OFFICE_NOT_RECORDED, UNRECORDED_OFFICE
from audit.tables.table import ControlTotals

Row = TypeVar("Row")


def is_small_count(count: int | None, least: int = MINIMUM_PUBLISHED_COUNT) -> bool:
    """Whether so few could be told apart: none is no one, and `least` or more are a crowd."""
    return count is not None and 0 < count < least


def has_small_count(counts: Iterable[int | None], least: int) -> bool:
    """Whether one of the counts is small."""
    return any(is_small_count(count, least) for count in counts)


def has_small_change(now: Iterable[int], before: Iterable[int], least: int) -> bool:
    """Whether one of the counts differs by a small number from what it was; where one has fewer, of the first ones."""
    return any(is_small_count(abs(one - other), least) for one, other in zip(now, before, strict=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierCounts:
    """What was published of the same rows before: beside it, other counts of them tell their difference.

    Of each row as many counts as are comparable, from the first on.
    """

    alone: Mapping[str, tuple[int, ...]]  # of each row that stood alone, by its key
    total: tuple[int, ...]  # of all rows

    def sum_others(self, alone: Iterable[str]) -> list[int]:
        """The sum over all rows but these, which stood alone."""
        return [
            sum_ - sum(column) for sum_, *column in zip(self.total, *(self.alone[key] for key in alone), strict=True)
        ]


def select_rows_to_combine(
    rows: Sequence[Row],
    counts: Callable[[Row], Sequence[int]],
    *,
    size: Callable[[Row], Any],
    least: int,
    key: Callable[[Row], str] = str,
    earlier: Sequence[EarlierCounts] = (),
) -> list[Row]:
    """The rows to join: those with a count under `least` in what is `counts` of each, and the smallest others by
    `size`.

    Others are added until several stand together and no count of them all is small. Beside `earlier` counts, by the
    `key` of a row, no count that was joined stands alone, and no count or sum differs by a small number.
    """

    def is_open(row: Row) -> bool:
        before = [one.alone.get(key(row)) for one in earlier]
        return all(one is not None and not has_small_change(counts(row), one, least) for one in before)

    def sum_counts(some: Sequence[Row]) -> list[int]:
        return [sum(column) for column in zip(*map(counts, some), strict=True)]

    def discloses(some: Sequence[Row]) -> bool:
        sums, joined = sum_counts(some), {key(row) for row in some} if earlier else set()
        alone = [key(row) for row in rows if earlier and key(row) not in joined]
        return (
            len(some) == 1
            or has_small_count(sums, least)
            or any(has_small_change(sums, one.sum_others(alone), least) for one in earlier)
        )

    hidden = [row for row in rows if has_small_count(counts(row), least) or not is_open(row)]
    others = deque(sorted((row for row in rows if row not in hidden and any(counts(row))), key=size))
    while others and discloses(hidden):
        hidden.append(others.popleft())
    return hidden


def name_combined_row(rows: Sequence[OfficeRate | OfficeDiscrepancies], office: str) -> str:
    """What the row is called that stands for several offices; cases without an office are none of them."""
    offices = format_plural(sum(row.office != UNRECORDED_OFFICE for row in rows), office)
    others = any(row.office == UNRECORDED_OFFICE for row in rows)
    return f"{offices}{f' and {OFFICE_NOT_RECORDED}' if others else ''} together"


def select_public_checks(
    checks: Sequence[CheckResult], least: int = MINIMUM_PUBLISHED_COUNT, *, changed: Container[str] = ()
) -> tuple[CheckResult, ...]:
    """The data checks, or none of them where one failed in few rows: with those that passed the rest would be told.

    None of a table of which few rows `changed` since they were published.
    """
    # A delivery note's row count beside that of the rows used would tell how many were set aside.
    others = [check for check in checks if check.expectation != DELIVERY_EXPECTATION and check.table not in changed]
    return () if has_small_count((check.failed for check in checks), least) else tuple(others)


def select_public_totals(
    inputs: Sequence[ControlTotals], least: int = MINIMUM_PUBLISHED_COUNT, *, changed: Container[str] = ()
) -> tuple[ControlTotals, ...]:
    """The row counts of the tables of which few rows were not set aside, and that are not among the `changed`."""
    return tuple(
        totals for totals in inputs if not is_small_count(totals.rows_set_aside, least) and totals.table not in changed
    )


def describe_public_edition(office: str, *, offices: int, totals: int) -> str:
    """What a public edition leaves out: a sentence, and a second to go on from.

    `offices` and `totals` are the least counts that are told of one and of all.
    """
    one = capitalize(add_article(office))
    if offices == 1:
        return f"This is the public edition: no count is withheld for its size. {one} is told with its sums alone"
    small = f"no count from 1 to {offices - 1} of {add_article(office)} is in it"
    if totals == offices:
        small = f"no count from 1 to {offices - 1} is in it"
    elif totals > 1:
        small += f", and none from 1 to {totals - 1} of all"
    return (
        f"This is the public edition: {small}, and none can be worked out from those that are. {one} with such a count "
        "stands in one row with others"
    )
