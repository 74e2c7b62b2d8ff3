"""An office's worklist as a workbook with columns to return, and as CSV: the same rows in the same order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from itertools import groupby
from typing import Any, Final

import polars as pl
from xlsxwriter import Workbook

from audit.formatting import make_plain_text
from audit.programs.measures import Census
from audit.reporting.formats.csv_tables import CellValue, ReportTable, format_csv
from audit.reporting.formats.workbook import DEFAULT_FILE_DATE, MAXIMUM_CELL_LENGTH, AboutLine
from audit.reporting.worklist_text import (
    RETURN_COLUMNS,
    WORKLIST_ABOUT_SHEET,
    WORKLIST_SHEET,
    YES,
    describe_return_status,
    describe_work,
    list_missing_labels,
    list_record_names,
    name_list_columns,
)

SUMS_SHEET = "Totals"
COLUMN_WIDTHS: Final = {
    "number": 6,
    "unit_keys": 16,
    "needed": 34,
    "where": 20,
    "days_open": 8,
    "done_on": 12,
    "not_ours": 8,
    "not_required": 9,
    "reason": 36,
    "remark": 40,
    "month": 9,
    "person": 36,
    "item": 14,
}
DEFAULT_WIDTH: Final = 14
DATE_COLUMNS: Final = ("unit_day", "due")
_NOT_BLANK: Final = "LEN(TRIM({}))>0"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeList:
    """One office's list: its columns with their headings, and its rows by due day and then oldest first."""

    headings: Mapping[str, str]
    rows: tuple[Mapping[str, CellValue], ...]
    below: str  # what the unit below the office is called; "" where none is declared


def make_office_list(worklist: pl.DataFrame, census: Census, *, unit: str) -> OfficeList:
    """The list of one office, from its rows of a worklist (columns WORKLIST_SCHEMA); `unit` names a unit."""
    headings, labels = name_list_columns(census, unit), list_missing_labels(census)
    titles, records = {measure.id: measure.title for measure in census.measures}, list_record_names(census)
    rows = []
    for number, row in enumerate(worklist.iter_rows(named=True), start=1):
        missing = labels.get((row["measure"], row["missing"]), ())
        rows.append(
            {
                **{name: row.get(name) for name in headings},
                **{name: row[column] for column, (name, _) in records.items()},
                "overdue": row["overdue"],
                "number": number,
                "unit_keys": row["keys"],
                "unit_day": row["first"],
                "needed": describe_work(row["work"], missing, row["missing"]),
                "remark": describe_return_status(row),
                "measure": titles.get(row["measure"], row["measure"]),
            }
        )
    return OfficeList(headings=headings, rows=tuple(rows), below=headings.get("below", ""))


def count_items_below(worklist: pl.DataFrame) -> list[tuple[str, int, int]]:
    """The items of each unit below the office, and those overdue, in the order of the list."""
    rows = worklist.select("below", "overdue").rows()
    sums = []
    for below, group in groupby(rows, key=lambda row: row[0]):
        overdue = [is_overdue for _, is_overdue in group]
        sums.append((below or "not recorded", len(overdue), sum(overdue)))
    return sums


def format_worklist_csv(listed: OfficeList) -> bytes:
    """The list as CSV, by the columns' own names, with the columns to return blank."""
    names = tuple(listed.headings)
    rows = tuple(tuple(row.get(name) for name in names) for row in listed.rows)
    return format_csv(ReportTable(header=names, rows=rows)).encode()


def build_worklist_workbook(
    listed: OfficeList,
    sums: Sequence[tuple[str, int, int]],
    *,
    title: str,
    about: Sequence[AboutLine],
    day: date | None,
) -> bytes:
    """The list as XLSX: what it is, the list with its columns to return, and the totals by the unit below the office.

    Only the columns to return can be written into. Text is written as text: no cell can hold a formula or a link. The
    same list gives the same bytes.
    """
    out = BytesIO()
    closed = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with Workbook(out, closed) as book:
        created = datetime.combine(day or DEFAULT_FILE_DATE, time())
        book.set_properties({"title": make_plain_text(title), "created": created})
        _add_about_sheet(book, about)
        _add_list_sheet(book, listed, title)
        if listed.below and sums:
            _add_sums_sheet(book, listed.below, sums)
    return out.getvalue()


