"""Where the output goes: to a console that cannot print every sign, or to a pipe that nobody reads to its end."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from audit.cli.streams import CLOSED_PIPE, substitute_signs
from tests.conftest import PROJECT

AUDIT = str(Path(sys.executable).with_name("audit"))
WORDS = ("compliance", "inspections", "--data", "inspections/data", "--month", "2024-02")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with the example, of which one office has a name that few consoles can print."""
    shutil.copytree(PROJECT / "docs" / "example", tmp_path / "inspections")
    offices = tmp_path / "inspections" / "offices.csv"
    offices.write_text(offices.read_text(encoding="utf-8").replace("N,North,", "N,Łódź – Nord,"), encoding="utf-8")
    return tmp_path


def run_encoded(here: Path, encoding: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    return subprocess.run([AUDIT, *words], cwd=here, env=environment, capture_output=True, check=False)


@pytest.mark.parametrize(("encoding", "name"), [("cp1252", "Lódz – Nord"), ("ascii", "Lodz - Nord")])
def test_a_sign_that_a_console_has_not_is_printed_as_another(here: Path, encoding: str, name: str) -> None:
    answer = run_encoded(here, encoding, *WORDS)
    assert answer.returncode == 0, answer.stderr
    assert f"\n{name} ".encode(encoding) in answer.stdout


def test_json_loses_no_sign(here: Path) -> None:
    answer = run_encoded(here, "ascii", *WORDS, "--json")
    offices = json.loads(answer.stdout)["measures"][0]["offices"]
    assert "Łódź – Nord" in {office["name"] for office in offices}


def test_what_has_no_likeness_is_a_question_mark() -> None:
    error = UnicodeEncodeError("ascii", "a→日◆é…", 1, 6, "not in the encoding")
    assert substitute_signs(error) == ("->?*e...", 6)


def test_a_closed_pipe_ends_quietly(here: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        done = subprocess.run([AUDIT, *WORDS], cwd=here, stdout=pipe, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (CLOSED_PIPE, b"")
