"""The plans that would show one rate: how likely each is to pass, by the true rate, drawn as operating curves."""

from collections.abc import Sequence
from typing import Any

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
    framed,
    percent_axis,
    styled,
    within,
)
from audit.sampling.plan import Tradeoff
from audit.statistics.parameters import Rate, typed
from audit.statistics.sizes.acceptance import operating_curve

_HEIGHT = 3.3
_HALF = 2  # of the rates of a Tradeoff: a quarter of the tolerable one


def caption(found: Sequence[Tradeoff], *, tolerable: Rate, confidence: Rate) -> Caption:
    """The words of the figure."""
    first, last = found[0], found[-1]
    rate, gained = last.passing[_HALF]
    title = (
        f"Allowing {formatting.plural(last.allowed, 'deviation')} takes {formatting.count(last.cases)} cases instead "
        f"of "
        f"{formatting.count(first.cases)}, and passes {formatting.percent(gained, places=0)} of audits instead of "
        f"{formatting.percent(first.passing[_HALF][1], places=0)} where {formatting.percent(rate)} deviate"
    )
    each = "; ".join(f"{one.cases:,} cases with {one.allowed} allowed" for one in found)
    below, risk = formatting.percent(typed(tolerable)), formatting.percent(1 - typed(confidence))
    return Caption(
        title=title,
        subtitle=f"Chance that a sample shows a rate of deviations below {below}, by the true rate",
        note=f"Each plan misleads in at most {risk} of audits where the tolerable rate is reached. Exact chances.",
        alt=f"Line chart, one falling curve a plan: {each}.",
    )


def draw(
    found: Sequence[Tradeoff], *, population: int | None, tolerable: Rate, confidence: Rate, bare: bool = False
) -> Figure:
    """A curve a plan, each named at its end; the tolerable rate stands as a line."""
    limit = float(typed(tolerable))
    rates = np.linspace(0, 1.5 * limit, 91)
    with styled():
        figure, body = framed(_HEIGHT, caption(found, tolerable=tolerable, confidence=confidence), bare=bare)
        plot = within(body, MARGIN + 0.45, 0.45, WIDTH - 2 * MARGIN - 0.6, _HEIGHT - 0.6)
        plot.axvline(limit, color=RULE, linewidth=1)
        plot.text(limit, 1.02, "tolerable", fontsize=8.5, color=MUTED, ha="center")
        for place, one in enumerate(found):
            shade = {0: ORANGE, len(found) - 1: BLUE}.get(place, LIGHT)
            plot.plot(rates, operating_curve(one.cases, one.allowed, population, rates), color=shade, linewidth=1.6)
        for one, shade, at, side in ((found[0], FLAG_TEXT, 0.5, -1), (found[-1], BLUE, 0.5, 1)):
            words = f"{formatting.count(one.cases)} cases, {one.allowed or 'none'} allowed"
            point = at * limit, float(operating_curve(one.cases, one.allowed, population, [at * limit])[0])
            style: dict[str, Any] = {
                "ha": "left" if side > 0 else "right",
                "fontsize": 9,
                "fontweight": "bold",
                "color": shade,
            }
            plot.annotate(words, point, (6 * side, 8 * side - 4), textcoords="offset points", **style)
        percent_axis(plot.xaxis, 1.5 * limit)
        plot.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        plot.set(ylim=(0, 1.01), xlim=(0, 1.5 * limit), yticks=[0, 0.25, 0.5, 0.75, 1])
        plot.tick_params(labelsize=9, labelcolor=INK)
        plot.set_xlabel("true rate of deviations", fontsize=9, color=MUTED)
    return figure
