"""A list that came back from an office: its rows as they are, before they are judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import unmark_formula
from audit.reporting.worklist_text import WORKLIST_ABOUT_SHEET, WORKLIST_SHEET
from audit.storage.declaration_text import read_csv_records
from audit.storage.returned_workbook import read_about, read_returned_bytes, refuse_unread_cells
from audit.tables.readers import workbooks

NEEDED_COLUMNS = ("item", "unit_keys", "done_on", "not_ours", "not_required", "reason")  # of a list that came back
_MEND = "Name the list of a packet, worklist.xlsx or worklist.csv, as it came back."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedList:
    """The rows of a list, each with its number in the file, its cells by the columns' own names; blank is ""."""

    rows: tuple[tuple[int, Mapping[str, str]], ...]
    about: Mapping[str, str]  # what its first sheet says; nothing of a CSV file


def read_returned_list(path: Path, columns: Mapping[str, str]) -> ReturnedList:
    """The list in a workbook or a CSV file; `columns` are those of a list by name, with their headings.

    AuditError (UNREADABLE) where there is no such file, it is no list, or a column that is needed is gone.
    """
    _refuse_missing_file(path)
    is_workbook = path.suffix.lower() in (".xlsx", ".xlsm")
    return _read_workbook(path, columns) if is_workbook else read_csv_list(path, columns, needed=NEEDED_COLUMNS)


def _read_workbook(path: Path, columns: Mapping[str, str]) -> ReturnedList:
    content, file = read_returned_bytes(path), str(path)
    sheets = workbooks.list_sheets(content, file=file, mend=_MEND)
    if WORKLIST_SHEET not in sheets:
        raise _make_unreadable_error(f"there is no sheet {WORKLIST_SHEET}", file)
    sheet = workbooks.read_sheet(content, WORKLIST_SHEET, file=file, mend=_MEND)
    names = {heading: name for name, heading in columns.items()}
    header = [names.get(str(cell or "").strip(), "") for cell in sheet.grid.row(0)] if sheet.grid.height else []
    _refuse_missing_columns(header, columns, file, NEEDED_COLUMNS)
    headings = [columns[name] if name else "" for name in header]
    refuse_unread_cells(sheet, headings, name=WORKLIST_SHEET, file=file)
    rows = [
        (number, {name: str(cell or "").strip() for name, cell in zip(header, row, strict=True) if name})
        for number, row in enumerate(sheet.grid[1:].rows(), start=2)
    ]
    has_about = WORKLIST_ABOUT_SHEET in sheets
    about = read_about(content, WORKLIST_ABOUT_SHEET, file=file, mend=_MEND) if has_about else {}
    return ReturnedList(rows=tuple(row for row in rows if any(row[1].values())), about=about)


def read_csv_list(path: Path, columns: Mapping[str, str], *, needed: Sequence[str]) -> ReturnedList:
    """The rows of a CSV file with these columns, of which the `needed` must be there once. Errors as above."""
    _refuse_missing_file(path)
    records = list(read_csv_records(path, label=str(path)))
    header = [name if name in columns else "" for name in (records[0][1] if records else [])]
    _refuse_missing_columns(header, columns, str(path), needed)
    rows = []
    for number, cells in records[1:]:
        if len(cells) > len(header):
            problem = Problem(
                what="has more fields than the header",
                mend="Quote a field that holds a comma.",
                file=str(path),
                row=number,
            )
            raise AuditError(problem, code=ExitCode.UNREADABLE)
        row = {name: unmark_formula(cell) for name, cell in zip_longest(header, cells, fillvalue="") if name}
        rows.append((number, row))
    return ReturnedList(rows=tuple(rows), about={})


def _refuse_missing_file(path: Path) -> None:
    if not path.is_file():
        problem = Problem(what="there is no such file", mend="Name the file, with its folder.", file=str(path))
        raise AuditError(problem, code=ExitCode.UNREADABLE)


def _refuse_missing_columns(
    header: Sequence[str], columns: Mapping[str, str], file: str, needed: Sequence[str]
) -> None:
    problems = [
        Problem(what="is missing or stands twice", mend=_MEND, file=file, column=columns[name])
        for name in needed
        if list(header).count(name) != 1
    ]
    if problems:
        raise AuditError(problems, code=ExitCode.UNREADABLE)


def _make_unreadable_error(what: str, file: str) -> AuditError:
    return AuditError(Problem(what=what, mend=_MEND, file=file), code=ExitCode.UNREADABLE)
