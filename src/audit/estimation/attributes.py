"""Every attribute that the sample was assessed for: its outcomes, its rate, and the cases that deviate."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from audit.estimation.conclusions import Conclusion, conclude_on_standard
from audit.estimation.rates import OUTSIDE_OUTCOMES, Estimate
from audit.estimation.sample_rates import SampleRates
from audit.policy.rules import (
    CONFORMING_OUTCOMES,
    DEVIATING_OUTCOMES,
    OUTCOMES_BY_ATTRIBUTE,
    UNDECIDED_OUTCOMES,
    Policy,
)
from audit.programs.audit_report import CaseGroup, is_in_group

CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDeviations:
    """How many cases deviate from one rule."""

    rule: str  # id; empty where a person decided, or any of several rules would have
    title: str
    severity: str
    expects: bool  # whether the rule asks for something, or else describes such a case
    cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeResult:
    """One attribute in all sampled cases. The counts of its outcomes add up to the cases drawn."""

    attribute: str
    outcomes: tuple[tuple[str, int], ...]  # every outcome that it can have → cases
    deviations: tuple[RuleDeviations, ...]  # the gravest first, then the most frequent
    estimate: Estimate  # of the cases that its rules speak to

    @property
    def drawn(self) -> int:
        """Cases drawn."""
        return sum(cases for _, cases in self.outcomes)

    @property
    def critical(self) -> int:
        """Deviating cases of critical severity."""
        return sum(one.cases for one in self.deviations if one.severity == CRITICAL)

    def count_outcome(self, outcome: str) -> int:
        """Cases with one outcome."""
        return dict(self.outcomes).get(outcome, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResult:
    """The cases for which the policy called for the same: together, and by class."""

    estimate: Estimate
    classes: tuple[Estimate, ...]
    is_permission: bool  # the policy only permits: no rate of these says anything
    conclusion: Conclusion | None = None  # of the standard, where the audit declares one and a case was assessed


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviatingCase:
    """One sampled case that deviates from the policy, with the rule that says so and what it looked at."""

    case: str
    office: str  # code
    decided_on: date | None
    attribute: str
    outcome: str
    case_class: str
    rule: str  # id; empty where a person decided, or any of several rules would have
    version: str  # id of the document
    section: str
    severity: str
    evidence: tuple[tuple[str, str], ...]  # name of a fact → its value
    settled_by: str  # "rule" or "review"
    reason: str  # of the reviewer

    @property
    def is_critical(self) -> bool:
        """Whether it is among the gravest."""
        return self.severity == CRITICAL


def count_outcomes(judged: pl.DataFrame, attribute: str) -> tuple[tuple[str, int], ...]:
    """The sampled cases by outcome: those that the attribute can have, in their order, even where there is none.

    `judged` has a row a case of one attribute, with its settled `outcome`.
    """
    counts = Counter(judged["outcome"].to_list())
    names = dict.fromkeys((*OUTCOMES_BY_ATTRIBUTE.get(attribute, ()), *UNDECIDED_OUTCOMES, *sorted(counts)))
    return tuple((name, counts[name]) for name in names)


def count_deviations(judged: pl.DataFrame, policy: Policy) -> tuple[RuleDeviations, ...]:
    """The deviating cases by the rule that they deviate from."""
    rules = {rule.id: rule for rule in policy.rules}
    deviating = judged.filter(pl.col("outcome").is_in(DEVIATING_OUTCOMES))
    counts = Counter(deviating.select(pl.col("rule", "severity").fill_null("")).iter_rows())
    counted = [
        RuleDeviations(
            rule=rule,
            title=rules[rule].title if rule in rules else "",
            severity=severity,
            expects=rule in rules and bool(rules[rule].expects or any(one.expects for one in rules[rule].versions)),
            cases=cases,
        )
        for (rule, severity), cases in counts.items()
    ]
    return tuple(sorted(counted, key=lambda one: (one.severity != CRITICAL, -one.cases, one.rule)))


def list_deviating_cases(settled: pl.DataFrame) -> tuple[DeviatingCase, ...]:
    """Every determination that deviates, the critical ones first, then by attribute, class, day and key.

    `settled` has the columns of the settled determinations, `office` and `decided_on`, the day of the decision.
    """
    key = settled.columns[0]
    rows = settled.filter(pl.col("settled").is_in(DEVIATING_OUTCOMES)).rows(named=True)
    cases = [
        DeviatingCase(
            case=row[key],
            office=row["office"] or "",
            decided_on=parse_day(row.get("decided_on")),
            attribute=row["attribute"],
            outcome=row["settled"],
            case_class=row["class"] or "",
            rule=row["rule"] or "",
            version=row["version"] or "",
            section=row["section"] or "",
            severity=row["severity"] or "",
            evidence=tuple(_split_evidence(row["evidence"] or "")),
            settled_by=row["settled_by"],
            reason=row["reason"] or "",
        )
        for row in rows
    ]
    last = date.max
    return tuple(
        sorted(
            cases,
            key=lambda one: (not one.is_critical, one.attribute, one.case_class, one.decided_on or last, one.case),
        )
    )


def parse_day(value: date | str | None) -> date | None:
    """A day, which is text where it was read back from a file."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def _split_evidence(text: str) -> Iterator[tuple[str, str]]:
    """The facts of a determination, as `name: value; name: value`."""
    for part in text.split("; "):
        name, _, value = part.partition(": ")
        if name:
            yield name, value


