"""The line of the month's page: the rate of all offices month by month, with the duty, the target and late entries."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import ceil, floor

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from audit import formatting
from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE, MonthRate
from audit.months import find_first_day
from audit.programs.measures import Duty
from audit.reporting.figures.canvas import (
    BLUE,
    GRID,
    INK,
    LIGHT,
    MARGIN,
    MUTED,
    TINT,
    WIDTH,
    Caption,
    add_plot_area,
    apply_style,
    format_rate,
    set_percent_axis,
    start_figure,
    wrap_text,
)

SHOWN_MONTHS = 13  # the month, and the year before it
NARROW_WIDTH = 3.5  # inches: at 390 px a point is then about as large as on paper
_PLOT, _FOOT, _SIZE, _LINE = 1.15, 0.34, 8.5, 0.14  # inches, points, inches a line of text
_SIDE = 1.1  # inches right of the plot, for the names of its lines


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLine:
    """What the line shows: one measure's months, the last of them the report's."""

    months: tuple[MonthRate, ...]
    duties: tuple[Duty, ...]
    target: float | None
    units: str

    @property
    def rated(self) -> list[tuple[int, MonthRate]]:
        """The months that have a rate, each with its place."""
        return [(i, month) for i, month in enumerate(self.months) if month.due >= MINIMUM_CASES_FOR_RATE]

    @property
    def late(self) -> bool:
        """Whether any record came late."""
        return any(month.late for month in self.months)

    @property
    def shown_duties(self) -> list[Duty]:
        """The duties that began in these months."""
        first, last = find_first_day(self.months[0].month), self.months[-1].month
        return [duty for duty in self.duties if duty.since >= first and f"{duty.since:%Y-%m}" <= last]


def make_rate_line(
    months: Sequence[MonthRate], *, duties: Sequence[Duty], target: float | None, units: str
) -> RateLine:
    """The line of one measure's last SHOWN_MONTHS months; those before the first with a rate are left out."""
    last = list(months)[-SHOWN_MONTHS:]
    while last and last[0].due < MINIMUM_CASES_FOR_RATE:
        last.pop(0)
    return RateLine(months=tuple(last), duties=tuple(duties), target=target, units=units)


def make_caption(line: RateLine) -> Caption:
    """The words of the figure; its title is how the rate moved, and where it is to the target."""
    (_, first), (_, last) = line.rated[0], line.rated[-1]
    duties = [
        f"{_name_day(duty)}: {duty.words}{' (day not known)' if duty.since_by else ''}" for duty in line.shown_duties
    ]
    shaded = any(duty.since_by for duty in line.shown_duties)
    reasons = [
        f"Share of {line.units} by month, as known on the day of this report.",
        "Shaded: month of a written instruction (day not known)." if shaded else "",
        "The counts do not show why the rate moves.",
    ]
    rates = [
        f"{formatting.format_month(m.month)} {formatting.format_percent(m.compliant, m.due)}" for _, m in line.rated
    ]
    return Caption(
        title=_format_title(line, first, last),
        subtitle=" ".join(filter(None, reasons)),
        note=f"{'. '.join(duties)}." if duties else "",
        alt=f"Line chart. {formatting.format_list(rates, most=len(rates))}."
        + (f" Target {formatting.format_percent(line.target, places=0)}." if line.target is not None else ""),
    )


def _format_title(line: RateLine, first: MonthRate, last: MonthRate) -> str:
    what = "Recording in time" if line.late else "The share recorded"
    ends = [formatting.format_percent(month.compliant, month.due) for month in (first, last)]
    since = formatting.format_month(first.month)
    if ends[0] == ends[1]:
        moved = f"{what} stands at {ends[1]}, as in {since}"
    else:
        verb = "rose" if last.compliant * first.due > first.compliant * last.due else "fell"
        moved = f"{what} {verb} from {ends[0]} in {since} to {ends[1]}"
    if line.target is None:
        return moved
    met = last.compliant / last.due >= line.target
    return f"{moved}; {'it meets the target' if met else 'it is below the target'}"


