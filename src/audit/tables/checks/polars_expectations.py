"""What an expectation demands of a table, in polars: the units it looks at and the rows that fail it."""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import xor
from typing import Any, get_type_hints

import polars as pl
from pydantic import TypeAdapter, ValidationError

from audit.formatting import format_list, format_percent, format_plural
from audit.tables.checks.gx_catalog import suggest_name

# A suite may name these beside the table's own columns.
REFERENCE_PATTERN = re.compile(r"(?P<column>.+) in (?P<table>[\w-]+)(?:\.(?P<of>.+))?")
DAY_OF_PATTERN = re.compile(r"day of (?P<column>.+)")
ROW_CONDITION_ARGUMENTS = ("row_condition", "condition_parser")  # in a language of Great Expectations' own
HASHES_IN_MEMORY = 10_000_000  # hashes of rows that are in memory


class SuiteError(ValueError):
    """What is wrong with a check as it is written, and what to do about it."""

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.mend = mend


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompiledExpectation:
    """One expectation compiled. `units` and `failed` are counts; `rows` says of each row whether it fails (never
    null), and is None where the demand is on the table as a whole, which is then its one unit.

    Of parts of a table, `units` add up always, and `failed` do save in two cases: a demand on the table holds if
    `of_rows` does of all its rows' number, and one on `unique` columns fails in all `counted` rows that share a value.
    """

    words: str
    columns: tuple[str, ...]
    units: pl.Expr
    failed: pl.Expr
    rows: pl.Expr | None = None
    is_unit: pl.Expr | None = None  # which rows are units; all where absent
    unique: tuple[str, ...] = ()
    row_count_test: Callable[[pl.Expr], pl.Expr] | None = None
    mostly: float = 1.0

    def is_met(self, units: int, failed: int) -> bool:
        """Whether enough units hold; so they do where there is none. The quotient is the one that GX compares."""
        return units == 0 or (units - failed) / units >= self.mostly


