"""What all verbs have in common: help, steps, JSON, configuration, the dry run, and what is said of a wrong name."""

import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from audit.programs import list_programs
from audit.workflow.audit import open_audit
from tests.conftest import RunAudit
from tests.help_examples import list_verbs

PROGRAM = "records_requests"
AUDIT = str(Path(sys.executable).with_name("audit"))


@pytest.fixture
def here(audit: RunAudit, tmp_path: Path) -> Path:
    """The folder that the verbs run in, with the tables of a small program."""
    assert audit("data", PROGRAM).code == 0
    return tmp_path


def list_files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# Help


@pytest.mark.parametrize("words", [(), ("run",), ("review",), ("review", "export")])
def test_help_of_a_verb_is_what_its_option_shows(audit: RunAudit, words: tuple[str, ...]) -> None:
    answer = audit("help", *words)
    assert answer == audit(*words, "--help")
    assert answer.out.startswith(f"Usage: {' '.join(('audit', *words))} ")


def test_help_of_a_wrong_verb_names_the_nearest(audit: RunAudit) -> None:
    answer = audit("help", "review", "exprt")
    assert (answer.code, answer.err) == (2, "audit: there is no verb review exprt. Did you mean export?\n")


def test_completion_is_written_for_a_shell(audit: RunAudit, tmp_path: Path) -> None:
    answer = audit("--install-completion", "--shell", "bash", "--output", "completion.bash")
    assert (answer.code, answer.out) == (0, f"{tmp_path / 'completion.bash'}\n")
    script = (tmp_path / "completion.bash").read_text(encoding="utf-8")
    assert "complete -F" in script
    assert "workpapers" in script


# Steps


