"""A run chart: the months of one office as a line, its limits shaded, the months outside them marked."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil, nan

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from audit import formatting
from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE
from audit.compliance.trends import BASELINE_MONTHS, OfficeMonth, OfficeTrend
from audit.reporting.figures.canvas import (
    BAND,
    BLUE,
    LIGHT,
    MARGIN,
    MUTED,
    WIDTH,
    Caption,
    add_plot_area,
    apply_style,
    start_figure,
)
from audit.reporting.figures.marks import MarkStyle, draw_key, make_mark

LEFT, FOOT = 0.5, 0.3  # inches of the axis, and of the months under a panel
_HEIGHT = 1.9
MOST_EMPTY_MONTHS = 12  # without a rate, after the last that has one; with more the axis ends there
LIMITS_NOTE = (
    f"Shaded: the 99.73% limits of {{}} first {BASELINE_MONTHS} {{}}s with a rate{{}}, which are p′ limits (Laney "
    "2002) and nowhere narrower than chance allows exactly (Thatcher 1964)."
)
NO_LIMITS_NOTE = f"Limits are drawn once {{}} {BASELINE_MONTHS} {{}}s with a rate{{}}."
UNDER_DUTY = " under the duty"  # of months, where earlier ones lie before it and set no limits


def make_caption(one: OfficeTrend, months: Sequence[str], *, title: str, units: str, in_time: str) -> Caption:
    """The words of one office's own figure."""
    months, left_out = list_shown_months([one], months), describe_months_left_out([one], months)
    when = f" {in_time}" if in_time else ""
    rates = [f"{month.month} {formatting.format_percent(month.compliant, month.due)}" for month in one.rated]
    flagged = [f"{month.month} {month.flag}" for month in one.rated if month.flag]
    outside = f" Outside the limits: {formatting.format_list(flagged, most=100)}." if flagged else ""
    return Caption(
        title=_format_title(one, months[-1]),
        subtitle=f"{title}{when}: share of {units}, month by month, "
        f"{formatting.format_month(f'{months[0]}/{months[-1]}')}",
        note=" ".join(
            [
                LIMITS_NOTE.format("the", "month", "")
                if one.centre is not None
                else NO_LIMITS_NOTE.format("there are", "month", ""),
                *left_out,
            ]
        ),
        alt=f"Line chart. {formatting.format_list(rates, most=len(rates))}.{outside}",
    )


def draw_figure(
    one: OfficeTrend, months: Sequence[str], *, title: str, units: str, in_time: str, bare: bool = False
) -> Figure:
    """One office alone, on a scale of its own."""
    left, shown = MARGIN + LEFT, list_shown_months([one], months)
    with apply_style():
        words = make_caption(one, months, title=title, units=units, in_time=in_time)
        figure, body = start_figure(_HEIGHT, words, bare=bare)
        top = draw_key(body, [*list_key_entries([one])], top=_HEIGHT)
        plot = add_plot_area(body, left, FOOT, WIDTH - MARGIN - left, top - FOOT - 0.1)
        draw_panel(plot, one, shown, find_rate_span([one]))
        label_end_months(plot, shown, compact=False)
    return figure


def list_shown_months(offices: Sequence[OfficeTrend], months: Sequence[str]) -> Sequence[str]:
    """The months from the first in which one of the offices has a rate; to the last, unless it lies far from any rate.

    So one stray date, long before or after all others, leaves the axis to the others.
    """
    rated = {month.month for one in offices for month in one.rated}
    places = [place for place, month in enumerate(months) if month in rated]
    if not places:
        return months
    is_near = len(months) - 1 - places[-1] <= MOST_EMPTY_MONTHS
    return months[places[0] : len(months) if is_near else places[-1] + 1]


def describe_months_left_out(offices: Sequence[OfficeTrend], months: Sequence[str]) -> Iterator[str]:
    """In a sentence each: the months before and after those that are shown, and what was due in them."""
    shown = list_shown_months(offices, months)
    start = months.index(shown[0])
    for side, part in (("before", months[:start]), ("after", months[start + len(shown) :])):
        due = sum(month.due for one in offices for month in one.months if month.month in part)
        if due:
            edge = formatting.format_month(shown[0] if side == "before" else shown[-1])
            yield f"Not shown: {formatting.format_count(due)} due {side} {edge}, never enough for a rate."


