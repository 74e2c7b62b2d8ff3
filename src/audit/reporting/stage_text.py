"""The words of a process counted stage by stage: its headline, where cases stand, how long each step takes."""

from collections.abc import Iterator

from audit.analysis.stage_cases import COMPLETED, LEFT, OPEN
from audit.analysis.stage_intervals import INTERVAL_DAYS, StageInterval
from audit.analysis.stages import StageCount, StageEnd, StageResult
from audit.formatting import format_count, format_day, format_list, format_month, format_percent, format_plural
from audit.reporting.record import KeyFigure

ORDER_ERRORS_SHOWN = 20  # on the page; the table has all of them


def format_stage_headline(result: StageResult) -> str:
    """How many cases reached the last stage, and where the others stand."""
    left, waiting = _count_state(result, LEFT), _count_state(result, OPEN)
    last = result.stages[-1]
    return (
        f"{result.title}: of {format_plural(result.cases, *result.unit)}, {format_count(last.reached)} "
        f"({format_percent(last.reached, result.cases)}) reached the last stage, “{last.words}”, "
        f"{format_count(left)} left before it, and {format_count(waiting)} were open on {format_day(result.as_of)}."
    )


def make_stage_figure(result: StageResult) -> KeyFigure:
    """The figure of a process that a reader should leave with."""
    last = result.stages[-1]
    return KeyFigure(
        value=f"{format_count(last.reached)} of {format_count(result.cases)}",
        label=f"{result.unit[1]}: {last.words[:1].lower()}{last.words[1:]}",
        detail=f"{format_percent(last.reached, result.cases)}; {format_count(_count_state(result, OPEN))} still open",
    )


def describe_stage_cases(result: StageResult) -> str:
    """Which cases are counted, and what the log is not."""
    months = f" that began in {format_month(result.period)}" if result.period else ""
    source = f" The process is described in {result.source}." if result.source else ""
    return (
        f"{format_plural(result.cases, *result.unit).capitalize()}{months}, as the log has them on "
        f"{format_day(result.as_of)}. Every case is counted and none was sampled, so no number here has a sampling "
        f"error.{source}"
    )


def describe_stage_end(end: StageEnd) -> str:
    """Where cases stand that went no further."""
    if end.state == COMPLETED:
        return "reached the last stage"
    after = f"after “{end.after}”" if end.after else "without any stage"
    return f"left {after}: {end.exit}" if end.state == LEFT else f"open {after}"


def describe_stage_departures(result: StageResult, stage: StageCount) -> str:
    """Those that came as far as a stage and no further, in a line under its bar; empty where there are none."""
    ends = [one for one in result.ends if one.after == stage.words and one.state != COMPLETED]
    parts = [f"{format_count(one.cases)} {one.exit[:1].lower()}{one.exit[1:]}" for one in ends if one.state == LEFT]
    parts += [f"{format_count(one.cases)} open" for one in ends if one.state == OPEN]
    return "; ".join(parts)


def describe_stage_interval(interval: StageInterval) -> str:
    """By which day half and nine tenths of the cases reached the next stage."""
    if interval.half is None:
        share = interval.curve[-1][1] if interval.curve else 0.0
        return f"half never did; {format_percent(share)} at last"
    tenths = "" if interval.nine_tenths is None else f", nine tenths {_format_by(interval.nine_tenths)}"
    return f"half {_format_by(interval.half)}{tenths}"


def _format_by(day: int) -> str:
    return f"by day {format_count(day)}" if day else "on the same day"


def describe_order_errors(result: StageResult) -> str:
    """How many events contradict the order of the stages, and what was done with them."""
    if not result.errors:
        return "No event is dated before one that the order of the stages puts before it."
    pairs: dict[tuple[str, str], int] = {}
    for error in result.errors:
        pairs[error.earlier, error.later] = pairs.get((error.earlier, error.later), 0) + 1
    kinds = [f"{format_count(number)} times “{later}” before “{earlier}”" for (earlier, later), number in pairs.items()]
    return (
        f"{format_plural(len(result.errors), 'pair')} of events contradict the order of the stages: "
        f"{format_list(kinds, most=100)}. The cases count as having reached both stages; the time between them is in "
        "no estimate. They are errors of the log, not findings about the cases."
    )


def describe_stage_method(result: StageResult) -> Iterator[tuple[str, str]]:
    """How a process was counted."""
    days = format_list([format_count(day) for day in INTERVAL_DAYS], most=9)
    yield (
        f"{result.title}: what was counted",
        "A case has reached a stage if the log has an event of it on or before the as-of day; its first event counts. "
        "It has skipped a stage if it reached a later one without it. It has left if the log has an exit and no later "
        "stage. Else it is open: that nothing follows in the log does not show that nothing happened. At every stage "
        "the four numbers add up to all cases.",
    )
    yield (
        f"{result.title}: time between stages",
        "Calendar days from the first event of a stage to that of the next, of the cases that reached the first of the "
        "two. To leave, and to reach a later stage without this one, are competing events; a case that is open is "
        "censored on the as-of day (Aalen and Johansen 1978). A share is of all cases that reached the first stage, at "
        f"{days} days. Where half never reach the next stage there is no median.",
    )


def _count_state(result: StageResult, state: str) -> int:
    return sum(one.cases for one in result.ends if one.state == state)
