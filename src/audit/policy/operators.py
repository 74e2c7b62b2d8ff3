"""The forms of a condition that are not functions: constants, comparisons, and, or, not, blanks and sums.

An operator more is a function here and its line in COMPILER_BY_OPERATOR, and its words in `parser.KNOWN_FORMS`; a
comparison more has its sign here and what it does to two values in `values.COMPARISON_BY_SIGN`.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import reduce
from itertools import chain
from operator import and_, or_

import polars as pl
from sqlglot import exp

from audit.policy.calendar_time import shift_time
from audit.policy.compiled_condition import (
    ColumnPlace,
    CompiledPart,
    References,
    merge_references,
)
from audit.policy.scope import FormCompiler, Scope
from audit.policy.values import (
    COMPARISON_BY_SIGN,
    DATE_KINDS,
    CompiledValue,
    is_any_true,
    is_at_least,
    is_equal,
    make_exact_value,
)

_SIGN_BY_COMPARISON: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
}
_LONGEST_NUMBER_BY_UNIT = {"hour": 6, "day": 6, "month": 4, "year": 3}  # digits of an interval


def compile_literal(node: exp.Expr, scope: Scope) -> CompiledPart:
    """A text, a number, true or false."""
    if isinstance(node, exp.Boolean):
        return _make_constant("truth", bool(node.this))
    if node.is_string:
        return _make_constant("text", node.name)
    return _make_constant("number", int(node.name) if node.name.isdigit() else float(node.name))


def compile_date(node: exp.Expr, scope: Scope) -> CompiledPart:
    """A day: date '2011-03-02'."""
    if node.args["to"].this != exp.DataType.Type.DATE or not isinstance(node.this, exp.Literal):
        scope.refuse(f"uses `{node.sql()}`", "Write a date as date '2011-03-02'.")
    try:
        return _make_constant("date", date.fromisoformat(node.this.name))
    except ValueError:
        scope.refuse(f"has no day `{node.this.name}`", "Write a date as date '2011-03-02'.")


def compile_parenthesis(node: exp.Expr, scope: Scope) -> CompiledPart:
    """What stands in parentheses."""
    return scope.compile(node.this)


def compile_and(node: exp.Expr, scope: Scope) -> CompiledPart:
    """Whether both sides are true."""
    return _compile_connective(node, scope, and_)


def compile_or(node: exp.Expr, scope: Scope) -> CompiledPart:
    """Whether one side or both are true."""
    return _compile_connective(node, scope, or_)


def compile_not(node: exp.Expr, scope: Scope) -> CompiledPart:
    """Whether what stands inside is false."""
    part = scope.compile_truth(node.this)
    return CompiledPart(value=make_exact_value("truth", ~part.value.low), references=part.references)


def compile_comparison(node: exp.Expr, scope: Scope) -> CompiledPart:
    """Whether two values are equal, or one is more or less than the other."""
    left, right = scope.compile(node.this), scope.compile(node.expression)
    scope.refuse_unlike_kinds(left.value, right.value, node)
    compare = COMPARISON_BY_SIGN[_SIGN_BY_COMPARISON[type(node)]]
    return _make_truth(compare(left.value, right.value), left, right)


def compile_in(node: exp.Expr, scope: Scope) -> CompiledPart:
    """Whether a value is one of several."""
    part = scope.compile(node.this)
    if not node.expressions:
        scope.refuse(f"uses `{node.sql()}`", "Name at least one value.")
    options = [scope.compile(option) for option in node.expressions]
    for option in options:
        scope.refuse_unlike_kinds(part.value, option.value, node)
    return _make_truth(is_any_true(is_equal(part.value, option.value) for option in options), part, *options)


def compile_between(node: exp.Expr, scope: Scope) -> CompiledPart:
    """Whether a value lies between two others, or is one of them."""
    part, low, high = (scope.compile(node.args[name]) for name in ("this", "low", "high"))
    for end in (low, high):
        scope.refuse_unlike_kinds(part.value, end.value, node)
    return _make_truth(is_at_least(part.value, low.value) & is_at_least(high.value, part.value), part, low, high)


def compile_is_null(node: exp.Expr, scope: Scope) -> CompiledPart:
    """Whether a column, or a term, is blank."""
    if not isinstance(node.expression, exp.Null) or not isinstance(node.this, exp.Column):
        scope.refuse(f"uses `{node.sql()}`", "Write COLUMN is null, or COLUMN is not null.")
    part = replace(scope, only_state=True).compile(node.this)
    return CompiledPart(value=make_exact_value("truth", part.value.low.is_null()), references=part.references)


def compile_addition(node: exp.Expr, scope: Scope) -> CompiledPart:
    """A sum or difference of numbers, or a day some days or hours before or after another."""
    start, sign = scope.compile(node.this), 1 if isinstance(node, exp.Add) else -1
    if isinstance(node.expression, exp.Interval):
        return _shift_date(node, start, sign, scope)
    other = scope.compile(node.expression)
    a, b = start.value, other.value
    if {a.kind, b.kind} <= {*DATE_KINDS} and sign < 0:
        days = f"calendar_days({node.expression.sql()}, {node.this.sql()})"
        scope.refuse(f"subtracts one day from another in `{node.sql()}`", f"Write {days} for the days between them.")
    if not {a.kind, b.kind} <= {"number", "any"}:
        scope.refuse(f"adds {a.kind} and {b.kind} in `{node.sql()}`", "Add numbers, or an interval to a date.")
    value = (
        CompiledValue("number", a.low - b.high, a.high - b.low)
        if sign < 0
        else CompiledValue("number", a.low + b.low, a.high + b.high)
    )
    return CompiledPart(value=value, references=merge_references([start.references, other.references]))


def compile_negation(node: exp.Expr, scope: Scope) -> CompiledPart:
    """A number with the other sign."""
    part = scope.compile(node.this)
    value = part.value
    if value.kind not in ("number", "any"):
        scope.refuse(f"uses `{node.sql()}`", "Only a number can be negative.")
    negative = (
        make_exact_value("number", -value.low) if value.is_exact else CompiledValue("number", -value.high, -value.low)
    )
    constant = -part.constant if isinstance(part.constant, int | float) else None
    return CompiledPart(value=negative, references=part.references, constant=constant)


def _shift_date(node: exp.Expr, start: CompiledPart, sign: int, scope: Scope) -> CompiledPart:
    interval = node.expression
    unit = str(interval.unit or "").lower().rstrip("s")
    number = interval.this.name if interval.this else ""
    is_interval = number.isdigit() and len(number) <= _LONGEST_NUMBER_BY_UNIT.get(unit, 0)
    if start.value.kind not in (*DATE_KINDS, "any") or not is_interval:
        mend = "Add to a date an interval such as interval '5' day, '48' hour, '3' month or '1' year."
        scope.refuse(f"uses `{node.sql()}`", mend)
    shifted = shift_time(start.value.low, sign * int(number), unit)
    kind = "time" if unit == "hour" else start.value.kind
    return CompiledPart(value=make_exact_value(kind, shifted), references=start.references)


def _compile_connective(node: exp.Expr, scope: Scope, connect: Callable[[pl.Expr, pl.Expr], pl.Expr]) -> CompiledPart:
    parts = [_compile_operand(side, scope) for side in (node.this, node.expression)]
    return CompiledPart(
        value=make_exact_value("truth", reduce(connect, (part.value.low for part in parts))),
        references=merge_references(part.references for part in parts),
    )


def _compile_operand(node: exp.Expr, scope: Scope) -> CompiledPart:
    """One side of an and, or: a blank there matters only while its own truth is unknown."""
    part = scope.compile_truth(node)
    if scope.table:  # of a row, not of the case: an aggregate says itself what leaves it unsure
        return part
    unknown = part.value.low.is_null()
    blanks = {name: missing & unknown for name, missing in part.references.blanks.items()}
    return replace(part, references=replace(part.references, blanks=blanks))


def _make_constant(kind: str, value: object) -> CompiledPart:
    return CompiledPart(value=make_exact_value(kind, pl.lit(value)), constant=value)


def _make_truth(truth: pl.Expr, *compared: CompiledPart) -> CompiledPart:
    """The truth of a comparison, which notes the constants that a column is compared with."""
    columns: list[ColumnPlace] = [part.column for part in compared if part.column]
    constants = tuple(part.constant for part in compared if part.constant is not None)
    noted = References(constants=dict.fromkeys(columns, constants) if constants else {})
    references = merge_references(chain((part.references for part in compared), [noted]))
    return CompiledPart(value=make_exact_value("truth", truth), references=references)


#: Which function compiles each form; the language has these, columns and terms, and the functions.
COMPILER_BY_OPERATOR: dict[type[exp.Expr], FormCompiler] = {
    exp.Literal: compile_literal,
    exp.Boolean: compile_literal,
    exp.Cast: compile_date,
    exp.Paren: compile_parenthesis,
    exp.And: compile_and,
    exp.Or: compile_or,
    exp.Not: compile_not,
    exp.In: compile_in,
    exp.Between: compile_between,
    exp.Is: compile_is_null,
    exp.Add: compile_addition,
    exp.Sub: compile_addition,
    exp.Neg: compile_negation,
    **dict.fromkeys(_SIGN_BY_COMPARISON, compile_comparison),
}
