"""The audit report's figure: the rate of each group of cases, by what the policy called for, with its limits."""

from collections.abc import Iterator, Sequence
from math import floor
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from audit import formatting
from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE
from audit.estimation.rates import Estimate
from audit.estimation.results import SampleResult
from audit.reporting.figures.canvas import (
    BLUE,
    INK,
    LIGHT,
    MARGIN,
    MUTED,
    WIDTH,
    Caption,
    add_plot_area,
    apply_style,
    measure_text,
    set_percent_axis,
    shorten_text,
    start_figure,
)

_ROW, _SIZE, _NAME, _COUNTS = 0.27, 9.0, 2.1, 1.45  # inches, points, inches


class _Row(NamedTuple):
    """One line of the figure."""

    estimate: Estimate
    name: str
    is_part: bool


def has_rows(result: SampleResult) -> bool:
    """Whether there is anything to compare."""
    return len([*_list_rows(result)]) > 1


def make_caption(result: SampleResult, *, phrase: str) -> Caption:
    """The words of the figure; `phrase` says of cases what they should be ("timely")."""
    rows = [*_list_rows(result)]
    groups = [row for row in rows[:-1] if not row.is_part]
    lowest = min(groups, key=lambda row: row.estimate.rate or 0.0)
    level = formatting.format_percent(result.overall.level, places=0)
    rates = "; ".join(
        f"{row.name} {formatting.format_percent(row.estimate.rate)}, {_format_counts(row.estimate)}" for row in rows
    )
    return Caption(
        title=f"{lowest.name}: {formatting.format_percent(lowest.estimate.rate)}, the lowest rate of the groups",
        subtitle=f"Share of cases that were {phrase}, of those assessed; lines are {level} confidence limits",
        note="Groups and classes with fewer than "
        f"{MINIMUM_CASES_FOR_RATE} assessed cases, and those that the policy only permits, are left out.",
        alt=f"Dot plot. {rates}.",
    )


def draw_figure(result: SampleResult, *, phrase: str, bare: bool = False) -> Figure:
    """A line a group and class: dot, limits, counts; last the rate of all; the tolerable limit, if declared."""
    rows = [*_list_rows(result)]
    depth = _ROW * len(rows)
    with apply_style():
        figure, body = start_figure(depth + 0.62, make_caption(result, phrase=phrase), bare=bare)
        top = depth + 0.34
        left = MARGIN + max(measure_text(_fit_name(row), _SIZE, "bold") for row in rows) + 0.14
        plot = add_plot_area(body, left, top - depth, WIDTH - MARGIN - _COUNTS - left, depth)
        _draw_rows(plot, rows)
        if result.conclusion:
            tolerable = 1 - result.conclusion.tolerable
            plot.axvline(tolerable, color=INK, linewidth=0.9, linestyle=(0, (3, 2)))
            label = f"{formatting.format_percent(round(tolerable, 6), places=0)}: tolerable limit declared"
            plot.text(tolerable, len(rows) + 0.2, label, color=INK, ha="center", fontsize=8)
        for i, row in enumerate(rows):
            y = top - _ROW * (i + 0.5) + 0.01
            weight, color = ("regular", MUTED) if row.is_part else ("bold", INK)
            body.text(left - 0.14, y, _fit_name(row), fontweight=weight, color=color, ha="right", va="center_baseline")
            text = f"{_format_counts(row.estimate)} ({formatting.format_percent(row.estimate.rate)})"
            body.text(
                WIDTH - MARGIN,
                y,
                text,
                fontweight=weight,
                color=color,
                ha="right",
                va="center_baseline",
                fontsize=_SIZE,
            )
    return figure


def _list_rows(result: SampleResult) -> Iterator[_Row]:
    """The groups with their classes, or the classes where there are no groups; last all that could be assessed."""
    for group in result.groups:
        if group.is_permission or group.estimate.assessed < MINIMUM_CASES_FOR_RATE:
            continue
        yield _Row(group.estimate, group.estimate.label, is_part=False)
        if group.estimate.deviating:
            for one in group.classes:
                if one.assessed >= MINIMUM_CASES_FOR_RATE and one.deviating:
                    yield _Row(one, _start_sentence(one.label), is_part=True)
    if not result.groups:
        for one in result.classes:
            if one.assessed >= MINIMUM_CASES_FOR_RATE:
                yield _Row(one, _start_sentence(one.label), is_part=False)
    if result.overall.assessed:
        yield _Row(result.overall, "All that could be assessed", is_part=False)


def _draw_rows(plot: Axes, rows: Sequence[_Row]) -> None:
    for i, row in enumerate(rows):
        e, y = row.estimate, len(rows) - i - 0.5
        line, dot = (LIGHT, LIGHT) if row.is_part else (BLUE, BLUE)
        plot.plot(
            [e.lower or 0.0, 1.0 if e.upper is None else e.upper], [y, y], color=line, linewidth=2.4, clip_on=False
        )
        plot.plot([e.rate or 0.0], [y], marker="o", markersize=6.4, color=dot, markeredgecolor="white", clip_on=False)
    lowest = min(row.estimate.lower or 0.0 for row in rows)
    step = set_percent_axis(plot.xaxis, 1 - lowest)
    plot.set(xlim=(floor(lowest / step) * step, 1.0), ylim=(0, len(rows)), yticks=[])
    plot.grid(axis="x")


def _fit_name(row: _Row) -> str:
    return shorten_text(row.name, _SIZE, "bold", width=_NAME)


def _format_counts(e: Estimate) -> str:
    return f"{formatting.format_count(e.conforming)} of {formatting.format_count(e.assessed)}"


def _start_sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
