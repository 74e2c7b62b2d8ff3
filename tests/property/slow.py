"""A slow, obvious interpreter of conditions and rules, one case at a time: what the vectorised one is held to.

It is written from the description of the language alone and reads its text by itself. A value is what Python has for
it; None is unknown; a number of rows that is not known exactly is a pair (at least, at most).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

from audit.policy.rules import DateInterval, Policy, Rule, Version
from audit.policy.vocabulary import ChildSchema, Vocabulary

WITHOUT_LIMIT = 2**60
TOKEN = re.compile(r"'(?:[^']|'')*'|\d+(?:\.\d+)?|[A-Za-z_][\w.]*|<>|!=|<=|>=|[-+(),=<>]")
LOOKS = ("blank", "redacted", "uninformative")
TALLIES = ("count", "total", "earliest", "latest")
CLOCKS = ("working_days", "working_hours", "calendar_days", "months_between", "years_between")

Row = Mapping[str, Any]
Tree = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One case: its facts, the rows of each child table (those of other cases too), and when it is looked at."""

    facts: Row
    rows: Mapping[str, Sequence[Row]]
    vocabulary: Vocabulary
    dated_by: str
    as_known: str = "then"


class Verdict(NamedTuple):
    """What the rules say of one attribute of a case."""

    outcome: str
    case_class: str | None = None
    rule: str | None = None
    version: str | None = None
    sure: bool | None = None  # that the rule applies
    needed: frozenset[str] = frozenset()
    candidates: frozenset[str] = frozenset()  # the rule that decides, or every rule that could
    severity: str | None = None  # the gravest of theirs


# Reading: text to a tree of tuples, the first of each its form.


@dataclass
class Text:
    """A condition's words, taken from the left."""

    words: list[str]
    at: int = field(default=0)

    def next_is(self, *words: str) -> bool:
        return self.at < len(self.words) and self.words[self.at].lower() in words

    def take(self) -> str:
        self.at += 1
        return self.words[self.at - 1]

    def took(self, *words: str) -> bool:
        found = self.next_is(*words)
        self.at += found
        return found


@cache
def parse(text: str) -> Tree:
    words = Text(TOKEN.findall(text))
    tree = one_or_other(words)
    assert words.at == len(words.words), f"{text!r} goes on after {words.words[: words.at]}"
    return tree


def one_or_other(text: Text) -> Tree:
    tree = one_and_other(text)
    while text.took("or"):
        tree = ("or", tree, one_and_other(text))
    return tree


def one_and_other(text: Text) -> Tree:
    tree = not_one(text)
    while text.took("and"):
        tree = ("and", tree, not_one(text))
    return tree


def not_one(text: Text) -> Tree:
    return ("not", not_one(text)) if text.took("not") else comparison(text)


def comparison(text: Text) -> Tree:
    left = sum_of(text)
    if text.next_is("=", "<>", "!=", "<", "<=", ">", ">="):
        return ("compare", text.take(), left, sum_of(text))
    if text.took("is"):
        negated = text.took("not")
        assert text.take().lower() == "null"
        return ("not", ("look", "null", left)) if negated else ("look", "null", left)
    negated = text.took("not")
    if text.took("in"):
        tree: Tree = ("in", left, arguments(text))
    elif text.took("between"):
        low = sum_of(text)
        assert text.take().lower() == "and"
        tree = ("between", left, low, sum_of(text))
    else:
        tree = left
    return ("not", tree) if negated else tree


def sum_of(text: Text) -> Tree:
    tree = single(text)
    while text.next_is("+", "-"):
        sign = 1 if text.take() == "+" else -1
        if text.took("interval"):
            amount, unit = int(text.take().strip("'")), text.take().lower().rstrip("s")
            tree = ("later", tree, sign * amount, unit)
        else:
            tree = ("sum", tree, single(text) if sign > 0 else ("minus", single(text)))
    return tree


def single(text: Text) -> Tree:
    word = text.take()
    if word == "(":
        tree = one_or_other(text)
        assert text.take() == ")"
        return tree
    if word == "-":
        return ("minus", single(text))
    if word.lower() in ("true", "false"):
        return ("value", word.lower() == "true")
    if word[0].isdigit():
        return ("value", Fraction(word))
    if word[0] == "'":
        return ("value", word[1:-1].replace("''", "'"))
    if word.lower() == "date":
        return ("value", date.fromisoformat(text.take().strip("'")))
    if not text.next_is("("):
        return ("column", word)
    parts = arguments(text)
    if word in LOOKS:
        return ("look", word, parts[0])
    if word in CLOCKS:
        return ("clock", word, *parts)
    assert word in TALLIES, word
    table, *rest = parts
    of_row = None if word == "count" else rest.pop(0)
    return ("tally", word, table[1], of_row, rest[0] if rest else ("value", True))


