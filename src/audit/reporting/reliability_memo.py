"""The data-reliability memorandum: what was tested to see whether the tables can be relied on, and no verdict."""

from collections.abc import Iterable, Iterator, Sequence

from audit.formatting import format_count, make_plain_text
from audit.tables.checks.results import CheckResult
from audit.tables.table import ControlTotals

_LEFT_TO_THE_AUDITOR = (
    ("Purpose for which the data are used", ""),
    ("What was known of them before: earlier audits, system documentation, interviews", ""),
    ("Controls of the systems that they come from", ""),
    ("Tracing from records to source documents: cases, and what agreed", ""),
    ("Tracing from source documents to records: cases, and what agreed", ""),
    ("Determination: sufficiently reliable, not sufficiently reliable, or undetermined, for that purpose", ""),
    ("By (role), on", ""),
)


def format_memorandum(
    title: str, inputs: Sequence[ControlTotals], checks: Sequence[CheckResult], needed: Sequence[tuple[str, int]]
) -> str:
    """The memorandum in Markdown: its parts by GAO's guide Assessing Data Reliability (GAO-20-283G, December 2019).

    What was tested here is filled in: rows read and set aside, the checks with what failed them, and `needed`, the
    facts that sampled cases lacked. What a person has to do or to judge is left to be filled in.
    """
    rows = [
        (t.table, t.file, format_count(t.rows_in), format_count(t.rows_used), format_count(t.rows_set_aside), t.sha256)
        for t in inputs
    ]
    tested = [
        (
            c.table,
            c.check,
            c.severity,
            format_count(c.units),
            format_count(c.failed),
            "not run" if c.not_run else "passed" if c.passed else "failed",
            c.why,
        )
        for c in checks
    ]
    lacked = [(name, format_count(cases)) for name, cases in needed]
    return "\n".join(
        [
            f"# Data-reliability memorandum: {make_plain_text(title)}",
            "",
            "What could be tested from the tables alone was, and stands below. The determination is the auditor's.",
            "",
            *_format_table("Tables read", ("Table", "File", "Rows in", "Used", "Set aside", "SHA-256"), rows),
            *_format_table(
                "Initial testing",
                ("Table", "Check", "Severity", "Looked at", "Failed", "Result", "Why it matters"),
                tested,
            ),
            *_format_table(
                "Facts that sampled cases lacked, and by which they would be decided", ("Fact", "Cases"), lacked
            ),
            *_format_table("Left to the auditor", ("Part", "Entry"), _LEFT_TO_THE_AUDITOR),
        ]
    )


def _format_table(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield from (f"## {title}", "", f"| {' | '.join(header)} |", f"|{' --- |' * len(header)}")
    for row in rows:
        yield f"| {' | '.join(make_plain_text(cell).replace('|', chr(92) + '|') for cell in row)} |"
    yield ""
