"""Two researchers' conclusions on the same cases as a table of cells: alike on the diagonal, changed on either side."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from audit import formatting
from audit.analysis.repeated_queries import QueryResult
from audit.analysis.second_looks import SecondLook
from audit.reporting.figures.canvas import (
    BAND,
    BLUE,
    INK,
    MARGIN,
    MUTED,
    PAPER,
    RULE,
    TINT,
    WIDTH,
    Caption,
    apply_style,
    measure_text,
    shorten_text,
    start_figure,
    wrap_text,
)
from audit.reporting.query_text import describe_second_look

_CELL, _GAP, _SIZE, _NAME = 0.5, 0.05, 9.0, 1.9


def make_caption(result: QueryResult, look: SecondLook) -> Caption:
    """The words of the figure."""
    first, second = result.researchers
    made_up = f" {result.synthetic}" if result.synthetic else ""
    changed = formatting.format_percent(look.more + look.less, look.cases)
    cells = "; ".join(
        f"{row} then {column}: {formatting.format_count(look.counts[i][j])}"
        for i, row in enumerate(look.order)
        for j, column in enumerate(look.order)
    )
    return Caption(
        title=f"The second look changed {changed} of conclusions: {formatting.format_count(look.less)} with less "
        f"consequence for the person, {formatting.format_count(look.more)} with more",
        subtitle=f"{formatting.capitalize(result.unit[1])} by what {first.words} concluded (rows) and {second.words} "
        "after it (columns)",
        note="On the diagonal, framed, both concluded the same. Above it the second concluded what has more "
        f"consequence for the person; below it, less. Concluded by {first.words} alone: "
        f"{formatting.format_count(look.first_only)}; by {second.words} alone: "
        f"{formatting.format_count(look.second_only)}.{made_up}",
        alt=f"Table of cells. {describe_second_look(result)} {cells}.",
    )


def draw_figure(result: QueryResult, look: SecondLook, *, bare: bool = False) -> Figure:
    """A cell for each pair of conclusions, with its number; the sides are told apart by shade and by place."""
    first, second = result.researchers
    size = len(look.order)
    with apply_style():
        labels = [shorten_text(name, _SIZE, width=_NAME) for name in look.order]
        left = MARGIN + max(measure_text(label, _SIZE) for label in labels) + 0.14
        wide = min(1.5, (WIDTH - MARGIN - left - 0.75) / size - _GAP)
        heads = [wrap_text(name, _SIZE, width=wide) for name in look.order]
        head = 0.16 * max(map(len, heads)) + 0.3
        height = head + (size + 1) * (_CELL + _GAP) - 0.1
        figure, body = start_figure(height, make_caption(result, look), bare=bare)
        body.text(left, height - 0.08, f"{formatting.capitalize(second.words)} concluded", color=MUTED, va="top")
        body.text(MARGIN, height - head + 0.09, f"{formatting.capitalize(first.words)}", color=MUTED)
        for place in range(size):
            for line, words in enumerate(reversed(heads[place])):
                x, y = left + place * (wide + _GAP) + wide / 2, height - head + 0.09 + 0.16 * line
                body.text(x, y, words, fontsize=_SIZE, ha="center")
            y = height - head - place * (_CELL + _GAP) - _CELL / 2
            body.text(left - 0.14, y, labels[place], fontsize=_SIZE, ha="right", va="center_baseline")
            for column in range(size):
                _draw_cell(body, look.counts[place][column], column - place, left + column * (wide + _GAP), y, wide)
            total = formatting.format_count(sum(look.counts[place]))
            body.text(WIDTH - MARGIN, y, total, fontsize=_SIZE, color=MUTED, ha="right", va="center_baseline")
        y = height - head - size * (_CELL + _GAP) - 0.1
        body.text(left - 0.14, y, "all", fontsize=_SIZE, color=MUTED, ha="right", va="center_baseline")
        for column in range(size):
            total = formatting.format_count(sum(row[column] for row in look.counts))
            at = left + column * (wide + _GAP) + wide / 2
            body.text(at, y, total, fontsize=_SIZE, color=MUTED, ha="center", va="center_baseline")
        whole = formatting.format_count(look.cases)
        body.text(WIDTH - MARGIN, y, whole, fontsize=_SIZE, color=MUTED, ha="right", va="center_baseline")
    return figure


def _draw_cell(body: Axes, number: int, side: int, left: float, y: float, wide: float) -> None:
    """`side` is 0 on the diagonal, above 0 where the second concluded more, below 0 where it concluded less."""
    fill = PAPER if side == 0 else TINT if side > 0 else BAND
    edge, line = (BLUE, 1.6) if side == 0 else (RULE, 0.6)
    body.add_patch(Rectangle((left, y - _CELL / 2), wide, _CELL, facecolor=fill, edgecolor=edge, linewidth=line))
    weight = "bold" if number else "regular"
    at, text = left + wide / 2, formatting.format_count(number)
    body.text(at, y, text, fontsize=11, fontweight=weight, color=INK, ha="center", va="center_baseline")
