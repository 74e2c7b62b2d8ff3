"""One office month by month beside all offices together, with the target and the months in which a duty began."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import floor, nan

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from audit import formatting
from audit.months import find_month
from audit.programs.measures import Duty
from audit.reporting.figures.canvas import (
    BLUE,
    INK,
    LIGHT,
    MARGIN,
    MUTED,
    WIDE_BAND,
    WIDTH,
    Caption,
    add_plot_area,
    apply_style,
    format_rate,
    measure_text,
    shorten_text,
    start_figure,
    wrap_text,
)
from audit.reporting.figures.office_place import format_target

_HEIGHT, _FOOT, _HEAD, _LEFT = 2.4, 0.35, 0.45, 0.4  # inches
_STEP = 0.1  # to which the lower end of the scale is rounded
_LONGEST_NAME = 1.4  # inches
_LEAST_ROOM = 0.8  # inches for the words of a duty; with less its month stands alone
_MOST_LABELS = 12  # months that are named under the axis
_MOST_LINES = 3  # of the words of a duty; with more its month stands alone, and the words are in the note


def draw_office_months(
    caption: Caption,
    months: Sequence[str],
    own: Mapping[str, float],
    every: Mapping[str, float],
    *,
    name: str,
    target: float | None,
    duties: Sequence[Duty],
    width: float = WIDTH,
) -> Figure:
    """The office's rates (`own`) and those of all offices (`every`) by month; a month without a rate is a gap.

    `width` is in inches.
    """
    with apply_style():
        figure, body = start_figure(_HEIGHT, caption, bare=True, width=width)
        short = shorten_text(name, 8.0, "bold", width=_LONGEST_NAME)
        labels = [
            f"{short} {format_rate(list(own.values())[-1])}",
            f"all offices {format_rate(list(every.values())[-1])}",
        ]
        room = min(2.2, max(measure_text(label, 8.0, "bold") for label in labels) + 0.15)
        left = MARGIN + _LEFT
        inside = width - MARGIN - left - room
        plot = add_plot_area(body, left, _FOOT, inside, _HEIGHT - _FOOT - _HEAD)
        rates = [*own.values(), *every.values(), *([target] if target is not None else [])]
        span = max(0.0, floor((min(rates) - 0.02) / _STEP) * _STEP), 1.0
        _shade_duties(plot, months, duties, inches=inside)
        for line, color, thick in ((every, LIGHT, 1.2), (own, BLUE, 2.0)):
            shares = [line.get(month, nan) for month in months]
            plot.plot(range(len(months)), shares, color=color, linewidth=thick, clip_on=False)
            alone = [i for i in range(len(months)) if months[i] in line and not _has_neighbour(months, line, i)]
            plot.plot(alone, [shares[i] for i in alone], "o", color=color, markersize=2 * thick, clip_on=False)
        if target is not None:
            plot.axhline(target, color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
            plot.annotate(
                f"Target {format_target(target)}", (0, target), (0, 2), textcoords="offset points", va="bottom",
                fontsize=7.5, color=INK,
            )  # fmt: skip
        _label_ends(plot, months, [(labels[0], own, BLUE, "bold"), (labels[1], every, MUTED, "regular")], span)
        _set_axes(plot, months, span, most=_MOST_LABELS if width == WIDTH else _MOST_LABELS // 3)
    return figure


def _has_neighbour(months: Sequence[str], line: Mapping[str, float], place: int) -> bool:
    """Whether the month before or after one has a rate, to which a line is drawn."""
    return any(0 <= i < len(months) and months[i] in line for i in (place - 1, place + 1))


def _shade_duties(plot: Axes, months: Sequence[str], duties: Sequence[Duty], *, inches: float) -> None:
    """The months in which a duty began, as a band with its words above; the plot is so many `inches` wide."""
    bands = []
    for duty in duties:
        ends = [find_month(duty.since), find_month(duty.since_by or duty.since)]
        inside = [place for place, month in enumerate(months) if ends[0] <= month <= ends[1]]
        if inside:
            bands.append((sum(inside) / len(inside), formatting.format_month(ends[0]), duty.words))
            plot.axvspan(inside[0] - 0.5, inside[-1] + 0.5, color=WIDE_BAND, linewidth=0)
    gaps = [(after[0] - before[0]) * inches / len(months) for before, after in pairwise(bands)]
    width = min([*gaps, 2.4]) - 0.1
    for middle, month, duty_words in bands:
        lines = wrap_text(f"{month}: {duty_words}", 7.0, width=max(width, 0.3))
        if width < _LEAST_ROOM or len(lines) > _MOST_LINES:
            lines = [f"{month[:3]} {month[-4:]}"]
        plot.annotate(
            "\n".join(lines), (middle, 1.0), (0, 2),
            xycoords=("data", "axes fraction"), textcoords="offset points", ha="center", va="bottom", fontsize=7.0,
            color=INK, annotation_clip=False,
        )  # fmt: skip


def _label_ends(
    plot: Axes,
    months: Sequence[str],
    lines: Sequence[tuple[str, Mapping[str, float], str, str]],
    span: tuple[float, float],
) -> None:
    """The name and last rate of each line at its end, a little apart."""
    least = 0.075 * (span[1] - span[0])
    ends = [[line[list(line)[-1]], label, color, weight] for label, line, color, weight in lines]
    ends.sort(key=lambda end: float(str(end[0])))
    for below, above in pairwise(ends):
        above[0] = max(float(str(above[0])), float(str(below[0])) + least)
    for y, label, color, weight in ends:
        plot.annotate(
            str(label), (len(months) - 1, float(str(y))), (6, 0), textcoords="offset points", va="center", fontsize=8.0,
            color=str(color), fontweight=str(weight), annotation_clip=False,
        )  # fmt: skip


def _set_axes(plot: Axes, months: Sequence[str], span: tuple[float, float], *, most: int) -> None:
    steps = round((span[1] - span[0]) / _STEP)
    every = -(-len(months) // most)
    places = [*range(len(months) - 1, -1, -every)][::-1]
    names = [formatting.format_month(months[place].partition("/")[0]) for place in places]
    texts = [f"{n[:3]}\n{n[-4:]}" if i == 0 or n.startswith("January") else n[:3] for i, n in enumerate(names)]
    plot.set(xlim=(-0.5, len(months) - 0.5), ylim=span, yticks=[span[0] + _STEP * i for i in range(steps + 1)])
    plot.set_xticks(places, texts, fontsize=7.5, color=MUTED)
    plot.yaxis.set_major_formatter(FuncFormatter(lambda share, _: formatting.format_percent(round(share, 4), places=0)))
    plot.tick_params(axis="both", length=0, labelsize=7.5, labelcolor=MUTED)
    plot.grid(axis="y")
