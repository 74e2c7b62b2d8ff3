"""The language of conditions: text a lawyer can read, compiled node by node into three-valued expressions.

A condition is an SQL predicate in a closed set of forms. A form without its own rule here cannot pass, and the
text never reaches an engine. The value of a condition is a nullable Boolean: true, false, or null for *unknown*.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from typing import NoReturn

import narwhals as nw
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.parser import Parser
from sqlglot.tokenizer_core import TokenType
from sqlglot.tokens import Tokenizer

from audit.clock import working_days, working_hours
from audit.error import AuditError, ExitCode, Problem
from audit.meaning import COMPARISONS, Meaning, any_of, at_least, equal, exact
from audit.vocabulary import Vocabulary

MANY = 2**60  # stands for "no upper limit" where rows may exist that nobody recorded

_KINDS = {"integer": "number", "yes_no": "truth", "office": "text", "datetime": "date"}
_STATES = ("blank", "redacted", "uninformative")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tally:
    """What the rows of a child table that meet a condition come to; `name` is its text, and the column that holds it.

    A count lies between what is surely there and, in the column `most`, what may be. A total, an earliest and a latest
    value are known only when every row is.
    """

    name: str
    kind: str  # count, total, earliest or latest
    child: str
    value: nw.Expr | None  # of each row; none for a count
    where: nw.Expr | None
    fields: tuple[str, ...]  # columns of the child and the case that it reads

    @property
    def most(self) -> str:
        """The column that holds what a count is at most."""
        return f"{self.name}, at most"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Condition:
    """One condition, compiled: its truth, and everything it looked at."""

    text: str
    truth: nw.Expr  # nullable Boolean
    fields: tuple[str, ...]  # case columns it reads, inside terms included
    asked: Mapping[str, nw.Expr]  # of those, and of tallies: whether a blank there leaves the condition unknown
    tallies: tuple[Tally, ...]
    named: Mapping[str, Meaning]  # columns, counts and terms by the name the text gives them


def read(text: str, vocabulary: Vocabulary, *, place: str) -> Condition:
    """Compile a condition. Raises AuditError (USAGE) that names `place` and what is not part of the language."""
    reader = _Reader(vocabulary, place, text)
    meaning = reader.read()
    if meaning.kind not in ("truth", "any"):
        reader.refuse("is not a condition: it has a value, not a truth", "Compare it with something.")
    return Condition(
        text=text,
        truth=meaning.low,
        fields=tuple(reader.fields),
        asked=dict(reader.asked),
        tallies=tuple(reader.tallies.values()),
        named=dict(reader.named),
    )


def read_value(text: str, vocabulary: Vocabulary, *, place: str) -> Meaning:
    """Compile a term or any other piece of a condition, whatever its kind. Refuses as `read` does."""
    return _Reader(vocabulary, place, text).read()


def condition(text: str, columns: Mapping[str, str] | Collection[str], *, place: str) -> nw.Expr:
    """The truth of a condition over the columns of one table, as a nullable Boolean."""
    typed = columns if isinstance(columns, Mapping) else dict.fromkeys(columns, "any")
    return read(text, Vocabulary(columns=typed), place=place).truth


class _Reader:
    """The state of reading one condition: what it has named so far."""

    def __init__(self, vocabulary: Vocabulary, place: str, text: str) -> None:
        self.vocabulary, self.place, self.text = vocabulary, place, text
        self.fields: dict[str, None] = {}
        self.asked: dict[str, nw.Expr] = {}
        self.expanded = 0  # terms, so far
        self.tallies: dict[str, Tally] = {}
        self.named: dict[str, Meaning] = {}
        self.row: Mapping[str, str] | None = None  # columns of the child table whose rows are being looked at
        self.inside: tuple[str, ...] = ()  # terms being expanded
        self.looking = False  # only at whether a column is blank

    def read(self) -> Meaning:
        try:
            return self.compile(self.parse(self.text))
        except RecursionError:
            self.refuse("is nested too deeply to be read", "Write it more simply, or name parts of it as terms.")

    def refuse(self, what: str, mend: str) -> NoReturn:
        problem = Problem(what=f"the condition `{self.text}` {what}", mend=mend, file=self.place)
        raise AuditError(problem, code=ExitCode.USAGE)

    def parse(self, text: str) -> exp.Expr:
        try:
            tokens = Tokenizer().tokenize(text)
            for token in tokens:
                if token.token_type == TokenType.WHERE:  # count(TABLE where …) reads as count(TABLE, …)
                    token.token_type = TokenType.COMMA
            trees = Parser().parse(tokens, text)
        except SqlglotError:
            self.refuse("cannot be read", "Check its brackets, quotes and operators.")
        if len(trees) != 1 or trees[0] is None:
            self.refuse("is not one condition", "Write exactly one.")
        return trees[0]

    def compile(self, node: exp.Expr) -> Meaning:
        rule = _FORMS.get(type(node))
        used = {name for name, value in node.args.items() if value not in (None, False, [])}
        if rule is None or not used <= _PARTS.get(type(node), {"this", "expression"}):
            self.refuse(f"uses `{node.sql()}`, which is not part of the language", f"It knows {_KNOWN}.")
        return rule(self, node)

    def ask(self, name: str, missing: nw.Expr) -> None:
        """Note that a blank in `name` may leave the condition unknown."""
        self.asked[name] = self.asked[name] | missing if name in self.asked else missing

    def part(self, node: exp.Expr) -> nw.Expr:
        """One side of an and, or, not: what it asks matters only while its own truth is unknown."""
        if self.row is not None:  # of a row, not of the case: a tally says itself what leaves it unsure
            return self.truth(node)
        outer, self.asked = self.asked, {}
        truth = self.truth(node)
        inner, self.asked = self.asked, outer
        for name, missing in inner.items():
            self.ask(name, missing & truth.is_null())
        return truth

    def truth(self, node: exp.Expr) -> nw.Expr:
        meaning = self.compile(node)
        if meaning.kind not in ("truth", "any"):
            self.refuse(f"uses `{node.sql()}` as if it were true or false", "Compare it with something.")
        return meaning.low

    def alike(self, one: Meaning, other: Meaning, node: exp.Expr) -> None:
        if "any" not in (one.kind, other.kind) and one.kind != other.kind:
            self.refuse(f"compares {one.kind} with {other.kind} in `{node.sql()}`", "Compare like with like.")


def _column(reader: _Reader, node: exp.Expr) -> Meaning:
    name = node.name
    if reader.row is not None and name in reader.row:
        return exact(_kind(reader.row[name]), nw.col(name))
    if name in reader.vocabulary.columns:
        reader.fields.setdefault(name)
        if not reader.looking:
            reader.ask(name, nw.col(name).is_null())
        meaning = exact(_kind(reader.vocabulary.columns[name]), nw.col(name))
    elif name in reader.vocabulary.terms and name not in reader.inside and reader.row is None:
        outer, reader.inside, reader.expanded = reader.inside, (*reader.inside, name), reader.expanded + 1
        if reader.expanded > 200:
            reader.refuse("names terms within terms too often to be read", "Write it more simply.")
        meaning = reader.compile(reader.parse(reader.vocabulary.terms[name]))
        reader.inside = outer
    else:
        if name in reader.inside:
            reader.refuse(f"defines the term `{name}` by itself", "Define it by columns and other terms.")
        known = [*(reader.row or ()), *reader.vocabulary.columns, *reader.vocabulary.terms]
        near = get_close_matches(name, known, n=1)
        hint = f"Did you mean `{near[0]}`?" if near else "Name a declared column or a defined term."
        reader.refuse(f"names `{name}`, which is neither a column nor a term", hint)
    if reader.row is None:
        reader.named[name] = meaning
    return meaning


def _count(reader: _Reader, node: exp.Expr) -> Meaning:
    if len(node.expressions) > 1:
        reader.refuse(f"uses `{node.sql()}`, which is not part of the language", f"It knows {_KNOWN}.")
    where = node.expressions[0] if node.expressions else None
    tally = _tally(reader, node, "count", node.this, None, where, of="TABLE")
    return _named(reader, tally, Meaning("number", nw.col(tally.name), nw.col(tally.most)))


def _function(reader: _Reader, node: exp.Expr) -> Meaning:
    name = str(node.this).lower()
    if name in _STATES:
        return _state(reader, node, name)
    if name in ("working_days", "working_hours"):
        return _clock(reader, node, name)
    if name not in ("total", "earliest", "latest") or not 2 <= len(node.expressions) <= 3:
        reader.refuse(f"uses `{node.sql()}`, which is not part of the language", f"It knows {_KNOWN}.")
    table, value, *where = node.expressions
    tally = _tally(reader, node, name, table, value, where[0] if where else None, of="TABLE, VALUE")
    kind = "number" if name == "total" else "date"
    return _named(reader, tally, exact(kind, nw.col(tally.name)))


def _tally(
    reader: _Reader,
    node: exp.Expr,
    kind: str,
    table: exp.Expr,
    value: exp.Expr | None,
    where: exp.Expr | None,
    *,
    of: str,
) -> Tally:
    child = table.name if isinstance(table, exp.Column) else ""
    if child not in reader.vocabulary.children or reader.row is not None or len(node.expressions) > 3:
        known = ", ".join(reader.vocabulary.children) or "none"
        reader.refuse(f"looks over `{table}`", f"Write {kind}({of} where CONDITION) over one of: {known}.")
    reader.row = reader.vocabulary.children[child].columns
    of_row = reader.compile(value) if value else None
    if of_row and of_row.kind not in (("number" if kind == "total" else "date"), "any"):
        reader.refuse(f"takes the {kind} of what is {of_row.kind}", "Take a total of numbers, the earliest of dates.")
    holds = reader.truth(where) if where else None
    reader.row = None
    columns = {column.name for part in (value, where) if part for column in part.find_all(exp.Column)}
    text = f"{child}{', ' + value.sql() if value else ''}{' where ' + where.sql() if where else ''}"
    return Tally(
        name=f"{kind}({text})",
        kind=kind,
        child=child,
        value=of_row.low if of_row else None,
        where=holds,
        fields=tuple(sorted(columns)),
    )


def _named(reader: _Reader, tally: Tally, meaning: Meaning) -> Meaning:
    reader.tallies[tally.name] = tally
    reader.ask(tally.name, nw.lit(True))
    if not reader.inside:  # inside a term, the term's own name says more
        reader.named[tally.name] = meaning
    return meaning


def _clock(reader: _Reader, node: exp.Expr, name: str) -> Meaning:
    if reader.vocabulary.holidays is None:
        reader.refuse(f"uses `{node.sql()}`, and there is no calendar", 'Declare one in program.toml: calendar = "US".')
    times = [reader.compile(time) for time in node.expressions]
    if len(times) != 2 or any(time.kind not in ("date", "any") for time in times):
        reader.refuse(f"uses `{node.sql()}`", f"Write {name}(FROM, TO) with two dates or times.")
    count = working_days if name == "working_days" else working_hours
    return exact("number", count(times[0].low, times[1].low, reader.vocabulary.holidays))


def _literal(reader: _Reader, node: exp.Expr) -> Meaning:
    if isinstance(node, exp.Boolean):
        return exact("truth", nw.lit(bool(node.this)))
    if node.is_string:
        return exact("text", nw.lit(node.name))
    return exact("number", nw.lit(int(node.name) if node.name.isdigit() else float(node.name)))


def _date(reader: _Reader, node: exp.Expr) -> Meaning:
    if node.args["to"].this != exp.DataType.Type.DATE or not isinstance(node.this, exp.Literal):
        reader.refuse(f"uses `{node.sql()}`", "Write a date as date '2011-03-02'.")
    try:
        return exact("date", nw.lit(date.fromisoformat(node.this.name)))
    except ValueError:
        reader.refuse(f"has no day `{node.this.name}`", "Write a date as date '2011-03-02'.")


def _compare(reader: _Reader, node: exp.Expr) -> Meaning:
    left, right = reader.compile(node.this), reader.compile(node.expression)
    reader.alike(left, right, node)
    return exact("truth", COMPARISONS[_SIGNS[type(node)]](left, right))


def _in(reader: _Reader, node: exp.Expr) -> Meaning:
    value = reader.compile(node.this)
    if not node.expressions:
        reader.refuse(f"uses `{node.sql()}`", "Name at least one value.")
    options = [reader.compile(option) for option in node.expressions]
    for option in options:
        reader.alike(value, option, node)
    return exact("truth", any_of(equal(value, option) for option in options))


def _between(reader: _Reader, node: exp.Expr) -> Meaning:
    value, low, high = (reader.compile(node.args[part]) for part in ("this", "low", "high"))
    reader.alike(value, low, node)
    reader.alike(value, high, node)
    return exact("truth", at_least(value, low) & at_least(high, value))


def _is_null(reader: _Reader, node: exp.Expr) -> Meaning:
    if not isinstance(node.expression, exp.Null) or not isinstance(node.this, exp.Column):
        reader.refuse(f"uses `{node.sql()}`", "Write COLUMN is null, or COLUMN is not null.")
    return exact("truth", _look(reader, node.this).is_null())


def _state(reader: _Reader, node: exp.Expr, name: str) -> Meaning:
    of = node.expressions[0] if len(node.expressions) == 1 else None
    if not isinstance(of, exp.Column):
        reader.refuse(f"uses `{node.sql()}`", f"Write {name}(COLUMN).")
    value, state = _look(reader, of), f"{of.name}.state"
    if state in (reader.row or reader.vocabulary.columns):
        return exact("truth", nw.col(state).fill_null("blank") == name)
    return exact("truth", value.is_null() if name == "blank" else nw.lit(False))


def _look(reader: _Reader, node: exp.Expr) -> nw.Expr:
    reader.looking = True
    value = reader.compile(node).low
    reader.looking = False
    return value


def _shift(reader: _Reader, node: exp.Expr) -> Meaning:
    start, sign = reader.compile(node.this), 1 if isinstance(node, exp.Add) else -1
    if isinstance(node.expression, exp.Interval):
        unit = str(node.expression.unit or "").lower().rstrip("s")
        number = node.expression.this.name if node.expression.this else ""
        if start.kind not in ("date", "any") or unit not in ("day", "hour") or not number.isdigit() or len(number) > 6:
            reader.refuse(f"uses `{node.sql()}`", "Add to a date an interval such as interval '5' day or '48' hour.")
        moment = start.low.cast(nw.Datetime) if unit == "hour" else start.low  # a day has no hours to add to
        return exact("date", moment + timedelta(**{f"{unit}s": sign * int(number)}))
    other = reader.compile(node.expression)
    if {start.kind, other.kind} != {"number"}:
        reader.refuse(f"adds {start.kind} and {other.kind} in `{node.sql()}`", "Add numbers, or an interval to a date.")
    if sign < 0:
        return Meaning("number", start.low - other.high, start.high - other.low)
    return Meaning("number", start.low + other.low, start.high + other.high)


def _negative(reader: _Reader, node: exp.Expr) -> Meaning:
    value = reader.compile(node.this)
    if value.kind != "number":
        reader.refuse(f"uses `{node.sql()}`", "Only a number can be negative.")
    return Meaning("number", -value.high, -value.low) if not value.is_exact else exact("number", -value.low)


def _kind(column_type: str) -> str:
    return _KINDS.get(column_type, column_type)


_SIGNS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
}

_FORMS: dict[type[exp.Expr], Callable[[_Reader, exp.Expr], Meaning]] = {
    exp.Column: _column,
    exp.Count: _count,
    exp.Literal: _literal,
    exp.Boolean: _literal,
    exp.Cast: _date,
    exp.Paren: lambda reader, node: reader.compile(node.this),
    exp.And: lambda reader, node: exact("truth", reader.part(node.this) & reader.part(node.expression)),
    exp.Or: lambda reader, node: exact("truth", reader.part(node.this) | reader.part(node.expression)),
    exp.Not: lambda reader, node: exact("truth", ~reader.truth(node.this)),
    exp.In: _in,
    exp.Between: _between,
    exp.Is: _is_null,
    exp.Anonymous: _function,
    exp.Add: _shift,
    exp.Sub: _shift,
    exp.Neg: _negative,
    **dict.fromkeys(_SIGNS, _compare),
}

# The parts of a form that its rule reads; a form with any other part is refused.
_PARTS: dict[type[exp.Expr], set[str]] = {
    exp.Column: {"this"},
    exp.Count: {"this", "expressions", "big_int"},
    exp.Literal: {"this", "is_string"},
    exp.Cast: {"this", "to"},
    exp.In: {"this", "expressions"},
    exp.Between: {"this", "low", "high"},
    exp.Anonymous: {"this", "expressions"},
}

_KNOWN = (
    "comparisons, in, between, is null, and, or, not, + and - with intervals, blank(…), redacted(…), uninformative(…), "
    "count(TABLE where …), total, earliest and latest(TABLE, VALUE where …), working_days(…) and working_hours(…)"
)
