"""One audit as declared: its tables, cases, sample and census, and what its report says around the numbers."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from typing import Literal

from audit.errors import AuditError, Problem
from audit.policy.compiler import read
from audit.policy.custom_predicates import Registered, registered
from audit.policy.vocabulary import Child, Vocabulary
from audit.policy.working_time import holidays_of
from audit.programs.discrepancies import Discrepancy
from audit.programs.discrepancies import faults as discrepancy_faults
from audit.programs.measures import Census
from audit.tables.schema import Source

Treatment = Literal["exclude", "error", "pass"]  # what an undeterminable case counts as in the rate


_FILE = "program.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """How the rows of a table belong to a case, and when their absence is a fact."""

    on: str
    recorded: str | None = None
    complete_when: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """What one case is and where its facts are: its own table, one row of each parent, any rows of each child."""

    table: str
    dated_by: str
    office: str
    parents: Mapping[str, str] = field(default_factory=dict)  # table → the column it is joined on
    children: Mapping[str, Rows] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellWords:
    """How the report words one cell of the sample audit's result."""

    outcome: str
    case_class: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePlan:
    """The sample that the audit promised: the frame it is drawn from, written down before the seed was chosen."""

    period: str
    size: int
    as_of: date  # records entered later are not looked at
    frame_digest: str = ""  # as `scope` gives it; absent, with what follows, until there is a frame
    frame_fixed: date | None = None
    seed: str = ""
    seed_source: str = ""
    seed_chosen: date | None = None
    level: float = 0.95
    margin: float = 0.05  # half-width beyond which an office's own rate is not a statement
    tolerable: float | None = None  # rate of deviations that a conclusion is about; none is drawn where absent
    treatment: Treatment = "exclude"
    attribute: str = "consistency"  # what the rates are of
    classes: tuple[str, ...] = ()  # classes of cases reported on their own
    cells: tuple[CellWords, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPlan:
    """What people review before a report is issued: of all sampled cases, or of those that the rules leave open."""

    attributes: tuple[str, ...]
    cases: Literal["all", "open"] = "all"
    second: int = 0  # cases that a second reviewer judges apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A published series that gives the program its context."""

    id: str
    title: str
    subtitle: str
    source: str
    points: tuple[tuple[str, int], ...]
    periods: tuple[str, ...] = ()  # every period in order, where the source does not give the value of each
    of: Literal["count", "dollars"] = "count"

    @property
    def values(self) -> tuple[tuple[str, int | None], ...]:
        """Every period and its value; None where the source does not give it."""
        given = dict(self.points)
        return tuple((period, given.get(period)) for period in self.periods or given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Everything that makes one audit different from another. No room below knows any of it by name."""

    name: str
    title: str
    about: str
    authority: str
    unit: tuple[str, str]  # one, many
    office: str  # what an office is called: "field office"
    tables: Mapping[str, Source]
    census: Census
    offices: str = "offices.csv"
    calendar: str = ""  # whose holidays the clock leaves out: "US", "US-TX"
    cases: Cases | None = None
    predicates: Mapping[str, Registered] = field(default_factory=dict)
    sample: SamplePlan | None = None
    review: ReviewPlan | None = None  # none: the rules alone decide
    series: tuple[Series, ...] = ()
    discrepancies: tuple[Discrepancy, ...] = ()
    synthetic: str = ""
    generator: str | None = None  # module that writes the synthetic tables: its `write_year(folder)`
    caveats: tuple[str, ...] = ()
    sha256: str = ""


def words_of(program: Program, *others: object) -> set[str]:
    """Every word of a program, its tables apart, and of other declarations: a column that is used is one of them."""
    return {*re.findall(r"\w+", repr((replace(program, tables={}), *others)))}


def vocabulary(program: Program) -> Vocabulary:
    """The words that the program's rules may use: the case's columns, its parents' and those linked to it."""
    if program.cases is None:
        return Vocabulary(columns={})
    tables = program.tables
    linked = {name: link.table for link in program.census.links for name in (link.key, *link.columns)}
    columns = {"ambiguous": "yes_no"}
    for table in (*program.cases.parents, program.cases.table):
        columns |= _known(tables[table])
    for name, table in linked.items():
        known = _known(tables[table])
        columns |= {stated: known[stated] for stated in (name, f"{name}.state") if stated in known}
    children = {
        table: Child(
            on=rows.on, columns=_known(tables[table]), recorded=rows.recorded, complete_when=rows.complete_when
        )
        for table, rows in program.cases.children.items()
    }
    holidays = holidays_of(program.calendar) if program.calendar else None
    predicates = {name: registered(name, declared) for name, declared in program.predicates.items()}
    return Vocabulary(columns=columns, children=children, predicates=predicates, holidays=holidays)


def _types(source: Source) -> dict[str, str]:
    return {name: column.type for name, column in source.columns.items()}


def faults(program: Program) -> Iterator[Problem]:
    """Every name in the program's census and cases that no table declares, and every condition that cannot be read."""
    census, tables = program.census, program.tables
    if census.table not in tables:
        yield _unknown("census.table", census.table, tables, "table")
        return
    known = _known(tables[census.table])
    for place, name in (
        ("unit", census.unit),
        ("office", census.office),
        ("date", census.date),
        ("person", census.person),
    ):
        if name and name not in known:
            yield _unknown(f"census.{place}", name, known, "column")
    for number, link in enumerate(census.links):
        if link.table not in tables:
            yield _unknown(f"census.links.{number}.table", link.table, tables, "table")
            continue
        linked = _known(tables[link.table])
        if link.on not in known:
            yield _unknown(f"census.links.{number}.on", link.on, known, "column")
        for name in filter(None, (link.on, link.key, link.date, link.entered, *link.columns)):
            if name not in linked:
                yield _unknown(f"census.links.{number}", name, linked, "column")
        brought = (link.key, *link.columns)
        known |= {stated: linked[stated] for name in brought for stated in (name, f"{name}.state") if stated in linked}
    table = tables[census.table]
    if census.unit != table.row and (census.unit,) != table.key:
        mend = "Declare it as the table's `key`, or number the rows with `row` and count by that."
        yield Problem(
            what=f"`{census.unit}` need not tell one unit from another", mend=mend, file=f"{_FILE}, census.unit"
        )
    yield from _measure_faults(census)
    conditions = [(f"census.exclusions.{i}", exclusion.where) for i, exclusion in enumerate(census.exclusions)]
    for i, measure in enumerate(census.measures):
        place = f"census.measures.{i}"
        conditions += [(place, text) for text in (measure.applies, *(need.satisfied for need in measure.needs)) if text]
        for name in (name for need in measure.needs for name in (need.field, need.entered, need.dated) if name):
            if name not in known:
                yield _unknown(place, name, known, "column")
    for place, text in conditions:
        yield from _unreadable(place, text, Vocabulary(columns=known))
    for name, declared in program.predicates.items():
        try:
            registered(name, declared)
        except AuditError as error:
            yield from error.problems
    yield from _series_faults(program.series)
    if program.cases:
        yield from _case_faults(program, program.cases, known)
    for i, discrepancy in enumerate(program.discrepancies):
        yield from _discrepancy_faults(program, discrepancy, f"discrepancies.{i}")


def _discrepancy_faults(program: Program, asked: Discrepancy, place: str) -> Iterator[Problem]:
    """What of a declared discrepancy no table can answer."""
    tables = program.tables
    for where, what, mend in discrepancy_faults(asked, {name: _known(source) for name, source in tables.items()}):
        yield Problem(what=what, mend=mend, file=f"{_FILE}, {place}.{where}")
    if asked.table in tables and tables[asked.table].key != (asked.case,):
        mend = "Declare it as the table's `key`."
        yield Problem(what=f"`{asked.case}` need not tell one case from another", mend=mend, file=f"{_FILE}, {place}")
    for number, one in enumerate(asked.evidence):
        if one.where and one.table in tables:
            words = Vocabulary(columns=_known(tables[one.table]))
            yield from _unreadable(f"{place}.evidence.{number}", one.where, words)
    if [one.name for one in program.discrepancies].count(asked.name) > 1 or not asked.name.replace("-", "").isalnum():
        mend = "Use letters, digits and `-`, and each name once: folders are named after it."
        yield Problem(what="is no name of its own", mend=mend, file=f"{_FILE}, {place}.name")


def _series_faults(several: Iterable[Series]) -> Iterator[Problem]:
    """A series of no period, and a value of a period that its series does not name."""
    for series in several:
        place, named = f"{_FILE}, series {series.id}", [period for period, _ in series.values]
        if not named:
            yield Problem(what="has no period", mend="Give its points.", file=place)
        for period, _ in series.points:
            if period not in named:
                what = f"has a value of `{period}`, which is not one of its periods"
                yield Problem(what=what, mend="Name it under `periods`, in its place.", file=place)


def _measure_faults(census: Census) -> Iterator[Problem]:
    """A duty counted twice, or that asks for nothing."""
    ids = [measure.id for measure in census.measures]
    if not ids or len(set(ids)) < len(ids):
        yield Problem(what="needs measures, each with an id of its own", mend="Correct them.", file=f"{_FILE}, census")
    for i, measure in enumerate(census.measures):
        place, days = f"{_FILE}, census.measures.{i}", measure.grace_days
        if not measure.needs:
            yield Problem(what="asks for no record", mend="Name what a unit must have under `needs`.", file=place)
        if not days or len(set(days)) < len(days) or not all(0 <= n <= 3650 for n in days):
            mend = "Give each number of days once, from 0 to 3650."
            yield Problem(what="`grace_days` are none, repeated or out of range", mend=mend, file=place)
    if not 0 <= census.as_of_days <= 3650:
        yield Problem(what="`as_of_days` is out of range", mend="Give 0 to 3650.", file=f"{_FILE}, census.as_of_days")


def _case_faults(program: Program, cases: Cases, known: dict[str, str]) -> Iterator[Problem]:
    tables = program.tables
    for table, on in {**cases.parents, **{name: rows.on for name, rows in cases.children.items()}}.items():
        if table not in tables:
            yield _unknown("cases", table, tables, "table")
        elif on not in known or on not in _known(tables[table]):
            yield _unknown(f"cases, {table}", on, known, "column that both have")
    known = known | {
        name: kind for table in cases.parents if table in tables for name, kind in _known(tables[table]).items()
    }
    for table, rows in cases.children.items():
        if rows.recorded and table in tables and rows.recorded not in _known(tables[table]):
            yield _unknown(f"cases.children.{table}.recorded", rows.recorded, _known(tables[table]), "column")
        if rows.complete_when:
            yield from _unreadable(f"cases.children.{table}", rows.complete_when, Vocabulary(columns=known))
    if cases.dated_by not in known:
        yield _unknown("cases.dated_by", cases.dated_by, known, "column")


def _known(source: Source) -> dict[str, str]:
    states = {
        f"{name}.state": "text" for name, column in source.columns.items() if source.redacted or column.uninformative
    }
    return {**_types(source), **states, **({source.row: "text"} if source.row else {})}


def _unknown(place: str, name: str, among: Iterable[str], kind: str) -> Problem:
    near = get_close_matches(name, list(among), n=1)
    mend = f"Did you mean `{near[0]}`?" if near else "Declare it under [tables], or correct the name."
    return Problem(what=f"names `{name}`, and no such {kind} is declared", mend=mend, file=f"{_FILE}, {place}")


def _unreadable(place: str, text: str, words: Vocabulary) -> Iterator[Problem]:
    try:
        read(text, words, place=f"{_FILE}, {place}")
    except AuditError as error:
        yield from error.problems
