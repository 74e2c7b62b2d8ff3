"""The summary of a case's file: what it shows, in words and by date, for whoever reviews the case."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import polars as pl

from audit.assessment.case_file import CaseFile, CaseFiles, find_column_origins, format_fact, require_cases
from audit.programs.declaration import Program

MAXIMUM_SUMMARY_CHARACTERS: Final = 4_000  # characters of a summary


class TimelineEntry(NamedTuple):
    """One line of a case's timeline."""

    on: str  # the day, and the hour where it is known
    table: str
    what: str


def summarize_cases(files: CaseFiles, program: Program) -> pl.DataFrame:
    """A row a case: its key, the day it is `dated` by, and its `list_facts`, one a line.

    Facts are those of the case's own row, of rows linked to it and of rows of other tables; what is blank is left out,
    and so is what identifies a person.
    """
    cases = files.cases.collect()
    rows = _group_child_rows(files)
    made = [
        (
            str(facts[files.key]),
            format_fact(facts[files.dated_by]),
            "\n".join(_format_lines(CaseFile(facts, _find_case_rows(rows, facts, files)), files, program))[
                :MAXIMUM_SUMMARY_CHARACTERS
            ],
        )
        for facts in cases.iter_rows(named=True)
    ]
    schema = {files.key: pl.String, "dated": pl.String, "facts": pl.String}
    return pl.DataFrame(made, schema=schema, orient="row")


def build_timeline(file: CaseFile, files: CaseFiles, program: Program) -> tuple[TimelineEntry, ...]:
    """Every dated fact of a case, in order of time."""
    entries = [
        TimelineEntry(format_fact(value), table, name)
        for table, name, value in _select_facts(file.facts, files, program)
        if _is_day(value)
    ]
    for table, rows in file.rows.items():
        for row in rows:
            row_facts = [*_select_row_facts(row, files.vocabulary.children[table].on, table, program)]
            what = ", ".join(f"{name} = {format_fact(value)}" for name, value in row_facts if not _is_day(value))
            entries += [
                TimelineEntry(format_fact(value), table, f"{name}: {what}" if what else name)
                for name, value in row_facts
                if _is_day(value)
            ]
    return tuple(sorted(entries))


def list_facts(file: CaseFile, files: CaseFiles, program: Program) -> tuple[tuple[str, str], ...]:
    """What is on a case's own row and on rows linked to it: name and value, blanks included."""
    return tuple(
        (f"{table}: {name}", format_fact(value)) for table, name, value in _select_facts(file.facts, files, program)
    )


def _format_lines(file: CaseFile, files: CaseFiles, program: Program) -> Iterator[str]:
    """A line for each table's row: `charges: offence = driving without a licence, charge_date = 2010-10-01`."""
    own: dict[str, list[tuple[str, Any]]] = {}
    for table, name, value in _select_facts(file.facts, files, program):
        if value not in (None, ""):
            own.setdefault(table, []).append((name, value))
    table_rows = [*own.items()]
    for table, rows in file.rows.items():
        table_rows += [
            (table, [*_select_row_facts(row, files.vocabulary.children[table].on, table, program)]) for row in rows
        ]
    for table, values in table_rows:
        yield f"{table}: " + ", ".join(f"{name} = {format_fact(value)}" for name, value in values)


def _select_facts(facts: Mapping[str, Any], files: CaseFiles, program: Program) -> Iterator[tuple[str, str, Any]]:
    where, own = find_column_origins(program), require_cases(program).table
    for name, value in facts.items():
        table = where[name].table if name in where else own
        declared = program.tables[table].columns.get(name)
        if declared is not None and not declared.personal and name != files.key:
            yield table, name, value


def _select_row_facts(row: Mapping[str, Any], on: str, table: str, program: Program) -> Iterator[tuple[str, Any]]:
    columns = program.tables[table].columns
    for name, value in row.items():
        if name in columns and not columns[name].personal and name != on and value not in (None, ""):
            yield name, value


def _group_child_rows(files: CaseFiles) -> dict[str, dict[Any, list[dict[str, Any]]]]:
    """The rows of each child table that belong to these cases, by what they are joined on."""
    rows_by_table: dict[str, dict[Any, list[dict[str, Any]]]] = {}
    for name, child in files.vocabulary.children.items():
        own = files.cases.select(child.on).drop_nulls().unique()
        rows = files.children[name].join(own, on=child.on, how="semi").collect()
        by: dict[Any, list[dict[str, Any]]] = {}
        for row in rows.iter_rows(named=True):
            by.setdefault(row[child.on], []).append(row)
        rows_by_table[name] = by
    return rows_by_table


def _find_case_rows(
    rows: Mapping[str, Mapping[Any, list[dict[str, Any]]]], facts: Mapping[str, Any], files: CaseFiles
) -> dict[str, list[dict[str, Any]]]:
    return {name: by.get(facts[files.vocabulary.children[name].on], []) for name, by in rows.items()}


def _is_day(value: Any) -> bool:
    return isinstance(value, date | datetime)
