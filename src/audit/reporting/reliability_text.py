"""Data reliability and evidence in the audit report: what was tested, what was not, and a verdict left to auditors."""

from collections.abc import Iterator, Sequence

from audit.formatting import format_count, format_day, format_list, format_plural
from audit.programs.audit_report import EvidenceEntry, ReliabilityAssessment
from audit.tables.checks.results import CheckResult
from audit.tables.table import ControlTotals

_NOT_RECORDED = "Not recorded."


def list_reliability_parts(
    declared: ReliabilityAssessment,
    inputs: Sequence[ControlTotals],
    checks: Sequence[CheckResult],
    needed: Sequence[tuple[str, int]],
    *,
    undeterminable: int,
) -> Iterator[tuple[str, str]]:
    """Heading and words of each part of the assessment, after GAO's Assessing Data Reliability (GAO-20-283G, 2019).

    `needed` are the facts that undeterminable cases lack. What a person has to say or to judge and did not is said to
    be not recorded.
    """
    yield "Whether an assessment is needed", declared.purpose or _NOT_RECORDED
    yield "Existing information", declared.existing_information or _NOT_RECORDED
    yield "Testing: completeness", _describe_rows(inputs)
    yield "Testing: accuracy", _describe_checks(checks)
    lacking = format_list(
        [f"{name.replace('.', ': ').replace('_', ' ')} ({format_count(n)})" for name, n in needed[:4]]
    )
    yield (
        "Testing: applicability",
        f"{format_plural(undeterminable, 'sampled case')} cannot be determined from the tables. Lacking most often: "
        f"{lacking}."
        if needed
        else "No sampled case lacks a fact that would decide it.",
    )
    yield "Tracing to and from source documents", declared.tracing or _NOT_RECORDED
    yield "Controls of the systems", declared.controls or _NOT_RECORDED
    yield "Determination", _describe_determination(declared)


def list_evidence(entries: Sequence[EvidenceEntry], inputs: Sequence[ControlTotals]) -> Iterator[tuple[str, str, str]]:
    """Each piece of evidence: kind, what and when, what it supports and what corroborates it; the tables first."""
    rows, tables = sum(one.rows_used for one in inputs), format_plural(len(inputs), "file")
    yield (
        "Documentary",
        f"{tables} of records, {format_count(rows)} rows used, listed with their digests",
        "every result",
    )
    for one in entries:
        also = f"corroborated by {one.corroborated_by}" if one.corroborated_by else "not corroborated"
        yield one.kind.capitalize(), f"{one.what}, {format_day(one.on)}", f"{one.supports}; {also}"


def _describe_rows(inputs: Sequence[ControlTotals]) -> str:
    aside = [f"{format_plural(one.rows_set_aside, 'row')} of {one.table}" for one in inputs if one.rows_set_aside]
    return (
        f"{format_count(sum(one.rows_in for one in inputs))} rows were read. "
        + (f"Set aside, because not as declared: {format_list(aside, most=100)}. " if aside else "None was set aside. ")
        + "Whether the extracts hold every record of their systems cannot be tested from the extracts."
    )


def _describe_checks(checks: Sequence[CheckResult]) -> str:
    if not checks:
        return "No check of the tables was run, or its results are withheld."
    passed = sum(one.passed for one in checks)
    failed = [f"{one.table}: {one.check} ({format_count(one.failed)})" for one in checks if not one.passed]
    told = f" Not passed: {'; '.join(failed)}." if failed else ""
    return (
        f"{format_count(passed)} of {format_plural(len(checks), 'check')} of the tables passed.{told} A check compares "
        "records with a rule or with each other, not with what happened."
    )


def _describe_determination(declared: ReliabilityAssessment) -> str:
    if not declared.determination:
        return (
            "Not made. Whether the data are sufficiently reliable for these objectives is the auditors’ judgment; this "
            "program makes none."
        )
    day = f", {format_day(declared.on)}" if declared.on else ""
    return (
        f"{declared.determination.capitalize()} for these objectives ({declared.by or 'by whom is not stated'}{day})."
    )
