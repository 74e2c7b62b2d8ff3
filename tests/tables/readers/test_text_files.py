"""Delimited text that is damaged: no row is swallowed, and what is not in the declared encoding is said by row."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from audit.errors import AuditError, ExitCode
from audit.tables.readers import delimited, text_files
from audit.tables.readers import read as tables
from audit.tables.schema import Column, Source
from audit.tables.table import Table

PLAIN = Source(name="t", file="t.csv", columns={"id": Column(), "x": Column()}, key=("id",))


def read(folder: Path, content: str | bytes, source: Source = PLAIN, *, set_aside: bool = False) -> Table:
    (folder / source.file).write_bytes(content.encode() if isinstance(content, str) else content)
    return tables.read_declared_table(source, folder, offices=None, pseudonym_key=None, set_aside=set_aside)


def refuse(folder: Path, content: str | bytes, source: Source = PLAIN, *, set_aside: bool = False) -> AuditError:
    with pytest.raises(AuditError) as refused:
        read(folder, content, source, set_aside=set_aside)
    return refused.value


OUT_OF_PLACE = (
    "a quotation mark or a line break is out of place, and rows cannot be told apart from here on. "
    "Close the quotation, and double a quotation mark within it."
)


def test_two_slips_in_quoting_swallow_no_row(tmp_path: Path) -> None:
    """A closing mark lost in one row and one too many in a later row: the rows between would be one cell."""
    rows = [f'"R{n}","Q{n}"' for n in range(2, 41)]
    rows[5] = '"R7,"Q7"'
    rows[25] = '"R27"x","Q27"'
    for set_aside in (False, True):
        error = refuse(tmp_path, "\n".join(['"id","x"', *rows]), set_aside=set_aside)
        assert (str(error), error.code) == (f"t.csv, row 7: {OUT_OF_PLACE}", ExitCode.UNREADABLE)


@pytest.mark.parametrize(
    "content",
    [
        'id,x\n1,5" a\n2,6" b\n',  # two inch marks in unquoted cells
        'id,x\n1,"a ""b"" c"\n2,""\n',
        'id,x\n1,"a\nb"\n2,"c, d"\n',
        'id,x\n1,5" a\n2,"b\nc"\n',
        'id,x\r\n1,"a"\r\n2,"b"\r\n',
        'id,x\n\n1,a"b"c\n2,\n',
    ],
)
def test_quotation_marks_that_are_in_place_are_read(tmp_path: Path, content: str) -> None:
    table = read(tmp_path, content)
    assert table.rows.collect()["id"].to_list() == ["1", "2"]


def test_a_mark_out_of_place_in_one_line_is_refused(tmp_path: Path) -> None:
    assert str(refuse(tmp_path, 'id,x\n1,"a"b\n2,"c"\n')) == f"t.csv, row 2: {OUT_OF_PLACE}"


def test_a_header_longer_than_every_row_is_one_message(tmp_path: Path) -> None:
    expected = (
        "t.csv: the header has 3 names, and no row as many fields: 2 rows of 2. "
        "Take the name too many out of the header, or give the rows all their fields."
    )
    source = replace(PLAIN, unread=("",))
    for set_aside in (False, True):
        error = refuse(tmp_path, "id,x,\nA,1\nB,2\n", source, set_aside=set_aside)
        assert (str(error), error.code) == (expected, ExitCode.UNREADABLE)


def test_lines_in_another_encoding_are_named_and_the_rest_is_not_spoilt(tmp_path: Path) -> None:
    content = "id,x\n1,reçu\n2,naïve\n".encode() + "3,café\n".encode("cp1252") + "4,é\n".encode()
    error = refuse(tmp_path, content)
    assert (str(error), error.code) == (
        "t.csv, row 4: 1 line (4) not in UTF-8, and 3 that are. "
        "Export the table again in one encoding, or correct these lines.",
        ExitCode.UNREADABLE,
    )
    error = refuse(tmp_path, content, replace(PLAIN, encoding="cp1252"))
    assert "1 line (4) not in UTF-8, and 3 that are, where cp1252 is declared" in str(error)
    menu = "id,x\n1,CAFÉ»\n2,é\n3,à\n".encode("cp1252")  # its first line happens to be UTF-8 too
    assert read(tmp_path, menu, replace(PLAIN, encoding="cp1252")).rows.collect()["x"].to_list() == ["CAFÉ»", "é", "à"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04abc", "a workbook or another zip archive, and not text. Name it .xlsx if it is a workbook"),
        (gzip.compress(b"id,x\nA,1\n", mtime=0), "compressed by gzip, and not text. Let its name end in .gz"),
        (b"PAR1abcPAR1", "a Parquet file, and not text. Let its name end in .parquet."),
        (b"\xd0\xcf\x11\xe0abc", "a workbook of an old kind (.xls), and not text. Save it as .xlsx or as CSV."),
    ],
)
def test_a_file_that_is_no_text_is_called_what_it_is(tmp_path: Path, content: bytes, said: str) -> None:
    error = refuse(tmp_path, content)
    assert (error.code, said in str(error)) == (ExitCode.UNREADABLE, True)


def test_a_semicolon_is_suggested_as_a_delimiter(tmp_path: Path) -> None:
    assert str(refuse(tmp_path, "id;x\nA;1\n")).endswith('Declare `delimiter = ";"`.')


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8"])
def test_a_byte_order_mark_is_no_part_of_a_header_whatever_encoding_is_declared(tmp_path: Path, encoding: str) -> None:
    table = read(tmp_path, "\ufeffid,x\nA,é\n".encode(encoding), replace(PLAIN, encoding=encoding))
    assert table.rows.collect().rows() == [("A", "é")]


def test_a_file_without_an_end_of_a_row_is_not_read_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a small compressed file that swells is: it is read in blocks, and refused when no row ends."""
    monkeypatch.setattr(text_files, "BLOCK_BYTES", 100)  # less the header's 5, with ten more
    monkeypatch.setattr(text_files, "MOST_TO_EXPLAIN", 500)
    monkeypatch.setattr(delimited, "LONGEST_ROW", 1_000)
    source = replace(PLAIN, file="t.csv.gz")
    error = refuse(tmp_path, gzip.compress(b"id,x\nA," + b"1" * 100_000, mtime=0), source)
    assert error.code == ExitCode.UNREADABLE
    assert str(error) == (
        "t.csv.gz: no row ends within 1,095 bytes. Get the file again, or close the quotation that was left open."
    )
    many = b"id,x\n" + b"".join(b"%d,a\n" % n for n in range(500))
    assert read(tmp_path, gzip.compress(many, mtime=0), source).rows_used == 500


def test_very_many_undeclared_columns_are_counted(tmp_path: Path) -> None:
    names = [f"c{n}" for n in range(5_000)]
    error = refuse(tmp_path, ",".join(["id", "x", *names]) + "\n" + "1," * 5_001 + "1\n")
    assert len(error.problems) == 1
    assert "5,000 columns not declared: c0, c1, c2, c3, c4 and 4995 others." in str(error)
