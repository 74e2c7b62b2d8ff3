"""Whether a step of the sample audit still belongs to the step before it, or is out of date and must be taken again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.files import encode_json, hash_file, parse_json
from audit.storage.output_folder import write_file

FRAME_FILE, FRAME_CASES_FILE, DESIGN_FILE, SAMPLE_FILE = "frame.json", "frame.txt", "design.json", "sample.json"
DETERMINATIONS_FILE, SETTLED_OUTCOMES_FILE = "determinations.csv", "settled.csv"
JOURNAL_FILE, SECOND_SAMPLE_FILE = "journal.jsonl", "second.json"


class Step(NamedTuple):
    """A step of the sample audit on disk: its file, the file of the step before it, and the command that takes it."""

    file: str
    follows: str
    command: str


STEPS = {
    step.file: step
    for step in (
        Step(file=DETERMINATIONS_FILE, follows=SAMPLE_FILE, command="assess"),
        Step(file=SETTLED_OUTCOMES_FILE, follows=DETERMINATIONS_FILE, command="settle"),
    )
}


def write_step(folder: Path, name: str, content: bytes) -> None:
    """Write a step's file, and beside it the digests by which the step and the one before it belong together."""
    write_file(folder / name, content)
    write_file(_find_digests(folder, name), encode_json(_hash_step(folder, name)))


def read_step(folder: Path, name: str) -> bytes:
    """A step's file as it was written.

    AuditError (USAGE) where it is out of date: it or the step before it was written or altered since.
    """
    step, path = STEPS[name], folder / name
    content = read_bytes(path, step.command)
    if read_json(_find_digests(folder, name), step.command) != _hash_step(folder, name):
        what = f"does not belong to {step.follows}: one of the two was written or altered since"
        raise AuditError(Problem(what=what, mend=suggest_step(step.command), file=str(path)), code=ExitCode.USAGE)
    return content


def _find_digests(folder: Path, name: str) -> Path:
    return (folder / name).with_suffix(".json")


def _hash_step(folder: Path, name: str) -> dict[str, str | None]:
    parts = [STEPS[name].follows, name]
    if name == SETTLED_OUTCOMES_FILE and (folder / JOURNAL_FILE).exists():
        parts.append(JOURNAL_FILE)
    return {part: hash_file(folder / part) for part in parts}


def read_bytes(path: Path, step: str) -> bytes:
    """The content of a file that a step writes. AuditError (UNREADABLE) names the step where it is not there."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        mend = f"Take the step before: audit {step}."
        problem = Problem(what="is not there yet", mend=mend, file=str(path))
        raise AuditError(problem, code=ExitCode.UNREADABLE) from None


def read_json(path: Path, step: str) -> dict[str, Any]:
    """The same of a file of JSON."""
    with refuse_damaged(path, mend=suggest_step(step)):
        return dict(parse_json(read_bytes(path, step)))


@contextmanager
def refuse_damaged(path: Path, *, mend: str) -> Iterator[None]:
    """Refuse a file that cannot be read in the form it was written in."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError, pl.exceptions.PolarsError):
        raise AuditError(Problem(what="is damaged", mend=mend, file=str(path)), code=ExitCode.UNREADABLE) from None


def suggest_step(step: str) -> str:
    """What to do where a step's file cannot be used."""
    return f"Take the step again: audit {step}."
