"""The words for what a sample shows: estimates, a standard met or not, the offices, what changed."""

from collections.abc import Iterator, Sequence

from audit.estimation.conclusions import Conclusion, RateDifference
from audit.estimation.office_comparison import FALSE_FLAG_RATE, OfficeComparison
from audit.estimation.rates import Estimate, OfficePrecision
from audit.estimation.results import Cell, SampleResult
from audit.formatting import (
    format_between,
    format_count,
    format_list,
    format_month,
    format_percent,
    format_plural,
    format_range,
)
from audit.reporting.attribute_text import get_attribute_words
from audit.reporting.plan_text import describe_plan_difference
from audit.statistics.parameters import Rate, parse_rate

DOCUMENTATION_WORDS = {  # of each outcome
    "complete": "file complete",
    "partial": "file partial",
    "none": "nothing on file",
    "undeterminable": "cannot be determined",
    "not_applicable": "no rule applies",
    "no_rule": "no rule in force",
}


def summarize_result(result: SampleResult) -> str:
    """The sample's rate in a sentence for who reads no more: of which cases, its limits, what is left open."""
    overall, words = result.overall, get_attribute_words(result.attribute)
    name = "Sample" if result.period == "all" else f"Sample of {format_month(result.period)}"
    if overall.rate is None:
        return f"{name}: {describe_sample_counts(result)}"
    sentence = (
        f"{name}: of {format_plural(overall.assessed, 'case')} that could be assessed, "
        f"{format_count(overall.conforming)} {_be(overall.conforming)} {words.phrase}, {describe_rate(result)}"
    )
    if overall.undeterminable:
        return (
            f"{sentence}; with {_count_undetermined(overall)}, {format_between(overall.worst, overall.best)} in the "
            f"sample and, with {_format_level(overall)} confidence, "
            f"{format_between(overall.worst_lower, overall.best_upper)} {_format_whole(result)}."
        )
    return f"{sentence}; {describe_confidence_limits(overall)}."


def describe_sample(result: SampleResult) -> Iterator[str]:
    """The counts of a sample, its rate with the limits, and what the undetermined cases leave open; a sentence each."""
    overall, words = result.overall, get_attribute_words(result.attribute)
    yield describe_sample_counts(result)
    if overall.rate is None:
        yield "Nothing is known of the rate."
    else:
        yield (
            f"{format_count(overall.conforming)} of the {format_count(overall.assessed)} assessed "
            f"{_be(overall.conforming)} {words.phrase}, "
            f"{describe_rate(result)}; {describe_confidence_limits(overall)}."
        )
    if overall.undeterminable:
        every = "the one" if overall.undeterminable == 1 else f"all {format_count(overall.undeterminable)}"
        yield (
            f"Had {every} that could not be determined been {words.deviating}, the rate would be "
            f"{format_percent(overall.worst)}; {words.conforming}, {format_percent(overall.best)}. Allowing for chance "
            f"as well, the share {words.conforming} lies {format_between(overall.worst_lower, overall.best_upper)} "
            f"{_format_whole(result)}, with {_format_level(overall)} confidence at least."
        )


def describe_sample_counts(result: SampleResult) -> str:
    """How many cases were drawn, and of how many of them something can be said, in a sentence."""
    overall = result.overall
    drawn = format_plural(result.drawn, "case")
    if overall.assessed == result.drawn:
        return f"{drawn} {_be(result.drawn)} drawn, and {'it' if result.drawn == 1 else 'all'} could be assessed."
    parts = [f"{format_count(overall.assessed)} could be assessed"]
    if overall.undeterminable:
        parts.append(f"{format_count(overall.undeterminable)} could not be determined")
    if overall.outside:
        parts.append(f"to {format_count(overall.outside)} no rule applies")
    return f"Of {drawn} drawn, {format_list(parts)}."


def describe_rate(result: SampleResult) -> str:
    """The estimated rate, and how it comes from the counts where it is not their quotient."""
    words = get_attribute_words(result.attribute)
    notes = [*(["each case weighted by those it stands for"] if result.design.weighted else [])]
    if result.overall.undeterminable and result.treatment != "exclude":
        counted = words.deviating if result.treatment == "error" else words.conforming
        notes.append(f"with those that could not be determined counted as {counted}")
    how = f" ({', '.join(notes)})" if notes else ""
    return f"a rate of {format_percent(result.overall.rate)}{how}"


