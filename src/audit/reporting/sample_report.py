"""The audit report: one frozen record of what a sample shows and how it was drawn, which outputs only format."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from audit.assessment.sensitivity import ReadingEffect, WindowEffect
from audit.estimation.attributes import AttributeResult, DeviatingCase
from audit.estimation.repeated_persons import RepeatedPersons
from audit.estimation.results import SampleResult
from audit.estimation.undecided_cases import UndecidedCase
from audit.formatting import format_month, format_plural
from audit.programs.audit_report import AuditReportDeclaration
from audit.programs.declaration import Program, PublishedSeries
from audit.programs.findings import Finding
from audit.programs.withholding import WithheldTable, WithholdingPlan
from audit.reporting.disclosure import is_small_count, select_public_checks, select_public_totals
from audit.reporting.record import Audience, VersionedReport, make_provenance
from audit.reporting.sample_disclosure import (
    list_sample_costs,
    suppress_small_person_counts,
    suppress_small_sample_counts,
)
from audit.reporting.sample_report_method import describe_sample_method
from audit.reporting.sample_report_text import (
    ReportGap,
    format_audit_headline,
    list_gaps_before_issue,
    make_audit_key_figures,
)
from audit.reporting.withholding_costs import count_withheld, describe_costs
from audit.review.readiness import ReviewReadiness
from audit.tables.checks.results import CheckResult
from audit.tables.table import ControlTotals

SCHEMA = "audit-sample/1"
EffectT = TypeVar("EffectT", ReadingEffect, WindowEffect)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleReport(VersionedReport):
    """Everything the audit report says."""

    declared: AuditReportDeclaration  # objectives, views, departures: what the auditors state
    result: SampleResult
    office_names: Mapping[str, str]  # code → name
    cases: tuple[DeviatingCase, ...]  # none for the public
    findings: tuple[Finding, ...]
    review: ReviewReadiness | None  # none where the rules alone decide, or for the public
    gaps: tuple[ReportGap, ...]  # what is missing before it can be issued
    undecided: tuple[UndecidedCase, ...] = ()  # cases that were not decided; none for the public
    persons: RepeatedPersons | None = None  # who stand in the frame and the sample more than once; None where withheld
    withheld: tuple[WithheldTable, ...] = ()  # what withholding costs the public edition, by table
    readings: tuple[ReadingEffect, ...] = ()  # of the criteria, with what each does
    windows: tuple[WindowEffect, ...] = ()  # of actions, with what others would do
    series: tuple[PublishedSeries, ...] = ()  # figures of the program beside the audit's own

    @property
    def attribute(self) -> AttributeResult | None:
        """The attribute that the sample was drawn for; None where it is withheld."""
        return next((one for one in self.result.attributes if one.attribute == self.result.attribute), None)


def assemble_sample_report(
    program: Program,
    declared: AuditReportDeclaration,
    result: SampleResult,
    *,
    cases: Sequence[DeviatingCase],
    offices: Mapping[str, str],
    findings: Sequence[Finding],
    review: ReviewReadiness | None,
    checks: Sequence[CheckResult],
    unverified: Sequence[str],
    policy_sha256: str,
    inputs: Sequence[ControlTotals],
    audience: Audience = "office",
    readings: Sequence[ReadingEffect] = (),
    windows: Sequence[WindowEffect] = (),
    undecided: Sequence[UndecidedCase] = (),
    persons: RepeatedPersons | None = None,
) -> SampleReport:
    """Put what the sample shows into one record, with the words that follow from its numbers."""
    parts, costs = (result, persons, readings, windows, checks, inputs), tuple[WithheldTable, ...]()
    if audience == "public":
        parts, costs = _suppress_parts(program.withholding, parts)
    result, persons, readings, windows, checks, inputs = parts
    return SampleReport(
        schema=SCHEMA,
        program=program.name,
        title=f"Audit report: {program.title}",
        office_noun=program.office,
        unit=program.unit,
        period=result.period,
        period_words="the whole table" if result.period == "all" else format_month(result.period),
        as_of=result.as_of,
        status="draft",
        synthetic=program.synthetic_sample,
        headline=" ".join(format_audit_headline(result)),
        key_figures=tuple(make_audit_key_figures(result)),
        checks=tuple(checks),
        method=(
            *describe_sample_method(program, declared, result, persons, reviewed=review is not None),
            *(_describe_public_edition(program, costs) if audience == "public" else ()),
        ),
        caveats=(*program.caveats, *declared.limits, *_describe_unverified(unverified)),
        provenance=make_provenance(program, inputs, policy_sha256=policy_sha256),
        audience=audience,
        withholding=program.withholding,
        withheld=costs,
        declared=declared,
        result=result,
        office_names=dict(offices),
        cases=() if audience == "public" else tuple(cases),
        findings=tuple(findings),
        review=None if audience == "public" else review,
        gaps=tuple(list_gaps_before_issue(declared, review)),
        readings=tuple(readings),
        windows=tuple(windows),
        undecided=() if audience == "public" else tuple(undecided),
        persons=persons,
        series=program.series,
    )


_Parts = tuple[
    SampleResult,
    RepeatedPersons | None,
    Sequence[ReadingEffect],
    Sequence[WindowEffect],
    Sequence[CheckResult],
    Sequence[ControlTotals],
]


def _suppress_parts(plan: WithholdingPlan, parts: _Parts) -> tuple[_Parts, tuple[WithheldTable, ...]]:
    """What the public may see of the parts of the report, and what each table does not tell."""
    result, persons, readings, windows, checks, inputs = parts
    least, public = plan.sample, suppress_small_sample_counts(result, plan.sample)
    effects = _select_public_effects(readings, least), _select_public_effects(windows, least)
    public_checks, public_inputs = select_public_checks(checks, plan.checks), select_public_totals(inputs, plan.checks)
    costs = (
        *list_sample_costs(result, public, least),
        count_withheld("effects of readings", least, readings, effects[0]),
        count_withheld("effects of windows", least, windows, effects[1]),
        count_withheld("data checks", plan.checks, checks, public_checks),
        count_withheld("row counts of the tables", plan.checks, inputs, public_inputs),
    )
    suppressed = (public, suppress_small_person_counts(persons, least), *effects, public_checks, public_inputs)
    return suppressed, tuple(cost for cost in costs if cost.rows_of)


def _describe_public_edition(program: Program, costs: Sequence[WithheldTable]) -> Iterator[tuple[str, str]]:
    """What the public edition leaves out, why, and what that costs: headings and paragraphs."""
    least = program.withholding.sample
    small = "no count is withheld for its size" if least == 1 else f"no count of cases from 1 to {least - 1} is in it"
    yield (
        "What is withheld",
        f"This is the public edition: {small}, and none can be worked out from those that are. A table with such a "
        "count is left out whole, or told by its sums. It lists no case.",
    )
    yield from describe_costs(costs)


def _select_public_effects(effects: Sequence[EffectT], least: int) -> list[EffectT]:
    """The choices whose effect is no small number of cases."""
    return [one for one in effects if not is_small_count(one.changed, least)]


def _describe_unverified(unverified: Sequence[str]) -> Iterator[str]:
    """That some of the policy was not checked against its source."""
    if unverified:
        number = format_plural(len(unverified), "document or rule", "documents and rules")
        yield f"{number} of the policy are not checked against their source: policy.html marks each."
