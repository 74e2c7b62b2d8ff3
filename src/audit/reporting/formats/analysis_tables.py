"""The tables of the analyses, each under its name: counts and unrounded shares, for who checks the arithmetic."""

from collections.abc import Iterable, Iterator
from dataclasses import astuple, fields

from audit.analysis.coverage import AreaCoverage, CountyCoverage, CoverageDay, CoverageResult
from audit.analysis.fieldwork import FieldworkResult, Interview, ReviewedDocument, Testimony
from audit.analysis.growth import ActivePeriod
from audit.analysis.repeated_queries import QueryResult, RepetitionWindow, ResearcherQueries, SystemQueries
from audit.analysis.stage_cases import OrderError
from audit.analysis.stage_intervals import INTERVAL_DAYS, StageInterval
from audit.analysis.stages import StageCount, StageEnd, StageResult
from audit.analysis.surveys import AnswerCount, SurveyResult
from audit.analysis.tracing import TracingResult, TracingTest
from audit.analysis.unit_costs import UnitCostResult
from audit.reporting.analysis_report import AnalysisReport
from audit.reporting.formats.csv_tables import CellValue, ReportTable


def build_analysis_report_tables(report: AnalysisReport) -> dict[str, ReportTable]:
    """Every table of the report under its name; shares lie in [0, 1] and are not rounded."""
    results = report.results
    return dict(
        [
            *_build_stage_tables(results.stages),
            *_build_query_tables(results.queries),
            *_build_coverage_tables(results.coverages),
            *_build_survey_tables(results.surveys),
            *_build_fieldwork_tables(results.fieldwork),
            *_build_tracing_tables(results.tracings),
            *_build_unit_cost_tables(results.unit_costs),
        ]
    )


def _build_stage_tables(results: Iterable[StageResult]) -> Iterator[tuple[str, ReportTable]]:
    results = [*results]
    if not results:
        return
    for name, kind, attribute in (
        ("stages", StageCount, "stages"),
        ("stage_ends", StageEnd, "ends"),
        ("order_errors", OrderError, "errors"),
    ):
        header = ("process", *(field.name for field in fields(kind)))
        rows = tuple((one.name, *astuple(row)) for one in results for row in getattr(one, attribute))
        yield name, ReportTable(header=header, rows=rows)
    header = ("process", "dimension", "value", "name", "cases", "stage", "reached", "completed", "left", "still_open")
    yield "stage_groups", ReportTable(header=header, rows=tuple(_list_group_rows(results)))
    columns = [field.name for field in fields(StageInterval) if field.name not in ("by", "curve")]
    header = ("process", *columns, *(f"by_day_{day}" for day in INTERVAL_DAYS))
    rows = tuple(
        (one.name, *(getattr(step, name) for name in columns), *(share for _, share in step.by))
        for one in results
        for step in one.intervals
    )
    yield "stage_intervals", ReportTable(header=header, rows=rows)


def _list_group_rows(results: Iterable[StageResult]) -> Iterator[tuple[CellValue, ...]]:
    for one in results:
        for group in one.groups:
            for stage, reached in zip(one.stages, group.reached, strict=True):
                head = (one.name, group.dimension, group.value, group.name, group.cases)
                yield *head, stage.value, reached, group.completed, group.left, group.still_open


def _build_query_tables(results: Iterable[QueryResult]) -> Iterator[tuple[str, ReportTable]]:
    results = [*results]
    if not results:
        return
    for name, kind, attribute in (
        ("query_researchers", ResearcherQueries, "researchers"),
        ("query_systems", SystemQueries, "systems"),
        ("query_windows", RepetitionWindow, "windows"),
    ):
        header = ("research", *(field.name for field in fields(kind)))
        rows = tuple((one.name, *astuple(row)) for one in results for row in getattr(one, attribute))
        yield name, ReportTable(header=header, rows=rows)
    pairs = tuple(
        (one.name, row, column, one.second_look.counts[i][j])
        for one in results
        if one.second_look
        for i, row in enumerate(one.second_look.order)
        for j, column in enumerate(one.second_look.order)
    )
    yield "determinations", ReportTable(header=("research", "first", "second", "cases"), rows=pairs)


