"""The queries of two researchers, system by system: a pair of bars, and of the second the part that is repeated."""

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from audit import formatting
from audit.analysis.repeated_queries import QueryResult, SystemQueries
from audit.reporting.figures.canvas import (
    BLUE,
    GRID,
    INK,
    LIGHT,
    MARGIN,
    MUTED,
    ORANGE,
    WIDTH,
    Caption,
    apply_style,
    measure_number,
    measure_text,
    set_number,
    shorten_text,
    start_figure,
)
from audit.reporting.figures.marks import draw_key

_ROW, _BAR, _SIZE, _NAME = 0.34, 0.115, 8.5, 1.9  # inches of a system, of a bar, points, inches of a name
MAXIMUM_SYSTEMS = 20


def make_caption(result: QueryResult) -> Caption:
    """The words of the figure."""
    first, second = result.researchers
    share = formatting.format_percent(result.repeated, second.queries)
    shown = _list_systems(result)
    omitted = len(result.systems) - len(shown)
    rest = f" {formatting.format_plural(omitted, 'system')} with fewer queries in the table." if omitted else ""
    made_up = f" {result.synthetic}" if result.synthetic else ""
    rows = "; ".join(
        f"{one.system} {formatting.format_count(one.first)}, {formatting.format_count(one.second)}, of these "
        f"{formatting.format_count(one.repeated)} repeated"
        for one in shown
    )
    return Caption(
        title=f"{share} of the queries of {second.words} repeat one of {first.words}",
        subtitle=f"{result.title}: number of queries by system; repeated: same person, within "
        f"{formatting.format_plural(result.window_days, 'day')}",
        note=f"{result.extent}{rest}{made_up}",
        alt=f"Paired bars by system. Queries of {first.words}, of {second.words}: {rows}.",
    )


def draw_figure(result: QueryResult, *, bare: bool = False) -> Figure:
    """Two bars a system on one scale, each with its number."""
    shown = _list_systems(result)
    first, second = result.researchers
    with apply_style():
        height = 0.32 + _ROW * len(shown)
        figure, body = start_figure(height, make_caption(result), bare=bare)
        key = [(LIGHT, first.words), (ORANGE, f"{second.words}: repeated"), (BLUE, f"{second.words}: not repeated")]
        draw_key(body, [(color, formatting.capitalize(words)) for color, words in key], top=height)
        labels = [shorten_text(one.system, _SIZE, width=_NAME) for one in shown]
        left = MARGIN + max(measure_text(label, _SIZE) for label in labels) + 0.1
        most = max(max(one.first, one.second) for one in shown)
        room = measure_number(formatting.format_count(most), _SIZE) + 0.08
        scale = (WIDTH - MARGIN - room - left) / most
        for place, one in enumerate(shown):
            y = height - 0.32 - _ROW * (place + 0.5)
            body.text(left - 0.1, y, labels[place], fontsize=_SIZE, ha="right", va="center_baseline")
            upper, lower = y + 0.015, y - _BAR - 0.015
            body.add_patch(Rectangle((left, upper), scale * one.first, _BAR, color=LIGHT, linewidth=0))
            body.add_patch(Rectangle((left, lower), scale * one.repeated, _BAR, color=ORANGE, linewidth=0))
            others = scale * (one.second - one.repeated)
            body.add_patch(Rectangle((left + scale * one.repeated, lower), others, _BAR, color=BLUE, linewidth=0))
            for number, at, color in ((one.first, upper, MUTED), (one.second, lower, INK)):
                text = formatting.format_count(number)
                right = left + scale * number + 0.06 + measure_number(text, 7.5)
                set_number(body, right, at + _BAR / 2 + 0.005, text, size=7.5, color=color, weight="regular")
            if place:
                body.plot([MARGIN, WIDTH - MARGIN], [y + _ROW / 2] * 2, color=GRID, linewidth=0.5, zorder=0)
    return figure


def _list_systems(result: QueryResult) -> list[SystemQueries]:
    """The systems with most queries first, as many as there is room for."""
    return sorted(result.systems, key=lambda one: (-one.first - one.second, one.system))[:MAXIMUM_SYSTEMS]
