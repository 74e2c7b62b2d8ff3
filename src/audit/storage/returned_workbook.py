"""A review worksheet that came back: its rows and its first sheet, as they are, before they are judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.review.worksheet_columns import ABOUT_SHEET, REVIEW_SHEET, WORKSHEET_HEADINGS
from audit.tables.readers import workbooks

MOST_RETURNED_BYTES = 100_000_000
_MEND = "Name the workbook that audit review export wrote, as it came back."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReturnedWorkbook:
    """What a workbook holds: the rows as text under the columns' own names, with their number in the sheet in `row`."""

    rows: pl.DataFrame
    about: dict[str, str] | None  # None where it has no such sheet


def read_returned_bytes(path: Path) -> bytes:
    """The bytes of a file that came back. AuditError (UNREADABLE) where there is none, or it is larger than any is."""
    if not path.is_file():
        problem = Problem(what="there is no such file", mend="Name the file that came back.", file=str(path))
        raise AuditError(problem, code=ExitCode.UNREADABLE)
    if (size := path.stat().st_size) > MOST_RETURNED_BYTES:
        what = f"a file of {size:,} bytes, and {MOST_RETURNED_BYTES:,} are allowed"
        raise _make_unreadable_error(what, str(path))
    return path.read_bytes()


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
    refuse_unread_cells(sheet, [one if one in names else "" for one in headings], name=REVIEW_SHEET, file=file)
    columns = [pl.col(grid.columns[at]).alias(names[one]) for at, one in enumerate(headings) if one in names]
    rows = grid[1:].with_row_index("row", offset=2).select("row", *columns)
    if "item" in rows.columns:
        rows = rows.with_columns(pl.col("item").str.strip_suffix(".0"))
    return ReturnedWorkbook(
        rows=rows, about=read_about(content, ABOUT_SHEET, file=file, mend=_MEND) if ABOUT_SHEET in sheets else None
    )


def refuse_unread_cells(sheet: workbooks.SheetCells, headings: Sequence[str], *, name: str, file: str) -> None:
    """Stop where a cell of the sheet `name` holds no answer but an error or a formula that was never calculated.

    `headings` has the heading of each column in the sheet's order; columns with a blank one are not looked at.
    """
    problems = [
        Problem(
            what=cell.what,
            mend="Enter the answer itself, and save the workbook.",
            file=file,
            sheet=name,
            row=cell.row,
            column=headings[cell.column],
        )
        for cell in sheet.odd_cells
        if headings[cell.column] and cell.what != workbooks.HIDDEN_ZEROS
    ]
    if problems:
        raise AuditError(problems, code=ExitCode.UNREADABLE)


def read_about(content: bytes, name: str, *, file: str, mend: str) -> dict[str, str]:
    """What the sheet `name` says: its first column → its second, blank rows left out."""
    grid = workbooks.read_sheet(content, name, file=file, mend=mend).grid
    return {str(row[0]).strip(): str(row[1] or "").strip() for row in grid.rows() if row[0]} if grid.width > 1 else {}


def _make_unreadable_error(what: str, file: str) -> AuditError:
    return AuditError(Problem(what=what, mend=_MEND, file=file), code=ExitCode.UNREADABLE)
