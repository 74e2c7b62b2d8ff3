"""How many items earlier months' reports had open at their close, as it stands beside those reports."""

import csv
from pathlib import Path

from audit.compliance.follow_up_summary import BacklogMonth
from audit.errors import AuditError, ExitCode
from audit.storage.report_versions import ReportVersions

FOLLOW_UP_FILE = "tables/follow_up.csv"
SHOWN_MONTHS = 5  # before the report's own


def read_earlier_backlogs(reports: ReportVersions, month: str) -> tuple[BacklogMonth, ...]:
    """The last SHOWN_MONTHS months before one that have a report with a follow-up, in order: by their last version.

    AuditError (CONFLICT) where what one told was altered.
    """
    versions = [reports.list_versions(one)[-1] for one in reports.list_months() if one < month][-SHOWN_MONTHS:]
    written = [one for one in versions if FOLLOW_UP_FILE in one.outputs]
    needed = "is compared with what is open now"
    if problems := [problem for one in written for problem in one.find_alterations(FOLLOW_UP_FILE, needed=needed)]:
        raise AuditError(problems, code=ExitCode.CONFLICT)
    return tuple(_sum_offices(one.folder / FOLLOW_UP_FILE, one.name) for one in written)


def _sum_offices(path: Path, month: str) -> BacklogMonth:
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [(int(row["open_end"]), int(row["over_90"])) for row in csv.DictReader(lines)]
    return BacklogMonth(month=month, open_end=sum(n for n, _ in rows), over_90=sum(n for _, n in rows))
