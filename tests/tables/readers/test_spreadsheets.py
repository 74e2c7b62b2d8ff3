"""Workbooks: cells that show another thing than they hold, and workbooks that are damaged or would fill the memory."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from audit.errors import AuditError, ExitCode
from audit.tables.readers import read as tables
from audit.tables.readers import workbooks
from audit.tables.schema import Column, Source
from audit.tables.table import Table

SOURCE = Source(name="t", file="t.xlsx", columns={"id": Column(), "day": Column(type="date")}, key=("id",))
Fill = Callable[[Any, Any], None]


def make(fill: Fill, *, first_row: int = 0, first_column: int = 0) -> bytes:
    """A workbook with a header and a row, at a place of the sheet, and with what `fill` adds."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet("Data")
        sheet.write_row(first_row, first_column, ["id", "day"])
        sheet.write_row(first_row + 1, first_column, ["A", "2020-01-01"])
        fill(book, sheet)
    return out.getvalue()


def alter(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one of its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as book, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as altered:
        for name in book.namelist():
            altered.writestr(name, change(book.read(name)) if name == part else book.read(name))
    return out.getvalue()


def leave(book: Any, sheet: Any) -> None:
    """Add nothing."""


def read(folder: Path, data: bytes, *, set_aside: bool = False) -> Table:
    (folder / "t.xlsx").write_bytes(data)
    return tables.read_declared_table(SOURCE, folder, offices=None, pseudonym_key=None, set_aside=set_aside)


def refuse(folder: Path, data: bytes) -> tuple[str, ExitCode]:
    with pytest.raises(AuditError) as refused:
        read(folder, data)
    return str(refused.value), refused.value.code


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(("row", "column"), [(0, 0), (3, 2)])
def test_an_error_is_no_blank(tmp_path: Path, row: int, column: int) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write(row + 2, column, "B")
        sheet.write_formula(row + 2, column + 1, "=NA()", None, "#N/A")
        sheet.write_row(row + 3, column, ["C", "#REF!"])

    text, code = refuse(tmp_path, make(fill, first_row=row, first_column=column))
    assert (text, code) == (
        f"t.xlsx, row {row + 3}, column day: the error of a spreadsheet, such as #N/A or #REF!, in 2 rows "
        f"({row + 3} and {row + 4}). Correct it at its source, or list it in `uninformative`.",
        ExitCode.DATA,
    )


def test_a_formula_that_was_never_calculated_is_no_blank(tmp_path: Path) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row(2, 0, ["B", "x"])
        sheet.write_row(3, 0, ["C", "y"])

    def forget(xml: bytes) -> bytes:
        formulas = xml.replace(b'<c r="B3" t="s"><v>5</v></c>', b'<c r="B3"><f>DATE(2023,1,20)</f><v></v></c>')
        return formulas.replace(b'<c r="B4" t="s"><v>7</v></c>', b'<c r="B4" t="str"><f>""</f><v></v></c>')

    data = alter(make(fill), SHEET, forget)
    assert refuse(tmp_path, data)[0] == (
        "t.xlsx, row 3, column day: a formula that was never calculated, in 1 row (3). "
        "Open the workbook, let it calculate, and save it."
    )
    table = read(tmp_path, data, set_aside=True)  # the text "" is calculated, and blank
    assert table.rows.collect().rows() == [("A", date(2020, 1, 1)), ("C", None)]


def test_a_row_of_formulas_below_the_table_is_counted(tmp_path: Path) -> None:
    row = b'<row r="3"><c r="A3"><f>1+1</f></c><c r="B3"><f>1+1</f></c></row></sheetData>'
    data = alter(make(leave), SHEET, lambda xml: xml.replace(b"</sheetData>", row))
    assert "t.xlsx, row 3, column id: a formula that was never calculated" in refuse(tmp_path, data)[0]
    assert str(read(tmp_path, data, set_aside=True).totals[0]) == "2 rows in = 1 used + 1 set aside"


def test_an_id_is_read_with_the_zeros_that_the_sheet_shows(tmp_path: Path) -> None:
    def fill(book: Any, sheet: Any) -> None:
        for row, form in enumerate(["00000", "0", '"L"000', "000-00-0000", "0.00"], start=2):
            sheet.write_number(row, 0, row, book.add_format({"num_format": form}))

    data = make(fill)
    assert refuse(tmp_path, data)[0] == (
        "t.xlsx, row 5, column id: a number that the sheet shows in another form, with leading zeros, in 2 rows "
        "(5 and 6). Format the column as text, and enter it again as it is shown."
    )
    assert read(tmp_path, data, set_aside=True).rows.collect()["id"].to_list() == ["A", "00002", "3", "6"]


def test_a_number_of_more_than_15_digits_is_no_id(tmp_path: Path) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_number(2, 0, 12345678901234567890)
        sheet.write_number(3, 0, 123456789012345)

    data = make(fill)
    assert "t.xlsx, row 3, column id: a number of more than 15 digits" in refuse(tmp_path, data)[0]
    assert read(tmp_path, data, set_aside=True).rows.collect()["id"].to_list() == ["A", "123456789012345"]


def test_a_stray_cell_far_off_does_not_fill_the_memory(tmp_path: Path) -> None:
    text, code = refuse(tmp_path, make(lambda book, sheet: sheet.write(1_048_575, 16_383, "x")))
    assert (text, code) == (
        "t.xlsx, sheet Data, row 1,048,576: cells far from the table: 17,179,869,184 up to the last one, of which 5 "
        "are filled. Delete the rows below the table and the columns beside it, and save it again.",
        ExitCode.UNREADABLE,
    )
    formatted = make(lambda book, sheet: sheet.write_blank(1_048_575, 16_383, None, book.add_format({"bold": True})))
    assert read(tmp_path, formatted).rows_used == 1


@pytest.mark.parametrize(
    ("part", "change"),
    [
        (SHEET, lambda xml: xml[:200]),
        (SHEET, lambda xml: xml.replace(b'r="A2"', b'r="A1"')),
        (SHEET, lambda xml: xml.replace(b'r="A2"', b'r="A4294967295"')),
        (SHEET, lambda xml: b'<!DOCTYPE a [<!ENTITY a "aaaa">]>' + xml),
        (SHEET, lambda xml: xml.replace(b"<v>2</v>", b"<v>99</v>")),
        (SHEET, lambda xml: xml.replace(b't="s"', b't="q"', 1)),
        ("xl/workbook.xml", lambda xml: xml.replace(b'r:id="rId1"', b'r:id="rId9"')),
        ("xl/_rels/workbook.xml.rels", lambda xml: xml[:-10]),
        ("xl/sharedStrings.xml", lambda xml: xml[:-10]),
        ("xl/sharedStrings.xml", lambda xml: xml.replace(b'uniqueCount="4"', b'uniqueCount="4294967295"')),
        ("xl/styles.xml", lambda xml: b""),
    ],
)
def test_a_damaged_workbook_is_one_message(tmp_path: Path, part: str, change: Callable[[bytes], bytes]) -> None:
    text, code = refuse(tmp_path, alter(make(leave), part, change))
    assert code == ExitCode.UNREADABLE
    assert text.startswith("t.xlsx")
    assert text.count("\n") == 0


def test_an_error_that_no_reader_knows_is_named(tmp_path: Path) -> None:
    cell = b'<row r="3"><c r="A3" t="e"><v>#SPILL!</v></c></row></sheetData>'
    data = alter(make(leave), SHEET, lambda xml: xml.replace(b"</sheetData>", cell))
    assert refuse(tmp_path, data)[0].startswith("t.xlsx, sheet Data: the sheet cannot be read: a cell holds #SPILL!.")


def test_a_workbook_without_a_sheet_is_empty(tmp_path: Path) -> None:
    data = alter(make(leave), "xl/workbook.xml", lambda xml: re.sub(rb"<sheet [^>]*>", b"", xml))
    assert refuse(tmp_path, data) == ("t.xlsx: empty. Export the table again.", ExitCode.UNREADABLE)


def test_a_small_workbook_that_swells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "PACKED_UNSUSPICIOUSLY", 1_000_000)
    data = alter(make(leave), SHEET, lambda xml: xml.replace(b"<sheetData>", b" " * 2_000_000 + b"<sheetData>"))
    text, code = refuse(tmp_path, data)
    assert code == ExitCode.UNREADABLE
    assert text.endswith("raise `limits.times` of its table in program.toml.")
