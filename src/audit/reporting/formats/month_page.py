"""The monthly report as one page of HTML: four sheets that print as pages, and an annex for the screen alone.

A section more is a field of `Report`, a template `month_*.html.jinja`, and its include in `month_page.html.jinja`.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from audit import formatting
from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE, MeasureResult, MonthRate
from audit.compliance.populations import PopulationResult
from audit.reporting import month_remarks, month_text
from audit.reporting.figures import Drawing, draw_report_figures, name_figure_file
from audit.reporting.formats.count_table import CountRow, list_count_rows
from audit.reporting.formats.follow_up_table import FollowUpTable, build_follow_up_table, describe_movement
from audit.reporting.formats.office_table import (
    OfficeRow,
    OfficeTable,
    build_office_table,
    list_largest_changes,
    list_largest_gaps,
    sum_gaps,
)
from audit.reporting.formats.record_page import render_record_page
from audit.reporting.formats.revision_table import build_revision_table
from audit.reporting.method_text import describe_rows_set_aside
from audit.reporting.month_report import Report, describe_dispersion, describe_last_audit
from audit.reporting.office_order import list_primary_results, order_offices
from audit.reporting.open_item_text import describe_alarms, describe_backlog_state

LOGGER = logging.getLogger(__name__)

MOST_OFFICE_ROWS = 20  # of all duties together on one sheet; with more each duty has its own


@dataclass(frozen=True, slots=True, kw_only=True)
class _MeasureView:
    """One measure as the page shows it."""

    shown: MeasureResult
    table: OfficeTable
    standings: str
    columns: tuple[tuple[str, str], ...]  # how the table is read: term, words
    marks: dict[str, str]  # standing → what its mark means
    gaps: tuple[OfficeRow, ...]
    gap_of_all: tuple[int, int]
    movers: tuple[OfficeRow, ...]
    counts: tuple[CountRow, ...]
    dispersion: str
    beside: tuple[PopulationResult, ...]  # populations whose rates stand below that of all offices


@dataclass(frozen=True, slots=True, kw_only=True)
class _MonthChangeView:
    """The months of one measure, and how the last compares with the one before."""

    title: str
    sentence: str
    timed: bool  # whether some records came late
    months: tuple[MonthRate, ...]


def render_month_page(report: Report, drawings: Iterable[Drawing] | None = None) -> bytes:
    """The report as UTF-8 HTML: the same bytes for the same record. Its `drawings`, bare, are drawn where absent."""
    LOGGER.info("rendering the page")
    follow_up = report.follow_up
    unit, office = report.unit, report.office_noun
    return render_record_page(
        "month_page.html.jinja",
        report,
        draw_report_figures(report, bare=True) if drawings is None else drawings,
        measures=[_build_measure(report, result) for result in list_primary_results(report.measures)],
        last_audit=describe_last_audit(report),
        file_name=name_figure_file,
        gaps=month_text.list_issue_gaps(report),
        limits=month_remarks.list_known_limits(report),
        steps=month_remarks.list_next_steps(report),
        most_rows=MOST_OFFICE_ROWS,
        populations=month_remarks.describe_populations(report),
        ambiguous=month_remarks.describe_ambiguous_links(report),
        changes=_list_month_changes(report),
        moved=_build_follow_up(report),
        movement=list(describe_movement(report, follow_up)) if follow_up else [],
        alarms=list(describe_alarms(follow_up, unit)) if follow_up else [],
        followed=list(describe_backlog_state(follow_up, unit, office)) if follow_up else [],
        escalated=month_remarks.list_escalated_offices(report),
        verified=month_remarks.describe_verification(follow_up.verified) if follow_up and follow_up.verified else "",
        to_complete=_count_open_items(report),
        revisions=build_revision_table(report),
        aside=describe_rows_set_aside(report.provenance.inputs),
        titles={result.measure: result.title for result in report.measures},
    )


def describe_month_change(months: tuple[MonthRate, ...], *, unit: tuple[str, str]) -> str:
    """The last month against the one before, in a sentence; empty where there are no two months."""
    if len(months) < 2:
        return ""
    before, now = months[-2:]
    names = [formatting.format_month(m.month) for m in (before, now)]
    if before.due < MINIMUM_CASES_FOR_RATE or now.due < MINIMUM_CASES_FOR_RATE:  # too few for a rate
        clauses = [
            f"{formatting.format_count(m.compliant)} of {formatting.format_plural(m.due, *unit)} met it in {name}"
            if m.due
            else f"nothing was due in {name}"
            for m, name in zip((before, now), names, strict=True)
        ]
        return f"{'; '.join(clauses)}."
    rates = [formatting.format_percent(m.compliant, m.due) for m in (before, now)]
    if rates[0] == rates[1]:
        return f"the share over all offices was {rates[0]} in both {names[0]} and {names[1]}."
    verb = "rose" if now.compliant * before.due > before.compliant * now.due else "fell"
    return f"the share over all offices {verb} from {rates[0]} in {names[0]} to {rates[1]} in {names[1]}."


def _list_month_changes(report: Report) -> list[_MonthChangeView]:
    """Every measure with its months; none of a measure with fewer than two."""
    titles = {result.measure: result.title for result in reversed(report.measures)}
    views = []
    for measure, group in groupby(report.months, key=lambda one: one.measure):
        months = tuple(group)
        title = titles.get(measure) or next(iter(reversed(titles.values())), "")
        if sentence := describe_month_change(months, unit=report.rate_unit):
            timed = any(month.late for month in months)
            views.append(_MonthChangeView(title=title, sentence=sentence, timed=timed, months=months))
    return views


def _build_measure(report: Report, result: MeasureResult) -> _MeasureView:
    table = build_office_table(report, result)
    gaps = list_largest_gaps(table)
    target = table.target
    return _MeasureView(
        shown=result,
        table=table,
        standings=month_remarks.describe_standings(report, result),
        columns=tuple(month_remarks.describe_office_columns(report, result)),
        marks=month_remarks.describe_target_test(target, office=report.office_noun) if target else {},
        gaps=tuple(gaps),
        gap_of_all=sum_gaps(table, gaps),
        movers=tuple(list_largest_changes(report, table, result)),
        counts=tuple(list_count_rows(report, result)),
        dispersion=describe_dispersion(result, office=report.office_noun),
        beside=tuple(month_text.list_other_populations(report, result.measure)) if report.rate_population else (),
    )


def _build_follow_up(report: Report) -> FollowUpTable | None:
    return build_follow_up_table(report, report.follow_up) if report.follow_up else None


def _count_open_items(report: Report) -> list[tuple[str, int, int]]:
    """Each office with its open items and the records they lack, in the report's order: where there is no ledger."""
    if report.follow_up or report.audience == "public":
        return []
    names = {office.office: office.name for result in report.measures for office in result.offices}
    leading = list_primary_results(report.measures)[0]
    places = {office.office: place for place, office in enumerate(order_offices(leading))}
    sums: dict[str, tuple[int, int]] = {}
    for item in report.open_items:
        items, records = sums.get(item.office, (0, 0))
        sums[item.office] = items + 1, records + item.records
    ordered = sorted(sums, key=lambda code: (places.get(code, len(places)), code))
    return [(names.get(code, code), *sums[code]) for code in ordered]
