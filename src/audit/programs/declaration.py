"""One audit as declared: its tables, cases, sample and census, and what its report says around the numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from audit.policy.custom_predicates import PredicateDeclaration, import_predicate
from audit.policy.vocabulary import ChildSchema, Vocabulary
from audit.policy.working_time import list_holidays
from audit.programs.analyses import Analyses
from audit.programs.discrepancies import Discrepancy
from audit.programs.measures import Census, make_empty_census
from audit.programs.withholding import WithholdingPlan
from audit.tables.schema import Source

UndeterminableTreatment = Literal["exclude", "error", "pass"]  # what an undeterminable case counts as in the rate


REQUIRED_WITH_CENSUS = ("title", "about", "authority", "unit", "office")  # by a program that has more than tables


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingWindow:
    """The days around a case on which a row must be dated to count for it; any other is shown, and decides nothing."""

    before_days: int = 0  # days before the case's own date in the census at which the window begins
    after_days: int  # days after the day the case was decided at which the window ends
    reason: str  # why it is as long as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildTable:
    """How the rows of a table belong to a case, and when a missing row proves that nothing happened."""

    on: str  # column that both tables have: the row belongs to the cases with the same value
    recorded: str | None = None  # column with the day a row was entered; rows entered after the case's day do not count
    dated: str | None = None  # column with the day of what a row tells; rows dated after the as-of day are not read
    window: CountingWindow | None = None  # days on which a row must be `dated` to count for a case; all if absent
    per_person: bool = False  # whether rows of any case of the same person count for each of that person's cases
    complete_when: str | None = None  # condition under which no row can be missing; all rows are there if absent


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """What one record of a case says of the rows of a child table, where those may say otherwise.

    A case whose records contradict each other is decided only where it does not matter which of them is right.
    """

    when: str  # condition on the case's own columns under which its record says so
    table: str  # child table whose rows may contradict it
    column: str  # column of that table
    asserts: tuple[str, ...] = ()  # values of which a row must have one; the first is that of a row that is missing
    denies: tuple[str, ...] = ()  # values that no row may have


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDefinition:
    """What one case is and where its facts are: its own table, one row of each parent, any rows of each child."""

    table: str  # table with one row a case
    dated_by: str  # date column that decides which version of a rule applies, and what was known
    office: str  # column with the office that decided the case
    parents: Mapping[str, str] = field(default_factory=dict)  # table → the column it is joined on
    children: Mapping[str, ChildTable] = field(default_factory=dict)  # table with any number of rows a case → its join
    recorded: Mapping[str, str] = field(default_factory=dict)  # column of a parent → column with the day it was entered
    earlier: Mapping[str, str] = field(default_factory=dict)  # such a column → column with what was on record before
    dated: tuple[str, ...] = ()  # columns of the case whose value is the day of what they tell; a later one is not read
    unaddressed: str = ""  # condition on cases that no rule need speak to; `audit policy lint` accepts that none does
    contradictions: tuple[Contradiction, ...] = ()  # records of a case that may contradict its rows of a child table


@dataclass(frozen=True, slots=True, kw_only=True)
class CellWords:
    """How the report words one cell of the sample audit's result."""

    outcome: str  # outcome of the case, such as timely or undeterminable
    case_class: str  # `case_class` of the rule that decided; empty for outcomes that no rule decides
    words: str  # what the report calls such cases


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePlan:
    """The planned sample: its frame, whose digest is written down before the seed is chosen, its size and its use."""

    period: str  # month or range of months that the frame covers: 2011-09, 2010-10/2011-09, or all
    size: int  # number of cases to draw
    as_of: date  # day on which the audit looks at the records; what was entered later is not read
    frame_digest: str = ""  # SHA-256 that `scope` prints; leave it and the keys below out until `scope` was run
    frame_fixed: date | None = None  # day on which the digest of the frame was written down
    seed: str = ""  # seed of the draw, chosen after the frame was fixed
    seed_source: str = ""  # how the seed came to be, and who saw it
    seed_chosen: date | None = None  # day on which the seed was chosen
    level: float = 0.95  # confidence level of the intervals, as a share
    margin: float = 0.05  # largest half-width of an interval at which an office's own rate is reported
    tolerable: float | None = None  # tolerable deviation rate, as a share; without it no conclusion on it is drawn
    treatment: UndeterminableTreatment = "exclude"  # what undeterminable cases count as in the rate
    attribute: str = "consistency"  # attribute of the rules whose rate is estimated
    classes: tuple[str, ...] = ()  # values of `case_class` that the report shows separately
    cells: tuple[CellWords, ...] = ()  # rows of the report's table of outcomes, in order
    synthetic: str = ""  # what of the sampled cases is made up besides, as the audit report says it


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPlan:
    """What people review before a report is issued."""

    attributes: tuple[str, ...]  # attributes that people review
    cases: Literal["all", "open"] = "all"  # all, or those that the rules leave undeterminable or to judgement
    second: int = 0  # number of cases that a second reviewer reviews independently


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSeries:
    """A published series that gives the program its context."""

    id: str  # short name, used in file names
    title: str  # heading of the chart
    subtitle: str  # what the values are
    source: str  # publication and page that state the values
    points: tuple[tuple[str, int], ...]  # pairs of period and value
    periods: tuple[str, ...] = ()  # every period in order, where the source does not give the value of each
    of: Literal["count", "dollars"] = "count"  # what the values are: `count` or `dollars`

    @property
    def values(self) -> tuple[tuple[str, int | None], ...]:
        """Every period and its value; None where the source does not give it."""
        points_by_period = dict(self.points)
        return tuple((period, points_by_period.get(period)) for period in self.periods or points_by_period)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Everything that makes one audit different from another; no other module knows a program by name."""

    tables: Mapping[str, Source]  # tables that are read, by name
    name: str = ""  # name in file and folder names: letters, digits, `_` and `-`; that of its folder if absent
    title: str = ""  # title of the reports
    about: str = ""  # what is audited, in one or two sentences
    authority: str = ""  # law, regulation or document that the audit rests on
    unit: tuple[str, str] = ("", "")  # what is counted, singular and plural: ["match", "matches"]
    office: str = ""  # what an office is called: "field office"
    census: Census = field(default_factory=make_empty_census)  # monthly count; without it tables are checked only
    offices: str = "offices.csv"  # file that lists the offices and their spellings
    calendar: str = ""  # public holidays that are no working days, by country or State: "US", "US-TX"
    cases: CaseDefinition | None = None  # what one case is; needed for rules and a sample
    predicates: Mapping[str, PredicateDeclaration] = field(default_factory=dict)  # conditions in Python, by name
    sample: SamplePlan | None = None  # plan of the audit sample
    review: ReviewPlan | None = None  # what people review; without it the rules alone decide
    series: tuple[PublishedSeries, ...] = ()  # published figures that the report shows as context
    discrepancies: tuple[Discrepancy, ...] = ()  # reports that compare a recorded class with the evidence on file
    withholding: WithholdingPlan = field(default_factory=WithholdingPlan)  # least counts that public editions tell
    analyses: Analyses = field(default_factory=Analyses)  # analyses beside the sample and the monthly count
    synthetic: str = ""  # what is made up in the data; empty if the data are real
    generator: str | None = None  # Python module whose `write_year(folder)` writes the synthetic tables
    retention_days: int | None = None  # days after a report's as-of day for which what holds cases is kept
    caveats: tuple[str, ...] = ()  # limits of the data and the method, printed in every report
    sha256: str = ""

    @property
    def has_tables_alone(self) -> bool:
        """Whether it counts nothing: its tables can be checked, and no more."""
        return not self.census.table

    @property
    def synthetic_sample(self) -> str:
        """What is made up in the data and in the sampled cases; empty if both are real."""
        return " ".join(filter(None, (self.synthetic, self.sample.synthetic if self.sample else "")))


def build_vocabulary(program: Program) -> Vocabulary:
    """The words that the program's rules may use: the case's columns, its parents' and those linked to it."""
    if program.cases is None:
        return Vocabulary(columns={})
    tables = program.tables
    linked = {name: link.table for link in program.census.links for name in (link.key, *link.columns)}
    columns = {"ambiguous": "yes_no"}
    for table in (*program.cases.parents, program.cases.table):
        columns |= list_column_types(tables[table])
    for name, table in linked.items():
        column_types = list_column_types(tables[table])
        columns |= {stated: column_types[stated] for stated in (name, f"{name}.state") if stated in column_types}
    holidays = list_holidays(program.calendar) if program.calendar else None
    predicates = {name: import_predicate(name, declared) for name, declared in program.predicates.items()}
    children = list_child_schemas(program.cases, tables)
    return Vocabulary(columns=columns, children=children, predicates=predicates, holidays=holidays)


def list_child_schemas(cases: CaseDefinition, tables: Mapping[str, Source]) -> dict[str, ChildSchema]:
    """The tables whose rows conditions on a case may count, by name; none that is not declared."""
    return {
        table: ChildSchema(
            on=rows.on,
            columns=list_column_types(tables[table]),
            recorded=rows.recorded,
            complete_when=rows.complete_when,
        )
        for table, rows in cases.children.items()
        if table in tables
    }


def _list_declared_types(source: Source) -> dict[str, str]:
    return {name: column.type for name, column in source.columns.items()}


def list_column_types(source: Source) -> dict[str, str]:
    """The type of each column of a table by name, its row numbers and the states of its cells among them."""
    states = {
        f"{name}.state": "text" for name, column in source.columns.items() if source.redacted or column.has_states
    }
    return {**_list_declared_types(source), **states, **({source.row: "text"} if source.row else {})}
