"""An office's packet: all that concerns the office, and nothing that names another."""

import csv
import hashlib
import re
from dataclasses import asdict, replace
from datetime import date
from io import StringIO

import fastexcel
import polars as pl
import pytest

from audit.compliance.follow_up_summary import OfficeFollowUp
from audit.compliance.returns import OfficeReturns
from audit.compliance.targets import OfficeTarget, TargetResult
from audit.compliance.worklist import code_item
from audit.files import encode_json
from audit.formatting import format_percent
from audit.programs.measures import Escalation, FollowUpPlan
from audit.reporting.formats.html_tree import parse_page
from audit.reporting.formats.office_packet import build_packets, hash_packet, list_transmittals, name_office_folder
from audit.reporting.month_report import Report
from audit.reporting.packet import assemble_packets
from tests import made_up
from tests.made_up_worklist import WORKLIST_CENSUS, worklist
from tests.tracing import trace_page

FILES = ("index.html", "packet.pdf", "worklist.xlsx", "worklist.csv")


def packets(report: Report, listed: pl.DataFrame | None = None) -> dict[str, bytes]:
    return build_packets(report, worklist(report) if listed is None else listed, WORKLIST_CENSUS)


@pytest.fixture(scope="module")
def report() -> Report:
    return made_up.report(offices=8)


@pytest.fixture(scope="module")
def made(report: Report) -> dict[str, bytes]:
    return packets(report)


def texts(made: dict[str, bytes], office: str) -> dict[str, str]:
    """What each file of a packet says, as a person would read it."""
    mine = {path.split("/")[1]: held for path, held in made.items() if path.startswith(f"{office}/")}
    book = fastexcel.read_excel(mine["worklist.xlsx"])
    cells = [book.load_sheet(name, header_row=None, dtypes="string").to_polars().rows() for name in book.sheet_names]
    return {
        "html": parse_page(mine["index.html"].decode()).find_elements("body")[0].get_text(),
        "csv": mine["worklist.csv"].decode(),
        "xlsx": " ".join(str(cell) for sheet in cells for row in sheet for cell in row),
        "raw": mine["index.html"].decode(),
    }


def test_every_office_has_two_pages_and_one_list(report: Report, made: dict[str, bytes]) -> None:
    codes = [office.office for office in report.measures[0].offices]
    assert list(made) == [f"{code}/{file}" for code in codes for file in FILES]
    for code in codes:
        assert len(re.findall(rb"/Type\s*/Page\b", made[f"{code}/packet.pdf"])) in (0, 2)  # 0: in object streams


def test_every_number_of_a_packet_comes_from_its_record(report: Report, made: dict[str, bytes]) -> None:
    for packet in assemble_packets(report, worklist(report), WORKLIST_CENSUS):
        record = encode_json({**asdict(report), "packet": asdict(packet)})
        assert len(trace_page(made[f"{packet.office}/index.html"].decode(), record)) > 30


def test_what_else_was_recorded_is_of_the_cases_that_have_a_record(report: Report) -> None:
    national = report.measures[0].national
    for packet in assemble_packets(report, worklist(report), WORKLIST_CENSUS):
        mine = next(one for one in report.measures[0].offices if one.office == packet.office)
        signals = {one.words: (one.own, one.every) for one in packet.signals}
        assert signals["Recorded in words that say nothing"] == (
            (mine.uninformative, mine.compliant + mine.late),
            (national.uninformative, national.compliant + national.late),
        )
        assert signals["Received without an identifier of the person"] == (
            (mine.no_identifier, mine.received),
            (national.no_identifier, national.received),
        )


def test_a_packet_names_no_other_office_and_none_of_its_items(report: Report, made: dict[str, bytes]) -> None:
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


def test_the_list_has_every_item_once_with_keys_and_what_is_needed(report: Report, made: dict[str, bytes]) -> None:
    said = texts(made, "SNA")
    items = [item for item in report.open_items if item.office == "SNA"]
    rows = list(csv.DictReader(StringIO(said["csv"])))
    assert len(rows) == len(items) == 12
    assert [row["number"] for row in rows] == [str(n) for n in range(1, 13)]
    assert [row["unit_day"] for row in rows] == sorted(str(item.first) for item in items)
    for row in rows:
        item = next(item for item in items if item.person == row["person"])
        assert row["unit_keys"] == f"M-{item.person}" and row["unit_keys"] in said["xlsx"]
        assert row["item"] == code_item("SNA", "2011-09", item.person, "match_documentation")
        assert (row["days_open"], row["due"]) == (str((date(2011, 10, 31) - item.first).days), "2011-11-30")
        needed = "Identifier, first of all" if item.no_identifier else "Processing disposition"
        assert row["needed"] in (needed, "Encounter, then processing disposition")
        has_record = item.missing == "processing disposition"
        assert row["encounter"] == (f"E-{item.person}" if has_record else "")
        assert [row[name] for name in ("done_on", "not_ours", "not_required", "reason", "remark")] == [""] * 5


