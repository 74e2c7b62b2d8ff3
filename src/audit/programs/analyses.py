"""What a program declares of its analyses: the tables that they alone read, and what each of them counts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from audit.tables.schema import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of a process: the value that the log has for it, and its words."""

    value: str  # value of the stage column
    words: str  # what the report calls it: "Referred to a field office"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageLog:
    """A process, stage by stage, counted from a log with one row an event."""

    name: str  # short name, used in file names; unique
    title: str  # heading of its section
    table: str  # table with one row an event
    case: str  # column with the case that an event belongs to
    stage: str  # column with the stage or exit that the event is
    day: str  # column with the day or time of the event
    stages: tuple[Stage, ...]  # stages in order, two or more
    unit: tuple[str, str]  # what a case is called, singular and plural: ["match", "matches"]
    as_of: date  # day on which the log is looked at; later events are not read
    exits: tuple[Stage, ...] = ()  # events by which a case leaves before the next stage
    office: str | None = None  # column with the office of a case
    status: str | None = None  # column by whose values the stages are shown side by side
    status_words: Mapping[str, str] = field(default_factory=dict)  # value of `status` → what the report calls it
    period: str = ""  # months that cases begin in, as 2010-10/2011-09; all if absent
    note: str = ""  # what a reader must bear in mind
    source: str = ""  # document that describes the process
    synthetic: str = ""  # what of the log is made up; empty if nothing is


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyses:
    """Analyses beside the sample and the monthly count; `audit analyze` reports them."""

    tables: Mapping[str, Source] = field(default_factory=dict)  # tables that only the analyses read, by name
    stage_logs: tuple[StageLog, ...] = ()  # processes counted stage by stage


Columns = Mapping[str, Mapping[str, str]]  # table → column → type
DAY_TYPES = ("date", "datetime")


def find_analysis_problems(analyses: Analyses, columns: Columns) -> Iterator[tuple[str, str, str]]:
    """What of the analyses cannot be: place, what, mend. `columns` is the type of every column, by table."""
    names = [one.name for one in analyses.stage_logs]
    if len(set(names)) < len(names):
        yield "stage_logs", "name two processes alike", "Give each its own name."
    for number, log in enumerate(analyses.stage_logs):
        yield from _find_stage_problems(f"stage_logs.{number}", log, columns)


def _find_stage_problems(place: str, log: StageLog, columns: Columns) -> Iterator[tuple[str, str, str]]:
    named = (log.case, log.stage, log.day, log.office, log.status)
    yield from _find_unknown_columns(place, log.table, named, columns)
    yield from _find_wrong_types(place, log.table, (log.day,), DAY_TYPES, columns)
    values = [one.value for one in (*log.stages, *log.exits)]
    if len(set(values)) < len(values):
        yield place, "names a stage or exit twice", "Give each value once."
    if len(log.stages) < 2:
        yield f"{place}.stages", "has fewer than two stages", "Name the stages in order."


def _find_unknown_columns(
    place: str, table: str, names: tuple[str | None, ...], columns: Columns
) -> Iterator[tuple[str, str, str]]:
    if table not in columns:
        what = f"names `{table}`, and no such table is declared"
        yield f"{place}.table", what, "Declare it under [analyses.tables] or [tables]."
        return
    for name in names:
        if name and name not in columns[table]:
            yield place, f"names `{name}`, and table {table} has no such column", "Correct the name."


def _find_wrong_types(
    place: str, table: str, names: tuple[str, ...], types: tuple[str, ...], columns: Columns
) -> Iterator[tuple[str, str, str]]:
    for name in names:
        kind = columns.get(table, {}).get(name)
        if kind and kind not in types:
            what = f"takes `{name}` of type {kind}, and needs one of type {' or '.join(types)}"
            yield place, what, "Declare the column so, or name another."
