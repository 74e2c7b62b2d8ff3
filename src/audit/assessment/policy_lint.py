"""What a policy leaves open: days without an example, words nobody uses, rules that never decide, facts left out."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

import polars as pl

from audit.assessment.case_file import CaseFiles, determine_outcomes, format_fact, isolate_rules
from audit.assessment.criteria_lint import PolicyIssue as PolicyIssue
from audit.assessment.criteria_lint import find_criteria_issues, find_example_day
from audit.formatting import format_list, format_plural
from audit.months import find_first_day, find_last_day
from audit.policy.aggregates import AggregateBuilder
from audit.policy.compiled_condition import Condition
from audit.policy.in_force import describe_day_range, find_version, list_boundary_days
from audit.policy.rules import Policy, Rule
from audit.programs.declaration import Program
from audit.programs.measures import parse_period

MAXIMUM_FACT_VALUES = 8  # values of a fact by which cases are told apart
RULES_AT_A_TIME = 6  # that are put to every case alone


class AuditedDays(NamedTuple):
    """What is audited: the attribute whose rate is estimated, and the first and last day of its cases."""

    attribute: str
    first: date
    last: date
    unaddressed: str = ""  # condition on cases that no rule need speak to


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictCoverage:
    """One verdict of one version of a rule, and how many examples and cases reach it."""

    attribute: str
    rule: str
    version: str
    verdict: str
    examples: int
    cases: int


def find_audited_days(program: Program) -> AuditedDays | None:
    """What the program's sample audits; None where it declares none."""
    if program.sample is None:
        return None
    first, last = parse_period(program.census, program.sample.period)
    unaddressed = program.cases.unaddressed if program.cases else ""
    first_day = find_first_day(first) if first else date.min
    return AuditedDays(program.sample.attribute, first_day, find_last_day(last), unaddressed)


def find_policy_issues(policy: Policy, *, dated_by: str) -> tuple[PolicyIssue, ...]:
    """What can be said of the policy without any case.

    Must be mended: a rule without an example in each stretch of days over which its version is one, or none; a verdict
    without an example; a gap in the days of a document that nobody explains; a criterion issued after decisions that it
    judges; a quotation that the document does not hold.
    """
    return (
        *_find_unexampled_days(policy, dated_by),
        *find_criteria_issues(policy, dated_by=dated_by),
        *_find_unused_names(policy),
        *_find_unverified_citations(policy),
    )


def find_case_issues(
    files: CaseFiles, policy: Policy, determinations: pl.DataFrame, *, audited: AuditedDays | None = None
) -> tuple[PolicyIssue, ...]:
    """What cases show of the policy: facts that no rule speaks to, or several do, and rules that never decide.

    `determinations` is what `assess` returns of the cases. Must be mended: facts that no rule speaks to under the
    `audited` attribute, and days in its period on which none was in force.
    """
    applying = _find_applying_rules(files, policy)
    return (
        *_find_gaps(files, policy, determinations, audited),
        *_find_idle_rules(policy, determinations, applying),
        *_find_overlaps(policy, determinations, applying, files.key),
    )


def _find_applying_rules(files: CaseFiles, policy: Policy) -> pl.DataFrame:
    """Every case with each rule that surely applies to it, as key and `applies`: some rules at a time, for memory."""
    alone, parts = isolate_rules(policy), []
    for first in range(0, len(alone.rules), RULES_AT_A_TIME):
        some = replace(alone, rules=alone.rules[first : first + RULES_AT_A_TIME])
        sure = determine_outcomes(files, some, explained=False).filter("sure")
        parts.append(sure.select(files.key, pl.col("attribute").cast(pl.Categorical).alias("applies")).collect())
    return pl.concat(parts)


