"""The words of research that two do one after the other: how much is repeated, and what the second look adds."""

from collections.abc import Iterator

from audit.analysis.repeated_queries import QueryResult
from audit.analysis.second_looks import SecondLook
from audit.formatting import (
    capitalize,
    format_count,
    format_decimal,
    format_hundredths,
    format_percent,
    format_plural,
)
from audit.reporting.record import KeyFigure


def format_query_headline(result: QueryResult) -> str:
    """How much is repeated and, in the same breath, what the second look changed."""
    return f"{result.title}: {describe_repetition(result)} {describe_second_look(result)}"


def make_query_figure(result: QueryResult) -> KeyFigure:
    """The figure of the research that a reader should leave with."""
    second, look = result.researchers[1], result.second_look
    changed = f"; the second look changed {format_percent(look.more + look.less, look.cases)}" if look else ""
    return KeyFigure(
        value=format_percent(result.repeated, second.queries),
        label=f"of the queries of {second.words} repeat one of {result.researchers[0].words}",
        detail=f"{format_count(result.repeated)} of {format_count(second.queries)}{changed}",
    )


def describe_repetition(result: QueryResult) -> str:
    """How many queries repeat an earlier one, and how long they took."""
    first, second = result.researchers
    return (
        f"{format_count(result.repeated)} of {format_plural(second.queries, 'query')} of {second.words} "
        f"({format_percent(result.repeated, second.queries)}) asked the same system about the same person within "
        f"{format_plural(result.window_days, 'day')} after {first.words} had asked it, which took "
        f"{format_minutes(result.repeated_minutes)}."
    )


def describe_second_look(result: QueryResult) -> str:
    """What the second look changed, and which way."""
    look = result.second_look
    if look is None:
        return "What the second look changed is not in the tables."
    if not look.cases:
        return f"Both concluded none of the same {result.unit[1]}."
    second = result.researchers[1]
    return (
        f"In {format_count(look.more + look.less)} of {format_plural(look.cases, *result.unit)} that both concluded "
        f"({format_percent(look.more + look.less, look.cases)}) {second.words} concluded otherwise: "
        f"{format_count(look.less)} with less consequence for the person, {format_count(look.more)} with more."
    )


def describe_agreement(look: SecondLook) -> str:
    """How far both concur, with the coefficient and its limits."""
    share = f"Both concluded the same in {format_percent(look.agreed, look.cases)}"
    if look.ac1 is None:
        return f"{share}. A coefficient of agreement cannot be told."
    limits = ""
    if look.ac1_lower is not None and look.ac1_upper is not None:
        low, high = format_hundredths(look.ac1_lower), format_hundredths(look.ac1_upper)
        limits = f", 95% limits {low} to {high}"
    return (
        f"{share}; Gwet’s AC1, which allows for agreement by chance, is {format_hundredths(look.ac1)}{limits}. The "
        "limits take these cases for a sample of such cases. Neither conclusion is known to be right: what is measured "
        "is that they differ."
    )


def describe_systems(result: QueryResult) -> str:
    """How many systems were queried for one case."""
    text = (
        f"The most systems that were queried for one {result.unit[0]} are {format_count(result.systems_most)}, in "
        f"{format_plural(result.cases_with_most, *result.unit)} of {format_count(result.cases)}."
    )
    stated = result.most_systems_stated
    if stated is None:
        return text
    agrees = "agrees with it" if stated == result.systems_most else "does not agree with it"
    where = f" ({result.source})" if result.source else ""
    return f"{text} The source states as many as {format_count(stated)}{where}: the log {agrees}."


def list_repetition_condition(result: QueryResult) -> Iterator[str]:
    """The condition of a finding on repeated research, both sides of it, from the measurement."""
    first, second = result.researchers
    yield describe_repetition(result)
    yield describe_second_look(result)
    if look := result.second_look:
        yield describe_agreement(look)
    yield (
        f"The first two numbers weigh against each other: what is repeated takes time, and where {second.words} "
        f"conclude otherwise, a decision would have rested on what {first.words} concluded alone. Neither number shows "
        "by itself that the research should end or should go on."
    )
    yield _describe_cost(result)


def _describe_cost(result: QueryResult) -> str:
    if result.cost is None or result.hourly_cost is None:
        return "No cost is given: no source states what an hour of research costs."
    dollars, hourly = (f"${format_count(round(amount))}" for amount in (result.cost, result.hourly_cost))
    return f"At {hourly} an hour ({result.cost_source}) the repeated minutes cost {dollars}."


def format_minutes(minutes: float) -> str:
    """Minutes as a sentence has them, with the hours where there are many: '22,611 minutes (376.9 hours)'."""
    text = format_plural(round(minutes), "minute")
    return f"{text} ({format_decimal(minutes / 60)} hours)" if minutes >= 120 else text


def describe_query_method(result: QueryResult) -> Iterator[tuple[str, str]]:
    """How the research was counted."""
    first, second = result.researchers
    yield (
        f"{result.title}: what counts as repeated",
        f"{capitalize(result.extent)} A query of {second.words} repeats one of {first.words} if it asks the same "
        "system about the same person, or of the same case where no person is known, at the same time or later, by no "
        f"more than {format_plural(result.window_days, 'calendar day')}. {result.window_reason} A query that comes "
        "first repeats nothing. What other windows would give stands beside it. Minutes are those recorded: a query "
        "without them adds none, so that the sums are too low by what these took.",
    )
    if result.second_look:
        yield (
            f"{result.title}: agreement",
            "Of each case, the last conclusion of each. AC1 (Gwet 2008, British Journal of Mathematical and "
            "Statistical Psychology 61:29) stays meaningful where nearly all cases fall into one category, as "
            f"Cohen’s kappa does not. Conclusions in order of consequence for a person: "
            f"{'; '.join(result.second_look.order)}.",
        )