def arguments(text: Text) -> list[Tree]:
    assert text.take() == "("
    found = [one_or_other(text)]
    while text.took(",", "where"):
        found.append(one_or_other(text))
    assert text.take() == ")"
    return found


# The value of a tree for a case, or for one row of its children.


def value(tree: Tree, case: Case, row: Row | None = None) -> Any:
    form, *parts = tree
    match form:
        case "value":
            return parts[0]
        case "column":
            name = parts[0]
            if row is not None and name in row:
                return row[name]
            return case.facts[name] if name in case.facts else value(parse(case.vocabulary.terms[name]), case)
        case "and":
            return both(*(value(part, case, row) for part in parts))
        case "or":
            return either(*(value(part, case, row) for part in parts))
        case "not":
            return opposite(value(parts[0], case, row))
        case "compare":
            return compare(parts[0], value(parts[1], case, row), value(parts[2], case, row))
        case "in":
            asked = value(parts[0], case, row)
            return any_of(compare("=", asked, value(option, case, row)) for option in parts[1])
        case "between":
            asked, low, high = (value(part, case, row) for part in parts)
            return both(compare(">=", asked, low), compare("<=", asked, high))
        case "look":
            return looked(parts[0], parts[1][1], case, row)
        case "later":
            start = value(parts[0], case, row)
            return None if start is None else later(start, *parts[1:])
        case "sum":
            return summed([value(part, case, row) for part in parts])
        case "minus":
            number = value(parts[0], case, row)
            return None if number is None else single_or_pair(-most(number), -least(number))
        case "clock":
            start, end = (value(part, case, row) for part in parts[1:])
            return None if start is None or end is None else clock(parts[0], start, end, case)
        case "tally":
            return tallied(tree, case)
    raise AssertionError(tree)


