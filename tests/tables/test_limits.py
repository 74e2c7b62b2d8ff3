"""What one file may have at most: each limit refuses by its name, before more is read; and paths stay inside."""

import gzip
import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from audit.errors import AuditError, ExitCode
from audit.files import parse_json
from audit.storage import declaration_text, declarations, returned_workbook
from audit.tables import limits
from audit.tables.limits import DEFAULT_READ_LIMITS, ReadLimits
from audit.tables.readers import text_files, unpacked, workbooks
from audit.tables.readers.read import read_declared_table
from audit.tables.schema import Column, Source
from tests import made_up_program
from tests.conftest import PROJECT

COLUMNS = {"id": Column(), "x": Column()}
TEXT = b"id,x\n" + b"".join(b"%d,a\n" % n for n in range(200))


def make_workbook() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate(line.split(",") for line in TEXT.decode().splitlines()):
            sheet.write_row(row, 0, cells)
    return out.getvalue()


def make_parquet() -> bytes:
    out = io.BytesIO()
    pl.read_csv(TEXT, infer_schema=False).write_parquet(out)
    return out.getvalue()


FILES: dict[str, Callable[[], bytes]] = {
    "t.csv": lambda: TEXT,
    "t.csv.gz": lambda: gzip.compress(TEXT, mtime=0),
    "t.xlsx": make_workbook,
    "t.parquet": make_parquet,
}


def read(folder: Path, file: str, **limited: int) -> int:
    """How many rows of a file are used under these limits."""
    (folder / file).write_bytes(FILES[file]())
    source = Source(name="t", file=file, key=("id",), columns=COLUMNS, limits=ReadLimits(**limited))
    return read_declared_table(source, folder, offices=None, pseudonym_key=None).rows_used


@pytest.mark.parametrize("file", FILES)
def test_a_file_within_the_limits_is_read(tmp_path: Path, file: str) -> None:
    assert read(tmp_path, file) == 200


@pytest.mark.parametrize(
    ("file", "limit", "most"),
    [
        ("t.csv", "bytes", 100),
        ("t.xlsx", "bytes", 100),
        ("t.parquet", "bytes", 100),
        ("t.csv.gz", "unpacked_bytes", 1_000),
        ("t.csv.gz", "times", 1),
        ("t.xlsx", "workbook_bytes", 3_000),
        ("t.xlsx", "workbook_bytes", 8_000),
        ("t.xlsx", "times", 1),
        ("t.xlsx", "cells", 401),
        ("t.csv", "columns", 1),
        ("t.xlsx", "columns", 1),
        ("t.parquet", "columns", 1),
        ("t.parquet", "footer_bytes", 50),
        ("t.csv", "seconds", 5),
        ("t.xlsx", "seconds", 5),
        ("t.parquet", "seconds", 5),
    ],
)
def test_a_file_beyond_a_limit_is_refused_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, limit: str, most: int
) -> None:
    monkeypatch.setattr(unpacked, "ALWAYS_UNPACKED", 1_000)
    monkeypatch.setattr(workbooks, "PACKED_UNSUSPICIOUSLY", 1_000)
    if limit == "seconds":  # each look at the clock is three seconds later
        monkeypatch.setattr(text_files, "BLOCK_BYTES", 200)
        ticks = iter(range(0, 10_000, 6))
        monkeypatch.setattr(limits, "monotonic", lambda: next(ticks))
    with pytest.raises(AuditError, match=rf"raise `limits\.{limit}` of its table in program\.toml") as refused:
        read(tmp_path, file, **{limit: most})
    assert refused.value.code is ExitCode.UNREADABLE and len(refused.value.problems) == 1


def test_a_packed_file_that_swells_is_not_unpacked_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacked, "ALWAYS_UNPACKED", 1_000_000)
    counted = list[int]()
    monkeypatch.setattr(
        unpacked.gzip.GzipFile, "read", lambda _, size: counted.append(size) or b"a" * size, raising=True
    )
    with pytest.raises(AuditError, match="holds more than 1,000,000 bytes"):
        read(tmp_path, "t.csv.gz")
    assert sum(counted) <= 1_000_001


@pytest.mark.parametrize("file", ["../t.csv", "/etc/passwd", "a/../../t.csv", "C:\\t.csv", "..\\t.csv"])
def test_a_declared_path_stays_inside_the_folder_of_the_tables(tmp_path: Path, file: str) -> None:
    program = made_up_program.program(tmp_path / "answers")
    declared = program / "program.toml"
    text = declared.read_text(encoding="utf-8")
    declared.write_text(text.replace('file = "requests.*"', f"file = '{file}'"), encoding="utf-8")
    with pytest.raises(AuditError, match="leaves the folder of the tables") as refused:
        declarations.read_program(program)
    assert refused.value.code is ExitCode.USAGE
    declared.write_text(f"offices = '{file}'\n{text}", encoding="utf-8")
    with pytest.raises(AuditError, match="leaves the folder of the program"):
        declarations.read_program(program)


def test_a_link_to_outside_is_refused_and_a_folder_that_is_a_link_is_not(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    read(tmp_path / "data", "t.csv")
    (tmp_path / "named").symlink_to(tmp_path / "data")
    assert read(tmp_path / "named", "t.csv") == 200
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "t.csv").symlink_to(tmp_path / "data" / "t.csv")
    source = Source(name="t", file="*.csv", key=("id",), columns=COLUMNS)
    for file in ("*.csv", "t.csv"):
        with pytest.raises(AuditError, match=r"t\.csv: is a link that leaves the folder of the tables"):
            read_declared_table(replace(source, file=file), tmp_path / "other", offices=None, pseudonym_key=None)


def test_declarations_and_what_came_back_have_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 1\n" * 100, encoding="utf-8")
    with pytest.raises(AuditError, match="a file of 500 bytes, and 10 are allowed"):
        declaration_text.read_declaration(path, most=10)
    monkeypatch.setattr(returned_workbook, "MOST_RETURNED_BYTES", 10)
    with pytest.raises(AuditError, match="a file of 500 bytes, and 10 are allowed"):
        returned_workbook.read_returned_bytes(path)
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json(b"[" * 100_000)


def test_the_page_has_every_limit_with_its_number() -> None:
    page = (PROJECT / "docs" / "limits.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| ([\d,]+) \|", page, re.MULTILINE))
    assert {name: int(number.replace(",", "")) for name, number in rows.items()} == {
        name: getattr(DEFAULT_READ_LIMITS, name) for name in ReadLimits.__dataclass_fields__
    }
    for number in (
        declaration_text.MOST_DECLARATION_BYTES,
        declaration_text.MOST_VALUES,
        declaration_text.MOST_LIST_BYTES,
        returned_workbook.MOST_RETURNED_BYTES,
        workbooks.ROOMY_CELLS,
    ):
        assert f"{number:,}" in page
