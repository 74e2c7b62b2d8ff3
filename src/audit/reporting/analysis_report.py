"""The analyses of a program in one record: what each counts, with the words that follow from its numbers."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from audit.analysis.coverage import CoverageResult
from audit.analysis.fieldwork import FieldworkResult
from audit.analysis.repeated_queries import QueryResult
from audit.analysis.stages import StageResult
from audit.analysis.surveys import SurveyResult
from audit.analysis.tracing import TracingTest
from audit.analysis.unit_costs import UnitCostResult
from audit.programs.declaration import Program, PublishedSeries
from audit.programs.findings import Finding
from audit.reporting.coverage_text import (
    describe_coverage_method,
    format_coverage_headline,
    make_coverage_figure,
)
from audit.reporting.fieldwork_text import (
    describe_fieldwork_method,
    format_fieldwork_headline,
    make_fieldwork_figure,
)
from audit.reporting.query_text import describe_query_method, format_query_headline, make_query_figure
from audit.reporting.record import KeyFigure, ReportRecord, make_provenance
from audit.reporting.stage_text import describe_stage_method, format_stage_headline, make_stage_figure
from audit.reporting.survey_text import describe_survey_method, format_survey_headline, make_survey_figure
from audit.reporting.tracing_text import describe_tracing_method, format_tracing_headline, make_tracing_figure
from audit.reporting.unit_cost_text import (
    describe_unit_cost_method,
    format_unit_cost_headline,
    make_unit_cost_figure,
)
from audit.tables.table import ControlTotals

SCHEMA = "audit-analysis/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisResults:
    """What was computed of each analysis; what is not declared, or was not asked for, is empty."""

    stages: tuple[StageResult, ...] = ()
    queries: tuple[QueryResult, ...] = ()
    coverages: tuple[CoverageResult, ...] = ()
    surveys: tuple[SurveyResult, ...] = ()
    fieldwork: tuple[FieldworkResult, ...] = ()
    tracings: tuple[TracingTest, ...] = ()
    unit_costs: tuple[UnitCostResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisReport(ReportRecord):
    """Everything that the report of the analyses says."""

    results: AnalysisResults
    findings: tuple[Finding, ...]  # of the program, that a measurement belongs to
    series: tuple[PublishedSeries, ...] = ()  # beside the coverage


def assemble_analysis_report(
    program: Program, results: AnalysisResults, *, findings: Sequence[Finding], inputs: Sequence[ControlTotals]
) -> AnalysisReport:
    """Put what every analysis found into one record."""
    days = [*(one.as_of for one in results.stages), *(one.as_of for one in results.queries)]
    days += [one.as_of for one in results.coverages]
    named = {one.finding for one in results.queries}
    named |= {said.finding for one in results.fieldwork for said in one.statements}
    named |= {kept.finding for one in results.fieldwork for kept in one.documents}
    words = tuple(_word_results(results, office=program.office))
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
        headline=" ".join(one.headline for one in words),
        key_figures=tuple(one.figure for one in words),
        checks=(),
        method=tuple(part for one in words for part in one.method),
        caveats=program.caveats,
        provenance=make_provenance(program, inputs),
        results=results,
        findings=tuple(one for one in findings if one.id in named),
        series=program.series if results.coverages else (),
    )


class _ResultWords(NamedTuple):
    """What the report says of one analysis outside of its own section."""

    headline: str
    figure: KeyFigure
    method: Iterable[tuple[str, str]]


def _word_results(results: AnalysisResults, *, office: str) -> Iterator[_ResultWords]:
    for stages in results.stages:
        yield _ResultWords(format_stage_headline(stages), make_stage_figure(stages), describe_stage_method(stages))
    for research in results.queries:
        yield _ResultWords(
            format_query_headline(research), make_query_figure(research), describe_query_method(research)
        )
    for coverage in results.coverages:
        figure, method = make_coverage_figure(coverage), describe_coverage_method(coverage)
        yield _ResultWords(format_coverage_headline(coverage), figure, method)
    for survey in results.surveys:
        yield _ResultWords(format_survey_headline(survey), make_survey_figure(survey), describe_survey_method(survey))
    for one in results.fieldwork:
        figure = make_fieldwork_figure(one, office=office)
        yield _ResultWords(format_fieldwork_headline(one, office=office), figure, describe_fieldwork_method(one))
    for test in results.tracings:
        yield _ResultWords(format_tracing_headline(test), make_tracing_figure(test), describe_tracing_method(test))
    if costs := results.unit_costs:
        figure, method = make_unit_cost_figure(costs), describe_unit_cost_method(costs)
        yield _ResultWords(format_unit_cost_headline(costs), figure, method)
