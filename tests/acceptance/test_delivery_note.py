"""A delivery note beside the tables: what it states stops an incomplete delivery, and is in the report."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests import made_up_program
from tests.conftest import RunAudit

pytestmark = pytest.mark.usefixtures("formless")
HEADER = "table,rows,sum_column,sum,extracted\n"


@pytest.fixture
def run(audit: RunAudit, tmp_path: Path) -> Any:
    """The report of December 2020 with a delivery note of these lines beside the tables."""
    program, data = made_up_program.program(tmp_path / "answers"), made_up_program.tables(tmp_path / "data")

    def run(note: str | None) -> Any:
        if note is not None:
            (data / "delivery.csv").write_text(HEADER + note, encoding="utf-8")
        return audit("run", program, "--month", "2020-12", "--data", data, "--json", "--overwrite")

    return run


def record() -> Any:
    return json.loads(Path("reports/answers/2020-12/report.json").read_bytes())


def test_what_the_note_states_is_in_the_report_and_among_the_checks(run: Any) -> None:
    asked = len(made_up_program.requests())
    assert run(f"requests,{asked},,,2021-01-04\n").code == 0
    requests, answers = sorted(record()["delivery"], key=lambda one: one["table"], reverse=True)
    assert (requests["table"], requests["rows_stated"], requests["rows_read"]) == ("requests", asked, asked)
    assert (requests["extracted"], answers["rows_stated"]) == ("2021-01-04", None)
    assert [one["passed"] for one in record()["checks"] if one["expectation"] == "delivery_note"] == [True]


def test_a_delivery_that_is_not_whole_stops_the_run(run: Any) -> None:
    found = run("requests,1000,,,\n")
    assert found.code == 1
    assert "requests: failed the critical check that the table holds the 1,000 rows that its delivery note" in found.err


def test_without_a_note_the_report_has_no_totals_of_a_supplier(run: Any) -> None:
    assert run(None).code == 0
    assert record()["delivery"] == []
    assert all(one["expectation"] != "delivery_note" for one in record()["checks"])


def test_another_note_makes_another_report(run: Any, audit: RunAudit) -> None:
    asked = len(made_up_program.requests())
    assert run(f"requests,{asked},,,\n").json["written"] is True
    assert run(f"requests,{asked},,,2021-01-05\n").json["written"] is True


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("letters,3,,,\n", "delivery.csv, row 2, column table: names `letters`, and no such table is declared"),
        ("requests,many,,,\n", "row 2, column rows: is no whole number"),
        ("requests,3,,,yesterday\n", "row 2, column extracted: is not a day"),
        ("requests,3,kind,7,\n", "row 2, column sum_column: names `kind`, of which there is no sum"),
        ("requests,3,,7,\n", "row 2, column sum: is stated without its column"),
        ("requests,3,,,\nrequests,4,,,\n", "row 3, column table: names the table requests again"),
    ],
)
def test_a_note_that_cannot_be_is_refused_by_its_row(run: Any, note: str, said: str) -> None:
    found = run(note)
    assert found.code == 1
    assert said in found.err