def describe_confidence_limits(estimate: Estimate) -> str:
    """The confidence limits of an estimate, or that there are none."""
    if estimate.rate is None:
        return "there are no confidence limits"
    if estimate.lower == estimate.upper:
        return "every case was counted, so there is no sampling error"
    return f"the {_format_level(estimate)} confidence limits are {format_range(estimate.lower, estimate.upper)}"


def describe_population(estimate: Estimate, *, frame: int | None = None) -> str:
    """Which cases a rate is of: those of its part of the frame, or of them those to which a rule applies.

    `frame` is the number of cases of the frame, where the estimate itself does not say it.
    """
    if estimate.population is not None:
        frame = estimate.population + estimate.outside
    if frame is None:
        return "a population of unknown size"
    if estimate.outside:
        return f"those of the frame of {format_count(frame)} to which a rule applies"
    return f"the population of {format_count(frame)}"


def describe_result(result: SampleResult) -> Iterator[str]:
    """What a sample shows, a sentence or two each: its rates, the standard met or not, the offices."""
    yield describe_estimate(result.overall, frame=result.frame)
    if result.overall.permitted:
        yield describe_estimate(result.without_permitted)
    yield from map(describe_estimate, result.classes)
    if result.conclusion:
        yield describe_conclusion(result.conclusion, result.overall)
    yield describe_precision(result.office_precision)
    if result.conclusion and result.standings:
        yield describe_office_comparison(result.standings, tolerable=result.conclusion.tolerable)
    design = result.design
    if design.size is not None and design.declared is not None and design.size != design.declared:
        yield describe_plan_difference(design.size, design.method, declared=design.declared)


def describe_cell(cell: Cell) -> str:
    """What the sampled cases of one class and outcome are called: as the program says, or by outcome and class."""
    return cell.words or f"{cell.outcome.replace('_', ' ')}: {cell.case_class}".rstrip(": ")


def describe_documentation(cell: Cell) -> str:
    """How complete the file of such cases was."""
    return DOCUMENTATION_WORDS[cell.outcome]


def describe_estimate(estimate: Estimate, *, frame: int | None = None) -> str:
    """The estimate in one sentence: counts, rate, limits, level, population, method, and what is left open."""
    who, level = describe_population(estimate, frame=frame), _format_level(estimate)
    words = f"of {format_plural(estimate.reviewed, 'sampled case')}, {_describe_counts(estimate)}: "
    if not estimate.reviewed:
        words = "to no sampled case does a rule apply: " if estimate.outside else "no case was drawn: "
    if estimate.rate is None:
        words += f"nothing is known of the rate in {who}"
    elif estimate.lower == estimate.upper:
        words += f"a rate of {format_percent(estimate.rate)} in {who} ({estimate.method_words})"
    else:
        words += f"a rate of {format_percent(estimate.rate)}, and at {level} confidence "
        words += f"{format_between(estimate.lower, estimate.upper)} in {who} ({estimate.method_words})"
    if estimate.undeterminable:
        words += "; however the undeterminable cases fell, the rate lies "
        words += f"{format_between(estimate.worst, estimate.best)} in the sample and, at {level} confidence, "
        words += f"{format_between(estimate.worst_lower, estimate.best_upper)} in the population"
    return f"{estimate.label}: {words}." if estimate.label else f"{words[0].upper()}{words[1:]}."


def describe_conclusion(conclusion: Conclusion, estimate: Estimate) -> str:
    """What an estimate shows of a standard, how sure that is, and what the undeterminable cases do to it."""
    tolerable, confidence = format_percent(parse_rate(conclusion.tolerable)), format_percent(conclusion.confidence)
    shown = {
        "meets": f"The rate of deviations is shown to be below {tolerable}",
        "fails": f"The rate of deviations is shown to be above {tolerable}",
        "not shown": f"Neither is shown: the rate of deviations may be below {tolerable} or above it",
    }[conclusion.verdict]
    words = f"{shown}, with {confidence} confidence."
    if not estimate.undeterminable or conclusion.verdict == "not shown":
        return words
    if conclusion.whatever:
        return f"{words} So it is however the undeterminable cases fell."
    if conclusion.tipping is None:
        return f"{words} It need not be if the undeterminable cases fell the other way."
    return (
        f"{words} Were {format_count(conclusion.tipping)} or more of "
        f"{format_plural(estimate.undeterminable, 'undeterminable case')} to deviate, it would not be shown."
    )


