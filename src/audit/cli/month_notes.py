"""What the verbs of a month refuse before they read a table, and what they say of a report that they replaced."""

import sys
from datetime import date
from typing import TYPE_CHECKING

from audit.cli.app import show_progress

if TYPE_CHECKING:
    from audit.workflow.publication import PublishedReport


def refuse_unfit_month(program: str, month: str | None, as_of: date | None) -> None:
    """Refuse, before any table is read, what is no period, or was not over on the day that is looked at."""
    from audit.workflow import monthly_report, program_data

    if month is not None:
        monthly_report.refuse_unfit_period(program_data.read_program_by_name(program), month, as_of)


def report_dropped_files(reports: "list[PublishedReport]") -> None:
    """Say what a report that was replaced had and the new one has not."""
    from audit.formatting import format_list

    show_progress("")
    for report in reports:
        if report.dropped:
            named = format_list(list(report.dropped), most=8)
            hint = ". With --packets they are written again" if "packets/" in report.dropped else ""
            sys.stderr.write(f"audit: {report.folder}: replaced; the report before had also {named}{hint}.\n")


def list_dropped_files(report: "PublishedReport") -> dict[str, tuple[str, ...]]:
    """That as facts; none where nothing was dropped."""
    return {"dropped": report.dropped} if report.dropped else {}
