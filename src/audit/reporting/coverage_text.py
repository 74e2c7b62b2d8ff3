"""The words of coverage and growth: how far activation had come, and whether a claim on a count holds."""

from collections.abc import Iterator
from fractions import Fraction

from audit.analysis.coverage import CoverageResult, PublishedComparison
from audit.analysis.growth import ActivePeriod, GrowthStep
from audit.formatting import (
    format_count,
    format_day,
    format_decimal,
    format_percent,
    format_plural,
)
from audit.reporting.record import KeyFigure


def format_coverage_headline(result: CoverageResult) -> str:
    """How far activation had come, and whether the published total is the table's."""
    stated = [one for one in result.published if one.agrees]
    source = f", as {stated[-1].stated.source} states" if stated else ""
    return (
        f"{result.title}: {format_count(result.activated)} of {format_plural(result.total, *result.unit)} "
        f"({format_percent(result.activated, result.total)}) in {_count_areas(result)} had been activated by "
        f"{format_day(result.as_of)}{source}."
    )


def make_coverage_figure(result: CoverageResult) -> KeyFigure:
    """The figure of the coverage that a reader should leave with."""
    return KeyFigure(
        value=f"{format_count(result.activated)} of {format_count(result.total)}",
        label=f"{result.unit[1]} activated",
        detail=f"{format_percent(result.activated, result.total)}, in {_count_areas(result)}",
    )


def describe_published(one: PublishedComparison, result: CoverageResult) -> str:
    """Whether the table gives what a source states."""
    stated = one.stated
    areas = f" in {format_plural(stated.areas, result.area_noun)}" if stated.areas is not None else ""
    text = (
        f"{stated.source} states {format_count(stated.activated)} of {format_count(stated.total)}{areas} on "
        f"{format_day(stated.on)}: {format_percent(stated.activated, stated.total)}."
    )
    if one.agrees:
        return f"{text} The table gives the same."
    return (
        f"{text} The table gives {format_count(one.activated)} of {format_count(one.total)} in "
        f"{format_count(one.areas)}."
    )


def describe_growth(result: CoverageResult) -> str:
    """How the count moved with the coverage, over the longest step."""
    step = _get_longest_step(result)
    if step is None:
        return "There are not two periods with a count and an active jurisdiction, so no growth can be taken apart."
    many = result.counted[1]
    return (
        f"From {step.earlier} to {step.later}, {many} went from {format_count(_find(result, step.earlier).count)} to "
        f"{format_count(_find(result, step.later).count)} ({_format_ratio(step.count_ratio)}), active "
        f"{result.unit[0]}-months {_format_ratio(step.coverage_ratio)}, and {many} in each active "
        f"{result.unit[0]}-month {_format_ratio(step.intensity_ratio)}."
    )


def describe_growth_identity(step: GrowthStep) -> str:
    """The change as the sum of its parts, each rounded by itself."""
    parts = " + ".join(_format_signed(part) for part in (step.coverage, step.intensity, step.interaction))
    return f"{_format_signed(Fraction(step.change))} = {parts}".replace("+ −", "− ").replace("= +", "= ")


def assess_coverage_claim(result: CoverageResult) -> Iterator[str]:
    """What the numbers say of the claim that a source makes."""
    gap = f" {result.claim_gap}" if result.claim_gap else ""
    yield f"“{result.claim}” ({result.claim_source})."
    if gap:
        yield f"On published values alone the claim cannot be tested.{gap}"
    step = _get_longest_step(result)
    if step is None or step.count_ratio is None or step.intensity_ratio is None:
        return
    many, month = result.counted[1], f"active {result.unit[0]}-month"
    both = step.count_ratio > 1 and step.coverage_ratio > 1
    made_up = "With the made-up days of activation" if result.synthetic else "By this table"
    direction = "both rose" if both else "the two did not both rise"
    yield (
        f"{made_up}, {direction} from {step.earlier} to {step.later}: {result.unit[1]} active "
        f"{_format_ratio(step.coverage_ratio)}, {many} {_format_ratio(step.count_ratio)}. An increase in the same "
        f"proportion would leave the {many} in each {month} as they were; they came to "
        f"{format_percent(step.intensity_ratio)} of what they had been."
    )
    if both and Fraction(9, 10) <= step.intensity_ratio <= Fraction(11, 10):
        yield "So the increase corresponds in direction and, within a tenth, in proportion."
    elif both:
        yield "So the increase corresponds in direction, and not in proportion."
    else:
        yield "So the claim does not hold here."


def describe_coverage_method(result: CoverageResult) -> Iterator[tuple[str, str]]:
    """How coverage and growth were counted."""
    yield (
        f"{result.title}: coverage",
        f"Every {result.unit[0]} of the table, activated if its day is not later than {format_day(result.as_of)}. It "
        "is a complete count, so its share has no interval.",
    )
    if result.periods:
        yield (
            f"{result.title}: growth",
            f"An active {result.unit[0]}-month is a month in which one {result.unit[0]} was active throughout; the "
            "days of a period on which each was active are summed and taken as months of average length. The count of "
            "a period is its coverage (active months) times its intensity (count in each active month). Its change is "
            "exactly: intensity before × change of coverage, plus coverage before × change of intensity, plus the "
            "product of both changes. The last part belongs to neither alone, and is large where both change much.",
        )


def _count_areas(result: CoverageResult) -> str:
    return format_plural(result.areas_activated, result.area_noun)


def _get_longest_step(result: CoverageResult) -> GrowthStep | None:
    """The step from the first period to the last; it is the last of the steps."""
    return result.steps[-1] if result.steps else None


def _find(result: CoverageResult, label: str) -> ActivePeriod:
    return next(one for one in result.periods if one.label == label)


def _format_ratio(ratio: Fraction | None) -> str:
    if ratio is None:
        return "from none"
    if ratio < 1:
        return f"fell to {format_percent(ratio)} of what they were"
    return f"{format_decimal(float(ratio)) if ratio < 10 else format_count(round(ratio))}-fold"


def _format_signed(part: Fraction) -> str:
    rounded = round(part)
    return f"+{format_count(rounded)}" if rounded > 0 else f"−{format_count(-rounded)}" if rounded else "0"
