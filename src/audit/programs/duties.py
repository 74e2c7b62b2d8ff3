"""The duties of a monthly count as declared: days, columns, targets and conditions that can be looked up."""

from collections.abc import Iterator

from audit.errors import AuditError, Problem
from audit.policy.compiler import compile_value
from audit.policy.values import DATE_KINDS
from audit.policy.vocabulary import Vocabulary
from audit.programs.declaration import Program
from audit.programs.measures import Measure

_PROGRAM_FILE = "program.toml"


def find_duty_problems(program: Program) -> Iterator[Problem]:
    """Days on which records are due that are no days, alternatives that are no columns of a unit, and targets and
    duties that cannot be."""
    types = list_unit_columns(program)
    for i, measure in enumerate(program.census.measures):
        place = f"{_PROGRAM_FILE}, census.measures.{i}"
        if measure.due:
            yield from _find_due_problems(measure.due, Vocabulary(columns=types), f"{place}.due")
        yield from _find_alternative_problems(measure, types, place)
        yield from _find_target_problems(measure, place)
        yield from _find_day_problems(measure, place)


def list_unit_columns(program: Program) -> dict[str, str]:
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


def _find_target_problems(measure: Measure, place: str) -> Iterator[Problem]:
    """A target that is no share, or that nobody declares."""
    if measure.target is not None and not 0 < measure.target <= 1:
        what, mend = f"`{measure.target}` is no share above 0", "Write a share: 0.95 for 95%."
        yield Problem(what=what, mend=mend, file=f"{place}.target")
    if measure.target is not None and not measure.target_source:
        mend = "Say who declares it: a document, or the authors of this program."
        yield Problem(what="has a target that nobody declares", mend=mend, file=f"{place}.target_source")


def _find_day_problems(measure: Measure, place: str) -> Iterator[Problem]:
    """Duties whose last possible day lies before the first, and duties that are not in order."""
    for number, duty in enumerate(measure.duties):
        if duty.since_by and duty.since_by < duty.since:
            what, mend = f"`since_by` {duty.since_by} lies before `since` {duty.since}", "Correct the days."
            yield Problem(what=what, mend=mend, file=f"{place}.duties.{number}")
    starts = [duty.since for duty in measure.duties]
    if starts != sorted(starts):
        mend = "Order them by `since`."
        yield Problem(what="lists its duties in no order of time", mend=mend, file=f"{place}.duties")
    if not all(duty.words for duty in measure.duties):
        yield Problem(what="has a duty without words", mend="Say what became a duty.", file=f"{place}.duties")
