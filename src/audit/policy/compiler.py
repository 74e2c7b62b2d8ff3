"""The language of conditions: text a lawyer can read, compiled node by node into three-valued expressions.

A condition is an SQL predicate in a closed set of forms. A form without its own rule here cannot pass, and the
text never reaches an engine. The value of a condition is a nullable Boolean: true, false, or null for *unknown*.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from typing import NamedTuple, NoReturn

import polars as pl
from sqlglot import exp

from audit.errors import AuditError, ExitCode, Problem
from audit.policy.parser import KNOWN_FORMS, SIGN_BY_OPERATOR, has_only_known_parts, parse_condition
from audit.policy.values import (
    COMPARISON_BY_SIGN,
    Aggregate,
    CompiledValue,
    is_any_true,
    is_at_least,
    is_equal,
    make_exact_value,
    name_term_columns,
)
from audit.policy.vocabulary import Vocabulary
from audit.policy.working_time import count_working_days, count_working_hours

NO_UPPER_LIMIT = 2**60  # stands for "no upper limit" where rows may exist that nobody recorded

_KIND_BY_COLUMN_TYPE = {"integer": "number", "yes_no": "truth", "office": "text", "datetime": "date"}
_STATE_FUNCTIONS = ("blank", "redacted", "uninformative")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Condition:
    """One condition, compiled: its truth, and everything it looked at."""

    text: str
    truth: pl.Expr  # nullable Boolean
    fields: tuple[str, ...]  # case columns it reads, inside terms included
    decisive_blanks: Mapping[
        str, pl.Expr
    ]  # of those, and of tallies: whether a blank there leaves the condition unknown
    aggregates: tuple[Aggregate, ...]
    values_by_name: Mapping[str, CompiledValue]  # columns, counts and terms by the name the text gives them
    terms: Mapping[
        str, CompiledValue
    ]  # what the columns hold that its terms are read from, an inner term before an outer


def compile_condition(text: str, vocabulary: Vocabulary, *, place: str) -> Condition:
    """Compile a condition. Raises AuditError (USAGE) that names `place` and what is not part of the language."""
    compiler = _Compiler(vocabulary, place, text)
    meaning = compiler.compile_text()
    if meaning.kind not in ("truth", "any"):
        compiler.refuse("is not a condition: it has a value, not a truth", "Compare it with something.")
    return Condition(
        text=text,
        truth=meaning.low,
        fields=tuple(compiler.fields),
        decisive_blanks=dict(compiler.asked),
        aggregates=tuple(compiler.tallies.values()),
        values_by_name=dict(compiler.named),
        terms={name: term.meaning for name, term in compiler.terms.items()},
    )


def compile_value(text: str, vocabulary: Vocabulary, *, place: str) -> CompiledValue:
    """Compile a term or any other piece of a condition, whatever its kind. Refuses as `compile_condition` does."""
    return _Compiler(vocabulary, place, text).compile_text()


def compile_column_condition(text: str, columns: Mapping[str, str] | Collection[str], *, place: str) -> pl.Expr:
    """The truth of a condition over the columns of one table, as a nullable Boolean."""
    typed = columns if isinstance(columns, Mapping) else dict.fromkeys(columns, "any")
    return compile_condition(text, Vocabulary(columns=typed), place=place).truth


class _CompiledTerm(NamedTuple):
    """A term that has been read."""

    meaning: CompiledValue
    decisive_blanks: Mapping[str, pl.Expr]
    expanded: int  # terms it names, itself among them


class _Compiler:
    """The state of reading one condition: what it has named so far."""

    def __init__(self, vocabulary: Vocabulary, place: str, text: str) -> None:
        self.vocabulary, self.place, self.text = vocabulary, place, text
        self.fields: dict[str, None] = {}
        self.asked: dict[str, pl.Expr] = {}
        self.tallies: dict[str, Aggregate] = {}
        self.named: dict[str, CompiledValue] = {}
        self.terms: dict[str, _CompiledTerm] = {}
        self.expanded = 0  # terms, each as often as it is named
        self.row: Mapping[str, str] | None = None  # columns of the child table whose rows are being looked at
        self.of_rows: dict[str, None] = {}  # those of them whose value is asked for
        self.states: dict[str, None] = {}  # and columns that say what state another is in
        self.inside: tuple[str, ...] = ()  # terms being expanded
        self.looking = False  # only at whether a column is blank

    def compile_text(self) -> CompiledValue:
        try:
            return self.compile_node(self.parse_text(self.text))
        except RecursionError:
            self.refuse("is nested too deeply to be read", "Write it more simply, or name parts of it as terms.")

    def refuse(self, what: str, mend: str) -> NoReturn:
        problem = Problem(what=f"the condition `{self.text}` {what}", mend=mend, file=self.place)
        raise AuditError(problem, code=ExitCode.USAGE)

    def parse_text(self, text: str) -> exp.Expr:
        return parse_condition(text, self.refuse)

    def compile_node(self, node: exp.Expr) -> CompiledValue:
        rule = _COMPILER_BY_FORM.get(type(node))
        if rule is None or not has_only_known_parts(node):
            self.refuse(f"uses `{node.sql()}`, which is not part of the language", f"It knows {KNOWN_FORMS}.")
        return rule(self, node)

    def note_blank(self, name: str, missing: pl.Expr) -> None:
        """Note that a blank in `name` may leave the condition unknown."""
        self.asked[name] = self.asked[name] | missing if name in self.asked else missing

    def compile_operand(self, node: exp.Expr) -> pl.Expr:
        """One side of an and, or, not: what it asks matters only while its own truth is unknown."""
        if self.row is not None:  # of a row, not of the case: a tally says itself what leaves it unsure
            return self.compile_truth(node)
        outer, self.asked = self.asked, {}
        truth = self.compile_truth(node)
        inner, self.asked = self.asked, outer
        for name, missing in inner.items():
            self.note_blank(name, missing & truth.is_null())
        return truth

    def compile_term(self, name: str) -> CompiledValue:
        """What a term stands for: columns that hold its value, made once however often it is named."""
        if name not in self.terms:
            outer = self.inside, self.looking, self.asked, self.expanded
            self.inside, self.looking, self.asked, self.expanded = (*self.inside, name), False, {}, 1
            self.terms[name] = _CompiledTerm(
                self.compile_node(self.parse_text(self.vocabulary.terms[name])), self.asked, self.expanded
            )
            self.inside, self.looking, self.asked, self.expanded = outer
        value, blanks, expanded = self.terms[name]
        self.expanded += expanded
        if self.expanded > 200:
            self.refuse("names terms within terms too often to be read", "Write it more simply.")
        for of, missing in blanks.items():
            self.note_blank(of, missing)
        least, most = map(pl.col, name_term_columns(name))
        return make_exact_value(value.kind, least) if value.is_exact else CompiledValue(value.kind, least, most)

    def compile_truth(self, node: exp.Expr) -> pl.Expr:
        meaning = self.compile_node(node)
        if meaning.kind not in ("truth", "any"):
            self.refuse(f"uses `{node.sql()}` as if it were true or false", "Compare it with something.")
        return meaning.low

    def refuse_unlike_kinds(self, one: CompiledValue, other: CompiledValue, node: exp.Expr) -> None:
        if "any" not in (one.kind, other.kind) and one.kind != other.kind:
            self.refuse(f"compares {one.kind} with {other.kind} in `{node.sql()}`", "Compare like with like.")


def _compile_column(compiler: _Compiler, node: exp.Expr) -> CompiledValue:
    name = node.name
    if compiler.row is not None and name in compiler.row:
        if not compiler.looking:
            compiler.of_rows.setdefault(name)
        return make_exact_value(_find_kind(compiler.row[name]), pl.col(name))
    if name in compiler.vocabulary.columns:
        compiler.fields.setdefault(name)
        if not compiler.looking:
            compiler.note_blank(name, pl.col(name).is_null())
        meaning = make_exact_value(_find_kind(compiler.vocabulary.columns[name]), pl.col(name))
    elif name in compiler.vocabulary.terms and name not in compiler.inside and compiler.row is None:
        meaning = compiler.compile_term(name)
    else:
        if name in compiler.inside:
            compiler.refuse(f"defines the term `{name}` by itself", "Define it by columns and other terms.")
        names = [*(compiler.row or ()), *compiler.vocabulary.columns, *compiler.vocabulary.terms]
        near = get_close_matches(name, names, n=1)
        hint = f"Did you mean `{near[0]}`?" if near else "Name a declared column or a defined term."
        compiler.refuse(f"names `{name}`, which is neither a column nor a term", hint)
    if compiler.row is None:
        compiler.named[name] = meaning
    return meaning


def _compile_count(compiler: _Compiler, node: exp.Expr) -> CompiledValue:
    if len(node.expressions) > 1:
        compiler.refuse(f"uses `{node.sql()}`, which is not part of the language", f"It knows {KNOWN_FORMS}.")
    where = node.expressions[0] if node.expressions else None
    aggregate = _compile_aggregate(compiler, node, "count", node.this, None, where, of="TABLE")
    return _register_aggregate(
        compiler, aggregate, CompiledValue("number", pl.col(aggregate.name), pl.col(aggregate.maximum_column))
    )


def _compile_function(compiler: _Compiler, node: exp.Expr) -> CompiledValue:
    if node.name in compiler.vocabulary.predicates:
        return _compile_predicate(compiler, node)
    name = node.name.lower()
    if name in _STATE_FUNCTIONS:
        return _compile_state(compiler, node, name)
    if name in ("working_days", "working_hours"):
        return _compile_working_time(compiler, node, name)
    if name not in ("total", "earliest", "latest") or not 2 <= len(node.expressions) <= 3:
        compiler.refuse(f"uses `{node.sql()}`, which is not part of the language", f"It knows {KNOWN_FORMS}.")
    table, value, *where = node.expressions
    aggregate = _compile_aggregate(compiler, node, name, table, value, where[0] if where else None, of="TABLE, VALUE")
    kind = "number" if name == "total" else "date"
    return _register_aggregate(compiler, aggregate, make_exact_value(kind, pl.col(aggregate.name)))


def _compile_aggregate(
    compiler: _Compiler,
    node: exp.Expr,
    kind: str,
    table: exp.Expr,
    value: exp.Expr | None,
    where: exp.Expr | None,
    *,
    of: str,
) -> Aggregate:
    child = table.name if isinstance(table, exp.Column) else ""
    if child not in compiler.vocabulary.children or compiler.row is not None or len(node.expressions) > 3:
        tables = ", ".join(compiler.vocabulary.children) or "none"
        compiler.refuse(f"looks over `{table}`", f"Write {kind}({of} where CONDITION) over one of: {tables}.")
    compiler.row, compiler.of_rows, compiler.states = compiler.vocabulary.children[child].columns, {}, {}
    of_row = compiler.compile_node(value) if value else None
    if of_row and of_row.kind not in (("number" if kind == "total" else "date"), "any"):
        compiler.refuse(f"takes the {kind} of what is {of_row.kind}", "Take a total of numbers, the earliest of dates.")
    holds = compiler.compile_truth(where) if where else None
    compiler.row = None
    columns = {column.name for part in (value, where) if part for column in part.find_all(exp.Column)}
    text = f"{child}{', ' + value.sql() if value else ''}{' where ' + where.sql() if where else ''}"
    return Aggregate(
        name=f"{kind}({text})",
        kind=kind,
        child=child,
        value=of_row.low if of_row else None,
        where=holds,
        fields=tuple(sorted(columns | set(compiler.states))),
        value_fields=tuple(compiler.of_rows),
    )


def _register_aggregate(compiler: _Compiler, aggregate: Aggregate, meaning: CompiledValue) -> CompiledValue:
    compiler.tallies[aggregate.name] = aggregate
    compiler.note_blank(aggregate.name, pl.lit(True))
    if not compiler.inside:  # inside a term, the term's own name says more
        compiler.named[aggregate.name] = meaning
    return meaning


def _compile_working_time(compiler: _Compiler, node: exp.Expr, name: str) -> CompiledValue:
    if compiler.vocabulary.holidays is None:
        compiler.refuse(
            f"uses `{node.sql()}`, and there is no calendar", 'Declare one in program.toml: calendar = "US".'
        )
    times = [compiler.compile_node(time) for time in node.expressions]
    if len(times) != 2 or any(time.kind not in ("date", "any") for time in times):
        compiler.refuse(f"uses `{node.sql()}`", f"Write {name}(FROM, TO) with two dates or times.")
    count = count_working_days if name == "working_days" else count_working_hours
    return make_exact_value("number", count(times[0].low, times[1].low, compiler.vocabulary.holidays))


def _compile_predicate(compiler: _Compiler, node: exp.Expr) -> CompiledValue:
    predicate = compiler.vocabulary.predicates[node.name]
    arguments = [compiler.compile_node(argument) for argument in node.expressions]
    if len(arguments) != len(predicate.takes) or any(
        one.kind not in (kind, "any") for one, kind in zip(arguments, predicate.takes, strict=True)
    ):
        compiler.refuse(f"uses `{node.sql()}`", f"It takes {', '.join(predicate.takes)}.")
    truth = predicate.function(*(pl.when(one.low == one.high).then(one.low) for one in arguments))
    if not isinstance(truth, pl.Expr):
        compiler.refuse(f"uses `{node.sql()}`, which gives no expression", "Let it give a polars expression.")
    meaning = make_exact_value("truth", truth)
    if compiler.row is None:
        compiler.named[node.sql()] = meaning
    return meaning


def _compile_literal(compiler: _Compiler, node: exp.Expr) -> CompiledValue:
    if isinstance(node, exp.Boolean):
        return make_exact_value("truth", pl.lit(bool(node.this)))
    if node.is_string:
        return make_exact_value("text", pl.lit(node.name))
    return make_exact_value("number", pl.lit(int(node.name) if node.name.isdigit() else float(node.name)))


def _compile_date(compiler: _Compiler, node: exp.Expr) -> CompiledValue:
    if node.args["to"].this != exp.DataType.Type.DATE or not isinstance(node.this, exp.Literal):
        compiler.refuse(f"uses `{node.sql()}`", "Write a date as date '2011-03-02'.")
    try:
        return make_exact_value("date", pl.lit(date.fromisoformat(node.this.name)))
    except ValueError:
        compiler.refuse(f"has no day `{node.this.name}`", "Write a date as date '2011-03-02'.")


def _compile_comparison(compiler: _Compiler, node: exp.Expr) -> CompiledValue:
    left, right = compiler.compile_node(node.this), compiler.compile_node(node.expression)
    compiler.refuse_unlike_kinds(left, right, node)
    return make_exact_value("truth", COMPARISON_BY_SIGN[SIGN_BY_OPERATOR[type(node)]](left, right))


def _compile_in(compiler: _Compiler, node: exp.Expr) -> CompiledValue:
    value = compiler.compile_node(node.this)
    if not node.expressions:
        compiler.refuse(f"uses `{node.sql()}`", "Name at least one value.")
    options = [compiler.compile_node(option) for option in node.expressions]
    for option in options:
        compiler.refuse_unlike_kinds(value, option, node)
    return make_exact_value("truth", is_any_true(is_equal(value, option) for option in options))


def _compile_between(compiler: _Compiler, node: exp.Expr) -> CompiledValue:
    value, low, high = (compiler.compile_node(node.args[part]) for part in ("this", "low", "high"))
    compiler.refuse_unlike_kinds(value, low, node)
    compiler.refuse_unlike_kinds(value, high, node)
    return make_exact_value("truth", is_at_least(value, low) & is_at_least(high, value))


def _compile_is_null(compiler: _Compiler, node: exp.Expr) -> CompiledValue:
    if not isinstance(node.expression, exp.Null) or not isinstance(node.this, exp.Column):
        compiler.refuse(f"uses `{node.sql()}`", "Write COLUMN is null, or COLUMN is not null.")
    return make_exact_value("truth", _compile_for_state(compiler, node.this).is_null())


def _compile_state(compiler: _Compiler, node: exp.Expr, name: str) -> CompiledValue:
    of = node.expressions[0] if len(node.expressions) == 1 else None
    if not isinstance(of, exp.Column):
        compiler.refuse(f"uses `{node.sql()}`", f"Write {name}(COLUMN).")
    value, state = _compile_for_state(compiler, of), f"{of.name}.state"
    of_row = compiler.row if compiler.row is not None and of.name in compiler.row else compiler.vocabulary.columns
    if state in of_row:
        compiler.states.setdefault(state)
        return make_exact_value("truth", pl.col(state).fill_null("blank") == name)
    return make_exact_value("truth", value.is_null() if name == "blank" else pl.lit(False))


def _compile_for_state(compiler: _Compiler, node: exp.Expr) -> pl.Expr:
    compiler.looking = True
    value = compiler.compile_node(node).low
    compiler.looking = False
    return value


def _compile_addition(compiler: _Compiler, node: exp.Expr) -> CompiledValue:
    start, sign = compiler.compile_node(node.this), 1 if isinstance(node, exp.Add) else -1
    if isinstance(node.expression, exp.Interval):
        unit = str(node.expression.unit or "").lower().rstrip("s")
        number = node.expression.this.name if node.expression.this else ""
        if start.kind not in ("date", "any") or unit not in ("day", "hour") or not number.isdigit() or len(number) > 6:
            compiler.refuse(f"uses `{node.sql()}`", "Add to a date an interval such as interval '5' day or '48' hour.")
        moment = start.low.cast(pl.Datetime) if unit == "hour" else start.low  # a day has no hours to add to
        return make_exact_value("date", moment + timedelta(**{f"{unit}s": sign * int(number)}))
    other = compiler.compile_node(node.expression)
    if {start.kind, other.kind} != {"number"}:
        compiler.refuse(
            f"adds {start.kind} and {other.kind} in `{node.sql()}`", "Add numbers, or an interval to a date."
        )
    if sign < 0:
        return CompiledValue("number", start.low - other.high, start.high - other.low)
    return CompiledValue("number", start.low + other.low, start.high + other.high)


def _compile_negation(compiler: _Compiler, node: exp.Expr) -> CompiledValue:
    value = compiler.compile_node(node.this)
    if value.kind != "number":
        compiler.refuse(f"uses `{node.sql()}`", "Only a number can be negative.")
    return (
        CompiledValue("number", -value.high, -value.low)
        if not value.is_exact
        else make_exact_value("number", -value.low)
    )


def _find_kind(column_type: str) -> str:
    return _KIND_BY_COLUMN_TYPE.get(column_type, column_type)


_COMPILER_BY_FORM: dict[type[exp.Expr], Callable[[_Compiler, exp.Expr], CompiledValue]] = {
    exp.Column: _compile_column,
    exp.Count: _compile_count,
    exp.Literal: _compile_literal,
    exp.Boolean: _compile_literal,
    exp.Cast: _compile_date,
    exp.Paren: lambda reader, node: reader.compile_node(node.this),
    exp.And: lambda reader, node: make_exact_value(
        "truth", reader.compile_operand(node.this) & reader.compile_operand(node.expression)
    ),
    exp.Or: lambda reader, node: make_exact_value(
        "truth", reader.compile_operand(node.this) | reader.compile_operand(node.expression)
    ),
    exp.Not: lambda reader, node: make_exact_value("truth", ~reader.compile_truth(node.this)),
    exp.In: _compile_in,
    exp.Between: _compile_between,
    exp.Is: _compile_is_null,
    exp.Anonymous: _compile_function,
    exp.Add: _compile_addition,
    exp.Sub: _compile_addition,
    exp.Neg: _compile_negation,
    **dict.fromkeys(SIGN_BY_OPERATOR, _compile_comparison),
}
