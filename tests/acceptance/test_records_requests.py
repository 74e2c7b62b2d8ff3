"""Another field by the same core: requests for records, timely or not by 5 U.S.C. 552(a)(6), each case by hand."""

import csv
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from audit import programs
from audit.policy.fold import SEVERAL_CLASSES
from audit.workflow import engine, program_data, sample_audit
from audit.workflow.program_data import ProgramData
from tests.adding_up import check_tables
from tests.conftest import PROJECT, RunAudit
from tests.tracing import trace_page

NAME = "records_requests"
# 5 U.S.C. 6103(a), with the days on which those of a weekend are observed, as a calendar on the wall shows them.
HOLIDAYS = {
    date(2022, 10, 10),
    date(2022, 11, 11),
    date(2022, 11, 24),
    date(2022, 12, 26),
    date(2023, 1, 2),
    date(2023, 1, 16),
    date(2023, 2, 20),
    date(2023, 5, 29),
    date(2023, 6, 19),
    date(2023, 7, 4),
    date(2023, 9, 4),
    date(2023, 10, 9),
    date(2023, 11, 10),
    date(2023, 11, 23),
}

TABLES = {
    "requests": ("request_id", "requester_id", "office", "received", "status", "register_date"),
    "extensions": ("extension_id", "request_id", "days_added", "in_writing"),
    "pauses": ("pause_id", "request_id", "kind", "nth", "asked_on", "answered_on"),
    "decisions": ("decision_id", "request_id", "determination", "decision_date", "entered"),
}
Row = Mapping[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A request as the register shows it, and what the Act makes of it."""

    received: str
    decided: str = ""
    status: str = "decided"
    read: str = "2023-11-30"  # the day the register was read
    extension: Row = field(default_factory=dict)
    pauses: tuple[Row, ...] = ()
    expect: str
    needed: str | None = None
    case_class: str | None = None


def asked(on: str, answered: str, *, kind: str = "information", nth: str = "1") -> Row:
    return {"kind": kind, "nth": nth, "asked_on": on, "answered_on": answered}


TEN: Row = {"days_added": 10, "in_writing": "Yes"}
MARCH = "2023-03-01"  # a Wednesday; 29 March is day 20, 5 April day 25, 12 April day 30: no holiday until 29 May
WEEK = asked("2023-03-06", "2023-03-13")  # Monday to Monday: 5 working days

CASES = {
    "day 20": Case(received=MARCH, decided="2023-03-29", expect="timely", case_class="within 20 days"),
    "day 21": Case(received=MARCH, decided="2023-03-30", expect="untimely", case_class="within 20 days"),
    "the same day": Case(received=MARCH, decided=MARCH, expect="timely"),
    # Received on a Saturday: Monday 6 March is day 1, Friday 31 March day 20, and the Saturday after adds nothing.
    "a Saturday's request, on Friday": Case(received="2023-03-04", decided="2023-03-31", expect="timely"),
    "a Saturday's request, on a Saturday": Case(received="2023-03-04", decided="2023-04-01", expect="timely"),
    "a Saturday's request, on Monday": Case(received="2023-03-04", decided="2023-04-03", expect="untimely"),
    # 16 December to 18 January is 20 days without 26 December, 2 January (both observed) and 16 January.
    "over three holidays, day 20": Case(received="2022-12-16", decided="2023-01-18", expect="timely"),
    "over three holidays, day 21": Case(received="2022-12-16", decided="2023-01-19", expect="untimely"),
    "received on Thanksgiving, day 20": Case(received="2022-11-24", decided="2022-12-22", expect="timely"),
    "received on Thanksgiving, day 21": Case(received="2022-11-24", decided="2022-12-23", expect="untimely"),
    "extended by 10, day 30": Case(
        received=MARCH, decided="2023-04-12", extension=TEN, expect="timely", case_class="with an extension"
    ),
    "extended by 10, day 31": Case(
        received=MARCH, decided="2023-04-13", extension=TEN, expect="untimely", case_class="with an extension"
    ),
    "extended by 10, and not needed": Case(
        received=MARCH, decided="2023-03-20", extension=TEN, expect="timely", case_class="within 20 days"
    ),
    "extended by 5, day 25": Case(
        received=MARCH, decided="2023-04-05", extension={**TEN, "days_added": 5}, expect="timely"
    ),
    "extended by 5, day 26": Case(
        received=MARCH, decided="2023-04-06", extension={**TEN, "days_added": 5}, expect="untimely"
    ),
    "a notice of 15 gives 10": Case(
        received=MARCH, decided="2023-04-13", extension={**TEN, "days_added": 15}, expect="untimely"
    ),
    "a notice not in writing gives none": Case(
        received=MARCH,
        decided="2023-04-05",
        extension={**TEN, "in_writing": "No"},
        expect="untimely",
        case_class="within 20 days",
    ),
    "a notice, in writing or not": Case(
        received=MARCH,
        decided="2023-04-05",
        extension={**TEN, "in_writing": ""},
        expect="undeterminable",
        needed="extensions.in_writing",
    ),
    "a notice, in writing or not, and not needed": Case(
        received=MARCH, decided="2023-03-29", extension={**TEN, "in_writing": ""}, expect="timely"
    ),
    "a notice, in writing or not, and too late for either": Case(
        received=MARCH,
        decided="2023-04-13",
        extension={**TEN, "in_writing": ""},
        expect="untimely",
        case_class=SEVERAL_CLASSES,
    ),
    "a notice of how many days?": Case(
        received=MARCH,
        decided="2023-04-05",
        extension={**TEN, "days_added": ""},
        expect="undeterminable",
        needed="extensions.days_added",
    ),
    "paused 5, day 25": Case(received=MARCH, decided="2023-04-05", pauses=(WEEK,), expect="timely"),
    "paused 5, day 26": Case(received=MARCH, decided="2023-04-06", pauses=(WEEK,), expect="untimely"),
    # From 23 December to 3 January 5 days run: 27 to 30 December, and 3 January.
    "paused over two holidays, day 25": Case(
        received="2022-12-16", decided="2023-01-25", pauses=(asked("2022-12-23", "2023-01-03"),), expect="timely"
    ),
    "paused over two holidays, day 26": Case(
        received="2022-12-16", decided="2023-01-26", pauses=(asked("2022-12-23", "2023-01-03"),), expect="untimely"
    ),
    "asked for information twice, and only once allowed": Case(
        received=MARCH,
        decided="2023-04-06",
        pauses=(WEEK, asked("2023-03-15", "2023-03-17", nth="2")),
        expect="untimely",
    ),
    "asked about fees as well": Case(
        received=MARCH,
        decided="2023-04-06",
        pauses=(WEEK, asked("2023-03-15", "2023-03-17", kind="fees", nth="2")),
        expect="timely",
    ),
    "asked the how-manieth time?": Case(
        received=MARCH,
        decided="2023-04-05",
        pauses=({**WEEK, "nth": ""},),
        expect="undeterminable",
        needed="pauses.nth",
    ),
    "answered when?": Case(
        received=MARCH,
        decided="2023-04-05",
        pauses=(asked("2023-03-06", ""),),
        expect="undeterminable",
        needed="pauses.answered_on",
    ),
    "answered when, and it does not matter": Case(
        received=MARCH, decided="2023-03-29", pauses=(asked("2023-03-06", ""),), expect="timely"
    ),
    "extended and paused, day 35": Case(
        received=MARCH, decided="2023-04-19", extension=TEN, pauses=(WEEK,), expect="timely"
    ),
    "extended and paused, day 36": Case(
        received=MARCH, decided="2023-04-20", extension=TEN, pauses=(WEEK,), expect="untimely"
    ),
    "decided when?": Case(received=MARCH, expect="undeterminable", needed="decision_date"),
    "decided or not?": Case(received=MARCH, decided="2023-03-29", status="", expect="undeterminable", needed="status"),
    "open, day 20": Case(received=MARCH, status="open", read="2023-03-29", expect="not_applicable"),
    "open, day 21": Case(received=MARCH, status="open", read="2023-03-30", expect="untimely", case_class="still open"),
    "open and extended, day 30": Case(
        received=MARCH, status="open", read="2023-04-12", extension=TEN, expect="not_applicable"
    ),
    "open and extended, day 31": Case(
        received=MARCH, status="open", read="2023-04-13", extension=TEN, expect="untimely"
    ),
    "open, and extended by how much? Day 31": Case(
        received=MARCH, status="open", read="2023-04-13", extension={**TEN, "days_added": ""}, expect="untimely"
    ),
    "open, and the requester asked": Case(
        received=MARCH,
        status="open",
        read="2023-04-05",
        pauses=(asked("2023-03-06", ""),),
        expect="undeterminable",
        needed="pauses.answered_on",
    ),
    "withdrawn": Case(received=MARCH, status="withdrawn", expect="not_applicable"),
    "before the Act said so": Case(received="2008-12-30", decided="2009-06-01", expect="no_rule"),
    "the first day on which it did": Case(received="2008-12-31", decided="2009-06-01", expect="untimely"),
}


def begun(data: Path) -> ProgramData:
    return program_data.read_program_data(NAME, data=data, expectations=PROJECT / "expectations")


def assessed(data: Path) -> dict[str, dict[str, Any]]:
    work = begun(data)
    keys = work.rows["requests"].select("request_id").collect()["request_id"]
    return {row["request_id"]: row for row in sample_audit.assess_cases(work, keys).iter_rows(named=True)}


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The determinations of CASES, by name; all of them stand in one register."""
    rows: dict[str, list[Row]] = {name: [] for name in TABLES}
    for case_id, case in CASES.items():
        named: Row = {"request_id": case_id}
        register = {"office": "HAR", "received": case.received, "status": case.status, "register_date": case.read}
        rows["requests"].append({**named, **register})
        rows["extensions"] += [{**named, **case.extension}] if case.extension else []
        rows["pauses"] += [{**named, **pause} for pause in case.pauses]
        rows["decisions"] += [{**named, "decision_date": case.decided}] if case.decided else []
    folder = tmp_path_factory.mktemp("register")
    for name, columns in TABLES.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows({columns[0]: number, **row} for number, row in enumerate(rows[name]))
    return assessed(folder)


@pytest.mark.parametrize("name", CASES)
def test_a_request_is_judged_as_by_hand(by_hand: dict[str, dict[str, Any]], name: str) -> None:
    case, found = CASES[name], by_hand[name]
    assert (found["attribute"], found["outcome"]) == ("timeliness", case.expect)
    assert found["needed"] == case.needed
    if case.case_class:
        assert found["class"] == case.case_class


def test_a_determination_cites_the_clause_that_decided_it(by_hand: dict[str, dict[str, Any]]) -> None:
    assert by_hand["day 20"]["section"] == "5 U.S.C. 552(a)(6)(A)(i)"
    assert by_hand["extended by 10, day 30"]["section"] == "5 U.S.C. 552(a)(6)(B)(i)"
    evidence = by_hand["extended and paused, day 36"]["evidence"]
    assert evidence.startswith("status: decided; ")
    assert evidence.endswith("elapsed: 36; tolled: 5; taken: 31; added: 10")


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from audit.programs.records_requests import synthetic

    folder = tmp_path_factory.mktemp("register")
    synthetic.write_year(folder)
    return folder


def read(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def working_days(start: str, end: str) -> int:
    """Working days after one day and up to another, counted one by one on the calendar above."""
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    days = [first + timedelta(n) for n in range(1, (last - first).days + 1)]
    return sum(day.weekday() < 5 and day not in HOLIDAYS for day in days)


def plainly(request: dict[str, str], decided: str, extensions: list[Row], pauses: list[Row]) -> str:
    """What the Act makes of a request on which nothing is blank."""
    end = decided if request["status"] == "decided" else request["register_date"]
    paused = sum(
        working_days(str(pause["asked_on"]), str(pause["answered_on"]))
        for pause in pauses
        if pause["kind"] == "fees" or pause["nth"] == "1"
    )
    added = sum(int(notice["days_added"]) for notice in extensions if notice["in_writing"] == "Yes")
    late = working_days(request["received"], end) - paused > 20 + min(added, 10)
    if request["status"] == "decided":
        return "untimely" if late else "timely"
    return "untimely" if late and request["status"] == "open" else "not_applicable"


def test_the_made_up_year_is_judged_as_by_a_count_of_days_one_by_one(register: Path) -> None:
    found = assessed(register)
    of: dict[str, dict[str, list[Row]]] = {name: {key: [] for key in found} for name in ("extensions", "pauses")}
    for name, rows in of.items():
        for row in read(register, name):
            rows[row["request_id"]].append(row)
    decided = {row["request_id"]: row["decision_date"] for row in read(register, "decisions")}
    compared = 0
    for request in read(register, "requests"):
        key = request["request_id"]
        extensions, pauses = of["extensions"][key], of["pauses"][key]
        facts = [request["status"], *(value for row in (*extensions, *pauses) for value in row.values())]
        if request["status"] == "decided":
            facts.append(decided.get(key, ""))
        if "" not in facts:
            compared += 1
            assert found[key]["outcome"] == plainly(request, decided.get(key, ""), extensions, pauses), key
        elif found[key]["outcome"] == "undeterminable":
            assert found[key]["needed"]
    assert compared > 1000
    outcomes = {row["outcome"] for row in found.values()}
    assert outcomes == {"timely", "untimely", "undeterminable", "not_applicable"}


def test_the_sample_is_drawn_from_the_frame_written_down_and_assessed(register: Path) -> None:
    work = begun(register)
    frame, sample, record = sample_audit.draw_sample(work)
    assert (frame.universe, frame.size, sample.cases.height) == (1200, 1139, 120)
    assert dict(frame.exclusions) == {"withdrawn by the requester": 46, "duplicate of another request": 15}
    found = sample_audit.settle_outcomes(work.program, sample_audit.assess_cases(work, sample.cases["key"]))
    assert sorted(found["request_id"]) == sorted(case["key"] for case in record["cases"])
    assert dict(found.group_by("settled").len().iter_rows()) == {"timely": 81, "untimely": 32, "undeterminable": 7}
    assert found.filter(pl.col("needed").is_null() != (pl.col("settled") != "undeterminable")).is_empty()


def test_the_month_runs_and_counts_the_determinations_recorded(audit: RunAudit, tmp_path: Path) -> None:
    answer = audit("run", NAME, "--month", "2023-03", "--json")
    assert (answer.code, answer.json["written"]) == (0, True)
    folder = tmp_path / "reports" / NAME / "2023-03"
    page, report = ((folder / name).read_text(encoding="utf-8") for name in ("report.html", "report.json"))
    check_tables(page)  # every table of cases adds up to its heading
    trace_page(page, report)
    assert "Determination recorded" in page
    told = (folder.with_name("audit") / "report.html").read_text(encoding="utf-8")
    assert "Rules that decided sampled cases" in check_tables(told) and "Decided within 20 working days" in told
    trace_page(told, (folder.with_name("audit") / "report.json").read_text(encoding="utf-8"))
    assert "Sampled" not in page and json.loads(report)["last_audit"] is None
    found = json.loads((folder.with_name("audit") / "report.json").read_bytes())["result"]
    assert found["attribute"] == "timeliness"
    overall = found["overall"]
    assert (overall["conforming"], overall["deviating"], overall["undeterminable"]) == (81, 32, 7)
    assert sum(cell["cases"] for cell in found["cells"]) == found["drawn"] == 120
    assert audit("run", NAME, "--month", "2023-03", "--json").json["written"] is False

    data = tmp_path / "data" / "generated" / NAME
    known = [row for row in read(data, "decisions") if row["decision_date"] and row["entered"] <= "2023-05-31"]
    sent = {row["request_id"]: row for row in known}  # 61 days after the month's end the report looks
    due = {
        row["request_id"]: date.fromisoformat(row["received"]) + timedelta(60)
        for row in read(data, "requests")
        if row["received"].startswith("2023-03") and row["status"] not in ("withdrawn", "duplicate")
    }
    in_time = [key for key, day in due.items() if key in sent and date.fromisoformat(sent[key]["entered"]) <= day]
    measure = audit("compliance", NAME, "--month", "2023-03", "--json").json["measures"][0]
    assert [office["name"] for office in measure["offices"]] == [
        "Harbor",
        "Hill Country",
        "Lakes",
        "Plains",
        "River Valley",
        "Summit",
    ]
    national = measure["national"]
    assert (national["due"], national["compliant"]) == (len(due), len(in_time))
    assert national["missing"] == sum(key not in sent for key in due) > 0


def test_the_checks_warn_of_notices_beyond_ten_days(audit: RunAudit, register: Path) -> None:
    answer = audit("check", NAME, "--data", register)
    assert answer.code == 0
    assert "days_added is at least 1 and at most 10" in answer.out
    assert "No critical check failed." in answer.out


def test_the_made_up_tables_are_the_same_every_time_and_hold_no_verdict(register: Path, tmp_path: Path) -> None:
    from audit.programs.records_requests import synthetic

    synthetic.write_year(tmp_path)
    for path in register.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()
        assert b"timely" not in path.read_bytes()


def test_the_policy_is_short_and_no_module_knows_it() -> None:
    policy = programs.find_program_folder(NAME) / "policy"
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in policy.glob("*.yaml")) < 60
    source = PROJECT / "src" / "audit"
    modules = [
        path for path in source.rglob("*.*") if path.suffix in (".py", ".jinja") and "programs" not in path.parts
    ]
    words = re.compile(r"records_requests|\b552\b|requester|days_added|answered_on")
    assert [path.name for path in modules if words.search(path.read_text(encoding="utf-8"))] == []


def test_all_cases_in_parts_come_out_as_all_at_once(
    audit: RunAudit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cases that are too many for the memory are assessed so many at a time; what is found of each is the same."""
    written = tmp_path / "reports" / NAME / "population"

    def assessed() -> tuple[Any, pl.DataFrame]:
        found = audit("assess", NAME, "--all", "--json")
        assert found.code == 0, found.err
        return json.loads(found.out), pl.read_parquet(written / "*.parquet").sort("attribute", "request_id")

    facts, rows = assessed()
    assert len([*written.glob("*.parquet")]) == 1
    monkeypatch.setattr(engine, "DETERMINATIONS_IN_MEMORY", rows.height // 3)
    facts_in_parts, rows_in_parts = assessed()
    assert len([*written.glob("*.parquet")]) > 3
    assert facts_in_parts == facts
    assert rows_in_parts.equals(rows)


@pytest.mark.usefixtures("formless")
def test_a_packet_lists_the_requests_without_a_determination_by_their_keys(audit: RunAudit, tmp_path: Path) -> None:
    program_data.generate_tables(program_data.read_program_by_name(NAME), tmp_path / "data")
    answer = audit("run", NAME, "--data", tmp_path / "data", "--month", "2023-05", "--packets", "--json")
    assert answer.code == 0, answer.err
    with (tmp_path / "data" / "decisions.csv").open(encoding="utf-8") as file:
        decided = {row["request_id"] for row in csv.DictReader(file) if row["decision_date"]}
    with (tmp_path / "data" / "requests.csv").open(encoding="utf-8") as file:
        requests = {row["request_id"]: row for row in csv.DictReader(file)}
    packets, found = tmp_path / "reports" / NAME / "2023-05" / "packets", set()
    for path in packets.glob("*/worklist.csv"):
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                found |= {*row["unit_keys"].split("; ")}
                assert row["needed"] == "Determination" and row["unit_day"] == min(
                    requests[key]["received"] for key in row["unit_keys"].split("; ")
                )
    undecided = {
        key for key, row in requests.items()
        if row["status"] in ("open", "decided", "") and row["received"] < "2023-06" and key not in decided
    }  # fmt: skip
    assert undecided and undecided <= found
    page = next(packets.glob("*/index.html")).read_text(encoding="utf-8")
    assert "No day is declared by which items are due." in page or "No item is open." in page
