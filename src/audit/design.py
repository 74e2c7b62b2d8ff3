"""The design: how many cases to draw, from which strata, and what that promises."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite

from audit.error import AuditError, ExitCode, Problem
from audit.frame import Frame
from audit.methods.rate import Rate, typed
from audit.methods.sizes import precision_margin, precision_size
from audit.wording import count, percent

Takes = dict[str, int]  # stratum → cases to draw
Allocation = Callable[[Mapping[str, int], int, int], Takes]  # sizes by stratum, cases to draw, minimum a stratum


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What is drawn from one frame, and how that number was reached."""

    frame_digest: str
    size: int  # cases to draw; clusters, where the method draws those
    takes: tuple[tuple[str, int], ...]  # stratum, cases or clusters; empty where the draw is from the whole frame
    confidence: float  # two-sided
    margin: float | None  # half-width it gives at the expected rate, a share; None where a stratum gives no case
    formula: str
    inputs: tuple[tuple[str, str], ...]  # what went into the formula, and its value in words
    citation: str
    method: str = "random"  # by which the cases are picked, as `audit.selection.method` names it
    each: int | None = None  # cases of each drawn cluster; all where absent
    start: str = "0"  # where on the circle of tickets the order begins, as typed
    spares: int = 0  # cases that stand ready to replace others: of the frame, or of each stratum
    certain: tuple[str, ...] = ()  # strata declared to be taken whole


def proportional(sizes: Mapping[str, int], size: int, minimum: int = 1) -> Takes:
    """Takes in proportion to the strata, rounded by largest remainder in exact arithmetic; ties go to the first name.

    Every stratum gives at least `minimum` cases, or all it has; the others share the rest in proportion.
    """
    floors, fixed = _floors(sizes, size, minimum), Takes()
    while True:
        shares = _shares(sizes, size, fixed)
        short = {stratum: floors[stratum] for stratum, share in shares.items() if share < floors[stratum]}
        if not short:
            return _rounded(shares) | fixed
        fixed |= short


def equal(sizes: Mapping[str, int], size: int, minimum: int = 1) -> Takes:
    """The same take from every stratum; one that holds fewer is counted whole, and the others share the rest."""
    _floors(sizes, size, minimum)
    fixed = Takes()
    while True:
        shares = _shares(dict.fromkeys(sizes, 1), size, fixed)
        whole = {stratum: sizes[stratum] for stratum, share in shares.items() if share > sizes[stratum]}
        if not whole:
            return _rounded(shares) | fixed
        fixed |= whole


def plan(
    frame: Frame, *, size: int, confidence: Rate = "0.95", allocate: Allocation = proportional, minimum: int = 1
) -> Design:
    """A draw of a given size, allotted to the strata if the frame has any; its margin is that of a rate of 50%.

    Raises a usage error when the frame has fewer cases, or the strata cannot give their minimum.
    """
    return _designed(
        frame,
        size=size,
        confidence=confidence,
        expected="0.5",
        allocate=allocate,
        minimum=minimum,
        formula="n as given; its margin is z sqrt(p (1 - p) / n * (N - n) / (N - 1)), strata weighted by size",
        asked=("cases to draw", count(size)),
    )


def plan_precision(
    frame: Frame,
    *,
    margin: Rate,
    confidence: Rate = "0.95",
    expected: Rate = "0.5",
    allocate: Allocation = proportional,
    minimum: int = 1,
) -> Design:
    """A draw just large enough to tell a rate near `expected` to within `margin` on either side.

    The size is that of a simple random sample, see `audit.methods.sizes.precision_size`. Errors as `plan`.
    """
    return _designed(
        frame,
        size=precision_size(frame.size, margin, confidence, expected),
        confidence=confidence,
        expected=expected,
        allocate=allocate,
        minimum=minimum,
        formula="n = n0 N / (n0 + N - 1), n0 = z^2 p (1 - p) / margin^2, rounded up",
        asked=("margin", percent(typed(margin))),
    )


def _designed(
    frame: Frame,
    *,
    size: int,
    confidence: Rate,
    expected: Rate,
    allocate: Allocation,
    minimum: int,
    formula: str,
    asked: tuple[str, str],
) -> Design:
    if not 1 <= size <= frame.size:
        what = f"{count(size)} cases are to be drawn, and the frame has {count(frame.size)}"
        raise _usage(what, "Draw at least one, and no more than there are.")
    sizes = dict(frame.sizes)
    takes = allocate(sizes, size, minimum) if sizes else {}
    drawn = [takes[stratum] for stratum in sizes] if sizes else [size]
    margin = precision_margin(drawn, list(sizes.values()) or [frame.size], confidence, expected)
    inputs = [asked, ("population", count(frame.size)), ("confidence", percent(typed(confidence)))]
    inputs.append(("expected rate", percent(typed(expected))))
    if sizes:
        inputs.append(("allocation", f"{allocate.__name__}, at least {count(minimum)} a stratum"))
    return Design(
        frame_digest=frame.digest,
        size=size,
        takes=tuple((stratum, takes[stratum]) for stratum in sizes),
        confidence=float(typed(confidence)),
        margin=margin if isfinite(margin) else None,
        formula=formula,
        inputs=tuple(inputs),
        citation="Cochran 1977, Sampling Techniques, sections 4.4 and 5.11: Wald with finite population correction",
    )


def _floors(sizes: Mapping[str, int], size: int, minimum: int) -> Takes:
    """The least that every stratum must give, where the draw is large enough for that and the strata for the draw."""
    floors = {stratum: min(minimum, cases) for stratum, cases in sizes.items()}
    if not sum(floors.values()) <= size <= sum(sizes.values()):
        what = (
            f"{count(size)} cases cannot be drawn from {count(len(sizes))} strata with at least {count(minimum)} each"
        )
        raise _usage(what, "Draw more cases, ask for fewer a stratum, or join strata.")
    return floors


def _shares(weights: Mapping[str, int], size: int, fixed: Takes) -> dict[str, Fraction]:
    """What each stratum that is not fixed yet gets of the rest, by weight."""
    free = {stratum: weight for stratum, weight in weights.items() if stratum not in fixed}
    rest, total = size - sum(fixed.values()), sum(free.values())
    return {stratum: Fraction(rest * weight, total) for stratum, weight in free.items()}


def _rounded(shares: Mapping[str, Fraction]) -> Takes:
    """Whole cases that add up to the shares' sum: every share rounded down, then the largest remainders up."""
    takes = {stratum: int(share) for stratum, share in shares.items()}
    left = int(sum(shares.values())) - sum(takes.values())
    for stratum in sorted(shares, key=lambda stratum: (takes[stratum] - shares[stratum], stratum))[:left]:
        takes[stratum] += 1
    return takes


def _usage(what: str, mend: str) -> AuditError:
    return AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
