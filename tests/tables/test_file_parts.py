"""Tables of many files: months that are missing, columns that the path gives, headers and types that drift."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from audit.errors import AuditError, ExitCode
from audit.tables.offices import Alias, Offices
from audit.tables.readers import read as tables
from audit.tables.schema import Column, HeaderSpelling, Source
from audit.tables.table import Table

OFFICES = Offices(aliases=tuple(Alias(code=code, name=code, alias=code) for code in ("BUF", "SNA")))
CASES = Source(
    name="cases",
    file="cases/month={month}/office=*/*.parquet",
    columns={"id": Column(), "n": Column(type="integer"), "office": Column(type="office"), "month": Column()},
    key=("id",),
)
RELEASES = Source(
    name="releases",
    file="{month}.csv",
    columns={
        "person": Column(
            headers=(
                HeaderSpelling(header="Anonymized Identifier", until=date(2011, 1, 31)),
                HeaderSpelling(header="Unique Identifier", since=date(2011, 2, 1)),
            )
        ),
        "remark": Column(header="Remark", headers=(HeaderSpelling(header="", until=date(2011, 1, 31)),)),
    },
)


def read(source: Source, folder: Path, **settings: Any) -> Table:
    return tables.read_declared_table(source, folder, **{"offices": OFFICES, "pseudonym_key": None, **settings})


def rows(table: Table) -> list[tuple[Any, ...]]:
    return table.rows.collect().rows()


def refusal(source: Source, folder: Path) -> tuple[list[str], ExitCode]:
    with pytest.raises(AuditError) as refused:
        read(source, folder)
    return str(refused.value).splitlines(), refused.value.code


def part(folder: Path, month: str, place: str, **columns: Any) -> None:
    path = folder / "cases" / f"month={month}" / f"office={place}" / "0.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(columns).write_parquet(path)


def release(folder: Path, month: str, text: str) -> None:
    (folder / f"{month}.csv").write_text(text, encoding="utf-8")


# Partitions


def test_columns_of_the_path_are_read_as_declared(tmp_path: Path) -> None:
    part(tmp_path, "2011-08", "BUF", id=["A", "B"], n=[1, 2])
    part(tmp_path, "2011-09", "SNA", id=["C"], n=[3])
    part(tmp_path, "2011-09", "__HIVE_DEFAULT_PARTITION__", id=["D"], n=[4])
    part(tmp_path, "2011-09", "b%75f", id=["E"], n=[5], office=["SNA"])  # what the file says goes before its path
    table = read(CASES, tmp_path)
    assert rows(table) == [
        ("A", 1, "BUF", "2011-08"),
        ("B", 2, "BUF", "2011-08"),
        ("C", 3, "SNA", "2011-09"),
        ("D", 4, None, "2011-09"),
        ("E", 5, "SNA", "2011-09"),
    ]
    assert table.months == ("2011-08", "2011-09")
    assert table.totals[0].file == "cases/month=2011-08/office=BUF/0.parquet"
    part(tmp_path, "2011-09", "XYZ", id=["F"], n=[6])
    lines, code = refusal(CASES, tmp_path)
    assert code == ExitCode.DATA
    assert lines[0].startswith("cases/month=2011-09/office=XYZ/0.parquet, row 1, column office: not a known office")


def test_what_polars_writes_in_partitions_is_read(tmp_path: Path) -> None:
    made = pl.DataFrame({"id": ["A", "B"], "n": [1, 2], "office": ["BUF", "SNA"], "month": ["2011-08", "2011-09"]})
    for include in (True, False):
        to = pl.PartitionBy(tmp_path / f"{include}" / "cases", key=["month", "office"], include_key=include)
        made.lazy().sink_parquet(to, mkdir=True)
        assert rows(read(CASES, tmp_path / f"{include}")) == made.rows()


def test_text_files_have_columns_from_their_path_too(tmp_path: Path) -> None:
    (tmp_path / "office=BUF").mkdir()
    (tmp_path / "office=BUF" / "2011-09.csv").write_text("id,n\nA,1\n\n", encoding="utf-8")
    table = read(
        replace(CASES, file="office=*/{month}.csv", columns={**CASES.columns, "month": Column(header="n")}), tmp_path
    )
    assert rows(table)[0][:3] == ("A", 1, "BUF")
    assert str(table.totals[0]) == "2 rows in = 1 used + 1 set aside"


def test_months_without_a_file_are_named(tmp_path: Path) -> None:
    for month in ("2010-11", "2011-02"):
        part(tmp_path, month, "BUF", id=[month], n=[1])
    mend = "Add it, or list the months that had no rows in `absent`."
    assert refusal(CASES, tmp_path) == ([f"{CASES.file}: no file for 2010-12 and 2011-01. {mend}"], ExitCode.DATA)
    assert refusal(replace(CASES, absent=("2010-12",), months="2010-10/2011-03"), tmp_path)[0] == [
        f"{CASES.file}: no file for 2010-10, 2011-01 and 2011-03. {mend}"
    ]
    quiet = replace(CASES, absent=("2010-12", "2011-01"))
    assert read(quiet, tmp_path).months == ("2010-11", "2011-02")
    part(tmp_path, "2011-01", "BUF", id=[], n=[])  # a month without rows may have a file without rows
    assert [total.rows_in for total in read(quiet, tmp_path).totals] == [1, 0, 1]


def test_a_month_is_read_in_the_form_that_is_declared(tmp_path: Path) -> None:
    for name in ("ICE Detainers Jan11.csv", "ICE Detainers Feb11.csv"):
        (tmp_path / name).write_text(f"id\n{name[14:17]}\n", encoding="utf-8")
    source = Source(name="t", file="ICE Detainers {month:%b%y}.csv", columns={"id": Column()})
    assert read(source, tmp_path).months == ("2011-01", "2011-02")
    (tmp_path / "ICE Detainers new.csv").write_text("id\nx\n", encoding="utf-8")
    assert refusal(source, tmp_path) == (
        ["ICE Detainers new.csv: its name is not that of a month. Correct it, or `file`."],
        ExitCode.DATA,
    )


def test_types_that_drift_are_read_where_they_can_be_and_else_named_once(tmp_path: Path) -> None:
    part(tmp_path, "2011-01", "BUF", id=["A"], n=pl.Series([1], dtype=pl.Int16))
    part(tmp_path, "2011-02", "BUF", id=["B"], n=["2"])
    assert [row[1] for row in rows(read(CASES, tmp_path))] == [1, 2]
    for month in range(3, 10):
        part(tmp_path, f"2011-{month:02}", "BUF", id=[f"C{month}"], n=[1.5])
    part(tmp_path, "2011-10", "BUF", id=["D"], n=["many"])
    assert refusal(CASES, tmp_path) == (
        [
            "cases/month=2011-03/office=BUF/0.parquet, column n: holds Float64, where integer is declared, "
            "and so in 6 other files. Declare the `type` that it holds.",
            "cases/month=2011-10/office=BUF/0.parquet, row 1, column n: not a whole number, in 1 row (1). "
            'Declare the column as `type = "number"` or as text, or leave the rows out with --set-aside.',
        ],
        ExitCode.DATA,
    )


# Headers that drift


def test_each_file_is_read_by_the_headers_of_its_month(tmp_path: Path) -> None:
    release(tmp_path, "2011-01", "Anonymized Identifier\nA\n")
    release(tmp_path, "2011-02", "Unique Identifier,Remark\nB,late\n")
    assert rows(read(RELEASES, tmp_path)) == [("A", None), ("B", "late")]
    release(tmp_path, "2011-03", "Anonymized Identifier,Remark\nC,\n")
    lines, code = refusal(RELEASES, tmp_path)
    assert code == ExitCode.DATA
    assert lines[0] == (
        "2011-03.csv, row 1, column Unique Identifier: declared, and missing from the file. "
        'Declare `header = "Anonymized Identifier"` if that is how the file spells it, or take it out of `columns`.'
    )


def test_a_header_may_hold_for_files_of_a_name(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a.csv").write_text("ID,n\nA,1\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("id,n\nB,x\n", encoding="utf-8")
    columns = {"id": Column(headers=(HeaderSpelling(header="ID", files="old/*"),)), "n": Column(type="integer")}
    source = Source(name="t", file="**/*.csv", columns=columns, key=("id",))
    assert refusal(source, tmp_path)[0][0].startswith("b.csv, row 2, column n: not a whole number")
    (tmp_path / "b.csv").write_text("id,n\nB,2\n", encoding="utf-8")
    assert rows(read(source, tmp_path)) == [("B", 2), ("A", 1)]


def test_a_flaw_is_told_by_the_header_that_its_file_has(tmp_path: Path) -> None:
    dated = tuple(replace(one) for one in RELEASES.columns["person"].headers)
    source = replace(RELEASES, columns={"person": Column(type="date", formats=("%d.%m.%Y",), headers=dated)})
    release(tmp_path, "2011-01", "Anonymized Identifier\nnever\n")
    release(tmp_path, "2011-02", "Unique Identifier\n1.2.2011\nsoon\n")
    assert [line.split(":")[0] for line in refusal(source, tmp_path)[0]] == [
        "2011-01.csv, row 2, column Anonymized Identifier",
        "2011-02.csv, row 3, column Unique Identifier",
    ]
    assert all("the form is now %d.%m.%Y" in line for line in refusal(source, tmp_path)[0])


def test_headers_that_cannot_be_told_apart_are_refused(tmp_path: Path) -> None:
    release(tmp_path, "2011-01", "A\n1\n")
    both = (HeaderSpelling(header="A"), HeaderSpelling(header="B", since=date(2011, 1, 1)))
    source = replace(RELEASES, columns={"person": Column(headers=both)})
    assert refusal(source, tmp_path) == (
        ["2011-01.csv, column person: 2 spellings in `headers` hold for this file. Date them so that one does."],
        ExitCode.USAGE,
    )
    assert refusal(replace(source, file="*.csv", months="2011-01/2011-01"), tmp_path) == (
        [
            f"releases, column {name}: goes by the month of each file, which nothing tells. "
            "Write `{month}` into `file` where its name has the month."
            for name in ("person", "months")
        ],
        ExitCode.USAGE,
    )
    assert refusal(replace(source, months="2011"), tmp_path)[0] == [
        "releases: `months` are not two months. Write 2010-10/2011-09."
    ]


# Places that are no folder


def test_an_object_store_is_read_as_a_folder(tmp_path: Path) -> None:
    """Through the same calls as S3, on the one store that needs no server."""
    stored = tmp_path / "bucket" / "audit"
    part(stored, "2011-09", "BUF", id=["A"], n=[1])
    release(stored, "2011-02", "Unique Identifier,Remark\nB,late\n")
    (stored / "elsewhere").mkdir()
    (stored / "elsewhere" / "secret.csv").write_text("x", encoding="utf-8")
    given: dict[str, Any] = {"offices": OFFICES, "pseudonym_key": None}
    [table] = tables.read_declared_tables([CASES], f"file://{stored}", **given)
    [local] = tables.read_declared_tables([CASES], stored, **given)
    assert rows(table) == rows(local) == [("A", 1, "BUF", "2011-09")]
    assert (table.totals, table.months) == (local.totals, local.months)
    assert [rows(one) for one in tables.read_declared_tables([CASES, RELEASES], f"file://{stored}/", **given)][1] == [
        ("B", "late")
    ]
    with pytest.raises(AuditError, match=r"lost\.csv: no such file\. Put it into the folder audit") as refused:
        list(tables.read_declared_tables([replace(CASES, file="lost.csv")], f"file://{stored}", **given))
    assert refused.value.code == ExitCode.UNREADABLE
    with pytest.raises(AuditError, match="the URL holds a password") as refused:
        list(tables.read_declared_tables([CASES], "s3://key:hush-hush@bucket/audit", **given))
    assert (refused.value.code, "hush" in str(refused.value)) == (ExitCode.USAGE, False)


def test_a_url_of_no_known_kind_is_refused() -> None:
    with pytest.raises(AuditError) as refused:
        list(tables.read_declared_tables([CASES], "mysql://user:hush@host/db", offices=OFFICES, pseudonym_key=None))
    assert (str(refused.value), refused.value.code) == (
        "there is no way to read a place that begins mysql://. Name a folder, or a place that begins duckdb://, "
        "file://, gs://, postgresql://, s3:// or sqlite://.",
        ExitCode.USAGE,
    )


def test_files_that_change_while_the_tables_are_read_stop_the_run(tmp_path: Path) -> None:
    part(tmp_path, "2011-09", "BUF", id=["A"], n=[1])
    part(tmp_path, "2011-09", "SNA", id=["B"], n=[2])
    release(tmp_path, "2011-02", "Unique Identifier,Remark\nB,late\n")
    files = [f"cases/month=2011-09/office={office}/0.parquet" for office in ("BUF", "SNA")]

    def meddled(meddle: Any) -> list[str]:
        reading = tables.read_declared_tables([CASES, RELEASES], tmp_path, offices=OFFICES, pseudonym_key=None)
        next(reading)
        meddle()
        with pytest.raises(AuditError) as refused:
            list(reading)
        assert refused.value.code == ExitCode.UNREADABLE
        return [f"{problem.file} {problem.what}" for problem in refused.value.problems]

    changed = "was changed while the tables were read"
    assert meddled(lambda: part(tmp_path, "2011-09", "BUF", id=["C"], n=[1])) == [f"{files[0]} {changed}"]
    assert meddled((tmp_path / files[1]).unlink) == [f"{files[1]} {changed}"]
    new = "cases/month=2011-10/office=SNA/0.parquet"
    assert meddled(lambda: part(tmp_path, "2011-10", "SNA", id=["D"], n=[3])) == [f"{new} {changed}"]
    half = tmp_path / "2011-02.csv"  # what reading half a file ran into is not told instead
    assert meddled(lambda: half.write_bytes(b"\xff\xfe")) == [f"2011-02.csv {changed}"]
