"""What of a period's report is for the public: no small number is in it, and none can be worked out."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from audit.compliance.office_rates import MeasureResult, MonthRate, OfficeRate
from audit.compliance.period_results import PeriodResults
from audit.compliance.targets import TargetResult
from audit.compliance.trends import OfficeMonth, OfficeTrend, Trend
from audit.formatting import format_list, format_plural
from audit.programs.withholding import WithheldTable, WithholdingPlan
from audit.reporting.disclosure import (
    has_small_count,
    is_small_count,
    name_combined_row,
    select_public_checks,
    select_public_totals,
    select_rows_to_combine,
)
from audit.tables.checks.results import CheckResult
from audit.tables.offices import UNRECORDED_OFFICE
from audit.tables.table import ControlTotals

COMBINED_FLAG = "together"  # the flag of a row that stands for several offices
NOT_DUE_COLUMNS = ("excluded", "not_applicable", "redacted", "pending")  # received that are not due
FUNNEL_LIMITS = ("lower_95", "upper_95", "lower_998", "upper_998")
NATIONAL_ONLY_COLUMNS = (
    "received",
    *NOT_DUE_COLUMNS,
    "missing",
    "unmet",
    "uninformative",
    "no_identifier",
)  # never told by office


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
) -> PublicResults:
    """What the public may see of the results, by the least counts of the `plan`, or the usual ones.

    Each measure is told once, since two ways of counting the same records tell their difference. Offices with a small
    count, and as many more as it takes, stand together in one row, so that totals stay true and hold no more
    than that row; so it is with the months of a `period` of several, whose totals are told. Month by month only
    offices stand that have no such count in any month. Reports of periods that overlap are refused elsewhere
    (`audit.workflow.public_editions`).
    """
    plan = plan or WithholdingPlan()
    by_measure = {result.measure: result for result in reversed(measures) if result.counted == "unit"}
    releasable = [
        result
        for result in reversed(by_measure.values())
        if not has_small_count(list_rate_counts(result.national), plan.totals)
    ]
    # One duty's months alone: those of two would tell their difference in every month.
    first_months = [one for one in months if one.measure in ("", *(result.measure for result in releasable[:1]))]
    public_months = _suppress_months(first_months, period, plan.totals) if releasable else ()
    public_checks, public_inputs = select_public_checks(checks, plan.checks), select_public_totals(inputs, plan.checks)
    withheld = [
        f"{result.title}: a count over all offices is under {plan.totals}."
        for result in by_measure.values()
        if result not in releasable
    ]
    if hidden_months := len(first_months) - len(public_months):
        withheld.append(f"{format_plural(hidden_months, 'month')} with a count under {plan.totals}.")
    if len(first_months) < len(months):
        withheld.append("Month by month, every duty but the first that is told.")
    withheld += _describe_withheld_tables(checks, public_checks, inputs, public_inputs)
    public_measures = tuple(_suppress_measure(result, office, plan) for result in releasable)
    alone = {result.measure: {row.office for row in result.offices if row.office} for result in public_measures}
    found = PublicResults(
        measures=public_measures,
        months=public_months,
        checks=public_checks,
        inputs=public_inputs,
        ambiguous_links=None if is_small_count(ambiguous_links, plan.totals) else ambiguous_links,
        trends=tuple(
            _suppress_trend(trend, alone[trend.measure], plan.offices) for trend in trends if trend.measure in alone
        ),
        withheld=tuple(withheld),
    )
    costs = _list_costs(found, releasable, first_months, checks, inputs, trends, office=office, plan=plan)
    return replace(found, costs=tuple(cost for cost in costs if cost.rows_of))


def _describe_withheld_tables(
    checks: Sequence[CheckResult],
    public_checks: Sequence[CheckResult],
    inputs: Sequence[ControlTotals],
    public_inputs: Sequence[ControlTotals],
) -> Iterator[str]:
    """What is left out of the data checks and of the row counts."""
    if len(public_checks) < len(checks):
        passed = sum(check.passed for check in checks)
        yield f"The table of data checks, of which {passed:,} of {len(checks):,} passed."
    if len(public_inputs) < len(inputs):
        names = [totals.table for totals in inputs if totals not in public_inputs]
        yield f"The row counts of {format_list(names, most=100)}: few rows were set aside."


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
    yield _count_withheld(by_office, plan.offices, list_offices(measures), list_offices(public.measures))
    yield _count_withheld(
        f"{by_office} {monthly}", plan.offices, list_office_months(trends), list_office_months(public.trends)
    )
    yield _count_withheld("counts of all offices", plan.totals, *nations)
    yield _count_withheld(f"counts of all offices {monthly}", plan.totals, months, public.months)
    yield _count_withheld("data checks", plan.checks, checks, public.checks)
    yield _count_withheld("row counts of the tables", plan.checks, inputs, public.inputs)


def withhold_results(results: PeriodResults, measures: Sequence[MeasureResult]) -> PeriodResults:
    """Of the further results what the public may see: duties, and how the offices that stand alone stand to targets.

    `measures` are those of the public edition. A gap, a population or a delay would tell the difference of two counts.
    """
    alone = {result.measure: {row.office for row in result.offices if row.office} for result in measures}
    targets = [_suppress_target(one, alone[one.measure]) for one in results.targets if one.measure in alone]
    return PeriodResults(duties=results.duties, targets=tuple(targets))


def _suppress_target(result: TargetResult, alone: Container[str]) -> TargetResult:
    """The verdicts that all offices gave, without a gap, and those offices alone by name."""
    offices = tuple(replace(office, gap=None) for office in result.offices if office.office in alone)
    return replace(result, offices=offices, gap=None)


def list_rate_counts(row: OfficeRate | MonthRate | OfficeMonth) -> tuple[int, int, int, int]:
    """What is told of an office, a month or both: due, in time, late, and by subtraction the rest."""
    return row.due, row.compliant, row.late, row.due - row.compliant - row.late


def _count_withheld(table: str, least: int, before: Sequence[Any], after: Sequence[Any]) -> WithheldTable:
    """What of a table's rows, and of the counts in them, is not told; a row that joins several is none of them."""
    told = [row for row in after if getattr(row, "flag", "") != COMBINED_FLAG]
    counts_of, counts = _sum_counts(before), _sum_counts(told)
    return WithheldTable(
        table=table,
        least=least,
        rows=len(before) - len(told),
        rows_of=len(before),
        counts=counts_of - counts,
        counts_of=counts_of,
    )