def both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def opposite(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


def either(one: bool | None, other: bool | None) -> bool | None:
    return opposite(both(opposite(one), opposite(other)))


def any_of(truths: Iterator[bool | None]) -> bool | None:
    found = list(truths)
    if True in found:
        return True
    return None if None in found else False


def compare(sign: str, one: Any, other: Any) -> bool | None:
    """A comparison is true if it is for every value that either side may have, false if it is for none."""
    if one is None or other is None:
        return None
    if isinstance(one, datetime) != isinstance(other, datetime):  # a day beside a time stands for the whole day
        one, other = as_day(one), as_day(other)
    match sign:
        case "=":
            if least(one) == most(one) == least(other) == most(other):
                return True
            return False if most(one) < least(other) or least(one) > most(other) else None
        case ">=":
            if least(one) >= most(other):
                return True
            return False if most(one) < least(other) else None
        case "<=":
            return compare(">=", other, one)
        case "<":
            return opposite(compare(">=", one, other))
        case ">":
            return opposite(compare(">=", other, one))
    return opposite(compare("=", one, other))


def as_day(time: date | None) -> date | None:
    return time.date() if isinstance(time, datetime) else time


def as_time(day: date) -> datetime:
    return day if isinstance(day, datetime) else datetime.combine(day, time())


def least(number: Any) -> Any:
    return number[0] if isinstance(number, tuple) else number


def most(number: Any) -> Any:
    return number[1] if isinstance(number, tuple) else number


def single_or_pair(low: Any, high: Any) -> Any:
    return low if low == high else (low, high)


def summed(numbers: list[Any]) -> Any:
    if None in numbers:
        return None
    return single_or_pair(sum(map(least, numbers)), sum(map(most, numbers)))


def looked(state: str, name: str, case: Case, row: Row | None) -> bool | None:
    """What can be said of a value without knowing it."""
    holder = row if row is not None and name in row else case.facts
    if state == "null":
        return holder[name] is None
    if f"{name}.state" in holder:
        return (holder[f"{name}.state"] or "blank") == state
    return holder[name] is None if state == "blank" else False


# The calendar: one month after the other.


def later(start: date, amount: int, unit: str) -> date:
    if unit in ("hour", "day"):
        return (as_time(start) if unit == "hour" else start) + timedelta(**{f"{unit}s": amount})
    year, month, number = start.year, start.month, amount if unit == "month" else 12 * amount
    for _ in range(abs(number)):
        month += 1 if number > 0 else -1
        if month in (0, 13):
            year, month = (year - 1, 12) if month == 0 else (year + 1, 1)
    for number in (start.day, 30, 29, 28):
        with suppress(ValueError):
            return start.replace(year=year, month=month, day=number)
    raise AssertionError(start)


def months_between(start: date, end: date) -> int:
    if end < start:
        return -months_between(end, start)
    months = 0
    while later(start, months + 1, "month") <= end:
        months += 1
    return months


def clock(name: str, start: date, end: date, case: Case) -> int | Fraction:
    first, last = as_time(start).date(), as_time(end).date()
    match name:
        case "calendar_days":
            return (last - first).days
        case "months_between":
            return months_between(first, last)
        case "years_between":
            return int(Fraction(months_between(first, last), 12))
    return {"working_days": working_days, "working_hours": working_hours}[name](
        start, end, case.vocabulary.holidays or ()
    )


# The clock: each day by itself.


def works(day: date, holidays: Sequence[date]) -> bool:
    return day.weekday() < 5 and day not in holidays


def working_days(start: date, end: date, holidays: Sequence[date]) -> int:
    day, last = as_time(start).date(), as_time(end).date()
    if last < day:
        return -working_days(end, start, holidays)
    found = 0
    while day < last:
        day += timedelta(days=1)
        found += works(day, holidays)
    return found


def working_hours(start: date, end: date, holidays: Sequence[date]) -> Fraction:
    now, last = as_time(start), as_time(end)
    if last < now:
        return -working_hours(end, start, holidays)
    passed = timedelta(0)
    while now < last:
        midnight = as_time(now.date() + timedelta(days=1))
        if works(now.date(), holidays):
            passed += min(midnight, last) - now
        now = midnight
    return Fraction(passed // timedelta(microseconds=1), 3_600_000_000)


# Rows of children.


def belonging(table: str, case: Case) -> list[Row]:
    on = case.vocabulary.children[table].on
    key = case.facts[on]
    return [row for row in case.rows[table] if key is not None and row[on] == key]


def known(row: Row, child: ChildSchema, case: Case) -> bool | None:
    """Whether a row was on record when the case was decided."""
    if child.recorded is None or case.as_known == "later":
        return True
    return compare("<=", as_day(row[child.recorded]), as_day(case.facts[case.dated_by]))


def complete(table: str, case: Case) -> bool:
    """Whether the rows on file are all there are. A case whose key is blank cannot have been looked up."""
    child = case.vocabulary.children[table]
    return said_to_be_complete(child, case) and case.facts[child.on] is not None


def said_to_be_complete(child: ChildSchema, case: Case) -> bool:
    return child.complete_when is None or value(parse(child.complete_when), case) is True


def counts(row: Row, tree: Tree, case: Case) -> bool | None:
    _, _, table, _, where = tree
    return both(known(row, case.vocabulary.children[table], case), value(where, case, row))


def tallied(tree: Tree, case: Case) -> Any:
    _, kind, table, of_row, _ = tree
    rows = [(row, counts(row, tree, case)) for row in belonging(table, case)]
    if kind == "count":
        low = sum(truth is True for _, truth in rows)
        high = sum(truth is not False for _, truth in rows)
        return single_or_pair(low, high if complete(table, case) else WITHOUT_LIMIT)
    values = [value(of_row, case, row) for row, truth in rows if truth is True]
    if not complete(table, case) or None in values or any(truth is None for _, truth in rows):
        return None
    if kind == "total":
        return sum(values)
    return (min if kind == "earliest" else max)(values, default=None)


# What an unknown condition needs.


def needs(tree: Any, case: Case) -> Iterator[str]:
    """The fields, by name, whose absence leaves an unknown tree unknown. What one side of an `and` or `or` needs does
    not matter where that side is known."""
    if isinstance(tree, list):
        for part in tree:
            yield from needs(part, case)
        return
    form, *parts = tree if isinstance(tree, tuple) else ("value",)
    match form:
        case "value" | "look":
            return
        case "and" | "or":
            yield from needs([part for part in parts if value(part, case) is None], case)
        case "column" if parts[0] in case.vocabulary.terms:
            yield from needs(parse(case.vocabulary.terms[parts[0]]), case)
        case "column":
            if case.facts[parts[0]] is None:
                yield parts[0]
        case "tally":
            yield from lacks(tree, case)
        case _:
            yield from needs(parts, case)


def lacks(tree: Tree, case: Case) -> Iterator[str]:
    """What leaves it open what the rows come to: blanks in the case and in rows, and what says that rows are all."""
    _, _, table, of_row, where = tree
    child = case.vocabulary.children[table]
    asked = [*columns_of(of_row), *columns_of(where)]
    yield from (name for name in asked if name not in child.columns and case.facts[name] is None)
    for row in belonging(table, case):
        truth = counts(row, tree, case)
        if truth is None or (truth and of_row and value(of_row, case, row) is None):
            read = [name for name in asked if name in child.columns]
            if child.recorded and case.as_known == "then":
                read.append(child.recorded)
                if case.facts[case.dated_by] is None:
                    yield case.dated_by
            yield from (f"{table}.{name}" for name in read if row[name] is None)
    if not said_to_be_complete(child, case):
        said = list(columns_of(parse(child.complete_when or ""), looks=True))
        yield from [name for name in said if case.facts[name] is None] or said
    if case.facts[child.on] is None:
        yield child.on


def columns_of(tree: Any, *, looks: bool = False) -> Iterator[str]:
    """The columns that a tree names; with `looks`, those too that it only looks at for being blank."""
    if isinstance(tree, tuple) and tree[0] == "column":
        yield tree[1]
    elif isinstance(tree, list) or (isinstance(tree, tuple) and (looks or tree[0] != "look")):
        for part in tree:
            yield from columns_of(part, looks=looks)


# The rules.


def in_force(intervals: Sequence[DateInterval], day: date | None) -> bool | None:
    return any_of(both(began(interval, day), lasted(interval, day)) for interval in intervals)


def began(interval: DateInterval, day: date | None) -> bool | None:
    if interval.since is None:
        return True
    if day is None:
        return None
    if interval.since_by is not None and interval.since <= day < interval.since_by:
        return None
    return day >= interval.since


def lasted(interval: DateInterval, day: date | None) -> bool | None:
    if interval.until is None:
        return True
    return None if day is None else day <= interval.until


def determine(case: Case, policy: Policy, attribute: str) -> Verdict:
    rules = [(rule, version) for rule in policy.rules if rule.attribute == attribute for version in rule.versions]
    return decide(rules, case, nothing=outcome_without_a_rule(rules, case))


def outcome_without_a_rule(rules: Sequence[tuple[Rule, Version]], case: Case) -> str:
    """No rule, where none was in force on the day, or where one that speaks to such cases was not."""
    versions: dict[str, list[tuple[Rule, Version]]] = {}
    for rule, version in rules:
        versions.setdefault(rule.id, []).append((rule, version))
    standing = {name: any_of(stands(*one, case) for one in own) for name, own in versions.items()}
    if True not in standing.values():
        return "no_rule"
    for name, own in versions.items():
        if standing[name] is False and any(value(parse(version.when), case) is True for _, version in own):
            return "no_rule"
    return "not_applicable"


def stands(rule: Rule, version: Version, case: Case) -> bool | None:
    return in_force(version.in_force, as_day(case.facts[rule.dated_by or case.dated_by]))


def decide(rules: Sequence[tuple[Rule, Version]], case: Case, *, nothing: str) -> Verdict:
    """The verdict of a list of rules: that of the first, of the rest, or what both have in common."""
    if not rules:
        if case.facts[case.dated_by] is None:
            return Verdict("undeterminable", needed=frozenset([case.dated_by]))
        return Verdict(nothing)
    (rule, version), *others = rules
    applies = both(stands(rule, version, case), value(parse(version.when), case))
    if applies is False:
        return decide(others, case, nothing=nothing)
    own = verdict_of(rule, version, case)
    if applies is True:
        return own
    rest = decide(others, case, nothing=nothing)
    gravest = "critical" if "critical" in (own.severity, rest.severity) else own.severity
    both_rules = {"candidates": own.candidates | rest.candidates, "severity": gravest, "rule": None, "version": None}
    if own.outcome == rest.outcome != "undeterminable":
        same = own.case_class == rest.case_class
        return own._replace(case_class=own.case_class if same else "more than one class", sure=False, **both_rules)
    needed = (own.needed - {rule.needs}) | rest.needed | why_unknown(rule, version, case)
    return own._replace(outcome="undeterminable", case_class=None, sure=False, needed=needed, **both_rules)


def verdict_of(rule: Rule, version: Version, case: Case) -> Verdict:
    met = value(parse(version.expects), case) if version.expects else True
    outcome = "undeterminable" if met is None else rule.verdict if met else rule.otherwise
    needed = frozenset([rule.needs] if outcome == "undeterminable" else [])
    if met is None:
        needed = frozenset(needs(parse(version.expects), case))
    decided = (outcome, rule.case_class, rule.id, version.under, True)
    return Verdict(*decided, needed, frozenset([rule.id]), rule.severity)


def why_unknown(rule: Rule, version: Version, case: Case) -> frozenset[str]:
    """What would tell whether a rule applies: the document's day, the case's day, or the condition's facts."""
    when = parse(version.when)
    needed = set(needs(when, case)) if value(when, case) is None else set()
    if stands(rule, version, case) is None:
        dated_by = rule.dated_by or case.dated_by
        blank = case.facts[dated_by] is None
        needed.add(dated_by if blank else f"the day {version.under} came into force")
    return frozenset(needed)
