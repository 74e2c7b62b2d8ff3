"""What each case's file shows: case by attribute, the outcome, the rule that gave it, and the evidence."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import polars as pl

from audit.policy.aggregates import lacks, tallied
from audit.policy.compiler import MANY, Condition, read
from audit.policy.rules import Example, Interval, Policy, Rule, Version
from audit.policy.values import Meaning, any_of
from audit.policy.vocabulary import Vocabulary

_EXAMPLE = "example"
_DTYPES = {
    "integer": pl.Int64,
    "number": pl.Float64,
    "date": pl.Date,
    "datetime": pl.Datetime,
    "yes_no": pl.Boolean,
}

Known = Literal["then", "later"]

# The fold's own columns, by names that no fact has.
_SO_FAR = {name: f"{name} so far" for name in ("outcome", "class", "entry", "sure", "needed", "evidence")}
_WHEN, _OWN = "applies here", "verdict here"
_NOTHING = pl.lit(None, dtype=pl.String)

SEVERAL = "more than one class"  # a case decided without knowing which of several rules applies

DETERMINATIONS = {
    "attribute": pl.String,
    "outcome": pl.String,
    "class": pl.String,
    "rule": pl.String,
    "version": pl.String,
    "section": pl.String,
    "severity": pl.String,
    "sure": pl.Boolean,  # whether the rule surely applies: not so where any of several would give the same outcome
    "needed": pl.String,  # the fields that would decide an undeterminable case, separated by "; "
    "evidence": pl.String,  # what the rule looked at, "name: value" separated by "; "
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Entry:
    """One version of one rule, compiled, in the list that is folded."""

    number: int
    rule: Rule
    version: Version
    when: Condition
    expects: Condition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """Which facts would tell what is unknown: by the words of the rules, as known by a day."""

    vocabulary: Vocabulary
    known_by: str | None

    def needs(self, condition: Condition) -> pl.Expr:
        """The fields, by name, whose absence leaves a condition unknown; nothing where it is known."""
        tallies = {tally.name: tally for tally in condition.tallies}
        lacking: dict[str, pl.Expr] = {}
        for name, matters in condition.asked.items():
            parts = [(name, pl.lit(True))]
            if name in tallies:
                parts = lacks(tallies[name], self.vocabulary, known_by=self.known_by)
            for field, missing in parts:
                asked = matters & missing
                lacking[field] = lacking[field] | asked if field in lacking else asked
        named = _list(_when(missing, pl.lit(name), _NOTHING) for name, missing in lacking.items())
        return _when(condition.truth.is_null(), named, _NOTHING)


def assess(
    cases: pl.LazyFrame,
    children: Mapping[str, pl.LazyFrame],
    policy: Policy,
    *,
    vocabulary: Vocabulary,
    key: str,
    dated_by: str,
    as_known: Known = "then",
    explained: bool = True,
    beside: Mapping[str, str] | None = None,
) -> pl.LazyFrame:
    """Determine every attribute of every case under the version of each rule in force on the day in `dated_by`.

    What was recorded after that day does not count, unless the cases are to be assessed as known `later`.

    `cases` has one row a case with the vocabulary's columns; `children` the tables of many rows a case. Returns one
    row per case and attribute: the key, the columns of DETERMINATIONS, and `beside` them columns of the cases, each
    under its new name, in no order. Unless `explained`, what a case needs and its evidence are left blank.

    The rules of an attribute are a list, folded from last to first in three-valued logic (Kleene 1952, §64). Where a
    rule applies, its verdict stands; where it does not, the rest of the list decides; where that is unknown, the
    common verdict of both stands if there is one, and otherwise the case is undeterminable and names what it needs.
    """
    vocabulary = replace(vocabulary, terms={name: term.means for name, term in policy.terms.items()})
    entries = [_entry(n, rule, version, vocabulary) for n, (rule, version) in enumerate(_versions(policy))]
    conditions = [condition for entry in entries for condition in (entry.when, entry.expects) if condition]
    known_by = dated_by if as_known == "then" else None
    asking = _Asking(vocabulary=vocabulary, known_by=known_by) if explained else None
    facts = tallied(cases, children, conditions, vocabulary, key=key, known_by=known_by)
    if any(condition.tallies or condition.terms for condition in conditions):  # counted once for all attributes
        facts = _held(facts)
    labels, beside = _labels(entries, policy), beside or {}
    found: pl.LazyFrame = pl.concat(
        _determined(facts, [e for e in entries if e.rule.attribute == attribute], asking, dated_by)
        .select(key, *(pl.col(column).alias(name) for name, column in {**_SO_FAR, **beside}.items()))
        .with_columns(pl.col("outcome", "class").cast(pl.String))
        .join(labels, on="entry", how="left")
        .select(
            key,
            *(pl.lit(attribute).alias(name) if name == "attribute" else name for name in (*DETERMINATIONS, *beside)),
        )
        for attribute in policy.attributes()
    )
    return found


def rehearse(policy: Policy, *, vocabulary: Vocabulary, dated_by: str) -> list[tuple[Rule, Example, str]]:
    """Put every example of every rule to its rule alone: (rule, example, the outcome that the rule gives it)."""
    found = []
    for rule in policy.rules:
        cases, children = _made_up(rule.examples, vocabulary)
        alone = replace(policy, rules=(rule,))
        outcomes = assess(
            cases, children, alone, vocabulary=vocabulary, key=_EXAMPLE, dated_by=dated_by, explained=False
        )
        by_number = dict(outcomes.select(_EXAMPLE, "outcome").collect().iter_rows())
        found += [(rule, example, by_number[n]) for n, example in enumerate(rule.examples)]
    return found


def _made_up(examples: Sequence[Example], vocabulary: Vocabulary) -> tuple[pl.LazyFrame, dict[str, pl.LazyFrame]]:
    """The examples' cases, numbered, and their rows; each case's rows are joined to it by its number alone."""
    numbered = range(len(examples))
    joins = {child.on for child in vocabulary.children.values()}
    facts = [
        {**dict.fromkeys(joins, f"{n}"), **_states(example.case, vocabulary.columns), **example.case, _EXAMPLE: n}
        for n, example in enumerate(examples)
    ]
    rows = {
        name: [
            {**_states(row, child.columns), **row, child.on: f"{n}"}
            for n in numbered
            for row in (examples[n].rows or {}).get(name, ())
        ]
        for name, child in vocabulary.children.items()
    }
    types = {**vocabulary.columns, **dict.fromkeys(joins, "text"), _EXAMPLE: "integer"}
    children = {name: _typed(rows[name], vocabulary.children[name].columns) for name in rows}
    return _typed(facts, types), children


def _states(values: Mapping[str, object], columns: Iterable[str]) -> dict[str, str]:
    """The state of every column that has one: what is given is filled, what is not is blank."""
    stated = [name for name in columns if name.endswith(".state")]
    return {name: "blank" if values.get(name.removesuffix(".state")) is None else "filled" for name in stated}


def _typed(rows: Sequence[Mapping[str, object]], types: Mapping[str, str]) -> pl.LazyFrame:
    return pl.LazyFrame(list(rows), schema={name: _DTYPES.get(kind, pl.String) for name, kind in types.items()})


def _versions(policy: Policy) -> Iterator[tuple[Rule, Version]]:
    return ((rule, version) for rule in policy.rules for version in rule.versions)


def _entry(number: int, rule: Rule, version: Version, vocabulary: Vocabulary) -> _Entry:
    return _Entry(
        number=number,
        rule=rule,
        version=version,
        when=read(version.when, vocabulary, place=rule.file),
        expects=read(version.expects, vocabulary, place=rule.file) if version.expects else None,
    )


def _labels(entries: Iterable[_Entry], policy: Policy) -> pl.LazyFrame:
    schema = {"entry": pl.Int32, "rule": pl.String, "version": pl.String, "section": pl.String, "severity": pl.String}
    rows = [(e.number, e.rule.id, e.version.under, e.version.citation.section, e.rule.severity) for e in entries]
    return pl.LazyFrame(rows, schema=schema, orient="row")


def _determined(facts: pl.LazyFrame, entries: Sequence[_Entry], asking: _Asking | None, dated_by: str) -> pl.LazyFrame:
    """What the rules of one attribute make of each case; what it needs and its evidence where that is asked.

    What would decide a case is asked of the undeterminable alone: to word it takes longer than to reach every verdict.
    """
    found = _fold(facts, entries, dated_by)
    if asking is None:
        return found.with_columns(_NOTHING.alias(_SO_FAR[name]) for name in ("needed", "evidence"))
    found, undecided = _held(found), pl.col(_SO_FAR["outcome"]) == "undeterminable"
    decided = found.filter(~undecided).with_columns(_NOTHING.alias(_SO_FAR["needed"]))
    needing = _once(_held(_fold(found.filter(undecided), entries, dated_by, asking)), _SO_FAR["needed"])
    rule, columns = pl.col(_SO_FAR["entry"]), [*facts.collect_schema().names(), *_SO_FAR.values()]
    worded = [(rule.is_null(), _NOTHING), *((rule == number, shown) for number, shown in _evidence(entries))]
    parts = [
        part.filter(decided_by).with_columns(evidence.alias(_SO_FAR["evidence"])).select(columns)
        for part in (decided, needing)
        for decided_by, evidence in worded  # for each rule its own facts alone are put into words
    ]
    every: pl.LazyFrame = pl.union(parts)  # in any order: none has to wait
    return every


def _held(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The rows of a plan in memory, for those who read them several times."""
    held: pl.LazyFrame = frame.collect(engine="streaming").lazy()
    return held


