"""Which versions of the shipped rules, and which of their verdicts, examples and made-up cases reach: all of them.

The made-up cases are the examples moved to other days, so that each is also decided under the rule's other versions,
with what they leave out filled in; and facts drawn at random from what the program declares.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from random import Random
from typing import Any

import pytest

from audit import programs
from audit.policy.evaluate import apply_policy
from audit.policy.examples import EXAMPLE_KEY, build_example_cases
from audit.policy.rules import DateInterval, Example, Policy, Rule
from audit.policy.vocabulary import Vocabulary
from audit.programs.declaration import Program, build_vocabulary
from audit.storage.declarations import read_policy, read_program

DRAWN = 3000
Branch = tuple[str, str, str]  # rule, version, verdict

# Verdicts that a version cannot give, though its rule can.
NEVER: dict[str, set[Branch]] = {}


@dataclass(frozen=True, kw_only=True)
class Shipped:
    """A program that decides cases, as it ships."""

    program: Program
    words: Vocabulary
    policy: Policy
    dated_by: str


@cache
def shipped(name: str) -> Shipped:
    program = read_program(programs.find_program_folder(name))
    assert program.cases
    words = build_vocabulary(program)
    policy = read_policy(programs.find_program_folder(name) / "policy", words)
    years = {in_force(i).year + n for r in policy.rules for v in r.versions for i in v.in_force for n in (-1, 0, 1)}
    if words.holidays:  # those of other years take time and change nothing
        words = replace(words, holidays=tuple(day for day in words.holidays if day.year in years))
    return Shipped(program=program, words=words, policy=policy, dated_by=program.cases.dated_by)


NAMES = [name for name in programs.list_programs() if read_program(programs.find_program_folder(name)).cases]


@pytest.mark.parametrize("name", NAMES)
def test_every_version_of_every_rule_gives_each_of_its_verdicts(name: str) -> None:
    it = shipped(name)
    chance = Random(0)
    moved = [one for rule in it.policy.rules for one in moved_to_every_version(rule, it.dated_by)]
    whole = [filled_in(it, one, chance, drawing) for one in moved for drawing in (False, True, True, True)]
    reached = decided(it, [*moved, *whole, *drawn(it, chance)])
    never = NEVER.get(name, set())
    assert never <= set(unreached(it, reached)), "A verdict that was thought out of reach was given."
    missed = [f"{rule} under {version}: {verdict}" for rule, version, verdict in unreached(it, reached, never)]
    assert not missed, "\n".join(["No case reached", *missed])


@pytest.mark.parametrize("name", NAMES)
def test_what_no_case_reached_is_told(name: str) -> None:
    it = shipped(name)
    assert set(unreached(it, Counter())) == set(branches(it))
    first, *others = branches(it)
    assert list(unreached(it, Counter(others))) == [first]


def branches(it: Shipped) -> Iterator[Branch]:
    for rule in it.policy.rules:
        for version in rule.versions:
            for verdict in dict.fromkeys([rule.verdict, *([rule.otherwise] if version.expects else [])]):
                yield rule.id, version.under, verdict


def unreached(it: Shipped, reached: Collection[Branch], never: Collection[Branch] = ()) -> Iterator[Branch]:
    return (branch for branch in branches(it) if branch not in reached and branch not in never)


def decided(it: Shipped, cases: list[Example]) -> Counter[Branch]:
    """How often each branch surely decided a case, when the whole policy is put to all of them."""
    facts, children = build_example_cases(cases, it.words)
    given: dict[str, Any] = {"key": EXAMPLE_KEY, "dated_by": it.dated_by}
    found = (
        apply_policy(facts, children, it.policy, explained=False, **given)
        .select("rule", "version", "outcome", "sure")
        .collect()
    )
    return Counter(found.filter("sure").drop("sure").rows())


# Examples, moved to other days.


def moved_to_every_version(rule: Rule, dated_by: str) -> Iterator[Example]:
    """Each example of a rule, and again with all its dates moved by whole weeks into the days of each version."""
    for example in rule.examples:
        yield example
        on = as_day(example.case.get(rule.dated_by or dated_by))
        for version in rule.versions if on else ():
            for interval in version.in_force:
                weeks = timedelta(days=-(-(in_force(interval) - on).days // 7) * 7)
                yield moved(example, weeks)


def moved(example: Example, by: timedelta) -> Example:
    rows = {child: tuple(later(row, by) for row in rows) for child, rows in (example.rows or {}).items()}
    return replace(example, case=later(example.case, by), rows=rows)


def filled_in(it: Shipped, example: Example, chance: Random, drawing: bool) -> Example:
    """An example of which all is known: what says that a table is complete says so, all else is no, or drawn."""
    day = as_day(example.case.get(it.dated_by)) or date(2011, 1, 1)
    case = dict(example.case)
    for name, kind in it.words.columns.items():
        if name in saying_complete(it.program.name):
            case.setdefault(name, kind == "yes_no" or value(it, name, kind, day, chance))
    rows = {
        child: tuple(filled(it, one, it.words.children[child].columns, day, chance, drawing) for one in rows)
        for child, rows in (example.rows or {}).items()
    }
    return replace(example, case=filled(it, case, it.words.columns, day, chance, drawing), rows=rows)


def filled(
    it: Shipped, facts: Mapping[str, object], columns: Mapping[str, str], day: date, chance: Random, drawing: bool
) -> dict[str, object]:
    whole = row(it, columns, day, chance) if drawing else {name: False for name in columns if columns[name] == "yes_no"}
    return whole | dict(facts)


@cache
def saying_complete(name: str) -> frozenset[str]:
    """The columns that say whether a table has all its rows."""
    children = shipped(name).words.children.values()
    return frozenset(word for child in children for word in re.findall(r"\w+", child.complete_when or ""))


def later(facts: Mapping[str, object], by: timedelta) -> dict[str, object]:
    return {name: value + by if isinstance(value, date) else value for name, value in facts.items()}


def in_force(interval: DateInterval) -> date:
    """A day on which it surely was in force, near its beginning or, where that is open, its end."""
    began = interval.since_by or interval.since
    return began or (interval.until or date(2011, 1, 1)) - timedelta(days=7)


def as_day(value: object) -> date | None:
    return value.date() if isinstance(value, datetime) else value if isinstance(value, date) else None


# Facts, drawn at random.


def drawn(it: Shipped, chance: Random) -> Iterator[Example]:
    """Cases of the program's declared values, and of the numbers and texts that its rules speak of."""
    for _ in range(DRAWN):
        version = chance.choice([version for rule in it.policy.rules for version in rule.versions])
        day = in_force(chance.choice(version.in_force)) + timedelta(days=chance.randrange(-9, 60))
        rows = {
            name: tuple(row(it, child.columns, day, chance) for _ in range(chance.choice((0, 0, 1, 1, 2, 3))))
            for name, child in it.words.children.items()
        }
        yield Example(
            it="drawn", case=row(it, it.words.columns, day, chance) | {it.dated_by: day}, rows=rows, expect=""
        )


