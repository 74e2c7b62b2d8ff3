"""One audit as declared: its tables, cases, sample and census, and what its report says around the numbers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Literal

from audit.errors import AuditError, Problem
from audit.formatting import format_list
from audit.policy.compiler import compile_condition
from audit.policy.custom_predicates import PredicateDeclaration, import_predicate
from audit.policy.vocabulary import ChildSchema, Vocabulary
from audit.policy.working_time import list_holidays
from audit.programs.discrepancies import Discrepancy
from audit.programs.discrepancies import find_discrepancy_problems as discrepancy_faults
from audit.programs.measures import Census, make_empty_census
from audit.tables.linkage import Link
from audit.tables.schema import Source

UndeterminableTreatment = Literal["exclude", "error", "pass"]  # what an undeterminable case counts as in the rate


_PROGRAM_FILE = "program.toml"
REQUIRED_WITH_CENSUS = ("title", "about", "authority", "unit", "office")  # by a program that has more than tables
CENSUS_DEPENDENTS = ("cases", "sample", "review", "discrepancies")  # that stand on a census


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
    asserts: tuple[
        str, ...
    ] = ()  # values of which a row must have one; the first is that of the row that may be missing
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
    synthetic: str = ""  # what is made up in the data; empty if the data are real
    generator: str | None = None  # Python module whose `write_year(folder)` writes the synthetic tables
    caveats: tuple[str, ...] = ()  # limits of the data and the method, printed in every report
    sha256: str = ""

    @property
    def has_tables_alone(self) -> bool:
        """Whether it counts nothing: its tables can be checked, and no more."""
        return not self.census.table


def build_vocabulary(program: Program) -> Vocabulary:
    """The words that the program's rules may use: the case's columns, its parents' and those linked to it."""
    if program.cases is None:
        return Vocabulary(columns={})
    tables = program.tables
    linked = {name: link.table for link in program.census.links for name in (link.key, *link.columns)}
    columns = {"ambiguous": "yes_no"}
    for table in (*program.cases.parents, program.cases.table):
        columns |= _column_types(tables[table])
    for name, table in linked.items():
        column_types = _column_types(tables[table])
        columns |= {stated: column_types[stated] for stated in (name, f"{name}.state") if stated in column_types}
    children = {
        table: ChildSchema(
            on=rows.on, columns=_column_types(tables[table]), recorded=rows.recorded, complete_when=rows.complete_when
        )
        for table, rows in program.cases.children.items()
    }
    holidays = list_holidays(program.calendar) if program.calendar else None
    predicates = {name: import_predicate(name, declared) for name, declared in program.predicates.items()}
    return Vocabulary(columns=columns, children=children, predicates=predicates, holidays=holidays)


def _find_column_types(source: Source) -> dict[str, str]:
    return {name: column.type for name, column in source.columns.items()}


def find_lacking_keys(declared: Mapping[str, object]) -> Iterator[Problem]:
    """The keys that a program with a census must have and that have no value here, all in one problem."""
    lacking = [f"`{one}`" for one in REQUIRED_WITH_CENSUS if declared.get(one, "") in ("", ("", ""))]
    if lacking:
        mend = "Add it." if len(lacking) == 1 else "Add them."
        yield Problem(what=f"lacks {format_list(lacking, most=len(lacking))}", mend=mend, file=_PROGRAM_FILE)


