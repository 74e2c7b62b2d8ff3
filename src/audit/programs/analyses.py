"""What a program declares of its analyses: the tables that they alone read, and what each of them counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from audit.tables.schema import Source

SelectionKind = Literal["at random", "not at random", "not stated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of a process: the value that the log has for it, and its words."""

    value: str  # value of the stage column
    words: str  # what the report calls it: "Referred to a field office"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageLog:
    """A process, stage by stage, counted from a log with one row an event."""

    name: str  # short name, used in file names; unique
    title: str  # heading of its section
    table: str  # table with one row an event
    case: str  # column with the case that an event belongs to
    stage: str  # column with the stage or exit that the event is
    day: str  # column with the day or time of the event
    stages: tuple[Stage, ...]  # stages in order, two or more
    unit: tuple[str, str]  # what a case is called, singular and plural: ["match", "matches"]
    as_of: date  # day on which the log is looked at; later events are not read
    exits: tuple[Stage, ...] = ()  # events by which a case leaves before the next stage
    office: str | None = None  # column with the office of a case
    status: str | None = None  # column by whose values the stages are shown side by side
    status_words: Mapping[str, str] = field(default_factory=dict)  # value of `status` → what the report calls it
    period: str = ""  # months that cases begin in, as 2010-10/2011-09; all if absent
    note: str = ""  # what a reader must bear in mind
    source: str = ""  # document that describes the process
    synthetic: str = ""  # what of the log is made up; empty if nothing is


