"""One run at a time: a lock that the operating system lets go of when its holder ends, however it ends."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from platform import node

from audit.errors import AuditError, ExitCode, Problem

LOCK = ".lock"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Be the only run that writes into `folder`, until done.

    The file that is left behind by a run which was killed locks nothing, and is taken over. AuditError (CONFLICT)
    where another run is at work.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK
    held = _take(path)
    try:
        os.ftruncate(held, 0)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        os.write(held, f"process {os.getpid()} on {node() or 'this machine'} since {now}\n".encode())
        yield
    finally:
        _let_go(path, held)


def _take(path: Path) -> int:
    """A locked descriptor of the file that bears the name; refused where another process holds it."""
    while True:
        held = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(held)
        except OSError:
            os.close(held)
            raise AuditError(_busy(path), code=ExitCode.CONFLICT) from None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(held), path.stat()):
                return held
        os.close(held)  # its holder removed it in between: that file locks nobody out any more


def _let_go(path: Path, held: int) -> None:
    if sys.platform == "win32":
        os.close(held)  # an open file cannot be removed there
        with suppress(OSError):
            path.unlink()
    else:
        path.unlink(missing_ok=True)
        os.close(held)


def _lock(held: int) -> None:
    """Lock the file, or fail at once."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(held, 1 << 20, os.SEEK_SET)  # a byte far off, so that others can read who holds it
        msvcrt.locking(held, msvcrt.LK_NBLCK, 1)
        os.lseek(held, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _busy(path: Path) -> Problem:
    with suppress(OSError, UnicodeDecodeError):
        if said := path.read_text(encoding="utf-8").strip():
            return _refused(path, f"another run is at work here: {said}")
    return _refused(path, "another run is at work here")


def _refused(path: Path, what: str) -> Problem:
    return Problem(what=what, mend="Wait until it has ended, and run again.", file=str(path.parent))
