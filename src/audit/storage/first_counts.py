"""What the first report of each earlier month told of that month, as it stands beside the report."""

import csv
from pathlib import Path

from audit.compliance.office_rates import MonthRate
from audit.errors import AuditError, ExitCode
from audit.storage.report_versions import ReportVersions

MONTHS_FILE = "tables/months.csv"


def read_first_counts(reports: ReportVersions, month: str) -> tuple[MonthRate, ...]:
    """All offices in every month before one that has a report with a ledger: what its first version told of it.

    A report without the table tells nothing. AuditError (CONFLICT) where what one told was altered.
    """
    firsts = [reports.list_versions(one)[0] for one in reports.list_months() if one < month]
    written = [one for one in firsts if MONTHS_FILE in one.outputs]
    needed = "is compared with what is known now"
    if problems := [problem for one in written for problem in one.find_alterations(MONTHS_FILE, needed=needed)]:
        raise AuditError(problems, code=ExitCode.CONFLICT)
    return tuple(rate for one in written for rate in _read_month(one.folder / MONTHS_FILE, one.name))


def _read_month(path: Path, month: str) -> list[MonthRate]:
    """The rows of one month, a measure each."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            MonthRate(
                measure=row["measure"],
                month=month,
                due=int(row["due"]),
                compliant=int(row["compliant"]),
                late=int(row["late"]),
            )
            for row in csv.DictReader(lines)
            if row["month"] == month
        ]