def _once(frame: pl.LazyFrame, column: str) -> pl.LazyFrame:
    """The frame with each of a column's fields named once; null where it names none."""
    fields = pl.col(column).str.split("; ").list.unique(maintain_order=True).list.filter(pl.element() != "")
    named = pl.when(fields.list.len() > 0).then(fields.list.join("; "))
    once: pl.LazyFrame = frame.with_columns(named.alias(column))
    return once


def _fold(facts: pl.LazyFrame, entries: Sequence[_Entry], dated_by: str, asking: _Asking | None = None) -> pl.LazyFrame:
    """The verdict on each case, from the last rule to the first; where asked, also what it needs."""
    words = _words(entries)
    any_in_force = any_of(_in_force(entry, dated_by) for entry in entries)
    no_verdict = _when(any_in_force, words.outcome("not_applicable"), words.outcome("no_rule"))
    undated = pl.col(dated_by).is_null()
    frame = facts.with_columns(
        _when(undated, words.outcome("undeterminable"), no_verdict).alias(_SO_FAR["outcome"]),
        words.class_(None).alias(_SO_FAR["class"]),
        pl.lit(None, dtype=pl.Int32).alias(_SO_FAR["entry"]),
        pl.lit(None, dtype=pl.Boolean).alias(_SO_FAR["sure"]),
        _when(undated, pl.lit(dated_by), _NOTHING).alias(_SO_FAR["needed"]),
    )
    for entry in reversed(entries):
        frame = _put(frame, entry, words, dated_by, asking)
    return frame


