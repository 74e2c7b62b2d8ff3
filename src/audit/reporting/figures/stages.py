"""A process as bars, one a stage: how many cases reached it, and how those that went no further stand."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from audit import formatting
from audit.analysis.stages import StageResult
from audit.reporting.figures.canvas import (
    BLUE,
    GRID,
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
from audit.reporting.stage_text import describe_stage_departures

_ROW, _BAR, _SIZE, _NOTE = 0.53, 0.22, 9.5, 8.0  # inches of a stage and its bar; points
_LABEL = 2.1  # inches that the words of a stage may have


def make_caption(result: StageResult) -> Caption:
    """The words of the figure."""
    last = result.stages[-1]
    stages = "; ".join(
        f"{stage.words} {formatting.format_count(stage.reached)} "
        f"({formatting.format_percent(stage.reached, result.cases)})"
        for stage in result.stages
    )
    note = f"{result.note} " if result.note else ""
    made_up = f" {result.synthetic}" if result.synthetic else ""
    return Caption(
        title=f"{formatting.format_percent(last.reached, result.cases)} of {result.unit[1]} reached the last stage by "
        f"{formatting.format_day(result.as_of)}",
        subtitle=f"{result.title}: {result.unit[1]} that reached each stage; under each bar those that came no further",
        note=f"{note}Skipped: reached a later stage without this one. Open: the log has nothing after this stage."
        f"{made_up}",
        alt=f"Bar chart of {formatting.format_plural(len(result.stages), 'stage')}: {stages}.",
    )


def draw_figure(result: StageResult, *, bare: bool = False) -> Figure:
    """A bar a stage on one scale, with its number and share, and beneath it what became of those that end there."""
    height = _ROW * len(result.stages) + 0.3
    with apply_style():
        figure, body = start_figure(height, make_caption(result), bare=bare)
        labels = [shorten_text(stage.words, _SIZE, width=_LABEL) for stage in result.stages]
        left = MARGIN + max(measure_text(label, _SIZE) for label in labels) + 0.12
        count_room = max(measure_number(formatting.format_count(stage.reached), _SIZE) for stage in result.stages)
        room = count_room + 0.78
        scale = (WIDTH - MARGIN - room - left) / result.cases
        _write_headings(body, height)
        for place, stage in enumerate(result.stages):
            y = height - 0.38 - _ROW * place
            body.text(left - 0.12, y, labels[place], fontsize=_SIZE, ha="right", va="center_baseline")
            body.add_patch(Rectangle((left, y - _BAR / 2), scale * result.cases, _BAR, color=TINT, linewidth=0))
            body.add_patch(Rectangle((left, y - _BAR / 2), scale * stage.reached, _BAR, color=BLUE, linewidth=0))
            right = WIDTH - MARGIN - 0.68
            number = formatting.format_count(stage.reached)
            set_number(body, right, y, number, size=_SIZE, color=INK, weight="bold")
            share = formatting.format_percent(stage.reached, result.cases).replace("over ", ">").replace("under ", "<")
            set_number(body, WIDTH - MARGIN, y, share, size=_SIZE, color=MUTED, weight="regular")
            words = "; ".join(
                filter(
                    None,
                    (
                        describe_stage_departures(result, stage),
                        f"{formatting.format_count(stage.skipped)} skipped this stage" if stage.skipped else "",
                    ),
                )
            )
            text = shorten_text(words, _NOTE, width=WIDTH - MARGIN - left)
            body.text(left, y - _BAR / 2 - 0.11, text, fontsize=_NOTE, color=MUTED, va="center_baseline")
            if place:
                body.plot([MARGIN, WIDTH - MARGIN], [y + 0.22] * 2, color=GRID, linewidth=0.6)
    return figure


def _write_headings(body: Axes, height: float) -> None:
    body.text(WIDTH - MARGIN - 0.68, height - 0.1, "reached", fontsize=_NOTE, color=MUTED, ha="right", va="center")
    body.text(WIDTH - MARGIN, height - 0.1, "of all", fontsize=_NOTE, color=MUTED, ha="right", va="center")
