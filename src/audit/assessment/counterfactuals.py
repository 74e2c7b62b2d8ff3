"""The same case with another fact in its file: what would then have been determined."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from itertools import product
from math import prod
from typing import Any, NamedTuple

from audit.assessment.case_file import (
    COPY_COLUMN,
    CaseFile,
    CaseFiles,
    build_case_files,
    determine_outcomes,
    format_fact,
)
from audit.assessment.synthetic_cases import FILLED_VALUE, list_possible_values
from audit.policy.compiled_condition import ColumnPlace
from audit.policy.rules import Policy
from audit.tables.schema import CellState, Column

MAXIMUM_FACT_COMBINATIONS = 200  # combinations of missing facts that are tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterfactual:
    """Another fact in the file, and what would then be determined.

    Without a table the facts are the case's own. With one and without a row they are those of a further row; a row
    without facts is left out.
    """

    table: str = ""
    row: str = ""
    facts: tuple[tuple[str, str], ...]
    outcome: str
    case_class: str | None

    @property
    def subjects(self) -> tuple[str, ...]:
        """The row, or the case's own facts, by name."""
        if self.table:
            return (f"{self.table} {self.row}" if self.row else f"a further row of {self.table}",)
        return tuple(name for name, _ in self.facts)

    @property
    def place(self) -> str:
        """Which fact, of which row if it is one."""
        if len(self.facts) > 1:
            return "what is missing, together"
        return ": ".join([*(self.subjects if self.table else ()), *(name for name, _ in self.facts)])

    @property
    def value(self) -> str:
        """What it would be."""
        if len(self.facts) > 1:
            return ", ".join(f"{name} {value}" for name, value in self.facts)
        return self.facts[0][1] if self.facts else "left out" if self.row else "added"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """What of a case's file is varied: facts, and rows with their fields, each as declared."""

    facts: Mapping[str, Column]
    missing: tuple[str, ...]  # those that the case lacks, to be filled together as well
    fields: Mapping[str, Mapping[str, Column]]  # child table → the fields its rows are counted by
    rows: Mapping[str, tuple[tuple[str, int], ...]]  # child table → key and place of each row that counts, or may
    constants: Mapping[ColumnPlace, tuple[object, ...]]  # those that the conditions compare a column with


class _Alternative(NamedTuple):
    table: str
    row: str
    facts: tuple[tuple[str, Any], ...]
    file: CaseFile


class _Change(NamedTuple):
    alternative: _Alternative
    outcome: str
    case_class: str | None


def find_counterfactuals(
    files: CaseFiles, file: CaseFile, policy: Policy, variation: Variation
) -> tuple[Counterfactual, ...]:
    """Every alternative that would change the outcome; all are assessed at once.

    `policy` decides one attribute. Tried are, one at a time: each value that a fact is declared to have, yes and no,
    the values that the policy compares it with, and blank; each row that counts left out, or with another value; a
    further row. What is missing is also filled together, no more of it than changes the outcome.
    """
    alternatives = [*_vary_facts(files, file, variation), *_vary_rows(files, file, variation)]
    copies = build_case_files(files, [file, *(alternative.file for alternative in alternatives)])
    determinations = determine_outcomes(copies, policy, explained=False).collect().sort(COPY_COLUMN)
    as_is, *others = determinations.select("outcome", "class").iter_rows()
    changes = [
        _Change(alternative, outcome, case_class)
        for alternative, (outcome, case_class) in zip(alternatives, others, strict=True)
        if outcome != as_is[0]
    ]
    return tuple(
        Counterfactual(
            table=alternative.table,
            row=alternative.row,
            facts=tuple((name, format_fact(value)) for name, value in alternative.facts),
            outcome=outcome,
            case_class=case_class,
        )
        for alternative, outcome, case_class in _select_minimal_changes(changes)
    )


def _select_minimal_changes(changes: Sequence[_Change]) -> list[_Change]:
    """The changes without those of several facts of which fewer are enough to change the outcome."""
    sufficient = [set(change.alternative.facts) for change in changes if not change.alternative.table]

    def is_minimal(change: _Change) -> bool:
        facts = set(change.alternative.facts)
        return bool(change.alternative.table) or not any(fewer < facts for fewer in sufficient)

    return [change for change in changes if is_minimal(change)]


