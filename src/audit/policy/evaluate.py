"""What each case's file shows: case by attribute, the outcome, the rule that gave it, and the evidence."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import polars as pl

from audit.policy.aggregates import add_aggregates, list_missing_fields
from audit.policy.compiler import NO_UPPER_LIMIT, Condition, compile_condition
from audit.policy.rules import DateInterval, Example, Policy, Rule, Version
from audit.policy.values import CompiledValue, is_any_true
from audit.policy.vocabulary import Vocabulary

_EXAMPLE_KEY = "example"
_POLARS_TYPES = {
    "integer": pl.Int64,
    "number": pl.Float64,
    "date": pl.Date,
    "datetime": pl.Datetime,
    "yes_no": pl.Boolean,
}

AsKnown = Literal["then", "later"]

# The fold's own columns, by names that no fact has.
_FOLD_COLUMNS = {name: f"{name} so far" for name in ("outcome", "class", "entry", "sure", "needed", "evidence")}
_WHEN, _OWN = "applies here", "verdict here"
_NULL_TEXT = pl.lit(None, dtype=pl.String)

SEVERAL_CLASSES = "more than one class"  # a case decided without knowing which of several rules applies

DETERMINATION_SCHEMA = {
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
class _CompiledRule:
    """One version of one rule, compiled, in the list that is folded."""

    number: int
    rule: Rule
    version: Version
    when: Condition
    expects: Condition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _MissingFacts:
    """Which facts would tell what is unknown: by the words of the rules, as known by a day."""

    vocabulary: Vocabulary
    known_by: str | None

    def list_needed_fields(self, condition: Condition) -> pl.Expr:
        """The fields, by name, whose absence leaves a condition unknown; nothing where it is known."""
        aggregates = {aggregate.name: aggregate for aggregate in condition.aggregates}
        lacking: dict[str, pl.Expr] = {}
        for name, matters in condition.decisive_blanks.items():
            parts = [(name, pl.lit(True))]
            if name in aggregates:
                parts = list_missing_fields(aggregates[name], self.vocabulary, known_by=self.known_by)
            for field, missing in parts:
                is_needed = matters & missing
                lacking[field] = lacking[field] | is_needed if field in lacking else is_needed
        needed_fields = _join_names(_choose(missing, pl.lit(name), _NULL_TEXT) for name, missing in lacking.items())
        return _choose(condition.truth.is_null(), needed_fields, _NULL_TEXT)


def apply_policy(
    cases: pl.LazyFrame,
    children: Mapping[str, pl.LazyFrame],
    policy: Policy,
    *,
    vocabulary: Vocabulary,
    key: str,
    dated_by: str,
    as_known: AsKnown = "then",
    explained: bool = True,
    beside: Mapping[str, str] | None = None,
) -> pl.LazyFrame:
    """Determine every attribute of every case under the version of each rule in force on the day in `dated_by`.

    What was recorded after that day does not count, unless the cases are to be assessed as known `later`.

    `cases` has one row a case with the vocabulary's columns; `children` the tables of many rows a case. Returns one
    row per case and attribute: the key, the columns of DETERMINATION_SCHEMA, and `beside` them columns of the cases,
    each under its new name, in no order. Unless `explained`, what a case needs and its evidence are left blank.

    The rules of an attribute are a list, folded from last to first in three-valued logic (Kleene 1952, §64). Where a
    rule applies, its verdict stands; where it does not, the rest of the list decides; where that is unknown, the
    common verdict of both stands if there is one, and otherwise the case is undeterminable and names what it needs.
    """
    vocabulary = replace(vocabulary, terms={name: term.means for name, term in policy.terms.items()})
    entries = [_compile_rule(n, rule, version, vocabulary) for n, (rule, version) in enumerate(_list_versions(policy))]
    conditions = [condition for entry in entries for condition in (entry.when, entry.expects) if condition]
    known_by = dated_by if as_known == "then" else None
    missing_facts = _MissingFacts(vocabulary=vocabulary, known_by=known_by) if explained else None
    facts = add_aggregates(cases, children, conditions, vocabulary, key=key, known_by=known_by)
    if any(condition.aggregates or condition.terms for condition in conditions):  # counted once for all attributes
        facts = _collect_in_memory(facts)
    labels, beside = _build_labels(entries, policy), beside or {}
    determinations: pl.LazyFrame = pl.concat(
        _determine_attribute(facts, [e for e in entries if e.rule.attribute == attribute], missing_facts, dated_by)
        .select(key, *(pl.col(column).alias(name) for name, column in {**_FOLD_COLUMNS, **beside}.items()))
        .with_columns(pl.col("outcome", "class").cast(pl.String))
        .join(labels, on="entry", how="left")
        .select(
            key,
            *(
                pl.lit(attribute).alias(name) if name == "attribute" else name
                for name in (*DETERMINATION_SCHEMA, *beside)
            ),
        )
        for attribute in policy.list_attributes()
    )
    return determinations


def evaluate_examples(policy: Policy, *, vocabulary: Vocabulary, dated_by: str) -> list[tuple[Rule, Example, str]]:
    """Put every example of every rule to its rule alone: (rule, example, the outcome that the rule gives it)."""
    results = []
    for rule in policy.rules:
        cases, children = _build_example_cases(rule.examples, vocabulary)
        alone = replace(policy, rules=(rule,))
        outcomes = apply_policy(
            cases, children, alone, vocabulary=vocabulary, key=_EXAMPLE_KEY, dated_by=dated_by, explained=False
        )
        by_number = dict(outcomes.select(_EXAMPLE_KEY, "outcome").collect().iter_rows())
        results += [(rule, example, by_number[n]) for n, example in enumerate(rule.examples)]
    return results


def _build_example_cases(
    examples: Sequence[Example], vocabulary: Vocabulary
) -> tuple[pl.LazyFrame, dict[str, pl.LazyFrame]]:
    """The examples' cases, numbered, and their rows; each case's rows are joined to it by its number alone."""
    numbered = range(len(examples))
    joins = {child.on for child in vocabulary.children.values()}
    facts = [
        {
            **dict.fromkeys(joins, f"{n}"),
            **_derive_states(example.case, vocabulary.columns),
            **example.case,
            _EXAMPLE_KEY: n,
        }
        for n, example in enumerate(examples)
    ]
    rows = {
        name: [
            {**_derive_states(row, child.columns), **row, child.on: f"{n}"}
            for n in numbered
            for row in (examples[n].rows or {}).get(name, ())
        ]
        for name, child in vocabulary.children.items()
    }
    types = {**vocabulary.columns, **dict.fromkeys(joins, "text"), _EXAMPLE_KEY: "integer"}
    children = {name: _build_frame(rows[name], vocabulary.children[name].columns) for name in rows}
    return _build_frame(facts, types), children


def _derive_states(values: Mapping[str, object], columns: Iterable[str]) -> dict[str, str]:
    """The state of every column that has one: what is given is filled, what is not is blank."""
    state_columns = [name for name in columns if name.endswith(".state")]
    return {name: "blank" if values.get(name.removesuffix(".state")) is None else "filled" for name in state_columns}


def _build_frame(rows: Sequence[Mapping[str, object]], types: Mapping[str, str]) -> pl.LazyFrame:
    return pl.LazyFrame(list(rows), schema={name: _POLARS_TYPES.get(kind, pl.String) for name, kind in types.items()})


def _list_versions(policy: Policy) -> Iterator[tuple[Rule, Version]]:
    return ((rule, version) for rule in policy.rules for version in rule.versions)


def _compile_rule(number: int, rule: Rule, version: Version, vocabulary: Vocabulary) -> _CompiledRule:
    return _CompiledRule(
        number=number,
        rule=rule,
        version=version,
        when=compile_condition(version.when, vocabulary, place=rule.file),
        expects=compile_condition(version.expects, vocabulary, place=rule.file) if version.expects else None,
    )


def _build_labels(entries: Iterable[_CompiledRule], policy: Policy) -> pl.LazyFrame:
    schema = {"entry": pl.Int32, "rule": pl.String, "version": pl.String, "section": pl.String, "severity": pl.String}
    rows = [(e.number, e.rule.id, e.version.under, e.version.citation.section, e.rule.severity) for e in entries]
    return pl.LazyFrame(rows, schema=schema, orient="row")


def _determine_attribute(
    facts: pl.LazyFrame, entries: Sequence[_CompiledRule], missing_facts: _MissingFacts | None, dated_by: str
) -> pl.LazyFrame:
    """What the rules of one attribute make of each case; what it needs and its evidence where that is asked.

    What would decide a case is asked of the undeterminable alone: to word it takes longer than to reach every verdict.
    """
    verdicts = _fold_rules(facts, entries, dated_by)
    if missing_facts is None:
        return verdicts.with_columns(_NULL_TEXT.alias(_FOLD_COLUMNS[name]) for name in ("needed", "evidence"))
    verdicts, undecided = _collect_in_memory(verdicts), pl.col(_FOLD_COLUMNS["outcome"]) == "undeterminable"
    decided = verdicts.filter(~undecided).with_columns(_NULL_TEXT.alias(_FOLD_COLUMNS["needed"]))
    needing = _drop_repeated_fields(
        _collect_in_memory(_fold_rules(verdicts.filter(undecided), entries, dated_by, missing_facts)),
        _FOLD_COLUMNS["needed"],
    )
    rule, columns = pl.col(_FOLD_COLUMNS["entry"]), [*facts.collect_schema().names(), *_FOLD_COLUMNS.values()]
    evidence_by_rule = [
        (rule.is_null(), _NULL_TEXT),
        *((rule == number, text) for number, text in _describe_evidence(entries)),
    ]
    parts = [
        part.filter(decided_by).with_columns(evidence.alias(_FOLD_COLUMNS["evidence"])).select(columns)
        for part in (decided, needing)
        for decided_by, evidence in evidence_by_rule  # for each rule its own facts alone are put into words
    ]
    every: pl.LazyFrame = pl.union(parts)  # in any order: none has to wait
    return every


def _collect_in_memory(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The rows of a plan in memory, for those who read them several times."""
    held: pl.LazyFrame = frame.collect(engine="streaming").lazy()
    return held


