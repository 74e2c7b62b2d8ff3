"""What the rules saw of one case: each fact and where it stands, each row that belongs to it and what it counts for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from audit.assessment.case_file import CaseFile, CaseFiles, find_column_origins, format_fact, require_cases
from audit.assessment.child_rows import EARLIER, LATER, WHEN_COLUMN
from audit.formatting import format_list
from audit.policy.aggregates import AggregateBuilder
from audit.policy.compiled_condition import Condition
from audit.policy.rules import Policy
from audit.policy.values import NO_UPPER_LIMIT, Aggregate
from audit.programs.declaration import Program
from audit.tables.schema import CellState, Column, Source

RECORDED_LATER = "recorded after the day of the case"
NOT_COUNTED = "not of the kind that is counted"
OUTSIDE_WINDOW = {
    EARLIER: "acted on before: dated before the window in which it would count",
    LATER: "acted on later: dated after the window in which it would count",
}

_PLACE, _WAS_KNOWN = "__place", "__was_known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that a rule looked at: a column of the case's file, a defined term, or rows counted."""

    name: str
    value: str
    table: str  # where it stands; of a term, the tables that it looks over
    row: str  # the key of the row there
    means: str = ""  # what a term stands for
    citation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    """One row of another table that belongs to the case, and what it counts for."""

    table: str
    row: str
    place: int  # among the case's rows of that table; -1 outside of its window
    shows: tuple[tuple[str, str], ...]  # the fields that decide whether it counts
    counts_for: tuple[str, ...]
    may_count_for: tuple[str, ...]
    why_not: str  # of a row that counts for nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLookup:
    """One table that was looked over for the case's rows, and whether it is known to hold all of them."""

    table: str
    rows: int
    complete: bool
    complete_when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEvidence:
    """What the rules saw of one case."""

    facts: tuple[Fact, ...]
    lookups: tuple[TableLookup, ...]
    rows: tuple[EvidenceRow, ...]


class ExaminedCase(NamedTuple):
    """One case's file, alone in `files`, and the conditions that were put to it."""

    files: CaseFiles
    file: CaseFile
    program: Program
    policy: Policy
    conditions: Sequence[Condition]

    def make_builder(self) -> AggregateBuilder:
        """How rows are counted for the case, as known on its day."""
        return AggregateBuilder(conditions=self.policy.conditions, key=self.files.key, known_by=self.files.dated_by)

    def group_aggregates(self) -> dict[str, list[Aggregate]]:
        """What the conditions count, by the table that they look over."""
        every = {aggregate.name: aggregate for condition in self.conditions for aggregate in condition.aggregates}
        tables = dict.fromkeys(aggregate.child for aggregate in every.values())
        return {table: [aggregate for aggregate in every.values() if aggregate.child == table] for table in tables}

    def list_fields(self, table: str) -> dict[str, Column]:
        """The fields of a table that decide whether a row counts, as declared."""
        read = {name for aggregate in self.group_aggregates()[table] for name in aggregate.fields}
        return {name: column for name, column in self.program.tables[table].columns.items() if name in read}

    def list_term_aggregates(self, term: str) -> set[str]:
        """The names of what a term counts."""
        return {name for condition in self.conditions for name in condition.term_aggregates.get(term, ())}


def collect_evidence(case: ExaminedCase) -> CaseEvidence:
    """Every fact that the conditions name, every table they look over, and every row of the case there."""
    return CaseEvidence(
        facts=tuple(_collect_facts(case)), lookups=tuple(_collect_lookups(case)), rows=tuple(_collect_rows(case))
    )


def format_row_key(source: Source, row: Mapping[str, Any], place: int) -> str:
    """How a row is found again: by its key, by its number in its file, or else by its place among the case's rows."""
    names = source.key or ((source.row,) if source.row else ())
    return " / ".join(format_fact(row[name]) for name in names) or f"{place + 1}"


def _collect_facts(case: ExaminedCase) -> Iterator[Fact]:
    meanings = {name: meaning for condition in case.conditions for name, meaning in condition.values_by_name.items()}
    if not meanings:
        return
    files, conditions = case.files, case.policy.conditions
    case_values = case.make_builder().add_aggregates(files.cases, files.children, case.conditions)
    ends = [end for meaning in meanings.values() for end in (meaning.low, meaning.high)]
    values = case_values.select(*(end.alias(f"{n}") for n, end in enumerate(ends))).collect().row(0)
    origins = find_column_origins(case.program)
    table_by_aggregate = {
        aggregate.name: table for table, aggregates in case.group_aggregates().items() for aggregate in aggregates
    }
    for name, low, high in zip(meanings, values[::2], values[1::2], strict=True):
        facts, term = case.file.facts, case.policy.terms.get(name)
        if name in conditions.vocabulary.columns:
            table, key = origins.get(name, ("", ()))
            state = facts.get(f"{name}.state")
            is_withheld = state in (CellState.REDACTED, CellState.UNINFORMATIVE)
            value = str(state) if low is None and is_withheld else format_fact(low)
            row = " / ".join(format_fact(facts[part]) for part in key)
            yield Fact(name=name, value=value, table=table, row=row)
        elif term:
            tables = format_list(
                sorted({table_by_aggregate[aggregate] for aggregate in case.list_term_aggregates(name)})
            )
            value = _format_range(low, high)
            yield Fact(name=name, value=value, table=tables, row="", means=term.means, citation=term.citation)
        else:  # rows counted, or a predicate of the program, which stands in no table
            yield Fact(name=name, value=_format_range(low, high), table=table_by_aggregate.get(name, ""), row="")


