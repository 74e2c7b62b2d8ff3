"""The review worksheet as a workbook: locked columns to read, four to answer in, and a sheet that says what it is."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from io import BytesIO
from typing import Any, Final

from xlsxwriter import Workbook

from audit.formatting import format_plural, make_plain_text
from audit.reporting.formats.workbook import DEFAULT_FILE_DATE, MAXIMUM_CELL_LENGTH
from audit.review.journal import PHASE_TITLES
from audit.review.worksheet import Worksheet, list_allowed_outcomes
from audit.review.worksheet_columns import (
    ABOUT_SHEET,
    ENTRY_COLUMNS,
    REVIEW_SHEET,
    WORKSHEET_HEADINGS,
    WORKSHEET_WIDTHS,
)

MAXIMUM_ROW_HEIGHT: Final = 409.0  # points that a row of Excel can be high
INSTRUCTIONS: Final = (
    "Answer every row: choose an outcome, and give the day on which you read the file.",
    "Give a reason wherever you overrule, and say where its evidence is to be found.",
    "Write into the four columns with an orange head alone; the others are locked. Sort and filter as you like: rows "
    "are matched by case and attribute.",
    "Leave this sheet as it is: it says of which sample the answers are.",
)


def build_review_workbook(sheet: Worksheet, *, title: str, by: str, day: date | None, synthetic: str = "") -> bytes:
    """The worksheet as XLSX, for a reviewer whose role is `by`: the same bytes for the same worksheet.

    `day` is the one that the file is dated by. Text is written as text: no cell can hold a formula or a link.
    """
    out = BytesIO()
    closed = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with Workbook(out, closed) as book:
        book.set_properties(
            {"title": make_plain_text(title), "created": datetime.combine(day or DEFAULT_FILE_DATE, time())}
        )
        _add_about_sheet(book, sheet, title=title, by=by, synthetic=synthetic)
        _add_review_sheet(book, sheet)
    return out.getvalue()


def _add_about_sheet(book: Workbook, sheet: Worksheet, *, title: str, by: str, synthetic: str) -> None:
    name = book.add_format({"bold": True, "valign": "top", "text_wrap": True})
    text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    cases = sheet.rows["case"].n_unique()
    blind = "by_rule" not in sheet.rows.columns
    facts = [
        ("Review of", title),
        ("Phase", sheet.phase),
        ("What that is", f"{PHASE_TITLES[sheet.phase]}{', blind to the outcome by rule' if blind else ''}"),
        ("By", by),
        ("To answer", f"{format_plural(sheet.rows.height, 'item')} of {format_plural(cases, 'case')}"),
        ("Sample", sheet.sample),
        ("Items", sheet.digest),
        *([("Synthetic data", synthetic)] if synthetic else []),
        *(("How" if number == 0 else "", line) for number, line in enumerate(INSTRUCTIONS)),
    ]
    page = book.add_worksheet(ABOUT_SHEET)
    page.set_column(0, 0, 20)
    page.set_column(1, 1, 100)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    for row, (what, says) in enumerate(facts):
        page.set_row(row, _measure_height([(says, 100)]))
        page.write_string(row, 0, what, name)
        page.write_string(row, 1, make_plain_text(says), text)
    page.protect()


def _add_review_sheet(book: Workbook, sheet: Worksheet) -> None:
    locked = {"valign": "top", "text_wrap": True, "bg_color": "#F3F3F3", "border": 1, "border_color": "#D0D0D0"}
    entry = {"valign": "top", "text_wrap": True, "border": 1, "border_color": "#D0D0D0", "locked": False}
    formats = {
        "read": book.add_format({**locked, "num_format": "@"}),
        "number": book.add_format({**locked, "num_format": "0"}),
        "write": book.add_format({**entry, "num_format": "@"}),
        "day": book.add_format({**entry, "num_format": "yyyy-mm-dd", "align": "left"}),
        "head": book.add_format({**locked, "bold": True, "valign": "bottom", "bg_color": "#E0E0E0"}),
        "asked": book.add_format({**locked, "bold": True, "valign": "bottom", "bg_color": "#F9D5BC"}),
        "lacking": book.add_format({"bg_color": "#FBE3D2"}),
    }
    page, columns, rows = book.add_worksheet(REVIEW_SHEET), sheet.rows.columns, sheet.rows.height
    page.activate()
    for column, name in enumerate(columns):
        page.write_string(0, column, WORKSHEET_HEADINGS[name], formats["asked" if name in ENTRY_COLUMNS else "head"])
        page.set_column(column, column, WORKSHEET_WIDTHS.get(name, 24))
    for number, row in enumerate(sheet.rows.iter_rows(named=True), start=1):
        page.set_row(number, _measure_height([(row[name], WORKSHEET_WIDTHS.get(name, 24)) for name in columns]))
        for column, name in enumerate(columns):
            _set_cell(page, number, column, name, row[name], formats)
        page.data_validation(
            number, columns.index("outcome"), number, columns.index("outcome"), _make_validation(row["attribute"])
        )
    day = {"validate": "date", "criteria": "between", "minimum": date(1990, 1, 1), "maximum": date(2100, 1, 1)}
    day |= {"error_title": "A day", "error_message": "Enter a date, such as 2026-10-05."}
    page.data_validation(1, columns.index("reviewed"), rows, columns.index("reviewed"), day)
    if "by_rule" in columns:
        rule, outcome, reason = (_name_column(columns.index(name)) for name in ("by_rule", "outcome", "reason"))
        lacking = f"=AND(LEN(${outcome}2)>0,${outcome}2<>${rule}2,LEN(${reason}2)=0)"
        column = columns.index("reason")
        page.conditional_format(
            1, column, rows, column, {"type": "formula", "criteria": lacking, "format": formats["lacking"]}
        )
    page.freeze_panes(1, columns.index("attribute") + 1)
    page.autofilter(0, 0, rows, len(columns) - 1)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.set_footer("&L&A&RPage &P of &N")
    allowed = ("sort", "autofilter", "format_columns", "format_rows")
    page.protect("", dict.fromkeys(allowed, True))


def _set_cell(page: Any, row: int, column: int, name: str, value: str, formats: Mapping[str, Any]) -> None:
    if name == "reviewed":
        if value:
            page.write_datetime(row, column, datetime.fromisoformat(value), formats["day"])
        else:
            page.write_blank(row, column, None, formats["day"])
    elif name in ENTRY_COLUMNS:
        page.write_string(row, column, _clean_text([value]), formats["write"]) if value else page.write_blank(
            row, column, None, formats["write"]
        )
    elif name == "item":
        page.write_number(row, column, int(value), formats["number"])
    else:
        page.write_string(row, column, _clean_text(value.split("\n")), formats["read"])


def _make_validation(attribute: str) -> dict[str, Any]:
    return {
        "validate": "list",
        "source": list(list_allowed_outcomes(attribute)),
        "error_title": "An outcome",
        "error_message": "Choose one of the list.",
    }


def _clean_text(lines: Sequence[str]) -> str:
    """Text without control characters; its lines stay lines."""
    text = "\n".join(map(make_plain_text, lines))
    return text if len(text) <= MAXIMUM_CELL_LENGTH else text[: MAXIMUM_CELL_LENGTH - 1] + "…"


def _measure_height(cells: Sequence[tuple[str, int]]) -> float:
    """The points that a row takes, for the longest of its cells, each with its width: not every program fits rows."""
    lines = max(sum(max(1, -(-len(line) // int(1.15 * width))) for line in text.split("\n")) for text, width in cells)
    return min(MAXIMUM_ROW_HEIGHT, 15.0 * lines + 2)


def _name_column(column: int) -> str:
    return chr(ord("A") + column)
