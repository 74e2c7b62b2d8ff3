"""Folders of output: written aside, renamed into place, and described by a manifest that makes a rerun a no-op."""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from audit.errors import AuditError, ExitCode, Problem
from audit.files import encode_json, hash_file
from audit.formatting import format_list

MANIFEST_FILE = "manifest.json"


def publish_folder(folder: Path, files: Mapping[str, bytes | Path], *, inputs: Mapping[str, Any]) -> None:
    """Write `files` (relative path → bytes) as `folder`, whole or not at all, with a manifest of their digests.

    A file that lies elsewhere already is copied. What cannot be written whole, as where there is no room, is removed.
    """
    new = prepare_staging_folder(folder)
    try:
        for name, content in files.items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Path):
                shutil.copyfile(content, path)
            else:
                path.write_bytes(content)
        replace_folder(folder, inputs=inputs)
    except OSError as error:
        shutil.rmtree(new, ignore_errors=True)
        error.filename = error.filename or str(folder)  # a disk that is full names no file
        raise


def prepare_staging_folder(folder: Path) -> Path:
    """The hidden place in which to write what will be `folder`; what a killed run left there is removed."""
    new = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    return new


def replace_folder(folder: Path, *, inputs: Mapping[str, Any], outputs: Mapping[str, str] | None = None) -> None:
    """Make what was written aside the folder, with a manifest of every file's digest; what was there is replaced.

    The digests are taken here, or are `outputs` where whoever wrote the files took them.

    A run that is killed leaves the old folder or the new one: `recover_folder` puts the old one back.
    """
    new, old = folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")
    digests: Mapping[str, str | None] = outputs or {name: hash_file(new / name) for name in _list_files(new)}
    (new / MANIFEST_FILE).write_bytes(encode_json({"schema": "audit-manifest/1", "inputs": inputs, "outputs": digests}))
    recover_folder(folder)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def recover_folder(folder: Path) -> None:
    """Put back the old folder that a killed run had set aside; remove it where the new one had come."""
    old = folder.with_name(f".{folder.name}.old")
    if folder.exists():
        shutil.rmtree(old, ignore_errors=True)
    elif old.exists():
        old.rename(folder)


def is_up_to_date(folder: Path, *, inputs: Mapping[str, Any]) -> bool:
    """Whether `folder` already holds, untouched, what these inputs make.

    Raises AuditError (CONFLICT) where it holds something else: made from other inputs, altered or added since, or
    nothing that this program wrote.
    """
    recover_folder(folder)
    if not folder.exists():
        return False
    mend = "Write elsewhere with --reports, or replace it with --overwrite."
    problems = find_alterations(folder, mend="Keep a copy if it matters, then replace the report with --overwrite.")
    if (manifest := _read_manifest(folder)) is not None:
        wanted_inputs = json.loads(encode_json(inputs))
        if differing := [name for name, value in wanted_inputs.items() if manifest["inputs"].get(name) != value]:
            what = f"was made from other inputs: {format_list(differing, most=len(differing))}"
            problems = [Problem(what=what, mend=mend, file=str(folder)), *problems]
    if problems:
        raise AuditError(problems, code=ExitCode.CONFLICT)
    return True


def find_alterations(folder: Path, *, mend: str) -> list[Problem]:
    """What of a folder is not as its manifest says: files changed, removed or added; or there is no manifest."""
    manifest = _read_manifest(folder)
    if manifest is None:
        what = f"is there already, and holds no {MANIFEST_FILE} of this program that can be read"
        return [Problem(what=what, mend=mend, file=str(folder))]
    problems = [
        Problem(what="was changed or removed since the report was written", mend=mend, file=str(folder / name))
        for name, digest in manifest["outputs"].items()
        if hash_file(folder / name) != digest
    ]
    if added := [name for name in _list_files(folder) if name not in manifest["outputs"]]:
        problems.append(Problem(what=f"holds what was added since: {format_list(added)}", mend=mend, file=str(folder)))
    return problems


def write_file(path: Path, content: bytes) -> None:
    """Write one file, whole or not at all."""
    with _stage_file(path) as new:
        new.write_bytes(content)


def join_files(path: Path, parts: Iterable[Path]) -> None:
    """Write one file of the bytes of several, one after the other, whole or not at all."""
    with _stage_file(path) as new, new.open("wb") as out:
        for part in parts:
            with part.open("rb") as file:
                shutil.copyfileobj(file, out)


@contextmanager
def _stage_file(path: Path) -> Iterator[Path]:
    """Where to write what will be the file, once it is written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    yield new
    new.replace(path)


def _read_manifest(folder: Path) -> dict[str, Any] | None:
    try:
        read: dict[str, Any] = json.loads((folder / MANIFEST_FILE).read_bytes())
        return read if isinstance(read["inputs"], dict) and isinstance(read["outputs"], dict) else None
    except (FileNotFoundError, NotADirectoryError, KeyError, TypeError, ValueError):
        return None


def _list_files(folder: Path) -> list[str]:
    """Every file of a folder but its manifest, by its path inside."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return [name for name in names if name != MANIFEST_FILE]
