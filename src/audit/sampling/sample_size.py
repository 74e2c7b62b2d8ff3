"""Plans: how many cases it takes to show a rate, worked out on the frame that will be drawn from.

A method more is its formula in `audit.statistics.sizes`, its `plan_` function and line of `_FORMULAS` here, and its
kind in `audit.sampling.plan.PlanInputs`.
"""

from collections.abc import Callable
from math import ceil, isfinite
from typing import NamedTuple

from audit.errors import make_usage_error
from audit.formatting import format_count, format_list
from audit.sampling.frame import Frame
from audit.sampling.plan import AllocationMethod, Plan, PlanInputs, Takes, allocate_proportionally
from audit.statistics.parameters import Rate, parse_rate
from audit.statistics.sizes.acceptance import assessable_size, operating_curve, two_stage_size
from audit.statistics.sizes.attribute import attribute_plan, critical_size
from audit.statistics.sizes.precision import precision_margin, precision_size

MINIMUM_STRATUM_CASES = 2  # of a stratum that is not drawn whole: one case shows no variance
WALD_CITATION = "Cochran 1977, Sampling Techniques, sections 4.4 and 5.10: Wald with finite population correction"
METHODS_OF_CLUSTERS = ("cluster", "two-stage")  # whose plan counts clusters
METHODS_BY_MONETARY_UNIT = ("fixed interval", "cell")  # whose plan counts hits
METHODS_BY_FRAME_SIZE = ("random", "systematic")  # whose estimates know how many cases a stratum has in the frame
EXACT_CITATION = (
    "AICPA 2017, Audit Sampling, appendix A, by the hypergeometric distribution; both counts rounded up exactly"
)
# The formula of each kind of plan, and its source.
_FORMULAS = {
    "size": (
        "n as given; its margin is z sqrt(p (1 - p) / n * (N - n) / (N - 1)), strata weighted by size",
        WALD_CITATION,
    ),
    "precision": ("n = n0 N / (n0 + N - 1), n0 = z^2 p (1 - p) / margin^2, rounded up", WALD_CITATION),
    "attribute": (
        "the smallest n with P(X <= ceil(expected n)) <= 1 - confidence, ceil(tolerable N) of N deviating",
        EXACT_CITATION,
    ),
    "two stages": (
        "the smallest n with P(X = 0) + P(X = 1) P(Y = 0) <= 1 - confidence, X of the first n, Y of the next",
        "Touw & Hoogduin 2011, Statistiek voor audit en controlling, p. 129",
    ),
}


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
) -> Plan:
    """A draw of a given size, allotted to the strata if the frame has any; its margin is that of a rate of 50%.

    Raises a usage error when the frame has fewer cases, or the strata cannot give their minimum.
    """
    inputs = PlanInputs(kind="size", population=frame.size, expected=0.5, size=size)
    return _make_design(frame, _allocate_takes(frame, size, allocate, minimum), inputs, confidence)


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
) -> Plan:
    """A draw just large enough to tell a rate near `expected` to within `margin` on either side.

    The size is that of a simple random sample, see `audit.statistics.sizes.precision.precision_size`, and enough more
    that so many remain if the share `unassessable` of the cases cannot be assessed; strata that share it otherwise than
    by size may need more. With `each` this holds for every stratum by itself. Errors as `plan_sample`.
    """

    def compute_size(cases: int) -> int:
        return precision_size(cases, margin, confidence, expected)

    inputs = PlanInputs(
        kind="precision",
        population=frame.size,
        expected=_convert_rate(expected),
        margin=_convert_rate(margin),
        unassessable=_convert_rate(unassessable),
        each_stratum=each,
    )
    takes = _compute_takes(frame, compute_size, unassessable, allocate, minimum, each=each)
    planned = _make_design(frame, takes, inputs, confidence)
    while planned.margin is not None and planned.margin > parse_rate(margin) and planned.size < frame.size:
        size = ceil(planned.size * max((planned.margin / float(parse_rate(margin))) ** 2, 1 + 1 / planned.size))
        takes = _allocate_takes(frame, min(size, frame.size), allocate, minimum)
        planned = _make_design(frame, takes, inputs, confidence)
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
) -> Plan:
    """A draw that shows a rate of deviations to be below the tolerable one, if no more than expected are found.

    With nothing expected this is discovery sampling: one deviation at least is seen if the tolerable rate is reached.
    `unassessable` and `each` as in `plan_precision`. Exact for a simple random sample, and for each stratum by itself;
    for strata taken together the size is that of a simple random sample, and the result's own limits say what holds.
    """

    def compute_size(cases: int) -> int:
        return attribute_plan(cases, tolerable, expected, confidence).cases

    n, allowed = attribute_plan(frame.size, tolerable, expected, confidence)
    inputs = PlanInputs(
        kind="attribute",
        population=frame.size,
        expected=_convert_rate(expected),
        tolerable=_convert_rate(tolerable),
        unassessable=_convert_rate(unassessable),
        each_stratum=each,
        assessed=n,
    )
    takes = _compute_takes(frame, compute_size, unassessable, allocate, minimum, each=each)
    return _make_design(frame, takes, inputs, confidence, allowed=None if each else allowed)


