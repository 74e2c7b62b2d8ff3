"""Damaged files put to whole commands, each in a fork of a process that has loaded the program and computed nothing."""

import os
import signal
import sys
from pathlib import Path
from random import Random

from audit import cli
from audit.storage import lock
from audit.workflow import monthly_report, sample_report, schedule
from tests import made_up_program
from tests.fuzz.mutations import TOKENS, mutate_text, mutate_words

LOADED = schedule, lock  # once for all forks
MADE = "program/program.toml", "program/offices.csv", "program/expectations/requests.yaml"
DAMAGED = {"data/requests.csv": "csv", "data/answers.csv": "csv"} | dict(
    zip(MADE, ("toml", "csv", "yaml"), strict=True)
)
VERBS = (
    ("check", "--set-aside", "--no-confirm"),
    ("compliance", "--month", "2021-01", "--set-aside"),
    ("run", "--month", "2021-01", "--set-aside", "--overwrite"),
    ("scope",),
)


def put_to_command(number: int, folder: Path) -> str:
    """Run a command on the made-up program with one of its files damaged; how it ended. RuntimeError for a crash."""
    random = Random(f"command {number}")
    home = folder / "home"
    if not home.exists():
        made_up_program.program(home / "program")
        made_up_program.tables(home / "data")
    file, kind = random.choice([*DAMAGED.items()])
    verb, *options = VERBS[number % len(VERBS)]
    before = (home / file).read_bytes()
    as_words = random.random() < 0.5
    damaged = mutate_words(before, random) if as_words else mutate_text(before, random, tokens=TOKENS[kind])
    (home / file).write_bytes(damaged)
    try:
        code, said = _run_in_fork(home, [verb, "./program", *options, "--data", "data"])
    finally:
        (home / file).write_bytes(before)
    if code not in (0, 1, 2, 3, 4) or "Traceback" in said or "panicked" in said:
        raise RuntimeError(f"{verb} on {file} ended with {code}: {said[-300:]}")
    return f"exit {code}"


def _run_in_fork(home: Path, words: list[str]) -> tuple[int, str]:
    said = home / "said.txt"
    if not (child := os.fork()):
        signal.alarm(20)
        os.environ.setdefault("AUDIT_PSEUDONYM_KEY", made_up_program.PSEUDONYM_KEY)
        os.chdir(home)
        out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        monthly_report.render_report_files = made_up_program.formatted
        sample_report.render_sample_report = made_up_program.formatted
        sys.argv = ["audit", *words]
        code = 99
        try:
            cli.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), said.read_text(encoding="utf-8", errors="replace")