def group_counterfactuals(counterfactuals: Sequence[Counterfactual]) -> list[tuple[str, str, str]]:
    """The changes in words, those of one fact and outcome together: which fact, what it would be, the outcome."""
    values: dict[tuple[str, str, str], list[str]] = {}
    for change in counterfactuals:
        alone = change.value if len(change.facts) > 1 else ""
        values.setdefault((change.place, change.outcome, alone), []).append(change.value)
    return [(place, ", ".join(some), outcome.replace("_", " ")) for (place, outcome, _), some in values.items()]


def _vary_facts(files: CaseFiles, file: CaseFile, variation: Variation) -> Iterator[_Alternative]:
    options = {name: _list_options(name, column, file, variation) for name, column in variation.facts.items()}
    singly = (((name, value),) for name, values in options.items() for value in values if value != file.facts[name])
    blanked = (((n, None),) for n, c in variation.facts.items() if not c.required and file.facts[n] is not None)
    on = file.facts[files.dated_by]
    for facts in (*singly, *blanked, *_combine_missing_facts(options, variation.missing)):
        values = {
            name: _fill_value(variation.facts[name], on) if value == FILLED_VALUE else value for name, value in facts
        }
        yield _Alternative("", "", facts, file._replace(facts=_set_values(file.facts, values)))


def _list_options(name: str, column: Column, file: CaseFile, variation: Variation) -> list[Any]:
    values = list_possible_values(column, variation.constants.get(ColumnPlace("", name), ()))
    fillable = file.facts[name] is None and column.type in ("text", "date", "datetime") and not column.personal
    return values or [FILLED_VALUE] * fillable


def _fill_value(column: Column, on: Any) -> Any:
    """What stands for a fact that is there: of a date, the day of the case."""
    if column.type == "datetime":
        return datetime.combine(on, time())
    return on if column.type == "date" else FILLED_VALUE


def _combine_missing_facts(
    options: Mapping[str, Sequence[Any]], missing: Sequence[str]
) -> Iterator[tuple[tuple[str, Any], ...]]:
    """The missing facts filled, the first two, the first three and so on: first those of which nobody can say more."""

    def has_stated_values(name: str) -> bool:
        return options[name] != [FILLED_VALUE]

    names = sorted((name for name in missing if options[name]), key=has_stated_values)
    for many in range(2, len(names) + 1):
        first = names[:many]
        if prod(len(options[name]) for name in first) > MAXIMUM_FACT_COMBINATIONS:
            return
        for values in product(*(options[name] for name in first)):
            yield tuple(zip(first, values, strict=True))


def _vary_rows(files: CaseFiles, file: CaseFile, variation: Variation) -> Iterator[_Alternative]:
    for table in variation.fields:
        for key, place in variation.rows[table]:
            yield from _vary_row(file, table, key, place, variation)
        if file.facts[files.vocabulary.children[table].on] is not None:
            yield from _add_row(files, file, table, variation.fields[table])


def _vary_row(file: CaseFile, table: str, key: str, place: int, variation: Variation) -> Iterator[_Alternative]:
    """The row left out, and each of its fields with each other value that it may have."""
    rows = file.rows[table]
    before, row, after = rows[:place], rows[place], rows[place + 1 :]
    yield _Alternative(table, key, (), _replace_rows(file, table, [*before, *after]))
    for name, column in variation.fields[table].items():
        values = list_possible_values(column, variation.constants.get(ColumnPlace(table, name), ()))
        for value in values if column.required else [*values, None]:
            if value != row[name]:
                changed = _set_values(row, {name: value})
                changed_file = _replace_rows(file, table, [*before, changed, *after])
                yield _Alternative(table, key, ((name, value),), changed_file)


def _add_row(files: CaseFiles, file: CaseFile, table: str, fields: Mapping[str, Column]) -> Iterator[_Alternative]:
    """A further row: with each value that a field is declared to have, or else with none."""
    recorded = files.vocabulary.children[table].recorded
    known_then = {recorded: file.facts[files.dated_by]} if recorded else {}
    stated = [{name: value} for name, column in fields.items() for value in column.values]
    for facts in stated or [{}]:
        rows = [*file.rows[table], {**known_then, **facts}]
        yield _Alternative(table, "", tuple(facts.items()), _replace_rows(file, table, rows))


def _replace_rows(file: CaseFile, table: str, rows: list[dict[str, Any]]) -> CaseFile:
    return file._replace(rows={**file.rows, table: rows})


def _set_values(row: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The row with other values, and with the state that each then has."""
    states = {
        f"{name}.state": CellState.BLANK.value if value is None else CellState.FILLED.value
        for name, value in values.items()
        if f"{name}.state" in row
    }
    return {**row, **values, **states}
