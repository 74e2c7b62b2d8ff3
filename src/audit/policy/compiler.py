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
from audit.policy.parser import KNOWN, SIGNS, is_plain, parse
from audit.policy.values import COMPARISONS, Meaning, Tally, any_of, at_least, equal, exact, term_columns
from audit.policy.vocabulary import Vocabulary
from audit.policy.working_time import working_days, working_hours

MANY = 2**60  # stands for "no upper limit" where rows may exist that nobody recorded

_KINDS = {"integer": "number", "yes_no": "truth", "office": "text", "datetime": "date"}
_STATES = ("blank", "redacted", "uninformative")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Condition:
    """One condition, compiled: its truth, and everything it looked at."""

    text: str
    truth: pl.Expr  # nullable Boolean
    fields: tuple[str, ...]  # case columns it reads, inside terms included
    asked: Mapping[str, pl.Expr]  # of those, and of tallies: whether a blank there leaves the condition unknown
    tallies: tuple[Tally, ...]
    named: Mapping[str, Meaning]  # columns, counts and terms by the name the text gives them
    terms: Mapping[str, Meaning]  # what the columns hold that its terms are read from, an inner term before an outer


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
        terms={name: stated.made for name, stated in reader.terms.items()},
    )


def read_value(text: str, vocabulary: Vocabulary, *, place: str) -> Meaning:
    """Compile a term or any other piece of a condition, whatever its kind. Refuses as `read` does."""
    return _Reader(vocabulary, place, text).read()


def condition(text: str, columns: Mapping[str, str] | Collection[str], *, place: str) -> pl.Expr:
    """The truth of a condition over the columns of one table, as a nullable Boolean."""
    typed = columns if isinstance(columns, Mapping) else dict.fromkeys(columns, "any")
    return read(text, Vocabulary(columns=typed), place=place).truth


class _Stated(NamedTuple):
    """A term that has been read."""

    made: Meaning
    asked: Mapping[str, pl.Expr]
    expanded: int  # terms it names, itself among them


class _Reader:
    """The state of reading one condition: what it has named so far."""

    def __init__(self, vocabulary: Vocabulary, place: str, text: str) -> None:
        self.vocabulary, self.place, self.text = vocabulary, place, text
        self.fields: dict[str, None] = {}
        self.asked: dict[str, pl.Expr] = {}
        self.tallies: dict[str, Tally] = {}
        self.named: dict[str, Meaning] = {}
        self.terms: dict[str, _Stated] = {}
        self.expanded = 0  # terms, each as often as it is named
        self.row: Mapping[str, str] | None = None  # columns of the child table whose rows are being looked at
        self.of_rows: dict[str, None] = {}  # those of them whose value is asked for
        self.states: dict[str, None] = {}  # and columns that say what state another is in
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
        return parse(text, self.refuse)

    def compile(self, node: exp.Expr) -> Meaning:
        rule = _FORMS.get(type(node))
        if rule is None or not is_plain(node):
            self.refuse(f"uses `{node.sql()}`, which is not part of the language", f"It knows {KNOWN}.")
        return rule(self, node)

    def ask(self, name: str, missing: pl.Expr) -> None:
        """Note that a blank in `name` may leave the condition unknown."""
        self.asked[name] = self.asked[name] | missing if name in self.asked else missing

    def part(self, node: exp.Expr) -> pl.Expr:
        """One side of an and, or, not: what it asks matters only while its own truth is unknown."""
        if self.row is not None:  # of a row, not of the case: a tally says itself what leaves it unsure
            return self.truth(node)
        outer, self.asked = self.asked, {}
        truth = self.truth(node)
        inner, self.asked = self.asked, outer
        for name, missing in inner.items():
            self.ask(name, missing & truth.is_null())
        return truth

    def term(self, name: str) -> Meaning:
        """What a term stands for: columns that hold its value, made once however often it is named."""
        if name not in self.terms:
            outer = self.inside, self.looking, self.asked, self.expanded
            self.inside, self.looking, self.asked, self.expanded = (*self.inside, name), False, {}, 1
            self.terms[name] = _Stated(self.compile(self.parse(self.vocabulary.terms[name])), self.asked, self.expanded)
            self.inside, self.looking, self.asked, self.expanded = outer
        made, asked, expanded = self.terms[name]
        self.expanded += expanded
        if self.expanded > 200:
            self.refuse("names terms within terms too often to be read", "Write it more simply.")
        for of, missing in asked.items():
            self.ask(of, missing)
        least, most = map(pl.col, term_columns(name))
        return exact(made.kind, least) if made.is_exact else Meaning(made.kind, least, most)

    def truth(self, node: exp.Expr) -> pl.Expr:
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
        if not reader.looking:
            reader.of_rows.setdefault(name)
        return exact(_kind(reader.row[name]), pl.col(name))
    if name in reader.vocabulary.columns:
        reader.fields.setdefault(name)
        if not reader.looking:
            reader.ask(name, pl.col(name).is_null())
        meaning = exact(_kind(reader.vocabulary.columns[name]), pl.col(name))
    elif name in reader.vocabulary.terms and name not in reader.inside and reader.row is None:
        meaning = reader.term(name)
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
        reader.refuse(f"uses `{node.sql()}`, which is not part of the language", f"It knows {KNOWN}.")
    where = node.expressions[0] if node.expressions else None
    tally = _tally(reader, node, "count", node.this, None, where, of="TABLE")
    return _named(reader, tally, Meaning("number", pl.col(tally.name), pl.col(tally.most)))


