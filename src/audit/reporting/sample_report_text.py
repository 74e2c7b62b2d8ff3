"""The words of the audit report: objectives answered, what stands out, offices, what is missing before issue."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from audit.estimation.attributes import CRITICAL, AttributeResult, DeviatingCase, RuleDeviations
from audit.estimation.rates import Estimate
from audit.estimation.results import SampleResult
from audit.estimation.undecided_cases import UndecidedCase
from audit.formatting import (
    format_count,
    format_day,
    format_list,
    format_percent,
    format_plural,
    format_range,
    make_plural,
)
from audit.policy.rules import CONFORMING_OUTCOMES, DEVIATING_OUTCOMES
from audit.programs.audit_report import AUDIT_REPORT_FILE, AuditReportDeclaration, Objective, PotentialNoncompliance
from audit.reporting.attribute_text import get_attribute_words, name_outcome
from audit.reporting.record import KeyFigure
from audit.reporting.review_text import describe_outstanding
from audit.reporting.sample_text import describe_conclusion, describe_rate
from audit.review.readiness import ReviewReadiness, ReviewStep

MOST_RULES = 4  # that are named of one attribute
ABSENT_VALUES = ("no", "0")  # of a fact that was looked for and is not on record


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportGap:
    """What an audit report lacks before it can be issued, and how that is seen to."""

    words: str
    step: ReviewStep | None = None  # of the review, where it is one
    mend: str = ""  # what to do, where it is not


def format_audit_headline(result: SampleResult) -> Iterator[str]:
    """What the sample shows, in the sentences that a reader should leave with."""
    overall, words = result.overall, get_attribute_words(result.attribute)
    critical = [one for each in result.attributes for one in each.deviations if one.severity == CRITICAL]
    if critical:
        number = format_plural(sum(one.cases for one in critical), "critical case")
        yield f"{number}: {'; '.join(map(_describe_deviation, critical[:MOST_RULES]))}."
    if overall.rate is None:
        yield f"None of the {format_plural(result.drawn, 'case')} drawn could be assessed."
        return
    yield (
        f"Of the {format_plural(overall.assessed, 'sampled case')} that could be assessed, "
        f"{format_count(overall.conforming)} were {words.phrase}, {describe_rate(result)}."
    )
    rated = [group for group in result.groups if not group.is_permission and group.estimate.assessed]
    if len(rated) > 1:
        parts = [f"{_lower_first(group.estimate.label)}: {_format_share(group.estimate)}" for group in rated]
        yield f"By what the policy called for, {'; '.join(parts)}."
    if overall.undeterminable:
        yield (
            f"{format_count(overall.undeterminable)} of {format_count(result.drawn)} drawn were not decided; with them "
            f"the share in the sample lies between {format_percent(overall.worst)} and {format_percent(overall.best)}."
        )


def make_audit_key_figures(result: SampleResult) -> Iterator[KeyFigure]:
    """The figures a reader should leave with: three at most."""
    rated = [group for group in result.groups if not group.is_permission and group.estimate.assessed][:2]
    open_, judgement = result.overall.undeterminable, count_judgement_cases(result)
    for estimate in [group.estimate for group in rated] or [result.overall]:
        yield KeyFigure(
            value=f"{format_count(estimate.conforming)} of {format_count(estimate.assessed)}",
            label=estimate.label,
            detail=f"{format_percent(estimate.rate)}; {_format_level(estimate)} confidence {_format_limits(estimate)}",
        )
    yield KeyFigure(
        value=f"{format_count(open_)} of {format_count(result.drawn)}",
        label="not decided",
        detail="undeterminable from the records, or left to an auditor’s judgment"
        if judgement is None
        else f"{format_count(open_ - judgement)} undeterminable from the records, {format_count(judgement)} left to an "
        "auditor’s judgment"
        if judgement
        else "undeterminable from the records",
    )


def count_judgement_cases(result: SampleResult) -> int | None:
    """The sampled cases that the policy leaves to an auditor's judgment; None where the attribute is withheld."""
    own = [one.count_outcome("judgement_required") for one in result.attributes if one.attribute == result.attribute]
    return own[0] if own else None


