"""The functions of a condition: what rows come to, the state of a cell, working time, and the program's predicates."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl
from sqlglot import exp

from audit.policy.calendar_time import count_calendar_days, count_calendar_months, count_calendar_years
from audit.policy.compiled_condition import CompiledPart, References, merge_references
from audit.policy.parser import KNOWN_FORMS
from audit.policy.scope import FormCompiler, Scope
from audit.policy.values import (
    DATE_KINDS,
    Aggregate,
    CompiledValue,
    convert_to_day,
    make_exact_value,
    name_aggregate_columns,
)
from audit.policy.working_time import count_working_days, count_working_hours

_STATE_FUNCTIONS = ("blank", "redacted", "uninformative", "not_provided")
_CALENDAR_FUNCTIONS = {
    "calendar_days": count_calendar_days,
    "months_between": count_calendar_months,
    "years_between": count_calendar_years,
}
_AGGREGATE_FUNCTIONS = ("total", "earliest", "latest")


def compile_count(node: exp.Expr, scope: Scope) -> CompiledPart:
    """How many rows of a child table meet a condition."""
    if len(node.expressions) > 1:
        scope.refuse(f"uses `{node.sql()}`, which is not part of the language", f"It knows {KNOWN_FORMS}.")
    where = node.expressions[0] if node.expressions else None
    return _compile_aggregate(node, scope, "count", node.this, None, where)


def compile_function(node: exp.Expr, scope: Scope) -> CompiledPart:
    """What a function of the language, or a predicate of the program, gives."""
    if node.name in scope.vocabulary.predicates:
        return _compile_predicate(node, scope)
    name = node.name.lower()
    if name == "count_on_file" and 1 <= len(node.expressions) <= 2:
        return _compile_aggregate(node, scope, name, node.expressions[0], None, *node.expressions[1:] or [None])
    if name in _STATE_FUNCTIONS:
        return _compile_state(node, scope, name)
    if name in ("working_days", "working_hours"):
        return _compile_working_time(node, scope, name)
    if name in _CALENDAR_FUNCTIONS:
        return _compile_calendar_time(node, scope, name, node.expressions)
    if name not in _AGGREGATE_FUNCTIONS or not 2 <= len(node.expressions) <= 3:
        scope.refuse(f"uses `{node.sql()}`, which is not part of the language", f"It knows {KNOWN_FORMS}.")
    table, value, *where = node.expressions
    return _compile_aggregate(node, scope, name, table, value, where[0] if where else None)


def _compile_aggregate(
    node: exp.Expr, scope: Scope, kind: str, table: exp.Expr, value: exp.Expr | None, where: exp.Expr | None
) -> CompiledPart:
    child = table.name if isinstance(table, exp.Column) else ""
    if child not in scope.vocabulary.children or scope.table:
        tables = ", ".join(scope.vocabulary.children) or "none"
        of = "TABLE, VALUE" if value else "TABLE"
        scope.refuse(f"looks over `{table}`", f"Write {kind}({of} where CONDITION) over one of: {tables}.")
    of_rows = replace(scope, table=child)
    value_part = of_rows.compile(value) if value else None
    fitting = ("number",) if kind == "total" else DATE_KINDS
    if value_part and value_part.value.kind not in (*fitting, "any"):
        what = f"takes the {kind} of what is {value_part.value.kind}"
        scope.refuse(what, "Take a total of numbers, the earliest of dates.")
    where_part = of_rows.compile_truth(where) if where else None
    read = merge_references(part.references for part in (value_part, where_part) if part)
    text = f"{child}{', ' + value.sql() if value else ''}{' where ' + where.sql() if where else ''}"
    aggregate = Aggregate(
        name=f"{kind}({text})",
        kind=kind,
        child=child,
        value=value_part.value.low if value_part else None,
        where=where_part.value.low if where_part else None,
        fields=tuple(sorted({*read.fields, *read.row_columns, *read.states})),
        value_fields=read.row_values,
    )
    value_kind = value_part.value.kind if value_part and kind != "total" else "number"
    return _reference_aggregate(aggregate, read, scope, value_kind)


def _reference_aggregate(aggregate: Aggregate, read: References, scope: Scope, value_kind: str) -> CompiledPart:
    """What stands for an aggregate in the condition: the columns that will hold it."""
    columns = name_aggregate_columns(aggregate.name)
    if aggregate.is_count:
        value = CompiledValue("number", pl.col(columns.low), pl.col(columns.high))
    else:
        value = make_exact_value(value_kind, pl.col(columns.low))
    references = replace(
        read,
        row_columns=(),
        row_values=(),
        states=(),
        blanks={**read.blanks, aggregate.name: pl.lit(True)},
        aggregates={aggregate.name: aggregate},
        values={} if scope.inside else {aggregate.name: value},  # inside a term, the term's own name says more
    )
    return CompiledPart(value=value, references=references)


def _compile_working_time(node: exp.Expr, scope: Scope, name: str) -> CompiledPart:
    holidays = scope.vocabulary.holidays
    if holidays is None:
        scope.refuse(f"uses `{node.sql()}`, and there is no calendar", 'Declare one in program.toml: calendar = "US".')
    times = _compile_two_times(node, scope, name, node.expressions)
    count = count_working_days if name == "working_days" else count_working_hours
    start, end = (time.value.low for time in times)
    return CompiledPart(
        value=make_exact_value("number", count(start, end, holidays)),
        references=merge_references(time.references for time in times),
    )


def compile_months_between(node: exp.Expr, scope: Scope) -> CompiledPart:
    """Whole months from one day to another: the grammar has a form of its own for them."""
    return _compile_calendar_time(node, scope, "months_between", [node.this, node.expression])


def _compile_calendar_time(node: exp.Expr, scope: Scope, name: str, arguments: Sequence[exp.Expr]) -> CompiledPart:
    """Days, whole months or whole years from one day to another."""
    times = _compile_two_times(node, scope, name, arguments)
    start, end = (convert_to_day(time.value).low for time in times)
    return CompiledPart(
        value=make_exact_value("number", _CALENDAR_FUNCTIONS[name](start, end)),
        references=merge_references(time.references for time in times),
    )


def _compile_two_times(node: exp.Expr, scope: Scope, name: str, arguments: Sequence[exp.Expr]) -> list[CompiledPart]:
    times = [scope.compile(time) for time in arguments]
    if len(times) != 2 or any(time.value.kind not in (*DATE_KINDS, "any") for time in times):
        scope.refuse(f"uses `{node.sql()}`", f"Write {name}(FROM, TO) with two dates or times.")
    return times


def _compile_predicate(node: exp.Expr, scope: Scope) -> CompiledPart:
    predicate = scope.vocabulary.predicates[node.name]
    arguments = [scope.compile(argument) for argument in node.expressions]
    if len(arguments) != len(predicate.takes) or any(
        one.value.kind not in (*(DATE_KINDS if kind == "date" else (kind,)), "any")
        for one, kind in zip(arguments, predicate.takes, strict=True)
    ):
        scope.refuse(f"uses `{node.sql()}`", f"It takes {', '.join(predicate.takes)}.")
    values = [one.value for one in arguments]
    truth = predicate.function(*(pl.when(value.low == value.high).then(value.low) for value in values))
    if not isinstance(truth, pl.Expr):
        scope.refuse(f"uses `{node.sql()}`, which gives no expression", "Let it give a polars expression.")
    value = make_exact_value("truth", truth)
    own = References(values={} if scope.table else {node.sql(): value})
    references = merge_references([*(one.references for one in arguments), own])
    return CompiledPart(value=value, references=references)


def _compile_state(node: exp.Expr, scope: Scope, name: str) -> CompiledPart:
    """Whether a cell is blank, redacted, uninformative, or was asked for and not provided."""
    of = node.expressions[0] if len(node.expressions) == 1 else None
    if not isinstance(of, exp.Column):
        scope.refuse(f"uses `{node.sql()}`", f"Write {name}(COLUMN).")
    part, state = replace(scope, only_state=True).compile(of), f"{of.name}.state"
    if state in (scope.row_columns if of.name in scope.row_columns else scope.vocabulary.columns):
        truth = pl.col(state).fill_null("blank") == name
        references = merge_references([part.references, References(states=(state,))])
    else:
        truth = part.value.low.is_null() if name == "blank" else pl.lit(False)
        references = part.references
    return CompiledPart(value=make_exact_value("truth", truth), references=references)


#: Which function compiles each form that is written as a function.
COMPILER_BY_FUNCTION: dict[type[exp.Expr], FormCompiler] = {
    exp.Count: compile_count,
    exp.Anonymous: compile_function,
    exp.MonthsBetween: compile_months_between,
}
