"""The age of the open items: how many there are in each band of days, as the ledger has them."""

from matplotlib.figure import Figure

from audit import formatting
from audit.compliance.follow_up import AGES, FollowUp
from audit.reporting.figures.canvas import (
    BLUE,
    INK,
    MARGIN,
    MUTED,
    ORANGE,
    WIDTH,
    Caption,
    framed,
    styled,
    width_of,
    within,
)

_ROW, _SIZE = 0.34, 10.0


def caption(found: FollowUp, *, unit: str, period: str) -> Caption:
    """The words of the figure; its title is how many are in the last band."""
    bands = [f"{age} {formatting.count(n)} ({formatting.percent(n, found.open_end)})" for age, n in found.ages]
    return Caption(
        title=old(found),
        subtitle=f"Open items of all months up to {period}, by days since the first {unit} of an item",
        note=(
            f"From the ledger: {formatting.plural(found.open_end, 'item')} open on the day of this report"
            + (f", the oldest for {formatting.plural(found.oldest_days, 'day')}." if found.oldest_days else ".")
        ),
        alt=f"Bar chart. Open items by age: {formatting.listed(bands, most=len(bands))}.",
    )


def old(found: FollowUp) -> str:
    """How many of the open items are in the last band, in one line."""
    band, n = found.ages[-1]
    if not n:
        return f"No open item is {band} old"
    are = "is" if n == 1 else "are"
    return (
        f"{formatting.count(n)} of {formatting.plural(found.open_end, 'open item')} "
        f"({formatting.percent(n, found.open_end)}) {are} {band} old"
    )


def draw(found: FollowUp, *, unit: str, period: str, bare: bool = False) -> Figure:
    """A bar a band, each with its number and share; the last band, which has no end, stands out."""
    height = _ROW * len(AGES)
    with styled():
        figure, body = framed(height, caption(found, unit=unit, period=period), bare=bare)
        left = MARGIN + max(width_of(age, _SIZE) for age, _ in found.ages) + 0.14
        ends = [f"{formatting.count(n)}  ({formatting.percent(n, found.open_end)})" for _, n in found.ages]
        room = max(width_of(text, _SIZE, "bold") for text in ends) + 0.1
        plot = within(body, left, 0, WIDTH - MARGIN - room - left, height)
        rows = range(len(found.ages) - 1, -1, -1)
        colors = [*[BLUE] * (len(found.ages) - 1), ORANGE]
        plot.barh(rows, [n for _, n in found.ages], height=0.62, color=colors)
        plot.set(xlim=(0, max(n for _, n in found.ages) or 1), ylim=(-0.5, len(found.ages) - 0.5), xticks=[], yticks=[])
        plot.spines["bottom"].set_visible(False)
        plot.axvline(0, color=MUTED, linewidth=0.8)
        for y, (age, n), text in zip(rows, found.ages, ends, strict=True):
            at = _ROW * (y + 0.5) + 0.01
            body.text(left - 0.14, at, age, fontsize=_SIZE, color=INK, ha="right", va="center_baseline")
            end = plot.annotate(text, (n, y), (6, 0), textcoords="offset points", va="center_baseline")
            end.set(fontsize=_SIZE, fontweight="bold")
    return figure
