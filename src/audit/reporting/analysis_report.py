"""The analyses of a program in one record: what each counts, with the words that follow from its numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from audit.analysis.stages import StageResult
from audit.programs.declaration import Program
from audit.reporting.record import KeyFigure, ReportRecord, make_provenance
from audit.reporting.stage_text import describe_stage_method, format_stage_headline, make_stage_figure
from audit.tables.table import ControlTotals

SCHEMA = "audit-analysis/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisResults:
    """What was computed of each analysis; what is not declared, or was not asked for, is empty."""

    stages: tuple[StageResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisReport(ReportRecord):
    """Everything that the report of the analyses says."""

    results: AnalysisResults


def assemble_analysis_report(
    program: Program, results: AnalysisResults, *, inputs: Sequence[ControlTotals]
) -> AnalysisReport:
    """Put what every analysis found into one record."""
    days = [one.as_of for one in results.stages]
    return AnalysisReport(
        schema=SCHEMA,
        program=program.name,
        title=f"Analyses: {program.title}",
        office_noun=program.office,
        unit=program.unit,
        period="all",
        period_words="every declared analysis",
        as_of=max(days, default=None),
        status="draft",
        synthetic=program.synthetic,
        headline=" ".join(_format_headline(results)),
        key_figures=tuple(_make_key_figures(results)),
        checks=(),
        method=tuple(_describe_method(results)),
        caveats=program.caveats,
        provenance=make_provenance(program, inputs),
        results=results,
    )


def _format_headline(results: AnalysisResults) -> Iterator[str]:
    for one in results.stages:
        yield format_stage_headline(one)


def _make_key_figures(results: AnalysisResults) -> Iterator[KeyFigure]:
    for one in results.stages:
        yield make_stage_figure(one)


def _describe_method(results: AnalysisResults) -> Iterator[tuple[str, str]]:
    for one in results.stages:
        yield from describe_stage_method(one)
