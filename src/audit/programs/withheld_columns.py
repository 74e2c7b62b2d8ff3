"""Columns that are declared `withheld`: their text is read nowhere, so nothing may depend on it."""

from collections.abc import Iterator

from audit.errors import Problem
from audit.programs.declaration import Program
from audit.programs.joins import list_joins
from audit.tables.schema import Source

_PROGRAM_FILE = "program.toml"


def find_withheld_problems(program: Program) -> Iterator[Problem]:
    """Each withheld column whose text the program would need: as a key, an office, a person, a value, or to join on."""
    census = program.census
    needed = {
        name: place
        for place, name in (
            ("census.unit", census.unit),
            ("census.office", census.office),
            ("census.date", census.date),
            ("census.person", census.person),
            *((join.place, join.on) for join in list_joins(program)),
            *((f"census.links.{number}", link.key) for number, link in enumerate(census.links)),
        )
        if name
    }
    for table, source in program.tables.items():
        for name, column in source.columns.items():
            if not column.withheld:
                continue
            place = f"{_PROGRAM_FILE}, tables.{table}.columns.{name}"
            mend = "Leave out `withheld`, or what needs the text."
            for why in _list_contradictions(source, name):
                yield Problem(what=f"is withheld, and {why}", mend=mend, file=place)
            if name in needed:
                yield Problem(what=f"is withheld, and {needed[name]} needs what it says", mend=mend, file=place)


def _list_contradictions(source: Source, name: str) -> Iterator[str]:
    column = source.columns[name]
    if column.type != "text":
        yield f"is no text but `{column.type}`"
    if column.personal:
        yield "is `personal`, and so a pseudonym"
    if column.values:
        yield "has declared `values`, which are no text about a person"
    if name in source.key:
        yield "is part of the table's `key`"
