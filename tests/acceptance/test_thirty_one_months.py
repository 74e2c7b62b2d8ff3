"""Thirty-one months of released reports in one run: the ledger adds up, and sparse months and offices say so."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from audit.reporting.formats import month_page
from audit.reporting.month_report import Report
from audit.workflow import monthly_report, program_data, schedule
from audit.workflow.engine import LocalEngine
from audit.workflow.month_request import MonthRequest
from tests import made_up_program
from tests.conftest import PROJECT, RunAudit

FIRST, MIDDLE, LAST = "2015-12", "2017-03", "2018-06"
FORMATTED = monthly_report.render_report_files


@pytest.fixture(scope="module")
def work(real_data: Path) -> program_data.ProgramData:
    data = real_data / "srms_2015_2018"
    return program_data.read_program_data("segregation_reports", data=data, expectations=PROJECT / "expectations")


@pytest.fixture(scope="module")
def reports(work: program_data.ProgramData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the program's reports: one a month, for the offices; with forms those that a test reads."""

    def formatted(report: Report) -> dict[str, bytes]:
        return (FORMATTED if report.period in (FIRST, MIDDLE, LAST) else made_up_program.formatted)(report)

    root = tmp_path_factory.mktemp("reports")
    months = schedule.list_scheduled_months(work.program, FIRST, LAST)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(monthly_report, "render_report_files", formatted)
        done = schedule.publish_months(LocalEngine(audit=work), MonthRequest(reports=root), months)
    assert [one.name for one in done] == months and len(months) == 31 and all(one.changed for one in done)
    return root / "segregation_reports"


def record(folder: Path) -> Any:
    return json.loads((folder / "report.json").read_bytes())


def words(folder: Path) -> str:
    text = re.sub(r"<(style|script)>.*?</\1>", " ", (folder / "report.html").read_text(encoding="utf-8"), flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_every_ledger_carries_on_the_one_before(reports: Path) -> None:
    before = 0
    for folder in sorted(reports.glob("2*")):
        moves = record(folder)["follow_up"]
        gone = moves["resolved"] + moves["reclassified"]
        assert moves["open_start"] == before
        assert moves["open_end"] == before + moves["new"] + moves["reopened"] - gone
        assert moves["open_end"] == sum(n for _, n in moves["ages"])
        before = moves["open_end"]
    assert before == 846


def test_the_months_of_every_office_are_those_of_the_reports_of_these_months(reports: Path) -> None:
    """What the last report says of each earlier month is what that month's own report said."""
    later = {
        (trend["measure"], one["office"], month["month"]): (month["due"], month["compliant"])
        for trend in record(reports / LAST)["trends"]
        for one in trend["offices"]
        for month in one["months"]
    }
    then = {
        (measure["measure"], office["office"], folder.name): (office["due"], office["compliant"])
        for folder in reports.glob("2*")
        for measure in record(folder)["measures"]
        for office in measure["offices"]
        if office["due"]
    }
    assert later == then and len(then) > 600


def test_limits_are_set_by_the_first_eight_months_with_a_rate_and_stay(reports: Path) -> None:
    def of_atlanta(month: str) -> Any:
        [trend] = [one for one in record(reports / month)["trends"] if one["measure"] == "required_fields"]
        [office] = [one for one in trend["offices"] if one["office"] == "ATL"]
        return office

    assert of_atlanta("2016-07")["centre"] is None
    assert of_atlanta("2016-08")["centre"] == of_atlanta(MIDDLE)["centre"] == of_atlanta(LAST)["centre"] is not None
    flagged = [month["month"] for month in of_atlanta(LAST)["months"] if month["flag"]]
    assert flagged == ["2016-08", "2016-09", "2016-11", "2016-12"]


def test_a_month_in_which_nothing_was_due_says_so(reports: Path) -> None:
    for month, name in ((FIRST, "December 2015"), (LAST, "June 2018")):
        said = words(reports / month)
        assert f"Attorney notified where one is on record: nothing was due in {name}." in said
        assert f"3 of 3 reports of {name}: required fields complete." in said
        assert "Required fields complete 3 of 3 fewer than 11 reports due, so no rate" in said
        assert (
            "All offices 3 3 0 too few" in said and "Attorney notified where one is on record Nothing was due." in said
        )
        assert "No cases: Atlanta" in said
    assert "nothing was due in June 2018." in words(reports / LAST)
    whole = words(reports / LAST)
    assert (
        "No field office lies outside the limits of its first quarters in April 2018 to June 2018; 2 did before"
        in whole
    )


def test_offices_with_few_reports_have_counts_and_no_rate(reports: Path) -> None:
    said = words(reports / MIDDLE)
    assert "Boston 7 7 0 too few" in said and re.search(r"No cases: [^.]*Baltimore", said)
    names = {path.name for path in (reports / MIDDLE / "figures").glob("*.svg")}
    assert names == {
        "offices-required-fields.svg",
        "tiles-required-fields.svg",
        *(f"{name}-{duty}.svg" for name in ("months", "rate") for duty in ("attorney-notification", "required-fields")),
        "backlog.svg",
    }


@pytest.mark.parametrize("period", [MIDDLE, None])
def test_the_public_edition_holds_no_count_under_eleven(
    work: program_data.ProgramData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, period: str | None
) -> None:
    def formatted(report: Report) -> dict[str, bytes]:
        return made_up_program.formatted(report) | {"report.html": month_page.render_month_page(report)}

    monkeypatch.setattr(monthly_report, "render_report_files", formatted)
    request = MonthRequest(reports=tmp_path, month=period, audience="public")
    folder = monthly_report.publish_report(LocalEngine(audit=work), request).folder
    for name in ("offices", "months", "office_months"):
        with (folder / "tables" / f"{name}.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                due, compliant, late = (int(row[column]) for column in ("due", "compliant", "late"))
                assert not [n for n in (due, compliant, late, due - compliant - late) if 0 < n < 11], (name, row)
    told = record(folder)
    assert not told["open_items"] and told["follow_up"] is None
    assert "field offices together" in words(folder) or not told["measures"]


def test_the_whole_table_is_one_report_with_the_trend_of_every_office(
    audit: RunAudit, real_data: Path, tmp_path: Path
) -> None:
    answer = audit("run", "segregation_reports", "--data", real_data / "srms_2015_2018", "--json")
    assert answer.code == 0
    folder = tmp_path / "reports" / "segregation_reports" / "2015-12_2018-06"
    made = record(folder)
    assert made["key_figures"][0]["detail"] == "500 of 709 reports." and "500 of 709" in words(folder)
    assert [(len(trend["months"]), len(trend["offices"])) for trend in made["trends"]] == [(31, 24)] * 2
    for measure, trend in zip(made["measures"], made["trends"], strict=True):
        for office, one in zip(measure["offices"], trend["offices"], strict=True):
            assert office["due"] == sum(month["due"] for month in one["months"])
            assert office["compliant"] == sum(month["compliant"] for month in one["months"])
    assert sum(month["open_items"] for t in made["trends"] for one in t["offices"] for month in one["months"]) == 846
    names = {path.stem for path in (folder / "figures").glob("*.svg")}
    assert {"months-required-fields", "tiles-required-fields", "tiles-attorney-notification"} <= names