def count_coverage(policy: Policy, determinations: pl.DataFrame, *, dated_by: str) -> tuple[VerdictCoverage, ...]:
    """How often each verdict of each version was given: in the rules' examples, and to cases as `assess` found them."""
    verdicts = determinations.filter("sure").group_by("rule", "version", "outcome").len()
    cases = Counter({tuple(verdict): n for *verdict, n in verdicts.iter_rows()})
    examples = Counter(
        (rule.id, version.under, example.expect)
        for rule in policy.rules
        for example in rule.examples
        if (version := find_version(rule, find_example_day(example, rule, dated_by))[0])
    )
    return tuple(
        VerdictCoverage(
            attribute=rule.attribute,
            rule=rule.id,
            version=version,
            verdict=verdict,
            examples=examples[rule.id, version, verdict],
            cases=cases[rule.id, version, verdict],
        )
        for rule in policy.rules
        for version in dict.fromkeys(version.under for version in rule.versions)
        for verdict in (rule.verdict, *((rule.otherwise,) if _has_expectation(rule) else ()))
    )


def _find_unexampled_days(policy: Policy, dated_by: str) -> Iterator[PolicyIssue]:
    """The stretches of days, over which a rule's version is one and the same or none, that no example is dated in."""
    for rule in policy.rules:
        turns = sorted({turn for version in rule.versions for turn in list_boundary_days(version.in_force)})
        days = [on for example in rule.examples if (on := find_example_day(example, rule, dated_by))]
        for first, last in _split_days(turns):
            if not any((first or date.min) <= on <= (last or date.max) for on in days):
                what = f"has no example dated {describe_day_range(first, last)}"
                yield PolicyIssue(kind="days without an example", about=rule.id, what=what, must=True, file=rule.file)


def _find_unused_names(policy: Policy) -> Iterator[PolicyIssue]:
    cited = {version.under for rule in policy.rules for version in rule.versions}
    used = {name for condition in _list_conditions(policy, policy.rules) for name in condition.values_by_name}
    for name in policy.documents:
        if name not in cited:
            yield PolicyIssue(kind="documents", about=name, what="no rule rests on it", must=False)
    for name in policy.terms:
        if name not in used:
            yield PolicyIssue(kind="terms", about=name, what="no rule uses it", must=False)


def _find_unverified_citations(policy: Policy) -> Iterator[PolicyIssue]:
    for citation in policy.list_unverified():
        yield PolicyIssue(kind="citations", about=citation, what="nobody has checked it against its source", must=False)


def _find_gaps(
    files: CaseFiles, policy: Policy, determinations: pl.DataFrame, audited: AuditedDays | None
) -> Iterator[PolicyIssue]:
    """The cases of each attribute that no rule speaks to: on which days, and with which facts, most often."""
    for attribute in policy.list_attributes():
        of_all, rules = (
            determinations.filter(attribute=attribute),
            [r for r in policy.rules if r.attribute == attribute],
        )
        for outcome, what in (
            ("not_applicable", "no rule in force speaks to"),
            ("no_rule", "no rule was in force for"),
        ):
            gap = of_all.filter(outcome=outcome)
            if gap.height:
                facts = _choose_facts(files, policy, rules) if outcome == "not_applicable" else []
                kinds = "; ".join(
                    f"{n:,} {kind}"
                    for kind, n in _count_kinds(files, rules, gap, facts).most_common(MAXIMUM_FACT_VALUES)
                )
                words = f"{what} {gap.height:,} of {format_plural(of_all.height, 'case')}: {kinds}"
                must = audited is not None and attribute == audited.attribute
                must = must and _has_case_to_address(files, policy, gap, outcome, audited)
                yield PolicyIssue(kind="gaps", about=attribute, what=words, must=must, cases=gap.height)


def _has_case_to_address(
    files: CaseFiles, policy: Policy, gap: pl.DataFrame, outcome: str, audited: AuditedDays | None
) -> bool:
    """Whether some rule should speak to a case of the gap; without a rule in force, only if it is of the period."""
    if audited is None:
        return False
    cases = files.cases.join(gap.lazy().select(files.key), on=files.key, how="semi")
    if outcome == "no_rule":
        cases = cases.filter(pl.col(files.dated_by).cast(pl.Date).is_between(audited.first, audited.last))
    if audited.unaddressed:
        accepted = policy.conditions.compile(audited.unaddressed, place="program.toml, cases.unaddressed")
        builder = AggregateBuilder(conditions=policy.conditions, key=files.key, known_by=files.dated_by)
        cases = builder.add_aggregates(cases, files.children, [accepted]).filter(~accepted.truth.fill_null(True))
    return cases.limit(1).collect().height > 0


