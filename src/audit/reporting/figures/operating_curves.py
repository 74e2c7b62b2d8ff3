"""The plans that would show one rate: how likely each is to pass, by the true rate, drawn as operating curves."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

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
    add_plot_area,
    apply_style,
    set_percent_axis,
    start_figure,
)
from audit.sampling.sample_size import Tradeoff
from audit.statistics.parameters import Rate, parse_rate
from audit.statistics.sizes.acceptance import operating_curve

_HEIGHT = 3.3
_QUARTER_RATE_INDEX = 2  # of the rates of a Tradeoff: a quarter of the tolerable one


def make_caption(plans: Sequence[Tradeoff], *, tolerable: Rate, confidence: Rate) -> Caption:
    """The words of the figure."""
    first, last = plans[0], plans[-1]
    rate, gained = last.passing[_QUARTER_RATE_INDEX]
    title = (
        f"Allowing {formatting.format_plural(last.allowed, 'deviation')} takes {formatting.format_count(last.cases)} "
        f"cases instead of "
        f"{formatting.format_count(first.cases)}, and passes {formatting.format_percent(gained, places=0)} of audits "
        f"instead of {formatting.format_percent(first.passing[_QUARTER_RATE_INDEX][1], places=0)} where "
        f"{formatting.format_percent(rate)} deviate"
    )
    each = "; ".join(f"{one.cases:,} cases with {one.allowed} allowed" for one in plans)
    below, risk = (
        formatting.format_percent(parse_rate(tolerable)),
        formatting.format_percent(1 - parse_rate(confidence)),
    )
    return Caption(
        title=title,
        subtitle=f"Chance that a sample shows a rate of deviations below {below}, by the true rate",
        note=f"Each plan misleads in at most {risk} of audits where the tolerable rate is reached. Exact chances.",
        alt=f"Line chart, one falling curve a plan: {each}.",
    )


def draw_figure(
    plans: Sequence[Tradeoff], *, population: int | None, tolerable: Rate, confidence: Rate, bare: bool = False
) -> Figure:
    """A curve a plan, each named at its end; the tolerable rate stands as a line."""
    limit = float(parse_rate(tolerable))
    rates = np.linspace(0, 1.5 * limit, 91)
    with apply_style():
        figure, body = start_figure(_HEIGHT, make_caption(plans, tolerable=tolerable, confidence=confidence), bare=bare)
        plot = add_plot_area(body, MARGIN + 0.45, 0.45, WIDTH - 2 * MARGIN - 0.6, _HEIGHT - 0.6)
        plot.axvline(limit, color=RULE, linewidth=1)
        plot.text(limit, 1.02, "tolerable", fontsize=8.5, color=MUTED, ha="center")
        for place, one in enumerate(plans):
            shade = {0: ORANGE, len(plans) - 1: BLUE}.get(place, LIGHT)
            plot.plot(rates, operating_curve(one.cases, one.allowed, population, rates), color=shade, linewidth=1.6)
        for one, shade, at, side in ((plans[0], FLAG_TEXT, 0.5, -1), (plans[-1], BLUE, 0.5, 1)):
            words = f"{formatting.format_count(one.cases)} cases, {one.allowed or 'none'} allowed"
            point = at * limit, float(operating_curve(one.cases, one.allowed, population, [at * limit])[0])
            label = plot.annotate(words, point, (6 * side, 8 * side - 4), textcoords="offset points", color=shade)
            label.set(ha="left" if side > 0 else "right", fontsize=9, fontweight="bold")
        set_percent_axis(plot.xaxis, 1.5 * limit)
        plot.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        plot.set(ylim=(0, 1.01), xlim=(0, 1.5 * limit), yticks=[0, 0.25, 0.5, 0.75, 1])
        plot.tick_params(labelsize=9, labelcolor=INK)
        plot.set_xlabel("true rate of deviations", fontsize=9, color=MUTED)
    return figure