def test_the_pages_say_the_rate_the_place_and_what_is_due(report: Report, made: dict[str, bytes]) -> None:
    [mine] = [office for office in report.measures[0].offices if office.office == "SNA"]
    said = texts(made, "SNA")["html"]
    rate = format_percent(mine.compliant, mine.due)
    assert f"{mine.compliant:,} of 3,021 matches ({rate}) were recorded in time." in said
    assert "12 items are open: 12 are due by 30 November 2011." in said
    assert f"{mine.compliant:,} in time, {mine.late} late, {mine.missing} missing." in said
    assert "The highest of 8 field offices" in said  # 91.5%, the highest of the eight by their made-up rates
    assert "An item is due 30 days after it is first listed (A directive)." in said
    assert "All open items 12" in said
    [place, months] = parse_page(made["SNA/index.html"].decode()).find_elements("img")
    assert place.attributes["alt"].startswith("Rates of 8 field offices on one line, from ")
    assert months.attributes["alt"].startswith("Line chart of San Antonio. October 2010 ")


def test_the_gap_to_a_declared_target_is_told_in_records() -> None:
    report = made_up.report(offices=3)
    [first, *_] = report.measures[0].offices
    rows = tuple(
        OfficeTarget(office=o.office, name=o.name, standing="short", gap=21 + n)
        for n, o in enumerate(report.measures[0].offices)
    )
    target = TargetResult(
        measure="match_documentation", target=0.95, source="A directive", offices=rows, meets=0, short=3, close=0,
        too_few=0, gap=66,
    )  # fmt: skip
    said = texts(packets(replace(report, targets=(target,))), first.office)["html"]
    assert "The field office was 21 matches short of 95%." in said
    assert "Falls short by more than chance." in said
    assert "No target is declared." in texts(packets(report), first.office)["html"]


def test_what_became_of_items_and_returns_and_an_escalation_are_told() -> None:
    report = made_up.report(offices=1)
    code, name = report.measures[0].offices[0].office, report.measures[0].offices[0].name
    moves = OfficeFollowUp(
        office=code, name=name, open_start=40, new=7, reopened=1, resolved=5, reclassified=2, open_end=41, over_90=12,
        repeated=True, resolved_within=(2, 24), escalated=True,
    )  # fmt: skip
    followed = replace(made_up.follow_up(), offices=(moves,))
    back = OfficeReturns(office=code, done=9, shown=6, accepted=2, refused=1, referred=3, waiting=4)
    plan = FollowUpPlan(
        days=60,
        source="made up",
        escalation=Escalation(months=3, share=0.3, words="A dated plan is asked for.", source="x"),
    )
    told = replace(report, follow_up=followed, returns=(back,))
    census = replace(WORKLIST_CENSUS, follow_up=plan)
    said = texts(build_packets(told, worklist(told, census), census), code)["html"]
    assert "Open before 40 + new 7 + reopened 1 − resolved: the records show it 5" in said
    assert "= Open now 41" in said
    assert "Of the 24 items whose 60 days ran out since the last report, 2 were resolved in time." in said
    assert "Of 9 items reported as done, the records show 6." in said
    assert "of 3 another office was told, 4 without an answer yet." in said
    assert "A dated plan is asked for." in said


def test_an_office_with_nothing_to_complete_is_told_so() -> None:
    report = replace(made_up.report(offices=2), open_items=())
    said = texts(packets(report), "SPM")
    assert "No item is open." in said["html"] and "How to work the list" not in said["html"].replace(
        "St. Paul month by month", ""
    )
    assert said["csv"].count("\n") == 1


def test_a_list_is_totalled_by_the_unit_below_the_office() -> None:
    report = made_up.report(offices=1)
    census = replace(WORKLIST_CENSUS, unit_below="suboffice")
    listed = worklist(report, census)
    below = ["Albany", "Buffalo"] * listed.height
    listed = listed.with_columns(below=pl.Series(below[: listed.height])).sort("below")
    code = report.measures[0].offices[0].office
    said = texts(build_packets(report, listed, census), code)
    assert listed.height == 12
    assert "By suboffice Suboffice Open items Overdue Albany 6 0 Buffalo 6 0 All open items 12 0" in said["html"]
    assert [row["below"] for row in csv.DictReader(StringIO(said["csv"]))] == ["Albany"] * 6 + ["Buffalo"] * 6
    assert "Albany 6 0 Buffalo 6 0 All 12 0" in said["xlsx"]


def test_the_transmittal_names_each_packet_with_its_digest(report: Report, made: dict[str, bytes]) -> None:
    rows = list_transmittals(report, worklist(report), WORKLIST_CENSUS, made)
    assert [row.office for row in rows] == [office.office for office in report.measures[0].offices]
    row = next(row for row in rows if row.office == "SNA")
    assert (row.packet, row.items, row.overdue, row.return_by) == ("packets/SNA/", 12, 0, "2011-11-30")
    lines = "".join(f"{hashlib.sha256(made[f'SNA/{name}']).hexdigest()}  {name}\n" for name in sorted(FILES))
    assert row.digest == hashlib.sha256(lines.encode()).hexdigest() == hash_packet({f: made[f"SNA/{f}"] for f in FILES})


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
    made = packets(report)
    assert made == packets(made_up.report(offices=7, hostile=True))
    for path, held in made.items():
        if path.endswith(".html"):
            page = parse_page(held.decode())
            assert len(page.find_elements("script")) == len(page.find_elements("style")) == 1
            images = page.find_elements("img")
            assert len(images) <= 2 and all(one.attributes["src"].startswith("data:image/svg") for one in images)
