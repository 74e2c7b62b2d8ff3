"""A sheet of a workbook as text, with the cells that the text alone would tell wrong.

The library that reads the values leaves out errors and formulas that were never calculated, gives numbers without the
form in which the sheet shows them, and makes room for every cell up to the last one. So the XML is gone through before
(ECMA-376, part 1, 18.3.1), and a workbook that is not well formed is refused.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from xml.parsers import expat

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_list
from audit.tables.limits import DEFAULT_READ_LIMITS, ReadLimits, make_limit_error, refuse_excess, start_clock
from audit.tables.readers.damage import refuse_damaged_file

ERROR_CELL = "the error of a spreadsheet, such as #N/A or #REF!"
UNCALCULATED = "a formula that was never calculated"
LONG_NUMBER = "a number of more than 15 digits, which a workbook does not keep exactly"
HIDDEN_ZEROS = "a number that the sheet shows in another form, with leading zeros"
#: Those that the library can read.
KNOWN_ERRORS = {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#GETTING_DATA"}

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
ROOMY_CELLS = 5_000_000  # cells of a sheet, empty ones among them, from which on a quarter must be filled
WORKBOOK_SUFFIXES = (".xlsx", ".xlsm")
PACKED_UNSUSPICIOUSLY = 100_000_000  # bytes up to which a workbook may be small by whatever factor

_READ_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    expat.ExpatError,
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    LookupError,
    OverflowError,
)
_Attributes = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OddCell:
    """A cell that is not what its text says: where it is, what is odd, and the text that the sheet shows, if known."""

    row: int  # from 1
    column: int  # of the grid, from 0
    what: str  # one of the above
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SheetCells:
    """Every cell of a sheet as text, from its first row, and the odd ones."""

    grid: pl.DataFrame
    odd_cells: Sequence[OddCell]


@dataclass(slots=True)
class _SheetScan:
    """What the XML of a sheet holds."""

    zero_formats: dict[str, int | None]  # by style: to how many digits it fills up, None where another form is shown
    cells: int = 0
    last_row: int = 0
    last_column: int = 0
    first_column: int = MOST_COLUMNS
    odd_cells: list[OddCell] = field(default_factory=list)
    row: int = 0
    column: int = 0
    at: tuple[int, int] = (0, 0)
    attributes: _Attributes = field(default_factory=dict)
    formula: bool = False
    content: bool = False  # it holds text, be it empty
    in_value: bool = False
    value: str = ""

    def open_element(self, name: str, attributes: _Attributes) -> None:
        """Note where a cell begins, and what is in it."""
        name = name.rpartition(":")[2]
        if name == "c":
            self._open_cell(attributes)
        elif name == "v":
            self.in_value, self.value = True, ""
            self.content = self.content or self.attributes.get("t") == "str"
        elif name == "f":
            self.formula = True
        elif name == "is":
            self.content = True
        elif name == "row":
            self.row, self.column = int(attributes.get("r", self.row + 1)), 0

    def add_text(self, text: str) -> None:
        """Note the value of a cell."""
        if self.in_value:
            self.value += text

    def close_element(self, name: str) -> None:
        """Judge a cell that ends."""
        name = name.rpartition(":")[2]
        if name == "v":
            self.in_value = False
        elif name == "c" and (self.content or self.formula or self.value):
            self._close_cell()

    def _open_cell(self, attributes: _Attributes) -> None:
        self.attributes, self.formula, self.content, self.value = attributes, False, False, ""
        if reference := attributes.get("r"):
            letters = reference.rstrip("0123456789")
            self.row, self.column = int(reference[len(letters) :]), _number_column(letters)
        else:
            self.column += 1
        if not (self.row, self.column) > self.at or self.row > MOST_ROWS or self.column > MOST_COLUMNS:
            raise ValueError(reference)  # twice, out of order, or beyond what a sheet has
        self.at = self.row, self.column

    def _close_cell(self) -> None:
        kind = self.attributes.get("t", "n")
        if self.value or self.content:
            self.cells += 1
            self.last_row, self.last_column = self.row, max(self.last_column, self.column)
            self.first_column = min(self.first_column, self.column)
        if kind == "e":
            self._add_odd_cell(ERROR_CELL, self.value)
        elif self.formula and not self.value and kind != "str":
            self._add_odd_cell(UNCALCULATED)
        elif kind == "n" and self.value:
            number = float(self.value)
            if abs(number) >= 1e15:  # a double keeps 15 digits of any number
                self._add_odd_cell(LONG_NUMBER)
            elif (style := self.attributes.get("s")) in self.zero_formats:
                width = self.zero_formats[style]
                shown = f"{int(number):0{width}}" if width and number >= 0 and number.is_integer() else None
                self._add_odd_cell(HIDDEN_ZEROS, shown)

    def _add_odd_cell(self, what: str, text: str | None = None) -> None:
        self.odd_cells.append(OddCell(row=self.row, column=self.column, what=what, text=text))


@cache
def _number_column(letters: str) -> int:
    """The number of a column by its letters, from 1."""
    if not re.fullmatch("[A-Z]{1,3}", letters):
        raise ValueError(letters)
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number


def list_sheets(data: bytes, *, file: str, mend: str, limits: ReadLimits = DEFAULT_READ_LIMITS) -> list[str]:
    """The names of the sheets of a workbook. AuditError (UNREADABLE, with what to do) where it cannot be opened."""
    with _open_workbook(data, limits, file=file, mend=mend) as book:
        return list(_find_sheet_parts(book))


def read_sheet(
    data: bytes, sheet: str, *, file: str, mend: str, limits: ReadLimits = DEFAULT_READ_LIMITS
) -> SheetCells:
    """A sheet of a workbook, every cell as text.

    AuditError (UNREADABLE) where it is damaged, or would fill the memory with cells of which hardly one is filled.
    """
    refuse_overtime = start_clock(limits, file=file)
    with _open_workbook(data, limits, file=file, mend=mend) as book:
        parts = {_fold_part(name): name for name in book.namelist()}
        if strings := parts.get("xl/sharedstrings.xml"):
            size = book.getinfo(strings).file_size
            _parse_part(book, strings, lambda _, attributes: _refuse_count(attributes.get("uniqueCount"), size))
        scan = _SheetScan(_find_zero_formats(book, parts))
        path = parts[_find_sheet_parts(book)[sheet]]
        _parse_part(book, path, scan.open_element, scan.close_element, scan.add_text, refuse_overtime)
    if (room := scan.last_row * scan.last_column) > ROOMY_CELLS and 4 * scan.cells < room:
        what = f"cells far from the table: {room:,} up to the last one, of which {scan.cells:,} are filled"
        mend = "Delete the rows below the table and the columns beside it, and save it again."
        problem = Problem(what=what, mend=mend, file=file, sheet=sheet, row=scan.last_row)
        raise AuditError(problem, code=ExitCode.UNREADABLE)
    refuse_excess(room, limits, "cells", "a sheet of {} cells", file=file)
    errors = sorted({cell.text or "" for cell in scan.odd_cells if cell.what == ERROR_CELL} - KNOWN_ERRORS)
    what = "the sheet cannot be read" + (f": a cell holds {format_list(errors, most=3)}" if errors else "")
    with refuse_damaged_file(what, mend, file=file, sheet=sheet):
        grid = pl.read_excel(
            data,
            sheet_name=sheet,
            has_header=False,
            infer_schema_length=0,
            drop_empty_rows=False,
            drop_empty_cols=False,
            read_options={"skip_rows": 0},
            raise_if_empty=False,
        )
    columns = scan.last_column - scan.first_column + 1 if scan.cells else 0
    if grid.shape != (scan.last_row, columns):
        what = f"{grid.height:,} rows of {grid.width:,} columns could be read of {scan.last_row:,} of {columns:,}"
        raise AuditError(Problem(what=what, mend=mend, file=file, sheet=sheet), code=ExitCode.UNREADABLE)
    in_grid = [replace(cell, column=cell.column - scan.first_column) for cell in scan.odd_cells]
    odd_cells = [cell for cell in in_grid if 0 <= cell.column < grid.width]
    below = max((cell.row for cell in odd_cells), default=0) - grid.height  # rows of nothing but formulas
    if below > 0:
        grid = pl.concat([grid, grid.clear(below)])
    return SheetCells(grid=grid, odd_cells=odd_cells)


@contextmanager
def _open_workbook(data: bytes, limits: ReadLimits, *, file: str, mend: str) -> Iterator[zipfile.ZipFile]:
    """The archive that a workbook is. AuditError (UNREADABLE) for whatever within it is damaged, or too large."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            size = sum(part.file_size for part in book.infolist())
            what = f"a workbook of {len(data):,} bytes that holds {{}}"
            refuse_excess(size, limits, "workbook_bytes", what, file=file)
            if size > PACKED_UNSUSPICIOUSLY and size > limits.times * len(data):
                raise make_limit_error(what.format(f"{size:,}"), "times", file=file)
            yield book
    except _READ_ERRORS:
        problem = Problem(what="not a workbook that can be opened", mend=mend, file=file)
        raise AuditError(problem, code=ExitCode.UNREADABLE) from None


