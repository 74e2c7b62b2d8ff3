"""What each case's file shows: case by attribute, the outcome, the rule that gave it, and the evidence."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import narwhals as nw
import polars as pl

from audit.language import MANY, Child, Condition, Count, Meaning, Vocabulary, any_of, read
from audit.policy import Example, Interval, Policy, Rule, Version

_EXAMPLE = "example"
_DTYPES = {
    "integer": pl.Int64,
    "number": pl.Float64,
    "date": pl.Date,
    "datetime": pl.Datetime,
    "yes_no": pl.Boolean,
}

Cases = nw.LazyFrame[Any]

SEVERAL = "more than one class"  # a case decided without knowing which of several rules applies

DETERMINATIONS = {
    "attribute": pl.String,
    "outcome": pl.String,
    "class": pl.String,
    "rule": pl.String,
    "version": pl.String,
    "section": pl.String,
    "severity": pl.String,
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


def assess(
    cases: pl.LazyFrame,
    children: Mapping[str, pl.LazyFrame],
    policy: Policy,
    *,
    vocabulary: Vocabulary,
    key: str,
    dated_by: str,
) -> pl.LazyFrame:
    """Determine every attribute of every case under the version of each rule in force on the day in `dated_by`.

    `cases` has one row a case with the vocabulary's columns; `children` the tables of many rows a case. Returns one
    row per case and attribute: the key and the columns of DETERMINATIONS.

    The rules of an attribute are a list, folded from last to first in three-valued logic (Kleene 1952, §64). Where a
    rule applies, its verdict stands; where it does not, the rest of the list decides; where that is unknown, the
    common verdict of both stands if there is one, and otherwise the case is undeterminable and names what it needs.
    """
    vocabulary = replace(vocabulary, terms={name: term.means for name, term in policy.terms.items()})
    entries = [_entry(n, rule, version, vocabulary) for n, (rule, version) in enumerate(_versions(policy))]
    facts = _tally(nw.from_native(cases), children, entries, vocabulary, key=key, dated_by=dated_by)
    found = [
        _fold(facts, [e for e in entries if e.rule.attribute == attribute], vocabulary, dated_by)
        .select(key, "outcome", "class", "entry", "needed", "evidence")
        .to_native()
        for attribute in policy.attributes()
    ]
    columns = [key, *DETERMINATIONS]
    labels = _labels(entries, policy)
    determinations: pl.LazyFrame = pl.concat(
        frame.join(labels, on="entry", how="left")
        .with_columns(
            attribute=pl.lit(attribute),
            needed=pl.col("needed").str.split("; ").list.unique(maintain_order=True).list.join("; "),
        )
        .select(columns)
        for attribute, frame in zip(policy.attributes(), found, strict=True)
    )
    return determinations


def rehearse(policy: Policy, *, vocabulary: Vocabulary, dated_by: str) -> list[tuple[Rule, Example, str]]:
    """Put every example of every rule to its rule alone: (rule, example, the outcome that the rule gives it)."""
    found = []
    for rule in policy.rules:
        cases, children = _made_up(rule.examples, vocabulary)
        alone = replace(policy, rules=(rule,))
        outcomes = assess(cases, children, alone, vocabulary=vocabulary, key=_EXAMPLE, dated_by=dated_by)
        by_number = dict(outcomes.select(_EXAMPLE, "outcome").collect().iter_rows())
        found += [(rule, example, by_number[n]) for n, example in enumerate(rule.examples)]
    return found


def _made_up(examples: Sequence[Example], vocabulary: Vocabulary) -> tuple[pl.LazyFrame, dict[str, pl.LazyFrame]]:
    """The examples' cases, numbered, and their rows; each case's rows are joined to it by its number alone."""
    numbered = range(len(examples))
    joins = {child.on for child in vocabulary.children.values()}
    facts = [{**example.case, **dict.fromkeys(joins, f"{n}"), _EXAMPLE: n} for n, example in enumerate(examples)]
    rows = {
        name: [{**row, child.on: f"{n}"} for n in numbered for row in (examples[n].rows or {}).get(name, ())]
        for name, child in vocabulary.children.items()
    }
    types = {**vocabulary.columns, **dict.fromkeys(joins, "text"), _EXAMPLE: "integer"}
    children = {name: _typed(rows[name], vocabulary.children[name].columns) for name in rows}
    return _typed(facts, types), children


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


def _tally(
    cases: Cases,
    children: Mapping[str, pl.LazyFrame],
    entries: Sequence[_Entry],
    vocabulary: Vocabulary,
    *,
    key: str,
    dated_by: str,
) -> Cases:
    """Add to every case each count that a condition names: at least, at most, and what left rows uncounted."""
    conditions = [c for entry in entries for c in (entry.when, entry.expects) if c]
    counts = {count.name: count for condition in conditions for count in condition.counts}
    for name, child in vocabulary.children.items():
        wanted = [count for count in counts.values() if count.child == name]
        if not wanted:
            continue
        outside = {f for count in wanted for f in count.fields if f not in child.columns}
        rows = cases.select(sorted({key, child.on, dated_by} | outside)).join(
            nw.from_native(children[name]), on=child.on, how="inner"
        )
        known = nw.col(child.recorded) <= nw.col(dated_by) if child.recorded else nw.lit(True)
        flags: dict[str, nw.Expr] = {}
        for count in wanted:
            counted = known & count.where if count.where is not None else known
            flags[count.name] = counted.fill_null(False)
            flags[_unsure(count)] = counted.is_null()
            for column in _child_fields(count, child):
                flags[_lacks(count, column)] = counted.is_null() & nw.col(column).is_null()
        sums = (
            rows.select(key, *(flag.cast(nw.Int64).alias(column) for column, flag in flags.items()))
            .group_by(key)
            .agg(nw.col(*flags).sum())
        )
        cases = cases.join(sums, on=key, how="left").with_columns(nw.col(*flags).fill_null(0))
        complete = _complete(child, vocabulary)
        cases = cases.with_columns(
            _when(
                complete.truth if complete else nw.lit(True),
                nw.col(count.name) + nw.col(_unsure(count)),
                nw.lit(MANY, dtype=nw.Int64),
            ).alias(f"{count.name}, at most")
            for count in wanted
        )
    return cases


def _unsure(count: Count) -> str:
    return f"{count.name}, unsure"


def _lacks(count: Count, column: str) -> str:
    return f"{count.name}, lacks {column}"


def _child_fields(count: Count, child: Child) -> list[str]:
    return [name for name in (*count.fields, *filter(None, [child.recorded])) if name in child.columns]


def _complete(child: Child, vocabulary: Vocabulary) -> Condition | None:
    if not child.complete_when:
        return None
    return read(child.complete_when, replace(vocabulary, children={}, terms={}), place="complete_when")


def _fold(facts: Cases, entries: Sequence[_Entry], vocabulary: Vocabulary, dated_by: str) -> Cases:
    any_in_force = any_of(_in_force(entry.version.in_force, dated_by) for entry in entries)
    nothing = nw.lit(None, dtype=nw.String)
    frame = facts.with_columns(
        _when(any_in_force, nw.lit("not_applicable"), nw.lit("no_rule")).alias("outcome"),
        nothing.alias("class"),
        nw.lit(None, dtype=nw.Int32).alias("entry"),
        nothing.alias("needed"),
        nothing.alias("evidence"),
    )
    for entry in reversed(entries):
        frame = _ask(frame, entry, vocabulary, dated_by)
    return frame


def _ask(frame: Cases, entry: _Entry, vocabulary: Vocabulary, dated_by: str) -> Cases:
    """Put one rule in front of the verdicts that the later rules gave."""
    rule, expects, nothing = entry.rule, entry.expects, nw.lit(None, dtype=nw.String)
    frame = frame.with_columns(
        (_in_force(entry.version.in_force, dated_by) & entry.when.truth).alias("_when"),
        _verdict(rule, expects).alias("_own"),
        (_when(expects.truth.is_null(), _needs(expects, vocabulary), nothing) if expects else nothing).alias("_lacks"),
    )
    applies, unknown = nw.col("_when"), nw.col("_when").is_null()
    agree = unknown & (nw.col("_own") == nw.col("outcome")) & (nw.col("_own") != "undeterminable")
    same_class = _when(nw.col("class") == rule.case_class, nw.lit(rule.case_class), nw.lit(SEVERAL))
    undecided = nw.concat_str(
        _needs(entry.when, vocabulary), nw.col("_lacks"), nw.col("needed"), separator="; ", ignore_nulls=True
    )
    either = _Either(applies=applies, agree=agree, unknown=unknown)
    number, evidence = nw.lit(entry.number, dtype=nw.Int32), _evidence(entry)
    return frame.with_columns(
        either.of("outcome", nw.col("_own"), nw.col("_own"), nw.lit("undeterminable")),
        either.of("class", nw.lit(rule.case_class), same_class, nothing),
        either.of("entry", number, number, number),
        either.of("needed", nw.col("_lacks"), nothing, undecided),
        either.of("evidence", evidence, evidence, evidence),
    )


class _Either(NamedTuple):
    """Whether a rule applies, or may apply and agrees with the rest, or may apply at all."""

    applies: nw.Expr
    agree: nw.Expr
    unknown: nw.Expr

    def of(self, column: str, own: nw.Expr, common: nw.Expr, neither: nw.Expr) -> nw.Expr:
        """The column's value in each of these, and otherwise what the rest of the list gave."""
        rest = _when(self.unknown, neither, nw.col(column))
        return _when(self.applies, own, _when(self.agree, common, rest)).alias(column)


