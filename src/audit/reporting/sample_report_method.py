"""Scope and method of the audit report, as they follow from what was done."""

from collections.abc import Iterator

from audit.estimation.results import SampleResult, compute_standard_error
from audit.formatting import format_count, format_day, format_list, format_month, format_percent, format_plural
from audit.programs.audit_report import AuditReportDeclaration
from audit.programs.declaration import Program
from audit.reporting.method_text import describe_draw, describe_estimation


def describe_sample_method(
    program: Program, declared: AuditReportDeclaration, result: SampleResult, *, reviewed: bool
) -> Iterator[tuple[str, str]]:
    """Heading and paragraph of each part: scope, sample, assessment, estimation, review."""
    yield "Scope", " ".join(_describe_scope(program, declared, result))
    yield "Sample", " ".join(_describe_draw(program, declared, result))
    yield "How a case was linked to its records", " ".join(_describe_links(program))
    yield "How cases were assessed", " ".join(_describe_assessment(program, result))
    yield "How rates and limits were computed", " ".join(_describe_limits(program, declared, result))
    yield "Review", _describe_review(reviewed=reviewed)


def _describe_scope(program: Program, declared: AuditReportDeclaration, result: SampleResult) -> Iterator[str]:
    one, many = program.unit
    period = "The whole table" if result.period == "all" else f"Every {one} of {format_month(result.period)}"
    yield f"{period}, as the records stood on {format_day(result.as_of)}."
    if result.exclusions:
        left_out = [f"{format_count(n)} ({reason})" for reason, n in result.exclusions]
        yield (
            f"Of {format_plural(result.universe, one, many)}, {format_list(left_out, most=100)} were left out, and "
            f"{format_count(result.frame)} could be drawn: the frame."
        )
    several = " A person may stand in the frame more than once." if program.census.person else ""
    yield f"The unit that was sampled is one {one}.{several}"
    yield "This is an audit." if declared.kind == "audit" else "This is management's own report, not an audit."
    yield declared.independence or "Who was independent of what is not stated."


def _describe_draw(program: Program, declared: AuditReportDeclaration, result: SampleResult) -> Iterator[str]:
    yield f"Why this size: {declared.size_reason or 'not stated'}."
    yield from describe_draw(result)
    yield f"Where the seed comes from, and who saw it: {result.seed_source or 'not stated'}."
    yield "The results project to the frame of this period, and to nothing else."


def _describe_links(program: Program) -> Iterator[str]:
    one, _ = program.unit
    for link in program.census.links:
        window = ""
        if link.date:
            window = (
                f", dated from {format_plural(link.days_before or 0, 'day')} before the {one} to "
                f"{format_plural(link.days_after or 0, 'day')} after it"
            )
        yield f"{link.table.replace('_', ' ').capitalize()}: by {link.on.replace('_', ' ')}{window}."
    if program.cases:
        for name, child in program.cases.children.items():
            if child.window:
                yield (
                    f"Rows of {name.replace('_', ' ')} count from {format_plural(child.window.before_days, 'day')} "
                    f"before the {one} to {format_plural(child.window.after_days, 'day')} after its decision"
                    f"{', under whichever case of the same person' if child.per_person else ''}. {child.window.reason}"
                )
    if not program.census.links:
        yield f"Each {one} has its records in its own row."


def _describe_assessment(program: Program, result: SampleResult) -> Iterator[str]:
    yield (
        "Each case was put to dated, cited rules, under the version in force on the day of the decision. Nothing that "
        f"is dated or was recorded after {format_day(result.as_of)} was read."
    )
    dated = (
        [name.replace("_", " ") for name, rows in program.cases.children.items() if rows.recorded]
        if program.cases
        else []
    )
    if dated:
        yield f"Of {format_list(dated, most=len(dated))}, only what was recorded by the day of the decision counts."
    yield (
        "A fact that is missing is unknown, never taken as compliance: a case is decided when every possibility leads "
        "to the same verdict, and is otherwise undeterminable, with the facts that would decide it."
    )


def _describe_limits(program: Program, declared: AuditReportDeclaration, result: SampleResult) -> Iterator[str]:
    yield from describe_estimation(result)
    if (error := compute_standard_error(result)) is not None:
        points = format_percent(error, places=2).removesuffix("%")
        yield (
            f"The standard error of the rate of all cases is {points} points, with the finite population correction. "
            "The limits are exact and do not rest on it, since it says little of rates near 0% or 100%."
        )
    if program.census.person:
        yield (
            "Cases are taken to be independent. A person who stands in the sample more than once makes them less so, "
            "and the limits do not allow for it."
        )
    if program.sample and program.sample.tolerable is not None:
        tolerable = format_percent(program.sample.tolerable)
        yield f"Tolerable rate of deviations: {tolerable}. {declared.tolerable_reason or 'Who set it is not stated'}."


def _describe_review(*, reviewed: bool) -> str:
    if not reviewed:
        return "The outcomes are those of the rules. No person reviewed a case."
    return (
        "People review what the rules found, and may overrule it with a reason; some cases are judged by a second "
        "reviewer who sees nothing of the first, and where the two differ somebody decides. Every answer is kept: by "
        "which role, when, from what to what, and why."
    )
