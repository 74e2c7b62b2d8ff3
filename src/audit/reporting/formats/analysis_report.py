"""The report of the analyses in every form: record, page, PDF, workbook, tables, figures."""

from collections.abc import Iterable

from audit.analysis.stage_intervals import INTERVAL_DAYS
from audit.reporting.analysis_report import AnalysisReport
from audit.reporting.figures import Drawing, draw_analysis_figures, name_figure_file
from audit.reporting.formats.analysis_tables import build_analysis_report_tables
from audit.reporting.formats.month_files import encode_report_files, render_figures
from audit.reporting.formats.record_page import render_record_page
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
    "areas": ("Areas", "Jurisdictions activated, by area."),
    "activated_by_day": ("Activation", "Jurisdictions activated by each day."),
    "counties": ("Counties", "Jurisdictions whose county is known."),
    "coverage_periods": ("Coverage by period", "What was counted in each active jurisdiction-month."),
    "growth": ("Growth", "The change of the count, taken apart."),
    "answers": ("Answers", "What respondents of each survey answered."),
    "interviews": ("Interviews", "Interviews and visits, by site and role."),
    "statements": ("Statements", "Statements on which the report rests, and what corroborates each."),
    "documents": ("Documents", "Documents that were reviewed, what each shows, and where it is named."),
    "tracing_samples": ("Tracing", "Samples traced to the source and back, with their limits and conclusions."),
    "tracing_results": ("Tracing results", "What was found of the items that were traced."),
    "unit_costs": ("Unit costs", "Amounts over counts, or why one may not be divided by the other."),
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
