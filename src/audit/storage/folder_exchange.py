"""Two folders change places in one step, where the system can do that: neither is absent for a moment."""

import ctypes
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # of Linux: renameat2(2)
_RENAME_SWAP = 2  # of macOS: renamex_np(2)


def exchange_folders(one: Path, other: Path) -> bool:
    """Let two folders of one file system change places; False where the system cannot, and nothing was done."""
    return _exchange_paths(os.fsencode(one), os.fsencode(other)) == 0


def _exchange_paths(one: bytes, other: bytes) -> int:
    library = _load_library()
    if sys.platform == "darwin" and hasattr(library, "renamex_np"):
        return int(library.renamex_np(one, other, _RENAME_SWAP))
    if sys.platform == "linux" and hasattr(library, "renameat2"):
        return int(library.renameat2(_AT_FDCWD, one, _AT_FDCWD, other, _RENAME_EXCHANGE))
    return -1


@cache
def _load_library() -> Any:
    return None if sys.platform == "win32" else ctypes.CDLL(None, use_errno=True)