def draw_figure(line: RateLine, *, bare: bool = False, narrow: bool = False) -> Figure:
    """One line for in time, a thinner one with late entries; months of an instruction shaded; the target dashed."""
    width, side = (NARROW_WIDTH, 0.95) if narrow else (WIDTH, _SIDE)
    with apply_style():
        labels = [*_list_duty_labels(line, narrow=narrow)]
        raised = _LINE if narrow and labels and line.target is not None else 0.0  # over the name of the target
        above = 0.1 + raised + _LINE * max((len(text) for _, text in labels), default=0)
        height = _FOOT + _PLOT + above
        figure, body = start_figure(height, make_caption(line), bare=bare, width=width)
        left = MARGIN + 0.42
        plot = add_plot_area(body, left, _FOOT, width - MARGIN - side - left, _PLOT)
        low, high = _find_span(line)
        plot.set(xlim=(0, max(1, len(line.months) - 1)), ylim=(low, high), xticks=[])
        set_percent_axis(plot.yaxis, (high - low) * 1.2)
        plot.grid(axis="y", color=GRID)
        plot.spines["bottom"].set_visible(False)
        _draw_duties(plot, line, labels, raised=raised)
        _draw_target(plot, line)
        _draw_rates(plot, line, narrow=narrow)
        _label_months(plot, line, narrow=narrow)
    return figure


def _find_span(line: RateLine) -> tuple[float, float]:
    shares = [share for _, m in line.rated for share in (m.compliant / m.due, (m.compliant + m.late) / m.due)]
    shares += [line.target] if line.target is not None else []
    low, high = floor(min(shares) * 20 - 0.2) / 20, ceil(max(shares) * 20) / 20
    return max(0.0, low), min(1.0, max(high, low + 0.1))


def _draw_rates(plot: Axes, line: RateLine, *, narrow: bool) -> None:
    last = line.rated[-1][1]
    ends: list[tuple[float, str, str, str]] = []
    if line.late:
        plot.plot(*_split_gaps(line, late=True), color=LIGHT, linewidth=1.2, clip_on=False)
        share = (last.compliant + last.late) / last.due
        words = f"{format_rate(last.compliant + last.late, last.due)} or late"
        ends.append((share, words, MUTED, "regular"))
    plot.plot(*_split_gaps(line, late=False), color=BLUE, linewidth=2, clip_on=False, zorder=3)
    words = f"{format_rate(last.compliant, last.due)} {'in time' if line.late else 'recorded'}"
    ends.append((last.compliant / last.due, words, BLUE, "bold"))
    for place, month in (line.rated[0], line.rated[-1]):
        plot.plot([place], [month.compliant / month.due], "o", color=BLUE, markersize=4.5, clip_on=False, zorder=4)
    _label_ends(plot, ends)
    place, first = line.rated[0]
    if len(line.rated) > 2:
        offset = (0, -5) if _has_room_below(plot, first) and not narrow else (0, 6)
        plot.annotate(
            format_rate(first.compliant, first.due), (place, first.compliant / first.due), offset,
            textcoords="offset points", color=BLUE, fontsize=_SIZE, fontweight="bold",
            va="top" if offset[1] < 0 else "bottom", ha="left",
        )  # fmt: skip


def _has_room_below(plot: Axes, month: MonthRate) -> bool:
    low, high = plot.get_ylim()
    return month.compliant / month.due - low > 0.12 * (high - low)


def _split_gaps(line: RateLine, *, late: bool) -> tuple[list[int], list[float]]:
    """Places and shares, with a gap where a month has no rate."""
    shares = [
        (m.compliant + m.late * late) / m.due if m.due >= MINIMUM_CASES_FOR_RATE else float("nan") for m in line.months
    ]
    return [*range(len(line.months))], shares


