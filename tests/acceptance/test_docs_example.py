"""The example of docs/program.md: every command of the page works on a copy of it, and gives what the page says."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROJECT, RunAudit

DOCS = PROJECT / "docs"
PAGE = (DOCS / "program.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^ *\$ audit (.+)$", PAGE, re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with a copy of the example, and no key of pseudonyms."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AUDIT_PSEUDONYM_KEY", raising=False)
    shutil.copytree(DOCS / "example", tmp_path / "inspections")
    return tmp_path


def test_every_command_of_the_page_works_in_its_order(
    audit: RunAudit, folder: Path, formless: Callable[..., dict[str, bytes]]
) -> None:
    answers = {command: audit(*command.split()) for command in COMMANDS}
    assert {command: answer.err for command, answer in answers.items() if answer.code} == {}
    assert {command.split()[0] for command in COMMANDS} >= {"check", "compliance", "run", "scope", "plan", "draw"}
    for printed in re.findall(r"^ *```text\n((?:.(?!```))*?digest .*?)```", PAGE, re.MULTILINE | re.DOTALL):
        assert printed.strip() in answers["scope inspections --data inspections/data"].out
    report = json.loads((folder / "reports/inspections/2024-02/report.json").read_text(encoding="utf-8"))
    overall = report["audit"]["overall"]
    assert (overall["conforming"], overall["deviating"], overall["undeterminable"]) == (17, 4, 2)


def test_a_no_counts_as_done_without_satisfied(audit: RunAudit, folder: Path) -> None:
    """What the page warns of: of 30 routine inspections 25 have a posted score, 2 say No, 3 say nothing."""
    asked = ("compliance", "inspections", "--data", "inspections/data", "--month", "2024-02", "--json")
    program = folder / "inspections" / "program.toml"
    text = program.read_text(encoding="utf-8")
    assert count_scores(audit(*asked).json) == (30, 25)
    program.write_text(text.replace(', satisfied = "score_posted"', ""), encoding="utf-8")
    assert count_scores(audit(*asked).json) == (30, 27)


def count_scores(answer: dict[str, list[dict[str, Any]]]) -> tuple[int, int]:
    """Units due and in time of all offices, of the posted scores counted by unit."""
    [score] = [one for one in answer["measures"] if (one["measure"], one["counted"]) == ("score", "unit")]
    return score["national"]["due"], score["national"]["compliant"]


def test_the_parts_of_the_page_are_those_of_the_example() -> None:
    """A block of TOML that shows a part of the example is that part, and not a variant of it."""
    program = (DOCS / "example" / "program.toml").read_text(encoding="utf-8")
    lines = {line.strip() for line in program.splitlines()}
    shown = [block.splitlines() for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)]
    unlike = [line.strip() for block in shown for line in block if line.strip() not in lines and "…" not in line]
    assert unlike == []


def test_the_rule_on_the_page_of_rules_is_that_of_the_example() -> None:
    page = (DOCS / "policy.md").read_text(encoding="utf-8")
    rule = (DOCS / "example" / "policy" / "reinspection.yaml").read_text(encoding="utf-8")
    assert f"```yaml\n# reinspection.yaml\n{rule.partition(chr(10))[2]}```" in page


def test_working_papers_hold_the_program_that_was_used(audit: RunAudit, folder: Path) -> None:
    """Its folder has another name than the program has, which is that of a program that ships."""
    (folder / "inspections").rename(folder / "mine")
    declared = folder / "mine" / "program.toml"
    text = re.sub(
        r'^name = "inspections"$', 'name = "records_requests"', declared.read_text(encoding="utf-8"), flags=re.M
    )
    declared.write_text(re.sub(r"^(frame_|seed).*\n", "", text, flags=re.MULTILINE), encoding="utf-8")
    (folder / "mine" / "expectations").rename(folder / "suites")
    data = ("--data", "mine/data")
    for words in (
        ("scope", "mine", *data),
        ("plan", "mine", "--size", "20"),
        ("draw", "mine", "--seed", "dice 4 1 6", "--seed-source", "dice"),
        ("assess", "mine", *data),
        ("settle", "mine"),
    ):
        assert audit(*words).code == 0, words
    (folder / "given").mkdir()
    (folder / "suites").rename(folder / "given" / "records_requests")
    written = audit("workpapers", "mine", *data, "--slips", "none", "--expectations", "given")
    assert written.code == 0, written.err
    papers = folder / "reports/records_requests/workpapers"
    assert (papers / "program/program.toml").read_bytes() == declared.read_bytes()
    suites = {path.name for path in (papers / "program/expectations").iterdir()}
    assert suites == {path.name for path in (folder / "given/records_requests").iterdir()}
    assert audit("reperform", papers).code == 0
