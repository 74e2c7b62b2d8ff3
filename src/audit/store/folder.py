"""Folders of output: written aside, renamed into place, and described by a manifest that makes a rerun a no-op."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audit.error import AuditError, ExitCode, Problem

MANIFEST = "manifest.json"


def publish(folder: Path, files: Mapping[str, bytes], *, inputs: Mapping[str, Any]) -> None:
    """Write `files` (relative path → bytes) as `folder`, whole or not at all, with a manifest of their digests.

    A folder that stands in the way is replaced in one rename; a run that is killed leaves at most a hidden folder,
    which the next run removes.
    """
    aside = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    for name, content in files.items():
        path = aside / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    outputs = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    (aside / MANIFEST).write_bytes(as_json({"schema": "audit-manifest/1", "inputs": inputs, "outputs": outputs}))
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    aside.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def stands(folder: Path, *, inputs: Mapping[str, Any]) -> bool:
    """Whether `folder` already holds, untouched, what these inputs make.

    Raises AuditError (CONFLICT) where it holds something else: made from other inputs, or altered since.
    """
    path = folder / MANIFEST
    if not path.exists():
        return False
    manifest, given = json.loads(path.read_bytes()), json.loads(as_json(inputs))
    problems = [
        Problem(
            what=f"was made from other inputs ({', '.join(differing)} differ)",
            mend="Write elsewhere with --reports, or replace it with --overwrite.",
            file=str(folder),
        )
        for differing in [[name for name, value in given.items() if manifest["inputs"].get(name) != value]]
        if differing
    ]
    problems += [
        Problem(
            what="was changed or removed since the report was written",
            mend="Keep a copy if it matters, then replace the report with --overwrite.",
            file=str(folder / name),
        )
        for name, digest in manifest["outputs"].items()
        if digest_of(folder / name) != digest
    ]
    if problems:
        raise AuditError(problems, code=ExitCode.CONFLICT)
    return True


def write(path: Path, content: bytes) -> None:
    """Write one file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.new")
    aside.write_bytes(content)
    aside.replace(path)


def as_json(value: Any) -> bytes:
    """JSON as people can read it: UTF-8, two spaces, keys in the order given, a line end; dates in ISO form."""
    return (json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n").encode()


def digest_of(path: Path) -> str | None:
    """The SHA-256 of a file's bytes; None where there is no file."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
