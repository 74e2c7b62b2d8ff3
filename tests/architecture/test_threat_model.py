"""Every command of the threat model is one, and runs tests that there are."""

import ast
import re
import shlex
from pathlib import Path

import pytest

from tests.conftest import PROJECT

PAGE = (PROJECT / "docs" / "threat-model.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"`((?:\.venv/bin/pytest|make) [^`]+)`", PAGE.split("## Shown by")[1])


def list_tests(place: Path) -> list[str]:
    """The names of the tests of a file, or of the files of a folder."""
    paths = [place] if place.is_file() else sorted(place.rglob("test_*.py"))
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    return [node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_runs_something(command: str) -> None:
    words = shlex.split(command)
    if words[0] == "make":
        target, settings = words[1], [word.partition("=")[0] for word in words[2:]]
        text = (PROJECT / "Makefile").read_text(encoding="utf-8")
        assert f"\n{target}:" in text
        assert [name for name in settings if f"\n{name} ?=" not in text] == []
        return
    places = [word for word in words[1:] if word.startswith("tests/")]
    assert [place for place in places if not (PROJECT / place).exists()] == []
    names = [name for place in places for name in list_tests(PROJECT / place) if name.startswith("test_")]
    wanted = re.split(r" or ", words[words.index("-k") + 1]) if "-k" in words else [""]
    assert [word for word in wanted if not any(word in name for name in names)] == []


def test_the_page_has_a_command_for_each_kind_of_attack() -> None:
    assert len(COMMANDS) > 20