def _format_range(low: Any, high: Any) -> str:
    if low is None:
        return "unknown"
    if low == high:
        return format_fact(low)
    return f"{format_fact(low)} or more" if high >= NO_UPPER_LIMIT else f"{format_fact(low)} to {format_fact(high)}"


def _collect_lookups(case: ExaminedCase) -> Iterator[TableLookup]:
    for table in case.group_aggregates():
        child = case.files.vocabulary.children[table]
        yield TableLookup(
            table=table,
            rows=len(case.file.rows[table]),
            complete=case.file.facts[child.on] is not None and _is_complete(case, table),
            complete_when=child.complete_when or "",
        )


def _is_complete(case: ExaminedCase, table: str) -> bool:
    """Whether a table is known to hold every row of the case, by the case's own facts."""
    condition = case.policy.conditions.compile_completeness(table)
    return condition is None or case.files.cases.select(condition.truth.alias("holds")).collect().item() is True


def _collect_rows(case: ExaminedCase) -> Iterator[EvidenceRow]:
    labels = _label_aggregates(case)
    for table, aggregates in case.group_aggregates().items():
        truths = _evaluate_rows(case, table, aggregates)
        for place, (row, truth) in enumerate(zip(case.file.rows[table], truths, strict=True)):
            yield _describe_row(case, table, row, place, truth, labels)
        yield from _describe_rows_outside(case, table)


def _describe_row(
    case: ExaminedCase,
    table: str,
    row: Mapping[str, Any],
    place: int,
    truth: "_RowTruth",
    labels: Mapping[str, Sequence[str]],
) -> EvidenceRow:
    recorded, fields = case.files.vocabulary.children[table].recorded, case.list_fields(table)
    shown_fields = [*fields, *([recorded] if recorded and recorded not in fields else [])]
    counts_for = tuple(label for name, counts in truth.counts.items() if counts for label in labels[name])
    may_count_for = tuple(label for name, counts in truth.counts.items() if counts is None for label in labels[name])
    not_counted = "" if counts_for or may_count_for else NOT_COUNTED
    return EvidenceRow(
        table=table,
        row=format_row_key(case.program.tables[table], row, place),
        place=place,
        shows=tuple((name, format_fact(row[name])) for name in shown_fields),
        counts_for=counts_for,
        may_count_for=may_count_for,
        why_not=RECORDED_LATER if truth.was_known is False else not_counted,
    )


def _describe_rows_outside(case: ExaminedCase, table: str) -> Iterator[EvidenceRow]:
    """The rows of the case that are dated outside of the window of their table, and decide nothing."""
    source, dated = case.program.tables[table], require_cases(case.program).children[table].dated
    shown = dict.fromkeys((*case.list_fields(table), *([dated] if dated else [])))
    for place, row in enumerate(case.file.outside.get(table, ())):
        yield EvidenceRow(
            table=table,
            row=format_row_key(source, row, place),
            place=-1,
            shows=tuple((name, format_fact(row[name])) for name in shown),
            counts_for=(),
            may_count_for=(),
            why_not=OUTSIDE_WINDOW[row[WHEN_COLUMN]],
        )


class _RowTruth(NamedTuple):
    """Of one row: whether it was known on the day of the case, and for which aggregates it counts."""

    was_known: bool | None
    counts: dict[str, bool | None]  # by the name of the aggregate; None: it may


def _evaluate_rows(case: ExaminedCase, table: str, aggregates: Sequence[Aggregate]) -> list[_RowTruth]:
    files, builder = case.files, case.make_builder()
    joined = builder.join_child_rows(files.cases, files.children[table].with_row_index(_PLACE), aggregates)
    counts = [builder.is_member(aggregate).alias(f"{n}") for n, aggregate in enumerate(aggregates)]
    truths = joined.sort(_PLACE).select(_PLACE, builder.is_known_then(table).alias(_WAS_KNOWN), *counts).collect()
    names = [aggregate.name for aggregate in aggregates]
    return [_RowTruth(was_known, dict(zip(names, row, strict=True))) for _, was_known, *row in truths.iter_rows()]


def _label_aggregates(case: ExaminedCase) -> dict[str, list[str]]:
    """What each aggregate is called: by the terms that it stands in, the innermost; by its own text outside of any."""
    of_terms = {
        name: case.list_term_aggregates(name)
        for condition in case.conditions
        for name in condition.values_by_name
        if name in case.policy.terms
    }
    labels: dict[str, list[str]] = {}
    for name in (aggregate.name for aggregates in case.group_aggregates().values() for aggregate in aggregates):
        holding = {term: names for term, names in of_terms.items() if name in names}
        inner = [term for term, names in holding.items() if not any(other < names for other in holding.values())]
        labels[name] = inner or [name]
    return labels
