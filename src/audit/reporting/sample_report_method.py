"""Scope and method of the audit report, as they follow from what was done."""

import re
from collections.abc import Iterator

from audit.estimation.repeated_persons import RepeatedPersons
from audit.estimation.results import SampleResult, compute_standard_error
from audit.formatting import (
    format_count,
    format_day,
    format_list,
    format_month,
    format_percent,
    format_plural,
    format_range,
)
from audit.programs.audit_report import AuditReportDeclaration
from audit.programs.declaration import CaseDefinition, Program
from audit.reporting.method_text import describe_draw, describe_estimation


def describe_sample_method(
    program: Program,
    declared: AuditReportDeclaration,
    result: SampleResult,
    persons: RepeatedPersons | None,
    *,
    reviewed: bool,
) -> Iterator[tuple[str, str]]:
    """Heading and paragraph of each part: scope, sample, assessment, estimation, review."""
    yield "Scope", " ".join(_describe_scope(program, declared, result, persons))
    yield "Sample", " ".join(_describe_draw(program, declared, result))
    yield "How a case was linked to its records", " ".join(_describe_links(program))
    yield "How cases were assessed", " ".join(_describe_assessment(program, result))
    yield "How rates and limits were computed", " ".join(_describe_limits(program, declared, result, persons))
    yield "Review", _describe_review(result, reviewed=reviewed)


def _describe_scope(
    program: Program, declared: AuditReportDeclaration, result: SampleResult, persons: RepeatedPersons | None
) -> Iterator[str]:
    one, many = program.unit
    period = "The whole table" if result.period == "all" else f"Every {one} of {format_month(result.period)}"
    yield f"{period}, as the records stood on {format_day(result.as_of)}."
    if result.exclusions:
        left_out = [f"{format_count(n)} ({reason})" for reason, n in result.exclusions]
        yield (
            f"Of {format_plural(result.universe, one, many)}, {format_list(left_out, most=100)} were left out, and "
            f"{format_count(result.frame)} could be drawn: the frame."
        )
    yield f"The unit that was sampled is one {one}."
    if persons:
        yield from _describe_repeated_persons(persons, many)
    elif program.census.person:
        yield "A person may stand in the frame and in the sample more than once."
    yield "This is an audit." if declared.kind == "audit" else "This is management's own report, not an audit."
    yield declared.independence or "Who was independent of what is not stated."


def _describe_draw(program: Program, declared: AuditReportDeclaration, result: SampleResult) -> Iterator[str]:
    yield f"Why this size: {declared.size_reason or 'not stated'}."
    yield from describe_draw(result)
    yield f"Where the seed comes from: {result.seed_source or 'not stated'}."
    yield f"Who saw the digest published and the seed chosen: {declared.witnesses or 'not stated'}."
    yield "The results project to the frame of this period, and to nothing else."


def _describe_links(program: Program) -> Iterator[str]:
    one, many = program.unit
    for link in program.census.links:
        window = ""
        if link.date:
            window = (
                f", dated from {format_plural(link.days_before or 0, 'day')} before the {one} to "
                f"{format_plural(link.days_after or 0, 'day')} after it"
            )
        which = "the nearest counts" if link.date else "the one that says most counts, then the one entered first"
        yield f"{link.table.replace('_', ' ').capitalize()}: by {link.on.replace('_', ' ')}{window}; {which}."
    if program.census.links:
        yield (
            f"A record of any {program.office} counts, and one may belong to several {many}. Where two are equally "
            f"near, the {one} is assessed with each."
        )
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
    if program.cases:
        yield from _describe_what_was_known(program.cases)
    yield (
        "A fact that is missing is unknown, never taken as compliance: a case is decided when every possibility leads "
        "to the same verdict, and is otherwise undeterminable, with the facts that would decide it."
    )


