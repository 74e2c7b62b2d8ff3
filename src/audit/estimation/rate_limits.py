"""The confidence limits of a rate: which method holds for a sample, its limits, and what it is called in reports.

The formulas are in `audit.statistics.intervals`; of samples of strata, clusters and stages in `stratified`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from audit.formatting import format_list
from audit.programs.declaration import UndeterminableTreatment
from audit.statistics.intervals.assessable import CountLimit, assessable_limits
from audit.statistics.intervals.exact import clopper_pearson
from audit.statistics.parameters import Rate

LimitsMethod = Literal[
    "hypergeometric",
    "Clopper-Pearson",
    "census",
    "melded hypergeometric",
    "linearised",
    "effective size",
    "effective clusters",
    "none",
]
METHOD_NAMES: Final[dict[LimitsMethod, str]] = {
    "hypergeometric": "exact hypergeometric limits",
    "Clopper-Pearson": "exact binomial limits, Clopper-Pearson",
    "census": "every case counted: no sampling error, and so no interval",
    "melded hypergeometric": "melded exact hypergeometric limits of the strata (Fay, Proschan & Brittain 2015)",
    "linearised": "linearised variance, Korn-Graubard limits",
    "effective size": "Clopper-Pearson limits at the effective sample size (Kish 1965)",
    "effective clusters": "Clopper-Pearson limits with the clusters as the effective sample size (Kish 1965)",
    "none": "no information",
}
_TREATMENTS: Final[dict[UndeterminableTreatment, str]] = {
    "exclude": "left out",
    "error": "counted as deviations",
    "pass": "counted as conforming",
}


def describe_limits_method(
    method: LimitsMethod, treatment: UndeterminableTreatment, *, undeterminable: int, unrated: Sequence[str] = ()
) -> str:
    """The method in words, with what became of undeterminable cases, and the strata that leave no rate."""
    words = METHOD_NAMES[method]
    if undeterminable and method != "none":
        words += f", undeterminable cases {_TREATMENTS[treatment]}"
    return f"no rate, since no case of {format_list(unrated)} could be assessed; {words}" if unrated else words


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitCounts:
    """The limits of a rate as counts: each is so many conforming cases among so many, to be compared exactly."""

    lower: CountLimit
    upper: CountLimit
    worst_lower: CountLimit
    best_upper: CountLimit


def calculate_rate_limits(
    shares: Sequence[tuple[int, int]], drawn: int, population: int | None, level: Rate
) -> tuple[tuple[float, float, float, float], LimitCounts | None]:
    """Both limits of the first share, the lower of the second and the upper of the third; as counts, if they are."""
    if population is None:
        (lower, upper), (worst, _), (_, best) = (clopper_pearson(x, n, level) for x, n in shares)
        return (lower, upper, worst, best), None
    (least, most), (worst_count, _), (_, best_count) = (
        _calculate_limits(x, n, drawn, population, level) for x, n in shares
    )
    counts = LimitCounts(lower=least, upper=most, worst_lower=worst_count, best_upper=best_count)
    return (
        float(least.share),
        float(most.share),
        float(worst_count.share),
        float(best_count.share),
    ), counts


def choose_rate_limits(n: int, population: int | None) -> LimitsMethod:
    """The method for `n` cases of a simple random sample in the rate; `population` None where unknown."""
    if n == 0:
        return "none"
    if population is None:
        return "Clopper-Pearson"
    return "census" if population == n else "hypergeometric"


def _calculate_limits(x: int, among: int, drawn: int, population: int, level: Rate) -> tuple[CountLimit, CountLimit]:
    """Exact limits on the share of `x` among so many of those drawn; 0 and 1 where there are none."""
    if not among:
        return CountLimit(0, 1), CountLimit(1, 1)
    return assessable_limits(x, drawn - among, drawn, population, level)
