"""What one audit declares, and the audits that ship: one folder each, found by being there."""

from pathlib import Path

_PROGRAMS_FOLDER = Path(__file__).parent


def list_programs() -> list[str]:
    """The shipped programs, by name."""
    return sorted(path.parent.name for path in _PROGRAMS_FOLDER.glob("*/program.toml"))


def find_program_folder(name: str) -> Path:
    """The folder of a shipped program, or the path itself where `name` is one: of a program kept elsewhere."""
    return _PROGRAMS_FOLDER / name if name in list_programs() else Path(name)
