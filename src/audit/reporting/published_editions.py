"""What a public edition that was issued tells of its own period; every later edition is held against all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from audit.compliance.office_rates import MeasureResult, MonthRate, OfficeRate
from audit.compliance.trends import OfficeMonth, OfficeTrend, Trend
from audit.formatting import format_plural
from audit.months import list_months
from audit.reporting.disclosure import EarlierCounts, has_small_change
from audit.tables.checks.results import CheckResult
from audit.tables.table import ControlTotals

if TYPE_CHECKING:
    from audit.reporting.month_report import Report

COMBINED_FLAG = "together"  # the flag of a row that stands for several offices


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedEdition:
    """The counts that one public edition tells of its own period, and those of whole tables."""

    period: str
    version: int
    on: date  # when it was issued
    measures: tuple[MeasureResult, ...]
    months: tuple[MonthRate, ...] = ()  # of a period of several
    trends: tuple[Trend, ...] = ()  # of a period of several
    checks: tuple[CheckResult, ...] = ()
    inputs: tuple[ControlTotals, ...] = ()
    ambiguous_links: int | None = None

    @property
    def own_months(self) -> list[str]:
        """The months of the period; none of a table without dates."""
        return [] if self.period == "all" else list_months(*(self.period.split("/") * 2)[:2])

    def find_result(self, result: MeasureResult) -> MeasureResult | None:
        """What it tells of a measure that is counted in the same way."""
        way = (result.measure, result.grace_days)
        return next((one for one in self.measures if (one.measure, one.grace_days) == way), None)

    def rate_own_months(self, result: MeasureResult) -> tuple[MonthRate, ...]:
        """All offices together in each month of the period that is told of a measure."""
        found = self.find_result(result)
        if found is None or not self.own_months:
            return ()
        if len(self.own_months) > 1:
            return tuple(month for month in self.months if month.measure == result.measure)
        nation = found.national
        return (
            MonthRate(
                measure=result.measure,
                month=self.period,
                due=nation.due,
                compliant=nation.compliant,
                late=nation.late,
            ),
        )

    def list_own_office_months(self, result: MeasureResult) -> Iterator[tuple[str, OfficeMonth]]:
        """Each office and month of the period that is told of a measure, with what was due."""
        found = self.find_result(result)
        if found and len(self.own_months) == 1:
            for row in list_rows_alone(found):
                if row.due:
                    yield (
                        row.office,
                        OfficeMonth(
                            month=self.period, due=row.due, compliant=row.compliant, late=row.late, open_items=None
                        ),
                    )
        if found and len(self.own_months) > 1:
            for office in self.list_trend_offices(result):
                for month in office.months:
                    yield office.office, month

    def list_trend_offices(self, result: MeasureResult) -> tuple[OfficeTrend, ...]:
        """The offices that a period of several months tells month by month."""
        return tuple(one for trend in self.trends if trend.measure == result.measure for one in trend.offices)


def build_published_edition(report: "Report") -> PublishedEdition:
    """What the record of an issued public edition tells of its own period."""
    assert report.sign_off is not None  # it was issued
    edition = PublishedEdition(
        period=report.period,
        version=report.version,
        on=report.sign_off.on,
        measures=report.measures,
        checks=report.checks,
        inputs=report.provenance.inputs,
        ambiguous_links=report.ambiguous_links,
    )
    if len(edition.own_months) < 2:
        return edition
    return select_own_months(edition, report.months, report.trends)


def select_own_months(
    edition: PublishedEdition, months: Sequence[MonthRate], trends: Sequence[Trend]
) -> PublishedEdition:
    """An edition of several months with those of its own period, out of all that are shown in it."""
    inside = set(edition.own_months)
    return replace(
        edition,
        months=tuple(month for month in months if month.month in inside),
        trends=tuple(
            replace(
                trend,
                months=tuple(month for month in trend.months if month in inside),
                offices=tuple(
                    replace(one, months=own, centre=None)
                    for one in trend.offices
                    if (own := tuple(month for month in one.months if month.month in inside))
                ),
            )
            for trend in trends
        ),
    )


def list_rate_counts(row: OfficeRate | MonthRate | OfficeMonth) -> tuple[int, int, int, int]:
    """What is told of an office, a month or both: due, in time, late, and by subtraction the rest."""
    return row.due, row.compliant, row.late, row.due - row.compliant - row.late


def list_rows_alone(result: MeasureResult) -> list[OfficeRate]:
    """The rows of a public measure that stand for one office, or for the cases without one."""
    return [row for row in result.offices if row.flag != COMBINED_FLAG]


def has_combined_offices(result: MeasureResult) -> bool:
    """Whether several offices stand in one row, so that nothing can be said of every office."""
    return any(row.flag == COMBINED_FLAG for row in result.offices)


def format_shown_offices(n: int, result: MeasureResult, office: str) -> str:
    """So many offices, in words; where others are told together, so many of those that are shown."""
    return f"{format_plural(n, office)}{' shown' if has_combined_offices(result) else ''}"


def collect_earlier_counts(result: MeasureResult, *, most: int = 4) -> EarlierCounts:
    """What a public measure tells of each row and of all, of the first so many of its counts."""
    alone = {row.office: list_rate_counts(row)[:most] for row in list_rows_alone(result)}
    return EarlierCounts(alone=alone, total=list_rate_counts(result.national)[:most])


def find_changed_tables(
    checks: Sequence[CheckResult], inputs: Sequence[ControlTotals], editions: Sequence[PublishedEdition], least: int
) -> set[str]:
    """The tables of which a number of rows, or of a check, differs by few from what an edition tells."""
    now = dict(_list_table_counts(checks, inputs))
    return {
        table
        for one in editions
        for (table, what), count in _list_table_counts(one.checks, one.inputs)
        if has_small_change([now.get((table, what), count)], [count], least)
    }


def _list_table_counts(
    checks: Sequence[CheckResult], inputs: Sequence[ControlTotals]
) -> Iterator[tuple[tuple[str, str], int]]:
    for totals in inputs:
        yield (totals.table, "rows in"), totals.rows_in
        yield (totals.table, "rows used"), totals.rows_used
        yield (totals.table, "rows set aside"), totals.rows_set_aside
    for check in checks:
        yield (check.table, f"units, {check.check}"), check.units
        yield (check.table, f"failed, {check.check}"), check.failed
