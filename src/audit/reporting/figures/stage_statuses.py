"""The stages of a process side by side for each status: a panel a status, a bar a stage, one scale of shares."""

from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from audit import formatting
from audit.analysis.stages import StageGroup, StageResult
from audit.reporting.figures.canvas import (
    BLUE,
    INK,
    MARGIN,
    MUTED,
    TINT,
    WIDTH,
    Caption,
    apply_style,
    measure_number,
    measure_text,
    set_number,
    shorten_text,
    start_figure,
)

_ROW, _BAR, _HEAD, _SIZE = 0.19, 0.11, 0.28, 8.0
_ACROSS, _GAP, _LABEL = 2, 0.2, 1.75
MAXIMUM_PANELS = 8


def make_caption(result: StageResult) -> Caption:
    """The words of the figure."""
    panels = _list_panels(result)
    last = len(result.stages) - 1
    shares = [
        f"{group.name}: {formatting.format_count(group.reached[last])} of {formatting.format_count(group.cases)}"
        for group in panels
    ]
    omitted = len(result.list_groups("status")) - len(panels)
    rest = (
        f" {formatting.format_plural(omitted, 'smaller status', 'smaller statuses')} in the table." if omitted else ""
    )
    return Caption(
        title=f"{result.title}, by status",
        subtitle=f"Share of the {result.unit[1]} of each status that reached each stage, and their number",
        note=f"{result.note} Largest status first; one scale, 0 to 100%.{rest}".strip(),
        alt=f"Bar charts, one a status. Reached the last stage, {result.stages[last].words}: {'; '.join(shares)}.",
    )


def draw_figure(result: StageResult, *, bare: bool = False) -> Figure:
    """The panels in two columns; the names of the stages stand at the left."""
    panels = _list_panels(result)
    tall = _HEAD + _ROW * len(result.stages) + 0.14
    with apply_style():
        figure, body = start_figure(tall * ceil(len(panels) / _ACROSS), make_caption(result), bare=bare)
        labels = [shorten_text(stage.words, _SIZE, width=_LABEL) for stage in result.stages]
        left = MARGIN + max(measure_text(label, _SIZE) for label in labels) + 0.1
        wide = (WIDTH - MARGIN - left + _GAP) / _ACROSS - _GAP
        for number, group in enumerate(panels):
            row, column = divmod(number, _ACROSS)
            top = tall * (ceil(len(panels) / _ACROSS) - row)
            if not column:
                for place, label in enumerate(labels):
                    y = top - _HEAD - _ROW * (place + 0.5)
                    body.text(left - 0.1, y, label, fontsize=_SIZE, color=MUTED, ha="right", va="center_baseline")
            _draw_panel(body, group, left + column * (wide + _GAP), top, wide)
    return figure


def _draw_panel(body: Axes, group: StageGroup, left: float, top: float, wide: float) -> None:
    title = f"{formatting.capitalize(group.name)}, {formatting.format_count(group.cases)}"
    body.text(left, top - 0.14, shorten_text(title, 9, "bold", width=wide), fontsize=9, fontweight="bold")
    room = measure_number(formatting.format_count(group.cases), _SIZE) + 0.08
    scale = (wide - room) / group.cases
    for place, reached in enumerate(group.reached):
        y = top - _HEAD - _ROW * (place + 0.5)
        body.add_patch(Rectangle((left, y - _BAR / 2), scale * group.cases, _BAR, color=TINT, linewidth=0))
        body.add_patch(Rectangle((left, y - _BAR / 2), scale * reached, _BAR, color=BLUE, linewidth=0))
        text = formatting.format_count(reached)
        set_number(body, left + wide, y, text, size=_SIZE, color=INK if reached else MUTED, weight="regular")


def _list_panels(result: StageResult) -> list[StageGroup]:
    """The statuses by size, as many as there is room for."""
    return sorted(result.list_groups("status"), key=lambda one: (-one.cases, one.name))[:MAXIMUM_PANELS]
