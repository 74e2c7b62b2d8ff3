"""Plans: how many cases it takes to keep a promise, worked out on the frame that will be drawn from."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, isfinite
from typing import NamedTuple

from audit.formatting import count, percent, plural
from audit.sampling.design import Allocation, Design, Takes, proportional
from audit.sampling.frame import Frame
from audit.statistics.parameters import Rate, typed, usage
from audit.statistics.sizes.acceptance import assessable_size, operating_curve, two_stage_size
from audit.statistics.sizes.attribute import attribute_plan, critical_size
from audit.statistics.sizes.precision import precision_margin, precision_size, wald_size

WALD = "Cochran 1977, Sampling Techniques, sections 4.4 and 5.11: Wald with finite population correction"
EXACT = "AICPA 2017, Audit Sampling, appendix A, by the hypergeometric distribution; both counts rounded up exactly"


class Tradeoff(NamedTuple):
    """What it costs to allow so many deviations, and what it gains: the chance to pass at several true rates."""

    allowed: int
    cases: int
    passing: tuple[tuple[float, float], ...]  # true rate, chance that no more than so many are seen


def plan(
    frame: Frame, *, size: int, confidence: Rate = "0.95", allocate: Allocation = proportional, minimum: int = 1
) -> Design:
    """A draw of a given size, allotted to the strata if the frame has any; its margin is that of a rate of 50%.

    Raises a usage error when the frame has fewer cases, or the strata cannot give their minimum.
    """
    reached = _Reached(
        formula="n as given; its margin is z sqrt(p (1 - p) / n * (N - n) / (N - 1)), strata weighted by size",
        asked=(("cases to draw", count(size)),),
        confidence=confidence,
        expected="0.5",
        citation=WALD,
    )
    return reached.design(frame, _shared(frame, size, allocate, minimum))


def plan_precision(
    frame: Frame,
    *,
    margin: Rate,
    confidence: Rate = "0.95",
    expected: Rate = "0.5",
    unassessable: Rate = "0",
    allocate: Allocation = proportional,
    minimum: int = 1,
    each: bool = False,
) -> Design:
    """A draw just large enough to tell a rate near `expected` to within `margin` on either side.

    The size is that of a simple random sample, see `audit.statistics.sizes.precision.precision_size`, and enough more
    that so many remain if the share `unassessable` of the cases cannot be assessed; strata that share it otherwise than
    by size may need more. With `each` the promise is kept for every stratum by itself. Errors as `plan`.
    """

    def enough(cases: int) -> int:
        return precision_size(cases, margin, confidence, expected)

    unlimited, within = wald_size(None, margin, confidence, expected), percent(typed(margin))
    check = f"n0 = {unlimited:,.1f}; {unlimited:,.1f} * {count(frame.size)} / ({unlimited:,.1f} + "
    check += f"{count(frame.size - 1)}) = {wald_size(frame.size, margin, confidence, expected):,.1f}, rounded up."
    reached = _Reached(
        formula="n = n0 N / (n0 + N - 1), n0 = z^2 p (1 - p) / margin^2, rounded up",
        asked=(("margin", within), *_lost(unassessable)),
        confidence=confidence,
        expected=expected,
        citation=WALD,
        promise=f"The rate is told to within {within} on either side{', in each stratum' if each else ''}.",
        check="" if each else check,
    )
    planned = reached.design(frame, _sized(frame, enough, unassessable, allocate, minimum, each=each))
    while planned.margin is not None and planned.margin > typed(margin) and planned.size < frame.size:
        size = ceil(planned.size * max((planned.margin / float(typed(margin))) ** 2, 1 + 1 / planned.size))
        planned = reached.design(frame, _shared(frame, min(size, frame.size), allocate, minimum))
    return planned


def plan_attribute(
    frame: Frame,
    *,
    tolerable: Rate,
    expected: Rate = "0",
    confidence: Rate = "0.95",
    unassessable: Rate = "0",
    allocate: Allocation = proportional,
    minimum: int = 1,
    each: bool = False,
) -> Design:
    """A draw that shows a rate of deviations to be below the tolerable one, if no more than expected are found.

    With nothing expected this is discovery sampling: one deviation at least is seen if the tolerable rate is reached.
    `unassessable` and `each` as in `plan_precision`. Exact for a simple random sample, and for each stratum by itself;
    for strata taken together the size is that of a simple random sample, and the result's own limits say what holds.
    """

    def enough(cases: int) -> int:
        return attribute_plan(cases, tolerable, expected, confidence).cases

    n, allowed = attribute_plan(frame.size, tolerable, expected, confidence)
    below = f"the rate is shown to be below {percent(typed(tolerable))}{_with(confidence)}"
    found = f"no more than {plural(allowed, 'deviation')} is found" if allowed else "no deviation is found"
    promise = f"If {found} among {plural(n, 'assessed case')}, {below}."
    reached = _Reached(
        formula="the smallest n with P(X <= ceil(expected n)) <= 1 - confidence, ceil(tolerable N) of N deviating",
        asked=(("tolerable rate", percent(typed(tolerable))), *_lost(unassessable)),
        confidence=confidence,
        expected=expected,
        citation=EXACT,
        allowed=None if each else allowed,
        promise=f"In each stratum {below}, if no more deviate than expected." if each else promise,
        check="" if each else _tried(frame.size, n, allowed, tolerable),
    )
    return reached.design(frame, _sized(frame, enough, unassessable, allocate, minimum, each=each))


def plan_two_stage(frame: Frame, *, tolerable: Rate, confidence: Rate = "0.95") -> Design:
    """The first of two stages, stop or go: none of it deviates, or one does and none of as many more.

    See `audit.statistics.sizes.acceptance.two_stage_size`. The design draws the first stage; the second extends it.
    """
    if frame.sizes:
        raise usage("A plan in two stages is for a frame without strata", "Scope without --stratum.")
    size = two_stage_size(frame.size, tolerable, confidence)
    below = f"the rate is shown to be below {percent(typed(tolerable))}"
    promise = f"If none of {plural(size, 'case')} deviates, {below}. If one does, draw as many more: if none of those "
    reached = _Reached(
        formula="the smallest n with P(X = 0) + P(X = 1) P(Y = 0) <= 1 - confidence, X of the first n, Y of the next",
        asked=(("tolerable rate", percent(typed(tolerable))),),
        confidence=confidence,
        expected="0",
        citation="Touw & Hoogduin 2011, Statistiek voor audit en controlling, p. 129",
        allowed=0,
        promise=f"{promise}does, {below}. Both hold{_with(confidence)}.",
    )
    return reached.design(frame, {"": size})


def tradeoffs(
    population: int | None, *, tolerable: Rate, confidence: Rate = "0.95", most: int = 5
) -> tuple[Tradeoff, ...]:
    """What allowing 0 to `most` deviations costs in cases, and the chance to pass at several true rates.

    The rates are none, an eighth, a quarter and a half of the tolerable one, and the tolerable one itself.
    """
    rates = [float(typed(tolerable) * part) for part in map(typed, ("0", "0.125", "0.25", "0.5", "1"))]
    found = []
    for allowed in range(most + 1):
        n = critical_size(population, tolerable, allowed, confidence)
        chances = operating_curve(n, allowed, population, rates)
        found.append(Tradeoff(allowed, n, tuple(zip(rates, chances.tolist(), strict=True))))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reached:
    """How a number of cases was reached, whatever it came to."""

    formula: str
    asked: tuple[tuple[str, str], ...]
    confidence: Rate
    expected: Rate
    citation: str
    allowed: int | None = None
    promise: str = ""
    check: str = ""

    def design(self, frame: Frame, takes: Takes) -> Design:
        sizes = dict(frame.sizes) or {"": frame.size}
        near = self.expected if typed(self.expected) else "0.5"  # a rate of nothing varies by nothing
        drawn = [takes[stratum] for stratum in sizes]
        margin = precision_margin(drawn, list(sizes.values()), self.confidence, near)
        promise = "A stratum gives no case, so that of the whole nothing is promised."
        if isfinite(margin):
            promise = f"A rate near {percent(typed(near))} is told to within {percent(margin)} on either side."
        return Design(
            frame_digest=frame.digest,
            size=sum(drawn),
            takes=tuple(zip(sizes, drawn, strict=True)) if frame.sizes else (),
            confidence=float(typed(self.confidence)),
            margin=margin if isfinite(margin) else None,
            allowed=self.allowed,
            promise=self.promise or promise,
            formula=self.formula,
            inputs=(
                *self.asked,
                ("population", count(frame.size)),
                ("confidence", percent(typed(self.confidence))),
                ("expected rate", percent(typed(self.expected))),
            ),
            check=self.check,
            citation=self.citation,
        )


def _sized(
    frame: Frame,
    enough: Callable[[int], int],
    unassessable: Rate,
    allocate: Allocation,
    minimum: int,
    *,
    each: bool,
) -> Takes:
    """The takes that leave enough cases to assess: of the frame, or of each stratum; all where there are no more."""

    def sized(cases: int) -> int:
        return min(cases, assessable_size(enough(cases), unassessable))

    if not each:
        return _shared(frame, sized(frame.size), allocate, minimum)
    if not frame.sizes:
        raise usage("The frame has no strata to keep a promise for each of", "Scope with --stratum.")
    return {stratum: max(sized(cases), min(minimum, cases)) for stratum, cases in frame.sizes}


def _shared(frame: Frame, size: int, allocate: Allocation, minimum: int) -> Takes:
    if not 1 <= size <= frame.size:
        what = f"{count(size)} cases are to be drawn, and the frame has {count(frame.size)}"
        raise usage(what, "Draw at least one, and no more than there are.")
    return allocate(dict(frame.sizes), size, minimum) if frame.sizes else {"": size}


def _lost(unassessable: Rate) -> list[tuple[str, str]]:
    return [("cases that cannot be assessed", percent(typed(unassessable)))] if typed(unassessable) else []


def _with(confidence: Rate) -> str:
    exact = typed(confidence) * 100
    return f" with {percent(typed(confidence), places=0 if exact.denominator == 1 else 1)} confidence"


def _tried(population: int, n: int, allowed: int, tolerable: Rate) -> str:
    """The plan tried: how likely it is to be misled, and how likely one case fewer would be."""
    bad = ceil(typed(tolerable) * population)
    risks = [
        f"in {percent(float(operating_curve(size, allowed, population, [bad / population])[0]), places=2)} of all "
        f"samples of {count(size)}"
        for size in (n, n - 1)
        if size > allowed
    ]
    words = f"Were {count(bad)} of {count(population)} to deviate, {count(allowed)} or fewer would be seen "
    return f"{words}{' and '.join(risks)}."
