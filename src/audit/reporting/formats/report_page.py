"""The report as one page of HTML that needs nothing else: its fonts, figures, style and script are inside it."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from audit import formatting
from audit.compliance.ledger import OpenItem
from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE, MeasureResult, MonthRate, OfficeRate
from audit.reporting.figures import Drawing, draw_report_figures, name_figure_file
from audit.reporting.formats.record_page import group_by_office, render_record_page
from audit.reporting.method_text import describe_rows_set_aside
from audit.reporting.open_item_text import describe_follow_up
from audit.reporting.report import (
    Report,
    describe_dispersion,
    describe_last_audit,
    describe_open_items,
    list_primary_results,
)

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _MeasureView:
    """One measure as the page shows it."""

    shown: MeasureResult
    graces: tuple[MeasureResult, ...]  # the same way of counting, each grace period
    ways: tuple[MeasureResult, ...]  # every way of counting and grace period
    rows: tuple[tuple[OfficeRate, ...], ...]  # an office with cases a row, a grace period a column
    without_cases: tuple[str, ...]  # names of the other offices
    compared: bool
    differing: str
    summary: str
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _MonthChangeView:
    """The months of one measure, and how the last compares with the one before."""

    title: str
    sentence: str
    timed: bool  # whether some records came late
    months: tuple[MonthRate, ...]


def render_report_page(report: Report, drawings: Iterable[Drawing] | None = None) -> bytes:
    """The report as UTF-8 HTML: the same bytes for the same record. Its `drawings`, bare, are drawn where absent."""
    offices = report.follow_up.offices if report.follow_up else ()
    LOGGER.info("rendering the page")
    return render_record_page(
        "page.html.jinja",
        report,
        draw_report_figures(report, bare=True) if drawings is None else drawings,
        last_audit=describe_last_audit(report),
        file_name=name_figure_file,
        measures=[_build_measure(report, primary) for primary in list_primary_results(report.measures)],
        changes=_list_month_changes(report),
        open_by_office=group_by_office(
            report.open_items,
            {office.office: office.name for result in report.measures for office in result.offices},
            order=lambda item: (item.person, item.first, item.measure),
        ),
        guidance=list(
            dict.fromkeys((_describe_gap(item), item.guidance) for item in report.open_items if item.guidance)
        ),
        unidentified=sum(item.no_identifier for item in report.open_items),
        followed=describe_follow_up(report.follow_up, unit=report.unit, office=report.office_noun)
        if report.follow_up
        else (),
        moved=[office for office in offices if office.moved],
        still=[office.name for office in offices if not office.moved],
        concerned=describe_open_items(report.unit, report.open_items),
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
        if sentence := describe_month_change(months, unit=report.unit):
            timed = any(month.late for month in months)
            views.append(_MonthChangeView(title=title, sentence=sentence, timed=timed, months=months))
    return views


def _build_measure(report: Report, primary: MeasureResult) -> _MeasureView:
    ways = tuple(result for result in report.measures if result.measure == primary.measure)
    graces = tuple(result for result in ways if result.counted == primary.counted)
    by_office = [{office.office: office for office in result.offices} for result in graces]
    return _MeasureView(
        shown=primary,
        graces=graces,
        ways=ways,
        rows=tuple(
            tuple(offices[office.office] for offices in by_office)
            for office in primary.offices
            if office.flag != "no cases"
        ),
        without_cases=tuple(sorted(office.name for office in primary.offices if office.flag == "no cases")),
        compared=len(primary.rated) > 1,
        differing=describe_dispersion(primary, office=report.office_noun),
        summary=_describe_measure(report, primary),
        remarks=tuple(_list_remarks(report, primary)),
    )


def _describe_measure(report: Report, primary: MeasureResult) -> str:
    """What became of the units that were due, in one sentence."""
    n = primary.national
    if not n.due:
        return f"Nothing was due in {report.period_words}."
    within = f" {primary.in_time}" if primary.timed else ""
    share = f" ({formatting.format_percent(n.compliant, n.due)})" if n.due >= MINIMUM_CASES_FOR_RATE else ""
    clauses = [f"{formatting.format_count(n.compliant)}{share} had every record{within}"]
    clauses += [f"{formatting.format_count(n.late)} had them late"] if n.late else []
    clauses += (
        [f"{formatting.format_count(n.missing)} {'lacks' if n.missing == 1 else 'lack'} a record"] if n.missing else []
    )
    clauses += (
        [f"{formatting.format_count(n.unmet)} {'is' if n.unmet == 1 else 'are'} recorded as not done"]
        if n.unmet
        else []
    )
    return f"Of {formatting.format_plural(n.due, *report.unit)} due, {formatting.format_list(clauses)}."


def _list_remarks(report: Report, primary: MeasureResult) -> Iterator[str]:
    """What a reader of the counts should know beside them."""
    one, many = report.unit
    nation = primary.national
    compliant, due = primary.identified or (nation.compliant, nation.due)
    if nation.pending or nation.redacted:
        worst, best = formatting.format_percent(nation.worst), formatting.format_percent(nation.best)
        yield f"If every pending or withheld {one} failed, the rate would be {worst}; if every one passed, {best}."
    if nation.uninformative:
        share = formatting.format_percent(nation.uninformative, nation.compliant + nation.late)
        entries = f"{formatting.format_count(nation.uninformative)} ({share})"
        yield (
            f"Of the {many} with every record, {entries} are filled with words that say nothing; they count as "
            "recorded."
        )
    if nation.due > due:
        without = formatting.format_plural(nation.due - due, one, many)
        rate, rest = formatting.format_percent(compliant, due), formatting.format_plural(due, one, many)
        yield f"{without} due without an identifier; left out of the rate, it would be {rate} of {rest}."
    if report.ambiguous_links:
        links = formatting.format_plural(report.ambiguous_links, one, many)
        yield (
            f"{links} had several records that fitted equally well: one dated on or after the {one} was used before an "
            "earlier one, and then the one of smallest key."
        )


def _describe_gap(item: OpenItem) -> str:
    """What its guidance is for."""
    return "no identifier" if item.no_identifier else item.missing
