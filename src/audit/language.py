"""The language of conditions: text a lawyer can read, compiled node by node into three-valued expressions.

A condition is an SQL predicate in a closed set of forms. A form without its own rule here cannot pass, and the
text never reaches an engine. The value of a condition is a nullable Boolean: true, false, or null for *unknown*.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from difflib import get_close_matches
from typing import NamedTuple, NoReturn

import narwhals as nw
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.parser import Parser
from sqlglot.tokenizer_core import TokenType
from sqlglot.tokens import Tokenizer

from audit.error import AuditError, ExitCode, Problem

MANY = 1_000_000  # stands for "no upper limit" where rows may exist that nobody recorded

_KINDS = {"integer": "number", "yes_no": "truth", "office": "text", "datetime": "date"}
_STATES = ("blank", "redacted", "uninformative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A table with any number of rows per case, that conditions can count over."""

    on: str  # the column that case and row share
    columns: Mapping[str, str]  # name → column type
    recorded: str | None = None  # rows recorded after the day the case was decided were not known then
    complete_when: str | None = None  # condition on the case under which the absence of a row is a fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The words a condition may use: columns of the case, tables of many rows, and defined terms."""

    columns: Mapping[str, str]  # name → column type
    children: Mapping[str, Child] = field(default_factory=dict)
    terms: Mapping[str, str] = field(default_factory=dict)  # name → the text it stands for


class Meaning(NamedTuple):
    """What a piece of text stands for: a value known to lie in [low, high]; for a known value the two are one."""

    kind: str
    low: nw.Expr
    high: nw.Expr

    @property
    def exact(self) -> bool:
        """Whether the value is known, or unknown only because a fact is blank."""
        return self.low is self.high


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Count:
    """How many rows of a child table meet a condition; `name` is its text and the column that holds it."""

    name: str
    child: str
    where: nw.Expr | None
    fields: tuple[str, ...]  # columns of the child and the case that `where` reads


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Condition:
    """One condition, compiled: its truth, and everything it looked at."""

    text: str
    truth: nw.Expr  # nullable Boolean
    fields: tuple[str, ...]  # case columns it reads, inside terms included
    asked: tuple[str, ...]  # those whose value it needs, not only whether they are blank
    counts: tuple[Count, ...]
    named: Mapping[str, Meaning]  # columns, counts and terms by the name the text gives them


def read(text: str, vocabulary: Vocabulary, *, place: str) -> Condition:
    """Compile a condition. Raises AuditError (USAGE) that names `place` and what is not part of the language."""
    reader = _Reader(vocabulary, place, text)
    tree = reader.parse(text)
    meaning = reader.compile(tree)
    if meaning.kind not in ("truth", "any"):
        reader.refuse("is not a condition: it has a value, not a truth", "Compare it with something.")
    return Condition(
        text=text,
        truth=meaning.low,
        fields=tuple(reader.fields),
        asked=tuple(reader.asked),
        counts=tuple(reader.counts.values()),
        named=dict(reader.named),
    )


def condition(text: str, columns: Mapping[str, str] | Collection[str], *, place: str) -> nw.Expr:
    """The truth of a condition over the columns of one table, as a nullable Boolean."""
    typed = columns if isinstance(columns, Mapping) else dict.fromkeys(columns, "any")
    return read(text, Vocabulary(columns=typed), place=place).truth


def any_of(truths: Iterable[nw.Expr]) -> nw.Expr:
    """Whether at least one of the truths holds, in three-valued logic."""
    first, *rest = truths
    for truth in rest:
        first = first | truth
    return first


