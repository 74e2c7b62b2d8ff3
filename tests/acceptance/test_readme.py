"""What the README shows is run: its Python examples, and its commands one after the other."""

import re
import shlex

import pytest

import audit as package
from audit.workflow import program_data
from audit.workflow.program_data import ProgramData
from tests.conftest import PROJECT, RunAudit

README = (PROJECT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
COMMANDS = [
    shlex.split(line.removeprefix("$ "), comments=True)[1:]
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ audit ")
]


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


def test_a_whole_audit(work: ProgramData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program_data, "read_program_data", lambda *_, **__: work)
    named = dict[str, object]()
    exec(EXAMPLES[1], named)
    job = named["job"]
    assert isinstance(job, package.Audit)
    overall = job.estimate().overall
    assert (f"{overall.rate:.1%}", overall.assessed) == ("96.5%", 723)


def test_every_command_of_the_readme_ends_well(
    audit: RunAudit, work: ProgramData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program_data, "read_program_data", lambda *_, **__: work)  # the tables are read once
    for command in COMMANDS:
        answer = audit(*command)
        assert answer.code == 0, (command, answer.err)
