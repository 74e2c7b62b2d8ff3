"""The figures of each report: which kinds there are, when each applies, and in which order they come.

A figure more is a module of this folder and its line here.
"""

from collections.abc import Iterator

from audit.compliance.discrepancies.recording_lag import RecordingLag
from audit.compliance.follow_up_summary import FollowUp
from audit.compliance.office_rates import MeasureResult
from audit.compliance.trends import Trend, pool_sparse_months
from audit.estimation.results import SampleResult
from audit.programs.declaration import PublishedSeries
from audit.reporting.attribute_text import get_attribute_words
from audit.reporting.discrepancy_report import QualityReport
from audit.reporting.figures import (
    backlog,
    case_groups,
    discrepancies,
    funnel,
    item_ages,
    map_tiles,
    months,
    offices,
    rate_line,
    recording_lag,
    series,
)
from audit.reporting.figures.figure_kind import Drawing, FigureKind
from audit.reporting.figures.rate_line import RateLine
from audit.reporting.month_report import Report
from audit.reporting.month_text import find_target
from audit.reporting.office_order import list_primary_results
from audit.reporting.sample_report import SampleReport


def _list_office_words(report: Report) -> dict[str, str]:
    return {"office": report.office_noun, "units": report.rate_unit[1], "period": report.period_words}


def _list_month_words(report: Report, trend: Trend) -> dict[str, str]:
    late = any(month.late for one in trend.offices for month in one.months)
    in_time = {one.measure: one.in_time for one in list_primary_results(report.measures) if late or one.timed}
    return {"office": report.office_noun, "units": report.rate_unit[1], "in_time": in_time.get(trend.measure, "")}


def _get_phrase(result: SampleResult) -> str:
    return get_attribute_words(result.attribute).phrase


def _list_age_words(report: Report) -> dict[str, str]:
    return {"unit": report.unit[0], "period": report.period_words}


def _make_rate_line(report: Report, result: MeasureResult) -> RateLine:
    target = find_target(report, result.measure)
    return rate_line.make_rate_line(
        [month for month in report.months if month.measure in ("", result.measure)],
        duties=next((one.duties for one in report.duties if one.measure == result.measure), ()),
        target=target.target if target else None,
        units=report.rate_unit[1],
    )


RATE_KIND: FigureKind[Report, RateLine] = FigureKind(
    name="rate",
    applies=lambda _, line: len(line.rated) >= 2,
    draw=lambda _, line, bare: rate_line.draw_figure(line, bare=bare),
    caption=lambda _, line: rate_line.make_caption(line),
    draw_narrow=lambda _, line: rate_line.draw_figure(line, bare=True, narrow=True),
)
COMPARISON_KINDS: tuple[FigureKind[Report, MeasureResult], ...] = (
    FigureKind(
        name="offices",
        applies=lambda _, result: len(result.rated) >= 2,
        draw=lambda report, result, bare: offices.draw_figure(result, **_list_office_words(report), bare=bare),
        caption=lambda report, result: offices.make_caption(result, **_list_office_words(report)),
    ),
    FigureKind(
        name="tiles",
        applies=lambda report, result: len(result.rated) >= 2 and bool(report.tiles),
        draw=lambda report, result, bare: map_tiles.draw_figure(
            result, report.tiles, **_list_office_words(report), bare=bare
        ),
        caption=lambda report, result: map_tiles.make_caption(result, report.tiles, **_list_office_words(report)),
    ),
    FigureKind(
        name="funnel",
        applies=lambda _, result: len(result.rated) >= 10 and 0 < result.national.compliant < result.national.due,
        draw=lambda report, result, bare: funnel.draw_figure(result, **_list_office_words(report), bare=bare),
        caption=lambda report, result: funnel.make_caption(result, **_list_office_words(report)),
    ),
)
MONTHS_KIND: FigureKind[Report, Trend] = FigureKind(
    name="months",
    applies=lambda _, trend: len(pool_sparse_months(trend).offices_with_trend) >= 2,
    draw=lambda report, trend, bare: months.draw_figure(trend, **_list_month_words(report, trend), bare=bare),
    caption=lambda report, trend: months.make_caption(trend, **_list_month_words(report, trend)),
)
BACKLOG_KIND: FigureKind[Report, FollowUp] = FigureKind(
    name="backlog",
    applies=lambda _, follow_up: len(follow_up.backlog) > 1 and follow_up.open_end > 0,
    draw=lambda report, follow_up, bare: backlog.draw_figure(follow_up.backlog, unit=report.unit[0], bare=bare),
    caption=lambda report, follow_up: backlog.make_caption(follow_up.backlog, unit=report.unit[0]),
    draw_narrow=lambda report, follow_up: backlog.draw_figure(
        follow_up.backlog, unit=report.unit[0], bare=True, narrow=True
    ),
)
AGES_KIND: FigureKind[Report, FollowUp] = FigureKind(
    name="ages",
    applies=lambda _, follow_up: follow_up.open_end > 0 and len(follow_up.backlog) < 2,
    draw=lambda report, follow_up, bare: item_ages.draw_figure(follow_up, **_list_age_words(report), bare=bare),
    caption=lambda report, follow_up: item_ages.make_caption(follow_up, **_list_age_words(report)),
)
SERIES_KIND: FigureKind[SampleReport, PublishedSeries] = FigureKind(
    name="series",
    draw=lambda _, one, bare: series.draw_figure(one, bare=bare),
    caption=lambda _, one: series.make_caption(one),
)
DIRECTIONS_KIND: FigureKind[QualityReport, QualityReport] = FigureKind(
    name="directions",
    applies=lambda report, _: any(
        tally.share is not None for one in report.offices for tally in (one.contradicted, one.unsupported)
    ),
    draw=lambda report, _, bare: discrepancies.draw_figure(report, bare=bare),
    caption=lambda report, _: discrepancies.make_caption(report),
)
LAG_KIND: FigureKind[QualityReport, RecordingLag] = FigureKind(
    name="lag",
    applies=lambda _, lag: bool(lag.curve),
    draw=lambda report, lag, bare: recording_lag.draw_figure(report, lag, bare=bare),
    caption=lambda report, lag: recording_lag.make_caption(report, lag),
)


