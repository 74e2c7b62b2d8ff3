"""Output folders: whole or not at all, and left alone by a second run."""

import errno
import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from audit.errors import AuditError, ExitCode
from audit.files import encode_json, hash_file
from audit.storage.folder_exchange import exchange_folders
from audit.storage.output_folder import find_dropped_files, publish_folder, write_file
from audit.storage.up_to_date_reports import is_up_to_date

FILES = {"report.json": b"{}", "tables/a.csv": b"a\n1\n"}


def test_a_folder_is_written_whole_with_its_manifest(tmp_path: Path) -> None:
    folder = tmp_path / "p" / "2011-09"
    publish_folder(folder, FILES, inputs={"seed": 1})
    assert (folder / "tables" / "a.csv").read_bytes() == b"a\n1\n"
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert set(manifest["outputs"]) == set(FILES)
    assert [path.name for path in folder.parent.iterdir()] == ["2011-09"]
    assert is_up_to_date(folder, inputs={"seed": 1})


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO], ids=["full", "quota", "broken"])
def test_a_disk_that_takes_no_more_leaves_the_old_folder_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    folder, write_bytes = tmp_path / "2011-09", Path.write_bytes
    publish_folder(folder, FILES, inputs={"seed": 1})

    def full(path: Path, content: bytes) -> Any:
        if path.name == "a.csv":
            raise OSError(number, os.strerror(number))
        return write_bytes(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match=os.strerror(number)) as refused:
        publish_folder(folder, FILES, inputs={"seed": 2})
    assert refused.value.filename == str(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["2011-09"]
    assert is_up_to_date(folder, inputs={"seed": 1})


def test_what_a_killed_run_left_is_cleared(tmp_path: Path) -> None:
    left = tmp_path / ".2011-09.new"
    left.mkdir()
    (left / "half.json").write_text("{", encoding="utf-8")
    publish_folder(tmp_path / "2011-09", FILES, inputs={})
    assert sorted(path.name for path in (tmp_path / "2011-09").iterdir()) == ["manifest.json", "report.json", "tables"]
    assert not left.exists()


def test_a_second_publication_replaces_the_first(tmp_path: Path) -> None:
    publish_folder(tmp_path / "m", FILES, inputs={"a": 1})
    publish_folder(tmp_path / "m", {"only.txt": b"x"}, inputs={"a": 2})
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == ["manifest.json", "only.txt"]


def test_nothing_there_is_not_a_conflict(tmp_path: Path) -> None:
    assert not is_up_to_date(tmp_path / "none", inputs={})


def test_other_inputs_and_altered_files_are_a_conflict(tmp_path: Path) -> None:
    publish_folder(tmp_path / "m", FILES, inputs={"a": 1, "b": 2})
    (tmp_path / "m" / "report.json").unlink()
    with pytest.raises(AuditError) as refused:
        is_up_to_date(tmp_path / "m", inputs={"a": 1, "b": 3})
    assert refused.value.code == ExitCode.CONFLICT
    assert "was made from other inputs: b" in str(refused.value)
    assert "report.json: was changed or removed since the report was written" in str(refused.value)


def test_a_folder_of_somebody_else_is_a_conflict(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(AuditError, match=r"m: is there already, and holds no manifest.json") as refused:
        is_up_to_date(folder, inputs={})
    assert refused.value.code == ExitCode.CONFLICT
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(AuditError, match=r"file: is there already"):
        is_up_to_date(tmp_path / "file", inputs={})


def test_a_file_added_to_a_report_is_a_conflict(tmp_path: Path) -> None:
    publish_folder(tmp_path / "m", FILES, inputs={})
    (tmp_path / "m" / "tables" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(AuditError, match=r"m: holds what was added since: tables/notes.txt\. Keep a copy"):
        is_up_to_date(tmp_path / "m", inputs={})


@pytest.mark.parametrize("content", ["", "{", "[]", '{"inputs": {}}'])
def test_a_damaged_manifest_is_a_conflict(tmp_path: Path, content: str) -> None:
    publish_folder(tmp_path / "m", FILES, inputs={})
    (tmp_path / "m" / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(AuditError, match=r"holds no manifest.json of this program that can be read"):
        is_up_to_date(tmp_path / "m", inputs={})


def test_what_a_killed_run_had_set_aside_is_put_back(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    publish_folder(folder, FILES, inputs={"a": 1})
    folder.rename(tmp_path / ".m.old")
    assert is_up_to_date(folder, inputs={"a": 1})
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_a_run_killed_between_the_renames_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, rename = tmp_path / "m", Path.rename

    def killed(path: Path, target: Path) -> Path:
        if path.name == ".m.new":
            raise KeyboardInterrupt
        return rename(path, target)

    publish_folder(folder, FILES, inputs={"a": 1})
    monkeypatch.setattr("audit.storage.output_folder.exchange_folders", lambda *_: False)
    for _ in range(2):  # the second is killed as well
        monkeypatch.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            publish_folder(folder, {"only.txt": b"x"}, inputs={"a": 2})
    monkeypatch.undo()
    assert is_up_to_date(folder, inputs={"a": 1})


@pytest.mark.skipif(sys.platform != "linux", reason="the exchange of two folders is a call of Linux")
def test_two_folders_are_exchanged_without_a_moment_of_absence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, renames = tmp_path / "m", list[str]()
    publish_folder(folder, FILES, inputs={"a": 1})
    monkeypatch.setattr(Path, "rename", lambda path, _: renames.append(path.name))
    publish_folder(folder, {"only.txt": b"x"}, inputs={"a": 2})
    assert renames == []  # nothing was moved away
    assert is_up_to_date(folder, inputs={"a": 2})
    assert [path.name for path in tmp_path.iterdir()] == ["m"]
    assert not exchange_folders(folder, tmp_path / "absent")
    assert is_up_to_date(folder, inputs={"a": 2})


def test_what_is_published_is_on_the_disk_and_for_its_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed = set[str]()
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: flushed.add(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
    )
    publish_folder(tmp_path / "m", FILES, inputs={})
    names = {"", "/tables", "/tables/a.csv", "/report.json", "/manifest.json"}
    assert flushed == {f"{tmp_path}/.m.new{name}" for name in names} | {str(tmp_path)}
    write_file(tmp_path / "one.csv", b"1")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    assert modes == {
        **dict.fromkeys(("m", "tables"), 0o700),
        **dict.fromkeys(("a.csv", "report.json", "manifest.json", "one.csv"), 0o600),
    }


def test_one_file_is_written_whole(tmp_path: Path) -> None:
    write_file(tmp_path / "new" / "a.json", encode_json({"é": "ü"}))
    assert (tmp_path / "new" / "a.json").read_text(encoding="utf-8") == '{\n  "é": "ü"\n}\n'
    assert hash_file(tmp_path / "absent") is None


def test_what_a_replaced_folder_had_is_named_by_its_folders(tmp_path: Path) -> None:
    for name in ("a.txt", "packets/A/list.csv", "packets/B/list.csv", "tables/one.csv", "tables/two.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert find_dropped_files(tmp_path, ["a.txt", "tables/one.csv"]) == ("packets/", "tables/two.csv")
    assert find_dropped_files(tmp_path / "nowhere", []) == ()
