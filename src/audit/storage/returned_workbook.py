"""A review worksheet that came back: its rows and its first sheet, as they are, before they are judged."""

from dataclasses import dataclass

import fastexcel
import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.review.worksheet import ABOUT_SHEET, REVIEW_SHEET, WORKSHEET_HEADINGS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReturnedWorkbook:
    """What a workbook holds: the rows as text under the columns' own names, with their number in the sheet in `row`."""

    rows: pl.DataFrame
    about: dict[str, str] | None  # None where it has no such sheet


def read_workbook(content: bytes, *, file: str) -> ReturnedWorkbook:
    """The workbook in `content`, called `file` in messages. AuditError (UNREADABLE) where it holds no worksheet."""
    try:
        sheets = fastexcel.read_excel(content).sheet_names
    except fastexcel.FastExcelError:
        raise _make_unreadable_error("is not a workbook that can be opened", file) from None
    if REVIEW_SHEET not in sheets:
        raise _make_unreadable_error(f"there is no sheet {REVIEW_SHEET}", file)
    grid, names = _read_grid(content, REVIEW_SHEET), {heading: name for name, heading in WORKSHEET_HEADINGS.items()}
    if grid.is_empty():
        raise _make_unreadable_error(f"the sheet {REVIEW_SHEET} is empty", file)
    heads = [names.get(str(cell or "").strip(), "") for cell in grid.row(0)]
    columns = {name: pl.col(grid.columns[heads.index(name)]).alias(name) for name in heads if name}
    rows = grid[1:].with_row_index("row", offset=2).select("row", *columns.values())
    if "item" in rows.columns:
        rows = rows.with_columns(pl.col("item").str.strip_suffix(".0"))
    about = None
    if ABOUT_SHEET in sheets:
        about_rows = _read_grid(content, ABOUT_SHEET)
        about = (
            {str(row[0]).strip(): str(row[1] or "").strip() for row in about_rows.rows() if row[0]}
            if about_rows.width > 1
            else {}
        )
    return ReturnedWorkbook(rows=rows, about=about)


def _read_grid(content: bytes, sheet: str) -> pl.DataFrame:
    """Every cell of a sheet, as text."""
    return pl.read_excel(
        content,
        sheet_name=sheet,
        has_header=False,
        infer_schema_length=0,
        drop_empty_rows=False,
        drop_empty_cols=False,
        read_options={"skip_rows": 0},
        raise_if_empty=False,
    )


def _make_unreadable_error(what: str, file: str) -> AuditError:
    mend = "Name the workbook that audit review export wrote, as it came back."
    return AuditError(Problem(what=what, mend=mend, file=file), code=ExitCode.UNREADABLE)
