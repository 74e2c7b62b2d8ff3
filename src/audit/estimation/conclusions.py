"""Conclusions: what a rate shows of a standard, how sure that is, and what changed since the rate before."""

from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction

from audit.errors import make_usage_error
from audit.estimation.rates import Estimate
from audit.statistics.intervals.assessable import CountLimit, assessable_limits
from audit.statistics.intervals.change import miettinen_nurminen
from audit.statistics.parameters import Rate, parse_rate, parse_share
from audit.statistics.sizes.acceptance import ToleranceConclusion as Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What a rate shows of a standard."""

    tolerable: float  # rate of deviations
    confidence: float  # of this conclusion: that of one limit
    verdict: Verdict
    whatever: bool  # whether it holds wherever the undeterminable cases fall
    tipping: int | None  # undeterminable cases that would have to deviate for it not to be shown; None: no number would


@dataclass(frozen=True, slots=True, kw_only=True)
class RateDifference:
    """The difference of two rates from samples drawn apart: after less before."""

    difference: float
    lower: float
    upper: float
    level: float
    before: float  # the two rates
    after: float


def conclude_on_standard(estimate: Estimate, *, tolerable: Rate) -> Conclusion:
    """Whether the limits of a rate lie on one side of the standard: it meets it, fails it, or neither is shown.

    The standard is met if the most deviations that the limits leave open are fewer than the tolerable rate makes, and
    failed if the least are more; limits that are counts are compared as counts. Each side holds with the confidence of
    one limit: 97.5% of limits at 95%.
    """
    standard, confidence = 1 - parse_share(tolerable), (1 + parse_rate(estimate.level)) / 2
    verdict, either_way = compare_with_standard(estimate, tolerable=tolerable)
    whatever = either_way == verdict
    tipping = _find_tipping_point(estimate, standard) if verdict == "meets" and not whatever else None
    return Conclusion(
        tolerable=float(parse_share(tolerable)),
        confidence=float(confidence),
        verdict=verdict,
        whatever=whatever,
        tipping=tipping,
    )


def compare_with_standard(estimate: Estimate, *, tolerable: Rate) -> tuple[Verdict, Verdict]:
    """On which side of the standard the limits of a rate lie, and those that hold however undeterminable cases fell."""
    standard = 1 - parse_share(tolerable)
    counts = estimate.limit_counts
    if counts is None:
        return (
            _compare_limits(estimate.lower, estimate.upper, standard),
            _compare_limits(estimate.worst_lower, estimate.best_upper, standard),
        )
    return (
        _compare_limits(counts.lower.share, counts.upper.share, standard),
        _compare_limits(counts.worst_lower.share, counts.best_upper.share, standard),
    )


def compare_rates(before: Estimate, after: Estimate) -> RateDifference:
    """The difference of two rates whose samples were drawn apart, with limits by the score test.

    Miettinen & Nurminen 1985, Statistics in Medicine 4:213, on the assessed cases; a stratified sample's rate is not of
    that kind and is refused. Of many months ask a chart, not every pair.
    """
    if before.level != after.level:
        raise make_usage_error("The two rates have limits of different levels", "Estimate both at one level.")
    if not before.assessed or not after.assessed:
        raise make_usage_error(
            "One of the two rates is of no case", "Compare samples of which some case could be assessed."
        )
    if any(one.rate != one.conforming / one.assessed for one in (before, after)):
        raise make_usage_error(
            "A rate is weighted, or counts undeterminable cases", "Compare rates of the assessed cases."
        )
    limits = miettinen_nurminen(after.conforming, after.assessed, before.conforming, before.assessed, before.level)
    lower, upper = (float(limit) for limit in limits)
    before_rate, after_rate = before.conforming / before.assessed, after.conforming / after.assessed
    return RateDifference(
        difference=after_rate - before_rate,
        lower=lower,
        upper=upper,
        level=before.level,
        before=before_rate,
        after=after_rate,
    )


def _find_tipping_point(estimate: Estimate, standard: Fraction) -> int | None:
    """How many undeterminable cases would have to deviate for the standard not to be met; None where strata differ."""
    if estimate.population is None or estimate.limit_counts is None:
        return None
    drawn, population = estimate.reviewed + estimate.outside, estimate.population + estimate.outside

    def find_lower_limit(deviating: int) -> CountLimit:
        passing = estimate.conforming + estimate.undeterminable - deviating
        return assessable_limits(passing, estimate.outside, drawn, population, parse_rate(estimate.level))[0]

    if find_lower_limit(estimate.undeterminable).share != estimate.limit_counts.worst_lower.share:
        return None  # strata: it matters whose cases deviate
    numbers = range(estimate.undeterminable + 1)
    return bisect_left(numbers, True, key=lambda deviating: find_lower_limit(deviating).share <= standard)


def _compare_limits(lower: Fraction | float | None, upper: Fraction | float | None, standard: Fraction) -> Verdict:
    """What limits on the conforming share show of the least share that meets the standard."""
    if lower is None or upper is None:
        return "not shown"
    return "meets" if lower > standard else "fails" if upper < standard else "not shown"
