"""Cells that would be read as something else than they show."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from audit.errors import AuditError
from audit.tables.readers import read as tables
from audit.tables.schema import Column, Source
from audit.tables.table import Table


def read(folder: Path, column: Column, cells: list[str], *, set_aside: bool = False) -> Table:
    source = Source(name="t", file="t.csv", columns={"id": Column(), "x": column}, key=("id",))
    text = "id,x\n" + "".join(f"R{n},{cell}\n" for n, cell in enumerate(cells))
    (folder / "t.csv").write_text(text, encoding="utf-8")
    return tables.read_declared_table(source, folder, offices=None, pseudonym_key=None, set_aside=set_aside)


def refuse(folder: Path, column: Column, cells: list[str]) -> str:
    with pytest.raises(AuditError) as refused:
        read(folder, column, cells)
    return str(refused.value)


MOMENT = Column(type="datetime")


@pytest.mark.parametrize(
    ("column", "cell", "what"),
    [
        (Column(), "a\0b", "a control character"),
        (Column(), "a\x1ab", "a control character"),
        (Column(), "a\x85b", "a control character"),
        (Column(type="date"), "2020-01-0\x071", "a control character"),
        (Column(), "#N/A", "the error of a spreadsheet, such as #N/A or #REF!"),
        (Column(), "#ref!", "the error of a spreadsheet, such as #N/A or #REF!"),
        (Column(type="date"), "#VALUE!", "the error of a spreadsheet, such as #N/A or #REF!"),
        (Column(type="number"), "12345678901234567", "a number of more than 15 digits, which is not kept exactly"),
        (MOMENT, "2011-09-30T22:00:00-05:00", "a time with an offset from UTC, which is not local time"),
        (MOMENT, "2011-09-30T22:00:00Z", "a time with an offset from UTC, which is not local time"),
        (MOMENT, "2011-07-04 23:59:60", "not a date and time in the declared form"),
        (MOMENT, "2011-07-04T23:59:60.5", "not a date and time in the declared form"),
    ],
)
def test_it_is_said_by_row_and_column(tmp_path: Path, column: Column, cell: str, what: str) -> None:
    assert refuse(tmp_path, column, ["", cell]).startswith(f"t.csv, row 3, column x: {what}, in 1 row (3). ")
    table = read(tmp_path, column, ["", cell], set_aside=True)
    assert table.aside["row"].to_list() == [3]


def test_what_only_looks_like_it_is_read(tmp_path: Path) -> None:
    cells = ["#12", "a\ttab", "# N/A"]
    assert read(tmp_path, Column(), cells).rows.collect()["x"].to_list() == cells
    times = ["1960-01-01 00:00:00", "2011-07-04 10:00:00.60", "1960-06-06 06:06:00"]
    assert read(tmp_path, MOMENT, times).rows.collect()["x"].null_count() == 0
    declared = Column(uninformative=("#N/A",))
    assert read(tmp_path, declared, ["#N/A"]).rows.collect()["x.state"].to_list() == ["uninformative"]
    assert read(tmp_path, Column(values=("#N/A", "b")), ["#N/A"]).rows_used == 1
    number = read(tmp_path, Column(type="number"), ["9007199254740992", "0.30000000000000004", "-1e9"])
    assert number.rows.collect()["x"].to_list() == [9007199254740992.0, 0.30000000000000004, -1e9]


TWO_ORDERS = Column(type="date", formats=("%m/%d/%Y", "%d/%m/%Y"))


def test_two_orders_of_day_and_month_in_one_column_are_refused(tmp_path: Path) -> None:
    """11/01 and 12/01 are November and December by the first form; 13/01 and 14/01 show that they are January."""
    said = refuse(tmp_path, TWO_ORDERS, ["11/01/2023", "12/01/2023", "13/01/2023", "14/01/2023", "01/15/2023"])
    assert said == (
        "t.csv, row 2, column x: fits two of the declared forms, as another day, and other cells fit only the later "
        "form, in 2 rows (2 and 3). Write all days in one form, and declare that one in `formats`."
    )


def test_two_forms_of_which_one_fits_every_cell_are_read(tmp_path: Path) -> None:
    cells = ["11/01/2023", "01/15/2023", "02/02/2023"]
    expected = [date(2023, 11, 1), date(2023, 1, 15), date(2023, 2, 2)]
    assert read(tmp_path, TWO_ORDERS, cells).rows.collect()["x"].to_list() == expected
    words = replace(TWO_ORDERS, formats=("%m/%d/%Y", "%d %b %Y"))
    assert read(tmp_path, words, ["11/01/2023", "13 Jan 2023"]).rows_used == 2
    same = ["02/02/2023", "13/01/2023"]  # the day of the month is the month
    assert read(tmp_path, TWO_ORDERS, same).rows.collect()["x"].to_list() == [date(2023, 2, 2), date(2023, 1, 13)]


def test_a_whole_number_of_parquet_that_is_too_large_is_said_by_row(tmp_path: Path) -> None:
    rows = pl.DataFrame({"id": ["a", "b"], "x": pl.Series([1, 2**64 - 1], dtype=pl.UInt64)})
    rows.write_parquet(tmp_path / "t.parquet")
    source = Source(name="t", file="t.parquet", columns={"id": Column(), "x": Column(type="integer")}, key=("id",))
    with pytest.raises(AuditError, match=r"t\.parquet, row 2, column x: not a whole number, in 1 row \(2\)"):
        tables.read_declared_table(source, tmp_path, offices=None, pseudonym_key=None)
    rows.head(1).write_parquet(tmp_path / "t.parquet")
    table = tables.read_declared_table(source, tmp_path, offices=None, pseudonym_key=None)
    assert table.rows.collect()["x"].to_list() == [1]
