"""Failures of the libraries that read files, as a message about the file."""

from collections.abc import Iterator
from contextlib import contextmanager

import fastexcel
import polars as pl

from audit.errors import AuditError, ExitCode, Problem

_LIBRARY_ERRORS = (pl.exceptions.PolarsError, fastexcel.FastExcelError, ValueError)  # a sheet not found is the last


def is_panic(error: BaseException) -> bool:
    """Whether a library written in Rust gave up: each has a class of its own for it, no `Exception`, of one name."""
    return type(error).__name__ == "PanicException"


@contextmanager
def refuse_damaged_file(what: str, mend: str, *, file: str, sheet: str | None = None) -> Iterator[None]:
    """Within it, whatever polars or the workbook reader fails with is an `AuditError` (UNREADABLE) about the file."""
    try:
        yield
    except BaseException as error:
        if not isinstance(error, _LIBRARY_ERRORS) and not is_panic(error):
            raise
        problem = Problem(what=what, mend=mend, file=file, sheet=sheet)
        raise AuditError(problem, code=ExitCode.UNREADABLE) from None
