"""The marks that stand for an office in every figure, the words for its flag, and the key that explains them."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from audit import wording
from audit.compliance import MeasureResult, OfficeRate
from audit.figures.frame import BLUE, MARGIN, MUTED, ORANGE, WIDTH, shortened, width_of

# An office is flagged where its count is outside the 99.8% limits: shape says so, and colour which way.
_OFFICE: dict[str, dict[str, Any]] = {
    "below": {"marker": "D", "markersize": 6.6, "markerfacecolor": ORANGE, "markeredgecolor": "white"},
    "above": {"marker": "D", "markersize": 6.2, "markerfacecolor": BLUE, "markeredgecolor": "white"},
    "": {"marker": "o", "markersize": 6.4, "markerfacecolor": BLUE, "markeredgecolor": "white"},
}
HOLLOW: dict[str, Any] = {"marker": "o", "markersize": 4.8, "markerfacecolor": "white", "markeredgecolor": BLUE}

_LONGEST_TITLE = 90  # characters; beyond them offices are counted, not named


def mark(flag: str) -> dict[str, Any]:
    """How the dot of an office with this flag is drawn."""
    return _OFFICE[flag] | {"linestyle": "none", "clip_on": False}


def draw_marks(plot: Axes, offices: Iterable[tuple[str, float, float]]) -> None:
    """Draw the dots of offices given as flag and place."""
    for flag, group in groupby(sorted(offices), key=lambda office: office[0]):
        _, x, y = zip(*group, strict=True)
        plot.plot(x, y, zorder=4, **mark(flag))


def with_cases(result: MeasureResult) -> list[OfficeRate]:
    """The offices that have a rate, from lowest to highest; equal rates by size, then name."""
    rated = [office for office in result.offices if office.timely is not None]
    return sorted(rated, key=lambda office: (office.timely, -office.due, office.name))


def without_cases(result: MeasureResult) -> list[str]:
    """The names of the offices that have no case due."""
    return sorted(office.name for office in result.offices if office.timely is None)


def timed(result: MeasureResult) -> bool:
    """Whether it played a part when a record was entered: some came late, or may still come."""
    return result.national.late + result.national.pending > 0


def in_time(result: MeasureResult) -> str:
    """What in time means under this measure."""
    return f"within {wording.plural(result.grace_days, 'day')}" if result.grace_days else "in time"


def finding(result: MeasureResult, *, office: str) -> str:
    """What the flags show, in one line: no more than the test behind them, which is against chance."""
    offices = with_cases(result)
    below = sorted(o.name for o in offices if o.flag == "below")
    if all(o.compliant == o.due for o in offices):
        return f"Every {office} with cases stands at 100%"
    if not below:
        return f"No {office} is below what chance alone would explain"
    verb = "is" if len(below) == 1 else "are"
    named = f"{wording.listed(below)} {verb} below what chance alone would explain"
    if len(below) <= 3 and len(named) <= _LONGEST_TITLE:
        return named
    return f"{len(below)} of {wording.plural(len(offices), office)} {verb} below what chance alone would explain"


def flagged(result: MeasureResult) -> str:
    """Which offices are outside the limits, and on which side, in one sentence."""
    sides = {side: [o.name for o in with_cases(result) if o.flag == side] for side in ("below", "above")}
    found = [f"{side} the limits: {wording.listed(names, most=100)}" for side, names in sides.items() if names]
    return "; ".join(found) or "none is outside the limits"


def draw_key(body: Axes, entries: Sequence[tuple[dict[str, Any] | str, str]], *, top: float) -> float:
    """Explain marks, and shaded areas given by their colour, in lines from `top` down; return where they end."""
    x, y, size = MARGIN, top - 0.1, 8.5
    for look, words in entries:
        text = shortened(words, size, width=2.5)
        needed = 0.2 + width_of(text, size)
        if x > MARGIN and x + needed > WIDTH - MARGIN:
            x, y = MARGIN, y - 0.19
        if isinstance(look, str):
            body.add_patch(Rectangle((x, y - 0.055), 0.17, 0.11, color=look, linewidth=0))
        else:
            body.add_line(Line2D([x + 0.07], [y], **look))
        body.text(x + 0.22, y + 0.01, text, fontsize=size, color=MUTED, va="center_baseline")
        x += needed + 0.2
    return y - 0.1