def estimate_attributes(
    settled: pl.DataFrame, record: Mapping[str, Any], policy: Policy, rates: SampleRates
) -> Iterator[AttributeResult]:
    """Every attribute of the policy; the rate is of the cases that its rules speak to."""
    for attribute in policy.list_attributes():
        own = rates.rate_attribute(settled, record, attribute)
        outside = pl.col("outcome").is_in(OUTSIDE_OUTCOMES)
        speaks_to_all = own.judged.filter(outside).is_empty()
        yield AttributeResult(
            attribute=attribute,
            outcomes=count_outcomes(own.judged, attribute),
            deviations=count_deviations(own.judged, policy),
            estimate=own.estimate_whole(label=attribute)
            if speaks_to_all
            else own.estimate_domain(~outside, label=attribute),
        )


def is_of_group(judged: pl.DataFrame, group: CaseGroup) -> list[bool]:
    """Whether each case is one of a group: by its rule, or by all rules that decide it alike."""
    candidates = judged["candidates"] if "candidates" in judged.columns else judged["rule"]
    named = (rule or several or "" for rule, several in zip(judged["rule"], candidates, strict=True))
    return [bool(names) and all(is_in_group(rule, group) for rule in names.split("; ")) for names in named]


def estimate_case_groups(
    rates: SampleRates, groups: Sequence[CaseGroup], *, tolerable: str | None = None
) -> Iterator[GroupResult]:
    """Each group, and each class in it, of the cases that could be assessed; against a tolerable rate, if declared."""
    assessed = pl.col("outcome").is_in((*CONFORMING_OUTCOMES, *DEVIATING_OUTCOMES))
    for group in groups:
        own = assessed & pl.Series(is_of_group(rates.judged, group))
        classes = rates.judged.filter(own)["class"].drop_nulls().unique(maintain_order=True).sort()
        parts = [rates.estimate_domain(own & (pl.col("class") == name), label=name) for name in classes]
        estimate = rates.estimate_domain(own, label=group.name)
        concludes = tolerable is not None and estimate.rate is not None
        yield GroupResult(
            estimate=estimate,
            conclusion=conclude_on_standard(estimate, tolerable=tolerable) if tolerable and concludes else None,
            classes=tuple(parts) if len(parts) > 1 else (),
            is_permission=group.is_permission,
        )
