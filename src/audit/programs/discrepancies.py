"""What a program declares of its discrepancy report: the classes, the evidence, and the period."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

PeriodLength = Literal["two months", "month", "half month"]
MonthHalf = Literal["first", "second"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedClass:
    """One side of what may be recorded: the values that put a case there, and what such a case is called."""

    values: tuple[str, ...]
    words: str  # "criminal", before the name of the case


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceTable:
    """A table whose rows show what the class rests on, a row a piece."""

    table: str
    on: str  # column that says whose it is; the cases have it too
    date: str  # day of what it shows
    recorded: str | None = None  # column with the day the agency's system showed it; blank: not yet
    source: str | None = None  # column that says who shows it
    where: str | None = None  # condition that a row must meet to be evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceTier:
    """Sources that weigh alike as evidence."""

    words: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """A recorded class that evidence can contradict, and that needs evidence: both are always looked for."""

    name: str  # of the report and its folder
    title: str
    authority: str  # document and section that ask for it
    table: str
    case: str  # key column
    office: str
    date: str  # evidence counts that is dated on this day or before
    field: str  # column with what is recorded
    needing: RecordedClass  # recorded as this, a case needs evidence
    denying: RecordedClass  # recorded as this, a case should have none
    unit: tuple[str, str]  # a case, cases: "removal", "removals"
    shown: tuple[str, str]  # what a piece of evidence shows: "conviction", "convictions"
    evidence: tuple[EvidenceTable, ...]
    person: str | None = None
    tiers: tuple[EvidenceTier, ...] = ()  # the strongest first
    every: PeriodLength = "two months"  # how long a period is
    as_of_days: int = 0  # days after the period's end at which the report looks
    quote: str = ""
    guidance: Mapping[str, str] | None = None  # contradicted, unsupported → what to do


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
        here, there = columns.get(discrepancy.table, {}).get(one.on), columns.get(one.table, {}).get(one.on)
        if here != there or here is None:
            yield f"evidence.{number}", f"joins on `{one.on}`, which is not alike in both tables", "Name one that is."
    if not discrepancy.evidence:
        yield "evidence", "is empty", "Name a table whose rows are evidence."
    if both := set(discrepancy.needing.values) & set(discrepancy.denying.values):
        yield "denying", f"has {len(both)} of the values of `needing`", "Put each value on one side."
    source_names = [source for tier in discrepancy.tiers for source in tier.sources]
    if len(set(source_names)) < len(source_names):
        yield "tiers", "name a source twice", "Put each source in one tier."
    if not 0 <= discrepancy.as_of_days <= 3650:
        yield "as_of_days", "is out of range", "Give 0 to 3650."
