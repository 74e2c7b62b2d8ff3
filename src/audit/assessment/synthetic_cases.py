"""Made-up cases: each fact one of the values that it is declared to have, or that the policy compares it with."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

import polars as pl

from audit.assessment.case_file import COPY, Files, cases_of, origins
from audit.policy.in_force import boundaries
from audit.policy.rules import Policy
from audit.programs.declaration import Program, vocabulary
from audit.tables.schema import TYPES, Column, State

FILLED = "filled"  # stands for a fact that is there, where nothing says which
MOST_ROWS = 3  # of one table, for one case
BLANK = 0.1  # share of facts that are blank
NEAR = 30  # days before and after a case's own in which its other dates lie


def possible(name: str, column: Column, texts: Iterable[str]) -> list[Any]:
    """The values that a fact may have: those declared, or those that the texts compare it with and their neighbours.

    Nothing is listed where nothing says what the fact could be.
    """
    if column.type == "yes_no":
        return [True, False]
    if column.values or column.personal:
        return list(column.values)
    compared = re.compile(rf"\b{re.escape(name)}\s*(?:[<>=]+|in|between)\s*\(?((?:'[^']*'|[\d.]+|and|[\s,])+)")
    named = " ".join(found for text in texts for found in compared.findall(text))
    if column.type in ("integer", "number"):
        return sorted({int(number) + step for number in re.findall(r"\b\d+\b", named) for step in (-1, 0, 1)})
    return sorted(set(re.findall(r"'([^']*)'", named))) if column.type == "text" else []


def texts_of(policy: Policy) -> tuple[str, ...]:
    """Every condition of a policy, and what its terms stand for."""
    versions = (version for rule in policy.rules for version in rule.versions)
    written = (text for version in versions for text in (version.when, version.expects))
    return tuple(dict.fromkeys((*written, *(term.means for term in policy.terms.values()))))


def made_up(program: Program, policy: Policy, *, number: int, seed: int = 0) -> Files:
    """So many cases at random, with their rows, keyed by their number in the column `copy`; the same for one seed.

    Their days lie around those on which some rule begins or ends. They are no likeness of real cases: they are there to
    find facts that no rule speaks to.
    """
    words, where, texts, random = vocabulary(program), origins(program), texts_of(policy), Random(seed)
    columns = {
        name: program.tables[where[name].table].columns[name] if name in where else Column(type="yes_no")
        for name in words.columns
        if not name.endswith(".state")
    }
    tables = {name: program.tables[name].columns for name in words.children}
    joins = {child.on for child in words.children.values()}
    dated_by, days = cases_of(program).dated_by, _days(policy)
    options = {
        (table, name): possible(name, column, texts)
        for table, declared in {"": columns, **tables}.items()
        for name, column in declared.items()
    }
    options["", "ambiguous"] = [False] * 9 + [True]
    timed = columns[dated_by].type == "datetime"

    def row(table: str, declared: Mapping[str, Column], on: date) -> dict[str, Any]:
        drawn = {name: _drawn(column, options[table, name], on, random) for name, column in declared.items()}
        return {**drawn, **{f"{name}.state": _state(value) for name, value in drawn.items()}}

    cases, rows = [], {table: list[dict[str, Any]]() for table in tables}
    for n in range(number):
        on = random.choice(days)
        cases.append(
            {
                **row("", columns, on),
                **dict.fromkeys(joins, f"{n}"),
                dated_by: datetime.combine(on, time()) if timed else on,
                COPY: n,
            }
        )
        for table, declared in tables.items():
            several = range(random.randint(0, MOST_ROWS))
            rows[table] += [{**row(table, declared, on), words.children[table].on: f"{n}"} for _ in several]
    return Files(
        cases=pl.LazyFrame(cases, schema={**_schema(columns), **dict.fromkeys(joins, pl.String()), COPY: pl.Int64()}),
        children={
            table: pl.LazyFrame(rows[table], schema={**_schema(declared), words.children[table].on: pl.String()})
            for table, declared in tables.items()
        },
        vocabulary=words,
        key=COPY,
        dated_by=dated_by,
    )


def _drawn(column: Column, options: list[Any], on: date, random: Random) -> Any:
    if random.random() < BLANK and not column.required:
        return None
    if options:
        return random.choice(options)
    near = on + timedelta(days=random.randint(-NEAR, NEAR))
    match column.type:
        case "date":
            return near
        case "datetime":
            return datetime.combine(near, time(random.randrange(24)))
        case "integer" | "number":
            return random.randrange(1000)
        case _:
            return FILLED


def _state(value: Any) -> str:
    return State.BLANK.value if value is None else State.FILLED.value


def _days(policy: Policy) -> list[date]:
    """The days on which a version of a rule begins, or is in force no longer, and the days before."""
    turns = {turn for rule in policy.rules for version in rule.versions for turn in boundaries(version.in_force)}
    return sorted({turn + timedelta(days=step) for turn in turns for step in (-1, 0)}) or [date(2000, 1, 1)]


def _schema(columns: Mapping[str, Column]) -> dict[str, pl.DataType]:
    """Each column, and the state of its cells."""
    types = {name: TYPES[column.type] for name, column in columns.items()}
    return {**types, **dict.fromkeys((f"{name}.state" for name in types), pl.String())}
