"""The tables of a report, and those tables as CSV: counts and unrounded shares, for who checks the arithmetic."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import Any

import polars as pl

from audit.compliance.follow_up_summary import OfficeFollowUp
from audit.compliance.late_changes import LateChange
from audit.compliance.ledger import OpenItem
from audit.compliance.office_changes import OfficeChange
from audit.compliance.office_rates import MonthRate, OfficeRate
from audit.compliance.populations import PopulationResult
from audit.compliance.revisions import Revision
from audit.compliance.targets import OfficeTarget
from audit.compliance.trends import OfficeMonth
from audit.estimation.rates import Estimate
from audit.formatting import FORMULA, FORMULA_MARK, SIGNED_NUMBER, mark_formula
from audit.reporting.corrections import Correction, FigureChange
from audit.reporting.month_report import Report
from audit.tables.checks.results import CheckResult
from audit.tables.delivery import DeliveryTotal
from audit.tables.table import ControlTotals

# Limits that a rate is held against are no limits of that rate: their columns say which they are.
FUNNEL_COLUMNS = {name: f"funnel_{name}" for name in ("lower_95", "upper_95", "lower_998", "upper_998")}
CHART_COLUMNS = {name: f"chart_{name}" for name in ("lower", "upper")}
CellValue = str | int | float | bool | date | None


# The columns of rates; the method of their limits is in words, as the last. The others are in the record alone.
RECORD_ONLY_FIELDS = ("method", "treatment", "unrated", "limit_counts")
_RATE_COLUMNS = tuple(field.name for field in fields(Estimate) if field.name not in RECORD_ONLY_FIELDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTable:
    """One table of the report: its columns by the record's own names, and its rows."""

    header: tuple[str, ...]
    rows: tuple[tuple[CellValue, ...], ...]


def build_report_tables(report: Report) -> dict[str, ReportTable]:
    """Every table of the report under its name; one without rows has its header alone.

    Shares lie in [0, 1] and are not rounded. The row of all offices together has no office code.
    """
    by_name = {
        "offices": _make_table(
            ("measure", "grace_days", "counted", *(FUNNEL_COLUMNS.get(n, n) for n in _list_field_names(OfficeRate))),
            _list_office_rates(report),
        ),
        "missing": _make_table(("measure", "grace_days", "counted", "missing", "units"), _list_missing(report)),
        "months": _make_table(_list_field_names(MonthRate), map(astuple, report.months)),
        "office_months": _build_office_months(report),
        "checks": _make_table(_list_field_names(CheckResult), map(astuple, report.checks)),
        "control_totals": _make_table(_list_field_names(ControlTotals), map(astuple, report.provenance.inputs)),
    }
    if report.audience == "office":
        by_name["open_items"] = tabulate_records(OpenItem, report.open_items)
    if report.follow_up:
        by_name["follow_up"] = _build_follow_up(report.follow_up.offices)
    by_name |= {name: table for name, table in _build_results(report).items() if table.rows}
    if report.late_changes:
        by_name["late_changes"] = _make_table(
            _list_field_names(LateChange), ((*astuple(c)[:-1], " ".join(c.reports)) for c in report.late_changes)
        )
    if report.correction:
        by_name["corrections"] = _make_table(_list_field_names(FigureChange), _list_changes(report.correction))
    return by_name


def _build_results(report: Report) -> dict[str, ReportTable]:
    """What the month's record has beside the rates, each kind as a table."""
    targets = [
        (one.measure, one.target, one.source, *astuple(office)) for one in report.targets for office in one.offices
    ]
    delays = [
        (one.measure, one.of, days, compliant, one.due)
        for one in report.delays
        for days, compliant in zip(one.days, one.compliant, strict=True)
    ]
    return {
        "targets": _make_table(("measure", "target", "source", *_list_field_names(OfficeTarget)), targets),
        "changes": tabulate_records(OfficeChange, report.changes),
        "populations": tabulate_records(PopulationResult, report.populations),
        "delays": _make_table(("measure", "counted_from", "days", "compliant", "due"), delays),
        "revisions": tabulate_records(Revision, report.revisions),
        "delivery": _make_table(
            _list_field_names(DeliveryTotal),
            ((*astuple(one)[:-2], *map(_read_sum, (one.sum_stated, one.sum_read))) for one in report.delivery),
        ),
    }