@dataclass(frozen=True, slots=True, kw_only=True)
class Researcher:
    """Who researched: the values of the actor column, and the words for them."""

    values: tuple[str, ...]  # values of the actor column
    words: str  # what the report calls them: "the center"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConclusionTable:
    """What each researcher concluded of a case: a table with one row a case and researcher."""

    table: str  # table with one row a conclusion
    case: str  # column with the case
    actor: str  # column with who concluded
    determination: str  # column with the conclusion
    day: str  # column with its day or time; the last of each researcher counts
    order: tuple[str, ...]  # every conclusion, from the least consequence for a person to the most


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLog:
    """Research of the same cases by two researchers: how much the second repeats, and what it adds."""

    name: str  # short name, used in file names; unique
    title: str  # heading of its section
    table: str  # table with one row a query
    case: str  # column with the case
    actor: str  # column with who queried
    system: str  # column with the system that was queried
    time: str  # column with the day or time of the query
    minutes: str  # column with the minutes that it took; blank where they were not recorded
    first: Researcher  # who researches first
    second: Researcher  # who researches after it
    window_days: int  # days after the first query within which the same query of the second repeats it
    window_reason: str  # why so many days
    unit: tuple[str, str]  # what a case is called, singular and plural
    as_of: date  # day on which the log is looked at; later queries are not read
    extent: str  # which queries the log holds, and how they were chosen
    person: str | None = None  # column with the person; queries of one person repeat each other, whatever the case
    determinations: ConclusionTable | None = None  # conclusions of both; without it nothing is said of their agreement
    most_systems: int | None = None  # largest number of systems that a source states for one case
    hourly_cost: float | None = None  # cost of an hour of research, in dollars; no cost is computed without it
    cost_source: str = ""  # document that states the cost of an hour
    finding: str = ""  # `id` of the finding in findings.yaml that the measurement belongs to
    source: str = ""  # document that speaks of the research
    synthetic: str = ""  # what of the log is made up; empty if nothing is


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingPeriod:
    """A period whose count is set against the jurisdictions that were active in it."""

    label: str  # period as the series names it: "FY 2009"
    first: date  # its first day
    last: date  # its last day


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedTotal:
    """What a source states of the coverage on a day; the table is compared with it."""

    on: date  # day that the source speaks of
    activated: int  # jurisdictions activated by then
    total: int  # all jurisdictions
    source: str  # document and section
    areas: int | None = None  # areas with an activated jurisdiction


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaTable:
    """The areas that jurisdictions lie in, and where each lies on a map of tiles."""

    table: str  # table with one row an area
    area: str  # column with its code
    name: str  # column with its name
    row: str  # column with the row of its tile, from 1 at the top
    column: str  # column with the column of its tile, from 1 at the left


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many jurisdictions had been activated by when, and what was counted in those that had."""

    name: str  # short name, used in file names; unique
    title: str  # heading of its section
    table: str  # table with one row a jurisdiction, activated or not
    jurisdiction: str  # column with the jurisdiction
    area: str  # column with the area that it lies in, such as a State
    activated_on: str  # column with the day of its activation; blank where it was not activated
    area_noun: str  # what an area is called: "State"
    as_of: date  # day on which the table is looked at
    county_code: str = ""  # column with the five-digit code (FIPS) of a jurisdiction's county, for a map by county
    unit: tuple[str, str] = ("jurisdiction", "jurisdictions")  # what is activated, singular and plural
    areas: AreaTable | None = None  # names and tiles of the areas; no map is drawn without it
    published: tuple[PublishedTotal, ...] = ()  # totals that a source states
    series: str = ""  # `id` of the published series whose counts are set against the coverage
    counted: tuple[str, str] = ("", "")  # what that series counts, singular and plural
    periods: tuple[CountingPeriod, ...] = ()  # periods of that series, in order
    claim: str = ""  # words of a source on the relation of the two, tested here
    claim_source: str = ""  # document and section of the claim
    claim_gap: str = ""  # what was not published, without which the claim cannot be tested on published values
    synthetic: str = ""  # what of the table is made up; empty if nothing is


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyAnswer:
    """One answer that respondents could give, and how many a source says gave it."""

    value: str  # value of the answer column
    words: str  # what the report calls those who gave it: "incurred no costs"
    has_amount: bool = False  # whether an amount goes with it
    stated: int | None = None  # number of respondents that the source states
    stated_percent: int | None = None  # share of all respondents that the source prints, in percent


@dataclass(frozen=True, slots=True, kw_only=True)
class CostStatement:
    """What somebody outside the survey said of their costs, by the day and by the year."""

    who: str  # who said it
    per_day: int  # dollars a day
    per_year: int  # dollars a year, as stated
    rounded_to: int  # dollars to which the yearly amount is rounded: 1_000_000
    source: str  # document and section
    is_attributable: bool  # whether the cost can result from what the survey is about
    reason: str  # why, or why not


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What respondents answered to a question on costs, and what they stand for."""

    name: str  # short name, used in file names; unique
    title: str  # heading of its section
    table: str  # table with one row a respondent who was asked
    respondent: str  # column with the respondent
    answer: str  # column with the answer; blank where none was given
    amount: str  # column with the amount in dollars; blank where it could not be stated
    answers: tuple[SurveyAnswer, ...]  # every answer, in order
    unit: tuple[str, str]  # what a respondent is called, singular and plural
    question: str  # what was asked
    conducted: str  # when it was conducted: "July to November 2011"
    selection: SelectionKind  # how respondents were chosen: `at random`, `not at random` or `not stated`
    selection_words: str  # that in a sentence, with what the source says of it
    population: int | None = None  # respondents that could have been drawn; needed where they were drawn at random
    has_every_asked: bool = True  # whether the table has those who were asked and did not answer
    statements: tuple[CostStatement, ...] = ()  # statements of others on the same costs
    source: str = ""  # document that reports the survey
    synthetic: str = ""  # what of the table is made up; empty if nothing is


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementTable:
    """What was said in interviews or written by the audited, where a report rests on it: a row a statement."""

    table: str  # table with one row a statement
    statement: str  # column with its number
    words: str  # column with the statement
    said_by: str  # column with who said it, by role and without a name
    section: str  # column with the part of the report that rests on it
    finding: str  # column with the `id` of the finding that it belongs to; blank where it belongs to none
    corroborated_by: str  # column with what corroborates it; blank where nothing does


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentTable:
    """Documents on which a report rests, such as laws, policies, contracts and prior audits: a row a document."""

    table: str  # table with one row a document
    document: str  # column with its number
    kind: str  # column with its kind: "contract", "prior audit"
    title: str  # column with its title, or what it is called
    issued_by: str  # column with who issued it
    dated: str  # column with its day or month as the source writes it; blank where it was not published
    section: str  # column with the part of the report that rests on it
    finding: str  # column with the `id` of the finding that it belongs to; blank where it belongs to none
    cited: str  # column with the place of the source that names it, such as its lines
    shows: str  # column with what it shows; blank where that was not published


