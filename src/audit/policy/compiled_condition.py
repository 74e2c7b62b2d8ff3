"""A condition, compiled: its truth in three-valued logic, and everything that it reads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

import polars as pl

from audit.policy.values import Aggregate, CompiledValue


class ColumnPlace(NamedTuple):
    """A column that a condition names: of a child table, or of the case, whose table is ""."""

    table: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class References:
    """What a piece of a condition reads, in the order in which it is named."""

    fields: tuple[str, ...] = ()  # columns of the case
    row_columns: tuple[str, ...] = ()  # columns of the child table whose rows are looked at
    row_values: tuple[str, ...] = ()  # those of them whose value is asked for, not only whether they are blank
    states: tuple[str, ...] = ()  # columns that say what state another is in
    blanks: Mapping[str, pl.Expr] = field(default_factory=dict)  # name → whether a blank there leaves it unknown
    aggregates: Mapping[str, Aggregate] = field(default_factory=dict)
    values: Mapping[str, CompiledValue] = field(default_factory=dict)  # columns, counts and terms by their text
    terms: Mapping[str, CompiledValue] = field(default_factory=dict)  # what their columns are made of, inner first
    term_aggregates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # term → what it counts, by name
    constants: Mapping[ColumnPlace, tuple[object, ...]] = field(default_factory=dict)  # that a column is compared with
    expansions: int = 0  # terms, each as often as it is named


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompiledPart:
    """One piece of a condition, compiled: its value and what it reads."""

    value: CompiledValue
    references: References = field(default_factory=References)
    column: ColumnPlace | None = None  # the column that the piece is, if it is one
    constant: object = None  # the constant that the piece is, if it is one


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Condition:
    """One condition, compiled: its truth, and everything it looked at."""

    text: str
    truth: pl.Expr  # nullable Boolean
    fields: tuple[str, ...]  # case columns it reads, inside terms included
    decisive_blanks: Mapping[str, pl.Expr]  # field or aggregate → whether a blank there leaves the condition unknown
    aggregates: tuple[Aggregate, ...]
    values_by_name: Mapping[str, CompiledValue]  # columns, counts and terms by the name the text gives them
    terms: Mapping[str, CompiledValue]  # what the columns of its terms are made of, an inner term before an outer
    term_aggregates: Mapping[str, tuple[str, ...]]  # term → the names of the aggregates that it counts
    constants: Mapping[ColumnPlace, tuple[object, ...]]  # column → the constants that it is compared with

    @property
    def columns(self) -> set[str]:
        """Every column that it reads, of the case and of the tables that it looks over."""
        return {*self.fields, *(name for aggregate in self.aggregates for name in aggregate.fields)}


def merge_references(parts: Iterable[References]) -> References:
    """What several pieces read together; a blank matters where it matters to any of them."""
    parts = tuple(parts)
    if len(parts) == 1:
        return parts[0]
    blanks: dict[str, pl.Expr] = {}
    for name, missing in chain.from_iterable(part.blanks.items() for part in parts):
        blanks[name] = blanks[name] | missing if name in blanks else missing
    return References(
        fields=_merge_names(part.fields for part in parts),
        row_columns=_merge_names(part.row_columns for part in parts),
        row_values=_merge_names(part.row_values for part in parts),
        states=_merge_names(part.states for part in parts),
        blanks=blanks,
        aggregates={name: one for part in parts for name, one in part.aggregates.items()},
        values={name: one for part in parts for name, one in part.values.items()},
        terms={name: one for part in parts for name, one in part.terms.items()},
        term_aggregates={name: one for part in parts for name, one in part.term_aggregates.items()},
        constants=merge_constants(part.constants for part in parts),
        expansions=sum(part.expansions for part in parts),
    )


def merge_constants(
    several: Iterable[Mapping[ColumnPlace, tuple[object, ...]]],
) -> dict[ColumnPlace, tuple[object, ...]]:
    """The constants that each column is compared with, anywhere."""
    merged: dict[ColumnPlace, tuple[object, ...]] = {}
    for place, constants in chain.from_iterable(one.items() for one in several):
        merged[place] = tuple(dict.fromkeys((*merged.get(place, ()), *constants)))
    return merged


def _merge_names(several: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(several)))
