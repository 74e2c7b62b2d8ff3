"""Tables out of files: what is read, what is set aside, and what each fault of a file is called."""

import csv
import gzip
import hashlib
import io
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.errors import AuditError, ExitCode
from audit.tables.offices import Alias, Offices
from audit.tables.pseudonyms import HOW_TO_MAKE_A_KEY, make_pseudonym
from audit.tables.readers import delimited, files, spill, text_files
from audit.tables.readers import read as tables
from audit.tables.schema import Column, Source
from audit.tables.table import Table

OFFICES = Offices(
    aliases=(
        Alias(code="BUF", name="Buffalo", alias="Buffalo"),
        Alias(code="HLG", name="Harlingen", alias="HAR", until=date(2010, 12, 31)),
        Alias(code="SNA", name="San Antonio", alias="HAR", since=date(2011, 1, 1)),
    )
)


@pytest.fixture(autouse=True, params=["at once", "in blocks"])
def _reading(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test of text files twice: a file in blocks of a few bytes is read as one is that is read at once."""
    if request.param == "in blocks":
        monkeypatch.setattr(text_files, "BLOCK_BYTES", 16)


SOURCE = Source(
    name="matches",
    file="matches.csv",
    columns={
        "match_id": Column(),
        "office": Column(type="office", header="Office"),
        "decided": Column(type="date", header="Decided", formats=("%m/%d/%Y", "%d %b %Y")),
        "made": Column(type="datetime"),
        "count": Column(type="integer"),
        "amount": Column(type="number"),
        "held": Column(type="yes_no"),
        "kind": Column(values=("identity", "test"), required=True),
    },
    key=("match_id",),
    dated_by="decided",
)
HEADER = "match_id,Office,Decided,made,count,amount,held,kind\n"
ROWS = (
    "M1,BUF (Buffalo),3/4/2011,2011-03-04T10:11:12,1,1.5,Yes,identity\n"
    "M2,HAR,31 Dec 2010,2011-03-04 10:11,-2,2,n,test\n"
    "M3,har,1/1/2011,,, ,,identity\n"
)
VALUES = [
    ("M1", "BUF", date(2011, 3, 4), datetime(2011, 3, 4, 10, 11, 12), 1, 1.5, True, "identity"),
    ("M2", "HLG", date(2010, 12, 31), datetime(2011, 3, 4, 10, 11), -2, 2.0, False, "test"),
    ("M3", "SNA", date(2011, 1, 1), None, None, None, None, "identity"),
]
PLAIN = Source(name="t", file="t.csv", columns={"id": Column(), "x": Column()}, key=("id",))


def read(folder: Path, source: Source, content: str | bytes | None = None, **settings: Any) -> Table:
    if content is not None:
        (folder / source.file).write_bytes(content.encode() if isinstance(content, str) else content)
    table = tables.read_declared_table(source, folder, **{"offices": OFFICES, "pseudonym_key": None, **settings})
    used = table.rows.collect().height
    assert used == sum(totals.rows_used for totals in table.totals)
    assert table.aside.height == sum(totals.rows_set_aside for totals in table.totals)
    return table


def rows(table: Table) -> list[tuple[Any, ...]]:
    return table.rows.collect().rows()


def refusal(folder: Path, source: Source, content: str | bytes | None = None, **settings: Any) -> tuple[str, ExitCode]:
    with pytest.raises(AuditError) as refused:
        read(folder, source, content, **settings)
    return str(refused.value), refused.value.code


# Kinds of file


def test_declared_columns_are_read_under_their_own_names_and_types(tmp_path: Path) -> None:
    table = read(tmp_path, SOURCE, HEADER + ROWS)
    assert rows(table) == VALUES
    assert table.rows.collect_schema() == {
        "match_id": pl.String,
        "office": pl.String,
        "decided": pl.Date,
        "made": pl.Datetime("us"),
        "count": pl.Int64,
        "amount": pl.Float64,
        "held": pl.Boolean,
        "kind": pl.String,
    }
    digest = hashlib.sha256((HEADER + ROWS).encode()).hexdigest()
    [totals] = table.totals
    assert (totals.table, totals.file, totals.sha256) == ("matches", "matches.csv", digest)
    assert str(totals) == "3 rows in = 3 used + 0 set aside"


@pytest.mark.parametrize(("name", "mark"), [("m.tsv", "\t"), ("m.psv", "|"), ("m.CSV", ","), ("m.tab.gz", "\t")])
def test_the_name_of_a_file_tells_its_delimiter(tmp_path: Path, name: str, mark: str) -> None:
    data = (HEADER + ROWS).replace(",", mark).encode()
    stored = gzip.compress(data) if name.endswith(".gz") else data
    table = read(tmp_path, replace(SOURCE, file=name), stored)
    assert rows(table) == VALUES
    assert table.totals[0].sha256 == hashlib.sha256(stored).hexdigest()


def test_a_declared_delimiter_goes_before_the_name(tmp_path: Path) -> None:
    text = (HEADER + ROWS).replace(",", ";")
    assert rows(read(tmp_path, replace(SOURCE, file="m.txt", delimiter=";"), text)) == VALUES
    assert refusal(tmp_path, replace(SOURCE, file="m.txt"), text) == (
        "m.txt: a file of no known kind. "
        "Declare its `delimiter`, or make it a .csv, .tsv, .psv, .xlsx or .parquet file.",
        ExitCode.USAGE,
    )
    assert refusal(tmp_path, SOURCE, text.replace(";", "|"))[0].endswith('Declare `delimiter = "|"`.')


def workbook(path: Path, sheets: dict[str, Any]) -> None:
    with xlsxwriter.Workbook(path) as book:
        form = book.add_format({"num_format": "d mmm yy"})
        for name, cells in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(cells):
                for place, cell in enumerate(row):
                    sheet.write(at, place, cell, form) if isinstance(cell, date) else sheet.write(at, place, cell)


SHEET = [
    ["Banner", None],
    [],
    ["match_id", "Office", "Decided", "made", "count", "amount", "held", "kind"],
    ["M1", "BUF (Buffalo)", date(2011, 3, 4), datetime(2011, 3, 4, 10, 11, 12), 1, 1.5, True, "identity"],
    [],
    ["M2", "HAR", "12/31/2010", "2011-03-04 10:11", -2, 2, "N", "test"],
    ["M3", "har", "1 Jan 2011", None, None, "  ", None, "identity"],
]


def test_a_workbook_is_read_with_the_row_numbers_of_its_sheet(tmp_path: Path) -> None:
    workbook(tmp_path / "m.xlsx", {"Data": SHEET})
    table = read(tmp_path, replace(SOURCE, file="m.xlsx"))
    assert rows(table) == VALUES
    assert table.aside.rows() == [("matches", "m.xlsx", 5, "blank row")]


def test_a_sheet_among_several_has_to_be_declared(tmp_path: Path) -> None:
    workbook(tmp_path / "m.xlsx", {"Notes": [["x"]], "Data": SHEET, "None": []})
    source = replace(SOURCE, file="m.xlsx")
    assert rows(read(tmp_path, replace(source, sheet="Data"))) == VALUES
    assert refusal(tmp_path, source) == (
        "m.xlsx: 3 sheets. Declare the `sheet`: Notes, Data and None.",
        ExitCode.USAGE,
    )
    assert refusal(tmp_path, replace(source, sheet="data"))[0].startswith('m.xlsx: no sheet "data". Declare')
    assert refusal(tmp_path, replace(source, sheet="None")) == (
        "m.xlsx, sheet None: empty. Export the table again.",
        ExitCode.UNREADABLE,
    )
    assert refusal(tmp_path, replace(source, sheet="Notes"))[0].startswith("m.xlsx, sheet Notes: no header: none of")


def parquet(path: Path, **columns: pl.Series) -> None:
    VALUES_TABLE.with_columns(**columns).write_parquet(path)


VALUES_TABLE = pl.DataFrame(
    [("M1", "BUF", *VALUES[0][2:]), ("M2", "HAR", *VALUES[1][2:]), ("M3", "HAR", *VALUES[2][2:])],
    schema=["match_id", "Office", "Decided", "made", "count", "amount", "held", "kind"],
    orient="row",
)


def test_many_rows_of_parquet_are_not_loaded_and_its_types_pass_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spill, "ROWS_TO_SPILL", 1)
    parquet(tmp_path / "m.parquet", more=pl.Series([1, 2, 3]), count=pl.Series([1, -2, None], dtype=pl.Int16))
    table = read(tmp_path, replace(SOURCE, file="m.parquet", unread=("more",)))
    assert rows(table) == VALUES
    assert table.rows.collect_schema()["count"] == pl.Int64
    plan = table.rows.select("match_id").explain()
    assert "Parquet SCAN" in plan
    assert "PROJECT 1/" in plan


def test_the_columns_that_are_named_are_kept_and_all_are_judged(tmp_path: Path) -> None:
    parquet(tmp_path / "m.parquet")
    source = replace(SOURCE, file="m.parquet")
    table = read(tmp_path, source, words={"office", "more"})
    assert table.rows.collect_schema().names() == ["match_id", "office"]
    parquet(tmp_path / "m.parquet", count=pl.Series(["1", "two", "3"]))
    with pytest.raises(AuditError, match="not a whole number, in 1 row"):
        read(tmp_path, source, words={"office"})


def test_parquet_of_text_is_read_as_declared(tmp_path: Path) -> None:
    pl.read_csv(io.StringIO(HEADER + ROWS), infer_schema=False).write_parquet(tmp_path / "m.parquet")
    assert rows(read(tmp_path, replace(SOURCE, file="m.parquet"))) == VALUES


def test_a_parquet_column_of_another_type_is_refused(tmp_path: Path) -> None:
    parquet(tmp_path / "m.parquet", count=pl.Series([1.0, 2.0, 3.0]), held=pl.Series([1, 0, 1]))
    assert refusal(tmp_path, replace(SOURCE, file="m.parquet")) == (
        "m.parquet, column count: holds Float64, where integer is declared. Declare the `type` that it holds.\n"
        "m.parquet, column held: holds Int64, where yes_no is declared. Declare the `type` that it holds.",
        ExitCode.DATA,
    )


def test_parquet_rows_are_numbered_by_their_place(tmp_path: Path) -> None:
    table = pl.concat([VALUES_TABLE, VALUES_TABLE.clear(2), VALUES_TABLE.head(1)])
    table.write_parquet(tmp_path / "m.parquet")
    source = replace(SOURCE, file="m.parquet")
    assert "m.parquet, row 1, column match_id: a key that another row has as well, in 2 rows (1 and 6)." in str(
        refusal(tmp_path, source)[0]
    )
    kept = read(tmp_path, source, set_aside=True)
    assert kept.aside["row"].to_list() == [1, 4, 5, 6]
    assert rows(kept) == VALUES[1:]


def test_several_files_are_one_table_and_each_has_its_totals(tmp_path: Path) -> None:
    (tmp_path / "t_2.csv").write_text("id,x\nC,3\n\n")
    (tmp_path / "t_1.csv").write_text("x,id\n1,A\n2,B\n")
    table = read(tmp_path, replace(PLAIN, file="t_*.csv"))
    assert rows(table) == [("A", "1"), ("B", "2"), ("C", "3")]
    assert [(t.file, str(t)) for t in table.totals] == [
        ("t_1.csv", "2 rows in = 2 used + 0 set aside"),
        ("t_2.csv", "2 rows in = 1 used + 1 set aside"),
    ]
    (tmp_path / "t_3.csv").write_text("id,x\nA,9\n")
    mend = "Declare the `key` in full, or leave the rows out with --set-aside."
    assert refusal(tmp_path, replace(PLAIN, file="t_*.csv"))[0].splitlines() == [
        f"{file}, row 2, column id: a key that another row has as well, in 1 row (2). {mend}"
        for file in ("t_1.csv", "t_3.csv")
    ]
    (tmp_path / "t_3.csv").write_text("")
    text, code = refusal(tmp_path, replace(PLAIN, file="t_*.csv", columns={**PLAIN.columns, "y": Column()}))
    assert code == ExitCode.UNREADABLE
    assert [line.split(":")[0] for line in text.splitlines()] == [
        "t_3.csv",
        "t_1.csv, row 1, column y",
        "t_2.csv, row 1, column y",
    ]


# Files that cannot be read


def test_a_missing_file_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "match.csv").touch()
    assert refusal(tmp_path, SOURCE) == ('matches.csv: no such file. Did you mean "match.csv"?', ExitCode.UNREADABLE)
    assert refusal(tmp_path / "data", SOURCE)[0] == (
        "matches.csv: no such file. Put it into the folder data, or correct `file`."
    )
    assert refusal(tmp_path, replace(SOURCE, file="/nowhere/m.csv"))[1] == ExitCode.UNREADABLE


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_an_empty_file(tmp_path: Path, content: bytes) -> None:
    assert refusal(tmp_path, SOURCE, content) == (
        "matches.csv: empty. Export the table again.",
        ExitCode.UNREADABLE,
    )


def test_a_header_and_no_rows(tmp_path: Path) -> None:
    expected = (
        "matches.csv: a header, and no rows below it. Check that the table was exported in full. If it can have "
        "no rows, declare `may_be_empty = true`.",
        ExitCode.DATA,
    )
    assert refusal(tmp_path, SOURCE, HEADER) == expected
    assert refusal(tmp_path, SOURCE, HEADER.rstrip()) == expected
    assert refusal(tmp_path, SOURCE, HEADER + "\n,,,,,,,\n") == expected
    VALUES_TABLE.clear().write_parquet(tmp_path / "m.parquet")
    assert refusal(tmp_path, replace(SOURCE, file="m.parquet"))[0] == expected[0].replace("matches.csv", "m.parquet")


@pytest.mark.parametrize("content", [HEADER, HEADER.rstrip(), HEADER + "\n,,,,,,,\n"])
def test_a_table_that_may_be_empty_is_read_without_rows(tmp_path: Path, content: str) -> None:
    table = read(tmp_path, replace(SOURCE, may_be_empty=True), content)
    assert rows(table) == []
    assert table.rows.collect_schema() == read(tmp_path, SOURCE, HEADER + ROWS).rows.collect_schema()
    workbook(tmp_path / "m.xlsx", {"Sheet": [line.split(",") for line in content.splitlines() if line]})
    VALUES_TABLE.clear().write_parquet(tmp_path / "m.parquet")
    for name in ("m.xlsx", "m.parquet"):
        assert rows(read(tmp_path, replace(SOURCE, file=name, may_be_empty=True))) == []
    assert refusal(tmp_path, replace(SOURCE, may_be_empty=True), "")[1] == ExitCode.UNREADABLE  # not even a header


@pytest.mark.parametrize("name", ["m.csv.gz", "m.xlsx", "m.parquet"])
def test_a_damaged_file(tmp_path: Path, name: str) -> None:
    text, code = refusal(tmp_path, replace(SOURCE, file=name), b"not what the name says")
    assert code == ExitCode.UNREADABLE
    assert text.startswith(f"{name}: ")
    whole = gzip.compress((HEADER + ROWS).encode())
    assert refusal(tmp_path, replace(SOURCE, file="m.csv.gz"), whole[:-20])[1] == ExitCode.UNREADABLE


def test_a_byte_order_mark_is_no_part_of_the_first_header(tmp_path: Path) -> None:
    assert rows(read(tmp_path, PLAIN, b"\xef\xbb\xbfid,x\nA,\xc3\xa9\n")) == [("A", "é")]
    assert rows(read(tmp_path, replace(PLAIN, encoding="utf-16"), "id,x\nA,é\n".encode("utf-16"))) == [("A", "é")]


@pytest.mark.parametrize(
    ("written", "declared", "byte", "row"),
    [
        ("cp1252", "utf-8", 9, 3),
        ("utf-16", "utf-8", 0, 1),
        ("utf-16-le", "utf-8", 18, 3),
        ("utf-16-be", "cp1252", 0, 1),
        ("utf-8", "cp1252", 9, 3),
    ],
)
def test_a_wrong_encoding_names_the_byte_the_row_and_the_likely_one(
    tmp_path: Path, written: str, declared: str, byte: int, row: int
) -> None:
    assert refusal(tmp_path, replace(PLAIN, encoding=declared), "id,x\nA,1\nÉ,2\n".encode(written)) == (
        f"t.csv, row {row}: byte {byte} shows that the text is not in the encoding {declared}. "
        f'Declare `encoding = "{written}"`.',
        ExitCode.UNREADABLE,
    )


def test_the_declared_encoding_is_used(tmp_path: Path) -> None:
    assert rows(read(tmp_path, replace(PLAIN, encoding="cp1252"), "id,x\nÉ,2\n".encode("cp1252"))) == [("É", "2")]
    assert refusal(tmp_path, replace(PLAIN, encoding="ebcdic"), "id,x\nA,1\n") == (
        't.csv: there is no encoding "ebcdic". Declare a known `encoding`.',
        ExitCode.USAGE,
    )


# The header


def test_lines_before_the_header_are_passed_over_and_counted(tmp_path: Path) -> None:
    banner = '"A unit, of sorts"\n"For\nofficial use"\n,,\n'
    table = read(tmp_path, PLAIN, banner + "id , x\nA,1\n\nB,2\n")
    assert rows(table) == [("A", "1"), ("B", "2")]
    assert table.aside["row"].to_list() == [7]
    assert refusal(tmp_path, PLAIN, banner + "id,z\nA,1\n")[0].startswith(
        "t.csv, row 5, column x: declared, and missing"
    )


def test_a_missing_and_an_undeclared_column_are_named_with_their_mend(tmp_path: Path) -> None:
    content = HEADER.replace("Office", "OFFICE").replace("made,", "") + "M1,BUF,3/4/2011,1,1,Yes,identity\n"
    assert refusal(tmp_path, SOURCE, content) == (
        "matches.csv, row 1, column Office: declared, and missing from the file. "
        'Declare `header = "OFFICE"` if that is how the file spells it, or take it out of `columns`.\n'
        "matches.csv, row 1, column made: declared, and missing from the file. "
        "Add it to the file, or take it out of `columns`.\n"
        "matches.csv, row 1, column OFFICE: not declared. Declare it in `columns`, or list it in `unread`. "
        'The nearest declared name is "Office".',
        ExitCode.DATA,
    )


def test_an_undeclared_column_is_refused_and_an_unread_one_is_not(tmp_path: Path) -> None:
    content = "id,x,remark\nA,1,hello\n"
    assert refusal(tmp_path, PLAIN, content) == (
        "t.csv, row 1, column remark: not declared. Declare it in `columns`, or list it in `unread`.",
        ExitCode.DATA,
    )
    assert rows(read(tmp_path, replace(PLAIN, unread=("remark",)), content)) == [("A", "1")]
    assert refusal(tmp_path, PLAIN, "id,x,\nA,1,\n")[0] == (
        't.csv, row 1, column without a name: not declared. Name it, or list "" in `unread`.'
    )
    assert rows(read(tmp_path, replace(PLAIN, unread=("",)), "id,x,,\nA,1,,\n")) == [("A", "1")]


def test_a_header_that_stands_twice_is_refused_unless_unread(tmp_path: Path) -> None:
    assert refusal(tmp_path, PLAIN, "id,x,x\nA,1,2\n") == (
        "t.csv, row 1, column x: 2 columns of this name. Rename all but one, or list the name in `unread`.",
        ExitCode.DATA,
    )
    assert rows(read(tmp_path, replace(PLAIN, unread=("n",)), "n,id,x,n\n7,A,1,8\n")) == [("A", "1")]


def test_a_file_without_a_header_does_not_show_its_cells(tmp_path: Path) -> None:
    assert refusal(tmp_path, SOURCE, ROWS) == (
        "matches.csv: no header: none of the first 50 rows holds the declared match_id, Office, Decided, made, count "
        "and 3 others. Add the header to the file, or declare how it spells its columns in `header`.",
        ExitCode.DATA,
    )


# Rows


def test_ragged_rows_are_named(tmp_path: Path) -> None:
    content = "id,x\nA,1\nB\nC,3,4\nD,4\nE\n"
    assert refusal(tmp_path, PLAIN, content) == (
        "t.csv, row 3: fewer fields than the header, in 2 rows (3 and 6). Give the row as many fields as the header.\n"
        "t.csv, row 4: more fields than the header, in 1 row (4). "
        "Give the row as many fields as the header, and quote a field that holds the delimiter.",
        ExitCode.DATA,
    )
    table = read(tmp_path, PLAIN, content, set_aside=True)
    assert rows(table) == [("A", "1"), ("D", "4")]
    assert table.aside["row"].to_list() == [3, 4, 6]
    assert str(table.totals[0]) == "5 rows in = 2 used + 3 set aside"


def test_a_short_row_does_not_hide_behind_a_quoted_delimiter(tmp_path: Path) -> None:
    assert refusal(tmp_path, PLAIN, 'id,x\n"A,a",1\nB\n')[0].startswith("t.csv, row 3: fewer fields")


def test_blank_rows_are_always_set_aside_and_counted(tmp_path: Path) -> None:
    table = read(tmp_path, replace(PLAIN, unread=("y",)), 'id,x,y\r\n\r\nA,1,\r\n ,," "\r\nB,,\r\n\r\n')
    assert rows(table) == [("A", "1"), ("B", None)]
    assert table.aside.rows() == [("t", "t.csv", row, "blank row") for row in (2, 4, 6)]
    assert str(table.totals[0]) == "5 rows in = 2 used + 3 set aside"
    assert refusal(tmp_path, replace(PLAIN, unread=("y",)), "id,x,y\nA,1,\n,,z\n")[0].startswith(
        "t.csv, row 3, column id"
    )


def test_a_row_is_numbered_by_the_line_on_which_it_begins(tmp_path: Path) -> None:
    content = 'id,x\nA,"one\ntwo\nthree"\nB,2\n,4\n'
    assert "t.csv, row 6, column id: blank or withheld" in refusal(tmp_path, PLAIN, content)[0]
    assert "t.csv, row 6, column id: blank or withheld" in refusal(tmp_path, PLAIN, content + "C\n")[0]
    assert rows(read(tmp_path, PLAIN, content, set_aside=True))[0] == ("A", "one\ntwo\nthree")


def test_lines_that_end_in_two_ways_are_refused_by_row(tmp_path: Path) -> None:
    assert rows(read(tmp_path, PLAIN, "id,x\nA,1\nB,2\n".replace("\n", "\r"))) == [("A", "1"), ("B", "2")]
    for row, content in [(1, "id,x\rA,1\nB,2\n"), (3, "id,x\nA,1\nB,2\rC,3\nD,4\n")]:
        assert refusal(tmp_path, PLAIN, content) == (
            f"t.csv, row {row}: a line ends with a carriage return alone, and others with a line feed. "
            "Save the file with one kind of line end.",
            ExitCode.UNREADABLE,
        )
    one = Source(name="t", file="t.csv", columns={"id": Column()})
    assert "row 2: a line ends" in refusal(tmp_path, one, "id\nA\rB\nC\n")[0]
    assert rows(read(tmp_path, PLAIN, 'id,x\nA,"1\r2"\n')) == [("A", "1\r2")]


@pytest.mark.parametrize("broken", ['B,"2\nC,3\n', 'B,"2"x\nC,3\n'])
def test_a_quotation_that_does_not_end_stops_the_reading_at_its_row(tmp_path: Path, broken: str) -> None:
    assert refusal(tmp_path, PLAIN, "id,x\nA,1\n" + broken) == (
        "t.csv, row 3: a quotation mark or a line break is out of place, and rows cannot be told apart from here on. "
        "Close the quotation, and double a quotation mark within it.",
        ExitCode.UNREADABLE,
    )


def test_quotation_marks_within_a_field_are_text(tmp_path: Path) -> None:
    assert rows(read(tmp_path, PLAIN, 'id,x\nA,5" pipe\nB,"say ""no"""\n')) == [("A", '5" pipe'), ("B", 'say "no"')]


TEXT = st.text(st.sampled_from('ab ,"\n;é'), max_size=4)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=6), st.text(st.sampled_from('a,"\n'), max_size=5))
def test_reading_at_once_is_reading_record_by_record(cells: list[tuple[str, str, str]], end: str) -> None:
    """Polars' reader, where it is used, agrees with Python's csv module on rows, fields and line numbers."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(cells)
    body = (text.getvalue() + end).encode()
    at_once = delimited._parse_regular_rows(body, delimiter=",", width=3, first=2)
    if at_once is not None:
        one_by_one = [
            (row, *(fields or [""] * 3))
            for row, fields in delimited._parse_records(body, delimiter=",", first=2, file="")
        ]
        assert at_once.rows() == one_by_one


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=6),
    st.text(st.sampled_from('a,"\n'), max_size=5),
    st.data(),
)
def test_a_file_in_blocks_of_any_size_holds_what_it_holds_at_once(
    tmp_path: Path, cells: list[tuple[str, str, str]], end: str, data: st.DataObject
) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("id", "x", "y"), *cells])
    path, source = tmp_path / "m.csv", Source(name="m", file="m.csv", columns={c: Column() for c in ("id", "x", "y")})
    path.write_text(text.getvalue() + end, encoding="utf-8")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    text_file = text_files._TextFile(source=source, delimiter=",", file="m.csv", sha256=digest, path_columns=())
    with patch.object(text_files, "BLOCK_BYTES", data.draw(st.integers(1, 40))):
        try:
            found = text_files._open_in_blocks(path, text_file)
        except AuditError:
            return  # it is read at once
    with patch.object(text_files, "BLOCK_BYTES", 1_000):
        whole = files.open_file(path, source, file="m.csv")
    assert found.rows.lazy().collect().equals(whole.rows.lazy().collect())
    assert found.flaws.sort("row").equals(whole.flaws.sort("row"))
    assert (found.rows_in, found.sha256, found.problems) == (whole.rows_in, whole.sha256, whole.problems)


def test_a_regular_file_is_read_at_once_whatever_it_quotes() -> None:
    body = b'"A, a","one\ntwo"\nB,"2"\n\nC,3'
    at_once = delimited._parse_regular_rows(body, delimiter=",", width=2, first=2)
    assert at_once is None  # its blank line has no delimiter
    at_once = delimited._parse_regular_rows(body.replace(b"\n\n", b"\n,\n"), delimiter=",", width=2, first=2)
    assert at_once is not None
    assert at_once.rows() == [(2, "A, a", "one\ntwo"), (4, "B", "2"), (5, "", ""), (6, "C", "3")]


# Cells


def test_an_unparsable_date_names_its_rows_and_the_declared_forms(tmp_path: Path) -> None:
    bad = "".join(
        f"N{n},BUF,{text},,,,,identity\n" for n, text in enumerate(["2011-03-04", "13/1/2011", "2/30/2011", "3/4/11"])
    )
    text, code = refusal(tmp_path, SOURCE, HEADER + ROWS + bad)
    assert code == ExitCode.DATA
    assert text == (
        "matches.csv, row 5, column Decided: not a date in the declared form, in 4 rows (first 5, 6 and 7). "
        "Declare its form in `formats`, or leave the rows out with --set-aside; the form is now %m/%d/%Y or %d %b %Y."
    )
    assert "2011" not in text


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("made", "2011-03-04", "not a date and time in the declared form, in 1 row (2). "
         "Declare its form in `formats`, or leave the rows out with --set-aside; the form is now YYYY-MM-DD HH:MM:SS."),
        ("count", "1.0", "not a whole number, in 1 row (2). Declare the column as `type = \"number\"` or as text, or "
         "leave the rows out with --set-aside."),
        ("amount", "$5", "not a number, in 1 row (2). Declare the column as text, or leave the rows out with "
         "--set-aside: a number has digits, and no sign of currency or thousands."),
        ("amount", "nan", "not a number, in 1 row (2). Declare the column as text, or leave the rows out with "
         "--set-aside: a number has digits, and no sign of currency or thousands."),
        ("held", "maybe", "neither Yes nor No, in 1 row (2). Declare the column as text with its `values`, or leave "
         "the rows out with --set-aside."),
        ("kind", "Identity", "a value that is not declared, in 1 row (2). "
         "Add it to the `values` of the column, or leave the rows out with --set-aside."),
        ("kind", " ", "blank where a value is required, in 1 row (2). Do not declare it `required` where it may be "
         "blank, or leave the rows out with --set-aside."),
        ("match_id", "", "blank or withheld, and part of the key, in 1 row (2). "
         "Declare another `key`, or leave the rows out with --set-aside."),
        ("Office", "BOS", "not a known office, or not one so written on that day, in 1 row (2), written \"BOS\" (1). "
         "Add the way it is written to the office list, with its dates."),
    ],
)  # fmt: skip
def test_every_flaw_of_a_cell_in_words(tmp_path: Path, column: str, value: str, expected: str) -> None:
    cells = dict(zip(HEADER.strip().split(","), ROWS.splitlines()[0].split(","), strict=True)) | {column: value}
    content = HEADER + ",".join(cells.values()) + "\n"
    assert refusal(tmp_path, SOURCE, content) == (f"matches.csv, row 2, column {column}: {expected}", ExitCode.DATA)


def test_an_office_not_so_written_on_its_day_is_unknown(tmp_path: Path) -> None:
    later = replace(SOURCE, dated_by=None)
    assert refusal(tmp_path, later, HEADER + ROWS)[0].startswith(
        "matches.csv, row 3, column Office: not a known office, or not one so written on that day, in 2 rows (3 and 4)"
    )


def test_a_key_that_two_rows_share_is_named_in_both(tmp_path: Path) -> None:
    content = "id,x\nA,1\nB,1\nA,2\n,3\n,4\n"
    text, _ = refusal(tmp_path, PLAIN, content)
    assert text.splitlines() == [
        "t.csv, row 2, column id: a key that another row has as well, in 2 rows (2 and 4). "
        "Declare the `key` in full, or leave the rows out with --set-aside.",
        "t.csv, row 5, column id: blank or withheld, and part of the key, in 2 rows (5 and 6). "
        "Declare another `key`, or leave the rows out with --set-aside.",
    ]
    assert rows(read(tmp_path, replace(PLAIN, key=("id", "x")), content[:-6])) == [("A", "1"), ("B", "1"), ("A", "2")]
    assert "column id, x: a key" in refusal(tmp_path, replace(PLAIN, key=("id", "x")), "id,x\nA,1\nA,1\n")[0]


def test_everything_that_is_wrong_comes_in_one_message_without_a_cell(tmp_path: Path) -> None:
    secret = "Jane Doe"
    content = f"id,x,y\nA,{secret},1\n{secret},q\n{secret},1,{secret}\n{secret},{secret},2\n"
    source = replace(PLAIN, columns={"id": Column(), "x": Column(type="integer"), "z": Column()})
    text, code = refusal(tmp_path, source, content)
    assert code == ExitCode.DATA
    assert [line.split(":")[0] for line in text.splitlines()] == [
        "t.csv, row 1, column z",
        "t.csv, row 1, column y",
        "t.csv, row 2, column x",
        "t.csv, row 3",
        "t.csv, row 4, column id",
    ]
    assert secret not in text


def test_rows_set_aside_keep_all_their_reasons(tmp_path: Path) -> None:
    bad = "M1,BOS,soon,,,,,identity\n\nM9,BUF,3/4/2011,,x,,,identity\n"
    table = read(tmp_path, SOURCE, HEADER + ROWS + bad, set_aside=True)
    assert rows(table) == VALUES[1:]
    unknown = 'not a known office, or not one so written on that day, written "BOS"'
    assert table.aside.rows() == [
        ("matches", "matches.csv", 2, "match_id: a key that another row has as well"),
        ("matches", "matches.csv", 5, f"Office: {unknown}; Decided: not a date in the declared form; "
         "match_id: a key that another row has as well"),
        ("matches", "matches.csv", 6, "blank row"),
        ("matches", "matches.csv", 7, "count: not a whole number"),
    ]  # fmt: skip
    assert str(table.totals[0]) == "6 rows in = 2 used + 4 set aside"


def test_blank_is_not_redacted_is_not_uninformative(tmp_path: Path) -> None:
    source = Source(
        name="t",
        file="t.csv",
        columns={"id": Column(), "code": Column(required=True, uninformative=("Other",)), "born": Column(type="date")},
        key=("id",),
        redacted=("(b)(6),(b)(7)(C)", "(b)(3)"),
    )
    content = 'id,code,born\n1,OTHER ,"(b)(6), (b)(7)(c )"\n2,(B)(3),2011-03-04\n3,NTA,\n'
    table = read(tmp_path, source, content)
    assert table.rows.collect().to_dict(as_series=False) == {
        "id": ["1", "2", "3"],
        "id.state": ["filled", "filled", "filled"],
        "code": ["OTHER", None, "NTA"],
        "code.state": ["uninformative", "redacted", "filled"],
        "born": [None, date(2011, 3, 4), None],
        "born.state": ["redacted", "filled", "blank"],
    }
    only = read(tmp_path, replace(source, redacted=(), key=(), columns={**source.columns, "born": Column()}), content)
    assert only.rows.collect_schema().names() == ["id", "code", "code.state", "born"]
    assert "column id: blank or withheld" in refusal(tmp_path, source, content + "(b)(3),NTA,\n")[0]


def test_what_was_asked_for_and_not_provided_is_a_state_of_its_own(tmp_path: Path) -> None:
    asked = ("requested, not provided",)
    columns = {
        "id": Column(),
        "ground": Column(type="yes_no", not_provided=asked),
        "reason": Column(not_provided=asked),
    }
    content = 'id,ground,reason\n1,"Requested, not provided","requested, not provided"\n2,No,none\n3,,\n'
    table = read(tmp_path, Source(name="t", file="t.csv", columns=columns), content)
    assert table.rows.collect().to_dict(as_series=False) == {
        "id": ["1", "2", "3"],
        "ground": [None, False, None],
        "ground.state": ["not_provided", "filled", "blank"],
        "reason": [None, "none", None],
        "reason.state": ["not_provided", "filled", "blank"],
    }
    assert str(table.totals[0]) == "3 rows in = 3 used + 0 set aside"


def test_persons_are_pseudonyms_and_need_a_key(tmp_path: Path) -> None:
    source = replace(PLAIN, columns={"id": Column(), "x": Column(personal=True, header="A Number")})
    content = "id,A Number\n1,A012-345-678\n2,012345678\n3,\n4,A98765432\n"
    assert refusal(tmp_path, source, content) == (
        "t.csv, column A Number: identifies persons, and there is no key to make their pseudonyms with. "
        f"{HOW_TO_MAKE_A_KEY}",
        ExitCode.USAGE,
    )
    one, same, none, other = read(tmp_path, source, content, pseudonym_key=b"key").rows.collect()["x"]
    assert (one, none, other) == (make_pseudonym("12345678", key=b"key"), None, make_pseudonym("98765432", key=b"key"))
    assert same == one
    pl.DataFrame({"id": ["1"], "A Number": [12345678]}).write_parquet(tmp_path / "t.parquet")
    typed = {"id": Column(), "x": Column(personal=True, header="A Number", type="integer")}
    table = read(tmp_path, replace(source, file="t.parquet", columns=typed), pseudonym_key=b"key")
    assert rows(table) == [("1", one)]
    keyed = replace(source, key=("x",))
    assert (
        "column A Number: a key that another row has as well, in 2 rows (2 and 3)"
        in refusal(tmp_path, keyed, content, pseudonym_key=b"key")[0]
    )


def test_a_declaration_that_cannot_be_read_by_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, SOURCE, offices=None) == (
        "matches.csv, column Office: an office, and there is no list of offices. "
        "Add `offices.csv` to the program's folder.",
        ExitCode.USAGE,
    )
    assert refusal(tmp_path, replace(PLAIN, key=("id", "day"), dated_by="x")) == (
        "t.csv, column day: part of the key, and not declared. Declare it in `columns`, or correct `key`.\n"
        "t.csv, column x: what the rows are dated by, and not declared as a date. "
        "Declare it so, or correct `dated_by`.",
        ExitCode.USAGE,
    )