def _function(reader: _Reader, node: exp.Expr) -> Meaning:
    if node.name in reader.vocabulary.predicates:
        return _predicate(reader, node)
    name = node.name.lower()
    if name in _STATES:
        return _state(reader, node, name)
    if name in ("working_days", "working_hours"):
        return _clock(reader, node, name)
    if name not in ("total", "earliest", "latest") or not 2 <= len(node.expressions) <= 3:
        reader.refuse(f"uses `{node.sql()}`, which is not part of the language", f"It knows {KNOWN}.")
    table, value, *where = node.expressions
    tally = _tally(reader, node, name, table, value, where[0] if where else None, of="TABLE, VALUE")
    kind = "number" if name == "total" else "date"
    return _named(reader, tally, exact(kind, pl.col(tally.name)))


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
    reader.row, reader.of_rows, reader.states = reader.vocabulary.children[child].columns, {}, {}
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
        fields=tuple(sorted(columns | set(reader.states))),
        asked=tuple(reader.of_rows),
    )


def _named(reader: _Reader, tally: Tally, meaning: Meaning) -> Meaning:
    reader.tallies[tally.name] = tally
    reader.ask(tally.name, pl.lit(True))
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


def _predicate(reader: _Reader, node: exp.Expr) -> Meaning:
    known = reader.vocabulary.predicates[node.name]
    given = [reader.compile(argument) for argument in node.expressions]
    if len(given) != len(known.takes) or any(
        one.kind not in (kind, "any") for one, kind in zip(given, known.takes, strict=True)
    ):
        reader.refuse(f"uses `{node.sql()}`", f"It takes {', '.join(known.takes)}.")
    truth = known.function(*(pl.when(one.low == one.high).then(one.low) for one in given))
    if not isinstance(truth, pl.Expr):
        reader.refuse(f"uses `{node.sql()}`, which gives no expression", "Let it give a polars expression.")
    meaning = exact("truth", truth)
    if reader.row is None:
        reader.named[node.sql()] = meaning
    return meaning


def _literal(reader: _Reader, node: exp.Expr) -> Meaning:
    if isinstance(node, exp.Boolean):
        return exact("truth", pl.lit(bool(node.this)))
    if node.is_string:
        return exact("text", pl.lit(node.name))
    return exact("number", pl.lit(int(node.name) if node.name.isdigit() else float(node.name)))


def _date(reader: _Reader, node: exp.Expr) -> Meaning:
    if node.args["to"].this != exp.DataType.Type.DATE or not isinstance(node.this, exp.Literal):
        reader.refuse(f"uses `{node.sql()}`", "Write a date as date '2011-03-02'.")
    try:
        return exact("date", pl.lit(date.fromisoformat(node.this.name)))
    except ValueError:
        reader.refuse(f"has no day `{node.this.name}`", "Write a date as date '2011-03-02'.")


def _compare(reader: _Reader, node: exp.Expr) -> Meaning:
    left, right = reader.compile(node.this), reader.compile(node.expression)
    reader.alike(left, right, node)
    return exact("truth", COMPARISONS[SIGNS[type(node)]](left, right))


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
    of_row = reader.row if reader.row is not None and of.name in reader.row else reader.vocabulary.columns
    if state in of_row:
        reader.states.setdefault(state)
        return exact("truth", pl.col(state).fill_null("blank") == name)
    return exact("truth", value.is_null() if name == "blank" else pl.lit(False))


def _look(reader: _Reader, node: exp.Expr) -> pl.Expr:
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
        moment = start.low.cast(pl.Datetime) if unit == "hour" else start.low  # a day has no hours to add to
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
    **dict.fromkeys(SIGNS, _compare),
}
