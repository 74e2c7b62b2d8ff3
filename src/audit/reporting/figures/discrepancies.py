"""Both kinds of discrepancy in every office, side by side on one scale: neither is drawn as more than the other."""

from collections.abc import Iterator

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from audit import formatting
from audit.compliance.discrepancies.counts import DiscrepancyKindCounts, OfficeDiscrepancies
from audit.compliance.discrepancies.find import DISCREPANCY_KINDS
from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE
from audit.reporting.discrepancy_report import QualityReport
from audit.reporting.figures.canvas import (
    INK,
    MARGIN,
    MUTED,
    RULE,
    WIDTH,
    Caption,
    add_plot_area,
    apply_style,
    measure_share_column,
    measure_text,
    set_percent_axis,
    set_share,
    shorten_text,
    start_figure,
)
from audit.reporting.figures.labels import fit_labels
from audit.reporting.figures.marks import make_mark

_ROW, _SIZE, _NAME, _GAP = 0.2, 9.0, 1.5, 0.22  # inches a row; points; inches of a name and between the two sides


def make_caption(report: QualityReport) -> Caption:
    """The words of the figure; its title gives both shares."""
    sides = [(kind, report.national.select_kind(kind)) for kind in DISCREPANCY_KINDS]
    (_, a), (_, b) = sides
    noun = formatting.add_article(report.shown[0])
    offices = [
        f"{o.name} {_format_share(o.contradicted)} and {_format_share(o.unsupported)}"
        for o in _list_rows(report)
        if o is not report.national
    ]
    return Caption(
        title=f"{formatting.format_percent(a.cases, a.of)} of {report.denying} {report.unit[1]} have {noun} on file, "
        f"{formatting.format_percent(b.cases, b.of)} of {report.needing} ones have none",
        subtitle=f"Share of {report.unit[1]} whose recorded class and evidence disagree, by {report.office_noun}, "
        f"{report.period_words}",
        note=f"Offices by name. Left, of all recorded as {report.denying}; right, of all recorded as "
        f"{report.needing}. Dashed: all offices. Too few: fewer than {MINIMUM_CASES_FOR_RATE} of the class. All "
        f"{report.unit[1]} are "
        "counted, so there is no sampling error.",
        alt=f"Two dot plots on one scale. {report.titles[DISCREPANCY_KINDS[0]]}, and "
        f"{report.titles[DISCREPANCY_KINDS[1]].lower()}: "
        f"all offices {_format_share(a)} and {_format_share(b)}; {'; '.join(offices)}.",
    )


def draw_figure(report: QualityReport, *, bare: bool = False) -> Figure:
    """A row an office, in two panels of one scale: a dot for the share, and its counts."""
    rows = _list_rows(report)
    depth = _ROW * len(rows)
    height = depth + 0.95
    with apply_style():
        figure, body = start_figure(height, make_caption(report), bare=bare)
        top = height - 0.58
        labels = fit_labels({o.office or o.name: o.name for o in rows}, _shorten_name)
        left = MARGIN + max(measure_text(label, _SIZE, "bold") for label in labels.values()) + 0.14
        side = (WIDTH - MARGIN - left - _GAP) / 2
        shares = [(o.select_kind(kind).cases, o.select_kind(kind).of) for kind in DISCREPANCY_KINDS for o in rows]
        counts, room = measure_share_column(shares, _SIZE)
        most = max(
            share for o in rows for kind in DISCREPANCY_KINDS if (share := o.select_kind(kind).share) is not None
        )
        for place, kind in enumerate(DISCREPANCY_KINDS):
            x = left + place * (side + _GAP)
            for line, words in enumerate(report.titles[kind].split(", ", 1)):
                text = shorten_text(words if line else f"{words},", _SIZE, "bold", width=side)
                body.text(x, top + 0.44 - 0.16 * line, text, fontsize=_SIZE, fontweight="bold", va="top")
            _draw_side(add_plot_area(body, x, top - depth, side - counts - 0.14, depth), rows, kind, most=most)
            for i, o in enumerate(rows):
                y = top - _ROW * (i + 0.5) + 0.01
                set_share(body, x + side, y, o.select_kind(kind).cases, o.select_kind(kind).of, size=_SIZE, room=room)
        for i, o in enumerate(rows):
            weight = "bold" if o is report.national else "regular"
            y = top - _ROW * (i + 0.5) + 0.01
            body.text(left - 0.14, y, labels[o.office or o.name], fontweight=weight, ha="right", va="center_baseline")
        body.plot([MARGIN, WIDTH - MARGIN], [top - depth + _ROW] * 2, color=RULE, linewidth=0.6, zorder=0)
    return figure


def _draw_side(plot: Axes, rows: list[OfficeDiscrepancies], kind: str, *, most: float) -> None:
    set_percent_axis(plot.xaxis, 2 * most)  # half the marks of a figure of the whole width
    plot.set(xlim=(0, min(1.0, 1.08 * most or 0.05)), ylim=(0, len(rows)), yticks=[])
    plot.grid(axis="x")
    places = [(len(rows) - i - 0.5, o.select_kind(kind)) for i, o in enumerate(rows)]
    dots = [(tally.share, y) for y, tally in places if tally.share is not None]
    plot.plot([share for share, _ in dots], [y for _, y in dots], zorder=4, **make_mark(""))
    for y, tally in places:
        if 0 < tally.of < MINIMUM_CASES_FOR_RATE:
            plot.text(0, y, " too few", fontsize=8, color=MUTED, va="center_baseline")
    nation = places[-1][1].share
    if nation is not None:
        plot.axvline(nation, color=INK, linewidth=1, linestyle=(0, (3, 2)), zorder=2.5)


def _list_rows(report: QualityReport) -> list[OfficeDiscrepancies]:
    """The offices that have a case of either class, by name, and all together."""
    return [*sorted(_list_offices(report), key=lambda o: (not o.office, o.name)), report.national]


def _list_offices(report: QualityReport) -> Iterator[OfficeDiscrepancies]:
    return (o for o in report.offices if o.contradicted.of or o.unsupported.of)


def _format_share(tally: DiscrepancyKindCounts) -> str:
    return f"{formatting.format_count(tally.cases)} of {formatting.format_count(tally.of)}"


def _shorten_name(name: str) -> str:
    return shorten_text(name, _SIZE, "bold", width=_NAME)
