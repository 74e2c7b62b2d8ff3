"""The report of the analyses in every form: record, page, PDF, workbook, tables, figures."""

from collections.abc import Iterable, Iterator
from dataclasses import astuple, fields

from audit.analysis.repeated_queries import QueryResult, RepetitionWindow, ResearcherQueries, SystemQueries
from audit.analysis.stage_cases import OrderError
from audit.analysis.stage_intervals import INTERVAL_DAYS, StageInterval
from audit.analysis.stages import StageCount, StageEnd, StageResult
from audit.reporting.analysis_report import AnalysisReport
from audit.reporting.figures import Drawing, draw_analysis_figures, name_figure_file
from audit.reporting.formats.csv_tables import CellValue, ReportTable
from audit.reporting.formats.record_page import render_record_page
from audit.reporting.formats.report_files import encode_report_files, render_figures
from audit.reporting.formats.workbook import (
    Sheet,
    build_workbook,
    list_about_lines,
    list_sheet_lines,
    make_method_sheet,
)
from audit.reporting.stage_text import ORDER_ERRORS_SHOWN

_SHEETS = {  # table → sheet, and what it holds
    "stages": ("Stages", "How many cases reached each stage, and where the others stand."),
    "stage_ends": ("Ends", "Where every case stands."),
    "stage_groups": ("Groups", "The stages by status, office and month."),
    "stage_intervals": ("Time between stages", "How long each step takes."),
    "order_errors": ("Order errors", "Events whose days contradict the order of the stages."),
    "query_researchers": ("Researchers", "What each researcher did."),
    "query_systems": ("Systems", "Queries by system, and those repeated."),
    "query_windows": ("Windows", "What other windows of time would give."),
    "determinations": ("Conclusions", "What both concluded of the same cases."),
}


def render_analysis_report(report: AnalysisReport) -> dict[str, bytes]:
    """Every file that follows from the record: its path → bytes, the same for the same record."""
    figures, drawings = render_figures(draw_analysis_figures(report))
    return encode_report_files(
        report,
        page=render_analysis_page(report, drawings),
        workbook=build_analysis_workbook(report),
        tables=build_analysis_report_tables(report),
        figures=figures,
    )


def render_analysis_page(report: AnalysisReport, drawings: Iterable[Drawing] | None = None) -> bytes:
    """The report as UTF-8 HTML that needs nothing else. Its `drawings`, bare, are drawn where absent."""
    return render_record_page(
        "analysis.html.jinja",
        report,
        draw_analysis_figures(report, bare=True) if drawings is None else drawings,
        file_name=name_figure_file,
        findings={one.id: one for one in report.findings},
        interval_days=INTERVAL_DAYS,
        shown_errors=ORDER_ERRORS_SHOWN,
    )


def build_analysis_report_tables(report: AnalysisReport) -> dict[str, ReportTable]:
    """Every table of the report under its name; shares lie in [0, 1] and are not rounded."""
    results = report.results
    return dict([*_build_stage_tables(results.stages), *_build_query_tables(results.queries)])


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


def build_analysis_workbook(report: AnalysisReport) -> bytes:
    """The report as XLSX, a sheet a table behind one that says what they are."""
    tables = build_analysis_report_tables(report)
    sheets = [
        Sheet(name=sheet, about=about, table=tables[name], frozen=2)
        for name, (sheet, about) in _SHEETS.items()
        if name in tables
    ]
    sheets.append(make_method_sheet(report))
    return build_workbook(report.title, report.as_of, [*list_about_lines(report), *list_sheet_lines(sheets)], sheets)
