"""The report as an Excel workbook: a sheet that says what it is, one of all offices together, one for each list."""

import logging
from collections.abc import Iterator

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
from audit.reporting.office_order import list_primary_results, order_offices
from audit.reporting.report import Report

LOGGER = logging.getLogger(__name__)


def build_report_workbook(report: Report) -> bytes:
    """The report as XLSX: the same bytes for the same record."""
    LOGGER.info("building the workbook")
    status: list[AboutLine] = []
    if report.sign_off:
        status.append(("Issue", report.sign_off.describe()))
    if (correction := report.correction) is not None:
        status.append(
            (f"Version {report.version}", f"In place of version {correction.of_version}: {correction.reason}")
        )
    digests = [("Policy, SHA-256", report.provenance.policy_sha256 or None)]
    sheets = list(build_report_sheets(report))
    about = [*list_about_lines(report, status=status, digests=digests), *list_sheet_lines(sheets, prefix="Sheet ")]
    return build_workbook(report.title, report.as_of, about, sheets)


def build_report_sheets(report: Report) -> Iterator[Sheet]:
    """The sheets of a report after the first, in the order of its pages: offices, follow-up, what counts, annex."""
    titles = {result.measure: result.title for result in report.measures}
    tables = {name: label_column(table, "measure", titles) for name, table in build_report_tables(report).items()}
    yield from _list_office_sheets(report, tables)
    yield from _list_named_sheets(tables, _FOLLOW_UP_SHEETS)
    yield from _list_named_sheets(tables, _COUNT_SHEETS)
    yield from _list_named_sheets(tables, _ANNEX_SHEETS)
    yield make_method_sheet(report)
    yield Sheet(name="Tables read", about="Rows in, used and set aside; digests.", table=tables["control_totals"])


_FOLLOW_UP_SHEETS = (
    ("follow_up", "Follow-up", "How the open items of all months moved since the report before.", 2),
    ("open_items", "Open items", "The records to complete, by person.", 3),
)  # table, sheet, what it holds, columns that stay in sight
_COUNT_SHEETS = (
    ("missing", "Missing records", "Which records are missing, by duty.", 4),
    ("populations", "Populations", "The rate of some of the units beside that of all.", 2),
    ("delivery", "Control totals", "What the supplier says that was delivered, and what was read.", 1),
    ("delays", "Days allowed", "How the rate moves with the days allowed.", 3),
    ("revisions", "Earlier months", "Each earlier month as first told and as known now.", 2),
    ("corrections", "Corrections", "Every figure that this version changed.", 1),
)
_ANNEX_SHEETS = (
    ("months", "Months", "All offices together, month by month.", 1),
    ("office_months", "Office months", "Every office month by month, at the first number of days allowed.", 4),
    ("late_changes", "Late changes", "What is not as earlier reports had it. It need be no fault.", 3),
    ("checks", "Data checks", "Every check of the tables.", 2),
)


def _list_named_sheets(tables: dict[str, ReportTable], named: tuple[tuple[str, str, str, int], ...]) -> Iterator[Sheet]:
    for table, name, about, frozen in named:
        if table in tables:
            yield Sheet(name=name, about=about, table=tables[table], frozen=frozen)


def _list_office_sheets(report: Report, tables: dict[str, ReportTable]) -> Iterator[Sheet]:
    """All offices together, then each, the lowest rate first; how they stand to the target, and how they changed."""
    offices, one = tables["offices"], report.office_noun
    code = offices.header.index("office")
    nation = tuple((*row[:code], *row[code + 2 :]) for row in offices.rows if row[code] == "all")
    header = (*offices.header[:code], *offices.header[code + 2 :])
    yield Sheet(
        name="National",
        about="All offices together: every duty, every number of days allowed, every way of counting.",
        table=ReportTable(header=header, rows=nation),
        frozen=code,
    )
    yield Sheet(
        name="Offices",
        about=f"Every {one}, likewise, the lowest rate in time first.",
        table=_order_rows(report, offices, others=("measure", "grace_days", "counted")),
        frozen=code + 2,
    )
    for table, name, about in (
        ("targets", "Targets", f"How every {one} stands to the declared target."),
        ("changes", "Changes", f"How the rate of every {one} moved since last month, and over twelve months."),
    ):
        if table in tables:
            yield Sheet(name=name, about=about, table=_order_rows(report, tables[table], others=("measure",)), frozen=2)


def _order_rows(report: Report, table: ReportTable, *, others: tuple[str, ...]) -> ReportTable:
    """A table's offices in the order of the report, within the `others` of its columns; that of all is left out."""
    leading = list_primary_results(report.measures)[:1]
    places = {office.office: n for result in leading for n, office in enumerate(order_offices(result))}
    code, groups = table.header.index("office"), [table.header.index(name) for name in others]
    rows = [row for row in table.rows if row[code] != "all"]
    first = {key: n for n, key in reversed([*enumerate(tuple(row[i] for i in groups) for row in rows)])}
    ordered = sorted(
        rows, key=lambda row: (first[tuple(row[i] for i in groups)], places.get(str(row[code]), len(places)))
    )
    return ReportTable(header=table.header, rows=tuple(ordered))