def find_program_problems(program: Program) -> Iterator[Problem]:
    """Every name in the program's census and cases that no table declares, and every condition that cannot be read."""
    census, tables = program.census, program.tables
    if program.has_tables_alone:
        needing = [dependent for dependent in CENSUS_DEPENDENTS if getattr(program, dependent)]
        if needing:
            what = f"declares {format_list([f'`{dependent}`' for dependent in needing])} and no `census`"
            yield Problem(what=what, mend="Say under [census] what is counted.", file=_PROGRAM_FILE)
        return
    yield from find_lacking_keys({one: getattr(program, one) for one in REQUIRED_WITH_CENSUS})
    if census.table not in tables:
        yield _make_unknown_name_problem("census.table", census.table, tables, "table")
        return
    column_types = _column_types(tables[census.table])
    yield from _find_census_problems(census, tables[census.table], column_types)
    for number, link in enumerate(census.links):
        yield from _find_link_problems(f"census.links.{number}", link, tables, column_types)
        if link.table in tables:
            column_types |= _list_linked_columns(link, _column_types(tables[link.table]))
    yield from _find_measure_problems(census, column_types)
    yield from _find_counting_problems(census, column_types)
    for name, declared in program.predicates.items():
        try:
            import_predicate(name, declared)
        except AuditError as error:
            yield from error.problems
    yield from _find_series_problems(program.series)
    if program.cases:
        yield from _find_case_problems(program, program.cases, column_types)
    for i, discrepancy in enumerate(program.discrepancies):
        yield from _find_discrepancy_problems(program, discrepancy, f"discrepancies.{i}")


def _find_census_problems(census: Census, table: Source, column_types: Mapping[str, str]) -> Iterator[Problem]:
    """Columns of the census that its table lacks, and a unit that may stand there twice."""
    for place, name in (
        ("unit", census.unit),
        ("office", census.office),
        ("date", census.date),
        ("person", census.person),
    ):
        if name is not None and name not in column_types:
            yield _make_unknown_name_problem(f"census.{place}", name, column_types, "column")
    if census.unit != table.row and (census.unit,) != table.key:
        mend = "Declare it as the table's `key`, or number the rows with `row` and count by that."
        what = f"`{census.unit}` need not tell one unit from another"
        yield Problem(what=what, mend=mend, file=f"{_PROGRAM_FILE}, census.unit")


def _find_link_problems(
    place: str, link: Link, tables: Mapping[str, Source], column_types: Mapping[str, str]
) -> Iterator[Problem]:
    """What a step of the linkage names, and neither its table nor the units with what is linked so far have."""
    if link.table not in tables:
        yield _make_unknown_name_problem(f"{place}.table", link.table, tables, "table")
        return
    linked = _column_types(tables[link.table])
    if link.on not in column_types:
        yield _make_unknown_name_problem(f"{place}.on", link.on, column_types, "column")
    for name in filter(None, (link.on, link.key, link.date, link.entered, *link.columns)):
        if name not in linked:
            yield _make_unknown_name_problem(place, name, linked, "column")


def _list_linked_columns(link: Link, linked: Mapping[str, str]) -> dict[str, str]:
    """The columns that a step of the linkage adds to a unit, with their types."""
    names = (link.key, *link.columns)
    return {stated: linked[stated] for name in names for stated in (name, f"{name}.state") if stated in linked}


def _find_counting_problems(census: Census, column_types: Mapping[str, str]) -> Iterator[Problem]:
    """Columns that a measure names and nothing has, and conditions that cannot be read."""
    conditions = [(f"census.exclusions.{i}", exclusion.where) for i, exclusion in enumerate(census.exclusions)]
    for i, measure in enumerate(census.measures):
        place = f"census.measures.{i}"
        conditions += [(place, text) for text in (measure.applies, *(need.satisfied for need in measure.needs)) if text]
        for name in (name for need in measure.needs for name in (need.field, need.entered, need.dated) if name):
            if name not in column_types:
                yield _make_unknown_name_problem(place, name, column_types, "column")
    for place, text in conditions:
        yield from _find_condition_problems(place, text, Vocabulary(columns=column_types))


