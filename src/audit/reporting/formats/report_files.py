"""A report in every form that follows from its record: the record, page, PDF, workbook, tables and figures."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from audit.files import encode_json
from audit.reporting.figures import Drawing, draw_report_figures, render_png, render_svg
from audit.reporting.formats import pdf
from audit.reporting.formats.csv_tables import ReportTable, build_report_tables, format_csv
from audit.reporting.formats.report_page import render_report_page
from audit.reporting.formats.xlsx import build_report_workbook
from audit.reporting.record import ReportRecord
from audit.reporting.report import Report

LOGGER = logging.getLogger(__name__)

RECORD_FILE = "report.json"


def render_report_files(report: Report) -> dict[str, bytes]:
    """Every file that follows from the record of a period: its path → bytes, the same for the same record."""
    return encode_report_files(
        report,
        page=render_report_page(report),
        workbook=build_report_workbook(report),
        tables=build_report_tables(report),
        drawings=draw_report_figures(report),
    )


def encode_report_files(
    report: ReportRecord,
    *,
    page: bytes,
    workbook: bytes,
    tables: Mapping[str, ReportTable],
    drawings: Iterable[Drawing],
) -> dict[str, bytes]:
    """The files of a report, whatever it counts: path → bytes. The PDF is the page, set in type."""
    files = {
        RECORD_FILE: encode_json(asdict(report)),
        "report.html": page,
        "report.pdf": pdf.render_pdf(page, day=report.as_of),
        "report.xlsx": workbook,
        **{f"tables/{name}.csv": format_csv(table).encode() for name, table in tables.items()},
    }
    LOGGER.info("drawing the figures")
    for drawing in drawings:
        files[f"figures/{drawing.name}.svg"] = render_svg(drawing.figure)
        files[f"figures/{drawing.name}.png"] = render_png(drawing.figure)
    return files
