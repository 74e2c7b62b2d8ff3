"""What a program declares of its discrepancy report: the classes, the evidence, and the period."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

PeriodLength = Literal["two months", "month", "half month"]
MonthHalf = Literal["first", "second"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedClass:
    """One recorded class: its values, and what a case of it is called."""

    values: tuple[str, ...]  # values of `field` that mean this class
    words: str  # adjective for such a case: "criminal"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceTable:
    """A table with one row a piece of evidence."""

    table: str  # table with one row a piece of evidence
    on: str  # column that joins evidence to cases; both tables have it
    date: str  # day of the event that the evidence shows
    recorded: str | None = None  # column with the day the evidence was entered; blank means not yet
    source: str | None = None  # column that names the source of the evidence
    where: str | None = None  # condition that a row must meet to count as evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceTier:
    """Sources of the same strength as evidence."""

    words: str  # what the report calls evidence of this strength
    sources: tuple[str, ...]  # values of `source` that have this strength


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """A report that compares a recorded class with the evidence on file, in both directions."""

    name: str  # name of the report and its folder; unique
    title: str  # title of the report
    authority: str  # document and section that ask for the report
    table: str  # table with one row a case
    case: str  # key column of the table
    office: str  # column with the office of a case
    date: str  # date column of a case; evidence dated on or before this day counts
    field: str  # column with the recorded class
    needing: RecordedClass  # class that needs evidence
    denying: RecordedClass  # class that evidence contradicts
    unit: tuple[str, str]  # what a case is called, singular and plural: ["removal", "removals"]
    shown: tuple[str, str]  # what the evidence shows, singular and plural: ["conviction", "convictions"]
    evidence: tuple[EvidenceTable, ...]  # tables with the evidence
    person: str | None = None  # column with the person
    tiers: tuple[EvidenceTier, ...] = ()  # sources by strength of evidence, strongest first
    every: PeriodLength = "two months"  # length of a period: `two months`, `month` or `half month`
    as_of_days: int = 0  # days after the end of the period at which the report looks at the records
    quote: str = ""  # words of the document
    guidance: Mapping[str, str] | None = None  # `contradicted` and `unsupported` → what the office is to do


def find_discrepancy_problems(
    discrepancy: Discrepancy, columns: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, str, str]]:
    """What of a declaration cannot be: place, what, mend. `columns` is the type of every column, by table."""
    tables: list[tuple[str, str, tuple[str | None, ...]]] = [
        (
            "table",
            discrepancy.table,
            (discrepancy.case, discrepancy.office, discrepancy.date, discrepancy.field, discrepancy.person),
        )
    ]
    for number, one in enumerate(discrepancy.evidence):
        tables.append((f"evidence.{number}", one.table, (one.on, one.date, one.recorded, one.source)))
    for place, table, names in tables:
        if table not in columns:
            yield place, f"names `{table}`, and no such table is declared", "Declare it under [tables]."
            continue
        for name in names:
            if name and name not in columns[table]:
                yield place, f"names `{name}`, and table {table} has no such column", "Correct the name."
    for number, one in enumerate(discrepancy.evidence):
        if one.on not in columns.get(discrepancy.table, {}):
            what = f"joins on `{one.on}`, and table {discrepancy.table} has no such column"
            yield f"evidence.{number}", what, "Name one that both tables have."
    if not discrepancy.evidence:
        yield "evidence", "is empty", "Name a table whose rows are evidence."
    if both := set(discrepancy.needing.values) & set(discrepancy.denying.values):
        yield "denying", f"has {len(both)} of the values of `needing`", "Put each value on one side."
    source_names = [source for tier in discrepancy.tiers for source in tier.sources]
    if len(set(source_names)) < len(source_names):
        yield "tiers", "name a source twice", "Put each source in one tier."
    if not 0 <= discrepancy.as_of_days <= 3650:
        yield "as_of_days", "is out of range", "Give 0 to 3650."
