"""The funnel: each office's rate against its number of cases, within limits around the rate of all."""

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from audit import formatting
from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE, MeasureResult, OfficeRate
from audit.reporting.figures.canvas import (
    BAND,
    FLAG_TEXT,
    INK,
    MARGIN,
    MUTED,
    WIDE_BAND,
    WIDTH,
    Caption,
    add_plot_area,
    apply_style,
    format_rate,
    measure_text,
    set_percent_axis,
    shorten_text,
    start_figure,
)
from audit.reporting.figures.labels import fit_labels
from audit.reporting.figures.marks import (
    describe_flagged_offices,
    describe_limits,
    draw_key,
    draw_marks,
    make_mark,
    name_limits,
)
from audit.reporting.month_report import describe_dispersion
from audit.statistics.offices.overdispersion import overdispersed_funnel

_LEFT, _RIGHT, _BOTTOM, _TOP, _HEIGHT = 0.55, 0.85, 0.5, 0.4, 4.0  # inches
_SIZE = 9.0


def make_caption(result: MeasureResult, *, office: str, units: str, period: str) -> Caption:
    """The words of the figure; its title counts the offices outside the limits."""
    offices, nation = result.rated, result.national
    out = [(side, sum(o.flag == side for o in offices)) for side in ("below", "above")]
    when = f" {result.in_time}" if result.timed else ""
    everyone = formatting.format_plural(len(offices), office)
    sides = ", ".join(f"{n} {side}" for side, n in out if n).replace(" ", f" of {everyone} ", 1)
    least, most = min(o.due for o in offices), max(o.due for o in offices)
    notes = [
        f"Limits: 95% and 99.8%, {describe_limits(result, office=office)}; only what lies outside the latter is "
        "marked.",
        describe_dispersion(result, office=office),
        _describe_omitted(result, office) if len(offices) < len(result.offices) else "",
    ]
    return Caption(
        title=(
            f"Outside the {name_limits(result)}: {sides}"
            if sides
            else f"Every {office} shown lies within the {name_limits(result)}"
        ),
        subtitle=f"{result.title}{when}: share of {units} against number due, by {office}, {period}",
        note=" ".join(filter(None, notes)),
        alt=(
            f"Funnel plot of {everyone} with {formatting.format_count(least)} to {formatting.format_count(most)} "
            f"{units} due, around "
            f"{formatting.format_percent(nation.compliant, nation.due)}. {describe_flagged_offices(result)}"
        ),
    )


def draw_figure(result: MeasureResult, *, office: str, units: str, period: str, bare: bool = False) -> Figure:
    """Offices as dots over both limits; those outside the outer one are diamonds, named where there is room."""
    offices = result.rated
    rates = [o.timely or 0.0 for o in offices]
    most, room = max(o.due for o in offices), max(0.02, (max(rates) - min(rates)) * 0.15)
    with apply_style():
        figure, body = start_figure(_HEIGHT, make_caption(result, office=office, units=units, period=period), bare=bare)
        flags = [flag for flag in ("below", "above") if any(o.flag == flag for o in offices)]
        areas = [(BAND, "95% limits"), (WIDE_BAND, "99.8% limits")]
        draw_key(
            body, [(make_mark(""), office), *areas, *((make_mark(flag), f"{flag} both") for flag in flags)], top=_HEIGHT
        )
        plot = add_plot_area(body, _LEFT, _BOTTOM, WIDTH - _LEFT - _RIGHT, _HEIGHT - _BOTTOM - _TOP)
        plot.set(xlim=(0, most * 1.06), ylim=(max(0.0, min(rates) - room), min(1.0, max(rates) + room)))
        _draw_limits(plot, result, most=most)
        draw_marks(plot, [(o.flag, o.due, o.timely or 0.0) for o in offices])
        plot.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        plot.xaxis.set_major_formatter(FuncFormatter(lambda n, _: formatting.format_count(int(n))))
        set_percent_axis(plot.yaxis, plot.get_ylim()[1] - plot.get_ylim()[0])
        body.text(_LEFT, 0.06, f"{units[:1].upper()}{units[1:]} due", color=MUTED)
        for o, name, box in _place_names(plot, result):
            color, weight = (FLAG_TEXT, "bold") if o.flag == "below" else (INK, "regular")
            plot.text(box.left, box.bottom, name, color=color, fontweight=weight, zorder=5, transform=body.transData)
    return figure


