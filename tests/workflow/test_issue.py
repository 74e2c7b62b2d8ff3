"""What a draft lacks before it is issued: the audit report by the gaps in its record, a month by the one before."""

import json
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from audit.errors import AuditError, ExitCode, Problem
from audit.files import encode_json
from audit.reporting.sample_report_text import ReportGap
from audit.review.readiness import ReviewStep
from audit.storage.report_record import REPORT_RECORD_FILE, read_sample_report
from audit.storage.report_versions import ReportVersions
from audit.storage.sample_audit_folder import SampleAuditFolder
from audit.workflow import issue
from tests import made_up_program, made_up_sample
from tests.conftest import RunAudit

GAPS = (
    ReportGap(words="2 items of the sample not reviewed", step=ReviewStep.FIRST_REVIEW),
    ReportGap(words="views of the responsible officials on the draft", mend="Write them."),
)


def make_draft(folder: Path, *, issued: bool = False) -> Any:
    inputs = {"steps": None, "ledger": {}, "period": "2021-01"}
    return SimpleNamespace(folder=folder, is_issued=issued, inputs=inputs, as_of=date(2021, 2, 15))


def test_every_gap_is_named_with_what_closes_it(tmp_path: Path) -> None:
    record = tmp_path / REPORT_RECORD_FILE
    record.write_bytes(encode_json(asdict(replace(made_up_sample.sample_report(), gaps=GAPS))))
    assert read_sample_report(record).gaps == GAPS
    problems = issue._find_gaps(make_draft(tmp_path), SampleAuditFolder(folder=tmp_path / "sample", key="case"))
    assert [(one.what, one.mend) for one in problems] == [
        ("lacks: 2 items of the sample not reviewed", "See to it with audit review export."),
        ("lacks: views of the responsible officials on the draft", "Write them."),
    ]


def test_the_record_of_an_issued_report_is_not_read_again(tmp_path: Path) -> None:
    (tmp_path / REPORT_RECORD_FILE).write_text('{"of": "an earlier version"}', encoding="utf-8")
    steps = SampleAuditFolder(folder=tmp_path / "sample", key="case")
    assert issue._find_gaps(make_draft(tmp_path, issued=True), steps) == []
    with pytest.raises(AuditError, match="is not a record that this program reads"):
        issue._find_gaps(make_draft(tmp_path), steps)


def test_a_month_waits_for_no_review(tmp_path: Path) -> None:
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "reviews.jsonl").write_text("{}\n", encoding="utf-8")
    assert issue._find_unmet_conditions(make_draft(tmp_path / "2011-09"), ReportVersions(folder=tmp_path)) == []


@pytest.mark.parametrize(
    ("on", "before"),
    [
        (date(2021, 2, 15), []),
        (date(2021, 2, 14), ["the day on which it looks at the records, 15 February 2021"]),
        (
            date(1999, 1, 1),
            ["the day on which it looks at the records, 15 February 2021", "the end of its period, 31 January 2021"],
        ),
    ],
)
def test_nothing_is_issued_before_it_could_be_known(tmp_path: Path, on: date, before: list[str]) -> None:
    problems = issue._find_early_day(make_draft(tmp_path), on)
    assert [one.what.partition(", before ")[2] for one in problems] == before
    assert issue._find_early_day(make_draft(tmp_path, issued=True), on) == []


@pytest.mark.parametrize(("conflicts", "code"), [([], ExitCode.USAGE), (["altered"], ExitCode.CONFLICT)])
def test_only_a_draft_that_differs_is_a_conflict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, conflicts: list[str], code: ExitCode
) -> None:
    """What must be done first is a request that cannot be met: exit code 2, and not 4."""
    draft, problem = make_draft(tmp_path), Problem(what="lacks a signature", mend="Sign it.")
    monkeypatch.setattr(issue.ReportVersions, "find_last", lambda *_: draft)
    monkeypatch.setattr(issue, "_find_conflicts", lambda *_, **__: conflicts)
    monkeypatch.setattr(issue, "_find_other_ledger", lambda *_: [])
    monkeypatch.setattr(issue, "_find_unmet_conditions", lambda *_: [problem])
    program: Any = SimpleNamespace(name="answers")
    with pytest.raises(AuditError) as caught:
        issue.issue_report(program, "2021-01", by="Auditor", on=date(2021, 3, 1), root=tmp_path)
    assert caught.value.code is code


@pytest.mark.usefixtures("formless")
def test_several_months_are_issued_in_turn_or_none_is(audit: RunAudit, tmp_path: Path) -> None:
    program, data = made_up_program.program(tmp_path / "answers"), made_up_program.tables(tmp_path / "data")
    by = ("--by", "Auditor", "--on", "2021-04-01", "--json")

    def run(*words: str | Path, code: int = 0) -> Any:
        answer = audit(*words)
        assert answer.code == code, answer.err
        return answer.json if code == 0 else answer.err

    run("run", program, "--data", data, "--since", "2020-11", "--month", "2021-01", "--json")
    several = ("issue", program, "--since", "2020-11", "--month")
    assert "there is no report of 2021-02 and 2021-03 to issue. Make them first: audit run answers --since 2021-02" in (
        run(*several, "2021-03", *by, code=2)
    )
    assert "would be issued on 1 December 2020, before" in run(
        *several, "2021-01", "--by", "Auditor", "--on", "2020-12-01", code=2
    )
    reports = ReportVersions(folder=Path("reports/answers"))
    assert not any(reports.find_last(month).is_issued for month in ("2020-11", "2020-12", "2021-01"))  # type: ignore[union-attr]
    assert "Issue that month first. With --since, several are" in run(
        "issue", program, "--month", "2021-01", *by, code=2
    )
    issued = run(*several, "2021-01", *by)["reports"]
    assert [one["written"] for one in issued] == [True, True, True]
    assert all(reports.find_last(month).is_issued for month in ("2020-11", "2020-12", "2021-01"))  # type: ignore[union-attr]
    register = (reports.folder / "issued.jsonl").read_text().splitlines()
    assert [json.loads(line)["folder"] for line in register] == ["2020-11", "2020-12", "2021-01"]
    assert {one["written"] for one in run(*several, "2021-01", *by)["reports"]} == {False}
    assert "none is the last" in run("issue", program, "--since", "2020-11", *by, code=2)
