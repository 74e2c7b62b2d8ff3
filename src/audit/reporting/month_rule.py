"""The rule of a monthly count in three lines: what is required since when, what counts as recorded, what is in time."""

from collections.abc import Iterator

from audit.formatting import (
    add_article,
    capitalize,
    format_day,
    format_list,
    format_month,
    format_percent,
    format_plural,
)
from audit.programs.declaration import Program
from audit.programs.measures import Duty, Measure
from audit.tables.linkage import Link


def describe_counting_rule(program: Program) -> Iterator[tuple[str, str]]:
    """Heading and words of each line, for each measure what differs."""
    measures = program.census.measures
    yield "Duty", " ".join(_describe_duty(measure, several=len(measures) > 1) for measure in measures)
    yield "Recorded", " ".join(_describe_records(program))
    yield "In time", " ".join(_describe_time(program, measure, several=len(measures) > 1) for measure in measures)


def name_duty_day(duty: Duty) -> str:
    """Since when a duty holds: its day, or the month in which it was put in force."""
    return format_month(f"{duty.since:%Y-%m}") if duty.since_by else format_day(duty.since)


def _describe_duty(measure: Measure, *, several: bool) -> str:
    name = f"{measure.title}: " if several else ""
    if not measure.duties:
        return f"{name}{measure.authority}. No day is declared from which the duty holds."
    each = [
        f"{name_duty_day(duty)}: {duty.words}{f' ({duty.source})' if duty.source else ''}." for duty in measure.duties
    ]
    unknown = " The sources name the month and not the day." if any(duty.since_by for duty in measure.duties) else ""
    return f"{name}{' '.join(each)}{unknown} A month before that is measured all the same, and marked so."


def _describe_records(program: Program) -> Iterator[str]:
    one = program.unit[0]
    labels = {need.label: None for measure in program.census.measures for need in measure.needs}
    if len(program.census.measures) == 1:
        records = format_list([f"the {label}" if label else "the record" for label in labels], most=len(labels))
        are = "is" if len(labels) == 1 else "are"
        yield f"{capitalize(add_article(one))} is recorded when {records} {are} on file."
    for link in program.census.links:
        yield _describe_link(link, one)


def _describe_link(link: Link, unit: str) -> str:
    window = ""
    if link.date:
        before, after = format_plural(link.days_before, "day"), link.days_after
        until = f"{format_plural(after, 'day')} after" if after is not None else "the as-of day"
        window = f", dated from {before} before the {unit} to {until}; the nearest counts"
    return (
        f"A row of {link.table} belongs to {add_article(unit)} of the same {link.on.replace('_', ' ')}{window}; "
        "one row may serve several."
    )


def _describe_time(program: Program, measure: Measure, *, several: bool) -> str:
    name = f"{measure.title}: " if several else ""
    return f"{name}{_describe_days(program, measure)} {_describe_target(measure)}"


def _describe_days(program: Program, measure: Measure) -> str:
    if not any(need.entered for need in measure.needs):
        return "No day of entry is on file: what is filled counts as in time."
    start = f"the day in {measure.due.replace('_', ' ')}" if measure.due else f"the day of the {program.unit[0]}"
    days = measure.grace_days[0]
    until = f"within {format_plural(days, 'day')} of {start}" if days else f"by the end of {start}"
    return f"All entered {until}, as the program declares."


def _describe_target(measure: Measure) -> str:
    if measure.target is None:
        return "Target: none declared."
    source = f" ({measure.target_source})" if measure.target_source else ""
    return capitalize(f"target: {format_percent(measure.target, places=0)}{source}.")