def _draw_limits(plot: Axes, result: MeasureResult, *, most: int) -> None:
    nation = result.national
    sizes = np.unique(np.geomspace(1, most * 1.06, 250).astype(np.int64))
    rate = Fraction(nation.compliant, nation.due)
    for level, color in (("0.998", WIDE_BAND), ("0.95", BAND)):
        plot.fill_between(
            sizes, *overdispersed_funnel(sizes, rate, level, variance=result.spread), color=color, linewidth=0
        )
    plot.axhline(float(rate), color=INK, linewidth=1, linestyle=(0, (3, 2)))
    label = f"All offices\n{formatting.format_percent(nation.compliant, nation.due)}"
    plot.annotate(
        label, (1, float(rate)), (6, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center"
    )


class _Box(NamedTuple):
    left: float
    bottom: float
    right: float
    top: float

    def has_overlap(self, other: "_Box") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.bottom < other.top and other.bottom < self.top
        )


def _place_names(plot: Axes, result: MeasureResult) -> Iterator[tuple[OfficeRate, str, _Box]]:
    """Names of the offices, each beside its mark where nothing else is; the table names them all."""
    offices = result.rated
    (x0, x1), (y0, y1) = plot.get_xlim(), plot.get_ylim()
    area = _Box(_LEFT, _BOTTOM, WIDTH - _RIGHT, _HEIGHT - _TOP)
    spots = [
        (
            area.left + (o.due - x0) / (x1 - x0) * (area.right - area.left),
            area.bottom + ((o.timely or 0.0) - y0) / (y1 - y0) * (area.top - area.bottom),
        )
        for o in offices
    ]
    boxes = [_Box(x - 0.06, y - 0.06, x + 0.06, y + 0.06) for x, y in spots]
    middle = area.bottom + ((result.national.timely or 0.0) - y0) / (y1 - y0) * (area.top - area.bottom)
    boxes.append(_Box(area.right, middle - 0.2, WIDTH, middle + 0.2))  # the name of the line of all
    labels = fit_labels(
        {o.office: o.name for o in offices}, partial(shorten_text, size=_SIZE, weight="bold", width=1.5)
    )
    rank = {"below": 0, "above": 0}  # what stands out is named first; then what chance alone does not explain
    ranked = sorted(
        zip(offices, spots, strict=True), key=lambda one: rank.get(one[0].flag, 2 - (one[0].name in result.outside))
    )
    for o, (x, y) in ranked:
        name = f"{labels[o.office]} {format_rate(o.compliant, o.due)}" if o.flag else labels[o.office]
        wide = measure_text(name, _SIZE, "bold" if o.flag else "regular")
        places = ((x + 0.1, y - 0.045), (x - 0.1 - wide, y - 0.045), (x - wide / 2, y - 0.2), (x - wide / 2, y + 0.1))
        for left, bottom in places:
            box = _Box(left, bottom, left + wide, bottom + 0.11)
            inside = area.left <= left and box.right <= WIDTH - MARGIN and area.bottom <= bottom and box.top <= area.top
            if inside and not any(map(box.has_overlap, boxes)):
                boxes.append(box)
                yield o, name, box
                break


def _describe_omitted(result: MeasureResult, office: str) -> str:
    """Why some offices have no mark."""
    why = (
        "whose counts are told together"
        if result.offices[-1].flag == "together"
        else f"with fewer than {MINIMUM_CASES_FOR_RATE} due"
    )
    return f"Not shown: {formatting.make_plural(office)} {why}."
