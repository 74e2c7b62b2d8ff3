"""A published series as bars: how many there were in each period, and how far the last is from the first."""

from fractions import Fraction

from matplotlib.figure import Figure

from audit import wording
from audit.figures.frame import BLUE, INK, MARGIN, WIDTH, Caption, framed, shortened, styled, within
from audit.program import Series

_HEIGHT = 2.75


def caption(series: Series) -> Caption:
    """The words of the figure; the claim in its title is worked out from the first and the last value."""
    (first, start), (last, end) = series.points[0], series.points[-1]
    values = wording.listed([f"{label} {wording.count(value)}" for label, value in series.points], most=100)
    return Caption(
        title=f"{series.title} {change(start, end)} from {first} to {last}",
        subtitle=series.subtitle,
        note=f"Source: {series.source}",
        alt=f"Bar chart. {series.subtitle}: {values}.",
    )


def change(start: int, end: int) -> str:
    """What became of a number, in words that are true of it: 95,664 → 348,958 'more than tripled'."""
    if start == end:
        return "stayed the same"
    if end < start:
        return "fell by more than half" if 2 * end < start else "fell"
    ratio = Fraction(end, start) if start else Fraction(0)
    for times, verb in ((4, "quadrupled"), (3, "tripled"), (2, "doubled")):
        if ratio >= times:
            return verb if ratio == times else f"more than {verb}"
    return "rose"


def draw(series: Series, *, bare: bool = False) -> Figure:
    """Bars from zero, each with its value: no axis is needed to read them."""
    with styled():
        figure, body = framed(_HEIGHT, caption(series), bare=bare)
        plot = within(body, MARGIN, 0.35, WIDTH - 2 * MARGIN, _HEIGHT - 0.35)
        values = [value for _, value in series.points]
        bars = plot.bar(range(len(values)), values, width=0.56, color=BLUE)
        plot.bar_label(bars, labels=[wording.count(v) for v in values], padding=4, fontsize=11, fontweight="bold")
        room = (WIDTH - 2 * MARGIN) / len(values) - 0.1
        plot.set_xticks(range(len(values)), [shortened(label, 10, width=room) for label, _ in series.points])
        plot.tick_params(axis="x", labelsize=10, labelcolor=INK, pad=6)
        plot.set(yticks=[], ylim=(0, 1.16 * max(values, default=0) or 1), xlim=(-0.6, len(values) - 0.4))
    return figure
