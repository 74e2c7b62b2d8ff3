"""A table in a sheet of a workbook, and what is wrong with its cells."""

from collections import defaultdict
from collections.abc import Collection, Sequence

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_list
from audit.tables.limits import refuse_excess
from audit.tables.readers import header, workbooks
from audit.tables.readers.delimited import ROW_NUMBER
from audit.tables.readers.opened_file import OpenedFile, make_empty_error, open_text_rows, refuse_without_rows
from audit.tables.readers.workbooks import OddCell
from audit.tables.schema import Source

_MEND = "Save it again, as .xlsx and without a password."
_TEXT_TYPES = ("text", "office", "yes_no")  # what a number is read as as it is shown


def open_spreadsheet(
    data: bytes, source: Source, *, file: str, sha256: str, path_columns: Collection[str]
) -> OpenedFile:
    """The table in a workbook.

    Raises `AuditError`: code UNREADABLE for a workbook that is damaged, or a sheet that is empty; DATA for one without
    a header or without rows; USAGE where the sheet has to be declared.
    """
    sheets = workbooks.list_sheets(data, file=file, mend=_MEND, limits=source.limits)
    sheet = _choose_sheet(sheets, source, file)
    cells = workbooks.read_sheet(data, sheet, file=file, mend=_MEND, limits=source.limits)
    grid = cells.grid
    at = header.find_header_row(grid.head(header.HEADER_SEARCH_ROWS).rows(), source)
    if grid.is_empty():
        raise make_empty_error(file, sheet=sheet)
    if at is None:
        raise AuditError(header.make_missing_header_problem(source, file=file, sheet=sheet), code=ExitCode.DATA)
    names = header.clean_header_names(grid.row(at))
    refuse_excess(len(names), source.limits, "columns", "the header has {} names", file=file)
    grid.columns = [str(field) for field in range(grid.width)]
    rows = grid[at + 1 :].with_row_index(ROW_NUMBER, offset=at + 2).with_columns(pl.col(ROW_NUMBER).cast(pl.Int64))
    problems = header.find_header_differences(
        names, source, file=file, sheet=sheet, row=at + 1, path_columns=path_columns
    )
    odd_cells = [cell for cell in cells.odd_cells if cell.row > at + 1]
    opened = open_text_rows(
        _show_cells(rows, odd_cells, first=at + 2),
        names,
        source,
        flaws=_list_flaws(odd_cells, names, source),
        problems=problems,
        file=file,
        sha256=sha256,
    )
    if opened.rows.lazy().collect().is_empty():
        refuse_without_rows(source, file)
    return opened


def _choose_sheet(sheets: Sequence[str], source: Source, file: str) -> str:
    if not sheets:
        raise make_empty_error(file)
    sheet = source.sheet or sheets[0]
    if sheet not in sheets or (len(sheets) > 1 and not source.sheet):
        what = f'no sheet "{sheet}"' if source.sheet else f"{len(sheets)} sheets"
        mend = f"Declare the `sheet`: {format_list(sheets, most=6)}."
        raise AuditError(Problem(what=what, mend=mend, file=file), code=ExitCode.USAGE)
    return sheet


def _show_cells(rows: pl.DataFrame, odd_cells: Sequence[OddCell], *, first: int) -> pl.DataFrame:
    """The rows with the text that the sheet shows in cells whose content is another; the first has this number."""
    shown = defaultdict[int, dict[int, str]](dict)
    for cell in odd_cells:
        if cell.text is not None:
            shown[cell.column][cell.row - first] = cell.text
    for column, texts in shown.items():
        values = rows[str(column)].scatter(list(texts), list(texts.values()))
        rows = rows.with_columns(values.alias(str(column)))
    return rows


def _list_flaws(odd_cells: Sequence[OddCell], names: Sequence[str], source: Source) -> list[tuple[int, str, str]]:
    """The odd cells of declared columns that cannot be read as the sheet shows them: row, column, what is wrong."""
    columns = {
        header_name: source.columns[name] for name, header_name in source.list_headers().items() if header_name in names
    }
    flaws = []
    for cell in odd_cells:
        header_name = names[cell.column]
        if cell.text is None and header_name in columns:
            is_text = columns[header_name].type in _TEXT_TYPES
            if is_text or cell.what != workbooks.HIDDEN_ZEROS:
                flaws.append((cell.row, header_name, cell.what))
    return flaws
