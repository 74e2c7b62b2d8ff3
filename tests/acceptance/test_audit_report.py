"""The audit report from the tables to its issue: its first result, its gaps, its versions, its public edition."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from audit.programs.audit_report import AUDIT_REPORT_FILE
from audit.workflow import sample_report
from audit.workflow.engine import LocalEngine
from audit.workflow.program_data import ProgramData
from audit.workflow.report_basis import ReportBasis, prepare_sample_audit
from tests import made_up_permits
from tests.conftest import Answer, RunAudit

STATED = """
views: [{by: Director, on: 2020-05-04, text: We concur.}]
departures: []
independence: The auditors report to the council.
reliability: {determination: undetermined, by: Audit manager, on: 2020-05-02}
"""


@pytest.fixture
def verb(tmp_path: Path, audit: RunAudit) -> Callable[..., Answer]:
    """One verb on the made-up permits, whose declared sample was drawn, assessed and settled."""
    (tmp_path / "expectations").unlink()
    made_up_permits.write(tmp_path)

    def take(name: str, *more: str) -> Answer:
        data = () if name in ("plan", "draw", "settle", "issue", "status") else ("--data", "data")
        return audit(name, "permits", *data, *more)

    for name, more in (
        ("scope", ()),
        ("plan", ("--size", "40")),
        ("draw", ("--seed", "dice 4 1 6", "--seed-source", "dice, two witnesses")),
        ("assess", ()),
        ("settle", ()),
    ):
        answer = take(name, *more)
        assert answer.code == 0, answer.err
    return take


def read_record(folder: Path) -> dict[str, object]:
    return dict(json.loads((folder / "report.json").read_bytes()))


def test_a_removed_citizen_is_the_first_result(tenth_work: ProgramData) -> None:
    """One row in the table of actions, of a citizen whom the sample holds: critical, before everything else."""
    work = tenth_work
    basis = ReportBasis(engine=LocalEngine(audit=work))
    before = prepare_sample_audit(basis, None)
    case = before.outcomes.filter(
        (pl.col("attribute") == "consistency") & (pl.col("class") == "US citizen") & (pl.col("settled") == "consistent")
    ).row(0, named=True)
    day = date.fromisoformat(str(case["decided_on"]))
    actions = work.tables["actions"]
    extra = {"action_id": "A9999999", "match_id": case["match_id"], "action": "removed"}
    row = pl.DataFrame({**extra, "action_time": datetime(day.year, day.month, day.day, 9)})
    columns = actions.rows.collect_schema()
    added = row.with_columns(*(pl.lit(None).alias(name) for name in columns if name not in row.columns))
    added = added.select(pl.col(name).cast(kind) for name, kind in columns.items())
    tables = {**work.tables, "actions": replace(actions, rows=pl.concat([actions.rows.collect(), added]).lazy())}
    altered = replace(work, tables=tables)
    own = ReportBasis(engine=LocalEngine(audit=altered))
    own.__dict__["checks"] = before.checks  # the tables were checked
    report = sample_report.assemble_report_of_sample(altered, prepare_sample_audit(own, None))
    first = report.cases[0]
    assert first.is_critical and case["match_id"] in [one.case for one in report.cases if one.is_critical]
    assert re.match(r"\d+ critical cases?: ", report.headline)
    assert "citizen" in report.headline.split(".")[0]
    assert report.result.overall.deviating == before.result.overall.deviating + 1


@pytest.mark.usefixtures("formless")
def test_it_is_issued_once_nothing_is_missing_and_then_stays(verb: Callable[..., Answer], tmp_path: Path) -> None:
    folder = tmp_path / "reports" / "permits" / "audit"
    early = verb("issue", "--report", "--by", "Auditor")
    assert early.code == 2 and "there is no report to issue" in early.err
    assert verb("report").code == 0
    waits = verb("issue", "--report", "--by", "Auditor")
    assert waits.code == 2
    for lacks in ("views of the responsible officials", "determination on data reliability", "departures"):
        assert lacks in waits.err
    assert "audit issue" in verb("status").out

    (tmp_path / "permits" / AUDIT_REPORT_FILE).write_text(STATED, encoding="utf-8")
    assert verb("report").code == 4, "a draft that was made from other declarations is not replaced unasked"
    assert verb("report", "--overwrite").code == 0
    assert verb("issue", "--report", "--by", "Auditor", "--on", "2020-06-01").code == 0
    assert read_record(folder)["status"] == "issued"
    assert verb("issue", "--report", "--by", "Somebody else").code == 4
    assert re.search(r"done +audit report issued", verb("status").out)

    month = verb("run", "--month", "2020-03", "--as-of", "2020-12-31")
    assert month.code == 0
    named = read_record(tmp_path / "reports" / "permits" / "2020-03")["last_audit"]
    assert isinstance(named, dict) and (named["version"], named["issued_on"]) == (1, "2020-06-01")

    stated = (tmp_path / "permits" / AUDIT_REPORT_FILE).read_text(encoding="utf-8")
    (tmp_path / "permits" / AUDIT_REPORT_FILE).write_text(stated + "distribution: [The public]\n", encoding="utf-8")
    refused = verb("report", "--overwrite")
    assert refused.code == 4 and "It was issued, and stays as it is." in refused.err
    assert verb("report", "--correct", "the distribution was left out").code == 0
    second = read_record(folder.with_name("audit-v2"))
    assert (second["version"], second["status"]) == (2, "draft")


@pytest.mark.usefixtures("formless")
def test_a_month_neither_holds_nor_waits_for_it(verb: Callable[..., Answer], tmp_path: Path) -> None:
    answer = verb("run", "--month", "2020-03", "--json")
    assert answer.code == 0 and answer.json["audit_report"]["written"] is True
    assert verb("run", "--month", "2020-03", "--json").json["audit_report"]["written"] is False
    assert verb("issue", "--month", "2020-03", "--by", "Director").code == 0
    record = read_record(tmp_path / "reports" / "permits" / "2020-03")
    assert record["has_audit"] is True and record["last_audit"] is None
    assert not {"audit", "review", "findings", "series"} & set(record)


@pytest.mark.usefixtures("formless")
def test_the_public_edition_has_a_folder_of_its_own_or_is_refused(verb: Callable[..., Answer], tmp_path: Path) -> None:
    answer = verb("report", "--audience", "public")
    assert answer.code == 2 and "a total of the sample is from 1 to 10" in answer.err, "40 cases are few"
    assert not (tmp_path / "reports" / "permits" / "audit-public").exists()
