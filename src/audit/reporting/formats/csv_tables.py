"""The tables of a report, and those tables as CSV: counts and unrounded shares, for who checks the arithmetic."""

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from datetime import date
from io import StringIO
from operator import attrgetter
from typing import Any

from audit.compliance.follow_up import OfficeFollowUp
from audit.compliance.late_changes import LateChange
from audit.compliance.ledger import OpenItem
from audit.compliance.office_rates import OfficeRate
from audit.compliance.trends import OfficeMonth
from audit.estimation.rates import Estimate
from audit.reporting.corrections import Change, Correction
from audit.reporting.report import Report
from audit.tables.checks.suites import CheckResult
from audit.tables.table import ControlTotals

Value = str | int | float | bool | date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of the report: its columns by the record's own names, and its rows."""

    header: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


def tables(report: Report) -> dict[str, str]:
    """Every table of the report as CSV under its file name; a table without rows has its header alone.

    UTF-8, comma, line feed, blank for what is not known. Shares lie in [0, 1] and are not rounded, dates are ISO. The
    row of all offices together has no office code.
    """
    return {f"{name}.csv": as_csv(table) for name, table in contents(report).items()}


def contents(report: Report) -> dict[str, Table]:
    """Every table of the report under its name."""
    held = {
        "offices": _table(("measure", "grace_days", "counted", *_names(OfficeRate)), _offices(report)),
        "missing": _table(("measure", "grace_days", "counted", "missing", "units"), _missing(report)),
        "months": _table(("month", "due", "compliant", "late"), map(astuple, report.months)),
        "office_months": _office_months(report),
        "checks": _table(_names(CheckResult), map(astuple, report.checks)),
        "control_totals": _table(_names(ControlTotals), map(astuple, report.provenance.inputs)),
        "series": _table(("series", "period", "value"), ((s.id, *point) for s in report.series for point in s.values)),
    }
    if report.audience == "office":
        held["open_items"] = records(OpenItem, report.open_items)
    if report.follow_up:
        held["follow_up"] = _table(_names(OfficeFollowUp), map(astuple, report.follow_up.offices))
    if report.late_changes:
        held["late_changes"] = _table(
            _names(LateChange), ((*astuple(c)[:-1], " ".join(c.reports)) for c in report.late_changes)
        )
    if report.correction:
        held["corrections"] = _table(_names(Change), _changes(report.correction))
    if report.audit:
        held["cells"] = _table(("attribute", "outcome", "case_class", "cases", "words"), _cells(report))
        held["rates"] = _table(("group", *_names(Estimate)), _rates(report))
    return held


def records(kind: type, held: Iterable[Any]) -> Table:
    """Many records of one kind, whose fields hold single values, as a table: a column a field."""
    names = _names(kind)
    return _table(names, map(attrgetter(*names), held))


def as_csv(table: Table) -> str:
    """A table as CSV text."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows(table.rows)
    return out.getvalue()


def _table(header: Iterable[str], rows: Iterable[Iterable[Value]]) -> Table:
    return Table(header=tuple(header), rows=tuple(map(tuple, rows)))


def _names(record: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(record))


def _offices(report: Report) -> Iterable[tuple[Value, ...]]:
    for result in report.measures:
        for office in (*result.offices, result.national):
            yield (result.measure, result.grace_days, result.counted, *astuple(office))


def _missing(report: Report) -> Iterable[tuple[Value, ...]]:
    for result in report.measures:
        for missing in result.missing:
            yield (result.measure, result.grace_days, result.counted, *missing)


def _office_months(report: Report) -> Table:
    """Every office month by month; the public is not told how many items are open."""
    names = [name for name in _names(OfficeMonth) if name != "open_items" or report.audience == "office"]
    rows = (
        (trend.measure, one.office, one.name, *(getattr(month, name) for name in names))
        for trend in report.trends
        for one in trend.offices
        for month in one.months
    )
    return _table(("measure", "office", "name", *names), rows)


def _changes(correction: Correction) -> Iterable[tuple[Value, ...]]:
    """As text: one column holds counts, shares and days."""
    for one in correction.changes:
        yield one.figure, *(None if value is None else str(value) for value in (one.before, one.after))


def _cells(report: Report) -> Iterable[tuple[Value, ...]]:
    if report.audit:
        for attribute, cells in (
            (report.audit.attribute, report.audit.cells),
            ("documentation", report.audit.documentation),
        ):
            yield from ((attribute, *astuple(cell)) for cell in cells)


def _rates(report: Report) -> Iterable[tuple[Value, ...]]:
    if report.audit:
        yield ("overall", *astuple(report.audit.overall))
        yield ("without permitted", *astuple(report.audit.without_permitted))
        yield from (("class", *astuple(estimate)) for estimate in report.audit.classes)
        yield from (("office", *astuple(estimate)) for estimate in report.audit.offices)
