"""The data-quality report at a prompt: written whole, left alone, refused with one message, and true of the year."""

import csv
import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from audit.compliance.discrepancies.find import find_discrepancies
from audit.compliance.discrepancies.period import build_report_period
from audit.compliance.discrepancies.recording_lag import estimate_recording_lag
from audit.programs.secure_communities.synthetic.removals import (
    FOUND_IN_COURT_COUNT,
    OVERLOOKED_COUNT,
    UNSUPPORTED_COUNT,
)
from audit.reporting.formats import discrepancy_report, month_files
from audit.workflow import program_data
from audit.workflow.program_data import ProgramData, read_program_by_name
from tests import made_up_inspections
from tests.conftest import RunAudit

MONTH = ("--month", "2021-03")
PLACE = Path("reports/sites/2021-03-inspected")


@pytest.fixture
def run(audit: RunAudit, tmp_path: Path) -> Any:
    """The verb on the made-up program, answered as JSON where it succeeds."""
    made_up_inspections.program(tmp_path / "sites")
    made_up_inspections.tables(tmp_path / "data")

    def run(*words: str | Path, code: int = 0) -> Any:
        answer = audit("discrepancies", tmp_path / "sites", "--data", tmp_path / "data", *words, "--json")
        assert answer.code == code, answer.err
        return answer.json["reports"] if code == 0 else answer.err

    return run