def _find_discrepancy_problems(program: Program, discrepancy: Discrepancy, place: str) -> Iterator[Problem]:
    """What of a declared discrepancy no table can answer."""
    tables = program.tables
    for where, what, mend in discrepancy_faults(
        discrepancy, {name: _column_types(source) for name, source in tables.items()}
    ):
        yield Problem(what=what, mend=mend, file=f"{_PROGRAM_FILE}, {place}.{where}")
    if discrepancy.table in tables and tables[discrepancy.table].key != (discrepancy.case,):
        mend = "Declare it as the table's `key`."
        yield Problem(
            what=f"`{discrepancy.case}` need not tell one case from another",
            mend=mend,
            file=f"{_PROGRAM_FILE}, {place}",
        )
    for number, one in enumerate(discrepancy.evidence):
        if one.where and one.table in tables:
            words = Vocabulary(columns=_column_types(tables[one.table]))
            yield from _find_condition_problems(f"{place}.evidence.{number}", one.where, words)
    if [one.name for one in program.discrepancies].count(discrepancy.name) > 1 or not discrepancy.name.replace(
        "-", ""
    ).isalnum():
        mend = "Use letters, digits and `-`, and each name once: folders are named after it."
        yield Problem(what="is no name of its own", mend=mend, file=f"{_PROGRAM_FILE}, {place}.name")


def _find_series_problems(several: Iterable[PublishedSeries]) -> Iterator[Problem]:
    """A series of no period, and a value of a period that its series does not name."""
    for series in several:
        place, periods = f"{_PROGRAM_FILE}, series {series.id}", [period for period, _ in series.values]
        if not periods:
            yield Problem(what="has no period", mend="Give its points.", file=place)
        for period, _ in series.points:
            if period not in periods:
                what = f"has a value of `{period}`, which is not one of its periods"
                yield Problem(what=what, mend="Name it under `periods`, in its place.", file=place)


def _find_measure_problems(census: Census, column_types: Mapping[str, str]) -> Iterator[Problem]:
    """A duty counted twice, that asks for nothing, or that would take the answer No for the thing done."""
    ids = [measure.id for measure in census.measures]
    if not ids or len(set(ids)) < len(ids):
        yield Problem(
            what="needs measures, each with an id of its own", mend="Correct them.", file=f"{_PROGRAM_FILE}, census"
        )
    for i, measure in enumerate(census.measures):
        place, days = f"{_PROGRAM_FILE}, census.measures.{i}", measure.grace_days
        if not measure.needs:
            yield Problem(what="asks for no record", mend="Name what a unit must have under `needs`.", file=place)
        for need in measure.needs:
            if column_types.get(need.field) == "yes_no" and need.satisfied is None:
                what = f"needs the yes/no column `{need.field}`, and does not say which answer meets the duty"
                mend = f'Add satisfied = "{need.field}" where Yes does, or satisfied = "true" where either answer does.'
                yield Problem(what=what, mend=mend, file=place)
        if not days or len(set(days)) < len(days) or not all(0 <= n <= 3650 for n in days):
            mend = "Give each number of days once, from 0 to 3650."
            yield Problem(what="`grace_days` are none, repeated or out of range", mend=mend, file=place)
    if not 0 <= census.as_of_days <= 3650:
        yield Problem(
            what="`as_of_days` is out of range", mend="Give 0 to 3650.", file=f"{_PROGRAM_FILE}, census.as_of_days"
        )