class _Words(NamedTuple):
    """Every outcome and class that there can be: as numbers with names they are quicker to choose between than text."""

    outcomes: pl.Enum
    classes: pl.Enum

    def outcome(self, name: str) -> pl.Expr:
        """An outcome."""
        return pl.lit(name, dtype=self.outcomes)

    def class_(self, name: str | None) -> pl.Expr:
        """A class of cases, or none."""
        return pl.lit(name, dtype=self.classes)


def _words(entries: Iterable[_Entry]) -> _Words:
    rules = [entry.rule for entry in entries]
    own = [verdict for rule in rules for verdict in (rule.verdict, rule.otherwise)]
    outcomes = dict.fromkeys(("undeterminable", "not_applicable", "no_rule", *own))
    classes = dict.fromkeys((SEVERAL, *(rule.case_class for rule in rules)))
    return _Words(pl.Enum([*outcomes]), pl.Enum([*classes]))


def _put(frame: pl.LazyFrame, entry: _Entry, words: _Words, dated_by: str, asking: _Asking | None) -> pl.LazyFrame:
    """Put one rule in front of the verdicts that the later rules gave."""
    rule = entry.rule
    frame = frame.with_columns(
        (_in_force(entry, dated_by) & entry.when.truth).alias(_WHEN), _verdict(rule, entry.expects, words).alias(_OWN)
    )
    applies, unknown = pl.col(_WHEN), pl.col(_WHEN).is_null()
    own, undeterminable, class_ = pl.col(_OWN), words.outcome("undeterminable"), words.class_(rule.case_class)
    agree = unknown & (own == pl.col(_SO_FAR["outcome"])) & (own != undeterminable)
    same_class = _when(pl.col(_SO_FAR["class"]) == class_, class_, words.class_(SEVERAL))
    either = _Either(applies=applies, agree=agree, unknown=unknown)
    number = pl.lit(entry.number, dtype=pl.Int32)
    return frame.with_columns(
        either.of(_SO_FAR["outcome"], own, own, undeterminable),
        either.of(_SO_FAR["class"], class_, same_class, words.class_(None)),
        either.of(_SO_FAR["entry"], number, number, number),
        either.of(_SO_FAR["sure"], pl.lit(True), pl.lit(False), pl.lit(False)),
        *([_needed(either, entry, asking, dated_by)] if asking else []),
    )


