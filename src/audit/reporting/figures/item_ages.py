"""The age of the open items: how many there are in each band of days, as the ledger has them."""

from matplotlib.figure import Figure

from audit import formatting
from audit.compliance.follow_up_summary import AGE_BANDS, FollowUp
from audit.reporting.figures.canvas import (
    BLUE,
    INK,
    MARGIN,
    MUTED,
    ORANGE,
    WIDTH,
    Caption,
    add_plot_area,
    apply_style,
    measure_text,
    start_figure,
)

_ROW, _SIZE = 0.34, 10.0


def make_caption(follow_up: FollowUp, *, unit: str, period: str) -> Caption:
    """The words of the figure; its title is how many are in the last band."""
    bands = [
        f"{age} {formatting.format_count(n)} ({formatting.format_percent(n, follow_up.open_end)})"
        for age, n in follow_up.ages
    ]
    return Caption(
        title=describe_last_band(follow_up),
        subtitle=f"Open items of all months up to {period}, by days since the first {unit} of an item",
        note=(
            f"From the ledger: {formatting.format_plural(follow_up.open_end, 'item')} open on the day of this report"
            + (
                f", the oldest for {formatting.format_plural(follow_up.oldest_days, 'day')}."
                if follow_up.oldest_days
                else "."
            )
        ),
        alt=f"Bar chart. Open items by age: {formatting.format_list(bands, most=len(bands))}.",
    )


def describe_last_band(follow_up: FollowUp) -> str:
    """How many of the open items are in the last band, in one line."""
    band, n = follow_up.ages[-1]
    if not n:
        return f"No open item is {band} old"
    are = "is" if n == 1 else "are"
    return (
        f"{formatting.format_count(n)} of {formatting.format_plural(follow_up.open_end, 'open item')} "
        f"({formatting.format_percent(n, follow_up.open_end)}) {are} {band} old"
    )


def draw_figure(follow_up: FollowUp, *, unit: str, period: str, bare: bool = False) -> Figure:
    """A bar a band, each with its number and share; the last band, which has no end, stands out."""
    height = _ROW * len(AGE_BANDS)
    with apply_style():
        figure, body = start_figure(height, make_caption(follow_up, unit=unit, period=period), bare=bare)
        left = MARGIN + max(measure_text(age, _SIZE) for age, _ in follow_up.ages) + 0.14
        ends = [
            f"{formatting.format_count(n)}  ({formatting.format_percent(n, follow_up.open_end)})"
            for _, n in follow_up.ages
        ]
        room = max(measure_text(text, _SIZE, "bold") for text in ends) + 0.1
        plot = add_plot_area(body, left, 0, WIDTH - MARGIN - room - left, height)
        rows = range(len(follow_up.ages) - 1, -1, -1)
        colors = [*[BLUE] * (len(follow_up.ages) - 1), ORANGE]
        plot.barh(rows, [n for _, n in follow_up.ages], height=0.62, color=colors)
        plot.set(
            xlim=(0, max(n for _, n in follow_up.ages) or 1),
            ylim=(-0.5, len(follow_up.ages) - 0.5),
            xticks=[],
            yticks=[],
        )
        plot.spines["bottom"].set_visible(False)
        plot.axvline(0, color=MUTED, linewidth=0.8)
        for y, (age, n), text in zip(rows, follow_up.ages, ends, strict=True):
            at = _ROW * (y + 0.5) + 0.01
            body.text(left - 0.14, at, age, fontsize=_SIZE, color=INK, ha="right", va="center_baseline")
            end = plot.annotate(text, (n, y), (6, 0), textcoords="offset points", va="center_baseline")
            end.set(fontsize=_SIZE, fontweight="bold")
    return figure
