"""The words for what a sample shows: estimates, a standard met or not, the offices, what changed."""

from collections.abc import Iterator, Sequence

from audit.estimation.conclusions import Conclusion, RateDifference
from audit.estimation.office_comparison import FALSE_FLAG_RATE, OfficeComparison
from audit.estimation.rates import Estimate, OfficePrecision
from audit.estimation.results import Cell, SampleResult
from audit.formatting import format_count, format_list, format_percent, format_plural
from audit.statistics.parameters import Rate, parse_rate


def describe_result(result: SampleResult) -> Iterator[str]:
    """What a sample shows, a sentence or two each: its rates, the standard met or not, the offices."""
    yield describe_estimate(result.overall)
    if result.overall.permitted:
        yield describe_estimate(result.without_permitted)
    yield from map(describe_estimate, result.classes)
    if result.conclusion:
        yield describe_conclusion(result.conclusion, result.overall)
    yield describe_precision(result.office_precision)
    if result.conclusion and result.standings:
        yield describe_office_comparison(result.standings, tolerable=result.conclusion.tolerable)


def describe_cell(cell: Cell) -> str:
    """What the sampled cases of one class and outcome are called: as the program says, or by outcome and class."""
    return cell.words or f"{cell.outcome.replace('_', ' ')}: {cell.case_class}".rstrip(": ")


def describe_documentation(cell: Cell) -> str:
    """How complete the file of such cases was."""
    return "nothing on file" if cell.outcome == "none" else f"file {cell.outcome}"


def describe_estimate(estimate: Estimate) -> str:
    """The estimate in one sentence: counts, rate, limits, level, population, method, and what is left open."""
    who = "a population of unknown size"
    if estimate.population is not None:
        who = f"the population of {format_count(estimate.population)}"
    words = f"of {format_plural(estimate.reviewed, 'case')} reviewed, {_describe_counts(estimate)}: "
    if not estimate.reviewed:
        words = "no case was reviewed: "
    if estimate.rate is None:
        words += f"nothing is known of the rate in {who}"
    elif estimate.lower == estimate.upper:
        words += f"a rate of {format_percent(estimate.rate)} in {who} ({estimate.method_words})"
    else:
        words += f"a rate of {format_percent(estimate.rate)}, and at {_format_level(estimate)} confidence between "
        words += (
            f"{format_percent(estimate.lower)} and {format_percent(estimate.upper)} in {who} ({estimate.method_words})"
        )
    if estimate.undeterminable:
        words += "; however the undeterminable cases fell, the rate lies between "
        words += f"{format_percent(estimate.worst)} and {format_percent(estimate.best)} in the sample and between "
        words += f"{format_percent(estimate.worst_lower)} and {format_percent(estimate.best_upper)} in the population"
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
        f"a typical {noun} has {format_plural(precision.typical_reviewed, 'case')} reviewed and a limit "
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


def _format_level(estimate: Estimate) -> str:
    """The level as an auditor says it: 95%, 99.8%."""
    return format_percent(estimate.level, places=1 if (parse_rate(estimate.level) * 100).denominator > 1 else 0)


def _format_points(share: float) -> str:
    return f"{format_percent(parse_rate(share)).removesuffix('%')} points"


def _format_signed(difference: float) -> str:
    sign = "+" if difference > 0 else "−" if difference < 0 else ""
    return f"{sign}{_format_points(abs(difference))}"