def _fold_part(name: str) -> str:
    return name.replace("\\", "/").removeprefix("/").lower()


def _find_sheet_parts(book: zipfile.ZipFile) -> dict[str, str]:
    """The part, folded, that holds each sheet."""
    parts = {_fold_part(name): name for name in book.namelist()}
    targets, sheets = dict[str, str](), dict[str, str]()

    def open_relation(name: str, attributes: _Attributes) -> None:
        if name.rpartition(":")[2] == "Relationship":
            target = attributes["Target"]
            targets[attributes["Id"]] = _fold_part(target if target.startswith("/") else f"xl/{target}")

    def open_sheet(name: str, attributes: _Attributes) -> None:
        if name.rpartition(":")[2] == "sheet":
            relation = next(value for key, value in attributes.items() if key.rpartition(":")[2] == "id")
            sheets[attributes["name"]] = targets[relation]

    _parse_part(book, parts["xl/_rels/workbook.xml.rels"], open_relation)
    _parse_part(book, parts["xl/workbook.xml"], open_sheet)
    return sheets


def _find_zero_formats(book: zipfile.ZipFile, parts: dict[str, str]) -> dict[str, int | None]:
    """The styles that show numbers with leading zeros: how many digits, or None where there is more to their form."""
    codes, styles = dict[str, str](), list[str]()
    inside = [False]

    def open_style(name: str, attributes: _Attributes) -> None:
        name = name.rpartition(":")[2]
        _refuse_count(attributes.get("count"), size)
        if name == "numFmt" and "numFmtId" in attributes:
            codes[attributes["numFmtId"]] = attributes.get("formatCode", "")
        elif name in ("cellXfs", "cellStyleXfs"):
            inside[0] = name == "cellXfs"
        elif name == "xf" and inside[0]:
            styles.append(attributes.get("numFmtId", "0"))

    if path := parts.get("xl/styles.xml"):
        size = book.getinfo(path).file_size
        _parse_part(book, path, open_style)
    formats = dict[str, int | None]()
    for style, code_id in enumerate(styles):
        code = codes.get(code_id, "").partition(";")[0]
        bare = re.sub(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]', "", code)
        whole = re.split(r"[.E]", bare)[0]
        if whole.count("0") > 1 and not re.search("[ymdhs]", bare, re.IGNORECASE):
            formats[str(style)] = len(code) if re.fullmatch("0+", code) else None
    return formats


def _refuse_count(count: str | None, size: int) -> None:
    """Refuse a count of more elements than a part of so many bytes can have: room is made for as many."""
    if count and int(count) > size:
        raise ValueError(count)


def _parse_part(
    book: zipfile.ZipFile,
    path: str,
    open_element: Callable[[str, _Attributes], Any] | None = None,
    close_element: Callable[[str], Any] | None = None,
    add_text: Callable[[str], Any] | None = None,
    refuse_overtime: Callable[[], None] = lambda: None,
) -> None:
    """Go through the XML of a part of a workbook. It declares no document type: that is where entities swell."""

    def refuse(*_: Any) -> None:
        raise ValueError(path)

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler = open_element, close_element
    parser.CharacterDataHandler = add_text
    with book.open(path) as stream:
        while block := stream.read(1_000_000):
            parser.Parse(block)
            refuse_overtime()
        parser.Parse(b"", True)
