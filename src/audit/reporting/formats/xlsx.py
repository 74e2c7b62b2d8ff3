"""The report as an Excel workbook: a sheet that says what it is, one of all offices together, one for each list."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from audit import formatting
from audit.programs.findings import Finding
from audit.reporting.formats.csv_tables import CellValue, ReportTable, build_report_tables
from audit.reporting.report import Report
from audit.review.agreement import Coefficient
from audit.review.readiness import ReviewReadiness

LOGGER = logging.getLogger(__name__)

SHARE_COLUMNS = {
    *("timely", "eventual", "rate", "level", "worst", "best", "lower", "upper", "worst_lower", "best_upper"),
    *("lower_95", "upper_95", "lower_998", "upper_998", "share", "recorded"),
}
COLUMN_HEADINGS = {  # where the record's own name does not say enough
    "measure": "Duty",
    "grace_days": "Days allowed",
    "counted": "Counted by",
    "office": "Code",
    "name": "Office",
    "not_applicable": "Not under this duty",
    "compliant": "In time",
    "missing": "Record missing",
    "unmet": "Recorded as not done",
    "uninformative": "Says nothing",
    "timely": "Rate in time",
    "eventual": "Rate in time or late",
    "worst": "If all open fail",
    "best": "If all open pass",
    "lower_95": "95% limits from",
    "upper_95": "95% limits to",
    "lower_998": "99.8% limits from",
    "upper_998": "99.8% limits to",
    "flag": "Against the limits",
    "case_class": "Class of case",
    "words": "What the file shows",
    "sha256": "SHA-256",
    "units": "Number",
    "failed": "Failed",
    "lower": "Limits from",
    "upper": "Limits to",
    "worst_lower": "Lowest either way",
    "best_upper": "Highest either way",
}
MAXIMUM_CELL_LENGTH = 32_767  # characters that a cell of Excel can hold
FEWEST, WIDEST = 9, 60  # characters that a column is wide
HEADING_LINE_WIDTH = 14  # beyond it a heading is set in two lines
DEFAULT_FILE_DATE = date(
    1980, 1, 1
)  # the day of a file whose report looks at no day: the first that a ZIP archive can hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: its name, what it holds, its table, and how many columns stay in sight."""

    name: str
    about: str
    table: ReportTable
    frozen: int = 1


def build_report_workbook(report: Report) -> bytes:
    """The report as XLSX: the same bytes for the same record.

    Text is written as text, so that no cell can hold a formula or a link. Counts and shares are numbers, and a share
    looks as it is worded everywhere else.
    """
    LOGGER.info("building the workbook")
    all_sheets = list(build_report_sheets(report))
    return _encode_workbook(report.title, report.as_of, list(_list_about_lines(report, all_sheets)), all_sheets)


def build_workbook(
    title: str, day: date | None, about: Sequence[tuple[str, CellValue]], all_sheets: Sequence[Sheet]
) -> bytes:
    """A workbook of some sheets, behind one that says what they are."""
    return _encode_workbook(title, day, [*about, *((sheet.name, sheet.about) for sheet in all_sheets)], all_sheets)


def build_report_sheets(report: Report) -> Iterator[Sheet]:
    """The sheets of a report, after the first."""
    tables = {name: label_measures(table, report) for name, table in build_report_tables(report).items()}
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
    if report.audit:
        yield Sheet(name="Sampled cases", about="What the sampled cases showed.", table=tables["cells"], frozen=0)
        yield Sheet(name="Sample rates", about="Rates of the sample, with limits.", table=tables["rates"], frozen=2)
    if report.review:
        yield Sheet(
            name="Review", about="How far the reviewers concur.", table=_build_agreement_table(report.review), frozen=2
        )
    if report.findings:
        about = "Findings and recommendations, as they stand in the audit's file."
        yield Sheet(name="Findings", about=about, table=_build_findings_table(report.findings), frozen=2)
    yield Sheet(name="Data checks", about="Every check of the tables.", table=tables["checks"], frozen=2)
    method = ReportTable(
        header=("part", "text"), rows=(*report.method, *(("Caveat", words) for words in report.caveats))
    )
    yield Sheet(name="Method", about="How it was counted, and what to bear in mind.", table=method)
    yield Sheet(name="Tables read", about="Rows in, used and set aside; digests.", table=tables["control_totals"])
    yield Sheet(name="Series", about="Published series beside the report.", table=tables["series"], frozen=0)


def _build_agreement_table(review: ReviewReadiness) -> ReportTable:
    rows = [
        (
            one.attribute,
            one.office,
            one.cases,
            one.agreed,
            *(_format_coefficient(c) if c else ("too few cases", None, None, None)),
        )
        for one in review.concordance
        for c in (one.coefficients or (None,))
    ]
    header = ("attribute", "office", "cases", "agreed", "coefficient", "value", "lower_limit", "upper_limit")
    return ReportTable(header=header, rows=tuple(rows))


def _format_coefficient(one: Coefficient) -> tuple[CellValue, ...]:
    return (one.name, *map(formatting.format_hundredths, (one.value, one.lower, one.upper)))


def _build_findings_table(findings: Iterable[Finding]) -> ReportTable:
    """An element a row, then its recommendations with milestones and history."""
    rows: list[tuple[CellValue, ...]] = []
    for finding in findings:
        rows += [(finding.title, name, None, text) for name, text in finding.elements]
        for one in finding.recommendations:
            name = f"recommendation {one.number}"
            rows += [(finding.title, name, one.status, f"{one.text} What closes it: {one.evidence_required}.")]
            rows += [
                (finding.title, name, f"due {step.due}", f"{step.what}: {step.done or 'not done'}")
                for step in one.milestones
            ]
            rows += [(finding.title, name, entry.when, f"{entry.by}: {entry.what}") for entry in one.history]
    return ReportTable(header=("finding", "part", "state", "text"), rows=tuple(rows))


