"""What a program declares of its analyses: the tables that they alone read, and what each of them counts."""

from collections.abc import Iterator, Mapping
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
    order: tuple[
        str, ...
    ]  # every conclusion, from the one with the least consequence for a person to that with the most


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
class Analyses:
    """Analyses beside the sample and the monthly count; `audit analyze` reports them."""

    tables: Mapping[str, Source] = field(default_factory=dict)  # tables that only the analyses read, by name
    stage_logs: tuple[StageLog, ...] = ()  # processes counted stage by stage
    query_logs: tuple[QueryLog, ...] = ()  # research that two researchers do one after the other
    coverages: tuple[Coverage, ...] = ()  # jurisdictions activated by day and area
    surveys: tuple[Survey, ...] = ()  # answers to questions on costs


Columns = Mapping[str, Mapping[str, str]]  # table → column → type
DAY_TYPES = ("date", "datetime")


def find_analysis_problems(analyses: Analyses, columns: Columns) -> Iterator[tuple[str, str, str]]:
    """What of the analyses cannot be: place, what, mend. `columns` is the type of every column, by table."""
    kinds = (
        ("stage_logs", analyses.stage_logs),
        ("query_logs", analyses.query_logs),
        ("coverages", analyses.coverages),
        ("surveys", analyses.surveys),
    )
    for key, logs in kinds:
        names = [one.name for one in logs]
        if len(set(names)) < len(names):
            yield key, "has one name twice", "Give each its own name."
    for number, process in enumerate(analyses.stage_logs):
        yield from _find_stage_problems(f"stage_logs.{number}", process, columns)
    for number, research in enumerate(analyses.query_logs):
        yield from _find_query_problems(f"query_logs.{number}", research, columns)
    for number, coverage in enumerate(analyses.coverages):
        yield from _find_coverage_problems(f"coverages.{number}", coverage, columns)
    for number, survey in enumerate(analyses.surveys):
        yield from _find_survey_problems(f"surveys.{number}", survey, columns)


def _find_stage_problems(place: str, log: StageLog, columns: Columns) -> Iterator[tuple[str, str, str]]:
    named = (log.case, log.stage, log.day, log.office, log.status)
    yield from _find_unknown_columns(place, log.table, named, columns)
    yield from _find_wrong_types(place, log.table, (log.day,), DAY_TYPES, columns)
    values = [one.value for one in (*log.stages, *log.exits)]
    if len(set(values)) < len(values):
        yield place, "names a stage or exit twice", "Give each value once."
    if len(log.stages) < 2:
        yield f"{place}.stages", "has fewer than two stages", "Name the stages in order."


def _find_query_problems(place: str, log: QueryLog, columns: Columns) -> Iterator[tuple[str, str, str]]:
    named = (log.case, log.actor, log.system, log.time, log.minutes, log.person)
    yield from _find_unknown_columns(place, log.table, named, columns)
    yield from _find_wrong_types(place, log.table, (log.time,), DAY_TYPES, columns)
    yield from _find_wrong_types(place, log.table, (log.minutes,), ("integer", "number"), columns)
    if set(log.first.values) & set(log.second.values):
        yield f"{place}.second", "has a value that `first` has too", "Put each value on one side."
    if log.window_days < 0 or not log.window_reason:
        yield f"{place}.window_days", "is below 0, or has no reason", "Give 0 or more days, and `window_reason`."
    if log.hourly_cost is not None and not log.cost_source:
        yield f"{place}.hourly_cost", "has no source", "Name the document in `cost_source`, or leave the cost out."
    if one := log.determinations:
        within = f"{place}.determinations"
        columns_named = (one.case, one.actor, one.determination, one.day)
        yield from _find_unknown_columns(within, one.table, columns_named, columns)
        yield from _find_wrong_types(within, one.table, (one.day,), DAY_TYPES, columns)
        if len(one.order) < 2 or len(set(one.order)) < len(one.order):
            yield f"{within}.order", "has fewer than two conclusions, or one twice", "Name each once, in order."


def _find_coverage_problems(place: str, one: Coverage, columns: Columns) -> Iterator[tuple[str, str, str]]:
    named = (one.jurisdiction, one.area, one.activated_on)
    yield from _find_unknown_columns(place, one.table, named, columns)
    yield from _find_wrong_types(place, one.table, (one.activated_on,), ("date",), columns)
    if areas := one.areas:
        within = f"{place}.areas"
        yield from _find_unknown_columns(
            within, areas.table, (areas.area, areas.name, areas.row, areas.column), columns
        )
        yield from _find_wrong_types(within, areas.table, (areas.row, areas.column), ("integer",), columns)
    days = [day for period in one.periods for day in (period.first, period.last)]
    if days != sorted(days):
        yield f"{place}.periods", "are not in order, or overlap", "Give each its first and last day, in order."
    if bool(one.series) != bool(one.periods):
        yield f"{place}.series", "and `periods` are not both given", "Give both, or neither."


def _find_survey_problems(place: str, one: Survey, columns: Columns) -> Iterator[tuple[str, str, str]]:
    yield from _find_unknown_columns(place, one.table, (one.respondent, one.answer, one.amount), columns)
    yield from _find_wrong_types(place, one.table, (one.amount,), ("integer", "number"), columns)
    values = [answer.value for answer in one.answers]
    if not values or len(set(values)) < len(values):
        yield f"{place}.answers", "are none, or name one twice", "Name each answer once."
    if one.selection == "at random" and one.population is None:
        mend = "Give the number of those that could have been drawn, or say how respondents were chosen."
        yield f"{place}.population", "is absent, and respondents were drawn at random", mend
    if any(statement.rounded_to < 1 for statement in one.statements):
        yield f"{place}.statements", "are rounded to less than a dollar", "Give 1, 1_000 or 1_000_000."


def _find_unknown_columns(
    place: str, table: str, names: tuple[str | None, ...], columns: Columns
) -> Iterator[tuple[str, str, str]]:
    if table not in columns:
        what = f"names `{table}`, and no such table is declared"
        yield f"{place}.table", what, "Declare it under [analyses.tables] or [tables]."
        return
    for name in names:
        if name and name not in columns[table]:
            yield place, f"names `{name}`, and table {table} has no such column", "Correct the name."


def _find_wrong_types(
    place: str, table: str, names: tuple[str, ...], types: tuple[str, ...], columns: Columns
) -> Iterator[tuple[str, str, str]]:
    for name in names:
        kind = columns.get(table, {}).get(name)
        if kind and kind not in types:
            what = f"takes `{name}` of type {kind}, and needs one of type {' or '.join(types)}"
            yield place, what, "Declare the column so, or name another."