def answer_objective(objective: Objective, result: SampleResult) -> str:
    """The answer to one objective, with estimate and limits."""
    attribute = next((one for one in result.attributes if one.attribute == objective.attribute), None)
    if attribute is None or attribute.estimate.rate is None:
        return "No sampled case could be assessed for this, so the sample gives no answer."
    return " ".join(_answer(attribute, result))


def _answer(attribute: AttributeResult, result: SampleResult) -> Iterator[str]:
    estimate, words = attribute.estimate, get_attribute_words(attribute.attribute)
    among = " that could be assessed" if estimate.undeterminable else ""
    yield (
        f"An estimated {format_percent(estimate.rate)} of the cases{among} were {words.phrase} "
        f"({format_count(estimate.conforming)} of {format_count(estimate.assessed)} sampled cases; "
        f"{_format_level(estimate)} confidence {_format_limits(estimate)})."
    )
    if estimate.undeterminable:
        yield (
            f"Counting the {format_count(estimate.undeterminable)} undeterminable cases first all against and then all "
            f"for, the share of the {format_count(estimate.reviewed)} lies between {format_percent(estimate.worst)} "
            f"and {format_percent(estimate.best)}; in the population, with at least {_format_level(estimate)} "
            f"confidence, between {format_percent(estimate.worst_lower)} and {format_percent(estimate.best_upper)}."
        )
    if attribute.attribute == result.attribute and result.conclusion:
        shown = _lower_first(describe_conclusion(result.conclusion, result.overall))
        yield f"Against the declared tolerable rate, {shown}"
        for group in result.groups:
            if group.conclusion and not group.is_permission:
                shown = _lower_first(describe_conclusion(group.conclusion, group.estimate))
                yield f"Of the cases “{_lower_first(group.estimate.label)}” alone, {shown}"


def describe_standouts(result: SampleResult) -> Iterator[tuple[str, int, str]]:
    """What a reader must not miss: kind, cases, and what the rules say of them; critical cases first."""
    for one in result.attributes:
        for deviation in one.deviations:
            if deviation.severity == CRITICAL:
                yield "Critical", deviation.cases, _describe_deviation(deviation)
    for one in result.attributes:
        ordinary = [deviation for deviation in one.deviations if deviation.severity != CRITICAL]
        if ordinary:
            adjective = get_attribute_words(one.attribute).deviating
            number = sum(deviation.cases for deviation in ordinary)
            shown = [f"{format_count(deviation.cases)}: {_describe_deviation(deviation)}" for deviation in ordinary]
            if len(ordinary) == 1:
                shown = [_describe_deviation(ordinary[0])]
            if len(shown) > MOST_RULES:
                rest = sum(deviation.cases for deviation in ordinary[MOST_RULES - 1 :])
                others = len(shown) - MOST_RULES + 1
                shown = [*shown[: MOST_RULES - 1], f"{format_count(rest)}: of {format_count(others)} other rules"]
            yield adjective[:1].upper() + adjective[1:], number, "; ".join(shown) + "."


def _describe_deviation(deviation: RuleDeviations) -> str:
    """The rule that was not met, or the one that describes such cases."""
    if not deviation.title:
        return "decided by a reviewer"
    return f"not met: “{deviation.title}”" if deviation.expects else f"“{deviation.title}”"


def group_cases_by_rule(
    cases: Sequence[DeviatingCase], result: SampleResult
) -> Iterator[tuple[str, list[DeviatingCase], int]]:
    """Deviating cases by the rule that says so, the critical first: rule with its source in words, cases, how many."""
    titles = {one.rule: one.title for each in result.attributes for one in each.deviations}
    by_rule: dict[tuple[bool, str, str], list[DeviatingCase]] = {}
    for case in sorted(cases, key=lambda one: (not one.is_critical, one.case_class, one.rule, one.version)):
        source = ", ".join(filter(None, (case.version, case.section)))
        by_rule.setdefault((case.is_critical, case.rule, source), []).append(case)
    for (is_critical, rule, source), own in by_rule.items():
        title = titles.get(rule) or rule or "No one rule: decided by a reviewer, or alike by any of several rules"
        yield f"{'Critical. ' if is_critical else ''}{title}{f' ({source})' if source else ''}", own, len(own)


