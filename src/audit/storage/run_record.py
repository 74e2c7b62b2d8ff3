"""What a run read, where its reports stand and what it answered, kept so that the next can tell that all is the same.

Nothing but bytes is trusted: each file is digested anew, each folder listed anew, and each report compared with its
manifest. Whatever differs, or cannot be read, makes the next run do its work. No table library is loaded for it.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from audit.files import (
    CACHE_FOLDER,
    CLOCK_LAG_SECONDS,
    encode_json,
    hash_file,
    hash_source_code,
    parse_json,
    write_atomically,
)
from audit.storage.lock import LOCK_FILE
from audit.storage.up_to_date_reports import find_alterations

_NO_INPUTS = {LOCK_FILE, "__pycache__"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The paths below a folder that a pattern matched; None where there was no such folder."""

    folder: str
    pattern: str
    paths: list[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run, as far as the next needs it."""

    listings: Sequence[Listing]  # of the folders that were searched for inputs
    files: Mapping[str, str | None]  # each input with the digest of what was read; None where it was absent
    reports: Sequence[str]  # the folders of the reports that were asked for
    answer: Mapping[str, Any]  # what the same run says when it has nothing to write

    def holds(self) -> bool:
        """Whether the inputs are the same, byte for byte, and the reports are there, untouched."""
        return (
            all(list_folder(Path(one.folder), one.pattern) == one for one in self.listings)
            and all(hash_file(Path(path)) == digest for path, digest in self.files.items())
            and not any(find_alterations(Path(folder), mend="") for folder in self.reports)
        )


def list_folder(folder: Path, pattern: str) -> Listing:
    """What a folder holds now of the paths that match a pattern."""
    paths = (
        sorted(str(path) for path in folder.glob(pattern) if path.name not in _NO_INPUTS) if folder.is_dir() else None
    )
    return Listing(folder=str(folder), pattern=pattern, paths=paths)


def hash_settled_file(path: Path, *, began: float) -> str | None:
    """The digest of a file; OSError where it was changed since the run began, so that the run may have read another."""
    if path.exists():
        stat = path.stat()
        if max(stat.st_mtime, stat.st_ctime) >= began - CLOCK_LAG_SECONDS:
            raise OSError(f"{path} was changed during the run")
    return hash_file(path)


def name_run_record(request: Mapping[str, Any]) -> str:
    """The name of the record's file: a digest of all that was asked and of this program."""
    whole = encode_json({"code": hash_source_code(), "request": request})
    return f"run-{hashlib.sha256(whole).hexdigest()[:32]}.json"


def find_run_records(reports: Path, request: Mapping[str, Any]) -> Iterator[tuple[Path, RunRecord]]:
    """The records of the same request in the folders of programs below `reports`, each with its program's folder."""
    for path in reports.glob(f"*/{CACHE_FOLDER}/{name_run_record(request)}"):
        with suppress(OSError, ValueError, TypeError, KeyError):
            read = parse_json(path.read_bytes())
            listings = [Listing(**one) for one in read.pop("listings")]
            yield path.parents[1], RunRecord(**read, listings=listings)


def write_run_record(reports: Path, request: Mapping[str, Any], record: RunRecord) -> None:
    """Keep a record in the folder of a program's reports. Nothing depends on it: without room, there is none."""
    with suppress(OSError), write_atomically(reports / CACHE_FOLDER / name_run_record(request)) as path:
        path.write_bytes(encode_json(asdict(record)))
