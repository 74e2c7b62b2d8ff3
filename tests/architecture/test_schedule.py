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
SERVICE = DEPLOY / "systemd" / "audit-month.service"
CALLS = {
    path.name: re.findall(r"(?:bin/audit|audit\.exe|\$ audit)[ \"]+([^\"|#\n]*)", path.read_text(encoding="utf-8"))
    for path in [*WORKFLOWS, DEPLOY / "crontab", SERVICE, PROJECT / "docs" / "schedule.md"]
}


def workflow(path: Path) -> dict[str, Any]:
    return dict(YAML(typ="safe").load(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_asks_for_no_more_than_it_needs_and_ends(path: Path) -> None:
    found = workflow(path)
    assert set(found["permissions"].values()) == {"read"}
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


def test_every_schedule_catches_up_and_none_looks_at_a_month_that_is_not_complete() -> None:
    """The month before this one is not complete on its fifth where records are given thirty days."""
    for path in (DEPLOY / "crontab", SERVICE, PROJECT / ".github" / "workflows" / "month.yml"):
        assert "--catch-up" in path.read_text(encoding="utf-8")
    for text in (DEPLOY / "crontab", SERVICE):
        assert "--month" not in text.read_text(encoding="utf-8")


def test_the_workflow_fetches_the_ledger_that_it_carries_on() -> None:
    steps = workflow(PROJECT / ".github" / "workflows" / "month.yml")["jobs"]["report"]["steps"]
    texts = [str(step.get("run", step.get("with"))) for step in steps]
    (fetched,) = [i for i, text in enumerate(texts) if "gh run download" in text and "--name reports" in text]
    (ran,) = [i for i, text in enumerate(texts) if "--catch-up" in text]
    (kept,) = [i for i, step in enumerate(steps) if "upload-artifact" in step.get("uses", "")]
    assert fetched < ran < kept
    assert steps[kept]["with"]["name"] == "reports"


def test_the_crontab_has_five_fields_and_a_command() -> None:
    lines = (DEPLOY / "crontab").read_text(encoding="utf-8").splitlines()
    (line,) = (line for line in lines if not line.startswith(("#", "MAILTO=")))
    *fields, command = line.split(maxsplit=5)
    assert fields == ["0", "6", "5", "*", "*"]
    assert "%" not in command, "cron reads a percent sign as a line break"
    assert ".venv/bin/audit run secure_communities --catch-up" in command


def test_systemd_reads_the_units(tmp_path: Path) -> None:
    service = SERVICE.read_text(encoding="utf-8")
    timer = (DEPLOY / "systemd" / "audit-month.timer").read_text(encoding="utf-8")
    assert "ExecStart=/srv/audit/.venv/bin/audit run ${PROGRAM} --catch-up" in service
    assert "Persistent=true" in timer
    assert "OnFailure=audit-failed@%n.service" in service
    mail = (DEPLOY / "systemd" / "audit-failed@.service").read_text(encoding="utf-8")
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        return  # what systemd itself says of them can be asked only where it is
    for name, text in (("audit-month.service", service), ("audit-month.timer", timer), ("audit-failed@.service", mail)):
        (tmp_path / name).write_text(text.replace("/srv/audit/.venv/bin/audit", "/bin/true"), encoding="utf-8")
    run = subprocess.run(
        [analyze, "verify", *map(str, sorted(tmp_path.iterdir()))], capture_output=True, text=True, check=False
    )
    said = [line for line in run.stderr.splitlines() if "world-writable" not in line]  # of the folder of this test
    assert not [line for line in said if "audit-month" in line], run.stderr


@pytest.mark.parametrize("code", [0, 3])
def test_cron_sees_a_month_that_failed(tmp_path: Path, code: int) -> None:
    """Cron mails what a line prints: nothing where all went well. The log has it either way."""
    (command,) = re.findall(r"^0 6 5 \* \* (.+)$", (DEPLOY / "crontab").read_text(encoding="utf-8"), re.MULTILINE)
    write_script(tmp_path / ".venv/bin/audit", f"echo 'audit: what it says' >&2; exit {code}")
    write_script(tmp_path / "bin/logger", f"cat > {tmp_path}/log")
    path = {"PATH": f"{tmp_path}/bin:/usr/bin:/bin"}
    run = subprocess.run(
        ["/bin/sh", "-c", command.replace("/srv/audit", str(tmp_path))],
        env=path,
        capture_output=True,
        text=True,
        check=False,
    )
    mailed = f"audit run failed with exit code {code}:\naudit: what it says\n" if code else ""
    assert (run.returncode, run.stdout, run.stderr) == (code, mailed, "")
    assert (tmp_path / "log").read_text(encoding="utf-8") == "audit: what it says\n"


def write_script(path: Path, command: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{command}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_a_workflow_made_is_kept_where_a_step_failed(path: Path) -> None:
    steps = [step for job in workflow(path)["jobs"].values() for step in job["steps"]]
    kept = [step for step in steps if "upload-artifact" in step.get("uses", "")]
    assert kept
    assert all(step["if"] == "always()" for step in kept)


def test_a_pull_request_shows_what_failed_beside_its_lines() -> None:
    steps = workflow(PROJECT / ".github" / "workflows" / "checks.yml")["jobs"]["data"]["steps"]
    commands = {step["run"]: step.get("if") for step in steps if "audit" in step.get("run", "")}
    assert any("--format github" in command for command in commands)
    assert [when for command, when in commands.items() if "--format github" not in command] == ["always()"] * 2