def group_undecided_cases(cases: Sequence[UndecidedCase]) -> Iterator[tuple[str, list[UndecidedCase]]]:
    """Open cases by what would decide them, and by the rules that could: both in words, and the cases."""
    groups: dict[str, list[UndecidedCase]] = {}
    for case in cases:
        by = "an auditor’s judgment"
        if case.outcome != "judgement_required":
            by = format_list([name.replace("_", " ") for name in case.records], most=len(case.records) or 1)
        groups.setdefault(f"{by or 'no record'}: {', '.join(case.rules)}", []).append(case)
    yield from groups.items()


def describe_facts_on_record(case: DeviatingCase) -> str:
    """What is on record of the facts that the rule looked at, in a line."""
    names = [(name.replace(".", ": ").replace("_", " "), value) for name, value in case.evidence]
    absent = (*ABSENT_VALUES, "unknown")
    present = [name if value == "yes" else f"{name} {value}" for name, value in names if value not in absent]
    return ", ".join(present) or "none of the facts that the rule looks at"


def describe_case_evidence(case: DeviatingCase) -> str:
    """What the rule looked at, in a line: what is on record, then what is not."""
    names = [(name.replace(".", ": ").replace("_", " "), value) for name, value in case.evidence]
    present = [name if value == "yes" else f"{name}: {value}" for name, value in names if value not in ABSENT_VALUES]
    absent = [name for name, value in names if value in ABSENT_VALUES]
    none = f"none or not: {', '.join(absent)}" if absent else ""
    return "; ".join(filter(None, [", ".join(present), none]))


def list_noncompliance(declared: AuditReportDeclaration, result: SampleResult, *, is_withheld: bool) -> Iterator[str]:
    """The possible noncompliance that sampled cases show; of what may be withheld, the provisions alone."""
    counts = [
        (one, _count_rule_deviations(result, one.rule, is_withheld=is_withheld)) for one in declared.noncompliance
    ]
    yield from (_describe_noncompliance(one, cases) for one, cases in counts if cases)
    if withheld := dict.fromkeys(one.provision for one, cases in counts if cases is None):
        yield f"Numbers of sampled cases are withheld, and may be none, under: {'; '.join(withheld)}."


def _describe_noncompliance(one: PotentialNoncompliance, cases: int) -> str:
    """What is on record of a possible noncompliance, of how many cases, and to whom it was referred."""
    referred = "It is reported here, and was not referred to anybody."
    if one.referred_to:
        day = f" on {format_day(one.referred_on)}" if one.referred_on else ""
        referred = f"Referred to {one.referred_to}{day}."
    return f"{one.provision}, {format_plural(cases, 'sampled case')}: {one.words} {referred}"


def _count_rule_deviations(result: SampleResult, rule: str, *, is_withheld: bool) -> int | None:
    """The cases that deviate from one rule; None where they may have been withheld."""
    found = [one.cases for each in result.attributes for one in each.deviations if one.rule == rule]
    return sum(found) if found or not is_withheld else None


def describe_later_facts(result: SampleResult) -> str:
    """Which way the rate would go if what was recorded after the decision were known then; empty where nothing was."""
    total = sum(n for *_, n in result.later)
    if not total:
        return ""
    conforming, deviating = (
        before + sum(n * ((later in outcomes) - (then in outcomes)) for then, later, n in result.later)
        for before, outcomes in (
            (result.overall.conforming, CONFORMING_OUTCOMES),
            (result.overall.deviating, DEVIATING_OUTCOMES),
        )
    )
    changes = [
        f"{format_count(n)} from {name_outcome(then, result.attribute)} to {name_outcome(later, result.attribute)}"
        for then, later, n in result.later
    ]
    assessed = conforming + deviating
    return (
        f"As known later, {format_plural(total, 'case')} would have another outcome: {format_list(changes, most=20)}. "
        f"Then {format_count(conforming)} of {format_count(assessed)} would conform "
        f"({format_percent(conforming, assessed)}), not {_format_share(result.overall)}: "
        f"{_compare_shares(conforming, assessed, result.overall)}."
    )