def _drop_repeated_fields(frame: pl.LazyFrame, column: str) -> pl.LazyFrame:
    """The frame with each of a column's fields named once; null where it names none."""
    fields = pl.col(column).str.split("; ").list.unique(maintain_order=True).list.filter(pl.element() != "")
    joined_fields = pl.when(fields.list.len() > 0).then(fields.list.join("; "))
    once: pl.LazyFrame = frame.with_columns(joined_fields.alias(column))
    return once


def _fold_rules(
    facts: pl.LazyFrame, entries: Sequence[_CompiledRule], dated_by: str, missing_facts: _MissingFacts | None = None
) -> pl.LazyFrame:
    """The verdict on each case, from the last rule to the first; where asked, also what it needs."""
    words = _build_result_types(entries)
    any_in_force = is_any_true(_is_in_force(entry, dated_by) for entry in entries)
    no_verdict = _choose(any_in_force, words.make_outcome("not_applicable"), words.make_outcome("no_rule"))
    undated = pl.col(dated_by).is_null()
    frame = facts.with_columns(
        _choose(undated, words.make_outcome("undeterminable"), no_verdict).alias(_FOLD_COLUMNS["outcome"]),
        words.make_class(None).alias(_FOLD_COLUMNS["class"]),
        pl.lit(None, dtype=pl.Int32).alias(_FOLD_COLUMNS["entry"]),
        pl.lit(None, dtype=pl.Boolean).alias(_FOLD_COLUMNS["sure"]),
        _choose(undated, pl.lit(dated_by), _NULL_TEXT).alias(_FOLD_COLUMNS["needed"]),
    )
    for entry in reversed(entries):
        frame = _prepend_rule(frame, entry, words, dated_by, missing_facts)
    return frame


