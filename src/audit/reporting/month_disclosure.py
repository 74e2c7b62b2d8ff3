"""What of a period's report is for the public: no small number is in it, and none can be worked out from all told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from audit.compliance.office_rates import MeasureResult, MonthRate, OfficeRate
from audit.compliance.period_results import PeriodResults
from audit.compliance.targets import TargetResult, compare_offices_with_target
from audit.compliance.trends import OfficeMonth, Trend
from audit.formatting import format_day, format_list, format_plural
from audit.programs.withholding import WithheldTable, WithholdingPlan
from audit.reporting.disclosure import (
    has_small_change,
    has_small_count,
    is_small_count,
    select_public_checks,
    select_public_totals,
)
from audit.reporting.disclosure_check import is_every_count_open
from audit.reporting.measure_disclosure import suppress_measure, tells_few, tells_small_change
from audit.reporting.published_editions import (
    COMBINED_FLAG,
    PublishedEdition,
    find_changed_tables,
    list_rate_counts,
)
from audit.reporting.trend_disclosure import show_months, show_trends, suppress_own_months, suppress_own_trends
from audit.reporting.withholding_costs import count_withheld
from audit.tables.checks.results import CheckResult
from audit.tables.table import ControlTotals


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicResults:
    """What a public report is assembled from, and in a sentence each what it leaves out."""

    measures: tuple[MeasureResult, ...]
    months: tuple[MonthRate, ...]
    checks: tuple[CheckResult, ...]
    inputs: tuple[ControlTotals, ...]
    ambiguous_links: int | None
    trends: tuple[Trend, ...]
    withheld: tuple[str, ...]
    costs: tuple[WithheldTable, ...] = ()  # what that costs, by table


def suppress_small_counts(
    measures: Sequence[MeasureResult],
    months: Sequence[MonthRate],
    checks: Sequence[CheckResult],
    inputs: Sequence[ControlTotals],
    ambiguous_links: int,
    trends: Sequence[Trend] = (),
    *,
    office: str,
    period: str,
    plan: WithholdingPlan | None = None,
    earlier: Sequence[PublishedEdition] = (),
) -> PublicResults:
    """What the public may see of the results, by the least counts of the `plan`, or the usual ones.

    `earlier` are the public editions that were issued before, in the order of their issue. Each month is told once, by
    the edition of its period; what an edition shows of earlier months is what theirs tell. So editions of several
    periods are of different units, but for numbers of whole tables and for versions of one period: a number that
    differs by few from one that was told is not told anew.

    Each measure is told once, since two ways of counting the same records tell their difference. Offices with a small
    count, and as many more as it takes, stand together in one row, so that totals stay true and hold no more than that
    row; so it is with the months of a `period` of several, whose totals are told. Month by month only offices stand
    that have no such count in any month of the period. Reports of periods that overlap are refused elsewhere
    (`audit.workflow.public_editions`). Last, a solver checks that every count stays open
    (`audit.reporting.disclosure_check`); where one does not, less is told.
    """
    plan = plan or WithholdingPlan()
    versions = [one for one in earlier if one.period == period]
    counted = {result.measure: result for result in reversed(measures) if result.counted == "unit"}
    by_measure = [*reversed(counted.values())]
    public, withheld = _suppress_measures(by_measure, versions, office, plan)
    draft = PublishedEdition(period=period, version=len(versions) + 1, on=date.max, measures=public)
    draft, dropped = _open_counts(_add_months(draft, months, trends, versions, plan), versions, by_measure, plan)
    before = _list_editions_before(draft, earlier)
    shown = show_months(months, [*before, draft])
    changed = find_changed_tables(checks, inputs, earlier, plan.checks)
    public_checks = select_public_checks(checks, plan.checks, changed=changed)
    public_inputs = select_public_totals(inputs, plan.checks, changed=changed)
    withheld += dropped
    withheld += _describe_withheld_months(draft, months, shown, plan.totals)
    withheld += _describe_withheld_tables(checks, public_checks, inputs, public_inputs)
    links = [one.ambiguous_links for one in versions if one.ambiguous_links is not None]
    few_links = is_small_count(ambiguous_links, plan.totals) or any(
        has_small_change([ambiguous_links], [one], plan.totals) for one in links
    )
    found = PublicResults(
        measures=draft.measures,
        months=shown,
        checks=public_checks,
        inputs=public_inputs,
        ambiguous_links=None if few_links else ambiguous_links,
        trends=show_trends(trends, [*before, draft]),
        withheld=tuple(withheld),
    )
    leading = [month for month in months if month.measure in ("", *(one.measure for one in draft.measures[:1]))]
    costs = _list_costs(found, by_measure, leading, checks, inputs, trends, office=office, plan=plan)
    return replace(found, costs=tuple(cost for cost in costs if cost.rows_of))


def _suppress_measures(
    measures: Sequence[MeasureResult], versions: Sequence[PublishedEdition], office: str, plan: WithholdingPlan
) -> tuple[tuple[MeasureResult, ...], list[str]]:
    """The measures that may be told, as they may be, and in a sentence each what becomes of the others."""
    public: list[MeasureResult] = []
    counted: list[MeasureResult] = []  # those of which something is told, before anything is withheld
    withheld = []
    for result in measures:
        before = [told for one in versions if (told := one.find_result(result))]
        made = None
        if has_small_count(list_rate_counts(result.national), plan.totals):
            why = f"{result.title}: a count over all offices is under {plan.totals}."
        elif versions and not before:
            why = f"{result.title}: the version before does not tell it."
        elif any(tells_few(one, result, plan.totals) for one in counted):
            why = f"{result.title}: beside another duty it would tell a count under {plan.totals}."
        else:
            why = ""
            several = len(measures) > 1
            made = suppress_measure(result, office, plan, others=public, earlier=before, several=several)
        if before and (made is None or any(tells_small_change(made, one, plan) for one in before)):
            made, why = before[-1], _describe_standing(result, versions, plan)
        if made:
            public.append(made)
            counted.append(result)
        withheld += [why] if why else []
    return tuple(public), withheld


def _describe_standing(result: MeasureResult, versions: Sequence[PublishedEdition], plan: WithholdingPlan) -> str:
    """That a measure is told as it was, since what changed is small."""
    day = next(format_day(one.on) for one in reversed(versions) if one.find_result(result))
    return (
        f"{result.title} stands as told on {day}: told anew, a count would have changed by fewer than "
        f"{max(plan.offices, plan.totals)}."
    )


def _add_months(
    draft: PublishedEdition,
    months: Sequence[MonthRate],
    trends: Sequence[Trend],
    versions: Sequence[PublishedEdition],
    plan: WithholdingPlan,
) -> PublishedEdition:
    """The edition of a period of several months with those months."""
    draft = replace(draft, months=suppress_own_months(months, draft, versions, plan.totals))
    return replace(draft, trends=suppress_own_trends(trends, draft, versions, plan))


def _open_counts(
    draft: PublishedEdition,
    versions: Sequence[PublishedEdition],
    measures: Sequence[MeasureResult],
    plan: WithholdingPlan,
) -> tuple[PublishedEdition, list[str]]:
    """The edition, with less told of it until every small count and change is open; and what is left out.

    First the months of its period go, then the last measure, and so on; in another version of an edition what the one
    before tells takes their place.
    """
    codes = sorted({row.office for result in measures for row in result.offices})
    last = versions[-1] if versions else None
    withheld = []
    number = len(draft.measures)
    while number and not is_every_count_open([*versions, draft], codes, least=plan.offices, least_of_all=plan.totals):
        months, trends = (last.months, last.trends) if last else ((), ())
        if (draft.months, draft.trends) != (months, trends):
            draft = replace(draft, months=months, trends=trends)
            continue
        number -= 1
        result = draft.measures[number]
        told = [found for one in reversed(versions) if (found := one.find_result(result))]
        draft = replace(draft, measures=(*draft.measures[:number], *told[:1], *draft.measures[number + 1 :]))
        withheld += (
            [_describe_standing(result, versions, plan)]
            if told
            else [f"{result.title}: with what else is told it would tell a count under {plan.offices}."]
        )
    return draft, withheld


def _list_editions_before(draft: PublishedEdition, earlier: Sequence[PublishedEdition]) -> list[PublishedEdition]:
    """The last version of each period before that of an edition, in order."""
    latest = {one.period: one for one in earlier if one.own_months}
    first = (*draft.own_months, "")[0]
    return [latest[period] for period in sorted(latest) if latest[period].own_months[-1] < first]


def _describe_withheld_months(
    draft: PublishedEdition, months: Sequence[MonthRate], shown: Sequence[MonthRate], least: int
) -> Iterator[str]:
    """What is left out month by month over all offices."""
    own = set(draft.own_months)
    hidden = {month.month for month in months}.difference(month.month for month in shown)
    if few := hidden & own:
        yield f"{format_plural(len(few), 'month')} with a count under {least}, or to hide one."
    if earlier := hidden - own:
        yield f"{format_plural(len(earlier), 'earlier month')} that no public edition issued before tells."
    if len({month.measure for month in months}) > 1 and draft.measures:
        yield "Month by month, every duty but the first that is told."


def _describe_withheld_tables(
    checks: Sequence[CheckResult],
    public_checks: Sequence[CheckResult],
    inputs: Sequence[ControlTotals],
    public_inputs: Sequence[ControlTotals],
) -> Iterator[str]:
    """What is left out of the data checks and of the row counts."""
    if len(public_checks) < len(checks):
        passed = sum(check.passed for check in checks)
        which = "The table of data checks" if not public_checks else "Some data checks"
        yield f"{which}, of which {passed:,} of {len(checks):,} passed."
    if len(public_inputs) < len(inputs):
        names = [totals.table for totals in inputs if totals not in public_inputs]
        yield (
            f"The row counts of {format_list(names, most=100)}: few rows were set aside, or few changed since they were"
            " told."
        )


def _list_costs(
    public: PublicResults,
    measures: Sequence[MeasureResult],
    months: Sequence[MonthRate],
    checks: Sequence[CheckResult],
    inputs: Sequence[ControlTotals],
    trends: Sequence[Trend],
    *,
    office: str,
    plan: WithholdingPlan,
) -> Iterator[WithheldTable]:
    """What each table of the public edition does not tell, of these that it was made from."""

    def list_offices(results: Sequence[MeasureResult]) -> list[OfficeRate]:
        return [row for result in results for row in result.offices]

    def list_office_months(some: Sequence[Trend]) -> list[OfficeMonth]:
        return [month for trend in some for one in trend.offices for month in one.months]

    by_office, monthly = f"counts by {office}", "month by month"
    nations = [[one.national for one in some] for some in (measures, public.measures)]
    alone = [row for row in list_offices(public.measures) if row.flag != COMBINED_FLAG]
    yield count_withheld(by_office, plan.offices, list_offices(measures), alone)
    yield count_withheld(
        f"{by_office} {monthly}", plan.offices, list_office_months(trends), list_office_months(public.trends)
    )
    yield count_withheld("counts of all offices", plan.totals, *nations)
    yield count_withheld(f"counts of all offices {monthly}", plan.totals, months, public.months)
    yield count_withheld("data checks", plan.checks, checks, public.checks)
    yield count_withheld("row counts of the tables", plan.checks, inputs, public.inputs)


def withhold_results(results: PeriodResults, measures: Sequence[MeasureResult]) -> PeriodResults:
    """Of the further results what the public may see: duties, and how the offices that stand alone stand to targets.

    `measures` are those of the public edition. A gap, a population or a delay would tell the difference of two counts.
    """
    told = {result.measure: result for result in measures}
    targets = [_suppress_target(one, told[one.measure]) for one in results.targets if one.measure in told]
    return PeriodResults(duties=results.duties, targets=tuple(targets))


def _suppress_target(target: TargetResult, result: MeasureResult) -> TargetResult:
    """How the offices that stand alone stand to a target, and how many of them; without a gap."""
    told = compare_offices_with_target(result, target.target, target.source)
    return replace(told, offices=tuple(replace(office, gap=None) for office in told.offices), gap=None)
