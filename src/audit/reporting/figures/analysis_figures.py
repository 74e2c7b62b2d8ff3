"""The figures of the analyses: which kinds there are, when each applies, and in which order they come."""

from collections.abc import Iterator

from audit.analysis.stages import StageResult
from audit.reporting.analysis_report import AnalysisReport
from audit.reporting.figures import stage_statuses, stage_times, stages
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


def draw_analysis_figures(report: AnalysisReport, *, bare: bool = False) -> Iterator[Drawing]:
    """Every figure that the record can fill, in the order of the report; a `bare` one leaves its words to the page."""
    for result in report.results.stages:
        for kind in STAGE_KINDS:
            yield from kind.make_drawings(report, result, bare=bare, of=result.name)
