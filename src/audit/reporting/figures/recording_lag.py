"""How long recording takes: the share recorded by each day, with a mark where some are still waited for."""

from bisect import bisect_right

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from audit import formatting
from audit.compliance.discrepancies.recording_lag import Lag
from audit.reporting.discrepancy_report import QualityReport
from audit.reporting.figures.canvas import BLUE, INK, MARGIN, MUTED, RULE, WIDTH, Caption, framed, styled, within

_HEIGHT = 3.1
_SHOWN = 0.99  # of all that are recorded at last: days beyond are cut off, and said
_SHORTEST = 30  # days that the axis has at least


def caption(report: QualityReport, found: Lag) -> Caption:
    """The words of the figure."""
    one, many = report.shown
    by = "; ".join(f"within {formatting.plural(at, 'day')} {formatting.percent(share)}" for at, share in found.by)
    half = (
        f"Half of {many} are recorded within {formatting.plural(found.median, 'day')}"
        if found.median is not None
        else f"Fewer than half of {many} are recorded"
    )
    at, share = found.by[2]
    end, most = found.curve[-1][0], _most(found)
    cut = f" The axis ends at day {formatting.count(most)} of {formatting.count(end)}." if end > most else ""
    return Caption(
        title=f"{half}; {formatting.percent(share)} within {formatting.count(at)}",
        subtitle=f"Share recorded, by days since the {one}: {many} from before {report.unit[1]} of "
        f"{report.period_words}",
        note=f"Kaplan and Meier 1958. Marks: how long some had been waited for that were not recorded on "
        f"{formatting.day(report.as_of)}. A {one} that no source has shown yet is in no table, so long waits are "
        f"under-represented.{cut}",
        alt=f"Rising step line. Recorded {by}.",
    )


def draw(report: QualityReport, found: Lag, *, bare: bool = False) -> Figure:
    """The cumulative curve as steps, its censor marks, and the day by which half are recorded."""
    days, shares = [0, *(day for day, _ in found.curve)], [0.0, *(share for _, share in found.curve)]
    most = _most(found)
    with styled():
        figure, body = framed(_HEIGHT, caption(report, found), bare=bare)
        plot = within(body, MARGIN + 0.5, 0.5, WIDTH - 2 * MARGIN - 0.7, _HEIGHT - 0.65)
        plot.step([*days, max(most, days[-1])], [*shares, shares[-1]], where="post", color=BLUE, linewidth=1.8)
        watched = [day for day, _ in found.waiting if day <= most]
        level = [shares[bisect_right(days, day) - 1] for day in watched]
        plot.plot(watched, level, linestyle="none", marker="|", markersize=9, markeredgewidth=1.2, color=INK, zorder=4)
        if found.median is not None and found.median <= most:
            plot.plot([0, found.median, found.median], [0.5, 0.5, 0], color=RULE, linewidth=1, linestyle=(0, (3, 2)))
            words = f"half by day {formatting.count(found.median)}"
            plot.annotate(words, (found.median, 0.5), (6, -11), textcoords="offset points", fontsize=9)
        plot.set(xlim=(0, most), ylim=(0, 1.01), yticks=[0, 0.25, 0.5, 0.75, 1])
        plot.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        plot.grid(axis="y")
        plot.tick_params(labelsize=9, labelcolor=INK)
        plot.set_xlabel(f"days since the {report.shown[0]}", fontsize=9, color=MUTED)
    return figure


def _most(found: Lag) -> int:
    """The last day of the axis."""
    final = found.curve[-1][1]
    return max(_SHORTEST, next(day for day, share in found.curve if share >= _SHOWN * final))
