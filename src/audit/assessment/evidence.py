"""What the rules saw of one case: each fact and where it stands, each row that belongs to it and what it counts for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import polars as pl

from audit.assessment.case_file import CaseFile, CaseFiles, find_column_origins, format_fact
from audit.formatting import format_list
from audit.policy.aggregates import add_aggregates
from audit.policy.compiler import NO_UPPER_LIMIT, Condition, compile_condition
from audit.policy.rules import Policy
from audit.policy.values import Aggregate
from audit.policy.vocabulary import Vocabulary
from audit.programs.declaration import Program
from audit.tables.schema import CellState, Column, Source

RECORDED_LATER = "recorded after the day of the case"
NOT_COUNTED = "not of the kind that is counted"

_KNOWN, _PLACE = "known then", "place"


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
    place: int  # among the case's rows of that table
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

    @property
    def full_vocabulary(self) -> Vocabulary:
        """The vocabulary with the terms of the policy."""
        return add_policy_terms(self.files.vocabulary, self.policy)

    def group_tallies(self) -> dict[str, list[Aggregate]]:
        """What the conditions count, by the table that they look over."""
        every = {tally.name: tally for condition in self.conditions for tally in condition.aggregates}
        tables = dict.fromkeys(tally.child for tally in every.values())
        return {table: [tally for tally in every.values() if tally.child == table] for table in tables}

    def list_fields(self, table: str) -> dict[str, Column]:
        """The fields of a table that decide whether a row counts, as declared."""
        read_ = {name for tally in self.group_tallies()[table] for name in tally.fields}
        return {name: column for name, column in self.program.tables[table].columns.items() if name in read_}

    def list_term_tallies(self, term: str) -> set[str]:
        """The names of what a term counts."""
        return {
            tally.name for tally in compile_condition(f"{term} is null", self.full_vocabulary, place=term).aggregates
        }


def add_policy_terms(vocabulary: Vocabulary, policy: Policy) -> Vocabulary:
    """The vocabulary with the terms that a policy defines."""
    return replace(vocabulary, terms={name: term.means for name, term in policy.terms.items()})


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
    case_values = add_aggregates(
        case.files.cases,
        case.files.children,
        case.conditions,
        case.full_vocabulary,
        key=case.files.key,
        known_by=case.files.dated_by,
    )
    ends = [end for meaning in meanings.values() for end in (meaning.low, meaning.high)]
    values = case_values.select(*(end.alias(f"{n}") for n, end in enumerate(ends))).collect().row(0)
    where, child_of = (
        find_column_origins(case.program),
        {t.name: child for child, ts in case.group_tallies().items() for t in ts},
    )
    for name, low, high in zip(meanings, values[::2], values[1::2], strict=True):
        facts, term = case.file.facts, case.policy.terms.get(name)
        if name in case.full_vocabulary.columns:
            table, key = where.get(name, ("", ()))
            state = facts.get(f"{name}.state")
            value = (
                state if low is None and state in (CellState.REDACTED, CellState.UNINFORMATIVE) else format_fact(low)
            )
            yield Fact(name=name, value=value, table=table, row=" / ".join(format_fact(facts[part]) for part in key))
        elif term:
            tables = format_list(
                sorted({child_of[tally] for tally in case.list_term_tallies(name) if tally in child_of})
            )
            yield Fact(
                name=name,
                value=_format_range(low, high),
                table=tables,
                row="",
                means=term.means,
                citation=term.citation,
            )
        else:
            yield Fact(name=name, value=_format_range(low, high), table=child_of[name], row="")


def _format_range(low: Any, high: Any) -> str:
    if low is None:
        return "unknown"
    if low == high:
        return format_fact(low)
    return f"{format_fact(low)} or more" if high >= NO_UPPER_LIMIT else f"{format_fact(low)} to {format_fact(high)}"


def _collect_lookups(case: ExaminedCase) -> Iterator[TableLookup]:
    for table in case.group_tallies():
        child = case.files.vocabulary.children[table]
        text = child.complete_when or ""
        complete = case.file.facts[child.on] is not None and _is_true(case, text)
        yield TableLookup(table=table, rows=len(case.file.rows[table]), complete=complete, complete_when=text)


def _is_true(case: ExaminedCase, text: str) -> bool:
    """Whether a condition on the case's own facts is true; none is."""
    if not text:
        return True
    plain_words = replace(case.files.vocabulary, children={})
    truth = case.files.cases.select(compile_condition(text, plain_words, place="complete_when").truth.alias("holds"))
    return truth.collect().item() is True


def _collect_rows(case: ExaminedCase) -> Iterator[EvidenceRow]:
    labels = _label_tallies(case)
    for table, tallies in case.group_tallies().items():
        source, fields = case.program.tables[table], case.list_fields(table)
        recorded = case.files.vocabulary.children[table].recorded
        shown_fields = [*fields, *filter(None, [recorded if recorded not in fields else None])]
        for place, (row, truths) in enumerate(
            zip(case.file.rows[table], _evaluate_tallies(case, table, tallies), strict=True)
        ):
            known_then = truths.pop(_KNOWN)
            counts = [label for name, truth in truths.items() if known_then and truth for label in labels[name]]
            may = [
                label
                for name, truth in truths.items()
                if known_then is not False and truth is not False and None in (known_then, truth)
                for label in labels[name]
            ]
            why_not = RECORDED_LATER if known_then is False else "" if counts or may else NOT_COUNTED
            yield EvidenceRow(
                table=table,
                row=format_row_key(source, row, place),
                place=place,
                shows=tuple((name, format_fact(row[name])) for name in shown_fields),
                counts_for=tuple(counts),
                may_count_for=tuple(may),
                why_not=why_not,
            )


def _evaluate_tallies(case: ExaminedCase, table: str, tallies: Sequence[Aggregate]) -> list[dict[str, bool | None]]:
    """Of each row, whether it was known on the day of the case, and whether it meets what each tally asks."""
    files, child = case.files, case.files.vocabulary.children[table]
    outside = {name for tally in tallies for name in tally.fields if name not in child.columns} - {child.on}
    rows = files.cases.select({child.on, files.dated_by} | outside).join(
        files.children[table].with_row_index(_PLACE), on=child.on
    )
    day = pl.col(files.dated_by).cast(pl.Date)
    known_then = pl.col(child.recorded).cast(pl.Date) <= day if child.recorded else pl.lit(True)
    conditions = {tally.name: _compile_tally_condition(tally) for tally in tallies}
    truths = rows.sort(_PLACE).select(
        pl.col(_PLACE), known_then.alias(_KNOWN), *(meets.alias(name) for name, meets in conditions.items())
    )
    return [{k: v for k, v in row.items() if k != _PLACE} for row in truths.collect().iter_rows(named=True)]


def _compile_tally_condition(tally: Aggregate) -> pl.Expr:
    where = pl.lit(True) if tally.where is None else tally.where
    return where if tally.value is None else where & pl.when(~tally.value.is_null()).then(pl.lit(True))


def _label_tallies(case: ExaminedCase) -> dict[str, list[str]]:
    """What each tally is called: by the terms that it stands in, the innermost; by its own text outside of any."""
    of_terms = {
        name: case.list_term_tallies(name)
        for condition in case.conditions
        for name in condition.values_by_name
        if name in case.policy.terms
    }
    labels: dict[str, list[str]] = {}
    for tally in (tally.name for tallies in case.group_tallies().values() for tally in tallies):
        holding = {term: of_terms[term] for term in of_terms if tally in of_terms[term]}
        inner = [term for term, own in holding.items() if not any(other < own for other in holding.values())]
        labels[tally] = inner or [tally]
    return labels
