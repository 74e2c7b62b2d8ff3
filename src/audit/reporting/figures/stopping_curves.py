"""When a review that may stop at any case will stop, by the true rate, beside a number of cases fixed before."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.figure import Figure

from audit import formatting
from audit.reporting.figures.canvas import (
    BLUE,
    FLAG_TEXT,
    INK,
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
from audit.statistics.parameters import Prior, Rate, parse_rate
from audit.statistics.sequential.stopping import stopping_bounds, stopping_distribution
from audit.statistics.sizes.attribute import attribute_size

_HEIGHT = 3.2


class StoppingPoint(NamedTuple):
    """Cases reviewed until a review concludes, where so many of the population deviate."""

    rate: float
    mean: float
    most: int  # enough in nine audits of ten


def compute_stopping_points(
    population: int, *, tolerable: Rate, level: Rate, prior: Prior, points: int = 40
) -> tuple[StoppingPoint, ...]:
    """The cases that a review takes at true rates from none to six times the tolerable one, exactly."""
    bounds = stopping_bounds(population, tolerable, level, prior)
    rates = [
        float(parse_rate(tolerable)) * 6 * (n / points) ** 1.5 for n in range(points + 1)
    ]  # closer where it is low
    counts = sorted({round(rate * population) for rate in rates})
    stopping_points = []
    for deviations in counts:
        one = stopping_distribution(population, bounds, deviations)
        stopping_points.append(StoppingPoint(deviations / population, one.mean, one.quantile("0.9")))
    return tuple(stopping_points)


def make_caption(points: Sequence[StoppingPoint], *, fixed: int, tolerable: Rate) -> Caption:
    """The words of the figure."""
    clean, last = points[0], points[-1]
    worst = max(points, key=lambda stop: stop.mean)
    title = (
        f"An office that fails in {formatting.format_percent(last.rate, places=0)} of its cases is found out after "
        f"{last.mean:.0f}; a clean one takes {clean.mean:.0f} instead of {formatting.format_count(fixed)}"
    )
    return Caption(
        title=title,
        subtitle="Cases reviewed until a review that looks after every case concludes, by the true rate",
        note=f"Most cases, {worst.mean:.0f} on average, are taken by a rate near the tolerable one of "
        f"{formatting.format_percent(parse_rate(tolerable))}. Exact; the prior is fixed before the first case.",
        alt=f"Line chart. On average {clean.mean:.0f} cases at no deviation, {worst.mean:.0f} at "
        f"{formatting.format_percent(worst.rate)}, {last.mean:.0f} at {formatting.format_percent(last.rate)}; a plan "
        f"fixed before takes "
        f"{formatting.format_count(fixed)} at any rate.",
    )


def draw_figure(population: int, *, tolerable: Rate, level: Rate, prior: Prior, bare: bool = False) -> Figure:
    """The mean and the ninth of ten, and the fixed plan that looks for the first deviation."""
    fixed = attribute_size(population, tolerable, 0, (1 + parse_rate(level)) / 2)
    points = compute_stopping_points(population, tolerable=tolerable, level=level, prior=prior)
    rates = [stop.rate for stop in points]
    top = max(stop.most for stop in points) * 1.1
    with apply_style():
        figure, body = start_figure(_HEIGHT, make_caption(points, fixed=fixed, tolerable=tolerable), bare=bare)
        plot = add_plot_area(body, MARGIN + 0.5, 0.45, WIDTH - 2 * MARGIN - 0.65, _HEIGHT - 0.6)
        plot.axvline(float(parse_rate(tolerable)), color=RULE, linewidth=1)
        plot.text(float(parse_rate(tolerable)), top * 1.02, "tolerable", fontsize=8.5, color=MUTED, ha="center")
        plot.fill_between(rates, [stop.mean for stop in points], [stop.most for stop in points], color="#DCE4EC", lw=0)
        plot.plot(rates, [stop.mean for stop in points], color=BLUE, linewidth=2)
        plot.axhline(fixed, color=ORANGE, linewidth=1.6)
        place = points[len(points) // 3]
        many, few = (place.rate, place.most), (rates[-1], fixed)
        for label in (
            plot.annotate("average, and nine audits of ten", many, (8, 2), textcoords="offset points", color=BLUE),
            plot.annotate("fixed before", few, (0, 5), textcoords="offset points", color=FLAG_TEXT, ha="right"),
        ):
            label.set(fontsize=9, fontweight="bold")
        set_percent_axis(plot.xaxis, rates[-1])
        plot.set(ylim=(0, top), xlim=(0, rates[-1]))
        plot.tick_params(labelsize=9, labelcolor=INK)
        plot.set_xlabel("true rate of deviations", fontsize=9, color=MUTED)
        plot.set_ylabel("cases reviewed", fontsize=9, color=MUTED)
    return figure
