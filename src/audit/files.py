"""Files that are there whole or not at all, temporary folders, digests, and the seals of a journal's events."""

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from time import time
from typing import Any, ClassVar, Protocol
from uuid import uuid4

CACHE_FOLDER = ".read"  # beside a program's reports, of what runs keep for the next: safe to delete at any time
CLOCK_LAG_SECONDS = 2  # by which the clock of a file system may be behind
MOST_JSON_BYTES = 1_000_000_000  # of one record, manifest or line of a journal
_TEMPORARY_PREFIX, _HELD_FILE = "audit-temporary-", ".held"
_SECONDS_TO_BEGIN = 60
INITIAL_SEAL = "0" * 64  # before the first event of a journal


@contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """Where to write what will be the file at `path`: it is there whole, or not at all, however often it is begun."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        yield aside
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def make_temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder below TMPDIR, for its owner alone, that goes with this process, as do those that killed ones left."""
    remove_left_folders()
    folder = tempfile.TemporaryDirectory(prefix=_TEMPORARY_PREFIX)
    _hold_lock(Path(folder.name, _HELD_FILE))
    return folder


def remove_left_folders() -> None:
    """Remove the temporary folders of processes that were killed: those whose file nobody holds, where that shows."""
    if sys.platform == "win32":
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{_TEMPORARY_PREFIX}*"):
        with suppress(OSError):  # of another user, or removed meanwhile
            held = folder / _HELD_FILE
            is_new = time() - folder.stat().st_mtime < _SECONDS_TO_BEGIN  # its file may not be there yet
            descriptor = _hold_lock(held) if held.exists() else None
            if descriptor is not None:
                os.close(descriptor)
            if descriptor is not None or not (held.exists() or is_new):
                shutil.rmtree(folder, ignore_errors=True)


def _hold_lock(path: Path) -> int | None:
    """Hold a file for as long as this process lives; None where another holds it, or the system cannot tell."""
    if sys.platform == "win32":
        return None
    import fcntl

    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def encode_json(value: Any) -> bytes:
    """JSON as people can read it: UTF-8, two spaces, keys in the order given, a line end; dates in ISO form."""
    return (json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n").encode()


def parse_json(content: bytes) -> Any:
    """What a JSON text says. ValueError for whatever is wrong with it, too deep or too large among them."""
    if len(content) > MOST_JSON_BYTES:
        raise ValueError("too large")
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def hash_file(path: Path) -> str | None:
    """The SHA-256 of a file's bytes; None where there is no file."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_files(paths: Iterable[Path]) -> str:
    """The SHA-256 of what `sha256sum` prints of the files, by their names alone and in the order given."""
    return hashlib.sha256("".join(f"{hash_file(path)}  {path.name}\n" for path in paths).encode()).hexdigest()


@cache
def hash_source_code() -> str:
    """The digest of this program, templates and fonts included: another version of it may find otherwise.

    It is taken once a process: what was loaded stays the same, whatever becomes of the files. The suites that only a
    wheel has in this folder are left out: they are an input.
    """
    package = Path(__file__).parent
    paths = [path for path in sorted(package.rglob("*")) if path.is_file()]
    left_out = {"__pycache__", "expectations"}
    return hash_files(path for path in paths if not left_out & {*path.relative_to(package).parts})


class JournalEvent(Protocol):
    """A dataclass whose events follow each other, numbered from 1, each with a seal of itself and the seal before."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def number(self) -> int: ...  # noqa: D102
    @property
    def seal(self) -> str: ...  # noqa: D102


def seal_event(stated: Mapping[str, Any], before: str) -> str:
    """The seal of what an event states, all but its seal, after the event with the seal `before`: SHA-256, hex."""
    text = json.dumps(stated, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(f"{before}{text}".encode()).hexdigest()


def find_broken_event(events: Sequence[JournalEvent]) -> int | None:
    """The number of the first event that was altered, removed or put in since it was appended; None where none was."""
    seal = INITIAL_SEAL
    for number, event in enumerate(events, start=1):
        stated = {name: value for name, value in asdict(event).items() if name != "seal"}
        if event.number != number or event.seal != seal_event(stated, seal):
            return number
        seal = event.seal
    return None
