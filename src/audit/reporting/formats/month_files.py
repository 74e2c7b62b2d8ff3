"""A report in every form that follows from its record: the record, page, PDF, workbook, tables and figures.

A form more is a module of this folder and its line in `encode_report_files`.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from audit.files import encode_json
from audit.reporting.figures import Drawing, draw_report_figures, remove_words, render_png, render_svg
from audit.reporting.formats import pdf
from audit.reporting.formats.csv_tables import ReportTable, build_report_tables, format_csv
from audit.reporting.formats.month_page import render_month_page
from audit.reporting.formats.month_workbook import build_month_workbook
from audit.reporting.month_report import Report
from audit.reporting.record import ReportRecord

LOGGER = logging.getLogger(__name__)

RECORD_FILE = "report.json"


def render_report_files(report: Report) -> dict[str, bytes]:
    """Every file that follows from the record of a period: its path → bytes, the same for the same record."""
    figures, drawings = render_figures(draw_report_figures(report))
    return encode_report_files(
        report,
        page=render_month_page(report, drawings),
        workbook=build_month_workbook(report),
        tables=build_report_tables(report),
        figures=figures,
    )


def render_figures(drawings: Iterable[Drawing]) -> tuple[dict[str, bytes], list[Drawing]]:
    """The files of figures that were drawn with their words; and the same figures, now bare, for a page."""
    LOGGER.info("drawing the figures")
    files, bare = dict[str, bytes](), list[Drawing]()
    for drawing in drawings:
        files[f"figures/{drawing.name}.svg"] = render_svg(drawing.figure)
        files[f"figures/{drawing.name}.png"] = render_png(drawing.figure)
        remove_words(drawing.figure)
        bare.append(drawing)
    return files, bare


def encode_report_files(
    report: ReportRecord,
    *,
    page: bytes,
    workbook: bytes,
    tables: Mapping[str, ReportTable],
    figures: Mapping[str, bytes],
) -> dict[str, bytes]:
    """The files of a report, whatever it counts: path → bytes. The PDF is the page, set in type."""
    return {
        RECORD_FILE: encode_json(asdict(report)),
        "report.html": page,
        "report.pdf": pdf.render_pdf(page, day=report.as_of),
        "report.xlsx": workbook,
        **{f"tables/{name}.csv": format_csv(table).encode() for name, table in tables.items()},
        **figures,
    }
