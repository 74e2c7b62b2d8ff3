"""The data-quality report in every form: record, page, PDF, workbook, tables, figures."""

from collections.abc import Iterable
from dataclasses import astuple, fields

from audit.compliance.discrepancies.counts import (
    DiscrepancyItem,
    DiscrepancyKindCounts,
    EvidenceSource,
    EvidenceStrength,
)
from audit.compliance.discrepancies.find import DISCREPANCY_KINDS
from audit.reporting.discrepancy_report import QualityReport
from audit.reporting.figures import Drawing, draw_quality_figures
from audit.reporting.formats.csv_tables import ReportTable, tabulate_records
from audit.reporting.formats.month_files import encode_report_files, render_figures
from audit.reporting.formats.record_page import group_by_office, render_record_page
from audit.reporting.formats.workbook import (
    Sheet,
    build_workbook,
    label_column,
    list_about_lines,
    list_sheet_lines,
    make_method_sheet,
)


def render_quality_report(report: QualityReport) -> dict[str, bytes]:
    """Every file that follows from the record: its path → bytes, the same for the same record."""
    figures, drawings = render_figures(draw_quality_figures(report))
    return encode_report_files(
        report,
        page=render_quality_page(report, drawings),
        workbook=build_quality_workbook(report),
        tables=build_quality_tables(report),
        figures=figures,
    )


def render_quality_page(report: QualityReport, drawings: Iterable[Drawing] | None = None) -> bytes:
    """The report as UTF-8 HTML that needs nothing else. Its `drawings`, bare, are drawn where absent."""
    return render_record_page(
        "discrepancy_report.html.jinja",
        report,
        draw_quality_figures(report, bare=True) if drawings is None else drawings,
        titles=report.titles,
        kinds=dict(zip(DISCREPANCY_KINDS, ("evidence on file", "no evidence on file"), strict=True)),
        by_office=group_by_office(
            report.items,
            {office.office: office.name for office in report.offices},
            order=lambda item: (item.date, item.case),
        ),
    )


def build_quality_tables(report: QualityReport) -> dict[str, ReportTable]:
    """Every table of the report under its name; the list of cases is not for the public."""
    tables = {
        "offices": _build_office_table(report),
        "evidence": tabulate_records(EvidenceStrength, report.strengths),
        "sources": tabulate_records(EvidenceSource, report.sources),
        "lag": ReportTable(header=("days", "recorded"), rows=report.lag.curve if report.lag else ()),
    }
    if report.audience == "office":
        tables["cases"] = tabulate_records(DiscrepancyItem, report.items)
    return tables


def build_quality_workbook(report: QualityReport) -> bytes:
    """The report as XLSX, a sheet a table behind one that says what they are."""
    tables = {name: label_column(table, "kind", report.titles) for name, table in build_quality_tables(report).items()}
    sheets = [
        Sheet(
            name="Offices", about="Both kinds in every office, and in all together.", table=tables["offices"], frozen=2
        ),
        Sheet(name="Evidence", about="Cases by their strongest evidence.", table=tables["evidence"]),
        Sheet(name="Sources", about="Cases by who shows evidence of them.", table=tables["sources"]),
        Sheet(name="Recording lag", about="Share recorded by each day (Kaplan and Meier).", table=tables["lag"]),
    ]
    if "cases" in tables:
        about = "The cases to examine. It concerns persons: keep it within the offices."
        sheets.append(Sheet(name="Cases", about=about, table=tables["cases"], frozen=3))
    sheets.append(make_method_sheet(report))
    results = [
        ("Recording lag", report.lag_words),
        *((f"To do: {report.titles[kind]}", words) for kind, words in report.guidance),
    ]
    front = [*list_about_lines(report, results=results), *list_sheet_lines(sheets)]
    return build_workbook(report.title, report.as_of, front, sheets)


def _build_office_table(report: QualityReport) -> ReportTable:
    """A row an office and kind, so that both kinds have the same columns."""
    names = _list_field_names(DiscrepancyKindCounts)
    rows = (
        (kind, row.office, row.name, row.received, row.neither, row.not_looked_up, *astuple(row.select_kind(kind)))
        for row in (*report.offices, report.national)
        for kind in DISCREPANCY_KINDS
    )
    header = ("kind", "office", "name", "received", "neither", "not_looked_up", *names)
    return ReportTable(header=header, rows=tuple(rows))


def _list_field_names(record: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(record))