@dataclass(frozen=True, slots=True, kw_only=True)
class Fieldwork:
    """Interviews and visits, what was said in them, and the documents that were reviewed."""

    name: str  # short name, used in file names; unique
    title: str  # heading of its section
    table: str  # table with one row an interview or visit
    reference: str  # column with its number
    site: str  # column with the place
    role: str  # column with whom, by role and without a name
    office: str  # column with the office, where the site is one; blank elsewhere
    day: str  # column with its day; blank where it was not published
    topic: str  # column with its topic; blank where it was not published
    conducted: str  # when the work was done: "July to November 2011"
    selection: SelectionKind  # how sites were chosen: `at random`, `not at random` or `not stated`
    selection_words: str  # that in a sentence, with what the source says of it
    statements: StatementTable | None = None  # what was said; without it no statement is listed
    documents: DocumentTable | None = None  # documents that were reviewed; without it none is listed
    source: str = ""  # document that describes the work
    synthetic: str = ""  # what of the tables is made up; empty if nothing is


@dataclass(frozen=True, slots=True, kw_only=True)
class TracingSample:
    """A sample traced in one direction: how many were needed, and what became of each that was traced."""

    table: str  # table with one row a traced item
    item: str  # column with the item
    result: str  # column with what was found; blank where the item was not traced yet
    agrees: str  # its value where records and source agree; every other is a deviation
    not_obtained: str = ""  # its value where the other side could not be obtained: counted as a deviation
    unit: tuple[str, str]  # what an item is called, singular and plural
    words: str  # what was compared with what, in a sentence
    population: int  # items that could be drawn
    tolerable: float  # largest rate of deviations with which the data can be used
    expected: float  # rate of deviations that the size allows for
    confidence: float = 0.95  # of the conclusion, one-sided
    selection: SelectionKind  # how items were chosen: `at random`, `not at random` or `not stated`
    selection_words: str  # that in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracing:
    """Whether records agree with their source: samples from the records to the source, and from it to the records."""

    name: str  # short name; unique
    title: str  # heading of its section
    from_records: TracingSample | None = None  # records traced to their source: are they accurate?
    from_source: TracingSample | None = None  # sources traced to the records: are these complete?
    source: str = ""  # document that speaks of the test
    synthetic: str = ""  # what of the results is made up; empty if nothing is


@dataclass(frozen=True, slots=True, kw_only=True)
class Expense:
    """An amount that was spent or appropriated. What no source states is left out."""

    words: str  # what it is: "spent on Secure Communities"
    pays_for: str  # what it pays for; a unit cost is formed only where the count is of the same
    dollars: int | None = None  # the amount
    is_rounded: bool = False  # whether the source says "about"
    first: date | None = None  # first day that it covers
    last: date | None = None  # last day
    source: str  # document and section


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCount:
    """What the amount may be divided by. What no source states is left out."""

    unit: tuple[str, str]  # what is counted, singular and plural
    counts: str  # what it is a count of, in the words of `pays_for`
    counted: int | None = None  # how many
    first: date | None = None  # first day that it covers
    last: date | None = None  # last day
    source: str  # document and section


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCost:
    """An amount over a count, where both are of the same thing and the same period; otherwise it is refused."""

    name: str  # short name; unique
    title: str  # what the quotient would be: "Cost of a match"
    expense: Expense  # the amount
    count: UnitCount  # the count


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyses:
    """Analyses beside the sample and the monthly count; `audit analyze` reports them."""

    tables: Mapping[str, Source] = field(default_factory=dict)  # tables that only the analyses read, by name
    stage_logs: tuple[StageLog, ...] = ()  # processes counted stage by stage
    query_logs: tuple[QueryLog, ...] = ()  # research that two researchers do one after the other
    coverages: tuple[Coverage, ...] = ()  # jurisdictions activated by day and area
    surveys: tuple[Survey, ...] = ()  # answers to questions on costs
    fieldwork: tuple[Fieldwork, ...] = ()  # interviews, what was said in them, and documents
    tracings: tuple[Tracing, ...] = ()  # records traced to their source, and sources to the records
    unit_costs: tuple[UnitCost, ...] = ()  # amounts over counts, where units and periods match
