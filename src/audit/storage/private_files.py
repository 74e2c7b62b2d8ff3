"""Files that only their owner may read: what offices returned, and lists that name persons."""

import os
from pathlib import Path

PRIVATE_FOLDER_MODE, PRIVATE_FILE_MODE = 0o700, 0o600


def make_private_folder(folder: Path) -> Path:
    """Make a folder that only its owner may open, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(PRIVATE_FOLDER_MODE)
    return folder


def write_private_file(path: Path, content: bytes, *, replace: bool = False) -> None:
    """Write a file that only its owner may read, from its first byte on; FileExistsError where it is there already,
    unless it is to be replaced. It is there whole or not at all."""
    if path.exists() and not replace:
        raise FileExistsError(None, "the file is there already", str(path))
    aside = path.with_name(f".{path.name}.new")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