def draw_panel(plot: Axes, one: OfficeTrend, months: Sequence[str], span: tuple[float, float]) -> None:
    """One office's months on a scale that may be shared."""
    place = {month: number for number, month in enumerate(months)}
    by_month = {month.month: month for month in one.rated}
    for run in _split_runs(one.rated, place):
        x = [place[month.month] + step for month in run for step in (-0.5, 0.5)]
        lower, upper = ([limit for month in run for limit in [side(month)] * 2] for side in (_lower, _upper))
        plot.fill_between(x, lower, upper, color=BAND, linewidth=0)
    if one.centre is not None:
        plot.axhline(one.centre, color=LIGHT, linewidth=0.8)
    rates = [by_month[m].compliant / by_month[m].due if m in by_month else nan for m in months]
    plot.plot(range(len(months)), rates, color=BLUE, linewidth=1.2, clip_on=False)
    gaps = [i for i, month in enumerate((*months, "")) if month not in by_month]
    for i in (end - 1 for start, end in pairwise((-1, *gaps)) if end - start == 2):
        plot.plot([i], [rates[i]], color=BLUE, marker="o", markersize=2, clip_on=False)
    for flag in ("below", "above"):
        points = [(place[m.month], m.compliant / m.due) for m in one.rated if m.flag == flag]
        if points:
            look = make_mark(flag) | {"markersize": 4.6, "markeredgewidth": 0.5}
            plot.plot(*zip(*points, strict=True), zorder=4, **look)
    plot.set(xlim=(-0.5, len(months) - 0.5), ylim=span, xticks=[], yticks=[span[0], sum(span) / 2, span[1]])
    plot.yaxis.set_major_formatter(FuncFormatter(lambda share, _: formatting.format_percent(round(share, 4), places=0)))
    plot.grid(axis="y")
    plot.spines["bottom"].set_visible(False)


def label_end_months(plot: Axes, months: Sequence[str], *, compact: bool) -> None:
    """The first and the last month under a panel."""
    ends = months[0].partition("/")[0], months[-1].rpartition("/")[2]
    names = [f"{formatting.format_month(month)[:3]} {month[:4]}" for month in ends]
    for x, name, side in ((0.0, names[0], "left"), (1.0, names[-1], "right")):
        text = f"{name[:3]} ’{name[-2:]}" if compact else name
        plot.annotate(
            text, (x, 0), (0, -5), xycoords="axes fraction", textcoords="offset points", ha=side, va="top",
            color=MUTED, fontsize=7.5,
        )  # fmt: skip


def find_rate_span(offices: Sequence[OfficeTrend]) -> tuple[float, float]:
    """A scale that holds every rate; limits that would stretch it by more than 15 points run off its edge."""
    rates = [month.compliant / month.due for one in offices for month in one.rated]
    limits = [
        limit for one in offices for month in one.rated for limit in (month.lower, month.upper) if limit is not None
    ]
    low, high = min(rates), max(rates)
    low, high = max(min([low, *limits]), low - 0.15), min(max([high, *limits]), high + 0.15)
    step = 0.1 if high - low > 0.2 else 0.02  # so that the middle of the scale is a whole percentage
    high = min(1.0, ceil(high / step) * step)
    return high - step * max(1, ceil((high - low) / step)), high


def list_key_entries(offices: Sequence[OfficeTrend], period: str = "month") -> Iterator[tuple[MarkStyle | str, str]]:
    """What explains the marks of these panels, of months or of another period."""
    months = [month for one in offices for month in one.rated]
    yield {"color": BLUE, "marker": "_", "markersize": 11, "markeredgewidth": 1.2}, f"rate, {period} by {period}"
    if any(month.lower is not None for month in months):
        yield BAND, "limits"
    for flag in ("below", "above"):
        if any(month.flag == flag for month in months):
            yield make_mark(flag), f"{flag} them"


def _format_title(one: OfficeTrend, last: str) -> str:
    """What the flag of an office's last month shows."""
    when = formatting.format_month(last)
    if not has_last_month(one, last):
        return f"Fewer than {MINIMUM_CASES_FOR_RATE} due in {when}, so no rate"
    month = one.rated[-1]
    share = f"{formatting.format_percent(month.compliant, month.due)} in {when}"
    if month.lower is None:
        return f"{share}; too few months yet for limits"
    return f"{share}: {month.flag or 'within'} the limits of the first {BASELINE_MONTHS} months"


def _split_runs(rated: Sequence[OfficeMonth], place: dict[str, int]) -> Iterator[list[OfficeMonth]]:
    """Months with limits that follow each other without a gap."""
    run: list[OfficeMonth] = []
    for month in rated:
        if month.lower is None:
            continue
        if run and place[month.month] != place[run[-1].month] + 1:
            yield run
            run = []
        run.append(month)
    if run:
        yield run


def _lower(month: OfficeMonth) -> float:
    return month.lower or 0.0


def _upper(month: OfficeMonth) -> float:
    return 1.0 if month.upper is None else month.upper


def has_last_month(one: OfficeTrend, last: str) -> bool:
    """Whether an office has a rate in the last month."""
    return bool(one.rated) and one.rated[-1].month == last