def _compare_shares(conforming: int, assessed: int, estimate: Estimate) -> str:
    """Whether a share is a higher or a lower one than that of an estimate, where rounding may hide it."""
    crossed = conforming * estimate.assessed - estimate.conforming * assessed
    if not crossed:
        return "the same rate"
    way = "a higher rate" if crossed > 0 else "a lower rate"
    hidden = format_percent(conforming, assessed) == format_percent(estimate.conforming, estimate.assessed)
    return f"{way}, by less than rounding shows" if hidden else way


def describe_decisive_records(result: SampleResult) -> str:
    """Which kinds of records could settle the most of the undeterminable cases, in a sentence or two."""
    if not result.decisive:
        return ""
    steps = [
        f"{format_list([name.replace('_', ' ') for name in one.kinds], most=len(one.kinds))}, {format_count(one.cases)}"
        for one in result.decisive
    ]
    last, total = result.decisive[-1], result.overall.undeterminable
    return (
        f"With records of these kinds found or completed, so many of the {format_count(total)} could be decided: "
        f"{'; '.join(steps)}. With no other set of as few kinds could more. The last takes "
        f"{format_plural(last.records, 'record')}, counted case by case."
    )


def list_gaps_before_issue(declared: AuditReportDeclaration, review: ReviewReadiness | None) -> Iterator[ReportGap]:
    """What is missing before the report can be issued, in the order in which it is seen to."""
    if review:
        yield from (ReportGap(words=describe_outstanding(one), step=one.step) for one in review.outstanding)
    if declared.kind == "audit":
        if not declared.independence:
            mend = f"Write under `independence` of {AUDIT_REPORT_FILE} who was independent of what."
            yield ReportGap(words="the statement of independence", mend=mend)
        if not declared.views:
            mend = f"Write them under `views` of {AUDIT_REPORT_FILE}, or that none came by which day."
            yield ReportGap(words="views of the responsible officials on the draft", mend=mend)
        if not declared.reliability.determination:
            mend = f"Write it under `reliability` of {AUDIT_REPORT_FILE}, with who made it and when."
            yield ReportGap(words="the auditors’ determination on data reliability", mend=mend)
        if declared.departures is None:
            mend = f"List them under `departures` of {AUDIT_REPORT_FILE}; an empty list says that there were none."
            yield ReportGap(words="the statement of departures from the standards", mend=mend)


def describe_compliance(declared: AuditReportDeclaration) -> str:
    """The statement of compliance with standards, as the recorded departures have it."""
    if declared.kind == "management":
        return (
            "This is management's own report on its own records. It is not an audit, and claims compliance with no "
            "auditing standard."
        )
    if not declared.standards:
        return "No auditing standard is named, so none is claimed to have been followed."
    if declared.departures is None:
        return (
            f"Whether {declared.standards} were departed from has not been recorded, so no statement of compliance is "
            "made."
        )
    if not declared.departures:
        return f"We conducted this audit in accordance with {declared.standards}. No departure was recorded."
    return (
        f"We conducted this audit in accordance with {declared.standards}, except for "
        f"{format_plural(len(declared.departures), 'requirement')} listed below."
    )


def describe_offices(result: SampleResult, *, noun: str) -> str:
    """What the counts by office can say and cannot, in one sentence."""
    precision = result.office_precision
    if precision.typical_reviewed is None or precision.typical_reach is None:
        return f"No {noun} can be told apart in this sample."
    reach = format_percent(precision.typical_reach).removesuffix("%")
    if precision.wide:
        many = make_plural(noun)
        return (
            f"The counts say which sampled cases lie where; the sample was drawn for all {many} together, a typical "
            f"{noun} has {format_plural(precision.typical_reviewed, 'case')} and limits that reach {reach} points, so "
            f"it cannot rank {many} or say that one complies and another does not."
        )
    typical = format_plural(precision.typical_reviewed, "case")
    return f"A typical {noun} has {typical} and limits that reach {reach} points."


def _lower_first(words: str) -> str:
    return words[:1].lower() + words[1:]


def _format_share(estimate: Estimate) -> str:
    return f"{format_count(estimate.conforming)} of {format_count(estimate.assessed)} ({format_percent(estimate.rate)})"


def _format_level(estimate: Estimate) -> str:
    return format_percent(estimate.level, places=0)


def _format_limits(estimate: Estimate) -> str:
    return format_range(estimate.lower, estimate.upper)
