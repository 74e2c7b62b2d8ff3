"""Conclusions: what a rate shows of a standard, how sure that is, and what changed since the rate before."""

from dataclasses import dataclass
from fractions import Fraction

from audit.errors import make_usage_error
from audit.estimation.rates import Estimate
from audit.statistics.intervals.change import miettinen_nurminen
from audit.statistics.intervals.missing_outcomes import tipping_point
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
    failed if the least are more. Each side holds with the confidence of one limit: 97.5% of limits at 95%.
    """
    standard, confidence = 1 - parse_share(tolerable), (1 + parse_rate(estimate.level)) / 2
    verdict = _compare_with_standard(estimate.lower, estimate.upper, estimate.population, standard)
    whatever = (
        _compare_with_standard(estimate.worst_lower, estimate.best_upper, estimate.population, standard) == verdict
    )
    tipping = None
    if verdict == "meets" and not whatever and estimate.population is not None:
        simple = (estimate.conforming, estimate.undeterminable, estimate.reviewed, estimate.population)
        tipping = tipping_point(*simple, standard, confidence)
    return Conclusion(
        tolerable=float(parse_share(tolerable)),
        confidence=float(confidence),
        verdict=verdict,
        whatever=whatever,
        tipping=tipping,
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


def _compare_with_standard(
    lower: float | None, upper: float | None, population: int | None, standard: Fraction
) -> Verdict:
    """What limits on the conforming share show of the least share that meets the standard."""
    if lower is None or upper is None:
        return "not shown"
    if population is None:
        return "meets" if lower > standard else "fails" if upper < standard else "not shown"
    least, most = round(lower * population), round(upper * population)
    return "meets" if least > standard * population else "fails" if most < standard * population else "not shown"
