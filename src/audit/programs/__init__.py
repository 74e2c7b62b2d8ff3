"""What one audit declares, and the audits that ship: one folder each, found by being there."""

from difflib import get_close_matches
from pathlib import Path

from audit.errors import AuditError, ExitCode, Problem

# What other folders may use: modules, and the two functions below.
__all__ = [
    "analyses",
    "audit_report",
    "census_problems",
    "declaration",
    "discrepancies",
    "duties",
    "find_program_folder",
    "findings",
    "full_report",
    "joins",
    "list_programs",
    "measures",
    "office_tiles",
    "program_problems",
    "used_columns",
    "withheld_columns",
    "withholding",
]

_PROGRAMS_FOLDER = Path(__file__).parent


def list_programs() -> list[str]:
    """The shipped programs, by name."""
    return sorted(path.parent.name for path in _PROGRAMS_FOLDER.glob("*/program.toml"))


def find_program_folder(name: str) -> Path:
    """The folder of a shipped program, or the path itself where `name` is one: of a program kept elsewhere.

    AuditError (UNREADABLE) where it is neither.
    """
    shipped = list_programs()
    if name in shipped:
        return _PROGRAMS_FOLDER / name
    if not Path(name).is_dir():
        similar = get_close_matches(name, shipped, n=1)
        mend = f"Did you mean {similar[0]}? " if similar else ""
        mend += f"Name a shipped program ({', '.join(shipped)}) or a folder that holds a program.toml."
        what = f"there is no program and no folder named {name}"
        raise AuditError(Problem(what=what, mend=mend), code=ExitCode.UNREADABLE)
    return Path(name)
