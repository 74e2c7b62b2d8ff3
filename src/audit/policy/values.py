"""What a piece of a condition stands for: a value between two ends, where it is held, and how such values compare."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

NO_UPPER_LIMIT = 2**60  # stands for "no upper limit" where rows may exist that nobody recorded
DATE_KINDS = ("date", "time")  # kinds of value that lie on a day: the day itself, and a day with a time of day


class CompiledValue(NamedTuple):
    """What a piece of text stands for: a value known to lie in [low, high]; for a known value the two are one."""

    kind: str  # text, number, date, time (a day with its time of day), truth, or any
    low: pl.Expr
    high: pl.Expr

    @property
    def is_exact(self) -> bool:
        """Whether the value is known, or unknown only because a fact is blank."""
        return self.low is self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateColumns:
    """The columns that hold an aggregate, by generated names that no declared column has."""

    low: str  # its value; of a count, the least
    high: str  # of a count, the most
    unsure: str  # rows of which it is unknown whether they belong to it
    lacks: Mapping[str, str]  # column of the child → whether a blank there leaves some row unsure


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Aggregate:
    """What the rows of a child table that meet a condition come to; `name` is its text, for people.

    A count lies between what is surely there and what may be; one of rows on file takes no other row to exist. A total,
    an earliest and a latest value are known only when every row is.
    """

    name: str
    kind: str  # count, count_on_file, total, earliest or latest
    child: str
    value: pl.Expr | None  # of each row; none for a count
    where: pl.Expr | None
    fields: tuple[str, ...]  # columns of the child and the case that it reads
    value_fields: tuple[str, ...]  # those of the child whose value it asks for, not only whether they are blank

    @property
    def is_count(self) -> bool:
        """Whether it counts rows."""
        return self.kind in ("count", "count_on_file")

    @property
    def is_of_rows_on_file(self) -> bool:
        """Whether rows that may be missing are left out of account."""
        return self.kind == "count_on_file"


def name_aggregate_columns(name: str, value_fields: Iterable[str] = ()) -> AggregateColumns:
    """The columns of the aggregate with this text: the same in whichever condition it stands."""
    id_ = f"__{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    return AggregateColumns(
        low=f"{id_}_low",
        high=f"{id_}_high",
        unsure=f"{id_}_unsure",
        lacks={column: f"{id_}_lacks_{column}" for column in value_fields},
    )


def name_term_columns(name: str) -> tuple[str, str]:
    """The columns that hold what a term is at least and at most."""
    return f"__term_{name}_low", f"__term_{name}_high"


def make_exact_value(kind: str, value: pl.Expr) -> CompiledValue:
    """A value that is known, or unknown only because a fact is blank."""
    return CompiledValue(kind, value, value)


def is_any_true(truths: Iterable[pl.Expr]) -> pl.Expr:
    """Whether at least one of the truths holds, in three-valued logic."""
    first, *rest = truths
    for truth in rest:
        first = first | truth
    return first


def is_equal(a: CompiledValue, b: CompiledValue) -> pl.Expr:
    """Whether two values are one; unknown while their ends leave both open. A day is equal to every time of it."""
    a, b = _compare_by_day(a, b)
    if a.is_exact and b.is_exact:
        return a.low == b.low
    one_value = (a.low == a.high) & (b.low == b.high) & (a.low == b.low)
    return _choose_truth(one_value, (a.high < b.low) | (a.low > b.high))


def is_at_least(a: CompiledValue, b: CompiledValue) -> pl.Expr:
    """Whether the first value is the second or more; unknown while their ends leave both open.

    A day and a time are compared by their days.
    """
    a, b = _compare_by_day(a, b)
    return a.low >= b.low if a.is_exact and b.is_exact else _choose_truth(a.low >= b.high, a.high < b.low)


def _compare_by_day(a: CompiledValue, b: CompiledValue) -> tuple[CompiledValue, CompiledValue]:
    """The two values as they are compared: a time beside a day is the day on which it lies."""
    if {a.kind, b.kind} in ({"date", "time"}, {"date", "any"}):  # of any kind, and compared with a day: a day or a time
        return convert_to_day(a), convert_to_day(b)
    return a, b


def convert_to_day(value: CompiledValue) -> CompiledValue:
    """The day on which a time lies; a day is itself."""
    return value if value.kind == "date" else make_exact_value("date", value.low.cast(pl.Date))


def _choose_truth(yes: pl.Expr, no: pl.Expr) -> pl.Expr:
    unknown = pl.lit(None, dtype=pl.Boolean)
    return pl.when(yes).then(pl.lit(True)).otherwise(pl.when(no).then(pl.lit(False)).otherwise(unknown))


COMPARISON_BY_SIGN: dict[str, Callable[[CompiledValue, CompiledValue], pl.Expr]] = {
    "=": is_equal,
    "<>": lambda a, b: ~is_equal(a, b),
    ">=": is_at_least,
    "<": lambda a, b: ~is_at_least(a, b),
    "<=": lambda a, b: is_at_least(b, a),
    ">": lambda a, b: ~is_at_least(b, a),
}