class _Reader:
    """The state of reading one condition: what it has named so far."""

    def __init__(self, vocabulary: Vocabulary, place: str, text: str) -> None:
        self.vocabulary, self.place, self.text = vocabulary, place, text
        self.fields: dict[str, None] = {}
        self.asked: dict[str, None] = {}
        self.counts: dict[str, Count] = {}
        self.named: dict[str, Meaning] = {}
        self.row: Mapping[str, str] | None = None  # columns of the child table being counted over
        self.inside: tuple[str, ...] = ()  # terms being expanded
        self.looking = False  # only at whether a column is blank

    def refuse(self, what: str, mend: str) -> NoReturn:
        problem = Problem(what=f"the condition `{self.text}` {what}", mend=mend, file=self.place)
        raise AuditError(problem, code=ExitCode.USAGE)

    def parse(self, text: str) -> exp.Expr:
        try:
            tokens = Tokenizer().tokenize(text)
            for token in tokens:
                if token.token_type == TokenType.WHERE:  # count(TABLE where …) is count(TABLE, …) to the parser
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
        return _exact(_kind(reader.row[name]), nw.col(name))
    if name in reader.vocabulary.columns:
        reader.fields.setdefault(name)
        if not reader.looking:
            reader.asked.setdefault(name)
        meaning = _exact(_kind(reader.vocabulary.columns[name]), nw.col(name))
    elif name in reader.vocabulary.terms and name not in reader.inside and reader.row is None:
        outer, reader.inside = reader.inside, (*reader.inside, name)
        meaning = reader.compile(reader.parse(reader.vocabulary.terms[name]))
        reader.inside = outer
    else:
        known = [*(reader.row or ()), *reader.vocabulary.columns, *reader.vocabulary.terms]
        near = get_close_matches(name, known, n=1)
        hint = f"Did you mean `{near[0]}`?" if near else "Name a declared column or a defined term."
        reader.refuse(f"names `{name}`, which is neither a column nor a term", hint)
    if reader.row is None:
        reader.named[name] = meaning
    return meaning


def _count(reader: _Reader, node: exp.Expr) -> Meaning:
    child = node.this.name if isinstance(node.this, exp.Column) else ""
    if child not in reader.vocabulary.children or reader.row is not None or len(node.expressions) > 1:
        known = ", ".join(reader.vocabulary.children) or "none"
        reader.refuse(f"counts over `{node.this}`", f"Write count(TABLE where CONDITION) over one of: {known}.")
    where: nw.Expr | None = None
    fields: tuple[str, ...] = ()
    if node.expressions:
        reader.row = reader.vocabulary.children[child].columns
        where = reader.truth(node.expressions[0])
        fields = tuple(sorted({column.name for column in node.find_all(exp.Column)} - {child}))
        reader.row = None
    name = f"count({child}{' where ' + node.expressions[0].sql() if node.expressions else ''})"
    reader.counts[name] = Count(name=name, child=child, where=where, fields=fields)
    meaning = Meaning("number", nw.col(name), nw.col(f"{name}, at most"))
    if not reader.inside:  # inside a term, the term's own name says more
        reader.named[name] = meaning
    return meaning


def _literal(reader: _Reader, node: exp.Expr) -> Meaning:
    if isinstance(node, exp.Boolean):
        return _exact("truth", nw.lit(bool(node.this)))
    if node.is_string:
        return _exact("text", nw.lit(node.name))
    number = float(node.name)
    return _exact("number", nw.lit(int(number) if number.is_integer() else number))


def _date(reader: _Reader, node: exp.Expr) -> Meaning:
    if node.args["to"].this != exp.DataType.Type.DATE or not isinstance(node.this, exp.Literal):
        reader.refuse(f"uses `{node.sql()}`", "Write a date as date '2011-03-02'.")
    try:
        return _exact("date", nw.lit(date.fromisoformat(node.this.name)))
    except ValueError:
        reader.refuse(f"has no day `{node.this.name}`", "Write a date as date '2011-03-02'.")


def _compare(reader: _Reader, node: exp.Expr) -> Meaning:
    left, right = reader.compile(node.this), reader.compile(node.expression)
    reader.alike(left, right, node)
    return _exact("truth", _COMPARISONS[type(node)](left, right))


def _equal(a: Meaning, b: Meaning) -> nw.Expr:
    if a.exact and b.exact:
        return a.low == b.low
    one_value = (a.low == a.high) & (b.low == b.high) & (a.low == b.low)
    return _decided(one_value, (a.high < b.low) | (a.low > b.high))


def _at_least(a: Meaning, b: Meaning) -> nw.Expr:
    return a.low >= b.low if a.exact and b.exact else _decided(a.low >= b.high, a.high < b.low)


def _decided(yes: nw.Expr, no: nw.Expr) -> nw.Expr:
    unknown = nw.lit(None, dtype=nw.Boolean)
    return nw.when(yes).then(nw.lit(True)).otherwise(nw.when(no).then(nw.lit(False)).otherwise(unknown))


