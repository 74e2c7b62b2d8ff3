"""The schedules that ship: they parse, and call what there is."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

PROJECT = Path(__file__).parents[2]
WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
DEPLOY, AUDIT = PROJECT / "deploy", Path(sys.executable).with_name("audit")
CALLS = {
    path.name: re.findall(r"(?:bin/audit|audit\.exe|audit\")\s+(.*)", path.read_text(encoding="utf-8"))
    for path in [*WORKFLOWS, DEPLOY / "last-month", PROJECT / "docs" / "schedule.md"]
}


def workflow(path: Path) -> dict[str, Any]:
    return dict(YAML(typ="safe").load(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_asks_for_no_more_than_it_needs_and_ends(path: Path) -> None:
    found = workflow(path)
    assert found["permissions"] == {"contents": "read"}
    for job in found["jobs"].values():
        assert job["timeout-minutes"] <= 90
        assert all(("run" in step) != ("uses" in step) for step in job["steps"])


def test_the_month_comes_by_schedule_and_by_hand() -> None:
    on = workflow(PROJECT / ".github" / "workflows" / "month.yml")["on"]
    assert on["schedule"] == [{"cron": "0 6 5 * *"}]
    assert "month" in on["workflow_dispatch"]["inputs"]
    assert "pull_request" in workflow(PROJECT / ".github" / "workflows" / "checks.yml")["on"]


@pytest.mark.parametrize("call", sorted({call for calls in CALLS.values() for call in calls}))
def test_every_command_that_is_called_exists_with_its_options(call: str) -> None:
    words = call.split()
    verbs = [word for word in words[:2] if re.fullmatch(r"[a-z]+", word)][: 2 if words[0] == "policy" else 1]
    run = subprocess.run([AUDIT, *verbs, "--help"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert all(word in run.stdout for word in words if word.startswith("--"))


def test_every_schedule_calls_something() -> None:
    assert all(CALLS.values()), CALLS
    assert (DEPLOY / "last-month").stat().st_mode & 0o111


def test_the_month_before_is_the_one_before_this(tmp_path: Path) -> None:
    """On the last days of a long month, too: a month back from 31 March is no 31 February."""
    script, bin_ = tmp_path / "deploy" / "last-month", tmp_path / ".venv" / "bin"
    script.parent.mkdir()
    bin_.mkdir(parents=True)
    shutil.copy(DEPLOY / "last-month", script)
    (bin_ / "audit").write_text('#!/bin/sh\necho "$@"\n', encoding="utf-8")
    clock = tmp_path / "date"
    clock.write_text(
        '#!/bin/sh\n[ "$1" = "+%Y-%m-01" ] && exec echo 2011-03-01\nexec /bin/date "$@"\n', encoding="utf-8"
    )
    for path in (bin_ / "audit", clock):
        path.chmod(0o755)
    run = subprocess.run(
        [script, "secure_communities", "--packets"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
    )
    assert run.stdout == "run secure_communities --month 2011-02 --packets\n"


def test_the_crontab_has_five_fields_and_a_command() -> None:
    lines = (DEPLOY / "crontab").read_text(encoding="utf-8").splitlines()
    (line,) = (line for line in lines if not line.startswith("#"))
    *fields, command = line.split(maxsplit=5)
    assert fields == ["0", "6", "5", "*", "*"]
    assert "%" not in command, "cron reads a percent sign as a line break"
    assert "deploy/last-month secure_communities" in command


def test_systemd_reads_the_units(tmp_path: Path) -> None:
    service = (DEPLOY / "systemd" / "audit-month.service").read_text(encoding="utf-8")
    timer = (DEPLOY / "systemd" / "audit-month.timer").read_text(encoding="utf-8")
    assert "ExecStart=/srv/audit/deploy/last-month ${PROGRAM}" in service
    assert "Persistent=true" in timer
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        return  # what systemd itself says of them can be asked only where it is
    for name, text in (("audit-month.service", service), ("audit-month.timer", timer)):
        (tmp_path / name).write_text(text.replace("/srv/audit/deploy/last-month", "/bin/true"), encoding="utf-8")
    run = subprocess.run(
        [analyze, "verify", *map(str, sorted(tmp_path.iterdir()))], capture_output=True, text=True, check=False
    )
    assert "audit-month" not in run.stderr, run.stderr
