"""The words of conditions: columns of a case, tables of many rows, terms, predicates, days that do not count."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSchema:
    """A table with any number of rows per case, that conditions can count over."""

    on: str  # the column that case and row share
    columns: Mapping[str, str]  # name → column type
    recorded: str | None = None  # rows recorded after the day the case was decided were not known then
    complete_when: str | None = None  # condition on the case under which the absence of a row is a fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """A condition in Python, for what the language cannot say: from polars expressions to a nullable Boolean."""

    function: Callable[..., pl.Expr]
    takes: tuple[str, ...]  # what each argument is: text, number, date or truth
    file: str  # that holds it: part of what the policy's digest is of


def infer_column_types(schema: Mapping[str, pl.DataType]) -> dict[str, str]:
    """The declared type that each column's type in polars stands for, by name; `any` for one that stands for none."""
    return {name: _infer_column_type(dtype) for name, dtype in schema.items()}


def _infer_column_type(dtype: pl.DataType) -> str:
    if dtype.is_numeric():
        return "number"
    if dtype == pl.Boolean:
        return "yes_no"
    if dtype in (pl.Date, pl.Datetime):
        return "date" if dtype == pl.Date else "datetime"
    return "text" if dtype in (pl.String, pl.Categorical, pl.Enum) else "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The words a condition may use: columns of the case, tables of many rows, and defined terms."""

    columns: Mapping[str, str]  # name → column type
    children: Mapping[str, ChildSchema] = field(default_factory=dict)
    terms: Mapping[str, str] = field(default_factory=dict)  # name → the text it stands for
    predicates: Mapping[str, Predicate] = field(default_factory=dict)
    holidays: tuple[date, ...] | None = None  # days that the clock leaves out; None where no calendar is declared
