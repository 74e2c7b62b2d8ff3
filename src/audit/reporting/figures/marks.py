"""The marks that stand for an office in every figure, the words for its flag, and the key that explains them."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Literal, TypedDict

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from audit import formatting
from audit.compliance.office_rates import MeasureResult
from audit.reporting.figures.canvas import BLUE, MARGIN, MUTED, ORANGE, WIDTH, measure_text, shorten_text
from audit.reporting.published_editions import has_combined_offices


class MarkStyle(TypedDict, total=False):
    """How matplotlib draws a mark: sizes in points."""

    marker: str
    markersize: float
    markeredgewidth: float
    markerfacecolor: str
    markeredgecolor: str
    color: str
    linestyle: Literal["none"]
    clip_on: bool


# An office is flagged where its rate is outside the 99.8% limits: shape says so, and colour which way.
_OFFICE_MARKS: dict[str, MarkStyle] = {
    "below": {"marker": "D", "markersize": 6.6, "markerfacecolor": ORANGE, "markeredgecolor": "white"},
    "above": {"marker": "D", "markersize": 6.2, "markerfacecolor": BLUE, "markeredgecolor": "white"},
    "": {"marker": "o", "markersize": 6.4, "markerfacecolor": BLUE, "markeredgecolor": "white"},
}
HOLLOW_MARK: MarkStyle = {"marker": "o", "markersize": 4.8, "markerfacecolor": "white", "markeredgecolor": BLUE}

_MAXIMUM_TITLE_LENGTH = 90  # characters; beyond them offices are counted, not named


def make_mark(flag: str) -> MarkStyle:
    """How the dot of an office with this flag is drawn."""
    return _OFFICE_MARKS[flag] | {"linestyle": "none", "clip_on": False}


def draw_marks(plot: Axes, offices: Iterable[tuple[str, float, float]]) -> None:
    """Draw the dots of offices given as flag and place."""
    for flag, group in groupby(sorted(offices), key=lambda office: office[0]):
        _, x, y = zip(*group, strict=True)
        plot.plot(x, y, zorder=4, **make_mark(flag))


def summarize_flags(result: MeasureResult, *, office: str) -> str:
    """What the flags show, in one line: no more than the limits behind them."""
    offices, limits = result.rated, name_limits(result)
    below = sorted(o.name for o in offices if o.flag == "below")
    shown = name_shown_offices(result, office)
    if all(o.compliant == o.due for o in offices):
        return f"Every {shown} stands at 100%"
    if not below:
        alone = " shown" if has_combined_offices(result) else ""
        none = f"none{alone}"
        differ = f"Offices differ by more than chance; {none}" if result.spread else f"No {office}{alone}"
        return f"{differ} lies below the {limits}"
    verb = "lies" if len(below) == 1 else "lie"
    title = f"{formatting.format_list(below)} {verb} below the {limits}"
    if len(below) <= 3 and len(title) <= _MAXIMUM_TITLE_LENGTH:
        return title
    return f"{len(below)} of {formatting.format_plural(len(offices), office)} {verb} below the {limits}"


def name_shown_offices(result: MeasureResult, office: str) -> str:
    """Of which offices a title speaks: those with a rate, or only those of them that are shown alone."""
    return f"{office} shown" if has_combined_offices(result) else f"{office} with a rate"


def describe_flagged_offices(result: MeasureResult) -> str:
    """Which offices are outside the limits, and on which side, in one sentence."""
    sides = {side: [o.name for o in result.rated if o.flag == side] for side in ("below", "above")}
    parts = [f"{side} them: {formatting.format_list(names, most=100)}" for side, names in sides.items() if names]
    return f"Against 99.8% {result.limits}, {'; '.join(parts) or 'none is outside them'}."


def describe_limits(result: MeasureResult, *, office: str) -> str:
    """What the limits are, for a note."""
    if result.spread:
        return "around the rate of all, widened for the ordinary spread between offices (Spiegelhalter 2005)"
    one = formatting.add_article(office)
    return f"where chance alone would put {one} of that size if all had one rate (exact binomial)"


def name_limits(result: MeasureResult) -> str:
    """The limits as a title has room for them."""
    return "widened limits" if result.spread else "limits of chance"


def draw_key(body: Axes, entries: Sequence[tuple[MarkStyle | str, str]], *, top: float) -> float:
    """Explain marks, and shaded areas given by their colour, in lines from `top` down; return where they end."""
    x, y, size = MARGIN, top - 0.1, 8.5
    for look, words in entries:
        text = shorten_text(words, size, width=2.5)
        needed = 0.2 + measure_text(text, size)
        if x > MARGIN and x + needed > WIDTH - MARGIN:
            x, y = MARGIN, y - 0.19
        if isinstance(look, str):
            body.add_patch(Rectangle((x, y - 0.055), 0.17, 0.11, color=look, linewidth=0))
        else:
            body.add_line(Line2D([x + 0.07], [y], **look))
        body.text(x + 0.22, y + 0.01, text, fontsize=size, color=MUTED, va="center_baseline")
        x += needed + 0.2
    return y - 0.1