def label_measures(table: ReportTable, report: Report) -> ReportTable:
    """A table that calls each duty by its title, as the page does."""
    if "measure" not in table.header:
        return table
    titles = {result.measure: result.title for result in report.measures}
    place = table.header.index("measure")
    rows = ((*row[:place], titles.get(str(row[place]), row[place]), *row[place + 1 :]) for row in table.rows)
    return ReportTable(header=table.header, rows=tuple(rows))


def _list_about_lines(report: Report, all_sheets: Sequence[Sheet]) -> Iterator[tuple[str, CellValue]]:
    """What the first sheet says, line by line."""
    yield "Report", report.title
    yield "Period", report.period_words
    yield "As known on", formatting.format_day(report.as_of) if report.as_of else None
    yield "Status", report.status
    if report.sign_off:
        yield "Signed by", f"{report.sign_off.by}, {formatting.format_day(report.sign_off.on)}"
    if report.correction:
        yield (
            f"Version {report.version}",
            f"In place of version {report.correction.of_version}: {report.correction.reason}",
        )
    if report.synthetic:
        yield "Synthetic data", report.synthetic
    yield "Result", report.headline
    yield from ((key.label, f"{key.value}: {key.detail}") for key in report.key_figures)
    yield "Software", report.provenance.software
    yield "Program, SHA-256", report.provenance.program_sha256
    yield "Policy, SHA-256", report.provenance.policy_sha256 or None
    yield from ((f"Sheet {sheet.name}", sheet.about) for sheet in all_sheets)


def _encode_workbook(
    title: str, day: date | None, about: Sequence[tuple[str, CellValue]], all_sheets: Sequence[Sheet]
) -> bytes:
    out = BytesIO()
    closed = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with Workbook(out, closed) as book:
        book.set_properties(
            {"title": formatting.make_plain_text(title), "created": datetime.combine(day or DEFAULT_FILE_DATE, time())}
        )
        formats = {
            "text": book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"}),
            "count": book.add_format({"num_format": "#,##0", "valign": "top"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"}),
            "head": book.add_format({"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 1}),
            "name": book.add_format({"bold": True, "valign": "top", "text_wrap": True}),
        }
        front = book.add_worksheet("About")
        front.set_column(0, 0, 28)
        front.set_column(1, 1, 100)
        for row, (name, value) in enumerate(about):
            front.write_string(row, 0, _clean_text(name), formats["name"])
            _set_cell(book, front, formats, row, 1, "", value)
        for sheet in all_sheets:
            _add_sheet(book, formats, sheet)
    return out.getvalue()


def _add_sheet(book: Workbook, formats: dict[str, Any], sheet: Sheet) -> None:
    """A table under a heading that stays in sight, with a filter, and as wide as its text."""
    page, table = book.add_worksheet(sheet.name), sheet.table
    for column, name in enumerate(table.header):
        heading = COLUMN_HEADINGS.get(name) or name.replace("_", " ").capitalize()
        page.write_string(0, column, heading, formats["head"])
        page.set_column(column, column, _measure_width(heading, (row[column] for row in table.rows)))
    for number, row in enumerate(table.rows, start=1):
        for column, (name, value) in enumerate(zip(table.header, row, strict=True)):
            _set_cell(book, page, formats, number, column, name, value)
    page.freeze_panes(1, sheet.frozen)
    page.autofilter(0, 0, len(table.rows), len(table.header) - 1)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)


def _set_cell(
    book: Workbook, page: Any, formats: dict[str, Any], row: int, column: int, name: str, value: CellValue
) -> None:
    """One value, by its kind; nothing is written for what is not known."""
    match value:
        case None | "":
            return
        case bool():
            page.write_string(row, column, "yes" if value else "no", formats["text"])
        case date():
            page.write_datetime(row, column, datetime.combine(value, time()), formats["day"])
        case str():
            page.write_string(row, column, _clean_text(value), formats["text"])
        case _ if name in SHARE_COLUMNS:
            look = _choose_number_format(formatting.format_percent(value))
            if look not in formats:
                formats[look] = book.add_format({"num_format": look, "valign": "top"})
            page.write_number(row, column, value, formats[look])
        case _:
            page.write_number(row, column, value, formats["count"])


def _choose_number_format(words: str) -> str:
    """The number format under which a share looks as it is worded: 'over 99.9%' is not 100.0%."""
    return "0.0%" if words[0].isdigit() else f'"{words}"'


def _clean_text(text: str) -> str:
    text = formatting.make_plain_text(text)
    return text if len(text) <= MAXIMUM_CELL_LENGTH else text[: MAXIMUM_CELL_LENGTH - 1] + "…"


def _measure_width(heading: str, values: Iterable[CellValue]) -> int:
    longest = max(map(len, map(_preview_value, values)), default=0)
    return min(max(longest, min(len(heading), HEADING_LINE_WIDTH), FEWEST) + 2, WIDEST)


def _preview_value(value: CellValue) -> str:
    """About what a cell shows of a value."""
    return f"{value:,}" if type(value) is int else "over 99.9%" if isinstance(value, float) else str(value or "")
