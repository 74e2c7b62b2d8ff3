"""What of a declared program does not hold together: names that nothing declares, conditions that cannot be read."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from audit.errors import AuditError, Problem
from audit.formatting import format_list
from audit.policy.compiler import compile_condition
from audit.policy.custom_predicates import import_predicate
from audit.policy.vocabulary import Vocabulary
from audit.programs.analysis_problems import find_analysis_problems
from audit.programs.declaration import (
    REQUIRED_WITH_CENSUS,
    CaseDefinition,
    Program,
    PublishedSeries,
    list_child_schemas,
    list_column_types,
)
from audit.programs.discrepancies import Discrepancy
from audit.programs.discrepancies import find_discrepancy_problems as discrepancy_faults
from audit.programs.measures import Census
from audit.programs.withholding import find_withholding_problems
from audit.tables.linkage import Link
from audit.tables.schema import Source

_PROGRAM_FILE = "program.toml"
CENSUS_DEPENDENTS = ("cases", "sample", "review", "discrepancies")  # that stand on a census


def find_analyses_problems(program: Program) -> Iterator[Problem]:
    """What of the program's analyses does not hold together, their tables' names among it."""
    tables = program.analyses.tables
    for name in sorted({*tables} & {*program.tables}):
        mend = "Give one of them another name."
        yield Problem(
            what="has a name that [tables] has too", mend=mend, file=f"{_PROGRAM_FILE}, analyses.tables.{name}"
        )
    columns = {name: list_column_types(source) for name, source in {**program.tables, **tables}.items()}
    for place, what, mend in find_analysis_problems(program.analyses, columns):
        yield Problem(what=what, mend=mend, file=f"{_PROGRAM_FILE}, analyses.{place}")


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
    column_types = list_column_types(tables[census.table])
    yield from _find_census_problems(census, tables[census.table], column_types)
    for number, link in enumerate(census.links):
        yield from _find_link_problems(f"census.links.{number}", link, tables, column_types)
        if link.table in tables:
            column_types |= _list_linked_columns(link, list_column_types(tables[link.table]))
    yield from _find_measure_problems(census, column_types)
    yield from _find_counting_problems(census, column_types)
    for name, declared in program.predicates.items():
        try:
            import_predicate(name, declared)
        except AuditError as error:
            yield from error.problems
    yield from _find_series_problems(program.series)
    yield from find_withholding_problems(program.withholding)
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
    linked = list_column_types(tables[link.table])
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
        discrepancy, {name: list_column_types(source) for name, source in tables.items()}
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
            words = Vocabulary(columns=list_column_types(tables[one.table]))
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
    for name, value, most in (("as_of_days", census.as_of_days, 3650), ("as_of_months", census.as_of_months, 120)):
        if not 0 <= value <= most:
            mend = f"Give 0 to {most}."
            yield Problem(what=f"`{name}` is out of range", mend=mend, file=f"{_PROGRAM_FILE}, census.{name}")


def _find_case_problems(program: Program, cases: CaseDefinition, column_types: dict[str, str]) -> Iterator[Problem]:
    tables = program.tables
    if cases.table not in tables:
        yield _make_unknown_name_problem("cases.table", cases.table, tables, "table")
        return
    case_types = list_column_types(tables[cases.table])
    for place, name in (("office", cases.office), ("table", program.census.unit)):
        if name not in case_types:
            yield _make_unknown_name_problem(f"cases.{place}", name, case_types, "column")
    column_types = case_types | column_types
    yield from _find_child_problems(program, cases)
    for table, on in {**cases.parents, **{name: rows.on for name, rows in cases.children.items()}}.items():
        if table not in tables:
            yield _make_unknown_name_problem("cases", table, tables, "table")
        elif on not in column_types or on not in list_column_types(tables[table]):
            yield _make_unknown_name_problem(f"cases, {table}", on, column_types, "column that both have")
    column_types = column_types | {
        name: kind
        for table in cases.parents
        if table in tables
        for name, kind in list_column_types(tables[table]).items()
    }
    for table, rows in cases.children.items():
        if rows.recorded and table in tables and rows.recorded not in list_column_types(tables[table]):
            yield _make_unknown_name_problem(
                f"cases.children.{table}.recorded", rows.recorded, list_column_types(tables[table]), "column"
            )
        if rows.complete_when:
            yield from _find_condition_problems(
                f"cases.children.{table}", rows.complete_when, Vocabulary(columns=column_types)
            )
    for name in (name for pair in cases.recorded.items() for name in pair):
        if name not in column_types:
            yield _make_unknown_name_problem("cases.recorded", name, column_types, "column")
    for name in cases.dated:
        if column_types.get(name) not in ("date", "datetime"):
            yield _make_unknown_name_problem("cases.dated", name, column_types, "column with a day")
    for name, before in cases.earlier.items():
        if name not in cases.recorded:
            yield _make_unknown_name_problem("cases.earlier", name, cases.recorded, "column of cases.recorded")
        if before not in column_types:
            yield _make_unknown_name_problem("cases.earlier", before, column_types, "column")
    for i, contradiction in enumerate(cases.contradictions):
        yield from _find_condition_problems(
            f"cases.contradictions.{i}", contradiction.when, Vocabulary(columns=column_types)
        )
    if cases.unaddressed:
        words = Vocabulary(columns=column_types, children=list_child_schemas(cases, tables))
        yield from _find_condition_problems("cases.unaddressed", cases.unaddressed, words)
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
