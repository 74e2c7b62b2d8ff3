"""The audit report of a made-up sample: the published cells, five attributes, and the cases that do not conform."""

from dataclasses import replace
from datetime import date
from functools import cache

from audit import programs
from audit.estimation.attributes import AttributeResult, DeviatingCase, GroupResult, RuleDeviations
from audit.estimation.repeated_persons import RepeatedPersons, RepetitionCounts
from audit.estimation.results import SampleResult
from audit.estimation.undecided_cases import DecisiveRecords, UndecidedCase
from audit.policy.rules import OUTCOMES_BY_ATTRIBUTE, UNDECIDED_OUTCOMES
from audit.programs.audit_report import AuditReportDeclaration, Objective, PotentialNoncompliance
from audit.programs.declaration import Program
from audit.reporting.record import Audience
from audit.reporting.sample_report import SampleReport, assemble_sample_report
from audit.review.readiness import ReviewReadiness
from audit.storage.declarations import read_program
from tests import made_up

COUNTS = {  # of 766 cases; what is not named is 0
    "consistency": {"consistent": 653, "permitted": 45, "inconsistent": 25, "undeterminable": 43},
    "documentation": {"complete": 694, "partial": 26, "none": 46},
    "timeliness": {"timely": 170, "untimely": 15, "undeterminable": 152, "not_applicable": 429},
    "recording": {"consistent": 109, "inconsistent": 4, "undeterminable": 68, "not_applicable": 15, "no_rule": 570},
    "lifting": {"consistent": 13, "undeterminable": 72, "not_applicable": 681},
}
DECLARED = AuditReportDeclaration(
    standards="Government Auditing Standards (2024)",
    objectives=(
        Objective(question="Were decisions consistent with the policy in force?", attribute="consistency"),
        Objective(question="Are decisions documented?", attribute="documentation"),
    ),
    not_assessed=("Whether any decision was right on its merits.",),
    noncompliance=(PotentialNoncompliance(rule="held-late", provision="8 CFR 287.7(d)", words="Assumed late."),),
    distribution=("Field offices",),
)


@cache
def read_reference_program() -> Program:
    return read_program(programs.find_program_folder("secure_communities"))


def deviation(rule: str, cases: int, *, severity: str = "ordinary", expects: bool = True) -> RuleDeviations:
    return RuleDeviations(rule=rule, title=f"What {rule} asks for", severity=severity, expects=expects, cases=cases)


def attribute(name: str, *deviations: RuleDeviations) -> AttributeResult:
    counts = COUNTS[name]
    names = dict.fromkeys((*OUTCOMES_BY_ATTRIBUTE[name], *UNDECIDED_OUTCOMES))
    good = sum(counts.get(one, 0) for one in ("consistent", "permitted", "complete", "timely"))
    bad = sum(counts.get(one, 0) for one in ("inconsistent", "partial", "none", "untimely"))
    return AttributeResult(
        attribute=name,
        outcomes=tuple((one, counts.get(one, 0)) for one in names),
        deviations=deviations,
        estimate=made_up.estimate(
            name, good, bad, permitted=counts.get("permitted", 0), open_=counts.get("undeterminable", 0)
        ),
    )


@cache
def sample_result() -> SampleResult:
    """The made-up sample with its attributes and its groups."""
    groups = (
        ("No detention called for", (("US citizen", 88, 0), ("legal status", 218, 0), ("no record", 21, 1)), False),
        ("Action called for", (("priority 1", 267, 16), ("priority 2 or 3", 48, 8)), False),
        ("Neither; detention on record was permitted", (("outside", 45, 0), ("resident", 11, 0)), True),
    )
    return replace(
        made_up.sample_audit(),
        attributes=(
            attribute("consistency", deviation("resident", 1, severity="critical"), deviation("priority-1", 24)),
            attribute("documentation", deviation("none", 46, expects=False), deviation("partial", 26, expects=False)),
            attribute("timeliness", deviation("lodged-late", 8, expects=False), deviation("held-late", 7)),
            attribute("recording", deviation("encounters", 4)),
            attribute("lifting"),
        ),
        groups=tuple(
            GroupResult(
                estimate=made_up.estimate(name, sum(c for _, c, _ in parts), sum(d for *_, d in parts)),
                classes=tuple(made_up.estimate(*part) for part in parts),
                is_permission=permission,
            )
            for name, parts, permission in groups
        ),
        decisive=(
            DecisiveRecords(kinds=("encounters",), cases=11, records=11),
            DecisiveRecords(kinds=("encounters", "persons"), cases=17, records=29),
        ),
    )


def deviating_case(
    number: int, rule: str, *, severity: str = "ordinary", attribute: str = "consistency"
) -> DeviatingCase:
    return DeviatingCase(
        case=f"M11-{number:06}",
        office="ATL",
        decided_on=date(2011, 5, 1 + number % 28),
        attribute=attribute,
        outcome="untimely" if attribute == "timeliness" else "inconsistent",
        case_class="priority 1",
        rule=rule,
        version="PRI-2010",
        section="Priority 1",
        severity=severity,
        evidence=(("convictions.felony", "2"), ("actions", "0")),
        settled_by="rule",
        reason="",
    )


@cache
def deviating_cases() -> tuple[DeviatingCase, ...]:
    """The 25 inconsistent cases, the critical one first, and 7 of the untimely."""
    return (
        deviating_case(1, "resident", severity="critical"),
        *(deviating_case(number, "priority-1") for number in range(2, 26)),
        *(deviating_case(number, "held-late", attribute="timeliness") for number in range(30, 37)),
    )


@cache
def undecided_cases() -> tuple[UndecidedCase, ...]:
    """Two of the 43 open cases, and one of another attribute."""
    return tuple(
        UndecidedCase(
            case=f"M11-{number:06}",
            office="ATL",
            decided_on=date(2011, 7, 5),
            attribute=attribute,
            outcome="undeterminable",
            severity=severity,
            rules=("us-citizen", "priority-1-level-2", "outside-priorities"),
            needed=("status",),
            records=("persons",),
        )
        for number, attribute, severity in (
            (50, "consistency", "critical"),
            (51, "consistency", "ordinary"),
            (52, "timeliness", "ordinary"),
        )
    )


def repeated_persons(repeated: int = 12) -> RepeatedPersons:
    """Persons of whom so many stand in the sample twice, in a frame where a tenth stand twice."""
    frame = RepetitionCounts(cases=348_958, unknown=958, persons=318_000, repeated=30_000, of_repeated=60_000)
    sample = RepetitionCounts(
        cases=766, unknown=16, persons=750 - repeated, repeated=repeated, of_repeated=2 * repeated
    )
    once = made_up.estimate("Each person once", 698 - repeated, 25, open_=43)
    return RepeatedPersons(in_frame=frame, in_sample=sample, with_others=130, once=once)


def sample_report(
    *,
    result: SampleResult | None = None,
    declared: AuditReportDeclaration = DECLARED,
    review: ReviewReadiness | None = None,
    audience: Audience = "office",
    persons: RepeatedPersons | None = None,
) -> SampleReport:
    """The record of that audit report."""
    return assemble_sample_report(
        read_reference_program(),
        declared,
        result or sample_result(),
        cases=deviating_cases(),
        offices={"ATL": "Atlanta"},
        findings=(),
        review=review,
        checks=made_up.checks(),
        unverified=("PRI-2010",),
        policy_sha256="2b" * 32,
        inputs=made_up.provenance().inputs,
        audience=audience,
        undecided=undecided_cases(),
        persons=persons or repeated_persons(),
    )
