"""The joins that a program declares: that the columns on both sides can meet, and that no case becomes two."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from audit.errors import Problem
from audit.programs.declaration import Program
from audit.tables.schema import Source

_PROGRAM_FILE = "program.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableJoin:
    """Two tables, and the column on which one is joined to the other."""

    place: str  # key of the program that declares it
    origin: str  # table that the column of the unit comes from
    table: str  # table that is joined
    on: str  # column that both have


def find_join_problems(program: Program) -> Iterator[Problem]:
    """Joins on columns of two types, which can never meet; and parents that may have two rows for one case.

    A table or column that is not declared is for others to name (`program_problems`).
    """
    for join in list_joins(program):
        yield from _find_type_problems(program, join)
    yield from _find_parent_problems(program, program.census.parents, "census")
    if program.cases:
        yield from _find_parent_problems(program, program.cases.parents, "cases")


def list_joins(program: Program) -> Iterator[TableJoin]:
    """Every join that a program declares between tables that are."""
    origins = dict.fromkeys(_list_column_names(program, program.census.table), program.census.table)
    for number, link in enumerate(program.census.links):
        if link.on in origins:
            yield TableJoin(place=f"census.links.{number}", origin=origins[link.on], table=link.table, on=link.on)
        origins |= dict.fromkeys((link.key, *link.columns), link.table)
    for table, on in program.census.parents.items():
        if on in origins:
            yield TableJoin(place=f"census.parents.{table}", origin=origins[on], table=table, on=on)
    if program.cases:
        origins |= dict.fromkeys(_list_column_names(program, program.cases.table), program.cases.table)
        children = {table: rows.on for table, rows in program.cases.children.items()}
        for kind, on_by_table in (("parents", program.cases.parents), ("children", children)):
            for table, on in on_by_table.items():
                if on in origins:
                    yield TableJoin(place=f"cases.{kind}.{table}", origin=origins[on], table=table, on=on)
    for i, discrepancy in enumerate(program.discrepancies):
        for number, one in enumerate(discrepancy.evidence):
            place = f"discrepancies.{i}.evidence.{number}"
            yield TableJoin(place=place, origin=discrepancy.table, table=one.table, on=one.on)


def _list_column_names(program: Program, table: str) -> list[str]:
    return [*program.tables[table].columns] if table in program.tables else []


def _find_type_problems(program: Program, join: TableJoin) -> Iterator[Problem]:
    kinds = [_describe_type(program.tables.get(table), join.on) for table in (join.origin, join.table)]
    if all(kinds) and kinds[0] != kinds[1]:
        what = f"joins on `{join.on}`, which is {kinds[0]} in {join.origin} and {kinds[1]} in {join.table}"
        mend = "Declare the column alike in both tables: no two such values are ever equal."
        yield Problem(what=what, mend=mend, file=f"{_PROGRAM_FILE}, {join.place}")


def _describe_type(source: Source | None, column: str) -> str:
    """What the cells of a column are, as they are read; empty for a column that is not declared."""
    if source is None or column not in source.columns:
        return ""
    declared = source.columns[column]
    return "`personal`, and so a pseudonym," if declared.personal else f"`{declared.type}`"


def _find_parent_problems(program: Program, parents: Mapping[str, str], place: str) -> Iterator[Problem]:
    for table, on in parents.items():
        source = program.tables.get(table)
        if source and on in source.columns and source.key != (on,):
            what = f"{table} may have two rows with one `{on}`, and each would make the case another case"
            mend = f'Declare `key = ["{on}"]` of the table, so that a repeated one is refused by its row.'
            yield Problem(what=what, mend=mend, file=f"{_PROGRAM_FILE}, {place}.parents.{table}")
