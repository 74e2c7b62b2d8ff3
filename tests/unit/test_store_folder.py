"""Output folders: whole or not at all, and left alone by a second run."""

import json
from pathlib import Path

import pytest

from audit.error import AuditError, ExitCode
from audit.store.folder import as_json, digest_of, publish, stands, write

FILES = {"report.json": b"{}", "tables/a.csv": b"a\n1\n"}


def test_a_folder_is_written_whole_with_its_manifest(tmp_path: Path) -> None:
    folder = tmp_path / "p" / "2011-09"
    publish(folder, FILES, inputs={"seed": 1})
    assert (folder / "tables" / "a.csv").read_bytes() == b"a\n1\n"
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert set(manifest["outputs"]) == set(FILES)
    assert [path.name for path in folder.parent.iterdir()] == ["2011-09"]
    assert stands(folder, inputs={"seed": 1})


def test_what_a_killed_run_left_is_cleared(tmp_path: Path) -> None:
    left = tmp_path / ".2011-09.new"
    left.mkdir()
    (left / "half.json").write_text("{", encoding="utf-8")
    publish(tmp_path / "2011-09", FILES, inputs={})
    assert sorted(path.name for path in (tmp_path / "2011-09").iterdir()) == ["manifest.json", "report.json", "tables"]
    assert not left.exists()


def test_a_second_publication_replaces_the_first(tmp_path: Path) -> None:
    publish(tmp_path / "m", FILES, inputs={"a": 1})
    publish(tmp_path / "m", {"only.txt": b"x"}, inputs={"a": 2})
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == ["manifest.json", "only.txt"]


def test_nothing_there_is_not_a_conflict(tmp_path: Path) -> None:
    assert not stands(tmp_path / "none", inputs={})


def test_other_inputs_and_altered_files_are_a_conflict(tmp_path: Path) -> None:
    publish(tmp_path / "m", FILES, inputs={"a": 1, "b": 2})
    (tmp_path / "m" / "report.json").unlink()
    with pytest.raises(AuditError) as refused:
        stands(tmp_path / "m", inputs={"a": 1, "b": 3})
    assert refused.value.code == ExitCode.CONFLICT
    assert "was made from other inputs (b differ)" in str(refused.value)
    assert "report.json: was changed or removed since the report was written" in str(refused.value)


def test_one_file_is_written_whole(tmp_path: Path) -> None:
    write(tmp_path / "new" / "a.json", as_json({"é": "ü"}))
    assert (tmp_path / "new" / "a.json").read_text(encoding="utf-8") == '{\n  "é": "ü"\n}\n'
    assert digest_of(tmp_path / "absent") is None