def _label_ends(plot: Axes, ends: Sequence[tuple[float, str, str, str]]) -> None:
    """The two lines' names at their right ends, apart where the lines are close."""
    low, high = plot.get_ylim()
    least = _LINE * 1.15 / _PLOT * (high - low)
    heights = [share for share, *_ in ends]
    if len(heights) == 2 and heights[0] - heights[1] < least:
        middle = sum(heights) / 2
        heights = [middle + least / 2, middle - least / 2]
    for height, (_, words, color, weight) in zip(heights, ends, strict=True):
        plot.annotate(
            words, (1, height), (7, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
            va="center_baseline", color=color, fontsize=_SIZE, fontweight=weight,
        )  # fmt: skip


def _draw_target(plot: Axes, line: RateLine) -> None:
    if line.target is None:
        return
    plot.axhline(line.target, color=INK, linewidth=1, linestyle=(0, (3, 2)), zorder=2.5)
    plot.annotate(
        f"Target {formatting.format_percent(line.target, places=0)}", (0, line.target), (2, 3), zorder=2.6,
        xycoords=("axes fraction", "data"), textcoords="offset points", fontsize=_SIZE, color=INK,
    )  # fmt: skip


def _draw_duties(plot: Axes, line: RateLine, labels: Sequence[tuple[float, list[str]]], *, raised: float) -> None:
    for duty in line.shown_duties:
        start, end = _find_place(line, duty.since), _find_place(line, duty.since_by or duty.since)
        if duty.since_by:
            plot.axvspan(max(0, start - 0.5), end + 0.5, color=TINT, linewidth=0, zorder=0)
        else:
            plot.axvline(start, color=MUTED, linewidth=0.8, zorder=1)
    for place, lines in labels:
        plot.annotate(
            "\n".join(lines), (place, 1), (0, 4 + 72 * raised), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha="center", va="bottom", fontsize=8, color=INK, linespacing=1.15,
        )  # fmt: skip
    if line.shown_duties and (first := _find_place(line, line.shown_duties[0].since)) > 1.5:
        plot.annotate(
            "before the duty", (first / 2, 0), (0, 4), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha="center", fontsize=8, color=MUTED,
        )  # fmt: skip


def _list_duty_labels(line: RateLine, *, narrow: bool) -> Iterator[tuple[float, list[str]]]:
    """What stands over each duty: its day and words, or its month where there is no room."""
    places = [_find_place(line, duty.since) for duty in line.shown_duties]
    month = (WIDTH - 2 * MARGIN - 0.42 - _SIDE) / max(1, len(line.months) - 1)  # inches
    apart = min((after - before for before, after in pairwise(places)), default=12.0)
    for place, duty in zip(places, line.shown_duties, strict=True):
        words = f"{duty.since:%b} {duty.since.year}" if narrow else f"{_name_day(duty)}: {duty.words}"
        yield place, wrap_text(words, 8, width=min(2.4, max(0.8, apart * month - 0.1)))[:4]


def _find_place(line: RateLine, day: date) -> float:
    """Where the month of a day stands on the axis."""
    months = [month.month for month in line.months]
    name = f"{day:%Y-%m}"
    return float(months.index(name)) if name in months else float(len(months) - 1)


def _name_day(duty: Duty) -> str:
    return formatting.format_month(f"{duty.since:%Y-%m}") if duty.since_by else formatting.format_day(duty.since)


def _label_months(plot: Axes, line: RateLine, *, narrow: bool) -> None:
    """Each month under the axis, its year under the first and under each January; every third where it is narrow."""
    last = len(line.months) - 1
    step = 1 if not narrow else max(1, ceil(last / 4))
    for place, month in enumerate(line.months):
        if (last - place) % step and not (place == 0 and last % step > 1):
            continue
        year = place == 0 or month.month.endswith("-01") or (narrow and place == last)
        name = f"{find_first_day(month.month):%b}" + (f"\n{month.month[:4]}" if year else "")
        plot.annotate(
            name, (place, 0), (0, -4), xycoords=("data", "axes fraction"), textcoords="offset points",
            ha="center", va="top", fontsize=8, color=MUTED, linespacing=1.15,
        )  # fmt: skip
