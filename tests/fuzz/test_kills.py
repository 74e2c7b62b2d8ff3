"""A dozen kills of verbs that others do not kill; `python -m tests.fuzz.kills` has five hundred, of every verb."""

import sys
from pathlib import Path

import pytest

from audit import files
from tests.fuzz.kills import run_kills

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks and kills processes")


def test_what_was_killed_is_as_if_it_never_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert run_kills(12, tmp_path, ["issue", "purge"]) == []


def test_the_temporary_folder_of_a_killed_process_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(files.tempfile, "tempdir", str(tmp_path))
    left, strange = tmp_path / "audit-temporary-left", tmp_path / "another"
    for folder in (left, strange):
        folder.mkdir()
    (left / ".held").touch()
    with files.make_temporary_folder() as own:  # the folder of a living process, our own, stays
        files.remove_left_folders()
        assert Path(own).is_dir()
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted([strange.name, Path(own).name])