def _verdict(rule: Rule, expects: Condition | None) -> nw.Expr:
    if expects is None:
        return nw.lit(rule.verdict)
    either = _when(expects.truth.is_null(), nw.lit("undeterminable"), nw.lit(rule.otherwise))
    return _when(expects.truth, nw.lit(rule.verdict), either)


def _in_force(intervals: Sequence[Interval], dated_by: str) -> nw.Expr:
    day = nw.col(dated_by)
    return any_of(
        (day >= interval.since if interval.since else nw.lit(True))
        & (day <= interval.until if interval.until else nw.lit(True))
        for interval in intervals
    )


def _needs(condition: Condition, vocabulary: Vocabulary) -> nw.Expr:
    """The fields, by name, whose absence leaves a condition unknown."""
    lacking: dict[str, nw.Expr] = {name: nw.col(name).is_null() for name in condition.asked}
    for count in condition.counts:
        child = vocabulary.children[count.child]
        for column in _child_fields(count, child):
            lacking[f"{count.child}.{column}"] = nw.col(_lacks(count, column)) > 0
        if complete := _complete(child, vocabulary):
            for name in complete.fields:
                lacking.setdefault(name, ~complete.truth.fill_null(False))
    nothing = nw.lit(None, dtype=nw.String)
    parts = [_when(missing, nw.lit(name), nothing) for name, missing in lacking.items()]
    return nw.concat_str(*parts, separator="; ", ignore_nulls=True) if parts else nothing


def _evidence(entry: _Entry) -> nw.Expr:
    named = {**entry.when.named, **(entry.expects.named if entry.expects else {})}
    parts = [nw.concat_str(nw.lit(f"{name}: "), _shown(meaning)) for name, meaning in named.items()]
    return nw.concat_str(*parts, separator="; ") if parts else nw.lit("")


def _shown(meaning: Meaning) -> nw.Expr:
    low, high, unknown = meaning.low, meaning.high, nw.lit("unknown")
    if meaning.kind == "truth":
        return _when(low, nw.lit("yes"), _when(low.is_null(), unknown, nw.lit("no")))
    if meaning.exact:
        return _when(low.is_null(), unknown, low.cast(nw.String))
    least = low.cast(nw.String)
    ranged = nw.concat_str(least, nw.lit(" to "), high.cast(nw.String))
    return _when(low == high, least, _when(high >= MANY, nw.concat_str(least, nw.lit(" or more")), ranged))


def _when(condition: nw.Expr, yes: nw.Expr, no: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(yes).otherwise(no)
