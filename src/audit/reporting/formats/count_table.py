"""The table of what was counted as the page shows it: from what was received to what is recorded, in sums."""

from collections.abc import Iterator
from dataclasses import dataclass

from audit import formatting
from audit.compliance.office_rates import MeasureResult
from audit.reporting.month_report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRow:
    """One line of the sum."""

    words: str
    n: int
    is_sum: bool = False
    is_part: bool = False  # of the line above, and in no sum


def list_count_rows(report: Report, result: MeasureResult) -> list[CountRow]:
    """Received, less what does not count, is counted; in time, late and missing by kind add up to it.

    Empty where the public is not told what was received.
    """
    nation = result.national
    if nation.received is None:
        return []
    own = report.rate_population
    return [
        CountRow(words="received", n=nation.received, is_sum=True),
        *_list_left_out(result),
        CountRow(
            words=f"= {own.unit[1]} counted" if own else "= counted",
            n=nation.due,
            is_sum=True,
        ),
        *_list_found(report, result),
    ]


def _list_left_out(result: MeasureResult) -> Iterator[CountRow]:
    nation = result.national
    yield from (CountRow(words=f"− {reason}", n=n) for reason, n in result.exclusions)
    others = {
        "− not under this duty": nation.not_applicable,
        "− withheld in the tables (redacted)": nation.redacted,
        "− pending: days allowed remain": nation.pending,
    }
    yield from (CountRow(words=words, n=n) for words, n in others.items() if n)


def _list_found(report: Report, result: MeasureResult) -> Iterator[CountRow]:
    nation = result.national
    yield CountRow(words="in time" if result.timed else "recorded", n=nation.compliant)
    if nation.late:
        known = f", by {formatting.format_day(report.as_of)}" if report.as_of else ""
        yield CountRow(words=f"late{known}", n=nation.late)
    if result.missing:
        yield from (CountRow(words=f"missing: {label}", n=n) for label, n in result.missing)
    elif nation.missing:
        yield CountRow(words="missing", n=nation.missing)
    if nation.unmet:
        yield CountRow(words="recorded as not done", n=nation.unmet)
    if result.identified and (without := nation.due - result.identified[1]):
        yield CountRow(words="of those counted, without an identifier of a person", n=without, is_part=True)
