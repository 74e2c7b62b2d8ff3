"""What a program declares of its monthly count: the units, the records each must have, and who is excluded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from audit.errors import AuditError, ExitCode, Problem
from audit.months import add_days, expand_period, find_first_day, find_last_day, shift_month
from audit.tables.linkage import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredRecord:
    """One record that a unit must have."""

    field: str  # column that must be filled
    alternatives: tuple[str, ...] = ()  # columns of which one may be filled in place of `field`
    label: str  # what reports call the record
    entered: str | None = None  # column with the day the record was entered; if absent, a filled record is in time
    dated: str | None = None  # column with the day of what is recorded, to find entries that were dated back
    satisfied: str | None = None  # condition that a filled record must meet; a yes_no column needs one
    system: str = ""  # where the record is entered, as an office is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A document that put a duty in force, and the day from which it holds."""

    words: str  # what became a duty, as reports say it
    since: date  # day from which the duty holds; the first possible one where the exact day is unknown
    since_by: date | None = None  # last possible day, where the exact day is unknown
    source: str = ""  # document that states it


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One documentation duty, measured over every unit it applies to."""

    id: str  # short name, used in file names and columns; unique
    title: str  # what the reports call the duty
    needs: tuple[RequiredRecord, ...]  # records that a unit must have; it complies if it has all of them
    authority: str  # document and section that set the duty
    quote: str = ""  # words of the document
    applies: str | None = None  # condition for units that have the duty; without it all units have it
    due: str | None = None  # day on which the records are due, from which `grace_days` count; the unit's date if absent
    grace_days: tuple[int, ...] = (0,)  # days after that day within which an entry is in time; the first leads
    guidance: dict[str, str] | None = None  # label of a missing record → what the office is to do
    target: float | None = None  # share of units that are to be in time; without it no office meets or misses one
    target_source: str = ""  # who declares the target, as reports say it; required with `target`
    duties: tuple[Duty, ...] = ()  # documents that put the duty in force, from the first to the last


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """Units that are received and not counted, with the reason."""

    reason: str  # why such units are not counted, as the report says it
    where: str  # condition for the units that are left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Units whose rate is told: the report's rates are those of the first that is declared, others stand beside it."""

    unit: tuple[str, str]  # what one and several of these units are called: ["alien match", "alien matches"]
    where: str  # condition for the units that belong to it; one of which it is unknown belongs
    about: str = ""  # who belongs, and who says so, as reports say it

    @property
    def is_everyone(self) -> bool:
        """Whether all units belong."""
        return self.where.strip() == "true"

    @property
    def title(self) -> str:
        """What the reports call these units together."""
        return f"all {self.unit[1]}" if self.is_everyone else self.unit[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """When an office's shortfall goes to a higher level: both conditions must be met."""

    months: int  # months in a row, the reported one the last, in each of which the office is short of the target
    share: float  # share of items resolved within the plan's days; an office under it is escalated
    words: str  # the rule, as reports say it
    source: str  # who declares the rule


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpPlan:
    """How open items are followed up: within how many days they are to be resolved, and what is verified."""

    days: int  # days after an item is first listed, within which it is to be resolved
    source: str  # who declares these days
    escalation: Escalation | None = None  # when an office's shortfall goes to a higher level
    verified: int = 0  # number of items reported as resolved that are drawn each month and traced to their record
    verified_seed: str = ""  # seed of that draw; required with `verified`
    backlog_due: date | None = None  # day on which items of units before the last duty are due


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """The monthly count of required records: its units, their links, and the duties that are measured."""

    table: str  # table with one row a unit
    unit: str  # column that identifies a unit: the table's `key`, or its `row`
    office: str  # column with the office of a unit
    measures: tuple[Measure, ...]  # duties that are measured
    date: str | None = None  # date column that decides to which month a unit belongs; without it there are no months
    person: str | None = None  # column with the person, to count persons and to list their items together
    links: tuple[Link, ...] = ()  # records in other tables that belong to a unit, in order
    exclusions: tuple[Exclusion, ...] = ()  # units that are received and not counted
    as_of_months: int = 0  # months after the reported one, at whose end the report looks at the records
    as_of_days: int = 0  # days after that end, or the end of the month, at which the report looks at the records
    decided: str | None = None  # column with the day on which a unit was decided, from which delays are counted as well
    unit_below: str | None = None  # column with the unit below the office, by which an office's list is sorted
    parents: Mapping[str, str] = field(default_factory=dict)  # table → column it is joined on, for `populations` alone
    populations: tuple[Population, ...] = ()  # units whose rates are told; the first leads. Lists are of all units
    follow_up: FollowUpPlan | None = None  # how open items are followed up

    @property
    def rate_population(self) -> Population | None:
        """The units that the rates are of; None where they are of all."""
        return next((one for one in self.populations[:1] if not one.is_everyone), None)

    @property
    def exclusion_reasons(self) -> list[str]:
        """Why units that were received are in no rate, in the order in which reports tell it."""
        outside = [f"other than {self.rate_population.unit[1]}"] if self.rate_population else []
        return [*(exclusion.reason for exclusion in self.exclusions), *outside]


def make_empty_census() -> Census:
    """The census of a program that declares none: its tables can be checked, and no more."""
    return Census(table="", unit="", office="", measures=())


def find_as_of_day(census: Census, month: str) -> date:
    """The day on which the report of a month, or of a period that ends with it, looks at the records."""
    return add_days(find_last_day(shift_month(month, census.as_of_months)), census.as_of_days)


def parse_period(census: Census, period: str) -> tuple[str, str]:
    """First and last month of a period: a month, a quarter, a year, a range of them, or "all".

    AuditError (USAGE) where it is no period, or the table has no date.
    """
    if period == "all":
        return "", "9999-12"
    if census.date is None:
        what = f"table {census.table} has no date column, so a month cannot be told apart"
        raise AuditError(Problem(what=what, mend="Leave out --month to ask for the whole table."), code=ExitCode.USAGE)
    ends = expand_period(period).split("/")
    try:
        days = [find_first_day(end) for end in ends]
    except ValueError:
        days = []
    if len(days) not in (1, 2) or days != sorted(days):
        mend = "Write a month as 2011-09, a quarter as 2011-Q3, a year as 2011, and a range as 2015-12/2018-06."
        raise AuditError(Problem(what=f"`{period}` is not a period", mend=mend), code=ExitCode.USAGE)
    return ends[0], ends[-1]