def _find_case_problems(program: Program, cases: CaseDefinition, column_types: dict[str, str]) -> Iterator[Problem]:
    tables = program.tables
    if cases.table not in tables:
        yield _make_unknown_name_problem("cases.table", cases.table, tables, "table")
        return
    case_types = _column_types(tables[cases.table])
    for place, name in (("office", cases.office), ("table", program.census.unit)):
        if name not in case_types:
            yield _make_unknown_name_problem(f"cases.{place}", name, case_types, "column")
    column_types = case_types | column_types
    yield from _find_child_problems(program, cases)
    for table, on in {**cases.parents, **{name: rows.on for name, rows in cases.children.items()}}.items():
        if table not in tables:
            yield _make_unknown_name_problem("cases", table, tables, "table")
        elif on not in column_types or on not in _column_types(tables[table]):
            yield _make_unknown_name_problem(f"cases, {table}", on, column_types, "column that both have")
    column_types = column_types | {
        name: kind for table in cases.parents if table in tables for name, kind in _column_types(tables[table]).items()
    }
    for table, rows in cases.children.items():
        if rows.recorded and table in tables and rows.recorded not in _column_types(tables[table]):
            yield _make_unknown_name_problem(
                f"cases.children.{table}.recorded", rows.recorded, _column_types(tables[table]), "column"
            )
        if rows.complete_when:
            yield from _find_condition_problems(
                f"cases.children.{table}", rows.complete_when, Vocabulary(columns=column_types)
            )
    for name in (name for pair in cases.recorded.items() for name in pair):
        if name not in column_types:
            yield _make_unknown_name_problem("cases.recorded", name, column_types, "column")
    for i, contradiction in enumerate(cases.contradictions):
        yield from _find_condition_problems(
            f"cases.contradictions.{i}", contradiction.when, Vocabulary(columns=column_types)
        )
    if cases.unaddressed:
        yield from _find_condition_problems("cases.unaddressed", cases.unaddressed, Vocabulary(columns=column_types))
    if cases.dated_by not in column_types:
        yield _make_unknown_name_problem("cases.dated_by", cases.dated_by, column_types, "column")


def _find_child_problems(program: Program, cases: CaseDefinition) -> Iterator[Problem]:
    """What of the rows of a case no table can answer: day, window, whose they are, what contradicts them."""
    for table, rows in cases.children.items():
        place, declared = f"cases.children.{table}", program.tables.get(table)
        if rows.dated and declared and rows.dated not in declared.columns:
            yield _make_unknown_name_problem(f"{place}.dated", rows.dated, declared.columns, "column")
        if rows.window and not rows.dated:
            mend = "Name under `dated` the column with the day of a row."
            yield Problem(what="has a window and no day to look at", mend=mend, file=f"{_PROGRAM_FILE}, {place}")
        if rows.window and not (0 <= rows.window.before_days <= 36_500 and 0 <= rows.window.after_days <= 36_500):
            mend = "Give from 0 to 36500 days."
            yield Problem(what="has a window out of range", mend=mend, file=f"{_PROGRAM_FILE}, {place}.window")
        if rows.per_person and not program.census.person:
            mend = "Name under [census] the column `person`."
            yield Problem(
                what="is counted per person, and no case has one", mend=mend, file=f"{_PROGRAM_FILE}, {place}"
            )
    for i, one in enumerate(cases.contradictions):
        place = f"cases.contradictions.{i}"
        if one.table not in cases.children:
            yield _make_unknown_name_problem(place, one.table, cases.children, "child table")
        elif one.table in program.tables and one.column not in program.tables[one.table].columns:
            yield _make_unknown_name_problem(place, one.column, program.tables[one.table].columns, "column")
        if bool(one.asserts) == bool(one.denies):
            mend = "Name the values under one of the two."
            yield Problem(what="needs `asserts` or `denies`", mend=mend, file=f"{_PROGRAM_FILE}, {place}")


def _column_types(source: Source) -> dict[str, str]:
    states = {
        f"{name}.state": "text" for name, column in source.columns.items() if source.redacted or column.has_states
    }
    return {**_find_column_types(source), **states, **({source.row: "text"} if source.row else {})}


def _make_unknown_name_problem(place: str, name: str, among: Iterable[str], kind: str) -> Problem:
    near = get_close_matches(name, list(among), n=1)
    listed = format_list([f"`{one}`" for one in among], most=12)
    mend = f"Did you mean `{near[0]}`?" if near else f"Declare it under [tables], or name one of {listed}."
    return Problem(what=f"names `{name}`, and no such {kind} is declared", mend=mend, file=f"{_PROGRAM_FILE}, {place}")


def _find_condition_problems(place: str, text: str, words: Vocabulary) -> Iterator[Problem]:
    try:
        compile_condition(text, words, place=f"{_PROGRAM_FILE}, {place}")
    except AuditError as error:
        yield from error.problems