def describe_precision(precision: OfficePrecision, *, noun: str = "office") -> str:
    """Whether the sample can carry a statement on every office, and how far the limits of a typical one reach."""
    if precision.typical_reviewed is None or precision.typical_reach is None:
        return f"There is no {noun} to make a statement on."
    typical = (
        f"a typical {noun} has {format_plural(precision.typical_reviewed, 'sampled case')} and a limit "
        f"{_format_points(precision.typical_reach)} away"
    )
    limit, offices = _format_points(precision.margin), format_plural(precision.offices, noun)
    if not precision.wide:
        far = f"no limit lies more than {limit} from the rate"
        return f"The sample can carry a statement on every {noun}: {far}; {typical}."
    every = precision.wide == precision.offices
    which = f"all {offices}" if every else f"{format_count(precision.wide)} of {offices}"
    one = f"a single {noun}" if every else f"every {noun}"
    far = f"in {which} a limit lies more than {limit} from the rate"
    return f"The sample cannot carry a statement on {one}: {far}; {typical}."


def describe_office_comparison(
    comparisons: Sequence[OfficeComparison], *, tolerable: Rate, noun: str = "office"
) -> str:
    """Which offices show more deviations than a tolerable rate explains, in one sentence."""
    flagged = [comparison.label for comparison in comparisons if comparison.flagged]
    looked_at = format_plural(sum(one.p is not None for one in comparisons), noun)
    if not flagged:
        return (
            f"Of {looked_at}, none shows more deviations than a rate of {format_percent(parse_rate(tolerable))} "
            "explains."
        )
    subject = f"{format_list(flagged, most=100)} {'shows' if len(flagged) == 1 else 'show'}"
    return (
        f"Of {looked_at}, {subject} more deviations than a rate of {format_percent(parse_rate(tolerable))} explains; "
        f"of those named, no more than {format_percent(parse_rate(FALSE_FLAG_RATE))} are expected to be named falsely."
    )


def describe_rate_difference(change: RateDifference) -> str:
    """Whether a rate rose or fell between two samples drawn apart, with the limits of the difference."""
    moved = "rose" if change.lower > 0 else "fell" if change.upper < 0 else None
    return (
        f"{format_percent(change.before)} before, {format_percent(change.after)} after: the rate "
        f"{moved or 'may have changed either way, or not at all'} (difference {_format_signed(change.difference)}, at "
        f"{format_percent(change.level)} confidence {_format_signed(change.lower)} to {_format_signed(change.upper)}; "
        "Miettinen & Nurminen 1985)."
    )


def _describe_counts(estimate: Estimate) -> str:
    conforming = f"{format_count(estimate.conforming)} conform"
    if estimate.permitted:
        conforming += f" ({format_count(estimate.permitted)} of them permitted, not required)"
    undeterminable = (
        [f"{format_count(estimate.undeterminable)} cannot be determined"] if estimate.undeterminable else []
    )
    return format_list([conforming, f"{format_count(estimate.deviating)} deviate", *undeterminable])


def _be(n: int) -> str:
    return "was" if n == 1 else "were"


def _count_undetermined(overall: Estimate) -> str:
    return f"the {format_count(overall.undeterminable)} that could not be determined"


def _format_whole(result: SampleResult) -> str:
    """Of which cases the rate is, in a few words."""
    frame = f"all {format_count(result.frame)} cases of the frame"
    return f"in those of {frame} to which a rule applies" if result.overall.outside else f"in {frame}"


def _format_level(estimate: Estimate) -> str:
    """The level as an auditor says it: 95%, 99.8%."""
    return format_percent(estimate.level, places=1 if (parse_rate(estimate.level) * 100).denominator > 1 else 0)


def _format_points(share: float) -> str:
    return f"{format_percent(parse_rate(share)).removesuffix('%')} points"


def _format_signed(difference: float) -> str:
    sign = "+" if difference > 0 else "−" if difference < 0 else ""
    return f"{sign}{_format_points(abs(difference))}"
