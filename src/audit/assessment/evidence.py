"""What the rules saw of one case: each fact and where it stands, each row that belongs to it and what it counts for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import polars as pl

from audit.assessment.case_file import CaseFile, Files, origins, said
from audit.formatting import listed
from audit.policy.aggregates import tallied
from audit.policy.compiler import MANY, Condition, read
from audit.policy.rules import Policy
from audit.policy.values import Tally
from audit.policy.vocabulary import Vocabulary
from audit.programs.declaration import Program
from audit.tables.schema import Column, Source, State

LATER = "recorded after the day of the case"
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
class Row:
    """One row of another table that belongs to the case, and what it counts for."""

    table: str
    row: str
    place: int  # among the case's rows of that table
    shows: tuple[tuple[str, str], ...]  # the fields that decide whether it counts
    counts_for: tuple[str, ...]
    may_count_for: tuple[str, ...]
    why_not: str  # of a row that counts for nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """One table that was looked over for the case's rows, and whether it is known to hold all of them."""

    table: str
    rows: int
    complete: bool
    complete_when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the rules saw of one case."""

    facts: tuple[Fact, ...]
    lookups: tuple[Lookup, ...]
    rows: tuple[Row, ...]


class Seen(NamedTuple):
    """One case's file, alone in `files`, and the conditions that were put to it."""

    files: Files
    file: CaseFile
    program: Program
    policy: Policy
    conditions: Sequence[Condition]

    @property
    def words(self) -> Vocabulary:
        """The vocabulary with the terms of the policy."""
        return worded(self.files.vocabulary, self.policy)

    def tallies(self) -> dict[str, list[Tally]]:
        """What the conditions count, by the table that they look over."""
        every = {tally.name: tally for condition in self.conditions for tally in condition.tallies}
        tables = dict.fromkeys(tally.child for tally in every.values())
        return {table: [tally for tally in every.values() if tally.child == table] for table in tables}

    def fields(self, table: str) -> dict[str, Column]:
        """The fields of a table that decide whether a row counts, as declared."""
        read_ = {name for tally in self.tallies()[table] for name in tally.fields}
        return {name: column for name, column in self.program.tables[table].columns.items() if name in read_}

    def tallies_of(self, term: str) -> set[str]:
        """The names of what a term counts."""
        return {tally.name for tally in read(f"{term} is null", self.words, place=term).tallies}


def worded(vocabulary: Vocabulary, policy: Policy) -> Vocabulary:
    """The vocabulary with the terms that a policy defines."""
    return replace(vocabulary, terms={name: term.means for name, term in policy.terms.items()})


def evidence(seen: Seen) -> Evidence:
    """Every fact that the conditions name, every table they look over, and every row of the case there."""
    return Evidence(facts=tuple(_facts(seen)), lookups=tuple(_lookups(seen)), rows=tuple(_rows(seen)))


def row_key(source: Source, row: Mapping[str, Any], place: int) -> str:
    """How a row is found again: by its key, by its number in its file, or else by its place among the case's rows."""
    names = source.key or ((source.row,) if source.row else ())
    return " / ".join(said(row[name]) for name in names) or f"{place + 1}"


def _facts(seen: Seen) -> Iterator[Fact]:
    named = {name: meaning for condition in seen.conditions for name, meaning in condition.named.items()}
    if not named:
        return
    known = tallied(
        seen.files.cases,
        seen.files.children,
        seen.conditions,
        seen.words,
        key=seen.files.key,
        known_by=seen.files.dated_by,
    )
    ends = [end for meaning in named.values() for end in (meaning.low, meaning.high)]
    values = known.select(*(end.alias(f"{n}") for n, end in enumerate(ends))).collect().row(0)
    where, child_of = origins(seen.program), {t.name: child for child, ts in seen.tallies().items() for t in ts}
    for name, low, high in zip(named, values[::2], values[1::2], strict=True):
        facts, term = seen.file.facts, seen.policy.terms.get(name)
        if name in seen.words.columns:
            table, key = where.get(name, ("", ()))
            state = facts.get(f"{name}.state")
            value = state if low is None and state in (State.REDACTED, State.UNINFORMATIVE) else said(low)
            yield Fact(name=name, value=value, table=table, row=" / ".join(said(facts[part]) for part in key))
        elif term:
            tables = listed(sorted({child_of[tally] for tally in seen.tallies_of(name) if tally in child_of}))
            yield Fact(
                name=name, value=_between(low, high), table=tables, row="", means=term.means, citation=term.citation
            )
        else:
            yield Fact(name=name, value=_between(low, high), table=child_of[name], row="")


