"""Where one office lies in the range of all: a ring for each office on one line, the office itself filled."""

from collections.abc import Sequence
from math import ceil, floor

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from audit import formatting
from audit.reporting.figures.canvas import (
    BLUE,
    FLAG_TEXT,
    INK,
    LIGHT,
    MARGIN,
    MUTED,
    ORANGE,
    RULE,
    WIDTH,
    Caption,
    Weight,
    apply_style,
    format_rate,
    measure_text,
    shorten_text,
    start_figure,
)

_HEIGHT, _LINE, _ROWS = 1.2, 0.36, (0.6, 0.8, 1.0)  # inches: of the body, the line of rings, and the labels above it
_LONGEST_NAME = 2.2  # inches
_STEP = 0.05  # to which the ends of the scale are rounded


def draw_office_place(
    caption: Caption,
    others: Sequence[float],
    own: float,
    *,
    name: str,
    whole: float,
    target: float | None,
    low: bool,
    width: float = WIDTH,
) -> Figure:
    """The rates of all `others` as rings, the office's `own` filled, all offices together (`whole`) and the target.

    `low` says that the office falls short of the target by more than chance; then it stands out. `width` is in inches.
    """
    with apply_style():
        figure, body = start_figure(_HEIGHT, caption, bare=True, width=width)
        rates = [*others, own, whole, *([target] if target is not None else [])]
        least, most = floor(min(rates) / _STEP) * _STEP, min(1.0, ceil(max(rates) / _STEP) * _STEP)
        left, right = MARGIN + 0.25, width - MARGIN - 0.25

        def place(rate: float) -> float:
            return left + (right - left) * (rate - least) / ((most - least) or 1.0)

        _draw_scale(body, left, right, least, most)
        for rate in others:
            body.plot([place(rate)], [_LINE], marker="o", markersize=6, color="none", markeredgecolor=MUTED, zorder=3)
        _draw_label(body, place(whole), _ROWS[1], f"all offices {format_rate(whole)}", color=BLUE, line=BLUE)
        if target is not None:
            _draw_label(
                body, place(target), _ROWS[2], f"target {format_target(target)}", color=INK, line=INK, dashed=True
            )
        look = ORANGE if low else BLUE
        body.plot([place(own)], [_LINE], marker="o", markersize=8, color=look, zorder=5)
        short = shorten_text(name, 8.0, "bold", width=_LONGEST_NAME)
        words, color = f"{short} {format_rate(own)}", FLAG_TEXT if low else BLUE
        _draw_label(body, place(own), _ROWS[0], words, color=color, weight="bold")
    return figure


def format_target(target: float) -> str:
    """A target as a percentage, without a needless decimal: 0.95 → '95%'."""
    return formatting.format_percent(target).replace(".0%", "%")


def _draw_scale(body: Axes, left: float, right: float, least: float, most: float) -> None:
    body.plot([left, right], [_LINE, _LINE], color=RULE, linewidth=0.8, zorder=1)
    for x, rate, side in ((left, least, "left"), (right, most, "right")):
        body.text(x, _LINE - 0.22, format_target(round(rate, 4)), fontsize=7.5, color=MUTED, ha=side, va="center")


def _draw_label(
    body: Axes, x: float, y: float, text: str, *, color: str, line: str = LIGHT, dashed: bool = False,
    weight: Weight = "regular",
) -> None:  # fmt: skip
    """A label above the line, inside the figure, tied to its place by a thin line."""
    half = measure_text(text, 8.0, weight) / 2
    middle = min(max(x, body.get_xlim()[0] + half), body.get_xlim()[1] - half)
    body.text(middle, y, text, fontsize=8.0, color=color, ha="center", va="center", fontweight=weight)
    body.plot(
        [x, x], [_LINE - 0.1, y - 0.09], color=line, linewidth=1.0, linestyle=(0, (3, 2)) if dashed else "-", zorder=2
    )