class _ResultTypes(NamedTuple):
    """Every outcome and class that there can be: as numbers with names they are quicker to choose between than text."""

    outcomes: pl.Enum
    classes: pl.Enum

    def make_outcome(self, name: str) -> pl.Expr:
        """An outcome."""
        return pl.lit(name, dtype=self.outcomes)

    def make_class(self, name: str | None) -> pl.Expr:
        """A class of cases, or none."""
        return pl.lit(name, dtype=self.classes)


def _build_result_types(entries: Iterable[_CompiledRule]) -> _ResultTypes:
    rules = [entry.rule for entry in entries]
    own = [verdict for rule in rules for verdict in (rule.verdict, rule.otherwise)]
    outcomes = dict.fromkeys(("undeterminable", "not_applicable", "no_rule", *own))
    classes = dict.fromkeys((SEVERAL_CLASSES, *(rule.case_class for rule in rules)))
    return _ResultTypes(pl.Enum([*outcomes]), pl.Enum([*classes]))


def _prepend_rule(
    frame: pl.LazyFrame, entry: _CompiledRule, words: _ResultTypes, dated_by: str, missing_facts: _MissingFacts | None
) -> pl.LazyFrame:
    """Put one rule in front of the verdicts that the later rules gave."""
    rule = entry.rule
    frame = frame.with_columns(
        (_is_in_force(entry, dated_by) & entry.when.truth).alias(_WHEN),
        _build_verdict(rule, entry.expects, words).alias(_OWN),
    )
    applies, unknown = pl.col(_WHEN), pl.col(_WHEN).is_null()
    own, undeterminable, class_ = pl.col(_OWN), words.make_outcome("undeterminable"), words.make_class(rule.case_class)
    agree = unknown & (own == pl.col(_FOLD_COLUMNS["outcome"])) & (own != undeterminable)
    same_class = _choose(pl.col(_FOLD_COLUMNS["class"]) == class_, class_, words.make_class(SEVERAL_CLASSES))
    either = _Applicability(applies=applies, agrees=agree, unknown=unknown)
    number = pl.lit(entry.number, dtype=pl.Int32)
    return frame.with_columns(
        either.choose_value(_FOLD_COLUMNS["outcome"], own, own, undeterminable),
        either.choose_value(_FOLD_COLUMNS["class"], class_, same_class, words.make_class(None)),
        either.choose_value(_FOLD_COLUMNS["entry"], number, number, number),
        either.choose_value(_FOLD_COLUMNS["sure"], pl.lit(True), pl.lit(False), pl.lit(False)),
        *([_list_needed_facts(either, entry, missing_facts, dated_by)] if missing_facts else []),
    )


