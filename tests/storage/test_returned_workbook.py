"""A review workbook that came back damaged, or with cells that hold no answer."""

import io
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter

from audit.errors import AuditError, ExitCode
from audit.review.worksheet import ABOUT_SHEET, REVIEW_SHEET, WORKSHEET_HEADINGS
from audit.storage.returned_workbook import read_workbook

SHEET = "xl/worksheets/sheet1.xml"
HEADINGS = list(WORKSHEET_HEADINGS.values())


def make(*, twice: bool = False, answer: str = "yes") -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet, about = book.add_worksheet(REVIEW_SHEET), book.add_worksheet(ABOUT_SHEET)
        sheet.write_row(0, 0, [*HEADINGS, *HEADINGS[:1]] if twice else HEADINGS)
        sheet.write_row(1, 0, [answer] * len(HEADINGS))
        about.write_row(0, 0, ["Phase", "first"])
    return out.getvalue()


def alter(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as book, zipfile.ZipFile(out, "w") as altered:
        for name in book.namelist():
            altered.writestr(name, change(book.read(name)) if name == SHEET else book.read(name))
    return out.getvalue()


def refuse(data: bytes) -> str:
    with pytest.raises(AuditError) as refused:
        read_workbook(data, file="w.xlsx")
    assert refused.value.code == ExitCode.UNREADABLE
    return str(refused.value)


def test_what_came_back_whole_is_read() -> None:
    came = read_workbook(make(), file="w.xlsx")
    assert came.about == {"Phase": "first"}
    assert came.rows.height == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: xml[:200],
        lambda xml: xml.replace(b'r="A2"', b'r="XFD1048576"'),
        lambda xml: xml.replace(b'r="A2"', b'r="ZZZZ99999999999"'),
        lambda xml: xml.replace(b'<c r="A2" t="s">', b'<c r="A2" t="s"><v>9999</v></c><c r="B2" t="s">'),
    ],
)
def test_what_came_back_damaged_is_one_message(change: Callable[[bytes], bytes]) -> None:
    assert refuse(alter(make(), change)).count("\n") == 0


def test_an_answer_that_is_an_error_or_was_never_calculated_is_named() -> None:
    odd_cells = b'<row r="3"><c r="A3"><f>A2</f></c><c r="B3" t="e"><v>#N/A</v></c></row></sheetData>'
    said = refuse(alter(make(), lambda xml: xml.replace(b"</sheetData>", odd_cells))).splitlines()
    assert said == [
        f"w.xlsx, sheet {REVIEW_SHEET}, row 3, column {HEADINGS[0]}: a formula that was never calculated. "
        "Enter the answer itself, and save the workbook.",
        f"w.xlsx, sheet {REVIEW_SHEET}, row 3, column {HEADINGS[1]}: the error of a spreadsheet, such as #N/A or "
        "#REF!. Enter the answer itself, and save the workbook.",
    ]


def test_a_column_twice_is_refused() -> None:
    assert refuse(make(twice=True)).startswith(f"w.xlsx: the column {HEADINGS[0]} stands twice.")
    assert refuse(b"no workbook").startswith("w.xlsx: not a workbook that can be opened.")
