"""What is wrong, where, and what to do about it: the one kind of failure a user ever sees."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import Any


class ExitCode(IntEnum):
    """How a command ended, as the shell sees it."""

    OK = 0
    DATA = 1  # checks ran, and the data failed them
    USAGE = 2  # the command or a declaration asks for something that cannot be done
    UNREADABLE = 3  # an input is missing or cannot be read
    CONFLICT = 4  # an output exists and differs
    CRASH = 70  # a defect of this program


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong. It names places, never cell values: those may concern a person."""

    what: str
    mend: str
    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        place = [self.file] if self.file else []
        if self.sheet:
            place.append(f"sheet {self.sheet}")
        if self.row is not None:
            place.append(f"row {self.row:,}")
        if self.column:
            place.append(f"column {self.column}")
        where = ", ".join(place) + ": " if place else ""
        return f"{where}{self.what}. {self.mend}"


class AuditError(Exception):
    """Every problem that stopped the work, together, with the exit code that says of which kind."""

    def __init__(self, problems: Problem | Iterable[Problem], *, code: ExitCode) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        self.code = code
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[Any, ...]:
        """What it is made of, for another process."""
        return partial(AuditError, code=self.code), (self.problems,)


def make_usage_error(what: str, mend: str) -> AuditError:
    """An error of what was asked or declared: what is wrong, and what to do."""
    return AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