def _list_needed_facts(
    either: "_Applicability", entry: _CompiledRule, missing_facts: _MissingFacts, dated_by: str
) -> pl.Expr:
    """What a case needs so far, with this rule in front: what it expects, or that and whether it applies."""
    own = missing_facts.list_needed_fields(entry.expects) if entry.expects else _NULL_TEXT
    day, in_force = entry.rule.dated_by or dated_by, _is_in_force(entry, dated_by)
    began = pl.lit(f"the day {entry.version.under} came into force")
    which = _choose(in_force.is_null(), _choose(pl.col(day).is_null(), pl.lit(day), began), _NULL_TEXT)
    rest = _join_names([which, missing_facts.list_needed_fields(entry.when), own, pl.col(_FOLD_COLUMNS["needed"])])
    return either.choose_value(_FOLD_COLUMNS["needed"], own, _NULL_TEXT, rest)


class _Applicability(NamedTuple):
    """Whether a rule applies, or may apply and agrees with the rest, or may apply at all."""

    applies: pl.Expr
    agrees: pl.Expr
    unknown: pl.Expr

    def choose_value(self, column: str, own: pl.Expr, common: pl.Expr, neither: pl.Expr) -> pl.Expr:
        """The column's value in each of these, and otherwise what the rest of the list gave."""
        rest = _choose(self.unknown, neither, pl.col(column))
        return _choose(self.applies, own, _choose(self.agrees, common, rest)).alias(column)


