"""The words of a tracing test: how many items were traced each way, what they show, and what was not tested."""

from collections.abc import Iterator

from audit.analysis.tracing import TracedSample, TracingTest
from audit.formatting import format_count, format_list, format_percent, format_plural
from audit.reporting.record import KeyFigure

_QUESTIONS = {"records to source": "accuracy", "source to records": "completeness"}


def format_tracing_headline(test: TracingTest) -> str:
    """What each direction shows, and which was not tested."""
    parts = [f"{one.direction}, {conclude_tracing(one)}" for one in test.samples]
    return " ".join(filter(None, [f"{test.title}: {'; '.join(parts)}." if parts else "", describe_untested(test)]))


def make_tracing_figure(test: TracingTest) -> KeyFigure:
    """The figure of the test that a reader should leave with: the direction with the highest share of deviations."""
    most = max(test.samples, key=lambda one: one.deviations / max(one.traced, 1))
    return KeyFigure(
        value=f"{format_count(most.deviations)} of {format_count(most.traced)}",
        label=f"{most.unit[1]} traced from {most.direction} deviate",
        detail=conclude_tracing(most),
    )


def conclude_tracing(one: TracedSample) -> str:
    """The conclusion of one direction in words, by its limits against the tolerable rate."""
    tolerable = format_percent(one.tolerable)
    if not one.traced:
        return "nothing was traced yet"
    if one.conclusion is None:
        how = "were not drawn at random" if one.selection == "not at random" else "may not have been drawn at random"
        return f"no conclusion beyond the items traced, which {how}"
    if one.conclusion == "meets":
        return f"the rate of deviations is shown to be below the tolerable {tolerable}"
    if one.conclusion == "fails":
        return f"the rate of deviations is shown to be above the tolerable {tolerable}"
    return f"not shown to be below the tolerable {tolerable}, nor above it"


def describe_traced_sample(one: TracedSample) -> Iterator[str]:
    """What was compared, how many were needed and traced, what deviates, its limits, and the conclusion."""
    yield f"{one.words} {one.selection_words}"
    least = format_plural(one.needed, *one.unit)
    yield (
        f"From {format_plural(one.population, *one.unit)} the plan asks for {least} at least: with "
        f"{format_count(one.allowed)} deviating or fewer among them, the rate is shown to be below "
        f"{format_percent(one.tolerable)} with {format_percent(one.confidence, places=0)} confidence. "
        f"{_describe_size(one)}"
    )
    if not one.traced:
        return
    verb = "deviates" if one.deviations == 1 else "deviate"
    text = f"{format_count(one.deviations)} of {format_plural(one.traced, *one.unit)} traced {verb}"
    text += f" ({format_percent(one.deviations, one.traced)})"
    if one.not_obtained:
        text += f"; of these {format_count(one.not_obtained)} because the other side could not be obtained"
    yield f"{text}."
    if one.upper is not None and one.lower is not None:
        confidence = format_percent(one.confidence, places=0)
        yield (
            f"With {confidence} confidence at most {format_count(one.upper)} of {format_count(one.population)} "
            f"({format_percent(one.upper, one.population)}) deviate, and with {confidence} confidence at least "
            f"{format_count(one.lower)} ({format_percent(one.lower, one.population)}). Conclusion: "
            f"{conclude_tracing(one)}.{_describe_not_obtained(one)}"
        )
    else:
        yield f"Conclusion: {conclude_tracing(one)}. No limits are given."


def describe_untested(test: TracingTest) -> str:
    """The direction that was not tested, and what is therefore not known."""
    missing = [one for one in _QUESTIONS if one not in {sample.direction for sample in test.samples}]
    return " ".join(f"Not traced: {one}, so nothing is known of {_QUESTIONS[one]}." for one in missing)


def describe_tracing_method(test: TracingTest) -> Iterator[tuple[str, str]]:
    """How the samples were sized and judged."""
    source = f" ({test.source})" if test.source else ""
    directions = format_list([f"{one} for {question}" for one, question in _QUESTIONS.items()])
    yield (
        f"{test.title}: size and conclusion",
        f"Each direction{source} has its own population, size and tolerable rate: {directions}. Sizes, limits and "
        "conclusions are exact for a sample drawn from a finite population (hypergeometric). An item whose other side "
        "could not be obtained counts as a deviation. Whether the data are sufficiently reliable is the auditors’ "
        "judgment.",
    )


def _describe_size(one: TracedSample) -> str:
    if one.drawn < one.needed:
        return f"{format_count(one.drawn)} were drawn, fewer than that."
    open_items = one.drawn - one.traced
    left = f", and {format_count(open_items)} of them are still to be traced" if open_items else " and traced"
    return f"{format_count(one.drawn)} were drawn{left}."


def _describe_not_obtained(one: TracedSample) -> str:
    if one.if_obtained == one.conclusion or not one.not_obtained:
        return ""
    return " It would be another one had every item that could not be obtained agreed."
