"""Activated jurisdictions by day above, what was counted in each period below: one axis of time, two of numbers."""

import datetime as dt
from fractions import Fraction

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from audit import formatting
from audit.analysis.coverage import CoverageResult
from audit.reporting.coverage_text import describe_growth
from audit.reporting.figures.canvas import (
    BLUE,
    INK,
    LIGHT,
    MARGIN,
    MUTED,
    RULE,
    WIDTH,
    Caption,
    add_plot_area,
    apply_style,
    start_figure,
)

_UPPER, _LOWER, _LEFT, _SIZE = 1.55, 1.35, 0.62, 9.0


def make_caption(result: CoverageResult) -> Caption:
    """The words of the figure."""
    counts = "; ".join(
        f"{one.label} {formatting.format_count(one.count)}, "
        f"{formatting.format_count(one.activated)} activated at its end"
        for one in result.periods
    )
    made_up = f" {result.synthetic}" if result.synthetic else ""
    ratio = result.steps[-1].count_ratio if result.steps else None
    title = f"{formatting.format_percent(result.activated, result.total)} of {result.unit[1]} activated by "
    title += formatting.format_day(result.as_of)
    if ratio is not None:
        fold = (
            formatting.format_decimal(float(ratio)) if ratio < 10 else formatting.format_count(round(Fraction(ratio)))
        )
        title += f"; {result.counted[1]} grew {fold}-fold from {result.periods[0].label} to {result.periods[-1].label}"
    return Caption(
        title=title,
        subtitle=f"Above: activated {result.unit[1]}, by day. Below: number of {result.counted[1]} in each period",
        note=f"Two panels share one axis of time; each has a scale of its own.{made_up}",
        alt=f"Step line and bars. {describe_growth(result)} {counts}.",
    )


def draw_figure(result: CoverageResult, *, bare: bool = False) -> Figure:
    """The step line with its end named, the total as a dashed line, and the bars with their values."""
    first = min([result.days[0].day, *(one.first for one in result.periods)])
    last = max([result.as_of, *(one.last for one in result.periods)])
    span = first.toordinal() - 8, last.toordinal() + 75
    with apply_style():
        height = _UPPER + _LOWER + 0.75
        figure, body = start_figure(height, make_caption(result), bare=bare)
        wide = WIDTH - 2 * MARGIN - _LEFT
        upper = add_plot_area(body, MARGIN + _LEFT, _LOWER + 0.55, wide, _UPPER)
        lower = add_plot_area(body, MARGIN + _LEFT, 0.28, wide, _LOWER)
        _draw_coverage(upper, result, first, span)
        _draw_counts(lower, result, span)
    return figure


def _draw_coverage(plot: Axes, result: CoverageResult, first: dt.date, span: tuple[float, float]) -> None:
    days = [one.toordinal() for one in (first, *(day.day for day in result.days), result.as_of)]
    numbers = [0, *(day.activated for day in result.days), result.activated]
    plot.step(days, numbers, where="post", color=BLUE, linewidth=1.8)
    plot.axhline(result.total, color=RULE, linewidth=1, linestyle=(0, (3, 2)))
    at = days[-1], result.activated
    plot.plot(*([one] for one in at), marker="o", color=BLUE, markersize=5)
    text = formatting.format_count(result.activated)
    plot.annotate(text, at, (-6, 5), textcoords="offset points", ha="right", fontsize=_SIZE, fontweight="bold")
    text = f"all {formatting.format_count(result.total)} {result.unit[1]}"
    plot.annotate(text, (span[0], result.total), (2, -11), textcoords="offset points", fontsize=_SIZE, color=MUTED)
    plot.set(xlim=span, ylim=(0, result.total * 1.05), yticks=[0, round(result.total / 2, -2)], xticks=[])
    plot.yaxis.set_major_formatter(lambda value, _: formatting.format_count(round(value)))
    plot.tick_params(labelsize=_SIZE, labelcolor=INK)


def _draw_counts(plot: Axes, result: CoverageResult, span: tuple[float, float]) -> None:
    most = max(one.count or 0 for one in result.periods)
    for one in result.periods:
        begin, end = one.first.toordinal(), one.last.toordinal()
        middle, value = (begin + end) / 2, one.count or 0
        plot.bar(middle, value, width=(end - begin) * 0.82, color=LIGHT)
        text = "not published" if one.count is None else formatting.format_count(one.count)
        weight = "regular" if one.count is None else "bold"
        plot.annotate(text, (middle, value), (0, 3), textcoords="offset points", ha="center", fontsize=_SIZE).set(
            fontweight=weight
        )
    plot.set(xlim=span, ylim=(0, 1.18 * most or 1), yticks=[])
    plot.set_xticks(
        [(one.first.toordinal() + one.last.toordinal()) / 2 for one in result.periods],
        [one.label for one in result.periods],
    )
    plot.tick_params(labelsize=_SIZE, labelcolor=INK)
