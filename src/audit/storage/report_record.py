"""A report's record read back from disk, as it was written."""

from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from audit.errors import AuditError, ExitCode, Problem
from audit.reporting.report import Report

REPORT_RECORD_FILE = "report.json"


def read_report(path: Path) -> Report:
    """The record in a `report.json`. AuditError (UNREADABLE) where it is none of this version of the program."""
    try:
        return _make_adapter().validate_json(path.read_bytes())
    except (OSError, ValidationError):
        mend = "Run the month again with the program of today."
        problem = Problem(what="is not a record that this program reads", mend=mend, file=str(path))
        raise AuditError(problem, code=ExitCode.UNREADABLE) from None


@cache
def _make_adapter() -> TypeAdapter[Report]:
    return TypeAdapter(Report)
