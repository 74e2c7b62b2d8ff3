"""Two released files through the same core: nothing in it knows their names."""

import csv
import gzip
from pathlib import Path

from tests.conftest import RunAudit

SRMS, CAP = "segregation_reports", "cap_encounters"


def test_attorney_notification_over_the_whole_file(audit: RunAudit, real_data: Path) -> None:
    answer = audit("compliance", SRMS, "--data", real_data / "srms_2015_2018", "--json")
    assert answer.code == 0
    notified, complete = answer.json["measures"]
    national = notified["national"]
    assert (national["compliant"], national["unmet"], national["missing"], national["due"]) == (500, 197, 12, 709)
    assert len(notified["offices"]) == 24
    assert national["received"] == complete["national"]["received"] == 6558
    assert complete["national"]["due"] == 6558
    assert complete["missing"]


def test_a_month_of_reports_keeps_every_office(audit: RunAudit, real_data: Path, tmp_path: Path) -> None:
    answer = audit("run", SRMS, "--month", "2016-11", "--data", real_data / "srms_2015_2018", "--json")
    assert (answer.code, answer.json["written"]) == (0, True)
    folder = tmp_path / "reports" / SRMS / "2016-11"
    rows = (folder / "tables" / "offices.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + 2 * 25
    assert (folder / "report.html").stat().st_size > 0


def test_encounters_without_a_date(audit: RunAudit, real_data: Path, tmp_path: Path) -> None:
    data = real_data / "cap_seattle_fy2017"
    national = audit("compliance", CAP, "--data", data, "--json").json["measures"][0]["national"]
    assert (national["due"], national["missing"], national["uninformative"]) == (11712, 1, 1961)
    assert audit("run", CAP, "--data", data, "--packets").code == 0
    page = (tmp_path / "reports" / CAP / "all" / "report.html").read_text(encoding="utf-8")
    assert "They lack 1 record, in 1 area of responsibility." in " ".join(page.split())

    [packet] = (tmp_path / "reports" / CAP / "all" / "packets").iterdir()
    with (packet / "worklist.csv").open(encoding="utf-8") as file:
        [row] = csv.DictReader(file)
    assert (row["needed"], row["due"], row["days_open"]) == ("Disposition", "", "")
    assert "unit_day" not in row and "month" not in row  # the release has no day
    with gzip.open(next(data.glob("cap_encounters_*")), "rt", encoding="utf-8-sig") as file:
        released = [*csv.reader(file, delimiter="|")][int(row["unit_keys"].removeprefix("row ")) - 1]
    assert released[2:5] == ["Richland CAP", "", ""]  # the key is the row's number in the file: no disposition
    back = tmp_path / "back.csv"
    with back.open("w", encoding="utf-8") as file:
        writer = csv.DictWriter(file, row)
        writer.writeheader()
        writer.writerow(row | {"not_required": "yes", "reason": "entered twice"})
    assert audit("returns", CAP, back, "--json").json[str(back)]["taken"] == 1

    refused = audit("run", CAP, "--data", data, "--month", "2017-03")
    assert refused.code == 2
    assert "table encounters has no date column, so a month cannot be told apart." in refused.err
    assert sorted(path.name for path in (tmp_path / "reports" / CAP).glob("[!.]*")) == ["all", "returns"]


def test_the_checks_of_released_files_run_through_the_same_command(audit: RunAudit, real_data: Path) -> None:
    for program, folder in ((SRMS, "srms_2015_2018"), (CAP, "cap_seattle_fy2017")):
        answer = audit("check", program, "--data", real_data / folder, "--json")
        assert (answer.code, answer.json["passed"]) == (0, True)
        assert [check["severity"] for check in answer.json["checks"] if not check["passed"]] == ["warning"]


def test_no_room_names_them() -> None:
    source = Path(__file__).parents[2] / "src" / "audit"
    rooms = [path for path in source.rglob("*.py") if "programs" not in path.parts]
    named = [
        path.name
        for path in rooms
        if any(w in path.read_text(encoding="utf-8") for w in ("attorney", "Seattle", "srms"))
    ]
    assert named == []
