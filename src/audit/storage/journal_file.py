"""A journal on disk: a line an event, each sealed with the one before, on the disk before it counts."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from audit.errors import AuditError, ExitCode, Problem
from audit.files import INITIAL_SEAL, JournalEvent, find_broken_event, parse_json, seal_event
from audit.storage.private_files import PRIVATE_FILE_MODE

E = TypeVar("E", bound=JournalEvent)


def read_events(path: Path, make_event: Callable[[dict[str, Any]], E]) -> tuple[E, ...]:
    """The events, in order, each made of what its line states; none where there is no file.

    A last line that a killed run left half written never counted, and is not read. AuditError: UNREADABLE for a damaged
    line; DATA where a line was altered, removed or put in.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return ()
    return _parse_events(text[: text.rfind(b"\n") + 1], path, make_event)


@lru_cache(maxsize=2)  # a command reads one or two journals several times
def _parse_events(whole: bytes, path: Path, make_event: Callable[[dict[str, Any]], Any]) -> tuple[Any, ...]:
    events = []
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            events.append(make_event(parse_json(line)))
        except (KeyError, TypeError, ValueError):
            raise AuditError(_describe_damage(path, number), code=ExitCode.UNREADABLE) from None
    if (at := find_broken_event(events)) is not None:
        raise AuditError(_describe_break(path, at), code=ExitCode.DATA)
    return tuple(events)


def read_seals(path: Path) -> tuple[str, ...]:
    """The seal of every event of a journal of any kind, in order; AuditError as `read_events`."""
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return ()
    seals = [INITIAL_SEAL]
    for number, line in enumerate(lines, start=1):
        try:
            stated = dict(parse_json(line))
            seal, place = stated.pop("seal"), stated["number"]
        except (KeyError, TypeError, ValueError):
            raise AuditError(_describe_damage(path, number), code=ExitCode.UNREADABLE) from None
        if place != number or seal != seal_event(stated, seals[-1]):
            raise AuditError(_describe_break(path, number), code=ExitCode.DATA)
        seals.append(seal)
    return tuple(seals[1:])


def _describe_damage(path: Path, row: int) -> Problem:
    return Problem(what="is damaged", mend="Restore it from a copy.", file=str(path), row=row)


def _describe_break(path: Path, row: int) -> Problem:
    what = "does not follow from the lines before it: a line was altered, removed or put in"
    return Problem(what=what, mend="Restore the journal from a copy.", file=str(path), row=row)


def append_events(path: Path, events: Sequence[JournalEvent]) -> None:
    """Append events, and return once they are on the disk."""
    lines = "".join(f"{json.dumps(asdict(event), ensure_ascii=False, default=str)}\n" for event in events)
    append_lines(path, lines.encode())


def append_lines(path: Path, lines: bytes) -> None:
    """Append whole lines, and return once they are on the disk; what a killed run left half written is cut off.

    A new file is for its owner alone to read.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE_MODE)
    with os.fdopen(descriptor, "r+b") as file:
        whole = file.read().rfind(b"\n") + 1
        file.seek(whole)
        file.truncate()
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())
