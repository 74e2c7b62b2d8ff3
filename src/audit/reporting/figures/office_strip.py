"""The figure that is a column of the table of offices: each office's rate as a dot, and where chance alone puts it."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Literal

from matplotlib.figure import Figure

from audit import formatting
from audit.compliance.office_rates import MeasureResult, OfficeRate
from audit.compliance.targets import TargetResult
from audit.reporting.figures.canvas import (
    BAND,
    BLUE,
    GRID,
    INK,
    MUTED,
    ORANGE,
    PAPER,
    Caption,
    apply_style,
    render_svg,
    start_figure,
)
from audit.statistics.offices.funnel import binomial_funnel

StripMark = Literal["low", "close", "plain"]

LEVEL = "0.998"  # of the limits of chance where no target is declared
WIDTH, HEIGHT = 150, 26  # CSS pixels of a strip
_SIDE = 8  # of it on either side, so that no dot is cut off


@dataclass(frozen=True, slots=True, kw_only=True)
class StripScale:
    """What the strips of one table share: their ends, and the share that each office is held against."""

    low: float
    high: float
    against: float
    is_target: bool

    def find_place(self, share: float) -> float:
        """Where a share stands, in CSS pixels; one beyond the scale stands at its end."""
        inside = min(max(share, self.low), self.high)
        return _SIDE + (WIDTH - 2 * _SIDE) * (inside - self.low) / (self.high - self.low)


def make_strip_scale(result: MeasureResult, target: TargetResult | None) -> StripScale:
    """A scale that holds every rate and the target, or else the rate of all, between whole steps of five points."""
    national = result.national
    against = target.target if target else national.compliant / national.due
    shares = [office.timely for office in result.rated if office.timely is not None] + [against]
    low, high = floor(min(shares) * 20) / 20, min(1.0, ceil(max(shares) * 20) / 20)
    low, high = (low, high) if high > low else (low - 0.05, high) if high == 1.0 else (low, high + 0.05)
    return StripScale(low=low, high=high, against=against, is_target=target is not None)


def find_chance_range(office: OfficeRate, scale: StripScale, *, level: str) -> tuple[float, float]:
    """The shares between which an office of this size lies by chance, if it truly has the share it is held against."""
    return binomial_funnel(office.due, Fraction(str(scale.against)), level)


def render_strip(office: OfficeRate, scale: StripScale, mark: StripMark, *, level: str = LEVEL) -> bytes:
    """One office's strip as SVG: a hair line, the range of chance, the target as an upright line, and the dot.

    What stands out is orange and larger; what is too close to say is hollow.
    """
    middle = HEIGHT / 2
    lower, upper = map(scale.find_place, find_chance_range(office, scale, level=level))
    at, line = scale.find_place(office.timely or 0.0), scale.find_place(scale.against)
    return _join_svg(
        f'<path d="M{_SIDE} {middle}H{WIDTH - _SIDE}" stroke="{GRID}"/>',
        f'<rect x="{lower:.1f}" y="{middle - 4}" width="{upper - lower:.1f}" height="8" fill="{BAND}"/>',
        f'<path d="M{line:.1f} 0V{HEIGHT}" stroke="{INK}"/>',
        f'<circle cx="{at:.1f}" cy="{middle}" {_MARKS[mark]}/>',
    )


def render_empty_strip(scale: StripScale) -> bytes:
    """The strip of a row without a rate: the target alone, so that its line is not broken."""
    line = scale.find_place(scale.against)
    return _join_svg(f'<path d="M{line:.1f} 0V{HEIGHT}" stroke="{INK}"/>')


def render_mark(mark: StripMark) -> bytes:
    """One dot alone, for the words that explain it."""
    return _join_svg(f'<circle cx="7" cy="7" {_MARKS[mark]}/>', width=14, height=14)


def draw_strip_axis(scale: StripScale) -> Figure:
    """The heading of the column: both ends of the scale, and over it the share that offices are held against."""
    wide, pixels = WIDTH / 96, 96
    with apply_style():
        figure, body = start_figure(0.26, make_strip_caption(scale), bare=True, width=wide + 0.16)
        name = "target" if scale.is_target else "all"
        at = scale.find_place(scale.against) / pixels + 0.08
        share = formatting.format_percent(scale.against, places=0 if scale.is_target else 1)
        body.text(at, 0.2, f"{name} {share}", ha=_choose_side(scale), va="center_baseline", color=INK, fontsize=7.5)
        for end, side in ((scale.low, "left"), (scale.high, "right")):
            place = scale.find_place(end) / pixels + 0.08
            text = formatting.format_percent(end, places=0)
            body.text(place, 0.06, text, ha=side, va="center_baseline", color=MUTED, fontsize=7.5)
    return figure


def render_strip_axis(scale: StripScale) -> bytes:
    """The heading of the column as SVG."""
    return render_svg(draw_strip_axis(scale))


def make_strip_caption(scale: StripScale) -> Caption:
    """The words for who cannot see the heading of the column."""
    ends = f"{formatting.format_percent(scale.low, places=0)} to {formatting.format_percent(scale.high, places=0)}"
    held = "target" if scale.is_target else "rate of all offices"
    share = formatting.format_percent(scale.against, places=0 if scale.is_target else 1)
    return Caption(title="", subtitle="", note="", alt=f"The rate as a dot, from {ends}; line: {held} {share}")


def _choose_side(scale: StripScale) -> Literal["left", "center", "right"]:
    place = (scale.against - scale.low) / (scale.high - scale.low)
    return "right" if place > 0.75 else "left" if place < 0.25 else "center"


_MARKS: dict[StripMark, str] = {
    "low": f'r="5" fill="{ORANGE}" stroke="{PAPER}"',
    "close": f'r="4" fill="{PAPER}" stroke="{BLUE}" stroke-width="1.6"',
    "plain": f'r="4.5" fill="{BLUE}" stroke="{PAPER}"',
}


def _join_svg(*shapes: str, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """Shapes as one drawing."""
    size = f'width="{width * 0.75:g}pt" height="{height * 0.75:g}pt" viewBox="0 0 {width} {height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
    return (head + "".join(shapes) + "</svg>").encode()


def list_marks(result: MeasureResult, target: TargetResult | None) -> Sequence[tuple[str, StripMark]]:
    """The mark of each rated office: by its standing to the target, or else by the limits of chance."""
    if target:
        marks: dict[str, StripMark] = {"short": "low", "close": "close"}
        return [(one.office, marks.get(one.standing, "plain")) for one in target.offices]
    rate = result.national.compliant / result.national.due if result.national.due else 0.0
    return [
        (one.office, "low" if one.name in result.outside and (one.timely or 0.0) < rate else "plain")
        for one in result.rated
    ]
