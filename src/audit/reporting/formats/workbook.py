"""A workbook for Excel: a sheet that says what it is, and one for each table of a report, whatever it counts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from audit import formatting
from audit.reporting.formats.csv_tables import CellValue, ReportTable
from audit.reporting.record import ReportRecord, VersionedReport

AboutLine = tuple[str, CellValue]  # what the first sheet says: of what, and what

SHARE_COLUMNS = {
    *("timely", "eventual", "rate", "level", "worst", "best", "lower", "upper", "worst_lower", "best_upper"),
    *("funnel_lower_95", "funnel_upper_95", "funnel_lower_998", "funnel_upper_998", "share", "recorded"),
    *("chart_lower", "chart_upper", "target", "last_month", "twelve_months"),
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
    "funnel_lower_95": "95% funnel limits from",
    "funnel_upper_95": "95% funnel limits to",
    "funnel_lower_998": "99.8% funnel limits from",
    "funnel_upper_998": "99.8% funnel limits to",
    "chart_lower": "Limits of its first months from",
    "chart_upper": "Limits of its first months to",
    "reviewed": "Sampled cases",
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
    "standing": "Against the target",
    "gap": "Short by",
    "last_month": "Since last month",
    "twelve_due": "Due in twelve months",
    "resolved_within": "Resolved within the declared days",
    "listed_within": "Of those whose days ended",
    "due_first": "Due, as first told",
    "due_now": "Due, as known now",
    "compliant_first": "In time, as first told",
    "compliant_now": "In time, as known now",
    "recorded_first": "Recorded, as first told",
    "recorded_now": "Recorded, as known now",
}
MAXIMUM_CELL_LENGTH = 32_767  # characters that a cell of Excel can hold
FEWEST, WIDEST = 9, 60  # characters that a column is wide
HEADING_LINE_WIDTH = 14  # beyond it a heading is set in two lines
DEFAULT_FILE_DATE = date(1980, 1, 1)  # where a report looks at no day: the first that a ZIP archive can hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: its name, what it holds, its table, and how many columns stay in sight."""

    name: str
    about: str
    table: ReportTable
    frozen: int = 1


def label_column(table: ReportTable, column: str, titles: Mapping[str, str]) -> ReportTable:
    """A table that calls what stands in a column as the page does; as it is where it has no such column."""
    if column not in table.header:
        return table
    place = table.header.index(column)
    rows = ((*row[:place], titles.get(str(row[place]), row[place]), *row[place + 1 :]) for row in table.rows)
    return ReportTable(header=table.header, rows=tuple(rows))


def list_about_lines(
    report: ReportRecord,
    *,
    status: Iterable[AboutLine] = (),
    results: Iterable[AboutLine] = (),
    digests: Iterable[AboutLine] = (),
) -> Iterator[AboutLine]:
    """What the first sheet of a report says, whatever it counts, with what this report adds to each part."""
    yield "Report", report.title
    yield "Period", report.period_words
    yield "As known on", report.as_of
    yield "Status", report.full_status
    yield from status
    if report.synthetic:
        yield "Synthetic data", report.synthetic
    yield "Result", report.headline
    yield from ((key.label, f"{key.value}: {key.detail}") for key in report.key_figures)
    yield from results
    yield "Software", report.provenance.software
    yield "Program, SHA-256", report.provenance.program_sha256
    yield from digests


def list_version_lines(report: VersionedReport) -> Iterator[AboutLine]:
    """Who issued a report, signed or not, and when, and which version it takes the place of."""
    if report.sign_off:
        yield "Issue", report.sign_off.describe()
        yield "Issued on", report.sign_off.on
    if (correction := report.correction) is not None:
        yield f"Version {report.version}", f"In place of version {correction.of_version}: {correction.reason}"


def list_sheet_lines(sheets: Iterable[Sheet], *, prefix: str = "") -> Iterator[AboutLine]:
    """What the first sheet says of the others."""
    yield from ((f"{prefix}{sheet.name}", sheet.about) for sheet in sheets)


def make_method_sheet(report: ReportRecord) -> Sheet:
    """How a report counted."""
    rows = (*report.method, *(("Caveat", words) for words in report.caveats))
    table = ReportTable(header=("part", "text"), rows=rows)
    return Sheet(name="Method", about="How it was counted, and what to bear in mind.", table=table)


def build_workbook(title: str, day: date | None, about: Iterable[AboutLine], all_sheets: Sequence[Sheet]) -> bytes:
    """A workbook of some sheets, behind one that says what they are.

    Text is written as text, so that no cell can hold a formula or a link. Counts and shares are numbers, and a share
    looks as it is worded everywhere else.
    """
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
