"""The tables of a report as CSV text: counts and unrounded shares, for machines and for who checks the arithmetic."""

import csv
from collections.abc import Iterable
from dataclasses import astuple, fields
from datetime import date
from io import StringIO

from audit.compliance import OfficeRate
from audit.estimate import Estimate
from audit.ledger import OpenItem
from audit.reliability import CheckResult
from audit.report import Report
from audit.source import ControlTotals

Value = str | int | float | date | None


def tables(report: Report) -> dict[str, str]:
    """Every table of the report as CSV under its file name; a table without rows has its header alone.

    UTF-8, comma, line feed, blank for what is not known. Shares lie in [0, 1] and are not rounded, dates are ISO. The
    row of all offices together has no office code.
    """
    written = {
        "offices.csv": _csv(("measure", "grace_days", "counted", *_names(OfficeRate)), _offices(report)),
        "missing.csv": _csv(("measure", "grace_days", "counted", "missing", "units"), _missing(report)),
        "months.csv": _csv(("month", "due", "compliant", "late"), map(astuple, report.months)),
        "open_items.csv": _csv(_names(OpenItem), map(astuple, report.open_items)),
        "checks.csv": _csv(_names(CheckResult), map(astuple, report.checks)),
        "control_totals.csv": _csv(_names(ControlTotals), map(astuple, report.provenance.inputs)),
        "series.csv": _csv(
            ("series", "period", "value"), ((s.id, *point) for s in report.series for point in s.points)
        ),
    }
    if report.audit:
        written["cells.csv"] = _csv(("attribute", "outcome", "case_class", "cases", "words"), _cells(report))
        written["rates.csv"] = _csv(("group", *_names(Estimate)), _rates(report))
    return written


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


def _csv(header: Iterable[str], rows: Iterable[Iterable[Value]]) -> str:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()
