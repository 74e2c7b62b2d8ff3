"""The sample audit: the rate of each class of case with its exact limits, and the overall rate with its bounds."""

from collections.abc import Iterator, Sequence
from math import floor

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from audit import formatting
from audit.estimation.rates import Estimate
from audit.estimation.results import SampleResult
from audit.reporting.attribute_text import get_attribute_words
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
    Weight,
    add_plot_area,
    apply_style,
    format_rate,
    measure_share_column,
    measure_text,
    set_number,
    set_percent_axis,
    set_share,
    shorten_text,
    start_figure,
)
from audit.reporting.figures.labels import fit_labels
from audit.reporting.figures.marks import MarkStyle, draw_key
from audit.reporting.method_text import describe_estimation

_ROW, _SIZE = 0.26, 9.0
_NAME, _RATE = 2.1, 0.6  # inches of a name and of a rate

_RATE_MARK: MarkStyle = {"marker": "o", "markersize": 6.4, "color": BLUE, "markeredgecolor": "white"}
_LIMITS_MARK: MarkStyle = {"marker": "_", "markersize": 11, "markeredgewidth": 2.4, "color": LIGHT}


def make_caption(audit: SampleResult) -> Caption:
    """The words of the figure; its title names only classes whose limits lie wholly below the overall rate."""
    overall, level = audit.overall, formatting.format_percent(audit.overall.level, places=0)
    below = [_format_label(e) for e in _list_classes(audit) if e.upper is not None and e.upper < (overall.rate or 0.0)]
    against = f"the overall rate of {formatting.format_percent(overall.rate)}"
    rates = "; ".join(map(_describe_estimate, _list_rows(audit)))
    words = get_attribute_words(audit.attribute)
    title = f"No class of case is clearly below {against}"
    if below:
        title = f"{formatting.format_list(below)}: below {against}"
    elif not _list_classes(audit):
        title = f"{formatting.format_percent(overall.rate)} of sampled cases {words.phrase}"
    return Caption(
        title=title,
        subtitle=f"Share of sampled cases {words.phrase}, with {level} confidence limits, by class of case",
        note=" ".join([*describe_estimation(audit), *_describe_bar(audit)]),
        alt=f"Dot plot. Cases {words.phrase}, with {level} limits: {rates}.",
    )


def draw_figure(audit: SampleResult, *, bare: bool = False) -> Figure:
    """The overall rate, then a row a class: dot, limits, counts."""
    rows = _list_rows(audit)
    depth = _ROW * len(rows)
    with apply_style():
        figure, body = start_figure(depth + 0.92, make_caption(audit), bare=bare)
        key: list[tuple[MarkStyle | str, str]] = [(_RATE_MARK, "rate"), (_LIMITS_MARK, "confidence limits")]
        if audit.overall.undeterminable:
            key.append((BAND, "bounds: undetermined cases put back"))
        top = draw_key(body, key, top=depth + 0.92) - 0.38
        left = MARGIN + max(measure_text(label, _SIZE, "bold") for label in _list_labels(rows)) + 0.14
        counts, _ = measure_share_column(((e.conforming, e.assessed) for e in rows), _SIZE)
        plot = add_plot_area(body, left, top - depth, WIDTH - MARGIN - _RATE - counts - 0.2 - left, depth)
        _draw_rows(plot, rows)
        _draw_text(body, rows, top=top, left=left, heading=get_attribute_words(audit.attribute).conforming)
        body.plot([MARGIN, WIDTH - MARGIN], [top - _ROW] * 2, color=RULE, linewidth=0.6, zorder=0)
    return figure


def _describe_bar(audit: SampleResult) -> Iterator[str]:
    """What the shaded bar is, where there is one."""
    if audit.overall.undeterminable:
        undetermined = formatting.format_count(audit.overall.undeterminable)
        yield (
            f"Of {formatting.format_plural(audit.drawn, 'case')} drawn, {undetermined} could not be determined; the "
            "shaded bar shows the bounds."
        )


def _list_classes(audit: SampleResult) -> list[Estimate]:
    return [e for e in audit.classes if e.rate is not None]


def _list_rows(audit: SampleResult) -> list[Estimate]:
    return [audit.overall, *_list_classes(audit)]


def _format_label(e: Estimate) -> str:
    return formatting.capitalize(e.label)


def _list_labels(rows: Sequence[Estimate]) -> list[str]:
    """The names of the rows, in their order."""
    names = {str(number): _format_label(row) for number, row in enumerate(rows)}
    return [*fit_labels(names, lambda name: shorten_text(name, _SIZE, "bold", width=_NAME)).values()]


def _describe_estimate(e: Estimate) -> str:
    share = f"{formatting.format_count(e.conforming)} of {formatting.format_count(e.assessed)}"
    return (
        f"{_format_label(e)} {formatting.format_percent(e.rate)} ({share}; {formatting.format_range(e.lower, e.upper)})"
    )


def _draw_rows(plot: Axes, rows: Sequence[Estimate]) -> None:
    overall = rows[0]
    if overall.worst is not None and overall.best is not None:
        plot.barh(len(rows) - 0.5, overall.best - overall.worst, 0.64, overall.worst, color=BAND)
    for i, e in enumerate(rows):
        y = len(rows) - i - 0.5
        plot.plot([e.lower or 0.0, e.upper or 1.0], [y, y], color=LIGHT, linewidth=2.4, clip_on=False)
        plot.plot([e.rate or 0.0], [y], clip_on=False, linestyle="none", zorder=3, **_RATE_MARK)
    lowest = min(limit for e in rows for limit in (e.lower, e.worst if e is overall else None) if limit is not None)
    step = set_percent_axis(plot.xaxis, 1 - lowest)
    plot.set(xlim=(floor(lowest / step) * step, 1.0), ylim=(0, len(rows)), yticks=[])
    plot.grid(axis="x")
    if overall.rate is not None:
        plot.axvline(overall.rate, color=INK, linewidth=1, linestyle=(0, (3, 2)), zorder=2.5)


def _draw_text(body: Axes, rows: Sequence[Estimate], *, top: float, left: float, heading: str) -> None:
    right = WIDTH - MARGIN
    for at, words in ((right, "Rate"), (right - _RATE, formatting.capitalize(heading))):
        body.text(at, top + 0.06, words, color=MUTED, ha="right")
    _, room = measure_share_column(((e.conforming, e.assessed) for e in rows), _SIZE)
    labels = _list_labels(rows)
    for i, e in enumerate(rows):
        y = top - _ROW * (i + 0.5) + 0.01
        weight: Weight = "regular" if i else "bold"
        body.text(left - 0.14, y, labels[i], fontweight=weight, ha="right", va="center_baseline")
        set_share(body, right - _RATE, y, e.conforming, e.assessed, size=_SIZE, room=room)
        set_number(body, right, y, format_rate(e.rate), size=_SIZE, color=INK, weight=weight)
