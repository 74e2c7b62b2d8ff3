"""What an audit report says beside its numbers: objectives, groups of cases, views of officials, departures."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Literal

from audit.errors import Problem
from audit.policy.rules import Policy
from audit.programs.declaration import Program

AUDIT_REPORT_FILE = "audit_report.yaml"
NEVER_ASSESSED = ("undeterminable", "judgement_required")  # verdicts of rules whose cases are in no group


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """One question that the audit answers."""

    question: str  # the question, as a reader would ask it
    attribute: str  # attribute of the rules whose rate answers it


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseGroup:
    """Cases for which the policy called for the same."""

    name: str  # what the policy called for: "Action"
    rules: tuple[str, ...]  # ids of the rules whose cases these are; `priority-*` names several
    is_permission: bool = False  # true where the policy only permits, so that no rate of these says anything


@dataclass(frozen=True, slots=True, kw_only=True)
class PotentialNoncompliance:
    """A provision of law or regulation that some sampled cases may not comply with, and to whom that was reported."""

    rule: str  # id of the rule whose deviating cases these are
    provision: str  # law, regulation or contract: "8 CFR 287.7(d)"
    words: str  # what is on record of these cases, and what is not
    referred_to: str = ""  # to whom it was referred; empty if to nobody
    referred_on: date | None = None  # day of the referral


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialView:
    """What a responsible official wrote of the draft, in full, and what the auditors answer."""

    by: str  # role of the official
    on: date  # day of the letter
    text: str  # the views in full
    answer: str = ""  # the auditors' answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """A requirement of the standards that was not followed."""

    requirement: str  # paragraph of the standards
    what: str  # what was not done, and why
    effect: str  # what that does to the audit and its assurance


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityAssessment:
    """What the auditors add to the tests of the tables, by GAO-20-283G. What is left out is printed as not recorded."""

    purpose: str = ""  # for what the data are used, and why that needs an assessment
    existing_information: str = ""  # what was known of the data before: earlier audits, documentation, interviews
    controls: str = ""  # controls of the systems that the data come from
    tracing: str = ""  # cases traced to source documents and from them, and how many agreed
    determination: Literal["", "sufficiently reliable", "not sufficiently reliable", "undetermined"] = ""  # the verdict
    by: str = ""  # role of who determined it
    on: date | None = None  # day of the determination


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceEntry:
    """One piece of evidence beside the tables: a document, an interview, an observation, an analysis."""

    kind: Literal["documentary", "testimonial", "physical", "analytical"]  # kind of evidence
    what: str  # document, or role that was interviewed; no name of a person
    on: date  # day on which it was obtained
    supports: str  # objective or finding that it supports
    corroborated_by: str = ""  # other evidence that says the same; empty if nothing does


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReportDeclaration:
    """What the auditors state in the report of a sample audit. What is left out is printed as not stated."""

    kind: Literal["audit", "management"] = "audit"  # an audit, or management's own report on itself
    standards: str = ""  # standards that the audit follows
    independence: str = ""  # who was independent of what
    objectives: tuple[Objective, ...] = ()  # questions that the audit answers
    not_assessed: tuple[str, ...] = ()  # questions that it does not answer, one sentence each
    groups: tuple[CaseGroup, ...] = ()  # cases by what the policy called for, in the order of the report
    noncompliance: tuple[PotentialNoncompliance, ...] = ()  # possible noncompliance with law or regulation
    witnesses: str = ""  # who saw the digest of the frame published and the seed chosen, by role
    size_reason: str = ""  # why the sample is of this size
    tolerable_reason: str = ""  # who set the tolerable rate of deviations, and why
    limits: tuple[str, ...] = ()  # limits of what the audit can say, one sentence each
    reliability: ReliabilityAssessment = ReliabilityAssessment()  # of the data
    evidence: tuple[EvidenceEntry, ...] = ()  # evidence beside the tables
    views: tuple[OfficialView, ...] = ()  # views of responsible officials
    departures: tuple[Departure, ...] | None = None  # from the standards; leave out until somebody has recorded them
    distribution: tuple[str, ...] = ()  # who gets the report


def find_audit_report_problems(declared: AuditReportDeclaration, program: Program, policy: Policy) -> Iterator[Problem]:
    """Every name in the declaration that the policy does not know, and every rule in two groups or in none."""
    file, rules = AUDIT_REPORT_FILE, {rule.id: rule for rule in policy.rules}
    attributes = policy.list_attributes()
    for number, objective in enumerate(declared.objectives):
        if objective.attribute not in attributes:
            what = f"names the attribute `{objective.attribute}`, which no rule decides"
            yield Problem(what=what, mend=f"Name one of {', '.join(attributes)}.", file=f"{file}, objectives.{number}")
    for number, one in enumerate(declared.noncompliance):
        if one.rule not in rules:
            yield Problem(
                what=f"names the rule `{one.rule}`, and there is none",
                mend="Write the id of a rule.",
                file=f"{file}, noncompliance.{number}",
            )
    if declared.groups and program.sample:
        for rule in policy.rules:
            if rule.attribute != program.sample.attribute or rule.verdict in NEVER_ASSESSED:
                continue
            groups = [group.name for group in declared.groups if is_in_group(rule.id, group)]
            if len(groups) != 1:
                what = f"the rule `{rule.id}` is in {len(groups)} groups"
                yield Problem(what=what, mend="Name it under `rules` of one group.", file=f"{file}, groups")


def is_in_group(rule: str, group: CaseGroup) -> bool:
    """Whether a rule's cases belong to a group."""
    return any(fnmatchcase(rule, pattern) for pattern in group.rules)
