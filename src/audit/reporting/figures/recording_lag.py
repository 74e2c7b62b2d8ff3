"""How long recording takes: the share recorded by each day, with a mark where some are still waited for."""

from bisect import bisect_right

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from audit import formatting
from audit.compliance.discrepancies.recording_lag import RecordingLag
from audit.reporting.discrepancy_report import QualityReport
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
    start_figure,
)

_HEIGHT = 3.1
_CUT_OFF_SHARE = 0.99  # of all that are recorded at last: days beyond are cut off, and said
_MINIMUM_AXIS_DAYS = 30  # days that the axis has at least


def make_caption(report: QualityReport, lag: RecordingLag) -> Caption:
    """The words of the figure."""
    one, many = report.shown
    by = "; ".join(
        f"within {formatting.format_plural(at, 'day')} {formatting.format_percent(share)}" for at, share in lag.by
    )
    half = (
        f"Half of {many} are recorded within {formatting.format_plural(lag.median, 'day')}"
        if lag.median is not None
        else f"Fewer than half of {many} are recorded"
    )
    at, share = lag.by[2]
    end, most = lag.curve[-1][0], _find_last_day(lag)
    cut = (
        f" The axis ends at day {formatting.format_count(most)} of {formatting.format_count(end)}."
        if end > most
        else ""
    )
    return Caption(
        title=f"{half}; {formatting.format_percent(share)} within {formatting.format_count(at)}",
        subtitle=f"Share recorded, by days since the {one}: {many} from before {report.unit[1]} of "
        f"{report.period_words}",
        note=f"Kaplan and Meier 1958. Marks: how long some had been waited for that were not recorded on "
        f"{formatting.format_day(report.as_of)}. A {one} that no source has shown yet is in no table, so long waits "
        f"are under-represented.{cut}",
        alt=f"Rising step line. Recorded {by}.",
    )


def draw_figure(report: QualityReport, lag: RecordingLag, *, bare: bool = False) -> Figure:
    """The cumulative curve as steps, its censor marks, and the day by which half are recorded."""
    days, shares = [0, *(day for day, _ in lag.curve)], [0.0, *(share for _, share in lag.curve)]
    most = _find_last_day(lag)
    with apply_style():
        figure, body = start_figure(_HEIGHT, make_caption(report, lag), bare=bare)
        plot = add_plot_area(body, MARGIN + 0.5, 0.5, WIDTH - 2 * MARGIN - 0.7, _HEIGHT - 0.65)
        plot.step([*days, max(most, days[-1])], [*shares, shares[-1]], where="post", color=BLUE, linewidth=1.8)
        watched = [day for day, _ in lag.waiting if day <= most]
        level = [shares[bisect_right(days, day) - 1] for day in watched]
        plot.plot(watched, level, linestyle="none", marker="|", markersize=9, markeredgewidth=1.2, color=INK, zorder=4)
        if lag.median is not None and lag.median <= most:
            plot.plot([0, lag.median, lag.median], [0.5, 0.5, 0], color=RULE, linewidth=1, linestyle=(0, (3, 2)))
            words = f"half by day {formatting.format_count(lag.median)}"
            plot.annotate(words, (lag.median, 0.5), (6, -11), textcoords="offset points", fontsize=9)
        plot.set(xlim=(0, most), ylim=(0, 1.01), yticks=[0, 0.25, 0.5, 0.75, 1])
        plot.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        plot.grid(axis="y")
        plot.tick_params(labelsize=9, labelcolor=INK)
        plot.set_xlabel(f"days since the {report.shown[0]}", fontsize=9, color=MUTED)
    return figure


def _find_last_day(lag: RecordingLag) -> int:
    """The last day of the axis."""
    final = lag.curve[-1][1]
    return max(_MINIMUM_AXIS_DAYS, next(day for day, share in lag.curve if share >= _CUT_OFF_SHARE * final))
