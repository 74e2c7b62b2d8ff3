"""A review worksheet that came back: its rows and its first sheet, as they are, before they are judged."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.review.worksheet import ABOUT_SHEET, REVIEW_SHEET, WORKSHEET_HEADINGS
from audit.tables.readers import workbooks

_MEND = "Name the workbook that audit review export wrote, as it came back."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReturnedWorkbook:
    """What a workbook holds: the rows as text under the columns' own names, with their number in the sheet in `row`."""

    rows: pl.DataFrame
    about: dict[str, str] | None  # None where it has no such sheet


def read_workbook(content: bytes, *, file: str) -> ReturnedWorkbook:
    """The workbook in `content`, called `file` in messages.

    AuditError (UNREADABLE) where it is damaged or holds no worksheet, or cells of it hold no answer but an error or a
    formula that was never calculated.
    """
    sheets = workbooks.list_sheets(content, file=file, mend=_MEND)
    if REVIEW_SHEET not in sheets:
        raise _make_unreadable_error(f"there is no sheet {REVIEW_SHEET}", file)
    sheet = workbooks.read_sheet(content, REVIEW_SHEET, file=file, mend=_MEND)
    grid, names = sheet.grid, {heading: name for name, heading in WORKSHEET_HEADINGS.items()}
    if grid.is_empty():
        raise _make_unreadable_error(f"the sheet {REVIEW_SHEET} is empty", file)
    headings = [str(cell or "").strip() for cell in grid.row(0)]
    if twice := sorted({one for one in headings if one in names and headings.count(one) > 1}):
        raise _make_unreadable_error(f"the column {twice[0]} stands twice", file)
    if problems := list(_find_unread_cells(sheet.odd_cells, headings, file)):
        raise AuditError(problems, code=ExitCode.UNREADABLE)
    columns = [pl.col(grid.columns[at]).alias(names[one]) for at, one in enumerate(headings) if one in names]
    rows = grid[1:].with_row_index("row", offset=2).select("row", *columns)
    if "item" in rows.columns:
        rows = rows.with_columns(pl.col("item").str.strip_suffix(".0"))
    return ReturnedWorkbook(rows=rows, about=_read_about(content, file) if ABOUT_SHEET in sheets else None)


def _find_unread_cells(odd_cells: Sequence[workbooks.OddCell], headings: Sequence[str], file: str) -> list[Problem]:
    known = set(WORKSHEET_HEADINGS.values())
    return [
        Problem(
            what=cell.what,
            mend="Enter the answer itself, and save the workbook.",
            file=file,
            sheet=REVIEW_SHEET,
            row=cell.row,
            column=headings[cell.column],
        )
        for cell in odd_cells
        if headings[cell.column] in known and cell.what != workbooks.HIDDEN_ZEROS
    ]


def _read_about(content: bytes, file: str) -> dict[str, str]:
    rows = workbooks.read_sheet(content, ABOUT_SHEET, file=file, mend=_MEND).grid
    return {str(row[0]).strip(): str(row[1] or "").strip() for row in rows.rows() if row[0]} if rows.width > 1 else {}


def _make_unreadable_error(what: str, file: str) -> AuditError:
    return AuditError(Problem(what=what, mend=_MEND, file=file), code=ExitCode.UNREADABLE)
