"""What a program declares of its public editions: the least count that each kind of table tells."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from audit.errors import Problem

MINIMUM_PUBLISHED_COUNT = 11  # a count from 1 to one less than this is withheld, where a program declares no other
MAXIMUM_WITHHELD = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WithholdingPlan:
    """The least count that a public edition tells, by table: a smaller one is withheld, save 0; with 1 none is."""

    offices: int = MINIMUM_PUBLISHED_COUNT  # least count by office, of a period and month by month
    totals: int = MINIMUM_PUBLISHED_COUNT  # least count over all offices; not more than that by office
    checks: int = MINIMUM_PUBLISHED_COUNT  # least number of rows that fail a check, or were set aside
    sample: int = MINIMUM_PUBLISHED_COUNT  # least count of cases in a sample audit
    discrepancies: int = MINIMUM_PUBLISHED_COUNT  # least count of cases in a discrepancy report


@dataclass(frozen=True, slots=True, kw_only=True)
class WithheldTable:
    """What withholding costs one table of a public edition: the rows and the counts that it does not tell."""

    table: str  # in words
    least: int  # count that is told
    rows: int  # withheld, or joined with others in one row
    rows_of: int
    counts: int  # withheld, of these rows and of the others
    counts_of: int


def find_withholding_problems(plan: WithholdingPlan) -> Iterator[Problem]:
    """Numbers out of range, and office counts that would tell by their sum what the totals withhold."""
    place = "program.toml, withholding"
    for field in fields(plan):
        if not 1 <= getattr(plan, field.name) <= MAXIMUM_WITHHELD:
            mend = f"Give 1 to {MAXIMUM_WITHHELD}; with 1 nothing is withheld for its size."
            yield Problem(what="is out of range", mend=mend, file=f"{place}.{field.name}")
    if plan.offices < plan.totals:
        what = "tells offices with smaller counts than totals: added up, they tell the totals that are withheld"
        yield Problem(what=what, mend="Give `offices` at least the number of `totals`.", file=place)