def test_steps_are_lines_on_standard_error(audit: RunAudit, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUDIT_QUIET")
    answer = audit("scope", PROGRAM, "--json")
    assert answer.err.splitlines() == [
        "audit: starting",
        "audit: reading the declarations",
        "audit: reading the tables",
        "audit: reading the table requests",
        "audit: judging the cells of requests.csv",
        "audit: fixing the frame",
    ]
    assert answer.json["frame"] == 1139


def test_the_second_reading_of_checks_is_told_table_by_table(
    audit: RunAudit, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AUDIT_QUIET")
    lines = audit("check", PROGRAM).err.splitlines()
    after = lines[lines.index("audit: checking the tables") + 1 :]
    assert after[0] == "audit: loading Great Expectations"
    assert "audit: checking the table requests with Great Expectations" in after[1:]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("flag", ["-q", "--quiet"])
def test_a_quiet_command_tells_no_step(audit: RunAudit, monkeypatch: pytest.MonkeyPatch, flag: str) -> None:
    monkeypatch.delenv("AUDIT_QUIET")
    assert audit("scope", PROGRAM, flag).err == audit(flag, "scope", PROGRAM).err == ""


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("flag", ["-v", "--verbose"])
def test_a_verbose_command_writes_a_log(audit: RunAudit, monkeypatch: pytest.MonkeyPatch, flag: str) -> None:
    monkeypatch.delenv("AUDIT_QUIET")
    lines = audit("scope", PROGRAM, flag).err.splitlines()
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO audit[a-z_.]*: .+", line) for line in lines)
    assert lines[-1].endswith(" INFO audit: fixing the frame")


def test_a_terminal_shows_the_steps_in_one_line_that_is_gone_at_the_end(here: Path) -> None:
    master, slave = os.openpty()
    environment = {**{k: v for k, v in os.environ.items() if k != "AUDIT_QUIET"}, "TERM": "xterm", "COLUMNS": "100"}
    words = [AUDIT, "scope", PROGRAM]
    with subprocess.Popen(words, cwd=here, env=environment, stdout=subprocess.PIPE, stderr=slave) as command:
        os.close(slave)
        shown = b"".join(iter(lambda: _read_terminal(master), b"")).decode()
        os.close(master)
        answer = command.communicate()[0]
    assert "fixing the frame …" in shown
    assert "\x1b[2K" in shown  # the line is cleared
    assert "audit: " not in shown
    assert answer.startswith(b"universe")


def _read_terminal(master: int) -> bytes:
    try:
        return os.read(master, 4096)
    except OSError:  # the other end is closed
        return b""


def test_a_library_logs_the_steps(here: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="audit"):
        open_audit(PROGRAM, data=here / "data" / "generated" / PROGRAM, expectations=here / "expectations")
    assert ("audit", logging.INFO, "reading the tables") in caplog.record_tuples
    assert any(isinstance(one, logging.NullHandler) for one in logging.getLogger("audit").handlers)


# JSON


@pytest.mark.usefixtures("here")
def test_json_is_asked_for_before_a_verb_or_after_it(audit: RunAudit) -> None:
    assert audit("--json", "scope", PROGRAM) == audit("scope", PROGRAM, "--json")


@pytest.mark.parametrize(
    ("words", "code", "what"),
    [
        (["scope", "nowhere"], 3, "there is no program and no folder named nowhere"),
        (["run", PROGRAM, "--since", "2023-01"], 2, "--since names the first month, and none is the last"),
        (["estimate", PROGRAM, "--dry-run"], 2, "Unknown option: --dry-run"),
        (["scope"], 2, 'Command "scope" parameter PROGRAM requires an argument'),
    ],
)
def test_a_failure_is_an_object_too(audit: RunAudit, words: list[str], code: int, what: str) -> None:
    for asked in ([*words, "--json"], ["--json", *words]):
        answer = audit(*asked)
        assert answer.code == code
        assert answer.json["error"]["code"] == code
        assert answer.json["error"]["problems"][0]["what"] == what
        assert what in answer.err
    plain = audit(*words)
    assert (plain.code, plain.out) == (code, "")


@pytest.mark.parametrize("verb", [" ".join(words) for words, _ in list_verbs() if not words[0].startswith("-")])
def test_every_verb_answers_with_an_object_where_it_fails(audit: RunAudit, verb: str) -> None:
    answer = audit(*verb.split(), "nowhere", "--json")
    assert answer.code in (2, 3)
    assert answer.json["error"]["code"] == answer.code
    assert all(one["what"] and one["mend"] for one in answer.json["error"]["problems"])


# Configuration


def test_an_option_comes_from_the_command_line_the_environment_or_the_file(
    audit: RunAudit, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_frame(*words: str) -> str:
        assert audit("scope", PROGRAM, *words).code == 0
        [path] = here.rglob("frame.json")
        stratum = json.loads(path.read_bytes())["stratum"]
        path.unlink()
        return f"{path.relative_to(here).parts[0]}, {stratum}"

    assert find_frame() == "reports, None"
    text = f'data = "{here / "data" / "generated" / PROGRAM}"\nreports = "of the file"\n[scope]\nstratum = "office"\n'
    (here / "audit.toml").write_text(text, encoding="utf-8")
    assert find_frame() == "of the file, office"
    monkeypatch.setenv("AUDIT_REPORTS", "of the environment")
    assert find_frame() == "of the environment, office"
    assert find_frame("--reports", "of the command line") == "of the command line, office"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("report = 'out'\n", "audit.toml: no option of every verb is named report."),
        ("[scope]\nstrata = 'office'\n", "strata"),
        ("reports = [\n", "TOMLDecodeError"),
    ],
)
def test_a_wrong_configuration_is_refused(audit: RunAudit, here: Path, text: str, words: str) -> None:
    (here / "audit.toml").write_text(text, encoding="utf-8")
    answer = audit("scope", PROGRAM, "--json")
    assert answer.code == 2
    assert words in answer.json["error"]["problems"][0]["what"]


# The dry run


def test_a_dry_run_writes_nothing_and_lists_what_the_run_then_writes(audit: RunAudit, here: Path) -> None:
    before = list_files(here)
    words = ["scope", PROGRAM, "--json"]
    listed = audit(*words, "--dry-run")
    assert (listed.code, listed.err) == (0, "")
    assert list_files(here) == before
    assert audit(*words).code == 0
    new = sorted(list_files(here).keys() - before.keys())
    assert listed.json == {"dry_run": True, "would_write": new, "would_replace": [], "would_remove": []}
    assert audit("--dry-run", *words, "--stratum", "office").json["would_replace"] == new
    assert audit("scope", PROGRAM, "--dry-run", "--stratum", "office").out == (
        "dry run        nothing was written\n"
        "would write    none\n"
        f"would replace  reports/{PROGRAM}/sample: 2\n"
        "would remove   none\n"
    )


def test_a_dry_run_makes_synthetic_tables_elsewhere(audit: RunAudit, tmp_path: Path) -> None:
    for verb in ("data", "scope"):
        listed = audit(verb, PROGRAM, "--json", "--dry-run").json
        assert f"data/generated/{PROGRAM}/requests.csv" in listed["would_write"]
    assert [path.name for path in tmp_path.iterdir()] == ["expectations"]


@pytest.mark.usefixtures("here")
def test_a_dry_run_fails_as_the_run_would_and_names_the_real_places(audit: RunAudit) -> None:
    answer = audit("draw", PROGRAM, "--dry-run")
    assert answer == audit("draw", PROGRAM)
    assert answer.code == 3
    assert f"reports/{PROGRAM}/sample" in answer.err


def test_a_cluster_makes_no_dry_run(audit: RunAudit) -> None:
    answer = audit("scope", PROGRAM, "--engine", "spark://host:7077", "--dry-run")
    assert (answer.code, answer.err) == (
        2,
        "audit: a cluster does not write into a temporary folder of this machine. Leave out --dry-run.\n",
    )


# Names


def test_a_wrong_program_is_named_with_the_nearest_and_the_others(audit: RunAudit) -> None:
    answer = audit("run", "record_requests")
    assert (answer.code, answer.err) == (
        3,
        "audit: there is no program and no folder named record_requests. Did you mean records_requests? Name a shipped "
        f"program ({', '.join(list_programs())}) or a folder that holds a program.toml.\n",
    )


def test_a_missing_folder_of_tables_is_what_is_missing(audit: RunAudit) -> None:
    answer = audit("check", PROGRAM, "--data", "nowhere")
    assert (answer.code, answer.err) == (
        3,
        "audit: nowhere: there is no such folder. Name the folder of the tables, or their database.\n",
    )
