"""Folders of output: written aside, put in place whole, and described by a manifest that makes a rerun a no-op."""

import hashlib
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from audit.files import encode_json, hash_file, parse_json
from audit.storage.folder_exchange import exchange_folders
from audit.storage.private_files import PRIVATE_FILE_MODE, PRIVATE_FOLDER_MODE

MANIFEST_FILE = "manifest.json"  # what stands beside it as manifest.json.… belongs to it: its signature, its time-stamp
SIGNATURE_FILE = f"{MANIFEST_FILE}.sig"
_FLUSHES_AT_ONCE = 16  # a disk takes many together in the time of one

SignManifest = Callable[[Path], object]  # writes the signature of a manifest beside it


def publish_folder(
    folder: Path, files: Mapping[str, bytes | Path], *, inputs: Mapping[str, Any], sign: SignManifest | None = None
) -> None:
    """Write `files` (relative path → bytes) as `folder`, whole or not at all, with a manifest of their digests.

    A file that lies elsewhere already is copied. What cannot be written whole, as where there is no room, is removed.
    `sign` signs the manifest before the folder is in its place.
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
        replace_folder(folder, inputs=inputs, sign=sign)
    except BaseException as error:
        shutil.rmtree(new, ignore_errors=True)
        if isinstance(error, OSError):
            error.filename = error.filename or str(folder)  # a disk that is full names no file
        raise


def prepare_staging_folder(folder: Path) -> Path:
    """The hidden place in which to write what will be `folder`; what a killed run left there is removed."""
    new = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    return new


def replace_folder(
    folder: Path,
    *,
    inputs: Mapping[str, Any],
    outputs: Mapping[str, str] | None = None,
    sign: SignManifest | None = None,
) -> None:
    """Make what was written aside the folder, with a manifest of every file's digest; what was there is replaced.

    The digests are taken here, or are `outputs` where whoever wrote the files took them. All is on the disk, for its
    owner alone to read, before it takes the place.

    A run that is killed leaves the old folder or the new one. Where the system cannot exchange two folders, there is a
    moment between them: `recover_folder` puts the old one back.
    """
    new, old = folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")
    digests: Mapping[str, str | None] = outputs or {name: hash_file(new / name) for name in list_output_files(new)}
    manifest = new / MANIFEST_FILE
    manifest.write_bytes(encode_manifest({"schema": "audit-manifest/1", "inputs": inputs, "outputs": digests}))
    if sign:
        sign(manifest)
    _secure_folder(new)
    recover_folder(folder)
    if folder.exists() and exchange_folders(new, folder):
        shutil.rmtree(new, ignore_errors=True)
    else:
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    _flush_to_disk(folder.parent)


def encode_manifest(stated: Mapping[str, Any]) -> bytes:
    """A manifest as it is written: what it states, and the digest of that, by which damage shows."""
    return encode_json({**stated, "sha256": hashlib.sha256(encode_json(stated)).hexdigest()})


def is_manifest_whole(content: bytes) -> bool:
    """Whether a manifest is, to the byte, one that was written here; one of before there were digests is."""
    try:
        stated = dict(parse_json(content))
        return stated.pop("sha256", None) is None or encode_manifest(stated) == content
    except (TypeError, ValueError):
        return False


def _secure_folder(folder: Path) -> None:
    """Let nobody but its owner read a folder, and return once all of it is on the disk."""
    paths = [folder, *folder.rglob("*")]
    for path in paths:
        path.chmod(PRIVATE_FOLDER_MODE if path.is_dir() else PRIVATE_FILE_MODE)
    with ThreadPoolExecutor(_FLUSHES_AT_ONCE) as pool:
        list(pool.map(_flush_to_disk, paths))


def _flush_to_disk(path: Path) -> None:
    """Return once a file, or the names in a folder, are on the disk; where a system keeps no such promise, at once."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        with suppress(OSError):  # a file system over a network need not know it
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_folder(folder: Path) -> None:
    """Remove a folder: at once from its place, so that nobody ever finds the half of it."""
    left = prepare_staging_folder(folder)
    folder.rename(left)
    shutil.rmtree(left)


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
    """Write one file, whole or not at all, for its owner alone to read."""
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
    """Where to write what will be the file, once it is written and on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    try:
        yield new
        new.chmod(PRIVATE_FILE_MODE)
        _flush_to_disk(new)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def list_output_files(folder: Path) -> list[str]:
    """Every file of a folder, by its path inside, but its manifest and what belongs to that: signature, time-stamps."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return [name for name in names if name != MANIFEST_FILE and not name.startswith(f"{MANIFEST_FILE}.")]