def has_unique_rows(rows: pl.LazyFrame, columns: Sequence[str]) -> bool:
    """Whether no two rows can be alike in these columns: quick and sure if True, and to be looked into if False.

    Rows that are alike have the same 64-bit hash, so rows with as many hashes as rows all differ. So many hashes are
    looked at together as fit into memory: those that leave the same remainder.
    """
    hashes = rows.select(hash=reduce(xor, (pl.col(name).hash(seed) for seed, name in enumerate(columns))))
    parts = -(-rows.select(pl.len()).collect().item() // HASHES_IN_MEMORY) or 1
    for part in range(parts):
        hashed = hashes.filter(pl.col("hash") % parts == part).collect(engine="streaming").to_series()
        if hashed.n_unique() < len(hashed):
            return False
    return True


def has_polars_reading(expectation: str, kwargs: Mapping[str, Any]) -> bool:
    """Whether polars reads an expectation with these arguments, and not Great Expectations alone."""
    return expectation in EXPECTATIONS and not any(name in kwargs for name in ROW_CONDITION_ARGUMENTS)


def compile_expectation(expectation: str, kwargs: Mapping[str, Any]) -> CompiledExpectation:
    """Compile one expectation that polars reads; ValueError says why it cannot be compiled."""
    build = EXPECTATIONS[expectation]
    arguments = inspect.signature(build).parameters
    if unknown := [name for name in kwargs if name not in arguments]:
        raise SuiteError(
            f"does not take {format_list(unknown)}; it takes {format_list(list(arguments), most=len(arguments))}",
            suggest_name(unknown[0], arguments),
        )
    if lacking := [name for name, one in arguments.items() if one.default is one.empty and name not in kwargs]:
        raise ValueError(f"needs {format_list(lacking)}")
    for name, kind in get_type_hints(build).items():
        if name in kwargs:
            _refuse_mistyped_argument(name, kwargs[name], kind)
    return build(**kwargs)


def _refuse_mistyped_argument(name: str, value: Any, kind: Any) -> None:
    """Refuse a value that is not of the type that an expectation asks for: ValueError."""
    try:
        TypeAdapter(kind).validate_python(value, strict=True)
    except ValidationError as error:
        message = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise ValueError(f"takes another `{name}`: {message[0].lower()}{message[1:]}") from None


def add_derived_columns(
    frame: pl.LazyFrame,
    columns: Sequence[str],
    *,
    tables: Mapping[str, pl.LazyFrame],
    keys: Mapping[str, tuple[str, ...]],
) -> pl.LazyFrame:
    """Add to a table those of the columns that are not its own.

    `X in TABLE` (its key) or `X in TABLE.COLUMN`: whether the value is there, blank where X is. `day of X`: the date
    of a time. ValueError where a column is neither the table's own nor one of these.
    """
    for name in columns:
        if name in frame.collect_schema():
            continue
        if day := DAY_OF_PATTERN.fullmatch(name):
            _refuse_unknown_column(day["column"], frame)
            frame = frame.with_columns(pl.col(day["column"]).dt.date().alias(name))
        elif match := REFERENCE_PATTERN.fullmatch(name):
            column, table, of = match.groups()
            _refuse_unknown_column(column, frame)
            if table not in tables:
                mend = suggest_name(table, tables) or f"Name one of {format_list(list(tables), most=len(tables))}."
                raise SuiteError(f"refers to a table that was not read: {table}", mend)
            if of is None and len(keys.get(table, ())) != 1:
                raise ValueError(f"refers to {table}, which has no key of one column; write {table}.COLUMN")
            if of is not None:
                _refuse_unknown_column(of, tables[table])
            reference_values = tables[table].select(of or keys[table][0]).collect().to_series()
            frame = frame.with_columns(pl.col(column).is_in(reference_values.implode()).alias(name))
        else:
            _refuse_unknown_column(name, frame)
    return frame


def _refuse_unknown_column(name: str, frame: pl.LazyFrame) -> None:
    """Refuse a column that a table has not. SuiteError names the nearest, or all that there are."""
    names = frame.collect_schema().names()
    if name not in names:
        mend = suggest_name(name, names) or f"Name one of {format_list(names, most=len(names))}."
        raise SuiteError(f"names a column that is not there: {name}", mend)


def build_row_expectation(
    words: str,
    columns: Sequence[str],
    holds: pl.Expr,
    *,
    is_unit: pl.Expr | None = None,
    mostly: float = 1.0,
    unique: bool = False,
) -> CompiledExpectation:
    """A demand on each row that is `is_unit`, every row where absent. What cannot be told does not hold."""
    fails = ~holds.fill_null(False) if is_unit is None else is_unit & ~holds.fill_null(False)
    return CompiledExpectation(
        words=words if mostly == 1 else f"{words}, in at least {format_percent(mostly)}",
        columns=tuple(columns),
        units=pl.len() if is_unit is None else is_unit.sum(),
        failed=fails.sum(),
        rows=fails,
        is_unit=is_unit,
        unique=tuple(columns) if unique else (),
        mostly=mostly,
    )


def _build_value_expectation(
    words: str, column: str, holds: pl.Expr, mostly: float, *, unique: bool = False
) -> CompiledExpectation:
    """A demand on each value that is there: a blank is not a unit."""
    return build_row_expectation(
        words, [column], holds, is_unit=pl.col(column).is_not_null(), mostly=mostly, unique=unique
    )


def _build_table_expectation(words: str, holds: Callable[[pl.Expr], pl.Expr]) -> CompiledExpectation:
    failed = (~holds(pl.len())).cast(pl.Int64)
    return CompiledExpectation(words=words, columns=(), units=pl.lit(1), failed=failed, row_count_test=holds)


def _expect_not_null(*, column: str, mostly: float = 1.0) -> CompiledExpectation:
    words = f"{column} is never blank" if mostly == 1 else f"{column} is filled"
    return build_row_expectation(words, [column], pl.col(column).is_not_null(), mostly=mostly)


def _expect_unique(*, column: str, mostly: float = 1.0) -> CompiledExpectation:
    return _build_value_expectation(
        f"{column} is never repeated", column, pl.col(column).is_unique(), mostly, unique=True
    )


def _expect_unique_together(
    *, column_list: Sequence[str], ignore_row_if: str = "all_values_are_missing", mostly: float = 1.0
) -> CompiledExpectation:
    filled = pl.col(column_list).is_not_null()
    is_unit = _choose_units(
        ignore_row_if,
        all_values_are_missing=pl.any_horizontal(filled),
        any_value_is_missing=pl.all_horizontal(filled),
        never=None,
    )
    words = f"{format_list(column_list, most=len(column_list))} together are never repeated"
    alone = pl.struct(column_list).is_unique()
    return build_row_expectation(words, column_list, alone, is_unit=is_unit, mostly=mostly, unique=True)


def _expect_in_set(*, column: str, value_set: Sequence[Any], mostly: float = 1.0) -> CompiledExpectation:
    if any(isinstance(value, date) for value in value_set):
        raise ValueError("takes no dates; ask by expect_column_values_to_be_between")
    reference = REFERENCE_PATTERN.fullmatch(column)
    words = (
        f"is found in {column.split(' in ')[1]}" if reference else f"is one of {format_list([*map(str, value_set)])}"
    )
    return _build_value_expectation(
        f"{reference['column'] if reference else column} {words}", column, pl.col(column).is_in(value_set), mostly
    )


def _expect_match(*, column: str, regex: str, mostly: float = 1.0) -> CompiledExpectation:
    try:
        re.compile(regex)
    except re.error as error:
        raise ValueError(f"has a pattern that cannot be read: {error}") from error
    holds = pl.col(column).cast(pl.String).str.contains(regex)
    return _build_value_expectation(f"{column} has the form {regex}", column, holds, mostly)


def _expect_between(
    *,
    column: str,
    min_value: Any = None,
    max_value: Any = None,
    strict_min: bool = False,
    strict_max: bool = False,
    mostly: float = 1.0,
) -> CompiledExpectation:
    words, holds = _build_range_test(pl.col(column), min_value, max_value, strict_min, strict_max)
    return _build_value_expectation(f"{column} is {words}", column, holds, mostly)


def _expect_order(
    *,
    column_A: str,
    column_B: str,
    or_equal: bool = False,
    ignore_row_if: str = "both_values_are_missing",
    mostly: float = 1.0,
) -> CompiledExpectation:
    a, b = pl.col(column_A), pl.col(column_B)
    is_unit = _choose_units(
        ignore_row_if,
        both_values_are_missing=a.is_not_null() | b.is_not_null(),
        either_value_is_missing=a.is_not_null() & b.is_not_null(),
        neither=None,
    )
    words = f"{column_A} never precedes {column_B}" if or_equal else f"{column_A} always follows {column_B}"
    return build_row_expectation(
        words, [column_A, column_B], a >= b if or_equal else a > b, is_unit=is_unit, mostly=mostly
    )


def _expect_length(*, column: str, value: int, mostly: float = 1.0) -> CompiledExpectation:
    holds = pl.col(column).cast(pl.String).str.len_chars() == value
    return _build_value_expectation(f"{column} has {format_plural(value, 'character')}", column, holds, mostly)


def _expect_row_count(*, value: int) -> CompiledExpectation:
    return _build_table_expectation(f"holds exactly {format_plural(value, 'row')}", lambda rows: rows == value)


def _expect_row_count_between(
    *, min_value: int | None = None, max_value: int | None = None, strict_min: bool = False, strict_max: bool = False
) -> CompiledExpectation:
    def build_test(rows: pl.Expr) -> tuple[str, pl.Expr]:
        return _build_range_test(rows, min_value, max_value, strict_min, strict_max)

    return _build_table_expectation(
        f"the number of rows is {build_test(pl.len())[0]}", lambda rows: build_test(rows)[1]
    )


def _choose_units(choice: str, **choices: pl.Expr | None) -> pl.Expr | None:
    if choice not in choices:
        raise ValueError(f"has no such ignore_row_if; it may be {format_list(list(choices))}")
    return choices[choice]


def _build_range_test(value: pl.Expr, low: Any, high: Any, strict_low: bool, strict_high: bool) -> tuple[str, pl.Expr]:
    if low is None and high is None:
        raise ValueError("needs min_value or max_value")
    words, holds = [], []
    if low is not None:
        words.append(f"{'more than' if strict_low else 'at least'} {_format_value(low)}")
        holds.append(value > low if strict_low else value >= low)
    if high is not None:
        words.append(f"{'less than' if strict_high else 'at most'} {_format_value(high)}")
        holds.append(value < high if strict_high else value <= high)
    return " and ".join(words), pl.all_horizontal(holds)


def _format_value(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


EXPECTATIONS: dict[str, Callable[..., CompiledExpectation]] = {
    "expect_column_values_to_not_be_null": _expect_not_null,
    "expect_column_values_to_be_unique": _expect_unique,
    "expect_compound_columns_to_be_unique": _expect_unique_together,
    "expect_column_values_to_be_in_set": _expect_in_set,
    "expect_column_values_to_match_regex": _expect_match,
    "expect_column_values_to_be_between": _expect_between,
    "expect_column_pair_values_a_to_be_greater_than_b": _expect_order,
    "expect_column_value_lengths_to_equal": _expect_length,
    "expect_table_row_count_to_equal": _expect_row_count,
    "expect_table_row_count_to_be_between": _expect_row_count_between,
}