def _add_about_sheet(book: Workbook, about: Sequence[AboutLine]) -> None:
    name = book.add_format({"bold": True, "valign": "top", "text_wrap": True})
    text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"})
    page = book.add_worksheet(WORKLIST_ABOUT_SHEET)
    page.set_column(0, 0, 22)
    page.set_column(1, 1, 100)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    for row, (what, says) in enumerate(about):
        page.set_row(row, 15.0 * max(1, -(-len(str(says)) // 110)) + 2)
        page.write_string(row, 0, what, name)
        if isinstance(says, date):
            page.write_datetime(row, 1, datetime.combine(says, time()), day)
        else:
            page.write_string(row, 1, _clean_text(str(says)), text)
    page.protect()


def _make_formats(book: Workbook) -> dict[str, Any]:
    locked = {"valign": "top", "border": 1, "border_color": "#DFE1E2"}
    entry = {**locked, "locked": False, "bg_color": "#F1F4F7"}
    return {
        "text": book.add_format({**locked, "num_format": "@", "text_wrap": True}),
        "number": book.add_format({**locked, "num_format": "0"}),
        "day": book.add_format({**locked, "num_format": "yyyy-mm-dd", "align": "right"}),
        "overdue": book.add_format(
            {**locked, "num_format": "yyyy-mm-dd", "align": "right", "bold": True, "font_color": "#A3400E"}
        ),
        "write": book.add_format({**entry, "num_format": "@", "text_wrap": True}),
        "write_day": book.add_format({**entry, "num_format": "yyyy-mm-dd", "align": "left"}),
        "head": book.add_format({**locked, "bold": True, "valign": "bottom", "text_wrap": True}),
        "asked": book.add_format(
            {**locked, "bold": True, "valign": "bottom", "text_wrap": True, "bg_color": "#F9D5BC"}
        ),
        "lacking": book.add_format({"bg_color": "#FBE3D2"}),
    }


def _add_list_sheet(book: Workbook, listed: OfficeList, title: str) -> None:
    formats, page = _make_formats(book), book.add_worksheet(WORKLIST_SHEET)
    page.activate()
    names = list(listed.headings)
    for column, name in enumerate(names):
        look = "asked" if name in RETURN_COLUMNS else "head"
        page.write_string(0, column, make_plain_text(listed.headings[name]), formats[look])
        page.set_column(column, column, COLUMN_WIDTHS.get(name, DEFAULT_WIDTH))
    for number, row in enumerate(listed.rows, start=1):
        for column, name in enumerate(names):
            _set_cell(page, number, column, name, row, formats)
    if listed.rows:
        _add_validations(page, names, len(listed.rows), formats)
    page.freeze_panes(1, 2)
    page.autofilter(0, 0, len(listed.rows), len(names) - 1)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.set_footer(f"&L{make_plain_text(title).replace('&', '&&')[:200]}&RPage &P of &N")
    page.protect("", dict.fromkeys(("sort", "autofilter", "format_columns", "format_rows"), True))


def _set_cell(page: Any, row: int, column: int, name: str, cells: Mapping[str, CellValue], formats: Any) -> None:
    value = cells.get(name)
    if name in RETURN_COLUMNS:
        page.write_blank(row, column, None, formats["write_day" if name == "done_on" else "write"])
    elif isinstance(value, date):
        look = "overdue" if name == "due" and cells.get("overdue") else "day"
        page.write_datetime(row, column, datetime.combine(value, time()), formats[look])
    elif isinstance(value, int):
        page.write_number(row, column, value, formats["number"])
    elif value:
        page.write_string(row, column, _clean_text(str(value)), formats["text"])


def _add_validations(page: Any, names: Sequence[str], rows: int, formats: Mapping[str, Any]) -> None:
    """A day, yes or nothing; a reason that is lacking is coloured."""
    place = {name: names.index(name) for name in RETURN_COLUMNS}
    day = {"validate": "date", "criteria": "between", "minimum": date(1990, 1, 1), "maximum": date(2100, 1, 1)}
    day |= {"error_title": "A day", "error_message": "Enter the day on which it was done, such as 2012-04-05."}
    page.data_validation(1, place["done_on"], rows, place["done_on"], day)
    for name in ("not_ours", "not_required"):
        choice = {
            "validate": "list",
            "source": [YES],
            "error_title": YES,
            "error_message": f"Choose {YES}, or clear it.",
        }
        page.data_validation(1, place[name], rows, place[name], choice)
    length = {"validate": "length", "criteria": "<=", "value": 1000, "error_message": "At most 1,000 letters."}
    page.data_validation(1, place["reason"], rows, place["reason"], length)
    ours, required, reason = (f"${_name_column(place[name])}2" for name in ("not_ours", "not_required", "reason"))
    lacking = f"=AND(OR({_NOT_BLANK.format(ours)},{_NOT_BLANK.format(required)}),LEN(TRIM({reason}))=0)"
    column = place["reason"]
    page.conditional_format(
        1, column, rows, column, {"type": "formula", "criteria": lacking, "format": formats["lacking"]}
    )


def _add_sums_sheet(book: Workbook, below: str, sums: Sequence[tuple[str, int, int]]) -> None:
    head, count = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "#,##0"})
    total, page = book.add_format({"num_format": "#,##0", "bold": True, "top": 1}), book.add_worksheet(SUMS_SHEET)
    page.set_column(0, 0, 40)
    for column, heading in enumerate((below, "Open items", "Overdue")):
        page.write_string(0, column, heading, head)
    for row, (name, items, overdue) in enumerate(sums, start=1):
        page.write_string(row, 0, _clean_text(name))
        page.write_number(row, 1, items, count)
        page.write_number(row, 2, overdue, count)
    last = len(sums) + 1
    page.write_string(last, 0, "All", total)
    page.write_number(last, 1, sum(items for _, items, _ in sums), total)
    page.write_number(last, 2, sum(overdue for *_, overdue in sums), total)
    page.protect()


def _name_column(column: int) -> str:
    return chr(ord("A") + column) if column < 26 else f"{chr(ord('A') + column // 26 - 1)}{chr(ord('A') + column % 26)}"


def _clean_text(text: str) -> str:
    text = make_plain_text(text)
    return text if len(text) <= MAXIMUM_CELL_LENGTH else text[: MAXIMUM_CELL_LENGTH - 1] + "…"