def _between(low: Any, high: Any) -> str:
    if low is None:
        return "unknown"
    if low == high:
        return said(low)
    return f"{said(low)} or more" if high >= MANY else f"{said(low)} to {said(high)}"


def _lookups(seen: Seen) -> Iterator[Lookup]:
    for table in seen.tallies():
        child = seen.files.vocabulary.children[table]
        text = child.complete_when or ""
        complete = seen.file.facts[child.on] is not None and _holds(seen, text)
        yield Lookup(table=table, rows=len(seen.file.rows[table]), complete=complete, complete_when=text)


def _holds(seen: Seen, text: str) -> bool:
    """Whether a condition on the case's own facts is true; none is."""
    if not text:
        return True
    plain_words = replace(seen.files.vocabulary, children={})
    truth = seen.files.cases.select(read(text, plain_words, place="complete_when").truth.alias("holds"))
    return truth.collect().item() is True


def _rows(seen: Seen) -> Iterator[Row]:
    labels = _labels(seen)
    for table, tallies in seen.tallies().items():
        source, fields = seen.program.tables[table], seen.fields(table)
        recorded = seen.files.vocabulary.children[table].recorded
        shown = [*fields, *filter(None, [recorded if recorded not in fields else None])]
        for place, (row, truths) in enumerate(zip(seen.file.rows[table], _truths(seen, table, tallies), strict=True)):
            known = truths.pop(_KNOWN)
            counts = [label for name, truth in truths.items() if known and truth for label in labels[name]]
            may = [
                label
                for name, truth in truths.items()
                if known is not False and truth is not False and None in (known, truth)
                for label in labels[name]
            ]
            why_not = LATER if known is False else "" if counts or may else NOT_COUNTED
            yield Row(
                table=table,
                row=row_key(source, row, place),
                place=place,
                shows=tuple((name, said(row[name])) for name in shown),
                counts_for=tuple(counts),
                may_count_for=tuple(may),
                why_not=why_not,
            )


def _truths(seen: Seen, table: str, tallies: Sequence[Tally]) -> list[dict[str, bool | None]]:
    """Of each row, whether it was known on the day of the case, and whether it meets what each tally asks."""
    files, child = seen.files, seen.files.vocabulary.children[table]
    outside = {name for tally in tallies for name in tally.fields if name not in child.columns} - {child.on}
    rows = files.cases.select({child.on, files.dated_by} | outside).join(
        files.children[table].with_row_index(_PLACE), on=child.on
    )
    day = pl.col(files.dated_by).cast(pl.Date)
    known = pl.col(child.recorded).cast(pl.Date) <= day if child.recorded else pl.lit(True)
    asked = {tally.name: _meets(tally) for tally in tallies}
    found = rows.sort(_PLACE).select(
        pl.col(_PLACE), known.alias(_KNOWN), *(meets.alias(name) for name, meets in asked.items())
    )
    return [{k: v for k, v in row.items() if k != _PLACE} for row in found.collect().iter_rows(named=True)]


def _meets(tally: Tally) -> pl.Expr:
    where = pl.lit(True) if tally.where is None else tally.where
    return where if tally.value is None else where & pl.when(~tally.value.is_null()).then(pl.lit(True))


def _labels(seen: Seen) -> dict[str, list[str]]:
    """What each tally is called: by the terms that it stands in, the innermost; by its own text outside of any."""
    of_terms = {
        name: seen.tallies_of(name)
        for condition in seen.conditions
        for name in condition.named
        if name in seen.policy.terms
    }
    labels: dict[str, list[str]] = {}
    for tally in (tally.name for tallies in seen.tallies().values() for tally in tallies):
        holding = {term: of_terms[term] for term in of_terms if tally in of_terms[term]}
        inner = [term for term, own in holding.items() if not any(other < own for other in holding.values())]
        labels[tally] = inner or [tally]
    return labels
