"""The sheets of a workbook that together are one table, by their names or a pattern."""

import zlib
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_list
from audit.tables.limits import ReadLimits, refuse_excess
from audit.tables.readers.unpacked import open_unpacked
from audit.tables.readers.workbooks import WORKBOOK_SUFFIXES, list_sheets
from audit.tables.schema import Source


def list_table_sheets(path: Path, source: Source, *, file: str) -> Sequence[str | None]:
    """The sheets of a file that belong to the table, in their order in the file.

    That is [None] where the declaration asks for no several sheets, and of a file that is no workbook or cannot be
    opened, which its reader says. AuditError (USAGE) for a name or a pattern that no sheet has.
    """
    patterns = source.list_sheet_patterns()
    if not patterns or Path(path.name.lower().removesuffix(".gz")).suffix not in WORKBOOK_SUFFIXES:
        return [None]
    try:
        data = read_workbook_bytes(path, source.limits, file=file)
        names = list_sheets(data, file=file, mend="Save it again.", limits=source.limits)
    except (OSError, EOFError, zlib.error, AuditError):
        return [None]
    if problems := list(_find_unknown_patterns(patterns, names, file)):
        raise AuditError(problems, code=ExitCode.USAGE)
    return [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]


def read_workbook_bytes(path: Path, limits: ReadLimits, *, file: str) -> bytes:
    """The bytes of a workbook. AuditError (UNREADABLE) where they are more than one may hold."""
    with open_unpacked(path, limits, file=file) as stream:
        data = stream.read(limits.workbook_bytes + 1)
    refuse_excess(len(data), limits, "workbook_bytes", "a workbook of {} bytes or more", file=file)
    return data


def _find_unknown_patterns(patterns: Sequence[str], names: Sequence[str], file: str) -> Iterator[Problem]:
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            mend = f"Correct `sheets`. The file has {format_list(list(names), most=6)}."
            yield Problem(what=f'no sheet "{pattern}"', mend=mend, file=file)
