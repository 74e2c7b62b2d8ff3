"""A published series as bars: how many there were in each period, and how far the last is from the first."""

from fractions import Fraction

from matplotlib.figure import Figure

from audit import formatting
from audit.programs.declaration import PublishedSeries
from audit.reporting.figures.canvas import (
    BLUE,
    INK,
    MARGIN,
    MUTED,
    WIDTH,
    Caption,
    add_plot_area,
    apply_style,
    measure_text,
    shorten_text,
    start_figure,
)

_HEIGHT = 2.75
NO_DATA = "no data"


def make_caption(series: PublishedSeries) -> Caption:
    """The words of the figure; the claim in its title is worked out from the first and the last value."""
    values = formatting.format_list(
        [f"{label} {_format_value(series, value)}" for label, value in series.values], most=100
    )
    missing = sum(value is None for _, value in series.values)
    has = "has" if missing == 1 else "have"
    unknown = (
        f" Of {formatting.format_plural(len(series.values), 'period')} {missing} {has} no value here, and none is "
        "drawn."
    )
    return Caption(
        title=_format_title(series),
        subtitle=series.subtitle,
        note=f"Source: {series.source}{unknown if missing else ''}",
        alt=f"Bar chart. {series.subtitle}: {values}.",
    )


def _format_title(series: PublishedSeries) -> str:
    """What the values that there are show."""
    if not series.points:
        return f"{series.title}: the source does not give the numbers"
    (first, start), (last, end) = series.points[0], series.points[-1]
    if len(series.points) == 1:
        return f"{series.title}: {_format_value(series, end)} ({last})"
    values = _format_value(series, start), _format_value(series, end)
    if start == end:
        return f"{series.title} {describe_change(start, end)} in {first} and {last}: {values[0]}"
    return f"{series.title} {describe_change(start, end)}, from {values[0]} in {first} to {values[1]} in {last}"


def _format_value(series: PublishedSeries, value: int | None) -> str:
    if value is None:
        return NO_DATA
    return formatting.format_dollars(value) if series.of == "dollars" else formatting.format_count(value)


def describe_change(start: int, end: int) -> str:
    """What became of a number, in words made from it: 23.5 → 690 'rose 29-fold', 95,664 → 348,958 'rose 3.6-fold'.

    Under twice as much it rose by a share, and it fell by one.
    """
    if start == end:
        return "stayed the same"
    if not start:
        return "rose"
    if end < start:
        return f"fell by {formatting.format_percent(start - end, start, places=0)}"
    if end < 2 * start:
        return f"rose by {formatting.format_percent(end - start, start, places=0)}"
    ratio = Fraction(end, start)
    times = formatting.format_decimal(float(ratio)) if ratio < 10 else formatting.format_count(round(ratio))
    return f"rose {times.removesuffix('.0')}-fold"


def draw_figure(series: PublishedSeries, *, bare: bool = False) -> Figure:
    """Bars from zero, each with its value: no axis is needed to read them. A period without one says so."""
    with apply_style():
        figure, body = start_figure(_HEIGHT, make_caption(series), bare=bare)
        plot = add_plot_area(body, MARGIN, 0.35, WIDTH - 2 * MARGIN, _HEIGHT - 0.35)
        values = [value or 0 for _, value in series.values]
        words = [_format_value(series, value) for _, value in series.values]
        room = (WIDTH - 2 * MARGIN) / len(values) - 0.1
        bars = plot.bar(range(len(values)), values, width=0.56, color=BLUE)
        size = min(11.0, *(11 * room / measure_text(text, 11, "bold") for text in words))
        for bar, text in zip(bars, words, strict=True):
            has_value = text != NO_DATA
            at = bar.get_x() + bar.get_width() / 2, bar.get_height()
            label = plot.annotate(text, at, (0, 4), textcoords="offset points", ha="center")
            if has_value:
                label.set(fontsize=size, fontweight="bold")
            else:
                label.set(fontsize=min(size, 9), color=MUTED)
        plot.set_xticks(range(len(values)), [shorten_text(label, 10, width=room) for label, _ in series.values])
        plot.tick_params(axis="x", labelsize=10, labelcolor=INK, pad=6)
        plot.set(yticks=[], ylim=(0, 1.16 * max(values, default=0) or 1), xlim=(-0.6, len(values) - 0.4))
    return figure