def _choose_facts(files: CaseFiles, policy: Policy, rules: Sequence[Rule]) -> list[str]:
    """The texts among a case's facts that the rules read, and of which there are few."""
    names = dict.fromkeys(name for condition in _list_conditions(policy, rules) for name in condition.fields)
    texts = [name for name in names if files.vocabulary.columns[name] == "text"]
    distinct = files.cases.select(pl.col(texts).n_unique()).collect().to_dicts()[0] if texts else {}
    return [name for name in texts if distinct[name] <= MAXIMUM_FACT_VALUES]


def _count_kinds(files: CaseFiles, rules: Sequence[Rule], gap: pl.DataFrame, facts: Sequence[str]) -> Counter[str]:
    turns = sorted(
        {turn for rule in rules for version in rule.versions for turn in list_boundary_days(version.in_force)}
    )
    spans = [describe_day_range(first, last) for first, last in _split_days(turns)]
    those = files.cases.join(gap.lazy().select(files.key), on=files.key, how="semi")
    dated_by = rules[0].dated_by or files.dated_by
    days = pl.Series(turns, dtype=pl.Date)
    rows = those.select(pl.col(dated_by).cast(pl.Date), *facts).drop_nulls(dated_by).collect()
    counts = (
        rows.with_columns(days.search_sorted(rows[dated_by], side="right").alias(dated_by))
        .group_by(dated_by, *facts)
        .len()
    )
    kinds = Counter[str]()
    for nth, *values, cases in counts.sort(dated_by, *facts).iter_rows():
        words = (f"{name} {format_fact(value)}" for name, value in zip(facts, values, strict=True))
        kinds[" with ".join([spans[nth], *words])] += cases
    return kinds


def _find_idle_rules(policy: Policy, determinations: pl.DataFrame, applying: pl.DataFrame) -> Iterator[PolicyIssue]:
    decides = dict(determinations.filter("sure").group_by("rule").len().iter_rows())
    applies = dict(applying.group_by("applies").len().iter_rows())
    for rule in policy.rules:
        if rule.id not in decides:
            n = applies.get(rule.id, 0)
            what = (
                "applies to no case"
                if not n
                else f"applies to {format_plural(n, 'case')}, and others decide all of them"
            )
            yield PolicyIssue(
                kind="rules that never decide", about=rule.id, what=what, must=False, cases=n, file=rule.file
            )


def _find_overlaps(
    policy: Policy, determinations: pl.DataFrame, applying: pl.DataFrame, key: str
) -> Iterator[PolicyIssue]:
    """Of each rule, the cases that it decides and to which later ones would have spoken as well."""
    attribute_of = {rule.id: rule.attribute for rule in policy.rules}
    pairs = (
        determinations.filter("sure")
        .select(key, "attribute", "rule")
        .join(applying.with_columns(pl.col("applies").cast(pl.String)), on=key)
        .filter(pl.col("applies") != pl.col("rule"))
        .filter(pl.col("applies").replace_strict(attribute_of) == pl.col("attribute"))
    )
    decided = dict(pairs.group_by("rule").agg(pl.col(key).n_unique()).iter_rows())
    together = {(rule, other): n for rule, other, n in pairs.group_by("rule", "applies").len().iter_rows()}
    for rule in policy.rules:
        counts = Counter({other.id: together.get((rule.id, other.id), 0) for other in policy.rules})
        if others := (+counts).most_common():
            cases = decided[rule.id]
            other_rules = format_list([f"{name} ({n:,})" for name, n in others])
            what = f"decides {format_plural(cases, 'case')} to which others apply as well: {other_rules}"
            yield PolicyIssue(kind="overlaps", about=rule.id, what=what, must=False, cases=cases, file=rule.file)


def _split_days(turns: Sequence[date]) -> list[tuple[date | None, date | None]]:
    """The stretches of days that the turns part, first and last day each."""
    return [(first, last and last - timedelta(days=1)) for first, last in pairwise([None, *turns, None])]


def _list_conditions(policy: Policy, rules: Sequence[Rule]) -> list[Condition]:
    versions = replace(policy, rules=tuple(rules)).compile_versions()
    return [condition for version in versions for condition in version.conditions]


def _has_expectation(rule: Rule) -> bool:
    return any(version.expects for version in rule.versions)
