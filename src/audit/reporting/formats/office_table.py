"""The table of offices as the page shows it: one row an office, with its rate as a column of the table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from audit import formatting
from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE, MeasureResult, OfficeRate
from audit.compliance.targets import TargetResult
from audit.reporting.figures import office_strip
from audit.reporting.figures.canvas import Caption
from audit.reporting.figures.office_strip import StripMark, StripScale
from audit.reporting.formats.inline_figure import Picture, make_picture
from audit.reporting.month_report import Report
from audit.reporting.month_text import find_target
from audit.reporting.office_order import order_offices

_NO_WORDS = Caption(title="", subtitle="", note="", alt="")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeRow:
    """One office: its counts, and the cells that follow from them in words."""

    counts: OfficeRate
    lacking: int  # due, and neither in time nor late
    rate: str
    change: str
    twelve: str
    strip: Picture | None
    gap: str
    is_low: bool  # falls short of the target, or of the rate of all, by more than chance


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeTable:
    """The rows in the report's order, the row of all, and which columns there are."""

    rows: tuple[OfficeRow, ...]
    total: OfficeRow
    target: TargetResult | None
    axis: Picture | None  # the heading of the column of rates
    marks: tuple[tuple[str, Picture], ...]  # standing → its mark, for the words below
    has_change: bool
    has_twelve: bool
    has_gap: bool
    has_unmet: bool  # what lacks is missing, or recorded as not done
    without_cases: tuple[str, ...]  # names of the offices that received none
    none_due: tuple[str, ...]  # names of those of whose cases none was due


def build_office_table(report: Report, result: MeasureResult) -> OfficeTable:
    """The table of one measure, counted by unit at its first grace period."""
    target = find_target(report, result.measure)
    scale = office_strip.make_strip_scale(result, target) if len(result.rated) > 1 else None
    changes = {one.office: one for one in report.changes if one.measure == result.measure}
    rows = tuple(
        _build_row(
            office,
            target,
            scale=scale,
            mark=dict(office_strip.list_marks(result, target)).get(office.office),
            change=changes[office.office].last_month if office.office in changes else None,
            twelve=changes[office.office].twelve_months if office.office in changes else None,
        )
        for office in order_offices(result)
    )
    return OfficeTable(
        rows=rows,
        total=_build_total(report, result, target),
        target=target,
        axis=make_picture(office_strip.make_strip_caption(scale), office_strip.render_strip_axis(scale))
        if scale
        else None,
        marks=_list_mark_pictures(target) if scale else (),
        has_change=any(one.last_month is not None for one in changes.values()),
        has_twelve=any(one.twelve_months is not None for one in changes.values()),
        has_gap=target is None or any(one.gap is not None for one in target.offices),
        has_unmet=bool(result.national.unmet),
        without_cases=_list_names(one for one in result.offices if not (one.received or one.due)),
        none_due=_list_names(one for one in result.offices if one.received and not one.due),
    )


def list_largest_gaps(table: OfficeTable, most: int = 5) -> list[OfficeRow]:
    """The offices that lack most to the target, or else to all, by the size of the gap."""
    if not table.has_gap or len(table.rows) < 2:
        return []
    gaps = [(_count_gap(row.counts, table.target) or 0, row) for row in table.rows if row.counts.is_rated]
    ordered = sorted(((n, row) for n, row in gaps if n), key=lambda one: (-one[0], one[1].counts.name))
    return [row for _, row in ordered[:most]]


def sum_gaps(table: OfficeTable, rows: Sequence[OfficeRow]) -> tuple[int, int]:
    """The gap of some offices, and of all."""
    whole = table.target.gap if table.target else table.total.counts.due - table.total.counts.compliant
    return sum(_count_gap(row.counts, table.target) or 0 for row in rows), whole or 0


def list_largest_changes(report: Report, table: OfficeTable, result: MeasureResult, most: int = 5) -> list[OfficeRow]:
    """The offices whose rate moved most since last month, from the largest rise to the largest fall."""
    moved = {one.office: one.last_month for one in report.changes if one.measure == result.measure}
    rows = [(moved[row.counts.office] or 0.0, row) for row in table.rows if moved.get(row.counts.office)]
    largest = sorted(rows, key=lambda one: (-abs(one[0]), one[1].counts.name))[:most]
    return [row for _, row in sorted(largest, key=lambda one: (-one[0], one[1].counts.name))]


def _build_row(
    office: OfficeRate,
    target: TargetResult | None,
    *,
    scale: StripScale | None,
    mark: StripMark | None,
    change: float | None,
    twelve: float | None,
) -> OfficeRow:
    strip = None
    if scale:
        rated = mark is not None and office.timely is not None
        drawn = (
            office_strip.render_strip(office, scale, mark) if rated and mark else office_strip.render_empty_strip(scale)
        )
        strip = make_picture(_NO_WORDS, drawn)
    return OfficeRow(
        counts=office,
        lacking=office.due - office.compliant - office.late,
        rate=_format_rate(office),
        change=formatting.format_points(change),
        twelve=formatting.format_percent(twelve),
        strip=strip,
        gap=_format_gap(office, target),
        is_low=mark == "low",
    )


def _build_total(report: Report, result: MeasureResult, target: TargetResult | None) -> OfficeRow:
    """All offices together; its change and twelve months are those of the months of the report."""
    nation = result.national
    months = [month for month in report.months if month.measure in ("", result.measure)][-12:]
    shares = [month.compliant / month.due if month.due >= MINIMUM_CASES_FOR_RATE else None for month in months[-2:]]
    match shares:
        case [float(before), float(now)]:
            change: float | None = now - before
        case _:
            change = None
    due, compliant = sum(month.due for month in months), sum(month.compliant for month in months)
    whole = target.gap if target else nation.due - nation.compliant
    return OfficeRow(
        counts=nation,
        lacking=nation.due - nation.compliant - nation.late,
        rate=_format_rate(nation),
        change=formatting.format_points(change),
        twelve=formatting.format_percent(compliant / due if due >= MINIMUM_CASES_FOR_RATE else None),
        strip=None,
        gap=formatting.format_count(whole),
        is_low=False,
    )


def _format_rate(office: OfficeRate) -> str:
    if office.due < MINIMUM_CASES_FOR_RATE:
        return "too few" if office.due else "none due"
    return formatting.format_percent(office.compliant, office.due)


def _list_names(offices: Iterable[OfficeRate]) -> tuple[str, ...]:
    return tuple(sorted(office.name for office in offices))


def _count_gap(office: OfficeRate, target: TargetResult | None) -> int | None:
    if target is None:
        return office.due - office.compliant
    return next((one.gap for one in target.offices if one.office == office.office), None)


def _format_gap(office: OfficeRate, target: TargetResult | None) -> str:
    standing = next((one.standing for one in target.offices if one.office == office.office), "") if target else ""
    if target and standing in ("meets", "too few", ""):
        return {"meets": "met"}.get(standing, standing or formatting.UNKNOWN_MARK)
    return formatting.format_count(_count_gap(office, target))


def _list_mark_pictures(target: TargetResult | None) -> tuple[tuple[str, Picture], ...]:
    standings: dict[str, StripMark] = {"short": "low", "close": "close", "meets": "plain"} if target else {}
    return tuple((name, make_picture(_NO_WORDS, office_strip.render_mark(mark))) for name, mark in standings.items())