def _sum_counts(rows: Sequence[Any]) -> int:
    """How many counts the rows have."""
    values = (getattr(row, field.name) for row in rows for field in fields(row))
    return sum(isinstance(value, int) and not isinstance(value, bool) for value in values)


def _suppress_measure(result: MeasureResult, office: str, plan: WithholdingPlan) -> MeasureResult:
    """A measure with its offices as they may be told, and the limits and verdicts that it has of all offices.

    These are computed once, for every edition. They are rounded here, so that what they rest on cannot be worked out.
    """
    nation = _suppress_national(result.national, plan.totals)
    rows = [_strip_office(row) for row in result.offices]
    hidden = select_rows_to_combine(rows, list_rate_counts, size=lambda row: (row.due, row.office), least=plan.offices)
    alone = [row for row in rows if row not in hidden]
    several = (_combine_offices(hidden, office),) if hidden else ()
    names = {row.name for row in alone}
    return replace(
        result,
        offices=(*alone, *several),
        national=nation,
        missing=()
        if nation.missing is None or has_small_count((n for _, n in result.missing), plan.totals)
        else result.missing,
        exclusions=()
        if nation.excluded is None or has_small_count((n for _, n in result.exclusions), plan.totals)
        else result.exclusions,
        identified=None,
        missing_identifier=None,
        dispersion=None if result.dispersion is None else round(result.dispersion, 1),
        spread=float(f"{result.spread:.2g}"),
        outside=tuple(name for name in result.outside if name in names),
    )


