"""The answer of a monthly report in words: its headline, its three key figures, and what is missing before issue."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE, MeasureResult, OfficeRate
from audit.compliance.populations import PopulationResult
from audit.compliance.targets import TargetResult
from audit.formatting import (
    capitalize,
    format_count,
    format_month,
    format_percent,
    format_plural,
    spell_count,
)
from audit.months import shift_month
from audit.programs.declaration import Program
from audit.programs.measures import Measure
from audit.reporting.office_order import list_primary_results
from audit.reporting.published_editions import format_shown_offices, has_combined_offices
from audit.reporting.record import KeyFigure

if TYPE_CHECKING:
    from audit.reporting.month_report import Report

MAXIMUM_KEY_FIGURES = 3


def format_month_headline(report: "Report", program: Program) -> str:
    """What the month shows, in a sentence or two for each duty: the share in time, and how offices stand to it."""
    declared = {measure.id: measure for measure in program.census.measures}
    results = list_primary_results(report.measures)
    return " ".join(" ".join(_describe_result(report, one, declared.get(one.measure))) for one in results)


def make_month_figures(report: "Report") -> tuple[KeyFigure, ...]:
    """The figures that a reader should leave with: the rate, how offices stand to the target, the open items."""
    results = list_primary_results(report.measures)
    figures = [_make_rate_figure(report, result) for result in results[:2]]
    if len(results) == 1 and results[0].national.due >= MINIMUM_CASES_FOR_RATE:
        figures += _make_target_figures(report, results[0])
    figures += _make_open_figures(report)
    return tuple(figures[:MAXIMUM_KEY_FIGURES])


def list_issue_gaps(report: "Report") -> tuple[str, ...]:
    """What is missing before a draft can be issued, or has not been confirmed; none of an issued report."""
    return tuple(_find_issue_gaps(report)) if report.status == "draft" else ()


def find_target(report: "Report", measure: str) -> TargetResult | None:
    """The target of a measure, if one is declared."""
    return next((one for one in report.targets if one.measure == measure), None)


def name_recorded(result: MeasureResult) -> str:
    """What the share is of, in short: of those entered in time, where days of entry play a part."""
    return "recorded in time" if result.timed else "recorded"


def describe_time_allowed(report: "Report", result: MeasureResult, measure: Measure | None) -> str:
    """When a record is in time, as words that follow 'recorded'."""
    if not result.timed:
        return ""
    if result.grace_days:
        return f" within {format_plural(result.grace_days, 'day')}"
    return " in time" if measure and measure.due else f" by the end of the day of the {report.unit[0]}"


def list_offices_below(report: "Report", result: MeasureResult) -> list[OfficeRate]:
    """The rated offices whose share is below the target; none where none is declared."""
    target = find_target(report, result.measure)
    standing = {one.office: one.standing for one in target.offices} if target else {}
    return [office for office in result.rated if standing.get(office.office) in ("short", "close")]


def _describe_result(report: "Report", result: MeasureResult, measure: Measure | None) -> Iterator[str]:
    rate, when = result.national, "the whole table" if report.period == "all" else report.period_words
    title = result.title[:1].lower() + result.title[1:] if result.title[1:2].islower() else result.title
    if not rate.due:
        yield f"{result.title}: nothing was due in {when}."
        return
    few = rate.due < MINIMUM_CASES_FOR_RATE
    share = format_count(rate.compliant) if few else format_percent(rate.compliant, rate.due)
    allowed = describe_time_allowed(report, result, measure)
    yield f"{capitalize(share)} of {format_plural(rate.due, *report.rate_unit)} of {when}: {title}{allowed}."
    yield from _describe_other_populations(report, result)
    period = next((one.period for one in report.duties if one.measure == result.measure), "")
    if period == "before":
        yield "The month lies before the duty."
    if period == "instruction":
        yield "It is the month of a written instruction to do so."
    if not few:
        yield from _describe_target(report, result)


def list_other_populations(report: "Report", measure: str) -> list[PopulationResult]:
    """The populations of a measure beside that of its rates; none of all units where the rates are of all."""
    return [
        one
        for one in report.populations
        if one.measure == measure and not one.leads and (report.rate_population or one.title != f"all {report.unit[1]}")
    ]


def _describe_other_populations(report: "Report", result: MeasureResult) -> Iterator[str]:
    """The rate of the other populations, where that of the report is not of all."""
    for one in list_other_populations(report, result.measure) if report.rate_population else ():
        if one.due >= MINIMUM_CASES_FOR_RATE:
            share = format_percent(one.compliant, one.due)
            of = one.title.replace("all ", f"all {format_count(one.due)} ", 1)
            of = of if of != one.title else f"{format_count(one.due)} {one.title}"
            yield f"Of {of}: {share}."


def _describe_target(report: "Report", result: MeasureResult) -> Iterator[str]:
    """The target and who is below it; or that none is declared, and what lacks."""
    target, rate = find_target(report, result.measure), result.national
    if target is None:
        lacking = format_plural(rate.due - rate.compliant, *report.rate_unit)
        were = "was" if rate.due - rate.compliant == 1 else "were"
        yield f"No target is declared; {lacking} {were} not {name_recorded(result)}."
        return
    yield f"The target is {format_percent(target.target, places=0)}."
    below, rated = target.short + target.close, target.short + target.close + target.meets
    if not rated:
        return
    offices = format_shown_offices(rated, result, report.office_noun)
    if not below:
        yield f"Every {report.office_noun} {'shown' if has_combined_offices(result) else 'with a rate'} meets it."
        return
    gap = f", together by {format_plural(target.gap, *report.rate_unit)}" if target.gap else ""
    are = "is" if below == 1 else "are"
    yield f"{capitalize(spell_count(below))} of {offices} {are} below it{gap}."


def _make_rate_figure(report: "Report", result: MeasureResult) -> KeyFigure:
    rate = result.national
    several = len(list_primary_results(report.measures)) > 1
    label = result.title if several else name_recorded(result)
    if rate.due < MINIMUM_CASES_FOR_RATE:
        return KeyFigure(
            value=f"{format_count(rate.compliant)} of {format_count(rate.due)}" if rate.due else "–",
            label=label,
            detail=f"fewer than {MINIMUM_CASES_FOR_RATE} {report.rate_unit[1]} due, so no rate"
            if rate.due
            else "nothing was due",
        )
    late = format_percent(rate.compliant + rate.late, rate.due)
    parts = [
        f"{format_count(rate.compliant)} of {format_plural(rate.due, *report.rate_unit)}.",
        _describe_last_month(report, result),
        f"With late entries: {late}." if rate.late else "",
    ]
    return KeyFigure(value=format_percent(rate.compliant, rate.due), label=label, detail=" ".join(filter(None, parts)))


def _describe_last_month(report: "Report", result: MeasureResult) -> str:
    """The share of the month before, for comparison."""
    if report.period == "all" or "/" in report.period:
        return ""
    before = shift_month(report.period, -1)
    for month in report.months:
        if month.month == before and month.measure in ("", result.measure) and month.due >= MINIMUM_CASES_FOR_RATE:
            return f"{format_month(before).split()[0]}: {format_percent(month.compliant, month.due)}."
    return ""


def _make_target_figures(report: "Report", result: MeasureResult) -> Iterator[KeyFigure]:
    target, rate = find_target(report, result.measure), result.national
    if target is None:
        rated, apart = len(result.rated), len(result.outside)
        offices = format_shown_offices(rated, result, report.office_noun)
        differ = (
            f" {format_count(apart)} of {offices} differ from the rate of all by more than chance."
            if rated > 1 and apart
            else ""
        )
        yield KeyFigure(
            value=format_count(rate.due - rate.compliant),
            label=f"{report.rate_unit[1]} not {name_recorded(result)}",
            detail=f"Target: none declared.{differ}",
        )
    elif rated := target.short + target.close + target.meets:
        share = format_percent(target.target, places=0)
        rest = [
            f"{format_count(target.close)} below it but too close to say" if target.close else "",
            f"{format_count(target.meets)} {'meets' if target.meets == 1 else 'meet'} it",
            f"{format_count(target.too_few)} too few to say" if target.too_few else "",
        ]
        fall = "falls" if target.short == 1 else "fall"
        yield KeyFigure(
            value=f"{format_count(target.short)} of {format_count(rated)}",
            label=f"offices{' shown' if has_combined_offices(result) else ''} {fall} short of {share}",
            detail=f"by more than chance; {', '.join(filter(None, rest))}.",
        )


def _make_open_figures(report: "Report") -> Iterator[KeyFigure]:
    if report.audience == "public":
        return
    follow_up = report.follow_up
    if follow_up is None:
        offices = len({item.office for item in report.open_items})
        records = sum(item.records for item in report.open_items)
        yield KeyFigure(
            value=format_count(len(report.open_items)),
            label="open items of the whole table" if report.period == "all" else f"open items of {report.period_words}",
            detail=f"They lack {format_plural(records, 'record')}, in {format_plural(offices, report.office_noun)}."
            if report.open_items
            else "nothing is left to complete",
        )
        return
    old = follow_up.ages[-1][1]
    share = format_percent(old, follow_up.open_end, places=0)
    aged = f"{format_count(old)} ({share}) for more than 90 days. " if old else ""
    moved = (
        f"Since the last report: {format_count(follow_up.new)} new, {format_count(follow_up.resolved)} resolved."
        if follow_up.since
        else "The ledger begins with this report."
    )
    yield KeyFigure(value=format_count(follow_up.open_end), label="items still open, all months", detail=aged + moved)


def _find_issue_gaps(report: "Report") -> Iterator[str]:
    yield "sign-off by the responsible official"
    if not report.delivery:
        yield "the supplier’s delivery note: without it nobody has confirmed that the tables are complete"
        return
    absent = [one.table for one in report.delivery if one.rows_stated is None]
    if absent:
        names = absent[0] if len(absent) == 1 else f"{', '.join(absent[:-1])} and {absent[-1]}"
        yield f"the supplier’s delivery note for {names}: without it nobody has confirmed that the rows are complete"
    for one in report.delivery:
        if one.rows_stated is not None and one.rows_stated != one.rows_read:
            yield (
                f"the reason why {one.table} has {format_count(one.rows_read)} rows and the delivery note states "
                f"{format_count(one.rows_stated)}"
            )
