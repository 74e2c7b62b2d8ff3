"""The workbook: every list on its sheet, numbers that read as they are worded, and no cell that can act."""

import zipfile
from dataclasses import replace
from datetime import date
from functools import cache
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as Xml

import fastexcel
import pytest

from audit import formatting
from audit.reporting.formats.csv_tables import build_report_tables
from audit.reporting.formats.month_workbook import build_month_workbook, build_report_sheets
from audit.reporting.formats.sample_report import build_sample_tables
from audit.reporting.formats.workbook import COLUMN_HEADINGS, build_workbook
from audit.reporting.month_report import Report
from tests import made_up, made_up_month, made_up_sample

SPACE = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def parts(book: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(book)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@cache
def opened(report: Report) -> fastexcel.ExcelReader:
    return fastexcel.read_excel(build_month_workbook(report))


def read(report: Report, sheet: str) -> list[tuple[Any, ...]]:
    return opened(report).load_sheet(sheet, header_row=None).to_polars().rows()


def worksheets(book: bytes) -> list[Xml.Element]:
    return [Xml.fromstring(part) for name, part in parts(book).items() if name.startswith("xl/worksheets/sheet")]


def test_every_list_has_a_sheet_and_the_first_says_what_it_is() -> None:
    report = made_up.report()
    book = opened(report)
    assert book.sheet_names == ["About", *(sheet.name for sheet in build_report_sheets(report))]
    front = dict(read(report, "About"))
    assert front["Report"] == report.title and front["As known on"] == "2011-10-31 00:00:00"
    assert front["Program, SHA-256"] == report.provenance.program_sha256
    assert set(book.sheet_names[1:]) == {name.removeprefix("Sheet ") for name in front if name.startswith("Sheet ")}


def test_no_sheet_speaks_of_a_sample() -> None:
    assert not any("ampl" in sheet.name for sheet in build_report_sheets(made_up.report()))


def test_follow_up_corrections_and_signature_are_there_where_the_report_has_them() -> None:
    plain = made_up.report()
    assert not {"Follow-up", "Corrections"} & {sheet.name for sheet in build_report_sheets(plain)}
    report = replace(
        plain, follow_up=made_up.follow_up(), version=2, correction=made_up.correction(), sign_off=made_up.SIGNED
    )
    assert read(report, "Follow-up")[1][:8] == ("ATL", "Atlanta", "40", "7", "1", "5", "2", "41")
    assert read(report, "Corrections")[1:] == [
        ("records to complete: open items", "2210", "2198"),
        ("documentation: Houston, rate", None, "0.9435"),
    ]
    front = dict(read(report, "About"))
    assert front["Issue"].startswith("Issued by Assistant Inspector General for Audits on 21 November 2011. Unsigned:")
    assert front["Issued on"] == "2011-11-21 00:00:00"
    assert front["Version 2"] == "In place of version 1: Houston’s records of the 12th came late"


def test_sheets_hold_what_the_tables_hold() -> None:
    report = made_up.report()
    held = build_report_tables(report)
    assert len(read(report, "Open items")) == 1 + len(report.open_items)
    assert len(read(report, "Offices")) + len(read(report, "National")) == 2 + len(held["offices"].rows)
    months = opened(report).load_sheet("Months").to_polars().rows()
    titles = {one.measure: one.title for one in report.measures}
    assert months == [(titles[m.measure], m.month, m.due, m.compliant, m.late) for m in report.months]
    assert {row[1] for row in read(report, "Method")[1:]} >= set(report.caveats)


def test_headings_stay_in_sight_and_can_be_filtered() -> None:
    _, *lists = worksheets(build_month_workbook(made_up.report()))
    for sheet in lists:
        pane = sheet.find("m:sheetViews/m:sheetView/m:pane", SPACE)
        assert pane is not None and pane.get("ySplit") == "1" and pane.get("state") == "frozen"
        assert sheet.find("m:autoFilter", SPACE) is not None
        assert all(float(column.get("width", 0)) >= 9 for column in sheet.findall("m:cols/m:col", SPACE))


def test_no_cell_is_a_formula_or_a_link() -> None:
    for report in (made_up.report(), made_up.report(offices=7, hostile=True)):
        for name, part in parts(build_month_workbook(report)).items():
            if name.startswith("xl/worksheets/"):
                assert b"<f>" not in part and b"<hyperlink" not in part


@pytest.mark.parametrize("attack", ["=1+1", "+1-555", "-2+3", "@SUM(1)", "\t=1", "http://x.example", "0012345", "{=1}"])
def test_text_that_looks_like_something_else_stays_text(attack: str) -> None:
    report = made_up.report(offices=2)
    changed = replace(report, open_items=tuple(replace(item, person=attack) for item in report.open_items))
    assert {row[2] for row in read(changed, "Open items")[1:]} == {formatting.make_plain_text(attack)}


def test_text_longer_than_a_cell_can_hold_is_cut_and_says_so() -> None:
    report = replace(made_up.report(offices=2), caveats=("x" * 40_000,))
    [*_, (_, words)] = read(report, "Method")
    assert len(words) == 32_767 and words.endswith("…")


def test_a_share_looks_as_it_is_worded() -> None:
    report = made_up.report(offices=1)
    first = report.measures[0]
    nation = replace(first.national, timely=29_999 / 30_000, eventual=1.0, worst=0.8755, best=None)
    book = build_month_workbook(replace(report, measures=(replace(first, national=nation),)))
    styles = Xml.fromstring(parts(book)["xl/styles.xml"])
    looks = {one.get("numFmtId"): one.get("formatCode") for one in styles.findall("m:numFmts/m:numFmt", SPACE)}
    assert {'"over 99.9%"', "0.0%"} <= set(looks.values())


def test_dates_are_dates_and_what_is_not_known_is_blank() -> None:
    report = made_up.report(offices=3, without_cases=1)
    head, *rows = read(report, "Offices")
    each = [dict(zip(head, row, strict=True)) for row in rows]
    [row] = [row for row in each if row["Office"] == "Seattle" and row["Days allowed"] == each[0]["Days allowed"]][:1]
    assert row["Rate in time"] is None
    first = read(report, "Open items")[0].index("First")
    found = opened(report).load_sheet("Open items").to_polars()
    assert [day.date() for day in found.to_series(first)] == [item.first for item in report.open_items]


def test_the_same_record_gives_the_same_bytes() -> None:
    assert build_month_workbook(made_up.report(offices=3)) == build_month_workbook(made_up.report(offices=3))
    assert build_month_workbook(replace(made_up.report(offices=2), as_of=None))
    core = parts(build_month_workbook(made_up.report(offices=2)))["docProps/core.xml"].decode()
    assert "2011-10-31T00:00:00Z" in core and date.today().isoformat() not in core


def test_a_listing_stands_behind_what_it_is() -> None:
    one = next(build_report_sheets(made_up.report(offices=2)))
    assert fastexcel.read_excel(build_workbook("A list", None, [("For", "one")], [one])).sheet_names == [
        "About",
        one.name,
    ]


def test_every_heading_is_of_a_column_that_there_is() -> None:
    tables = build_report_tables(made_up_month.report()) | build_sample_tables(made_up_sample.sample_report())
    assert set(COLUMN_HEADINGS) <= {name for table in tables.values() for name in table.header}