def _in(reader: _Reader, node: exp.Expr) -> Meaning:
    value = reader.compile(node.this)
    options = [reader.compile(option) for option in node.expressions]
    for option in options:
        reader.alike(value, option, node)
    return _exact("truth", any_of(_equal(value, option) for option in options))


def _between(reader: _Reader, node: exp.Expr) -> Meaning:
    value, low, high = (reader.compile(node.args[part]) for part in ("this", "low", "high"))
    reader.alike(value, low, node)
    reader.alike(value, high, node)
    return _exact("truth", _at_least(value, low) & _at_least(high, value))


def _is_null(reader: _Reader, node: exp.Expr) -> Meaning:
    if not isinstance(node.expression, exp.Null) or not isinstance(node.this, exp.Column):
        reader.refuse(f"uses `{node.sql()}`", "Write COLUMN is null, or COLUMN is not null.")
    return _exact("truth", _look(reader, node.this).is_null())


def _state(reader: _Reader, node: exp.Expr) -> Meaning:
    name, of = str(node.this).lower(), node.expressions[0] if len(node.expressions) == 1 else None
    if name not in _STATES or not isinstance(of, exp.Column):
        reader.refuse(f"uses `{node.sql()}`, which is not part of the language", f"It knows {_KNOWN}.")
    value, state = _look(reader, of), f"{of.name}.state"
    if state in (reader.row or reader.vocabulary.columns):
        return _exact("truth", nw.col(state) == name)
    return _exact("truth", value.is_null() if name == "blank" else nw.lit(False))


def _look(reader: _Reader, node: exp.Expr) -> nw.Expr:
    reader.looking = True
    value = reader.compile(node).low
    reader.looking = False
    return value


def _shift(reader: _Reader, node: exp.Expr) -> Meaning:
    start, sign = reader.compile(node.this), 1 if isinstance(node, exp.Add) else -1
    if isinstance(node.expression, exp.Interval):
        unit = str(node.expression.unit or "").lower().rstrip("s")
        if start.kind not in ("date", "any") or unit not in ("day", "hour"):
            reader.refuse(f"uses `{node.sql()}`", "Add to a date an interval such as interval '5' day or '48' hour.")
        return _exact("date", start.low + timedelta(**{f"{unit}s": sign * int(node.expression.this.name)}))
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
    return Meaning("number", -value.high, -value.low) if not value.exact else _exact("number", -value.low)


def _exact(kind: str, value: nw.Expr) -> Meaning:
    return Meaning(kind, value, value)


def _kind(column_type: str) -> str:
    return _KINDS.get(column_type, column_type)


_COMPARISONS: dict[type[exp.Expr], Callable[[Meaning, Meaning], nw.Expr]] = {
    exp.EQ: _equal,
    exp.NEQ: lambda a, b: ~_equal(a, b),
    exp.GTE: _at_least,
    exp.LT: lambda a, b: ~_at_least(a, b),
    exp.LTE: lambda a, b: _at_least(b, a),
    exp.GT: lambda a, b: ~_at_least(b, a),
}

_FORMS: dict[type[exp.Expr], Callable[[_Reader, exp.Expr], Meaning]] = {
    exp.Column: _column,
    exp.Count: _count,
    exp.Literal: _literal,
    exp.Boolean: _literal,
    exp.Cast: _date,
    exp.Paren: lambda reader, node: reader.compile(node.this),
    exp.And: lambda reader, node: _exact("truth", reader.truth(node.this) & reader.truth(node.expression)),
    exp.Or: lambda reader, node: _exact("truth", reader.truth(node.this) | reader.truth(node.expression)),
    exp.Not: lambda reader, node: _exact("truth", ~reader.truth(node.this)),
    exp.In: _in,
    exp.Between: _between,
    exp.Is: _is_null,
    exp.Anonymous: _state,
    exp.Add: _shift,
    exp.Sub: _shift,
    exp.Neg: _negative,
    **dict.fromkeys(_COMPARISONS, _compare),
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
    "comparisons, in, between, is null, and, or, not, + and - with intervals, "
    "count(TABLE where …), blank(…), redacted(…) and uninformative(…)"
)