def _build_coverage_tables(results: Iterable[CoverageResult]) -> Iterator[tuple[str, ReportTable]]:
    results = [*results]
    if not results:
        return
    for name, kind, attribute in (
        ("areas", AreaCoverage, "areas"),
        ("activated_by_day", CoverageDay, "days"),
        ("counties", CountyCoverage, "counties"),
    ):
        header = ("coverage", *(field.name for field in fields(kind)))
        rows = tuple((one.name, *astuple(row)) for one in results for row in getattr(one, attribute))
        yield name, ReportTable(header=header, rows=rows)
    header = ("coverage", "period", "first", "last", "activated", "jurisdiction_days", "jurisdiction_months", "count")
    periods: tuple[tuple[CellValue, ...], ...] = tuple(
        (one.name, *row) for one in results for row in map(_list_period_cells, one.periods)
    )
    yield "coverage_periods", ReportTable(header=(*header, "in_each_month"), rows=periods)
    parts = ("coverage", "intensity", "interaction")
    steps: tuple[tuple[CellValue, ...], ...] = tuple(
        (one.name, row.earlier, row.later, row.change, *(float(getattr(row, part)) for part in parts))
        for one in results
        for row in one.steps
    )
    header = ("coverage", "earlier", "later", "change", *(f"{part}_part" for part in parts))
    yield "growth", ReportTable(header=header, rows=steps)


def _build_survey_tables(results: Iterable[SurveyResult]) -> Iterator[tuple[str, ReportTable]]:
    results = [*results]
    if results:
        header = ("survey", *(field.name for field in fields(AnswerCount)))
        rows = tuple((one.name, *astuple(answer)) for one in results for answer in one.answers)
        yield "answers", ReportTable(header=header, rows=rows)


def _build_fieldwork_tables(results: Iterable[FieldworkResult]) -> Iterator[tuple[str, ReportTable]]:
    results = [*results]
    if not results:
        return
    for name, kind in (("interviews", Interview), ("statements", Testimony), ("documents", ReviewedDocument)):
        header = ("fieldwork", *(field.name for field in fields(kind)))
        rows = tuple((one.name, *astuple(row)) for one in results for row in getattr(one, name))
        yield name, ReportTable(header=header, rows=rows)


def _build_tracing_tables(tests: Iterable[TracingTest]) -> Iterator[tuple[str, ReportTable]]:
    tests = [*tests]
    if not tests:
        return
    counts = ("needed", "allowed", "drawn", "traced", "deviations", "not_obtained", "lower", "upper", "conclusion")
    names = ("direction", "population", "tolerable", "expected", "confidence", "selection", *counts)
    samples = [(test.name, sample) for test in tests for sample in test.samples]
    rows = tuple((test, *(getattr(sample, name) for name in names)) for test, sample in samples)
    yield "tracing_samples", ReportTable(header=("tracing", *names), rows=rows)
    header = ("tracing", *(field.name for field in fields(TracingResult)))
    found = tuple((test, *astuple(one)) for test, sample in samples for one in sample.results)
    yield "tracing_results", ReportTable(header=header, rows=found)


def _build_unit_cost_tables(results: Iterable[UnitCostResult]) -> Iterator[tuple[str, ReportTable]]:
    results = [*results]
    if results:
        header = ("unit_cost", "dollars", "dollars_first", "dollars_last", "unit", "counted", "first", "last")
        rows = tuple(
            (
                *(one.name, one.expense.dollars, one.expense.first, one.expense.last),
                *(one.count.unit[0], one.count.counted, one.count.first, one.count.last),
                *(one.dollars_each, "; ".join(one.reasons)),
            )
            for one in results
        )
        yield "unit_costs", ReportTable(header=(*header, "dollars_each", "why_not"), rows=rows)


def _list_period_cells(period: ActivePeriod) -> tuple[CellValue, ...]:
    months, intensity = float(period.jurisdiction_months), period.intensity
    head = (period.label, period.first, period.last, period.activated, period.jurisdiction_days)
    return *head, months, period.count, None if intensity is None else float(intensity)
