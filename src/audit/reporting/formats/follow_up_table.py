"""The table of the follow-up as the page shows it: the columns in which something stands, in the order of offices."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from audit import formatting
from audit.compliance.follow_up_summary import FollowUp, OfficeFollowUp
from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE
from audit.reporting.month_report import Report
from audit.reporting.office_order import order_follow_up

_COUNTS = (
    ("open_start", "Open before", "was open before"),
    ("new", "+ New", "is new"),
    ("reopened", "+ Reopened", "came back"),
    ("resolved", "− Resolved", "was resolved"),
    ("reclassified", "− Not required", "was found not to be required"),
    ("open_end", "= Open now", "is open"),
    ("over_90", "Over 90 days", "is older than 90 days"),
    ("back_dated", "Dated back", "was resolved by a record that concerns a day before its listing"),
    ("uninformative", "Says nothing", "was resolved by a record that does not say what was done"),
)  # field, heading, what is said where it is nowhere; None: it is part of the sum


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpRow:
    """One office, or all of them, cell by cell."""

    name: str
    cells: tuple[str, ...]
    is_low: bool = False  # escalated


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpTable:
    """The headings, the rows, the row of all, and in a sentence the columns that would be empty."""

    headings: tuple[str, ...]
    rows: tuple[FollowUpRow, ...]
    total: FollowUpRow
    nowhere: str
    still: tuple[str, ...]  # names of the offices in which nothing was or is open


def build_follow_up_table(report: Report, follow_up: FollowUp) -> FollowUpTable:
    """What moved by office; where the ledger begins, only what is open."""
    offices = order_follow_up(follow_up.offices, report.measures)
    named = [column for column in _COUNTS if follow_up.since or column[0] in ("open_end", "over_90")]
    shown = [column for column in named if column[0] == "open_end" or any(_read(one, column[0]) for one in offices)]
    empty = [words for name, _, words in named if (name, _, words) not in shown]
    within = report.plan is not None and any(one.resolved_within for one in offices)
    headings = [heading for _, heading, _ in shown]
    days = f"Resolved in {report.plan.days} days" if report.plan else ""
    readers: list[Callable[[OfficeFollowUp], str]] = [_make_reader(name) for name, _, _ in shown]
    totals = [formatting.format_count(sum(_read(one, name) for one in offices)) for name, _, _ in shown]
    if within:
        place = headings.index("Over 90 days") + 1 if "Over 90 days" in headings else len(headings)
        headings[place:place] = [days, "Share"]
        readers[place:place] = [_format_within, _format_share]
        totals[place:place] = [_format_pair(follow_up.resolved_within), _format_pair_share(follow_up.resolved_within)]
    moved = {one.office for one in offices}
    return FollowUpTable(
        headings=tuple(headings),
        rows=tuple(
            FollowUpRow(name=one.name, cells=tuple(read(one) for read in readers), is_low=one.escalated)
            for one in offices
        ),
        total=FollowUpRow(name="All offices", cells=tuple(totals)),
        nowhere=_describe_nowhere(empty),
        still=tuple(sorted(one.name for one in follow_up.offices if one.office not in moved)),
    )


def describe_movement(report: Report, follow_up: FollowUp) -> Iterator[str]:
    """The page's first sentences: how many are open, fewer or more than before, and how many were resolved in time."""
    unit = formatting.format_plural(follow_up.open_end, "item")
    are = "is" if follow_up.open_end == 1 else "are"
    if follow_up.since:
        change = follow_up.open_end - follow_up.open_start
        than = (
            "as many as"
            if not change
            else f"{formatting.format_count(abs(change))} {'more' if change > 0 else 'fewer'} than"
        )
        yield f"{unit} {are} open, {than} a month ago."
    else:
        yield f"{unit} {are} open; the ledger begins with this report."
    if report.plan and follow_up.resolved_within and follow_up.resolved_within[1]:
        done, listed = follow_up.resolved_within
        yield (
            f"Of {formatting.format_plural(listed, 'item')} whose {report.plan.days} days ended since, "
            f"{formatting.format_count(done)} ({formatting.format_percent(done, listed, places=0)}) were resolved in "
            "that time."
        )


def _describe_nowhere(empty: Sequence[str]) -> str:
    return f"No item {formatting.format_list(empty, most=len(empty)).replace(' and ', ' or ')}." if empty else ""


def _read(office: OfficeFollowUp, name: str) -> int:
    value = getattr(office, name)
    assert isinstance(value, int)
    return value


def _make_reader(name: str) -> Callable[[OfficeFollowUp], str]:
    return lambda office: formatting.format_count(_read(office, name))


def _format_within(office: OfficeFollowUp) -> str:
    return _format_pair(office.resolved_within)


def _format_share(office: OfficeFollowUp) -> str:
    return _format_pair_share(office.resolved_within)


def _format_pair(pair: tuple[int, int] | None) -> str:
    if not pair or not pair[1]:
        return formatting.UNKNOWN_MARK
    return f"{formatting.format_count(pair[0])} of {formatting.format_count(pair[1])}"


def _format_pair_share(pair: tuple[int, int] | None) -> str:
    if not pair or pair[1] < MINIMUM_CASES_FOR_RATE:
        return "too few" if pair and pair[1] else formatting.UNKNOWN_MARK
    return formatting.format_percent(*pair, places=0)
