"""What one audit declares, and the audits that ship: one folder each, found by being there."""

from pathlib import Path

_HERE = Path(__file__).parent


def names() -> list[str]:
    """The shipped programs, by name."""
    return sorted(path.parent.name for path in _HERE.glob("*/program.toml"))


def folder(name: str) -> Path:
    """The folder of a shipped program, or the path itself where `name` is one: of a program kept elsewhere."""
    return _HERE / name if name in names() else Path(name)
