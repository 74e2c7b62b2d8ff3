"""How long each step of a process takes: the share that reached the next stage, by days, a panel a step."""

from math import ceil

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from audit import formatting
from audit.analysis.stage_intervals import StageInterval
from audit.analysis.stages import StageResult
from audit.reporting.figures.canvas import (
    BLUE,
    INK,
    MARGIN,
    MUTED,
    RULE,
    WIDTH,
    Caption,
    add_plot_area,
    apply_style,
    shorten_text,
    start_figure,
)
from audit.reporting.stage_text import describe_stage_interval

_ACROSS, _GAP, _TALL, _PLOT, _LEFT, _SIZE = 2, 0.45, 1.75, 1.02, 0.38, 8.0
_CUT_OFF_SHARE = 0.98  # of those who reach the next stage at last: days beyond are cut off, and said
_MINIMUM_AXIS_DAYS = 7


def make_caption(result: StageResult) -> Caption:
    """The words of the figure."""
    steps = [f"{one.earlier} to {one.later}: {describe_stage_interval(one)}" for one in _list_steps(result)]
    same_day = [one for one in result.intervals if one not in _list_steps(result)]
    omitted = (
        f" Not drawn, since all that came further did so on the same day: {_name_steps(same_day)}." if same_day else ""
    )
    return Caption(
        title=f"{result.title}: how long each step takes",
        subtitle=f"Share of {result.unit[1]} that reached the next stage, by calendar days since the stage before",
        note="Aalen and Johansen 1978: those that left or skipped the stage count as never reaching it; those still "
        f"open on {formatting.format_day(result.as_of)} are censored. Dashed: half. Each axis of days has a length of "
        f"its own, and ends where {formatting.format_percent(_CUT_OFF_SHARE, places=0)} of the steps are done."
        f"{omitted}",
        alt=f"Step lines. {'; '.join(steps)}.",
    )


def draw_figure(result: StageResult, *, bare: bool = False) -> Figure:
    """A panel a step."""
    steps = _list_steps(result)
    rows = ceil(len(steps) / _ACROSS)
    with apply_style():
        figure, body = start_figure(_TALL * rows + 0.12, make_caption(result), bare=bare)
        wide = (WIDTH - 2 * MARGIN - _LEFT + _GAP) / _ACROSS - _GAP
        for number, step in enumerate(steps):
            row, column = divmod(number, _ACROSS)
            left, top = MARGIN + _LEFT + column * (wide + _GAP), _TALL * (rows - row) + 0.12
            title = shorten_text(f"{step.earlier} → {step.later}", _SIZE, "bold", width=wide)
            body.text(left, top - 0.14, title, fontsize=_SIZE, fontweight="bold")
            words = shorten_text(describe_stage_interval(step), _SIZE, width=wide)
            body.text(left, top - 0.29, words, fontsize=_SIZE, color=MUTED)
            plot = add_plot_area(body, left, top - 0.38 - _PLOT, wide, _PLOT)
            most = _find_last_day(step)
            days, shares = [0, *(day for day, _ in step.curve)], [0.0, *(share for _, share in step.curve)]
            plot.step([*days, max(most, days[-1])], [*shares, shares[-1]], where="post", color=BLUE, linewidth=1.6)
            plot.axhline(0.5, color=RULE, linewidth=0.8, linestyle=(0, (3, 2)), zorder=1)
            plot.set(xlim=(0, most), ylim=(0, 1.02), yticks=[0, 0.5, 1])
            plot.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
            plot.tick_params(labelsize=_SIZE, labelcolor=INK)
            plot.tick_params(labelleft=column == 0)
            plot.set_xlabel("days", fontsize=_SIZE, color=MUTED, labelpad=1)
    return figure


def has_steps(result: StageResult) -> bool:
    """Whether any step takes longer than its day."""
    return bool(_list_steps(result))


def _list_steps(result: StageResult) -> list[StageInterval]:
    """The steps of which some take a day or more."""
    return [one for one in result.intervals if one.curve and one.curve[-1][0] > 0]


def _name_steps(steps: list[StageInterval]) -> str:
    return formatting.format_list([f"{one.earlier} → {one.later}" for one in steps], most=100)


def _find_last_day(step: StageInterval) -> int:
    final = step.curve[-1][1]
    return max(_MINIMUM_AXIS_DAYS, next(day for day, share in step.curve if share >= _CUT_OFF_SHARE * final))
