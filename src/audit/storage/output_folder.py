"""Folders of output: written aside, renamed into place, and described by a manifest that makes a rerun a no-op."""

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from audit.files import encode_json, hash_file

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
    digests: Mapping[str, str | None] = outputs or {name: hash_file(new / name) for name in list_output_files(new)}
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


def find_dropped_files(folder: Path, files: Collection[str]) -> tuple[str, ...]:
    """What a folder has that the `files` which replace it have not: folders of which nothing stays, and files."""
    before = list_output_files(folder) if folder.exists() else []
    staying = {name.partition("/")[0] for name in files if "/" in name}
    lost = [name.partition("/") for name in before if name not in files]
    return tuple(
        sorted({f"{top}/" if rest and top not in staying else f"{top}{slash}{rest}" for top, slash, rest in lost})
    )


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


def list_output_files(folder: Path) -> list[str]:
    """Every file of a folder but its manifest, by its path inside."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return [name for name in names if name != MANIFEST_FILE]
