"""A report's record read back from disk, as it was written."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from audit.errors import AuditError, ExitCode, Problem
from audit.reporting.month_report import Report
from audit.reporting.sample_report import SampleReport

REPORT_RECORD_FILE = "report.json"
RecordT = TypeVar("RecordT", Report, SampleReport)


def read_report(path: Path) -> Report:
    """The record in a `report.json`. AuditError (UNREADABLE) where it is none of this version of the program."""
    return _read_record(path, _make_month_adapter, mend="Run the month again with the program of today.")


def read_sample_report(path: Path) -> SampleReport:
    """The record of an audit report. AuditError (UNREADABLE) where it is none of this version of the program."""
    return _read_record(path, _make_audit_adapter, mend="Make the audit report again with the program of today.")


def _read_record(path: Path, adapter: Callable[[], TypeAdapter[RecordT]], *, mend: str) -> RecordT:
    try:
        return adapter().validate_json(path.read_bytes())
    except (OSError, ValidationError):
        problem = Problem(what="is not a record that this program reads", mend=mend, file=str(path))
        raise AuditError(problem, code=ExitCode.UNREADABLE) from None


@cache
def _make_month_adapter() -> TypeAdapter[Report]:
    return TypeAdapter(Report)


@cache
def _make_audit_adapter() -> TypeAdapter[SampleReport]:
    return TypeAdapter(SampleReport)
