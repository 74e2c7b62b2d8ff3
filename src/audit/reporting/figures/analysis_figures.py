"""The figures of the analyses: which kinds there are, when each applies, and in which order they come."""

from collections.abc import Iterator

from audit.analysis.coverage import CoverageResult
from audit.analysis.repeated_queries import QueryResult
from audit.analysis.second_looks import SecondLook
from audit.analysis.stages import StageResult
from audit.analysis.surveys import SurveyResult
from audit.programs.declaration import PublishedSeries
from audit.reporting.analysis_report import AnalysisReport
from audit.reporting.figures import (
    agreement_matrix,
    area_tiles,
    county_map,
    coverage_growth,
    query_systems,
    series,
    stage_statuses,
    stage_times,
    stages,
    survey_answers,
)
from audit.reporting.figures.figure_kind import Drawing, FigureKind

STAGE_KINDS: tuple[FigureKind[AnalysisReport, StageResult], ...] = (
    FigureKind(
        name="stages",
        draw=lambda _, result, bare: stages.draw_figure(result, bare=bare),
        caption=lambda _, result: stages.make_caption(result),
    ),
    FigureKind(
        name="stage-statuses",
        applies=lambda _, result: len(result.list_groups("status")) > 1,
        draw=lambda _, result, bare: stage_statuses.draw_figure(result, bare=bare),
        caption=lambda _, result: stage_statuses.make_caption(result),
    ),
    FigureKind(
        name="stage-times",
        applies=lambda _, result: stage_times.has_steps(result),
        draw=lambda _, result, bare: stage_times.draw_figure(result, bare=bare),
        caption=lambda _, result: stage_times.make_caption(result),
    ),
)
SYSTEMS_KIND: FigureKind[AnalysisReport, QueryResult] = FigureKind(
    name="query-systems",
    draw=lambda _, result, bare: query_systems.draw_figure(result, bare=bare),
    caption=lambda _, result: query_systems.make_caption(result),
)
AGREEMENT_KIND: FigureKind[AnalysisReport, tuple[QueryResult, SecondLook]] = FigureKind(
    name="agreement",
    applies=lambda _, pair: pair[1].cases > 0,
    draw=lambda _, pair, bare: agreement_matrix.draw_figure(*pair, bare=bare),
    caption=lambda _, pair: agreement_matrix.make_caption(*pair),
)
COVERAGE_KINDS: tuple[FigureKind[AnalysisReport, CoverageResult], ...] = (
    FigureKind(
        name="coverage",
        applies=lambda _, result: bool(result.days and result.periods),
        draw=lambda _, result, bare: coverage_growth.draw_figure(result, bare=bare),
        caption=lambda _, result: coverage_growth.make_caption(result),
    ),
    FigureKind(
        name="coverage-map",
        applies=lambda _, result: area_tiles.has_tiles(result),
        draw=lambda _, result, bare: area_tiles.draw_figure(result, bare=bare),
        caption=lambda _, result: area_tiles.make_caption(result),
    ),
    FigureKind(
        name="coverage-counties",
        applies=lambda _, result: county_map.has_counties(result),
        draw=lambda _, result, bare: county_map.draw_figure(result, bare=bare),
        caption=lambda _, result: county_map.make_caption(result),
    ),
)
SURVEY_KIND: FigureKind[AnalysisReport, SurveyResult] = FigureKind(
    name="survey",
    applies=lambda _, result: survey_answers.has_dots(result),
    draw=lambda _, result, bare: survey_answers.draw_figure(result, bare=bare),
    caption=lambda _, result: survey_answers.make_caption(result),
)
PUBLISHED_KIND: FigureKind[AnalysisReport, PublishedSeries] = FigureKind(
    name="series",
    draw=lambda _, one, bare: series.draw_figure(one, bare=bare),
    caption=lambda _, one: series.make_caption(one),
)


def draw_analysis_figures(report: AnalysisReport, *, bare: bool = False) -> Iterator[Drawing]:
    """Every figure that the record can fill, in the order of the report; a `bare` one leaves its words to the page."""
    for result in report.results.stages:
        for kind in STAGE_KINDS:
            yield from kind.make_drawings(report, result, bare=bare, of=result.name)
    for research in report.results.queries:
        yield from SYSTEMS_KIND.make_drawings(report, research, bare=bare, of=research.name)
        if research.second_look:
            yield from AGREEMENT_KIND.make_drawings(
                report, (research, research.second_look), bare=bare, of=research.name
            )
    for coverage in report.results.coverages:
        for coverage_kind in COVERAGE_KINDS:
            yield from coverage_kind.make_drawings(report, coverage, bare=bare, of=coverage.name)
    for survey in report.results.surveys:
        yield from SURVEY_KIND.make_drawings(report, survey, bare=bare, of=survey.name)
    for published in report.series:
        yield from PUBLISHED_KIND.make_drawings(report, published, bare=bare, of=published.id)