@pytest.fixture
def tables_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report has its record and its tables and is empty otherwise, for tests that look at nothing else."""
    monkeypatch.setattr(discrepancy_report, "render_quality_page", lambda *_: b"")
    monkeypatch.setattr(month_files.pdf, "render_pdf", lambda *_, **__: b"")
    monkeypatch.setattr(discrepancy_report, "build_quality_workbook", lambda _: b"")
    monkeypatch.setattr(discrepancy_report, "draw_quality_figures", lambda _, **__: ())


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_report_is_written_once_and_the_same_bytes_wherever(run: Any, tmp_path: Path) -> None:
    [first] = run(*MONTH)
    assert (first["name"], first["folder"], first["written"]) == ("inspected", str(PLACE), True)
    times = {path: path.stat().st_mtime_ns for path in PLACE.rglob("*")}
    assert run(*MONTH)[0]["written"] is False
    assert {path: path.stat().st_mtime_ns for path in PLACE.rglob("*")} == times
    run(*MONTH, "--reports", tmp_path / "elsewhere")
    assert digests(tmp_path / "elsewhere/sites/2021-03-inspected") == digests(PLACE)
    assert sorted(path.name for path in Path("reports/sites").iterdir()) == ["2021-03-inspected"]
    record = json.loads((PLACE / "report.json").read_bytes())
    assert (record["as_of"], record["national"]["contradicted"]["cases"]) == ("2021-04-10", 4)


@pytest.mark.usefixtures("tables_alone")
def test_what_somebody_altered_is_not_replaced_unless_asked(run: Any) -> None:
    run(*MONTH)
    (PLACE / "tables/cases.csv").write_text("better", encoding="utf-8")
    assert "tables/cases.csv: was changed or removed since the report was written" in run(*MONTH, code=4)
    assert run(*MONTH, "--overwrite")[0]["written"] is True


@pytest.mark.usefixtures("tables_alone")
def test_what_people_settled_is_in_the_report_and_a_new_decision_makes_it_anew(run: Any, tmp_path: Path) -> None:
    run(*MONTH)
    settled = tmp_path / "settled.csv"
    settled.write_text(
        "case,outcome,decided,reason\nS1,changed,2021-04-02,read\nS4,confirmed,2021-04-03,on paper\n"
        "S6,changed,2021-04-11,after the as-of day\n",
        encoding="utf-8",
    )
    assert "was made from other inputs: settled" in run(*MONTH, "--settled", settled, code=4)
    run(*MONTH, "--settled", settled, "--overwrite")
    nation = json.loads((PLACE / "report.json").read_bytes())["national"]
    assert (nation["contradicted"]["changed"], nation["contradicted"]["unsettled"]) == (1, 3)
    assert nation["unsupported"]["confirmed"] == 1
    with (PLACE / "tables/cases.csv").open(encoding="utf-8") as file:
        states = {row["case"]: row["state"] for row in csv.DictReader(file)}
    assert (states["S1"], states["S4"], states["S6"]) == ("changed", "confirmed", "open")


@pytest.mark.parametrize(
    ("text", "said", "code"),
    [
        ("case,outcome,decided\nS1,changed,2021-04-02\n", "column reason: is missing. Add it.", 1),
        ("case,outcome,decided,reason\nS1,changed,2 April,x\n", "row 2, column decided: is not a day. Write it as", 1),
        ("case,outcome,decided,reason\nS1,wrong,2021-04-02,x\n", "row 2, column outcome: is no outcome. Write", 1),
        ("case,outcome,decided,reason\nS0,changed,2021-04-02,x\n", "row 2, column case: is not in the table.", 1),
        ("case,outcome,decided,reason\nS1,,2021-04-02,x\n", "row 2, column outcome: is blank. Fill it in.", 1),
        (b"\xff\xfe", "line 1: is not in UTF-8.", 3),
    ],
)
def test_a_file_of_decisions_that_cannot_be_used_is_refused_with_the_place(
    run: Any, tmp_path: Path, text: str | bytes, said: str, code: int
) -> None:
    settled = tmp_path / "settled.csv"
    settled.write_bytes(text if isinstance(text, bytes) else text.encode())
    told = run(*MONTH, "--settled", settled, code=code)
    assert f"{settled}" in told and said in told
    assert not PLACE.exists()


@pytest.mark.usefixtures("tables_alone")
def test_halves_of_months_have_folders_of_their_own(run: Any, tmp_path: Path) -> None:
    declared = tmp_path / "sites/program.toml"
    declared.write_text(declared.read_text(encoding="utf-8").replace('"month"', '"half month"'), encoding="utf-8")
    run(*MONTH)
    run(*MONTH, "--half", "first")
    found = sorted(path.name for path in Path("reports/sites").iterdir())
    assert found == ["2021-03-01_2021-03-15-inspected", "2021-03-16_2021-03-31-inspected"]
    counts = [json.loads((Path("reports/sites") / name / "report.json").read_bytes()) for name in found]
    assert [one["national"]["contradicted"]["cases"] for one in counts] == [2, 2]


def test_what_cannot_be_asked_is_refused(run: Any, audit: RunAudit, tmp_path: Path) -> None:
    assert "no discrepancy `other` is declared. It declares inspected." in run(*MONTH, "--name", "other", code=2)
    assert "on 30 March 2021 the period was not over" in run(*MONTH, "--as-of", "2021-03-30", code=2)
    assert "no half of a month has a report. Leave out --half." in run(*MONTH, "--half", "first", code=2)
    assert "`March` is not a month. Write it as 2011-09." in run("--month", "March", code=2)
    assert "no site lies in June 2021" in run("--month", "2021-06", code=1)
    assert "so there is no public edition" in run(*MONTH, "--audience", "public", code=2)
    without = audit("discrepancies", "records_requests", "--month", "2021-03")
    assert (without.code, "declares no discrepancy. Add [[discrepancies]]" in without.err) == (2, True)


def test_a_failed_critical_check_stops_it(run: Any, tmp_path: Path) -> None:
    suite = tmp_path / "sites/expectations/sites.yaml"
    suite.write_text(
        "name: sites\nexpectations:\n  - type: expect_table_row_count_to_equal\n    kwargs: {value: 3}\n"
        "    severity: critical\n    meta: {why: Three.}\n",
        encoding="utf-8",
    )
    assert "sites: failed the critical check that holds exactly 3 rows" in run(*MONTH, code=1)
    assert not PLACE.exists()


def test_no_person_is_named_in_any_form(run: Any, tmp_path: Path) -> None:
    canary = "X-TELLTALE-7"
    sites = [(*row[:1], canary if row[1] == "O1" else row[1], *row[2:]) for row in made_up_inspections.SITES]
    reports = [(*row[:1], canary if row[1] == "O1" else row[1], *row[2:]) for row in made_up_inspections.REPORTS]
    made_up_inspections.tables(tmp_path / "data", sites=sites, reports=reports)
    run(*MONTH)
    assert json.loads((PLACE / "report.json").read_bytes())["national"]["contradicted"]["cases"] == 4
    for path in PLACE.rglob("*"):
        assert path.is_dir() or b"TELLTALE" not in path.read_bytes(), path


def test_the_year_has_every_planted_discrepancy_and_no_other(year: Path) -> None:
    asked = read_program_by_name("secure_communities").discrepancies[0]
    names = {asked.table, *(evidence.table for evidence in asked.evidence)}
    tables = {name: pl.scan_parquet(year / f"{name}.parquet") for name in names}
    months = ("2010-11", "2011-01", "2011-03", "2011-05", "2011-07", "2011-09", "2011-11")
    whole = [
        find_discrepancies(tables, asked, build_report_period(asked.every, month), as_of=date(2014, 1, 1))
        for month in months
    ]
    # keys with R5 are of removals at matches after September 2011
    cases = pl.concat([one.cases for one in whole]).filter(~pl.col("case").str.starts_with("R5"))
    kinds = cases["kind"].drop_nulls().value_counts().rows()
    assert dict(kinds) == {"contradicted": OVERLOOKED_COUNT + FOUND_IN_COURT_COUNT, "unsupported": UNSUPPORTED_COUNT}
    assert cases.height == tables["removals"].filter(~pl.col("removal_id").str.starts_with("R5")).collect().height


def test_september_of_the_year_counted_again_in_plain_polars(year: Path) -> None:
    """Another reading: a cross of removals and convictions, without the module."""
    asked, last, as_of = (
        read_program_by_name("secure_communities").discrepancies[0],
        date(2011, 9, 30),
        date(2011, 10, 30),
    )
    tables = {name: pl.read_parquet(year / f"{name}.parquet") for name in ("removals", "convictions", "court_records")}
    removed = tables["removals"].filter(pl.col("removal_date").is_between(date(2011, 8, 1), last))
    columns = ("person_id", "conviction_date", "recorded_date")
    shown = pl.concat(
        [tables["convictions"].filter(outcome="convicted").select(columns), tables["court_records"].select(columns)]
    )
    before = removed.join(shown, on="person_id").filter(pl.col("conviction_date") <= pl.col("removal_date"))
    there = before.filter(pl.col("recorded_date").is_null() | (pl.col("recorded_date") <= as_of))["removal_id"]
    criminal = pl.col("criminality") == "convicted criminal"
    on_file = pl.col("removal_id").is_in(there.implode())
    found = find_discrepancies(
        {name: table.lazy() for name, table in tables.items()},
        asked,
        build_report_period(asked.every, "2011-09"),
        as_of=as_of,
    )
    counted = {
        "contradicted": removed.filter(~criminal & on_file).height,
        "unsupported": removed.filter(criminal & ~on_file).height,
    }
    assert dict(found.cases["kind"].drop_nulls().value_counts().rows()) == counted
    assert min(counted.values()) > 150
    late = estimate_recording_lag(found.pieces, as_of)
    each = before.unique(["person_id", "conviction_date", "recorded_date"])
    waiting = each.filter(pl.col("recorded_date").is_null() | (pl.col("recorded_date") > as_of))
    assert late.not_yet == waiting.height
    done = each.filter(pl.col("recorded_date") <= as_of)
    days = (done["recorded_date"] - done["conviction_date"]).dt.total_days()
    assert late.median is not None and abs(late.median - days.median()) <= 2  # type: ignore[operator]


def test_the_year_at_a_prompt_for_offices_and_the_public(
    audit: RunAudit, year: Path, work: ProgramData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        program_data, "read_program_data", lambda *_, **__: work
    )  # the tables as they were read and checked once
    for audience in ("office", "public"):
        words = ("--data", year, "--month", "2011-09", "--audience", audience, "--json")
        answer = audit("discrepancies", "secure_communities", *words)
        assert answer.code == 0, answer.err
    place = Path("reports/secure_communities/2011-08_2011-09-criminality-public")
    record = json.loads((place / "report.json").read_bytes())
    assert record["items"] == [] and not (place / "tables/cases.csv").exists()
    told = [one[kind] for one in record["offices"] for kind in ("contradicted", "unsupported")]
    assert all(not 0 < n < 11 for one in told for n in (one["cases"], one["of"] - one["cases"]))
    assert sum(one["contradicted"]["cases"] for one in record["offices"]) > 150