def row(it: Shipped, columns: Mapping[str, str], day: date, chance: Random) -> dict[str, object]:
    joins = {child.on for child in it.words.children.values()}  # each case's rows are joined to it by its number
    names = [name for name in columns if not name.endswith(".state") and name not in joins]
    return {name: value(it, name, columns[name], day, chance) for name in names if chance.random() < 0.9}


def value(it: Shipped, name: str, kind: str, day: date, chance: Random) -> object:
    if kind in ("date", "datetime"):
        near = day + timedelta(days=round(chance.gauss(0, 1) * chance.choice((1, 10, 100))))
        return near if kind == "date" else datetime.combine(near, time(chance.randrange(24)))
    if kind == "yes_no":
        return chance.random() < 0.3
    if kind in ("integer", "number"):
        return chance.choice(numbers(it)) + chance.choice((-1, 0, 1))
    return chance.choice(values(it, name))


@cache
def texts_of(name: str) -> str:
    it = shipped(name)
    terms = [term.means for term in it.policy.terms.values()]
    return " ; ".join([*terms, *(f"{v.when} ; {v.expects}" for rule in it.policy.rules for v in rule.versions)])


@cache
def _constants(name: str) -> tuple[list[int], list[str]]:
    text = re.sub(r"\b(?:date|interval) '[^']*'", "", texts_of(name))
    found = [int(number) for number in re.findall(r"(?<![\w'.])\d+(?![\w'.])", text)]
    return sorted({1, *found}), sorted({"x", *re.findall(r"'([^']*)'", text)})


def numbers(it: Shipped) -> list[int]:
    return _constants(it.program.name)[0]


def values(it: Shipped, name: str) -> list[str]:
    declared = [
        choice
        for source in it.program.tables.values()
        if name in source.columns
        for choice in source.columns[name].values
    ]
    return declared or _constants(it.program.name)[1]
