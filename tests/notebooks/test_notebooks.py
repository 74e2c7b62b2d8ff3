"""Every notebook runs from top to bottom on the made-up year; with another month it says what that month's record says."""

import json
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import papermill
import pytest

from tests.conftest import PROJECT, Audit

SHOWN = {
    "00_start": ("267", "348,958", "96.5%", "91.1%"),
    "01_plan": ("348,958", "If no more than 1 deviation is found among 93 assessed cases", "2,282"),
    "02_draw": ("M11-140080", "the same cases, in the same order", "extra: listed and not drawn, order 1"),
    "03_assess": ("653", "What would decide the open cases", "What would change it"),
    "04_review": ("1,532 answers entered", "Gwet's AC1", "did not hold", "Signed by: Audit director", "supervisor's review"),
    "report": ("96.5%", "Open items by office"),
    "05_estimate": ("96.5%", "Were 36 or more of 43 undeterminable cases to deviate", "no sampling error"),
    "06_trends": ("2011-07", "Longest run", "(Kaplan and Meier)"),
}


@pytest.fixture
def run(year: Path, tmp_path: Path) -> Any:
    """Run a notebook with parameters as papermill does, in an empty folder with the year; gives what it showed."""
    place = tmp_path / "notebook"
    (place / "data" / "generated").mkdir(parents=True)
    (place / "data" / "generated" / "secure_communities").symlink_to(year)
    (place / "expectations").symlink_to(PROJECT / "expectations")

    def run(name: str, **parameters: str) -> Any:
        given, made = place / f"{name}.ipynb", place / f"{name}-made.ipynb"
        jupytext.write(jupytext.read(PROJECT / "notebooks" / f"{name}.py"), given)
        return papermill.execute_notebook(
            given, made, parameters=parameters, cwd=place, progress_bar=False, execution_timeout=300
        )

    return run


def tables(notebook: Any) -> dict[str, list[list[str]]]:
    """What the notebook showed as text, by its title: a row a line, a cell each two spaces."""
    texts = [out["data"]["text/plain"] for cell in notebook.cells for out in cell.get("outputs", ()) if "data" in out]
    return {text.split("\n")[0]: [line.split("  ") for line in text.split("\n")[1:]] for text in texts}


@pytest.mark.parametrize("path", sorted((PROJECT / "notebooks").glob("*.py")), ids=lambda path: path.stem)
def test_it_runs(run: Any, path: Path) -> None:
    text = nbformat.writes(run(path.stem))
    for shown in SHOWN[path.stem]:
        assert shown in text


def test_with_another_month_the_report_notebook_has_that_months_numbers(run: Any, audit: Audit, year: Path) -> None:
    shown = tables(run("report", month="2011-02"))
    assert audit("run", "secure_communities", "--data", year, "--month", "2011-02").code == 0
    record = json.loads(Path("reports/secure_communities/2011-02/report.json").read_bytes())
    first = record["measures"][0]
    assert shown["Office, due, in time, late, missing, against the limits"] == [
        [o["office"], *(f"{o[name]:,}" for name in ("due", "compliant", "late", "missing")), o["flag"] or "within"]
        for o in (*first["offices"], first["national"])
    ]
    assert shown[f"{record['title']}, {record['period_words']}, as known on {record['as_of']}"] == [[record["headline"]]]
    assert shown["Key figures"] == [[key["value"], key["label"], key["detail"]] for key in record["key_figures"]]
    counted = {office: int(n.replace(",", "")) for office, n in shown["Open items by office"]}
    assert counted == {office: sum(i["office"] == office for i in record["open_items"]) for office in counted}
    assert sum(counted.values()) == len(record["open_items"])


def test_the_trends_notebook_has_the_numbers_of_the_ledgers(run: Any, tmp_path: Path) -> None:
    shown = tables(run("06_trends", since="2011-08", month="2011-09"))
    moved = ("open_start", "new", "reopened", "resolved", "reclassified", "open_end")
    records = [
        json.loads((tmp_path / "notebook/reports/secure_communities" / month / "report.json").read_bytes())
        for month in ("2011-08", "2011-09")
    ]
    assert shown["Month, open at the start, new, reopened, resolved, reclassified, open at the end"] == [
        [one["period"], *(f"{one['follow_up'][name]:,}" for name in moved)] for one in records
    ]
    assert records[1]["follow_up"]["open_start"] == records[0]["follow_up"]["open_end"] > 0
    assert len(shown["Month, in time, limits"]) == 12
