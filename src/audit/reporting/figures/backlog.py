"""The backlog: how many items were open at the close of each month's report, and how many of them for long."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from audit import formatting
from audit.compliance.follow_up_summary import BacklogMonth
from audit.reporting.figures.canvas import (
    BAND,
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
    measure_text,
    start_figure,
)

SHOWN_MONTHS = 6
NARROW_WIDTH = 3.5  # inches, as of every figure for a narrow screen
_ROW, _SIZE = 0.2, 8.5


def make_caption(backlog: Sequence[BacklogMonth], *, unit: str) -> Caption:
    """The words of the figure; its title is how the backlog moved, and the share that is old."""
    months = [*backlog][-SHOWN_MONTHS:]
    texts = [f"{formatting.format_month(one.month)} {_format_end(one)}" for one in months]
    return Caption(
        title=_format_title(months),
        subtitle=f"Items open at the close of each month’s report, by days since the first {unit} of an item.",
        note="",
        alt=f"Bar chart. {formatting.format_list(texts, most=len(texts))}.",
    )


def _format_title(months: Sequence[BacklogMonth]) -> str:
    last = months[-1]
    old = f"{formatting.format_percent(last.over_90, last.open_end, places=0)} of it is older than 90 days"
    counts = [one.open_end for one in months]
    run = 0
    while run < len(counts) - 1 and counts[-2 - run] > counts[-1 - run]:
        run += 1
    up = 0
    while up < len(counts) - 1 and counts[-2 - up] < counts[-1 - up]:
        up += 1
    verb, n = ("fallen", run) if run else ("grown", up)
    if not n:
        return f"The backlog is as large as a month ago; {old}"
    since = "since last month" if n == 1 else f"for {formatting.spell_count(n)} months"
    return f"The backlog has {verb} {since}; {old}"


def draw_figure(backlog: Sequence[BacklogMonth], *, unit: str, bare: bool = False, narrow: bool = False) -> Figure:
    """A bar a month from zero, what is older than 90 days first; the report's own month stands out."""
    months, width = [*backlog][-SHOWN_MONTHS:], NARROW_WIDTH if narrow else WIDTH
    depth, foot = _ROW * len(months), 0.24
    with apply_style():
        figure, body = start_figure(depth + foot, make_caption(backlog, unit=unit), bare=bare, width=width)
        names = [_name_month(one.month, narrow=narrow) for one in months]
        ends = [formatting.format_count(one.open_end) if narrow else _format_end(one) for one in months]
        left = MARGIN + max(measure_text(name, _SIZE, "bold") for name in names) + 0.12
        room = max(measure_text(end, _SIZE, "bold") for end in ends) + 0.1
        plot = add_plot_area(body, left, foot, width - MARGIN - room - left, depth)
        plot.set(
            xlim=(0, max(one.open_end for one in months) or 1), ylim=(len(months) - 0.5, -0.5), xticks=[], yticks=[]
        )
        plot.spines["bottom"].set_visible(False)
        for row, (one, name, end) in enumerate(zip(months, names, ends, strict=True)):
            is_last = row == len(months) - 1
            plot.barh(row, one.over_90, height=0.66, color=BLUE if is_last else RULE)
            plot.barh(row, one.open_end - one.over_90, 0.66, one.over_90, color=LIGHT if is_last else BAND)
            at, weight = foot + depth - _ROW * (row + 0.5) + 0.01, "bold" if is_last else "regular"
            body.text(left - 0.1, at, name, ha="right", va="center_baseline", fontsize=_SIZE, fontweight=weight)
            plot.annotate(
                end, (one.open_end, row), (5, 0), textcoords="offset points", va="center_baseline", fontsize=_SIZE,
                fontweight=weight, color=INK if is_last else MUTED,
            )  # fmt: skip
        body.text(left, 0.08, "left part of a bar: older than 90 days", va="center_baseline", fontsize=8, color=MUTED)
    return figure


def _name_month(month: str, *, narrow: bool) -> str:
    name = formatting.format_month(month)
    return f"{name[:3]} {name[-4:]}" if narrow else name


def _format_end(one: BacklogMonth) -> str:
    return f"{formatting.format_count(one.open_end)}, of which {formatting.format_count(one.over_90)} older"
