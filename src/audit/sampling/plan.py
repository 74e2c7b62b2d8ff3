"""Plans: how many cases it takes to keep a promise, worked out on the frame that will be drawn from."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, isfinite
from typing import NamedTuple

from audit.errors import make_usage_error
from audit.formatting import format_count, format_percent, format_plural
from audit.sampling.design import AllocationMethod, Design, Takes, allocate_proportionally
from audit.sampling.frame import Frame
from audit.statistics.parameters import Rate, parse_rate
from audit.statistics.sizes.acceptance import assessable_size, operating_curve, two_stage_size
from audit.statistics.sizes.attribute import attribute_plan, critical_size
from audit.statistics.sizes.precision import precision_margin, precision_size, wald_size

WALD_CITATION = "Cochran 1977, Sampling Techniques, sections 4.4 and 5.11: Wald with finite population correction"
EXACT_CITATION = (
    "AICPA 2017, Audit Sampling, appendix A, by the hypergeometric distribution; both counts rounded up exactly"
)


class Tradeoff(NamedTuple):
    """What it costs to allow so many deviations, and what it gains: the chance to pass at several true rates."""

    allowed: int
    cases: int
    passing: tuple[tuple[float, float], ...]  # true rate, chance that no more than so many are seen


def plan_sample(
    frame: Frame,
    *,
    size: int,
    confidence: Rate = "0.95",
    allocate: AllocationMethod = allocate_proportionally,
    minimum: int = 1,
) -> Design:
    """A draw of a given size, allotted to the strata if the frame has any; its margin is that of a rate of 50%.

    Raises a usage error when the frame has fewer cases, or the strata cannot give their minimum.
    """
    basis = _PlanBasis(
        formula="n as given; its margin is z sqrt(p (1 - p) / n * (N - n) / (N - 1)), strata weighted by size",
        inputs=(("cases to draw", format_count(size)),),
        confidence=confidence,
        expected="0.5",
        citation=WALD_CITATION,
    )
    return basis.make_design(frame, _allocate_takes(frame, size, allocate, minimum))


def plan_precision(
    frame: Frame,
    *,
    margin: Rate,
    confidence: Rate = "0.95",
    expected: Rate = "0.5",
    unassessable: Rate = "0",
    allocate: AllocationMethod = allocate_proportionally,
    minimum: int = 1,
    each: bool = False,
) -> Design:
    """A draw just large enough to tell a rate near `expected` to within `margin` on either side.

    The size is that of a simple random sample, see `audit.statistics.sizes.precision.precision_size`, and enough more
    that so many remain if the share `unassessable` of the cases cannot be assessed; strata that share it otherwise than
    by size may need more. With `each` the promise is kept for every stratum by itself. Errors as `plan_sample`.
    """

    def compute_size(cases: int) -> int:
        return precision_size(cases, margin, confidence, expected)

    unlimited, within = wald_size(None, margin, confidence, expected), format_percent(parse_rate(margin))
    check = f"n0 = {unlimited:,.1f}; {unlimited:,.1f} * {format_count(frame.size)} / ({unlimited:,.1f} + "
    check += (
        f"{format_count(frame.size - 1)}) = {wald_size(frame.size, margin, confidence, expected):,.1f}, rounded up."
    )
    basis = _PlanBasis(
        formula="n = n0 N / (n0 + N - 1), n0 = z^2 p (1 - p) / margin^2, rounded up",
        inputs=(("margin", within), *_describe_unassessable(unassessable)),
        confidence=confidence,
        expected=expected,
        citation=WALD_CITATION,
        promise=f"The rate is told to within {within} on either side{', in each stratum' if each else ''}.",
        check="" if each else check,
    )
    planned = basis.make_design(frame, _compute_takes(frame, compute_size, unassessable, allocate, minimum, each=each))
    while planned.margin is not None and planned.margin > parse_rate(margin) and planned.size < frame.size:
        size = ceil(planned.size * max((planned.margin / float(parse_rate(margin))) ** 2, 1 + 1 / planned.size))
        planned = basis.make_design(frame, _allocate_takes(frame, min(size, frame.size), allocate, minimum))
    return planned


def plan_attribute(
    frame: Frame,
    *,
    tolerable: Rate,
    expected: Rate = "0",
    confidence: Rate = "0.95",
    unassessable: Rate = "0",
    allocate: AllocationMethod = allocate_proportionally,
    minimum: int = 1,
    each: bool = False,
) -> Design:
    """A draw that shows a rate of deviations to be below the tolerable one, if no more than expected are found.

    With nothing expected this is discovery sampling: one deviation at least is seen if the tolerable rate is reached.
    `unassessable` and `each` as in `plan_precision`. Exact for a simple random sample, and for each stratum by itself;
    for strata taken together the size is that of a simple random sample, and the result's own limits say what holds.
    """

    def compute_size(cases: int) -> int:
        return attribute_plan(cases, tolerable, expected, confidence).cases

    n, allowed = attribute_plan(frame.size, tolerable, expected, confidence)
    below = f"the rate is shown to be below {format_percent(parse_rate(tolerable))}{_describe_confidence(confidence)}"
    condition = f"no more than {format_plural(allowed, 'deviation')} is found" if allowed else "no deviation is found"
    promise = f"If {condition} among {format_plural(n, 'assessed case')}, {below}."
    basis = _PlanBasis(
        formula="the smallest n with P(X <= ceil(expected n)) <= 1 - confidence, ceil(tolerable N) of N deviating",
        inputs=(("tolerable rate", format_percent(parse_rate(tolerable))), *_describe_unassessable(unassessable)),
        confidence=confidence,
        expected=expected,
        citation=EXACT_CITATION,
        allowed=None if each else allowed,
        promise=f"In each stratum {below}, if no more deviate than expected." if each else promise,
        check="" if each else _describe_risks(frame.size, n, allowed, tolerable),
    )
    return basis.make_design(frame, _compute_takes(frame, compute_size, unassessable, allocate, minimum, each=each))


def plan_two_stage(frame: Frame, *, tolerable: Rate, confidence: Rate = "0.95") -> Design:
    """The first of two stages, stop or go: none of it deviates, or one does and none of as many more.

    See `audit.statistics.sizes.acceptance.two_stage_size`. The design draws the first stage; the second extends it.
    """
    if frame.sizes:
        raise make_usage_error("A plan in two stages is for a frame without strata", "Scope without --stratum.")
    size = two_stage_size(frame.size, tolerable, confidence)
    below = f"the rate is shown to be below {format_percent(parse_rate(tolerable))}"
    promise = (
        f"If none of {format_plural(size, 'case')} deviates, {below}. If one does, draw as many more: if none of those "
    )
    basis = _PlanBasis(
        formula="the smallest n with P(X = 0) + P(X = 1) P(Y = 0) <= 1 - confidence, X of the first n, Y of the next",
        inputs=(("tolerable rate", format_percent(parse_rate(tolerable))),),
        confidence=confidence,
        expected="0",
        citation="Touw & Hoogduin 2011, Statistiek voor audit en controlling, p. 129",
        allowed=0,
        promise=f"{promise}does, {below}. Both hold{_describe_confidence(confidence)}.",
    )
    return basis.make_design(frame, {"": size})


def compute_tradeoffs(
    population: int | None, *, tolerable: Rate, confidence: Rate = "0.95", most: int = 5
) -> tuple[Tradeoff, ...]:
    """What allowing 0 to `most` deviations costs in cases, and the chance to pass at several true rates.

    The rates are none, an eighth, a quarter and a half of the tolerable one, and the tolerable one itself.
    """
    rates = [float(parse_rate(tolerable) * part) for part in map(parse_rate, ("0", "0.125", "0.25", "0.5", "1"))]
    result = []
    for allowed in range(most + 1):
        n = critical_size(population, tolerable, allowed, confidence)
        chances = operating_curve(n, allowed, population, rates)
        result.append(Tradeoff(allowed, n, tuple(zip(rates, chances.tolist(), strict=True))))
    return tuple(result)


@dataclass(frozen=True, slots=True, kw_only=True)
class _PlanBasis:
    """How a number of cases was reached, whatever it came to."""

    formula: str
    inputs: tuple[tuple[str, str], ...]
    confidence: Rate
    expected: Rate
    citation: str
    allowed: int | None = None
    promise: str = ""
    check: str = ""

    def make_design(self, frame: Frame, takes: Takes) -> Design:
        sizes = dict(frame.sizes) or {"": frame.size}
        near = self.expected if parse_rate(self.expected) else "0.5"  # a rate of nothing varies by nothing
        take_sizes = [takes[stratum] for stratum in sizes]
        margin = precision_margin(take_sizes, list(sizes.values()), self.confidence, near)
        promise = "A stratum gives no case, so that of the whole nothing is promised."
        if isfinite(margin):
            promise = (
                f"A rate near {format_percent(parse_rate(near))} is told to within {format_percent(margin)} on "
                "either side."
            )
        return Design(
            frame_digest=frame.digest,
            size=sum(take_sizes),
            takes=tuple(zip(sizes, take_sizes, strict=True)) if frame.sizes else (),
            confidence=float(parse_rate(self.confidence)),
            margin=margin if isfinite(margin) else None,
            allowed=self.allowed,
            promise=self.promise or promise,
            formula=self.formula,
            inputs=(
                *self.inputs,
                ("population", format_count(frame.size)),
                ("confidence", format_percent(parse_rate(self.confidence))),
                ("expected rate", format_percent(parse_rate(self.expected))),
            ),
            check=self.check,
            citation=self.citation,
        )


def _compute_takes(
    frame: Frame,
    compute_size: Callable[[int], int],
    unassessable: Rate,
    allocate: AllocationMethod,
    minimum: int,
    *,
    each: bool,
) -> Takes:
    """The takes that leave enough cases to assess: of the frame, or of each stratum; all where there are no more."""

    def compute_assessable_size(cases: int) -> int:
        return min(cases, assessable_size(compute_size(cases), unassessable))

    if not each:
        return _allocate_takes(frame, compute_assessable_size(frame.size), allocate, minimum)
    if not frame.sizes:
        raise make_usage_error("The frame has no strata to keep a promise for each of", "Scope with --stratum.")
    return {stratum: max(compute_assessable_size(cases), min(minimum, cases)) for stratum, cases in frame.sizes}


def _allocate_takes(frame: Frame, size: int, allocate: AllocationMethod, minimum: int) -> Takes:
    if not 1 <= size <= frame.size:
        what = f"{format_count(size)} cases are to be drawn, and the frame has {format_count(frame.size)}"
        raise make_usage_error(what, "Draw at least one, and no more than there are.")
    return allocate(dict(frame.sizes), size, minimum) if frame.sizes else {"": size}


def _describe_unassessable(unassessable: Rate) -> list[tuple[str, str]]:
    return (
        [("cases that cannot be assessed", format_percent(parse_rate(unassessable)))]
        if parse_rate(unassessable)
        else []
    )


def _describe_confidence(confidence: Rate) -> str:
    exact = parse_rate(confidence) * 100
    return f" with {format_percent(parse_rate(confidence), places=0 if exact.denominator == 1 else 1)} confidence"


def _describe_risks(population: int, n: int, allowed: int, tolerable: Rate) -> str:
    """The plan tried: how likely it is to be misled, and how likely one case fewer would be."""
    bad = ceil(parse_rate(tolerable) * population)
    risks = [
        f"in {format_percent(float(operating_curve(size, allowed, population, [bad / population])[0]), places=2)} of "
        "all "
        f"samples of {format_count(size)}"
        for size in (n, n - 1)
        if size > allowed
    ]
    words = (
        f"Were {format_count(bad)} of {format_count(population)} to deviate, {format_count(allowed)} or fewer would "
        "be seen "
    )
    return f"{words}{' and '.join(risks)}."
