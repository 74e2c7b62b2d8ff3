"""What of its review a draft lacks before it is issued, by the steps in its record."""

from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from audit.errors import AuditError, ExitCode, Problem
from audit.files import encode_json
from audit.review.readiness import OutstandingStep, ReviewReadiness, ReviewStep
from audit.storage.report_record import REPORT_RECORD_FILE, read_report
from audit.storage.report_versions import ReportVersions
from audit.workflow import issue
from tests import made_up

READINESS = ReviewReadiness(
    items=3,
    reviewed=1,
    overruled=0,
    second=0,
    decided=0,
    undecided=0,
    signed_by="",
    concordance=(),
    first_errors=(),
    outstanding=(
        OutstandingStep(step=ReviewStep.FIRST_REVIEW, count=2),
        OutstandingStep(step=ReviewStep.SIGNATURE, count=1),
    ),
)


def make_draft(folder: Path, *, issued: bool = False) -> Any:
    return SimpleNamespace(folder=folder, is_issued=issued, inputs={"steps": None, "ledger": {}})


def test_every_outstanding_step_is_named_with_the_command_that_takes_it(tmp_path: Path) -> None:
    record = tmp_path / REPORT_RECORD_FILE
    record.write_bytes(encode_json(asdict(replace(made_up.report(), review=READINESS))))
    assert read_report(record).review == READINESS
    problems = issue._find_unmet_conditions(make_draft(tmp_path), ReportVersions(folder=tmp_path / "reports"))
    assert [(one.what, one.mend) for one in problems] == [
        ("lacks: 2 items of the sample not reviewed", "See to it with audit review export."),
        ("lacks: the supervisor's review of what is settled not recorded", "See to it with audit review sign."),
    ]


def test_the_record_of_an_issued_report_is_not_read_again(tmp_path: Path) -> None:
    (tmp_path / REPORT_RECORD_FILE).write_text('{"of": "an earlier version"}', encoding="utf-8")
    assert issue._find_unmet_conditions(make_draft(tmp_path, issued=True), ReportVersions(folder=tmp_path)) == []
    with pytest.raises(AuditError, match="is not a record that this program reads"):
        issue._find_unmet_conditions(make_draft(tmp_path), ReportVersions(folder=tmp_path))


@pytest.mark.parametrize(("conflicts", "code"), [([], ExitCode.USAGE), (["altered"], ExitCode.CONFLICT)])
def test_only_a_draft_that_differs_is_a_conflict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, conflicts: list[str], code: ExitCode
) -> None:
    """What must be done first is a request that cannot be met: exit code 2, and not 4."""
    draft, problem = make_draft(tmp_path), Problem(what="lacks a signature", mend="Sign it.")
    monkeypatch.setattr(issue.ReportVersions, "find_last", lambda *_: draft)
    monkeypatch.setattr(issue, "find_alterations", lambda *_, **__: conflicts)
    monkeypatch.setattr(issue, "_find_conflicts", lambda *_: [])
    monkeypatch.setattr(issue, "_find_unmet_conditions", lambda *_: [problem])
    program: Any = SimpleNamespace(name="answers")
    with pytest.raises(AuditError) as caught:
        issue.issue_report(program, "2021-01", by="Auditor", on=date(2021, 3, 1), root=tmp_path)
    assert caught.value.code is code
