"""The report as an Excel workbook: a sheet that says what it is, one of all offices together, one for each list."""

import logging
from collections.abc import Iterator

from audit import formatting
from audit.reporting.formats.csv_tables import ReportTable, build_report_tables
from audit.reporting.formats.workbook import (
    AboutLine,
    Sheet,
    build_workbook,
    label_column,
    list_about_lines,
    list_sheet_lines,
    make_method_sheet,
)
from audit.reporting.report import Report

LOGGER = logging.getLogger(__name__)


def build_report_workbook(report: Report) -> bytes:
    """The report as XLSX: the same bytes for the same record."""
    LOGGER.info("building the workbook")
    status: list[AboutLine] = []
    if report.sign_off:
        status.append(("Signed by", f"{report.sign_off.by}, {formatting.format_day(report.sign_off.on)}"))
    if (correction := report.correction) is not None:
        status.append(
            (f"Version {report.version}", f"In place of version {correction.of_version}: {correction.reason}")
        )
    digests = [("Policy, SHA-256", report.provenance.policy_sha256 or None)]
    sheets = list(build_report_sheets(report))
    about = [*list_about_lines(report, status=status, digests=digests), *list_sheet_lines(sheets, prefix="Sheet ")]
    return build_workbook(report.title, report.as_of, about, sheets)


def build_report_sheets(report: Report) -> Iterator[Sheet]:
    """The sheets of a report, after the first."""
    titles = {result.measure: result.title for result in report.measures}
    tables = {name: label_column(table, "measure", titles) for name, table in build_report_tables(report).items()}
    offices, one = tables["offices"], report.office_noun
    code = offices.header.index("office")
    nation = tuple((*row[:code], *row[code + 2 :]) for row in offices.rows if row[code] == "all")
    each = tuple(row for row in offices.rows if row[code] != "all")
    header = (*offices.header[:code], *offices.header[code + 2 :])
    yield Sheet(
        name="National",
        about="All offices together: every duty, every number of days allowed, every way of counting.",
        table=ReportTable(header=header, rows=nation),
        frozen=code,
    )
    yield Sheet(
        name="Offices",
        about=f"Every {one}, likewise.",
        table=ReportTable(header=offices.header, rows=each),
        frozen=code + 2,
    )
    yield Sheet(name="Missing records", about="Which records are missing, by duty.", table=tables["missing"], frozen=4)
    yield Sheet(name="Months", about="All offices together, month by month.", table=tables["months"])
    yield Sheet(
        name="Office months",
        about=f"Every {one} month by month, at the first number of days allowed; limits set by its first months.",
        table=tables["office_months"],
        frozen=4,
    )
    if "open_items" in tables:
        yield Sheet(
            name="Open items", about="The records to complete, by person.", table=tables["open_items"], frozen=3
        )
    if "follow_up" in tables:
        about = "How the open items of all months moved since the report before."
        yield Sheet(name="Follow-up", about=about, table=tables["follow_up"], frozen=2)
    if "late_changes" in tables:
        about = "What is not as earlier reports had it: how many rows, or else their contents. It need be no fault."
        yield Sheet(name="Late changes", about=about, table=tables["late_changes"], frozen=3)
    if "corrections" in tables:
        yield Sheet(name="Corrections", about="Every figure that this version changed.", table=tables["corrections"])
    yield Sheet(name="Data checks", about="Every check of the tables.", table=tables["checks"], frozen=2)
    yield make_method_sheet(report)
    yield Sheet(name="Tables read", about="Rows in, used and set aside; digests.", table=tables["control_totals"])
