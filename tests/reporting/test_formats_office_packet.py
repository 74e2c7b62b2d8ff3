"""An office's packet: all that concerns the office, and nothing that concerns another."""

import csv
import re
from dataclasses import replace
from io import StringIO

import fastexcel
import pytest

from audit.formatting import format_count, format_percent
from audit.formatting import format_month as month_in_words
from audit.reporting.formats.html_tree import parse_page
from audit.reporting.formats.office_packet import build_packets, name_office_folder
from audit.reporting.report import Report
from tests import made_up


@pytest.fixture(scope="module")
def report() -> Report:
    return made_up.report()


@pytest.fixture(scope="module")
def made(report: Report) -> dict[str, bytes]:
    return build_packets(report)


def texts(made: dict[str, bytes], office: str) -> dict[str, str]:
    """What each file of a packet says, as a person would read it."""
    mine = {path.split("/")[1]: held for path, held in made.items() if path.startswith(f"{office}/")}
    book = fastexcel.read_excel(mine["to_complete.xlsx"])
    cells = [book.load_sheet(name, header_row=None, dtypes="string").to_polars().rows() for name in book.sheet_names]
    return {
        "html": parse_page(mine["index.html"].decode()).find_elements("body")[0].get_text(),
        "csv": mine["to_complete.csv"].decode(),
        "xlsx": " ".join(str(cell) for sheet in cells for row in sheet for cell in row),
        "raw": mine["index.html"].decode(),
    }


def test_every_office_has_a_packet_of_three_files(report: Report, made: dict[str, bytes]) -> None:
    codes = [office.office for office in report.measures[0].offices]
    files = ("index.html", "to_complete.csv", "to_complete.xlsx")
    assert list(made) == [f"{code}/{file}" for code in codes for file in files]


def test_a_packet_holds_nothing_of_any_other_office(report: Report, made: dict[str, bytes]) -> None:
    offices = report.measures[0].offices
    keys = {o.office: {item.person for item in report.open_items if item.office == o.office} for o in offices}
    for mine in offices:
        for kind, text in texts(made, mine.office).items():
            for other in offices:
                if other.office != mine.office:
                    said = {other.name, *(keys[other.office] - keys[mine.office])}
                    said |= {other.office} if kind != "raw" else set()  # its fonts are letters too
                    said = {word for word in said if word in text}  # whole or as a part, which is soon found
                    found = [word for word in said if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)]
                    assert not found, (mine.office, kind, found)


def test_a_packet_holds_every_item_and_number_of_its_office(report: Report, made: dict[str, bytes]) -> None:
    said = texts(made, "HOU")
    items = [item for item in report.open_items if item.office == "HOU"]
    assert items and [row["person"] for row in csv.DictReader(StringIO(said["csv"]))] == [i.person for i in items]
    for item in items:
        assert item.person in said["html"] and item.person in said["xlsx"]
        assert item.guidance in said["html"] and item.guidance in said["xlsx"]
    [mine] = [office for office in report.measures[0].offices if office.office == "HOU"]
    assert f"Due {mine.due:,} Recorded in time {mine.compliant:,}" in said["html"]
    assert f"{len(items)} open items" in said["html"]
    assert "lies below them" in said["html"]


def test_a_packet_shows_the_months_of_its_office_and_what_of_each_is_still_open(
    report: Report, made: dict[str, bytes]
) -> None:
    [trend] = report.trends
    for one in trend.offices:
        page = parse_page(made[f"{one.office}/index.html"].decode())
        [table] = [t for t in page.find_elements("table") if t.find_elements("th")[0].get_text() == "Month"]
        rows = [
            [cell.get_text() for cell in row.find_elements("th", "td")]
            for row in table.find_elements("tbody")[0].find_elements("tr")
        ]
        assert [row[:4] for row in rows] == [
            [
                month_in_words(m.month),
                format_count(m.due),
                format_count(m.compliant),
                format_percent(m.compliant, m.due),
            ]
            for m in one.months
        ]
        assert [row[-1] for row in rows] == [format_count(m.open_items) for m in one.months]
        assert [row[-2] for row in rows] == [m.flag or "within" for m in one.months]
        [image] = page.find_elements("img")
        assert image.attributes["alt"].startswith(f"Line chart. 2010-10 {rows[0][3]}, 2010-11 {rows[1][3]}")


def test_months_without_a_case_and_with_few_say_so() -> None:
    report = made_up.report(offices=2)
    [trend] = report.trends
    one = trend.offices[0]
    sparse = replace(one, centre=None, months=(replace(one.months[0], due=10, compliant=4, lower=None), one.months[-1]))
    made = build_packets(replace(report, trends=(replace(trend, offices=(sparse, *trend.offices[1:])),)))
    said = texts(made, one.office)["html"]
    assert "October 2010 10 4 under 11" in said
    assert "November 2010 0 – no cases" in said
    assert not parse_page(made[f"{one.office}/index.html"].decode()).find_elements("img")


def test_an_office_with_nothing_to_complete_is_told_so() -> None:
    report = replace(made_up.report(offices=2), open_items=())
    said = texts(build_packets(report), "SPM")
    assert "Nothing is left to complete." in said["html"] and "What to do" not in said["html"]
    assert said["csv"].count("\n") == 1


def test_a_person_met_by_two_offices_stands_in_both_with_what_each_lacks() -> None:
    made = made_up.report(offices=2)
    first, second = made.open_items[0], next(i for i in made.open_items if i.office != made.open_items[0].office)
    shared = replace(made, open_items=(first, replace(second, person=first.person, missing="the other's record")))
    held = build_packets(shared)
    assert first.person in texts(held, second.office)["csv"]
    assert "the other's record" not in texts(held, first.office)["csv"]


@pytest.mark.parametrize(
    ("code", "folder"),
    [("ATL", "ATL"), ("", "office-not-recorded"), ("../x", "x-"), ("a/b", "a-b-"), ("a b", "a-b-"), ("..", "office-")],
)
def test_a_folder_stays_where_it_is_put(code: str, folder: str) -> None:
    assert name_office_folder(code).startswith(folder)
    assert re.fullmatch(r"[A-Za-z0-9-]+", name_office_folder(code))
    assert len({name_office_folder(name) for name in ("a/b", "a b", "a-b")}) == 3


def test_hostile_text_stays_text_and_bytes_stay_the_same() -> None:
    report = made_up.report(offices=7, hostile=True)
    made = build_packets(report)
    assert made == build_packets(made_up.report(offices=7, hostile=True))
    for path, held in made.items():
        if path.endswith(".html"):
            page = parse_page(held.decode())
            assert len(page.find_elements("script")) == len(page.find_elements("style")) == 1
            images = page.find_elements("img")
            assert len(images) <= 1 and all(one.attributes["src"].startswith("data:image/svg") for one in images)