def plan_two_stage(frame: Frame, *, tolerable: Rate, confidence: Rate = "0.95") -> Plan:
    """The first of two stages, stop or go: none of it deviates, or one does and none of as many more.

    See `audit.statistics.sizes.acceptance.two_stage_size`. The design draws the first stage; the second extends it.
    """
    if frame.sizes:
        raise make_usage_error("A plan in two stages is for a frame without strata", "Scope without --stratum.")
    size = two_stage_size(frame.size, tolerable, confidence)
    inputs = PlanInputs(
        kind="two stages",
        population=frame.size,
        expected=0.0,
        tolerable=_convert_rate(tolerable),
        assessed=size,
    )
    return _make_design(frame, {"": size}, inputs, confidence, allowed=0)


def refuse_plan_without_estimate(frame: Frame, design: Plan) -> None:
    """Refuse a plan whose sample no estimate accepts: a usage error that says why.

    A draw of monetary units is to be evaluated in money, which no command does: the bounds are those of
    `audit.statistics.monetary`.
    One case of a stratum, or one cluster, shows no variance (Cochran 1977, section 5A.12), save where it is the whole
    of a stratum that is drawn case by case. A simple random sample has exact limits and may be of one case.
    """
    if design.method in METHODS_BY_MONETARY_UNIT:
        what = f"a {design.method} draw is of monetary units, and no command estimates an amount"
        mend = "Draw by sequential-poisson to estimate rates, or select and evaluate with audit.statistics.monetary."
        raise make_usage_error(what, mend)
    if design.method == "random" and not frame.sizes:
        return
    unit = "cluster" if design.method in METHODS_OF_CLUSTERS else "case"
    sizes = dict(frame.sizes) or {"": frame.size}
    whole_is_known = design.method in METHODS_BY_FRAME_SIZE
    takes = dict(design.takes) or {"": design.size}
    single = [
        name or "the frame" for name, take in takes.items() if take == 1 and not (whole_is_known and sizes[name] == 1)
    ]
    if single:
        what = f"one {unit} is to be drawn of {format_list(single, most=12)}, and one shows no variance"
        mend = f"Draw two {unit}s or more of each: --minimum 2, or a larger --size."
        raise make_usage_error(what, f"{mend} Merge a stratum that has no more than one with another.")


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


def _make_design(
    frame: Frame, takes: Takes, inputs: PlanInputs, confidence: Rate, *, allowed: int | None = None
) -> Plan:
    """The design that gives these takes, with the margin that they give."""
    sizes = dict(frame.sizes) or {"": frame.size}
    take_sizes = [takes[stratum] for stratum in sizes]
    margin = precision_margin(take_sizes, list(sizes.values()), confidence, choose_margin_rate(inputs))
    formula, citation = _FORMULAS[inputs.kind]
    return Plan(
        frame_digest=frame.digest,
        size=sum(take_sizes),
        takes=tuple(zip(sizes, take_sizes, strict=True)) if frame.sizes else (),
        confidence=_convert_rate(confidence),
        margin=margin if isfinite(margin) else None,
        allowed=allowed,
        formula=formula,
        inputs=inputs,
        citation=citation,
    )


def choose_margin_rate(inputs: PlanInputs) -> float:
    """The rate near which a design's margin holds: the expected one, or one half, since a rate of 0 does not vary."""
    return inputs.expected or 0.5


def _convert_rate(rate: Rate) -> float:
    return float(parse_rate(rate))


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
