"""How far an audit has come, step by step, on the example of the pages."""

import shutil
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from audit.review.readiness import OutstandingStep, ReviewStep
from audit.storage.declarations import read_program
from audit.workflow import program_status
from tests.conftest import PROJECT, RunAudit

DATA = ("--data", "inspections/data")
STEPS = ("frame", "plan", "draw", "assessment", "outcomes", "working papers")
COMMANDS = {
    "frame": ("scope", "inspections", *DATA),
    "plan": ("plan", "inspections"),
    "draw": ("draw", "inspections"),
    "assessment": ("assess", "inspections", *DATA),
    "outcomes": ("settle", "inspections"),
    "working papers": ("workpapers", "inspections", *DATA, "--slips", "none"),
}
STATED = """
views: [{by: Director of inspections, on: 2024-04-10, text: We agree.}]
reliability: {determination: sufficiently reliable, by: Auditor, on: 2024-04-10}
departures: []
independence: The auditors report to the council.
"""  # without which an audit report is not issued


@pytest.fixture
def status(audit: RunAudit, tmp_path: Path) -> Any:
    """The steps of the example by name, as they stand on a day."""
    shutil.copytree(PROJECT / "docs" / "example", tmp_path / "inspections")
    (tmp_path / "inspections" / "audit_report.yaml").write_text(STATED, encoding="utf-8")

    def list_steps(on: str = "2024-04-15") -> dict[str, Any]:
        answer = audit("status", "inspections", "--as-of", on, "--json")
        assert answer.code == 0, answer.err
        return {step["name"]: step for step in answer.json["steps"]}

    return list_steps


def find_next(steps: dict[str, Any]) -> list[str]:
    return [name for name, step in steps.items() if step["state"] == "next"]


def test_each_step_of_the_sample_is_next_in_its_turn(audit: RunAudit, status: Any, formless: Any) -> None:
    assert [*status()] == [*STEPS, "audit report", "audit report issued", "reports", "issue"]
    for number, name in enumerate(STEPS):
        assert find_next(status()) == [name, "reports"]
        assert status()[name]["command"].startswith(f"audit {COMMANDS[name][0]} inspections")
        assert audit(*COMMANDS[name]).code == 0
        assert [step["state"] for step in status().values()][: number + 1] == ["done"] * (number + 1)
    assert find_next(status()) == ["audit report", "reports"]
    assert audit("report", "inspections", *DATA).code == 0
    assert find_next(status()) == ["audit report issued", "reports"]
    assert status()["audit report issued"]["command"] == 'audit issue inspections --report --by "…"'
    assert audit("issue", "inspections", "--report", "--by", "Inspector").code == 0
    assert find_next(status()) == ["reports"]
    assert status()["frame"]["facts"]["cases"] == 153  # the frame of the page
    assert status()["draw"]["facts"] == {"cases": 40}  # the declared size


def test_a_step_that_no_longer_fits_is_to_be_taken_again(audit: RunAudit, status: Any) -> None:
    for name in STEPS:
        assert audit(*COMMANDS[name]).code == 0
    assert audit("scope", "inspections", *DATA, "--stratum", "kind", "--overwrite").code == 0  # another frame
    steps = status()
    assert find_next(steps) == ["plan", "reports"]
    assert steps["plan"]["problem"] == steps["draw"]["problem"] == "was made from another frame"
    assert steps["working papers"]["command"].endswith("--overwrite")


def test_a_month_is_due_once_it_is_complete(audit: RunAudit, status: Any, formless: Any) -> None:
    """30 days are given for late records: March 2024 is complete on 30 April."""
    assert audit("run", "inspections", *DATA, "--month", "2024-02").code == 0
    assert find_next(status("2024-04-29")) == ["frame", "issue"]
    assert find_next(status("2024-04-30")) == ["frame", "reports"]
    steps = status("2024-04-29")
    assert steps["reports"]["facts"] == {"months": 1, "last": "2024-02"}
    assert steps["issue"]["command"] == 'audit issue inspections --month 2024-02 --by "…"'
    answer = audit("issue", "inspections", "--month", "2024-02", "--by", "Inspector")
    assert answer.code == 0, answer.err
    assert find_next(status("2024-04-29")) == ["frame"]


def test_it_reads_no_table_and_shows_the_same_in_lines(audit: RunAudit, status: Any, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "inspections" / "data")
    lines = audit("status", "inspections").out.splitlines()
    assert lines[1].split() == ["next", "frame", "audit", "scope", "inspections"]
    assert len(lines) == 1 + len(status())


@pytest.mark.parametrize(
    ("outstanding", "drawn", "command"),
    [
        (ReviewStep.FIRST_REVIEW, False, "audit review export here"),
        (ReviewStep.SECOND_REVIEW, False, "audit review second here"),
        (ReviewStep.SECOND_REVIEW, True, "audit review export here --second"),
        (ReviewStep.ADJUDICATION, True, "audit review export here --adjudicate"),
        (ReviewStep.SIGNATURE, True, "audit review sign here"),
        (None, True, ""),
    ],
)
def test_the_review_names_the_step_of_it_that_is_outstanding(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, outstanding: ReviewStep | None, drawn: bool, command: str
) -> None:
    found = [OutstandingStep(step=outstanding, count=1)] if outstanding else []
    readiness = SimpleNamespace(items=3, reviewed=2, outstanding=found, signed_by="Director")
    review: Any = lambda *_: SimpleNamespace(check_readiness=lambda: readiness)  # noqa: E731
    monkeypatch.setattr(program_status, "open_review", review)
    if drawn:
        (tmp_path / "second.json").touch()
    steps: Any = SimpleNamespace(folder=tmp_path)
    step = program_status._describe_review(read_program(PROJECT / "docs" / "example"), steps, "here")
    assert (step.state == "done") == (outstanding is None)
    assert outstanding is None or step.command == command


def test_a_program_without_a_sample_has_its_reports_alone(tmp_path: Path) -> None:
    program = read_program(PROJECT / "src/audit/programs/segregation_reports")
    steps = program_status.list_program_steps(program, tmp_path, named="reports", on=date(2026, 1, 1))
    assert [step.name for step in steps] == ["reports", "issue"]
