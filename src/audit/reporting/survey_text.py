"""The words of a survey: what was answered, what the respondents stand for, and what statements of others come to."""

from collections.abc import Iterator

from audit.analysis.surveys import AGREES, TRUNCATED, AnswerCount, StatementCheck, SurveyResult
from audit.formatting import (
    capitalize,
    format_count,
    format_dollars,
    format_list,
    format_percent,
    format_plural,
    format_range,
)
from audit.reporting.record import KeyFigure


def format_survey_headline(result: SurveyResult) -> str:
    """What was answered, and of whom it speaks."""
    parts = [
        f"{format_count(one.respondents)} ({format_percent(one.respondents, result.answered)}) {one.words}"
        for one in result.answers
        if one.respondents
    ]
    alone = "" if result.selection == "at random" else " They stand for themselves alone."
    return f"{result.title}: of {format_plural(result.answered, *result.unit)} {format_list(parts, most=9)}.{alone}"


def make_survey_figure(result: SurveyResult) -> KeyFigure:
    """The figure of the survey that a reader should leave with."""
    most = max(result.answers, key=lambda one: one.respondents)
    return KeyFigure(
        value=f"{format_count(most.respondents)} of {format_count(result.answered)}",
        label=f"{result.unit[1]} {most.words}",
        detail="drawn at random"
        if result.selection == "at random"
        else "no interval: they were not drawn at random"
        if result.selection == "not at random"
        else "no interval: how they were chosen is not stated",
    )


def describe_response(result: SurveyResult) -> str:
    """How many of those asked answered."""
    if result.asked is None:
        return (
            f"{format_plural(result.answered, *result.unit).capitalize()} answered. How many were asked was not "
            "published, so there is no response rate."
        )
    return (
        f"{format_count(result.answered)} of {format_plural(result.asked, *result.unit)} that were asked answered "
        f"({format_percent(result.answered, result.asked)})."
    )


def describe_selection(result: SurveyResult) -> str:
    """What the respondents stand for; no interval unless they were drawn at random."""
    if result.selection == "at random" and result.population is not None:
        return (
            f"{result.selection_words} The limits are exact, for respondents drawn at random from "
            f"{format_plural(result.population, *result.unit)}."
        )
    why = "were not drawn at random" if result.selection == "not at random" else "may not have been drawn at random"
    return (
        f"{result.selection_words} No interval is given: the respondents {why}, so their shares say nothing of other "
        f"{result.unit[1]}."
    )


def describe_answer(answer: AnswerCount, result: SurveyResult) -> str:
    """How many gave one answer, whether that is what a source states, and how many stated an amount."""
    text = (
        f"{format_count(answer.respondents)} of {format_count(result.answered)} "
        f"({format_percent(answer.respondents, result.answered)}) {answer.words}"
    )
    if answer.lower is not None:
        text += f" (95% limits {format_range(answer.lower, answer.upper)})"
    if answer.stated is not None:
        text += f"; {_compare_stated(answer, result)}"
    if answer.has_amount and answer.respondents:
        number = "none" if not answer.with_amount else format_count(answer.with_amount)
        text += f"; {number} of them could state an amount"
        text += f", together {format_dollars(round(answer.amount))}" if answer.amount is not None else ""
    return f"{text}."


def _compare_stated(answer: AnswerCount, result: SurveyResult) -> str:
    share = f" ({answer.stated_percent}%)" if answer.stated_percent is not None else ""
    printed = answer.stated_percent
    is_same = answer.stated == answer.respondents
    rounds = printed is None or format_percent(answer.respondents, result.answered, places=0) == f"{printed}%"
    verdict = "as here" if is_same and rounds else "not as here"
    return f"the source states {format_count(answer.stated)}{share}, {verdict}"


def describe_statement(check: StatementCheck) -> Iterator[str]:
    """What a statement on costs comes to, and whether its cost can be what was asked about."""
    one = check.statement
    yield (
        f"{one.who} stated about ${format_count(one.per_day)} a day, or {format_dollars(one.per_year)} a year "
        f"({one.source}). 365 days at that rate are ${format_count(check.computed)}, which "
        f"{_describe_rounding(check)}"
    )
    cost = "The cost can result from what was asked about" if one.is_attributable else "No cost can be attributed"
    yield f"{cost}: {one.reason}"
    yield "It is a statement, not a measurement: no record of the costs was examined."


def _describe_rounding(check: StatementCheck) -> str:
    rounded = format_dollars(check.rounded)
    if check.verdict == AGREES:
        return f"rounds to {rounded}, as stated."
    if check.verdict == TRUNCATED:
        return f"rounds to {rounded}: the stated amount is cut off, not rounded."
    return f"rounds to {rounded}: the two amounts do not agree."


def describe_survey_method(result: SurveyResult) -> Iterator[tuple[str, str]]:
    """How the survey was counted."""
    source = f" ({result.source})" if result.source else ""
    yield (
        f"{result.title}: what was counted",
        f"{capitalize(result.question)} Asked {result.conducted}{source}. A share is of those who answered.",
    )
