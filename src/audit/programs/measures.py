"""What a program declares of its monthly count: the units, the records each must have, and who is excluded."""

from dataclasses import dataclass

from audit.errors import AuditError, ExitCode, Problem
from audit.months import find_first_day
from audit.tables.linkage import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredRecord:
    """One record that a unit must have."""

    field: str  # column that holds it
    label: str  # what a list calls it when it is missing
    entered: str | None = None  # column with the day it was entered; in time where absent
    dated: str | None = None  # column with the day of what it records, by which a repair dated back is seen
    satisfied: str | None = None  # condition that a filled record must meet, else it is `unmet`


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One documentation duty, measured over every unit it applies to."""

    id: str
    title: str
    needs: tuple[RequiredRecord, ...]
    authority: str  # document and section that set the duty
    quote: str = ""
    applies: str | None = None  # condition; every unit where absent
    grace_days: tuple[int, ...] = (0,)
    guidance: dict[str, str] | None = None  # label of a missing record → what to do


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """Units that are received and not counted, by a stated reason."""

    reason: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """What is counted each month, and by what."""

    table: str
    unit: str  # key column
    office: str
    measures: tuple[Measure, ...]
    date: str | None = None
    person: str | None = None
    links: tuple[Link, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    as_of_days: int = 0  # days after the period's end at which the report looks


def parse_period(census: Census, period: str) -> tuple[str, str]:
    """First and last month of a period; AuditError (USAGE) as `in_period` raises it."""
    if period == "all":
        return "", "9999-12"
    if census.date is None:
        what = f"table {census.table} has no date column, so a month cannot be told apart"
        raise AuditError(Problem(what=what, mend="Leave out --month to ask for the whole table."), code=ExitCode.USAGE)
    ends = period.split("/")
    try:
        days = [find_first_day(end) for end in ends]
    except ValueError:
        days = []
    if len(days) not in (1, 2) or days != sorted(days):
        mend = "Write a month as 2011-09, and a range as 2015-12/2018-06."
        raise AuditError(Problem(what=f"`{period}` is not a period", mend=mend), code=ExitCode.USAGE)
    return ends[0], ends[-1]
