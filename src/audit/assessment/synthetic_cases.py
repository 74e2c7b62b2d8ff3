"""Made-up cases: each fact one of the values that it is declared to have, or that the policy compares it with."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

import polars as pl

from audit.assessment.case_file import COPY_COLUMN, CaseFiles, find_column_origins, require_cases
from audit.policy.compiled_condition import ColumnPlace, merge_constants
from audit.policy.in_force import list_boundary_days
from audit.policy.rules import Policy
from audit.programs.declaration import Program, build_vocabulary
from audit.tables.schema import POLARS_TYPES, CellState, Column

FILLED_VALUE = "filled"  # stands for a fact that is there, where nothing says which
MAXIMUM_ROWS = 3  # of one table, for one case
BLANK_SHARE = 0.1  # share of facts that are blank
MAXIMUM_DAYS_APART = 30  # days before and after a case's own in which its other dates lie


def list_possible_values(column: Column, constants: Iterable[object]) -> list[Any]:
    """The values that a fact may have: those declared, or the constants that it is compared with and their neighbours.

    Nothing is listed where nothing says what the fact could be.
    """
    if column.type == "yes_no":
        return [True, False]
    if column.values or column.personal:
        return list(column.values)
    if column.type in ("integer", "number"):
        numbers = [number for number in constants if isinstance(number, int | float)]
        whole = [int(number) for number in numbers] if column.type == "integer" else numbers
        return sorted({number + step for number in whole for step in (-1, 0, 1)})
    return sorted({text for text in constants if isinstance(text, str)}) if column.type == "text" else []


def list_constants(policy: Policy) -> dict[ColumnPlace, tuple[object, ...]]:
    """The constants that the rules of a policy compare each column with."""
    conditions = [condition for version in policy.compile_versions() for condition in version.conditions]
    return merge_constants(condition.constants for condition in conditions)


def make_synthetic_cases(program: Program, policy: Policy, *, number: int, seed: int = 0) -> CaseFiles:
    """So many cases at random, with their rows, keyed by their number in the column `copy`; the same for one seed.

    Their days lie around those on which some rule begins or ends. They are no likeness of real cases: they are there to
    find facts that no rule speaks to.
    """
    words, where = build_vocabulary(program), find_column_origins(program)
    constants, random = list_constants(policy), Random(seed)
    columns = {
        name: program.tables[where[name].table].columns[name] if name in where else Column(type="yes_no")
        for name in words.columns
        if not name.endswith(".state")
    }
    tables = {name: program.tables[name].columns for name in words.children}
    joins = {child.on for child in words.children.values()}
    dated_by, days = require_cases(program).dated_by, _list_boundary_days(policy)
    options = {
        (table, name): list_possible_values(column, constants.get(ColumnPlace(table, name), ()))
        for table, declared in {"": columns, **tables}.items()
        for name, column in declared.items()
    }
    options["", "ambiguous"] = [False] * 9 + [True]
    timed = columns[dated_by].type == "datetime"

    def row(table: str, declared: Mapping[str, Column], on: date) -> dict[str, Any]:
        drawn = {name: _draw_value(column, options[table, name], on, random) for name, column in declared.items()}
        return {**drawn, **{f"{name}.state": _find_cell_state(value) for name, value in drawn.items()}}

    cases, rows = [], {table: list[dict[str, Any]]() for table in tables}
    for n in range(number):
        on = random.choice(days)
        cases.append(
            {
                **row("", columns, on),
                **dict.fromkeys(joins, f"{n}"),
                dated_by: datetime.combine(on, time()) if timed else on,
                COPY_COLUMN: n,
            }
        )
        for table, declared in tables.items():
            several = range(random.randint(0, MAXIMUM_ROWS))
            rows[table] += [{**row(table, declared, on), words.children[table].on: f"{n}"} for _ in several]
    return CaseFiles(
        cases=pl.LazyFrame(
            cases, schema={**_build_schema(columns), **dict.fromkeys(joins, pl.String()), COPY_COLUMN: pl.Int64()}
        ),
        children={
            table: pl.LazyFrame(rows[table], schema={**_build_schema(declared), words.children[table].on: pl.String()})
            for table, declared in tables.items()
        },
        vocabulary=words,
        key=COPY_COLUMN,
        dated_by=dated_by,
    )


def _draw_value(column: Column, options: list[Any], on: date, random: Random) -> Any:
    if random.random() < BLANK_SHARE and not column.required:
        return None
    if options:
        return random.choice(options)
    near = on + timedelta(days=random.randint(-MAXIMUM_DAYS_APART, MAXIMUM_DAYS_APART))
    match column.type:
        case "date":
            return near
        case "datetime":
            return datetime.combine(near, time(random.randrange(24)))
        case "integer" | "number":
            return random.randrange(1000)
        case _:
            return FILLED_VALUE


def _find_cell_state(value: Any) -> str:
    return CellState.BLANK.value if value is None else CellState.FILLED.value


def _list_boundary_days(policy: Policy) -> list[date]:
    """The days on which a version of a rule begins, or is in force no longer, and the days before."""
    turns = {
        turn for rule in policy.rules for version in rule.versions for turn in list_boundary_days(version.in_force)
    }
    return sorted({turn + timedelta(days=step) for turn in turns for step in (-1, 0)}) or [date(2000, 1, 1)]


def _build_schema(columns: Mapping[str, Column]) -> dict[str, pl.DataType]:
    """Each column, and the state of its cells."""
    types = {name: POLARS_TYPES[column.type] for name, column in columns.items()}
    return {**types, **dict.fromkeys((f"{name}.state" for name in types), pl.String())}