GROUPS_KIND: FigureKind[SampleReport, SampleResult] = FigureKind(
    name="groups",
    applies=lambda _, result: case_groups.has_rows(result),
    draw=lambda _, result, bare: case_groups.draw_figure(result, phrase=_get_phrase(result), bare=bare),
    caption=lambda _, result: case_groups.make_caption(result, phrase=_get_phrase(result)),
)


def draw_report_figures(report: Report, *, bare: bool = False) -> Iterator[Drawing]:
    """Every figure that the record can fill, in the order of the report: to compare takes two offices, a funnel ten.

    For each measure `rate-<measure>` of all offices month by month, `offices-<measure>`, `tiles-<measure>` where it is
    known where offices lie, `funnel-<measure>` and `months-<measure>`; `backlog` of the open items by month, or `ages`
    where only one month is known. A `bare`
    figure leaves its title, subtitle and note to the page that shows it.
    """
    for result in list_primary_results(report.measures):
        yield from RATE_KIND.make_drawings(report, _make_rate_line(report, result), bare=bare, of=result.measure)
        for kind in COMPARISON_KINDS:
            yield from kind.make_drawings(report, result, bare=bare, of=result.measure)
        for trend in report.trends:
            if trend.measure == result.measure:
                yield from MONTHS_KIND.make_drawings(report, trend, bare=bare, of=trend.measure)
    if report.follow_up:
        yield from BACKLOG_KIND.make_drawings(report, report.follow_up, bare=bare)
        yield from AGES_KIND.make_drawings(report, report.follow_up, bare=bare)


def draw_quality_figures(report: QualityReport, *, bare: bool = False) -> Iterator[Drawing]:
    """The figures of a data-quality report: `directions`, if an office has a share; `lag`, if there is a curve."""
    yield from DIRECTIONS_KIND.make_drawings(report, report, bare=bare)
    if report.lag:
        yield from LAG_KIND.make_drawings(report, report.lag, bare=bare)


def draw_sample_figures(report: SampleReport, *, bare: bool = False) -> Iterator[Drawing]:
    """The figures of an audit report: `groups`, the rate of each, if there is more than one; `series-<id>` each."""
    yield from GROUPS_KIND.make_drawings(report, report.result, bare=bare)
    for one in report.series:
        yield from SERIES_KIND.make_drawings(report, one, bare=bare, of=one.id)
