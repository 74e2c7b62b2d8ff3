"""Public months issued one after the other, and a correction: nothing that one withholds is told by another."""

import csv
import json
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import made_up_program
from tests.conftest import RunAudit

pytestmark = pytest.mark.usefixtures("formless")

MONTHS = ("2020-11", "2020-12", "2021-01")
COUNTS = {"A": (80, 20, 20), "B": (50, 15, 15), "C": (25, 12, 13), "D": (15, 12, 13)}  # in time, late, none
FEW_LATE = (12, 3, 15)  # of D in the first month
BY = ("--audience", "public", "--by", "Inspector General", "--on", "2021-04-01")
Rows = list[list[str]]


def rows(month: str, office: str, counts: tuple[int, int, int], first: int = 0) -> tuple[Rows, Rows]:
    """Requests of one office in a month, and their answers."""
    asked, answered = [], []
    for n in range(first, first + sum(counts)):
        key, received = f"R{month}-{office}-{n:03}", date.fromisoformat(f"{month}-{1 + n % 10:02}")
        asked.append([key, f"Q{key}", office, str(received), "request"])
        if n - first < counts[0] + counts[1]:
            entered = str(received + timedelta(days=2 if n - first < counts[0] else 12))
            answered.append([f"W{key}", key, entered, entered])
    return asked, answered


def tables(folder: Path, *more: tuple[Rows, Rows], until: str = "2021-01") -> Path:
    """The tables of the months up to one, with `more` rows."""
    parts = [
        rows(month, office, FEW_LATE if (month, office) == ("2020-11", "D") else counts)
        for month in MONTHS
        for office, counts in COUNTS.items()
        if month <= until
    ]
    asked, answered = ([row for part in [*parts, *more] for row in part[side]] for side in (0, 1))
    return made_up_program.tables(folder, asked=asked, answered=answered)


@pytest.fixture
def run(audit: RunAudit, tmp_path: Path) -> Any:
    program = made_up_program.program(tmp_path / "answers")
    offices = "code,name,alias\nA,Alpha,A\nB,Beta,B\nC,Gamma,C\nD,Delta,D\n"
    (program / "offices.csv").write_text(offices, encoding="utf-8")

    def run(verb: str, month: str, *words: str, data: Path | None = None, code: int = 0) -> Any:
        place = () if data is None else ("--data", data, "--audience", "public")
        found = audit(verb, program, "--month", month, *place, *words, "--json")
        assert found.code == code, found.err
        return found.json if code == 0 else found.err

    return run


def record(name: str) -> Any:
    return json.loads(Path("reports/answers", name, "report.json").read_bytes())


def told_together(name: str) -> list[str]:
    return [row["name"] for row in record(name)["measures"][0]["offices"] if row["flag"] == "together"]


def issue_months(run: Any, folder: Path) -> Path:
    for month in MONTHS:
        data = tables(folder, until=month)
        run("run", month, data=data)
        run("issue", month, *BY)
    return data


def test_an_office_that_one_month_hides_is_told_with_that_month_by_no_later_one(run: Any, tmp_path: Path) -> None:
    data = issue_months(run, tmp_path / "data")
    assert told_together("2020-11-public") == ["2 offices together"]
    assert told_together("2020-12-public") == told_together("2021-01-public") == []
    made = record("2021-01-public")
    months = {one["office"]: [month["month"] for month in one["months"]] for one in made["trends"][0]["offices"]}
    assert months == {"A": [*MONTHS], "B": [*MONTHS], "C": [*MONTHS[1:]], "D": [*MONTHS[1:]]}
    table = Path("reports/answers/2021-01-public/tables/office_months.csv").read_text(encoding="utf-8")
    alone = {(row["office"], row["month"]) for row in csv.DictReader(table.splitlines())}
    assert len(alone) == 10 and not alone & {("C", "2020-11"), ("D", "2020-11")}
    assert run("run", "2021-01", data=data)["written"] is False
    manifest = json.loads(Path("reports/answers/2021-01-public/manifest.json").read_bytes())["inputs"]
    assert [one["folder"] for one in manifest["public editions"]] == ["2020-11-public", "2020-12-public"]
    assert {tuple(one) for one in manifest["tables"]} == {("table", "file", "sha256")}, "no count of rows"

    # What was published is known without its folders.
    shutil.rmtree("reports/answers/2020-11-public")
    refused = run("run", "2020-11", data=data, code=4)
    assert "was issued on 1 April 2021 by Inspector General, and is gone" in refused
    assert "2020-11-public: is public already" in run("run", "2020-10/2020-12", data=data, code=4)


def test_a_correction_tells_no_small_change(run: Any, tmp_path: Path) -> None:
    issue_months(run, tmp_path / "data")
    correct = ("--correct", "Entries came late")
    one_record = tables(tmp_path / "one", rows("2020-11", "A", (0, 1, 0), 500))
    told = run("run", "2020-11", *correct, data=one_record, code=4)
    assert "tells the public what a correction of 2020-11 would tell: nothing changed, or by so few that" in told
    assert not Path("reports/answers/2020-11-public-v2").exists()

    more = {"A": 30, "B": 1, "C": 20}
    several = tables(tmp_path / "several", *(rows("2020-11", code, (0, n, 0), 500) for code, n in more.items()))
    run("run", "2020-11", *correct, data=several)
    made, before = record("2020-11-public-v2"), record("2020-11-public")
    assert told_together("2020-11-public-v2") == ["3 offices together"], "Beta, of which one changed, and two"
    national = [one["measures"][0]["national"] for one in (before, made)]
    assert [one["late"] for one in national] == [50, 101]
    changes = {one["figure"]: (one["before"], one["after"]) for one in made["correction"]["changes"]}
    assert "Answered, by unit, 5 days allowed: Alpha, late" in changes
    numbers = [(a, b) for a, b in changes.values() if isinstance(a, int) and isinstance(b, int)]
    assert numbers and not [(a, b) for a, b in numbers if abs(a - b) < 11]
    assert run("issue", "2020-11", *BY)["written"] is True
    assert "2020-11-public-v2" in Path("reports/answers/published.jsonl").read_text(encoding="utf-8")


def test_an_issue_that_was_killed_before_it_was_registered_is_registered_by_the_next_run(
    run: Any, tmp_path: Path
) -> None:
    data = tables(tmp_path / "data", until="2020-12")
    run("run", "2020-11", data=data)
    run("issue", "2020-11", *BY)
    register = Path("reports/answers/published.jsonl")
    whole = register.read_bytes()
    register.unlink()
    run("run", "2020-12", data=data)
    assert register.read_bytes() == whole
    assert {one["month"] for one in record("2020-12-public")["months"]} == {"2020-11", "2020-12"}
