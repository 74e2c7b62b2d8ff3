"""One run at a time: a lock that the operating system lets go of when its holder ends, however it ends."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from platform import node

from audit.errors import AuditError, ExitCode, Problem

LOCK_FILE = ".lock"


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Be the only run that writes into `folder`, until done.

    The file that is left behind by a run which was killed locks nothing, and is taken over. AuditError (CONFLICT)
    where another run is at work.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK_FILE
    descriptor = _acquire_lock(path)
    try:
        os.ftruncate(descriptor, 0)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        os.write(descriptor, f"process {os.getpid()} on {node() or 'this machine'} since {now}\n".encode())
        yield
    finally:
        _release_lock(path, descriptor)


def _acquire_lock(path: Path) -> int:
    """A locked descriptor of the file that bears the name; refused where another process holds it."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock_file(descriptor)
        except OSError:
            os.close(descriptor)
            raise AuditError(_describe_holder(path), code=ExitCode.CONFLICT) from None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        os.close(descriptor)  # its holder removed it in between: that file locks nobody out any more


def _release_lock(path: Path, descriptor: int) -> None:
    if sys.platform == "win32":
        os.close(descriptor)  # an open file cannot be removed there
        with suppress(OSError):
            path.unlink()
    else:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _lock_file(descriptor: int) -> None:
    """Lock the file, or fail at once."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # a byte far off, so that others can read who holds it
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _describe_holder(path: Path) -> Problem:
    with suppress(OSError, UnicodeDecodeError):
        if holder := path.read_text(encoding="utf-8").strip():
            return _make_problem(path, f"another run is at work here: {holder}")
    return _make_problem(path, "another run is at work here")


def _make_problem(path: Path, what: str) -> Problem:
    return Problem(what=what, mend="Wait until it has ended, and run again.", file=str(path.parent))
