"""The table of earlier months as the page shows it: first told and known now, where the two differ."""

from dataclasses import dataclass

from audit.formatting import capitalize, format_count, format_list, format_month, format_percent
from audit.reporting.month_report import Report

SHOWN_REVISIONS = 6  # earlier months on the page; the workbook has them all


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionTable:
    """The headings and the rows; what did not change in any month has one column."""

    about: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]  # month, cells


def build_revision_table(report: Report) -> RevisionTable:
    """The last SHOWN_REVISIONS earlier months; no rows where there is none."""
    shown = report.revisions[-SHOWN_REVISIONS:]
    pairs = {
        capitalize(report.rate_unit[1]): [(format_count(one.due_first), format_count(one.due_now)) for one in shown],
        "In time": [
            (format_percent(one.compliant_first, one.due_first), format_percent(one.compliant_now, one.due_now))
            for one in shown
        ],
        "Recorded": [
            (format_percent(one.recorded_first, one.due_first), format_percent(one.recorded_now, one.due_now))
            for one in shown
        ],
    }
    if all(one.recorded_now == one.compliant_now for one in report.revisions):
        del pairs["In time"]  # no day of entry plays a part
    headings: list[str] = []
    columns: list[list[str]] = []
    constant = [name for name, cells in pairs.items() if all(first == now for first, now in cells)]
    for name, cells in pairs.items():
        headings += [name] if name in constant else [f"{name}, first", "now"]
        columns += (
            [[first for first, _ in cells]] if name in constant else [list(part) for part in zip(*cells, strict=True)]
        )
    some = len(shown) < len(report.revisions)
    about = [f"The last {len(shown)} of them; the workbook has them all."] if some else []
    if constant and shown:
        words = {"In time": "the share in time", "Recorded": "the share recorded"}
        named = [words.get(name, f"the number of {report.rate_unit[1]}") for name in constant]
        told = f"{capitalize(format_list(named, most=len(named)))} did not change in any of them."
        about.append(told if len(constant) < len(pairs) else "None of them has changed.")
    return RevisionTable(
        about=" ".join(about),
        headings=tuple(headings),
        rows=tuple((format_month(one.month), tuple(column[n] for column in columns)) for n, one in enumerate(shown)),
    )
