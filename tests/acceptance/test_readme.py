"""What the README shows is run: its Python examples, and its commands one after the other."""

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

import audit as package
from audit.workflow import monthly_report, program_data
from audit.workflow.program_data import ProgramData
from tests import made_up_program
from tests.acceptance.test_review import filled, reviewer, state_everything
from tests.conftest import PROJECT, RunAudit
from tests.tenth import Tenth

README = (PROJECT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def list_page_commands(text: str) -> list[list[str]]:
    """The words of every command of the program that a page shows, in its order."""
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("$ audit ")]
    return [shlex.split(line.removeprefix("$ "), comments=True)[1:] for line in lines]


COMMANDS = list_page_commands(README)
REVIEW_COMMANDS = list_page_commands((PROJECT / "docs" / "review.md").read_text(encoding="utf-8"))


def test_a_notebook_needs_few_lines() -> None:
    assert len(EXAMPLES) == 2
    assert all(len(example.splitlines()) <= 20 for example in EXAMPLES)


def test_a_table_of_ones_own(capsys: pytest.CaptureFixture[str]) -> None:
    named = dict[str, object]()
    exec(EXAMPLES[0], named)
    sample = named["sample"]
    assert isinstance(sample, package.Sample)
    assert sample.cases.height == 357  # as the comment says
    assert capsys.readouterr().out == ""


def test_a_whole_audit(tenth_work: ProgramData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program_data, "read_program_data", lambda *_, **__: tenth_work)
    named = dict[str, object]()
    exec(EXAMPLES[1], named)
    job = named["job"]
    assert isinstance(job, package.Audit)
    overall = job.estimate().overall
    assert (f"{overall.rate:.1%}", overall.assessed) == ("96.5%", 723)


def test_every_command_ends_well_of_the_readme_and_then_of_the_page_on_reviews(
    audit: RunAudit, tenth: Tenth, tenth_work: ProgramData, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order in which they stand, on a tenth of the year.

    What people do between two commands is done by made-up reviewers.
    """
    tenth.stand_in(monkeypatch)
    stated = replace(
        tenth_work, audit_report=state_everything(tenth.program)
    )  # what an audit report is not issued without
    monkeypatch.setattr(program_data, "read_program_data", lambda *_, **__: stated)  # the tables are read once
    for command in COMMANDS:
        answer = audit(*command)
        assert answer.code == 0, (command, answer.err)
    monkeypatch.setattr(monthly_report, "render_report_files", made_up_program.formatted)  # looked at above
    for command in REVIEW_COMMANDS:
        if command[:2] == ["review", "import"]:
            answer_worksheet(Path(command[-1]))
        answer = audit(*command)
        assert answer.code == 0, (command, answer.err)
    report = json.loads(Path("reports/secure_communities/audit/report.json").read_bytes())
    assert (report["status"], report["review"]["outstanding"]) == ("issued", [])


def answer_worksheet(workbook: Path) -> None:
    """Fill in the worksheet of a phase: the second reviewer concludes otherwise now and then, and the others do not."""
    sample = Path("reports/secure_communities/sample")
    rows = pl.read_csv(sample / "determinations.csv", infer_schema=False).rows_by_key(
        ["match_id", "attribute"], named=True, unique=True
    )
    truth = {key: row["outcome"].replace("permitted", "consistent") for key, row in rows.items()}
    answer = reviewer(truth, 0.05 if workbook.stem == "second" else 0, 1)
    filled(sample / "worksheets" / workbook.name, workbook, lambda row: {**answer(row), "reason": "read the file"})