def _describe_what_was_known(cases: CaseDefinition) -> Iterator[str]:
    """What counts as known on the day of the decision, what a missing row proves, and what a contradiction does."""
    dated = [name.replace("_", " ") for name, rows in cases.children.items() if rows.recorded]
    if dated:
        yield f"Of {format_list(dated, most=len(dated))}, only what was recorded by the day of the decision counts."
    if cases.recorded:
        names = [name.replace("_", " ") for name in cases.recorded]
        yield (
            f"So with {format_list(names, most=len(names))}, where the day of its record is on file; where it is not, "
            "it is taken to have been known."
        )
    proved = [
        f"{name.replace('_', ' ')} ({_word_condition(rows.complete_when)})"
        for name, rows in cases.children.items()
        if rows.complete_when
    ]
    if proved:
        yield (
            "That no row is on file shows that nothing was done or found only where the file is known to be whole: "
            f"{'; '.join(proved)}."
        )
    if cases.contradictions:
        yield (
            "Where one record speaks of what no row of another table shows, or denies what a row shows, the case is "
            "assessed under each possibility."
        )


def _word_condition(text: str) -> str:
    """A condition that a file is whole, in words."""
    for pattern, words in ((r"(\w+) is not null", r"\1 on file"), (r"not (\w+)\((\w+)\)", r"\2 not \1")):
        text = re.sub(pattern, words, text)
    return text.replace("_", " ")


def _describe_repeated_persons(persons: RepeatedPersons, many: str) -> Iterator[str]:
    """How many persons stand in the frame and in the sample more than once."""
    frame, sample = persons.in_frame, persons.in_sample
    yield (
        f"Of {format_plural(frame.persons, 'known person')} in the frame, {format_count(frame.repeated)} stand in it "
        f"more than once, with {format_count(frame.of_repeated)} {many}; of the {format_count(sample.cases)} drawn, "
        f"{format_count(persons.with_others)} are of such persons."
    )
    if not sample.repeated:
        yield "No person stands in the sample more than once."
    else:
        stand = "stands" if sample.repeated == 1 else "stand"
        yield (
            f"{format_plural(sample.repeated, 'person')} {stand} in the sample more than once, with "
            f"{format_count(sample.of_repeated)} {many}."
        )


def _describe_limits(
    program: Program, declared: AuditReportDeclaration, result: SampleResult, persons: RepeatedPersons | None
) -> Iterator[str]:
    yield from describe_estimation(result)
    if (error := compute_standard_error(result)) is not None:
        points = format_percent(error, places=2).removesuffix("%")
        yield (
            f"The standard error of the rate of all cases is {points} points, with the finite population correction. "
            "The limits are exact and do not rest on it, since it says little of rates near 0% or 100%."
        )
    if program.census.person:
        yield from _describe_effect_of_persons(program, result, persons)
    if program.sample and program.sample.tolerable is not None:
        tolerable = format_percent(program.sample.tolerable)
        yield f"Tolerable rate of deviations: {tolerable}. {declared.tolerable_reason or 'Who set it is not stated'}."


def _describe_effect_of_persons(
    program: Program, result: SampleResult, persons: RepeatedPersons | None
) -> Iterator[str]:
    """What it does to the limits that a person may stand in the sample more than once."""
    one, many = program.unit
    if result.design.method != "random":
        yield (
            f"The limits are of {many} as they were drawn, not of persons: what {many} of one person have in common is "
            "in them only as far as the draw took such cases together."
        )
        return
    yield (
        f"The limits rest on the draw alone, in which each {one} had its chance whoever it is of, so they hold "
        f"whatever the {many} of one person have in common. They speak of {many}, not of persons."
    )
    if persons and persons.once and persons.once.rate is not None and persons.in_sample.repeated:
        once = persons.once
        yield (
            f"With each person counted once, as deviating where any sampled {one} of the person deviates, "
            f"{format_count(once.conforming)} of {format_count(once.assessed)} ({format_percent(once.rate)}) conform, "
            f"with {format_percent(once.level, places=0)} confidence {format_range(once.lower, once.upper)}."
        )


def _describe_review(result: SampleResult, *, reviewed: bool) -> str:
    """What people did so far, and how a review is done."""
    people = result.reviewed_by_people
    done = "How many cases people reviewed is withheld."
    if people is not None:
        done = (
            f"The outcomes of {format_count(result.drawn - people)} of {format_count(result.drawn)} cases are those of "
            f"the rules; people reviewed {format_count(people)}."
        )
    if not reviewed:
        return done
    return (
        f"{done} A reviewer may overrule the rules with a reason. Some cases are judged by a second reviewer who sees "
        "nothing of the first, and where the two differ somebody decides. Every answer is kept: by which role, when, "
        "from what to what, and why."
    )