def _needed(either: "_Either", entry: _Entry, asking: _Asking, dated_by: str) -> pl.Expr:
    """What a case needs so far, with this rule in front: what it expects, or that and whether it applies."""
    own = asking.needs(entry.expects) if entry.expects else _NOTHING
    day, in_force = entry.rule.dated_by or dated_by, _in_force(entry, dated_by)
    began = pl.lit(f"the day {entry.version.under} came into force")
    which = _when(in_force.is_null(), _when(pl.col(day).is_null(), pl.lit(day), began), _NOTHING)
    rest = _list([which, asking.needs(entry.when), own, pl.col(_SO_FAR["needed"])])
    return either.of(_SO_FAR["needed"], own, _NOTHING, rest)


class _Either(NamedTuple):
    """Whether a rule applies, or may apply and agrees with the rest, or may apply at all."""

    applies: pl.Expr
    agree: pl.Expr
    unknown: pl.Expr

    def of(self, column: str, own: pl.Expr, common: pl.Expr, neither: pl.Expr) -> pl.Expr:
        """The column's value in each of these, and otherwise what the rest of the list gave."""
        rest = _when(self.unknown, neither, pl.col(column))
        return _when(self.applies, own, _when(self.agree, common, rest)).alias(column)


def _verdict(rule: Rule, expects: Condition | None, words: _Words) -> pl.Expr:
    if expects is None:
        return words.outcome(rule.verdict)
    either = _when(expects.truth.is_null(), words.outcome("undeterminable"), words.outcome(rule.otherwise))
    return _when(expects.truth, words.outcome(rule.verdict), either)


def _in_force(entry: _Entry, dated_by: str) -> pl.Expr:
    """Whether the version was in force on the case's day; unknown where the day it came into force is, and near."""
    day = pl.col(entry.rule.dated_by or dated_by).cast(pl.Date)
    return any_of(_began(day, interval) & _lasted(day, interval) for interval in entry.version.in_force)


def _began(day: pl.Expr, interval: Interval) -> pl.Expr:
    if interval.since is None:
        return pl.lit(True)
    if interval.since_by is None:
        return day >= interval.since
    unknown = _when(day < interval.since, pl.lit(False), pl.lit(None, dtype=pl.Boolean))
    return _when(day >= interval.since_by, pl.lit(True), unknown)


def _lasted(day: pl.Expr, interval: Interval) -> pl.Expr:
    return day <= interval.until if interval.until else pl.lit(True)


def _list(parts: Iterable[pl.Expr]) -> pl.Expr:
    parts = tuple(parts)
    return pl.concat_str(parts, separator="; ", ignore_nulls=True) if parts else _NOTHING


def _evidence(entries: Sequence[_Entry]) -> Iterator[tuple[int, pl.Expr]]:
    """What each rule looks at, in words: to see whether it applies, and then what it expects.

    Facts stand in one order in all of them, that in which the rules first look at them.
    """
    conditions = [(entry.number, entry.when) for entry in entries]
    conditions += [(entry.number, entry.expects) for entry in entries if entry.expects]
    looked: dict[str, tuple[Meaning, set[int]]] = {}
    for number, condition in conditions:
        for name, meaning in condition.named.items():
            looked.setdefault(name, (meaning, set()))[1].add(number)
    for entry in entries:
        facts = [(name, meaning) for name, (meaning, rules) in looked.items() if entry.number in rules]
        worded = [pl.concat_str(pl.lit(f"{name}: "), _shown(meaning)) for name, meaning in facts]
        yield entry.number, _list(worded) if worded else pl.lit("")


def _shown(meaning: Meaning) -> pl.Expr:
    low, high, unknown = meaning.low, meaning.high, pl.lit("unknown")
    if meaning.kind == "truth":
        return _when(low, pl.lit("yes"), _when(low.is_null(), unknown, pl.lit("no")))
    if meaning.is_exact:
        return _when(low.is_null(), unknown, low.cast(pl.String))
    least = low.cast(pl.String)
    ranged = pl.concat_str(least, pl.lit(" to "), high.cast(pl.String))
    return _when(low == high, least, _when(high >= MANY, pl.concat_str(least, pl.lit(" or more")), ranged))


def _when(condition: pl.Expr, yes: pl.Expr, no: pl.Expr) -> pl.Expr:
    return pl.when(condition).then(yes).otherwise(no)
