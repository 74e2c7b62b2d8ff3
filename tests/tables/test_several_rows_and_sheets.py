"""One table of several sheets, and one row of several that are alike."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from audit.errors import AuditError, ExitCode
from audit.tables.readers.read import read_declared_table
from audit.tables.schema import Column, Source
from audit.tables.table import Table

VISITS = Source(
    name="visits",
    file="visits.xlsx",
    columns={"id": Column(required=True), "n": Column(type="integer"), "year": Column(header="sheet")},
    key=("id",),
    sheets=("FY*",),
)
INSPECTIONS = Source(
    name="inspections",
    file="violations_*.csv",
    columns={"inspection": Column(required=True), "office": Column()},
    unread=("violation",),
    key=("inspection",),
    distinct=True,
)


def read(folder: Path, source: Source) -> Table:
    return read_declared_table(source, folder, offices=None, pseudonym_key=None)


def refusal(folder: Path, source: Source) -> tuple[str, ExitCode]:
    with pytest.raises(AuditError) as refused:
        read(folder, source)
    return str(refused.value), refused.value.code


def rows(table: Table) -> list[tuple[Any, ...]]:
    return table.rows.collect().rows()


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    with xlsxwriter.Workbook(tmp_path / "visits.xlsx") as book:
        for name, cells in {
            "About": [["A workbook of two years"]],
            "FY24": [["id", "n"], ["A", 1], ["B", 2]],
            "FY25": [["Banner"], ["id", "n"], ["C", 3]],
        }.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(cells):
                sheet.write_row(number, 0, row)
    return tmp_path


@pytest.mark.parametrize("asked", [{"sheets": ("FY*",)}, {"sheets": ("FY24", "FY25")}, {"sheets": (), "sheet": "FY??"}])
def test_several_sheets_are_one_table(workbook: Path, asked: dict[str, Any]) -> None:
    table = read(workbook, replace(VISITS, **asked))
    assert rows(table) == [("A", 1, "FY24"), ("B", 2, "FY24"), ("C", 3, "FY25")]
    assert [(total.file, total.rows_in) for total in table.totals] == [
        ("visits.xlsx, sheet FY24", 2),
        ("visits.xlsx, sheet FY25", 1),
    ]


def test_a_sheet_of_several_is_named_where_something_is_wrong(workbook: Path) -> None:
    odd = replace(VISITS, columns={**VISITS.columns, "n": Column(type="date")})
    text, _ = refusal(workbook, odd)
    assert "visits.xlsx, sheet FY25" in text
    twice = replace(VISITS, key=("n",), columns={**VISITS.columns, "n": Column()})
    assert len(rows(read(workbook, twice))) == 3


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are(workbook: Path) -> None:
    assert refusal(workbook, replace(VISITS, sheets=("FY24", "FY26"))) == (
        'visits.xlsx: no sheet "FY26". Correct `sheets`. The file has About, FY24 and FY25.',
        ExitCode.USAGE,
    )


def test_a_damaged_workbook_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "visits.xlsx").write_bytes(b"no workbook")
    assert refusal(tmp_path, VISITS)[1] == ExitCode.UNREADABLE


def write_violations(folder: Path, first: str, second: str) -> None:
    for name, text in (("2023", first), ("2024", second)):
        (folder / f"violations_{name}.csv").write_text("inspection,office,violation\n" + text, encoding="utf-8")


def test_rows_that_are_alike_are_one_row_of_a_table_that_is_distinct(tmp_path: Path) -> None:
    write_violations(
        tmp_path, "I1,North,rats\nI1,North,mould\n\nI2,South,rats\n", "I2,South,mould\nI3,,rats\nI3,,dirt\n"
    )
    table = read(tmp_path, INSPECTIONS)
    assert rows(table) == [("I1", "North"), ("I2", "South"), ("I3", None)]
    assert [str(total) for total in table.totals] == [
        "4 rows in = 2 used + 2 set aside",
        "3 rows in = 1 used + 2 set aside",
    ]
    same = "the same as an earlier row"
    assert table.aside.select("file", "row", "reason").rows() == [
        ("violations_2023.csv", 3, same),
        ("violations_2023.csv", 4, "blank row"),
        ("violations_2024.csv", 2, same),
        ("violations_2024.csv", 4, same),
    ]


def test_rows_of_one_key_that_differ_are_refused_by_row(tmp_path: Path) -> None:
    write_violations(tmp_path, "I1,North,rats\nI1,North,mould\nI1,South,rats\n", "I3,,rats\n")
    text, code = refusal(tmp_path, INSPECTIONS)
    assert code == ExitCode.DATA
    assert "violations_2023.csv" in text and "in 2 rows (2 and 4)" in text


def test_rows_that_are_alike_are_refused_where_the_table_is_not_distinct(tmp_path: Path) -> None:
    write_violations(tmp_path, "I1,North,rats\nI1,North,mould\n", "I3,,rats\n")
    assert "in 2 rows (2 and 3)" in refusal(tmp_path, replace(INSPECTIONS, distinct=False))[0]


def test_what_is_alike_is_asked_of_every_column_whichever_are_kept(tmp_path: Path) -> None:
    write_violations(tmp_path, "I1,North,rats\nI1,South,mould\n", "I3,,rats\n")
    with pytest.raises(AuditError, match=r"in 2 rows \(2 and 3\)"):
        read_declared_table(INSPECTIONS, tmp_path, offices=None, pseudonym_key=None, words=["inspection"])


def test_a_table_of_sheets_and_files_is_read_from_all(workbook: Path) -> None:
    """Both files have the two sheets, and no key is in two of them."""
    pl.DataFrame({"id": ["D"], "n": [4]}).write_excel(workbook / "visits2.xlsx", worksheet="FY26")
    table = read(workbook, replace(VISITS, file="visits*.xlsx"))
    assert rows(table)[-1] == ("D", 4, "FY26")
