"""The sheets of a workbook that together are one table, by their names or a pattern."""

import gzip
import zlib
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_list
from audit.tables.readers.workbooks import MOST_UNPACKED, list_sheets
from audit.tables.schema import Source

_WORKBOOK_SUFFIXES = (".xlsx", ".xlsm")


def list_table_sheets(path: Path, source: Source, *, file: str) -> Sequence[str | None]:
    """The sheets of a file that belong to the table, in their order in the file.

    That is [None] where the declaration asks for no several sheets, and of a file that is no workbook or cannot be
    opened, which its reader says. AuditError (USAGE) for a name or a pattern that no sheet has.
    """
    patterns = source.list_sheet_patterns()
    if not patterns or Path(path.name.lower().removesuffix(".gz")).suffix not in _WORKBOOK_SUFFIXES:
        return [None]
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as stream:
            data = stream.read(MOST_UNPACKED + 1)
        names = list_sheets(data[:MOST_UNPACKED], file=file, mend="Save it again.")
    except (OSError, EOFError, zlib.error, AuditError):
        return [None]
    if problems := list(_find_unknown_patterns(patterns, names, file)):
        raise AuditError(problems, code=ExitCode.USAGE)
    return [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]


def _find_unknown_patterns(patterns: Sequence[str], names: Sequence[str], file: str) -> Iterator[Problem]:
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            mend = f"Correct `sheets`. The file has {format_list(list(names), most=6)}."
            yield Problem(what=f'no sheet "{pattern}"', mend=mend, file=file)
