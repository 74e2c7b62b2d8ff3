"""Sampled cases that were not decided: every rule that could decide each, and the records that would."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from audit.estimation.attributes import CRITICAL, parse_day
from audit.policy.fact_text import split_texts

UNDECIDED_SETTLED = ("undeterminable", "judgement_required")


@dataclass(frozen=True, slots=True, kw_only=True)
class UndecidedCase:
    """One sampled case of one attribute that the records, or the policy, leave open."""

    case: str
    office: str  # code
    decided_on: date | None
    attribute: str
    outcome: str  # undeterminable, or judgement_required
    severity: str  # the gravest of the rules that could decide it
    rules: tuple[str, ...]  # ids of all rules that could decide it
    needed: tuple[str, ...]  # fields that would decide it
    records: tuple[str, ...]  # tables whose records of the case hold these fields


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisiveRecords:
    """The kinds of records that would settle the most cases, of all sets of as many kinds."""

    kinds: tuple[str, ...]  # tables, or what no table holds
    cases: int  # undeterminable cases that need no other
    records: int  # of these kinds, that those cases lack


def list_undecided_cases(settled: pl.DataFrame, table_by_column: Mapping[str, str]) -> tuple[UndecidedCase, ...]:
    """Every determination that is open, by attribute, then those that may be critical, by day and key.

    `settled` has the columns of the settled determinations, `office` and `decided_on`; `table_by_column` says where
    each column of a case stands.
    """
    key, last = settled.columns[0], date.max
    cases = [
        UndecidedCase(
            case=row[key],
            office=row["office"] or "",
            decided_on=parse_day(row.get("decided_on")),
            attribute=row["attribute"],
            outcome=row["settled"],
            severity=row["severity"] or "",
            rules=split_texts(row["candidates"]),
            needed=split_texts(row["needed"]),
            records=name_records(split_texts(row["needed"]), table_by_column),
        )
        for row in settled.filter(pl.col("settled").is_in(UNDECIDED_SETTLED)).rows(named=True)
    ]
    return tuple(
        sorted(cases, key=lambda one: (one.attribute, one.severity != CRITICAL, one.decided_on or last, one.case))
    )


def name_records(needed: Iterable[str], table_by_column: Mapping[str, str]) -> tuple[str, ...]:
    """The tables that hold these fields, each once; what no table holds is named as it is."""
    tables = (table_by_column.get(name) or (name if " " in name else name.partition(".")[0]) for name in needed)
    return tuple(dict.fromkeys(tables))


def find_decisive_records(needed: Sequence[Sequence[str]]) -> tuple[DecisiveRecords, ...]:
    """Which kinds of records would settle the most undeterminable cases: the best one, the best two, and so on.

    `needed` has the kinds that each case needs. Kinds settle a case if all that it needs are among them. Of sets that
    settle as many, the first in the alphabet is taken. A larger set is listed only where it settles more than the
    smaller one, so the last settles all that records can.
    """
    wanted = Counter(frozenset(kinds) for kinds in needed if kinds)
    every: frozenset[str] = frozenset().union(*wanted)
    best: list[DecisiveRecords] = []
    reached: dict[frozenset[str], int] = {frozenset(): 0}
    for size in range(1, len(every) + 1):
        unions = {known | kinds for known in reached for kinds in wanted if len(known | kinds) <= size}
        reached |= {kinds: sum(n for need, n in wanted.items() if need <= kinds) for kinds in unions}
        cases, _, kinds = min((-cases, len(kinds), sorted(kinds)) for kinds, cases in reached.items())
        if -cases > (best[-1].cases if best else 0):
            lacking = sum(n * len(need) for need, n in wanted.items() if need <= set(kinds))
            best.append(DecisiveRecords(kinds=tuple(kinds), cases=-cases, records=lacking))
    return tuple(best)
