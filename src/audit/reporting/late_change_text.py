"""The words for late changes: what has changed of the tables since the reports that were made from them."""

import shlex
from collections.abc import Iterator, Sequence
from itertools import groupby

from audit.compliance.late_changes import LateChange
from audit.formatting import format_count, format_list, format_plural


def describe_late_changes(changes: Sequence[LateChange]) -> list[tuple[str, str]]:
    """Each table's name, and in words what has changed of it."""
    by_table = groupby(changes, key=lambda change: change.table)
    return [(table, "; ".join(_describe_table_changes([*those]))) for table, those in by_table]


def describe_correction(program: str, months: Sequence[str], options: Sequence[str]) -> str:
    """What of late changes concerns the issued reports of these months, and the command that corrects them.

    `options` are those with which the program was run, as words of the command line.
    """
    since = ["--since", months[0]] if len(months) > 1 else []
    command = shlex.join(["audit", "run", program, *since, "--month", months[-1], *options, "--correct"])
    corrections = "corrections of those that come out otherwise" if since else "its correction"
    return f'issued, and left unchanged: {format_report_months(months)}. To write {corrections}: {command} "why"'


def _describe_table_changes(changes: Sequence[LateChange]) -> Iterator[str]:
    """What has changed of one table."""
    for kind, several in groupby(changes, key=lambda change: change.kind):
        those = [*several]
        reports = format_report_months(sorted({month for change in those for month in change.reports}))
        if kind == "columns":
            yield f"other columns are read than for {reports}, so its rows cannot be compared with those of then"
            continue
        each = [f"{change.what or 'without a day'} ({_format_counts(change)})" for change in those]
        few = format_list(each, most=12)
        if kind == "file":
            yield (
                f"{format_plural(len(those), 'file')} not as {reports} had {'it' if len(those) == 1 else 'them'}: {few}"
            )
        else:
            yield f"rows not as {reports} had them: {few}"
    if {change.kind for change in changes} == {"file"}:
        yield "the rows that are read of them are the same"


def _format_counts(change: LateChange) -> str:
    if change.now is None:
        return f"{format_plural(change.before or 0, 'row')} then, gone now"
    if change.before == change.now:
        return f"{format_plural(change.now, 'row')} as then, with other contents"
    return f"{format_plural(change.before or 0, 'row')} then, {format_count(change.now)} now"


def format_report_months(reports: Sequence[str]) -> str:
    """The reports of these months, in words."""
    few = format_list(reports, most=3) if len(reports) <= 3 else f"{reports[0]} to {reports[-1]}"
    return f"the {'report' if len(reports) == 1 else 'reports'} of {few}"