def _build_verdict(rule: Rule, expects: Condition | None, words: _ResultTypes) -> pl.Expr:
    if expects is None:
        return words.make_outcome(rule.verdict)
    either = _choose(expects.truth.is_null(), words.make_outcome("undeterminable"), words.make_outcome(rule.otherwise))
    return _choose(expects.truth, words.make_outcome(rule.verdict), either)


def _is_in_force(entry: _CompiledRule, dated_by: str) -> pl.Expr:
    """Whether the version was in force on the case's day; unknown where the day it came into force is, and near."""
    day = pl.col(entry.rule.dated_by or dated_by).cast(pl.Date)
    return is_any_true(_has_begun(day, interval) & _has_not_ended(day, interval) for interval in entry.version.in_force)


def _has_begun(day: pl.Expr, interval: DateInterval) -> pl.Expr:
    if interval.since is None:
        return pl.lit(True)
    if interval.since_by is None:
        return day >= interval.since
    unknown = _choose(day < interval.since, pl.lit(False), pl.lit(None, dtype=pl.Boolean))
    return _choose(day >= interval.since_by, pl.lit(True), unknown)


def _has_not_ended(day: pl.Expr, interval: DateInterval) -> pl.Expr:
    return day <= interval.until if interval.until else pl.lit(True)


def _join_names(parts: Iterable[pl.Expr]) -> pl.Expr:
    parts = tuple(parts)
    return pl.concat_str(parts, separator="; ", ignore_nulls=True) if parts else _NULL_TEXT


def _describe_evidence(entries: Sequence[_CompiledRule]) -> Iterator[tuple[int, pl.Expr]]:
    """What each rule looks at, in words: to see whether it applies, and then what it expects.

    Facts stand in one order in all of them, that in which the rules first look at them.
    """
    conditions = [(entry.number, entry.when) for entry in entries]
    conditions += [(entry.number, entry.expects) for entry in entries if entry.expects]
    facts_by_name: dict[str, tuple[CompiledValue, set[int]]] = {}
    for number, condition in conditions:
        for name, meaning in condition.values_by_name.items():
            facts_by_name.setdefault(name, (meaning, set()))[1].add(number)
    for entry in entries:
        facts = [(name, meaning) for name, (meaning, rules) in facts_by_name.items() if entry.number in rules]
        texts = [pl.concat_str(pl.lit(f"{name}: "), _format_value(meaning)) for name, meaning in facts]
        yield entry.number, _join_names(texts) if texts else pl.lit("")


def _format_value(meaning: CompiledValue) -> pl.Expr:
    low, high, unknown = meaning.low, meaning.high, pl.lit("unknown")
    if meaning.kind == "truth":
        return _choose(low, pl.lit("yes"), _choose(low.is_null(), unknown, pl.lit("no")))
    if meaning.is_exact:
        return _choose(low.is_null(), unknown, low.cast(pl.String))
    least = low.cast(pl.String)
    ranged = pl.concat_str(least, pl.lit(" to "), high.cast(pl.String))
    return _choose(
        low == high, least, _choose(high >= NO_UPPER_LIMIT, pl.concat_str(least, pl.lit(" or more")), ranged)
    )


def _choose(condition: pl.Expr, yes: pl.Expr, no: pl.Expr) -> pl.Expr:
    return pl.when(condition).then(yes).otherwise(no)