def _suppress_months(months: Sequence[MonthRate], period: str, least: int) -> tuple[MonthRate, ...]:
    """The months without a small count, and of the period no more than leaves its total open."""
    first, last = (period.split("/") * 2)[:2]
    hidden = [
        *(
            month
            for month in months
            if not first <= month.month <= last and has_small_count(list_rate_counts(month), least)
        ),
        *select_rows_to_combine(
            [month for month in months if first <= month.month <= last],
            list_rate_counts,
            size=lambda month: (month.due, month.month),
            least=least,
        ),
    ]
    return tuple(month for month in months if month not in hidden)


def _suppress_trend(trend: Trend, alone: Container[str], least: int) -> Trend:
    """The offices that stand `alone` in the measure and have no small count in any month.

    The sums over the others may be known, month by month and over the period: there are at least two of those, and
    none of their sums is small, so that each of their counts stays as open as a sum that is not small.
    """
    offices = [one for one in trend.offices if one.months]
    public_offices = [
        one
        for one in offices
        if one.office in alone and not has_small_count((n for m in one.months for n in list_rate_counts(m)), least)
    ]
    public_offices.sort(key=lambda one: (-sum(month.due for month in one.months), one.office))
    while (
        public_offices
        and len(public_offices) < len(offices)
        and _can_derive_small_count([one for one in offices if one not in public_offices], least)
    ):
        public_offices.pop()
    return replace(
        trend,
        withheld=sum(one.office != UNRECORDED_OFFICE and one not in public_offices for one in offices),
        offices=tuple(
            replace(one, months=tuple(replace(month, open_items=None) for month in one.months))
            for one in trend.offices
            if one in public_offices
        ),
    )


def _can_derive_small_count(hidden: Sequence[OfficeTrend], least: int) -> bool:
    """Whether the sums over some offices would tell a small count of one of them."""
    months: dict[str, list[tuple[int, ...]]] = {}
    for one in hidden:
        for month in one.months:
            months.setdefault(month.month, []).append(list_rate_counts(month))
    sums = [sum(part) for each in months.values() for part in zip(*each, strict=True)]
    return len(hidden) == 1 or has_small_count(sums, least)


def _strip_office(row: OfficeRate) -> OfficeRate:
    """An office's row with what is told of offices; its limits are rounded to a tenth of a point."""
    unknown: dict[str, Any] = {field.name: None for field in fields(row) if field.name in NATIONAL_ONLY_COLUMNS}
    unknown |= dict.fromkeys(("worst", "best"))
    for name in FUNNEL_LIMITS:
        limit = getattr(row, name)
        unknown[name] = None if limit is None else round(limit, 3)
    return replace(row, **unknown, flag=row.flag if row.due else "no cases")


def _combine_offices(rows: Sequence[OfficeRate], office: str) -> OfficeRate:
    """Several offices as one row, which has counts and is no office to be compared."""
    due, compliant, late, _ = map(sum, zip(*map(list_rate_counts, rows), strict=True))
    counts = {"due": due, "compliant": compliant, "late": late}
    name = name_combined_row(rows, office)
    limits: dict[str, Any] = dict.fromkeys(FUNNEL_LIMITS)
    return replace(rows[0], office="", name=name, timely=None, eventual=None, flag=COMBINED_FLAG, **counts, **limits)


def _suppress_national(row: OfficeRate, least: int) -> OfficeRate:
    """All offices together, without small counts and without those that would give them away."""
    hidden = {name for name in ("uninformative", "no_identifier") if is_small_count(getattr(row, name), least)}
    if row.uninformative is not None and is_small_count(row.compliant + row.late - row.uninformative, least):
        hidden.add("uninformative")
    if aside := {name for name in NOT_DUE_COLUMNS if is_small_count(getattr(row, name), least)}:
        hidden |= {*aside, "received"}
    if is_small_count(row.missing, least) or is_small_count(row.unmet, least):
        hidden |= {"missing", "unmet"}
    with_identifier = None if row.received is None or row.no_identifier is None else row.received - row.no_identifier
    if is_small_count(with_identifier, least):
        hidden.add("no_identifier")
    bounds = {"worst", "best"} if hidden & {"pending", "redacted"} else set()
    unknown: dict[str, Any] = dict.fromkeys(hidden | bounds)
    return replace(row, **unknown)