def _read_sum(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _build_follow_up(offices: Iterable[OfficeFollowUp]) -> ReportTable:
    """Each office's movements; of those resolved within the declared days, the number and of how many."""
    names = [name for name in _list_field_names(OfficeFollowUp) if name != "resolved_within"]
    rows = ((*(getattr(one, name) for name in names), *(one.resolved_within or (None, None))) for one in offices)
    return _make_table((*names, "resolved_within", "listed_within"), rows)


def tabulate_records(kind: type, items: Iterable[Any]) -> ReportTable:
    """Many records of one kind, whose fields hold single values, as a table: a column a field."""
    names = _list_field_names(kind)
    return _make_table(names, map(attrgetter(*names), items))


def format_csv(table: ReportTable) -> str:
    """A table as CSV text: comma, line feed, blank for what is not known, dates in ISO form.

    Text that a spreadsheet would take for a formula is marked, as `mark_formula` does.
    """
    return "".join(",".join(map(_format_cell, row)) + "\n" for row in (table.header, *table.rows))


def encode_rows(rows: pl.DataFrame) -> bytes:
    """The same of rows of data: their CSV text in UTF-8, with text that begins like a formula marked."""
    texts = [name for name, kind in rows.schema.items() if kind == pl.String]
    marked = [
        pl.when(_is_formula(pl.col(name))).then(FORMULA_MARK + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name in texts
    ]
    return rows.with_columns(marked).write_csv().encode()


def _format_cell(cell: CellValue) -> str:
    """A cell as CSV has it; a carriage return is quoted too, which the `csv` module leaves to break the row."""
    text = mark_formula(cell) if isinstance(cell, str) else "" if cell is None else str(cell)
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\r\n') else text


def _is_formula(text: pl.Expr) -> pl.Expr:
    return text.str.contains(f"^{FORMULA}") & ~text.str.contains(f"^{SIGNED_NUMBER}$")


def _make_table(header: Iterable[str], rows: Iterable[Iterable[CellValue]]) -> ReportTable:
    return ReportTable(header=tuple(header), rows=tuple(map(tuple, rows)))


def _list_field_names(record: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(record) if field.name not in RECORD_ONLY_FIELDS)


def _list_office_rates(report: Report) -> Iterable[tuple[CellValue, ...]]:
    for result in report.measures:
        for office in (*result.offices, result.national):
            yield (result.measure, result.grace_days, result.counted, *astuple(office))


def _list_missing(report: Report) -> Iterable[tuple[CellValue, ...]]:
    for result in report.measures:
        for missing in result.missing:
            yield (result.measure, result.grace_days, result.counted, *missing)


def _build_office_months(report: Report) -> ReportTable:
    """Every office month by month; the public is not told how many items are open."""
    names = [name for name in _list_field_names(OfficeMonth) if name != "open_items" or report.audience == "office"]
    rows = (
        (trend.measure, one.office, one.name, *(getattr(month, name) for name in names))
        for trend in report.trends
        for one in trend.offices
        for month in one.months
    )
    header = ("measure", "office", "name", *(CHART_COLUMNS.get(name, name) for name in names))
    return _make_table(header, rows)


def _list_changes(correction: Correction) -> Iterable[tuple[CellValue, ...]]:
    """As text: one column holds counts, shares and days."""
    for one in correction.changes:
        yield one.figure, *(None if value is None else str(value) for value in (one.before, one.after))


def tabulate_estimates(groups: Iterable[tuple[str, Iterable[Estimate]]]) -> ReportTable:
    """Estimates as a table, each under the name of its group."""
    rows = (
        (group, *(getattr(estimate, name) for name in _RATE_COLUMNS), estimate.method_words)
        for group, estimates in groups
        for estimate in estimates
    )
    return _make_table(("group", *_RATE_COLUMNS, "method"), rows)
