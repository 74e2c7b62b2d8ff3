"""The duties of a monthly count as declared: that the day on which records are due is a day, and of known columns."""

from collections.abc import Iterator

from audit.errors import AuditError, Problem
from audit.policy.compiler import compile_value
from audit.policy.values import DATE_KINDS
from audit.policy.vocabulary import Vocabulary
from audit.programs.declaration import Program
from audit.programs.measures import Measure

_PROGRAM_FILE = "program.toml"


def find_duty_problems(program: Program) -> Iterator[Problem]:
    """Days on which records are due that are no days, and alternatives that are no columns of a unit."""
    types = _list_unit_columns(program)
    for i, measure in enumerate(program.census.measures):
        place = f"{_PROGRAM_FILE}, census.measures.{i}"
        if measure.due:
            yield from _find_due_problems(measure.due, Vocabulary(columns=types), f"{place}.due")
        yield from _find_alternative_problems(measure, types, place)


def _list_unit_columns(program: Program) -> dict[str, str]:
    """The type of each column of a unit by its name, those that links bring included."""
    tables, census = program.tables, program.census
    declared = {name: source.columns for name, source in tables.items()}
    types = {name: column.type for name, column in declared.get(census.table, {}).items()}
    for link in census.links:
        linked = declared.get(link.table, {})
        types |= {name: linked[name].type for name in (link.key, *link.columns) if name in linked}
    return {**types}


def _find_due_problems(due: str, vocabulary: Vocabulary, place: str) -> Iterator[Problem]:
    try:
        kind = compile_value(due, vocabulary, place=place).value.kind
    except AuditError as error:
        yield from error.problems
        return
    if kind not in DATE_KINDS:
        mend = "Write a date column, or a day such as `opened + interval '20' day`."
        yield Problem(what=f"`{due}` is no day", mend=mend, file=place)


def _find_alternative_problems(measure: Measure, types: dict[str, str], place: str) -> Iterator[Problem]:
    for need in measure.needs:
        for name in need.alternatives:
            if name not in types:
                what = f"names the alternative `{name}`, and no such column is declared"
                yield Problem(what=what, mend="Declare it under [tables], or correct the name.", file=place)
