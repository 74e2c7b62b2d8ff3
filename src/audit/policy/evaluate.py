"""What each case's file shows: case by attribute, the outcome, the rule that gave it, and the evidence."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import polars as pl

from audit.policy.aggregates import AggregateBuilder
from audit.policy.fact_text import (
    NULL_TEXT,
    describe_common_evidence,
    describe_evidence,
    drop_repeated_fields,
    join_texts,
    write_where,
)
from audit.policy.fold import CLASS, CRITICAL, NEEDED, OUTCOME, RULE_NUMBER, SURE, RuleList
from audit.policy.rules import CompiledVersion, Policy

AsKnown = Literal["then", "later"]

DETERMINATION_SCHEMA = {
    "attribute": pl.String,
    "outcome": pl.String,
    "class": pl.String,
    "rule": pl.String,  # the rule that decides; blank where several could
    "version": pl.String,
    "section": pl.String,  # where the document states the rule, and the document that restates it
    "severity": pl.String,  # of the rule that decides, or the gravest of those that could
    "sure": pl.Boolean,  # whether the rule surely applies: not so where any of several would give the same outcome
    "candidates": pl.String,  # the rule that decides, or every rule that could, separated by "; "
    "needed": pl.String,  # the fields that would decide an undeterminable case, separated by "; "
    "evidence": pl.String,  # what these rules looked at, "name: value" separated by "; "
}

_CANDIDATES, _EVIDENCE = "__candidates", "__evidence"
_NAME_BY_COLUMN = {OUTCOME: "outcome", CLASS: "class", SURE: "sure", NEEDED: "needed", _EVIDENCE: "evidence"}


def apply_policy(
    cases: pl.LazyFrame,
    children: Mapping[str, pl.LazyFrame],
    policy: Policy,
    *,
    key: str,
    dated_by: str,
    as_known: AsKnown = "then",
    explained: bool = True,
    beside: Mapping[str, str] | None = None,
) -> pl.LazyFrame:
    """Determine every attribute of every case under the version of each rule in force on the day in `dated_by`.

    What was recorded after that day does not count, unless the cases are to be assessed as known `later`.

    `cases` has one row a case with the columns of the policy's vocabulary; `children` the tables of many rows a case.
    Returns one row per case and attribute: the key, the columns of DETERMINATION_SCHEMA, and `beside` them columns of
    the cases, each under its new name, in no order. Unless `explained`, what a case needs and its evidence are left
    blank. How the rules of an attribute give one verdict is told in `audit.policy.fold`.
    """
    versions = policy.compile_versions()
    conditions = [condition for version in versions for condition in version.conditions]
    known_by = dated_by if as_known == "then" else None
    builder = AggregateBuilder(conditions=policy.conditions, key=key, known_by=known_by)
    facts = builder.add_aggregates(cases, children, conditions)
    if any(condition.aggregates or condition.terms for condition in conditions):  # counted once for all attributes
        facts = _collect_in_memory(facts)
    labels, beside = _build_labels(versions), beside or {}
    parts = []
    for attribute in policy.list_attributes():
        numbered = [(n, version) for n, version in enumerate(versions) if version.rule.attribute == attribute]
        rules = RuleList(versions=numbered, dated_by=dated_by)
        verdicts = _explain_verdicts(facts, rules, builder) if explained else _leave_unexplained(rules.fold(facts))
        part = verdicts.select(
            key,
            RULE_NUMBER,
            _CANDIDATES,
            pl.lit(attribute).alias("attribute"),
            *(pl.col(column).alias(name) for column, name in _NAME_BY_COLUMN.items()),
            _name_severity().alias("severity"),
            *(pl.col(column).alias(name) for name, column in beside.items()),
        ).with_columns(pl.col("outcome", "class").cast(pl.String), pl.when("sure").then(RULE_NUMBER).alias(RULE_NUMBER))
        part = part.join(labels, on=RULE_NUMBER, how="left").with_columns(candidates=pl.coalesce("rule", _CANDIDATES))
        parts.append(part.select(key, *DETERMINATION_SCHEMA, *beside))
    determinations: pl.LazyFrame = pl.concat(parts)
    return determinations


def _name_severity() -> pl.Expr:
    """The gravest severity of the rules that decide, or could; none where none does."""
    return pl.when(CRITICAL).then(pl.lit("critical")).when(pl.col(CRITICAL).is_not_null()).then(pl.lit("ordinary"))


def _build_labels(versions: Iterable[CompiledVersion]) -> pl.LazyFrame:
    """How each version is cited in a determination, by its number."""
    names = ("rule", "version", "section")
    rows = [(number, one.rule.id, one.version.under, one.version.citation.place) for number, one in enumerate(versions)]
    schema = {RULE_NUMBER: pl.Int32, **dict.fromkeys(names, pl.String)}
    return pl.LazyFrame(rows, schema=schema, orient="row")


def _leave_unexplained(verdicts: pl.LazyFrame) -> pl.LazyFrame:
    return verdicts.with_columns(NULL_TEXT.alias(name) for name in (NEEDED, _CANDIDATES, _EVIDENCE))


def _explain_verdicts(facts: pl.LazyFrame, rules: RuleList, builder: AggregateBuilder) -> pl.LazyFrame:
    """What the rules make of each case, with what it needs and its evidence.

    What would decide a case, and which rules could, is asked only of those that no rule surely decides: to word it
    takes longer than to reach every verdict.
    """
    verdicts = _collect_in_memory(rules.fold(facts))
    is_open = (pl.col(OUTCOME) == "undeterminable") | ~pl.col(SURE).fill_null(True)
    decided = verdicts.filter(~is_open).with_columns(NULL_TEXT.alias(NEEDED))
    needing = _name_candidates(rules.fold(verdicts.filter(is_open), needed_by=builder), rules)
    needing = needing.select(*verdicts.collect_schema().names(), _CANDIDATES, _EVIDENCE)
    explained = [
        decided.filter(is_of_rule).with_columns(NULL_TEXT.alias(_CANDIDATES), evidence.alias(_EVIDENCE))
        for is_of_rule, evidence in _list_evidence(rules.versions)  # for each rule its own facts alone are worded
    ]
    every: pl.LazyFrame = pl.union(
        [drop_repeated_fields(needing, NEEDED), *explained]
    )  # in any order: none has to wait
    return every


def _name_candidates(folded: pl.LazyFrame, rules: RuleList) -> pl.LazyFrame:
    """The cases with the rules that could decide them, and what those look at."""
    versions = [version for _, version in rules.versions]
    places: dict[str, list[int]] = {}
    for place, version in enumerate(versions):
        places.setdefault(version.rule.id, []).append(place)
    names = [write_where(rules.is_candidate(own), pl.lit(rule)) for rule, own in places.items()]
    evidence = describe_common_evidence(versions, rules.is_candidate)
    return folded.with_columns(join_texts(names).alias(_CANDIDATES), evidence.alias(_EVIDENCE))


def _list_evidence(versions: Sequence[tuple[int, CompiledVersion]]) -> list[tuple[pl.Expr, pl.Expr]]:
    """Which cases a version decides, and its evidence; last those that none decides, which have none."""
    texts = describe_evidence([version for _, version in versions])
    evidence = [(pl.col(RULE_NUMBER) == number, text) for (number, _), text in zip(versions, texts, strict=True)]
    return [*evidence, (pl.col(RULE_NUMBER).is_null(), NULL_TEXT)]


def _collect_in_memory(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The rows of a plan in memory, for those who read them several times."""
    collected: pl.LazyFrame = frame.collect(engine="streaming").lazy()
    return collected
