"""What of single months is for the public: those of the period, and those before as their own editions told them."""

from collections.abc import Container, Sequence
from dataclasses import replace

from audit.compliance.office_rates import MeasureResult, MonthRate
from audit.compliance.trends import OfficeMonth, OfficeTrend, Trend, build_office_trend
from audit.programs.withholding import WithholdingPlan
from audit.reporting.disclosure import EarlierCounts, has_small_change, has_small_count, select_rows_to_combine
from audit.reporting.published_editions import PublishedEdition, list_rate_counts, list_rows_alone
from audit.tables.offices import UNRECORDED_OFFICE


def suppress_own_months(
    months: Sequence[MonthRate],
    edition: PublishedEdition,
    versions: Sequence[PublishedEdition],
    least: int,
) -> tuple[MonthRate, ...]:
    """Of a period of several months those of its first measure, no more than leaves its total open."""
    own = set(edition.own_months)
    if len(own) < 2 or not edition.measures:
        return ()
    leading = edition.measures[0]
    mine = [month for month in months if month.month in own and month.measure in ("", leading.measure)]
    hidden = select_rows_to_combine(
        mine,
        list_rate_counts,
        size=lambda month: (month.due, month.month),
        least=least,
        key=lambda month: month.month,
        earlier=[
            EarlierCounts(
                alone={month.month: list_rate_counts(month) for month in one.rate_own_months(leading)},
                total=list_rate_counts(told.national),
            )
            for one in versions
            if (told := one.find_result(leading))
        ],
    )
    return tuple(month for month in mine if month not in hidden)


def suppress_own_trends(
    trends: Sequence[Trend], edition: PublishedEdition, versions: Sequence[PublishedEdition], plan: WithholdingPlan
) -> tuple[Trend, ...]:
    """Of a period of several months the offices that may be told month by month, under each measure of the edition.

    An office that is left out under one measure is left out under those after it, and in later versions.
    """
    if len(edition.own_months) < 2:
        return ()
    found: list[Trend] = []
    for result in edition.measures:
        for trend in trends:
            if trend.measure == result.measure:
                before = [{one.office for one in earlier.offices} for earlier in found]
                before += [{one.office for one in version.list_trend_offices(result)} for version in versions]
                names = {row.office for row in list_rows_alone(result)}.intersection(*before)
                few = _find_changed_offices(trend, result, versions, plan.offices)
                found.append(_suppress_trend(_keep_months(trend, edition.own_months), names - few, plan.offices))
    return tuple(found)


def _keep_months(trend: Trend, months: Container[str]) -> Trend:
    """A trend with these months alone; of an office that has others too, with its baseline left out."""
    return replace(
        trend,
        months=tuple(month for month in trend.months if month in months),
        offices=tuple(
            replace(one, months=tuple(month for month in one.months if month.month in months), centre=None)
            for one in trend.offices
        ),
    )


def _find_changed_offices(
    trend: Trend, result: MeasureResult, versions: Sequence[PublishedEdition], least: int
) -> set[str]:
    """The offices of which a month differs by few from what a version tells."""
    changed = set()
    for version in versions:
        before = {
            (code, month.month): list_rate_counts(month) for code, month in version.list_own_office_months(result)
        }
        for one in trend.offices:
            for month in one.months:
                now = list_rate_counts(month)
                if has_small_change(now, before.get((one.office, month.month), now), least):
                    changed.add(one.office)
    return changed


def _suppress_trend(trend: Trend, alone: Container[str], least: int) -> Trend:
    """The offices among those `alone` that have no small count in any month.

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
        offices=tuple(
            replace(one, months=tuple(_strip_month(month) for month in one.months))
            for one in trend.offices
            if one in public_offices
        ),
    )


def _strip_month(month: OfficeMonth) -> OfficeMonth:
    """A month's counts, without its open items and without limits: those are set by the months that are told."""
    return OfficeMonth(month=month.month, due=month.due, compliant=month.compliant, late=month.late, open_items=None)


def _can_derive_small_count(hidden: Sequence[OfficeTrend], least: int) -> bool:
    """Whether the sums over some offices would tell a small count of one of them."""
    months: dict[str, list[tuple[int, ...]]] = {}
    for one in hidden:
        for month in one.months:
            months.setdefault(month.month, []).append(list_rate_counts(month))
    sums = [sum(part) for each in months.values() for part in zip(*each, strict=True)]
    return len(hidden) == 1 or has_small_count(sums, least)


def show_months(months: Sequence[MonthRate], editions: Sequence[PublishedEdition]) -> tuple[MonthRate, ...]:
    """Of the `months` those that an edition tells, as it tells them, under the first measure of the last edition."""
    if not editions[-1].measures:
        return ()
    leading = editions[-1].measures[0]
    told = {month.month: month for one in editions for month in one.rate_own_months(leading)}
    return tuple(told[name] for name in dict.fromkeys(month.month for month in months) if name in told)


def show_trends(trends: Sequence[Trend], editions: Sequence[PublishedEdition]) -> tuple[Trend, ...]:
    """The months of each office as the editions tell them, and the limits that these months set.

    Each month is told once, by the edition of its period: what a later one would tell of it anew could be subtracted.
    """
    return tuple(
        _show_trend(trend, result, editions)
        for result in editions[-1].measures
        for trend in trends
        if trend.measure == result.measure
    )


def _show_trend(trend: Trend, result: MeasureResult, editions: Sequence[PublishedEdition]) -> Trend:
    told: dict[str, dict[str, OfficeMonth]] = {}
    for edition in editions:
        for code, month in edition.list_own_office_months(result):
            told.setdefault(code, {})[month.month] = month
    outside = set(trend.outside_duty)
    offices = tuple(
        build_office_trend(one.office, one.name, [months[name] for name in sorted(months)], outside)
        for one in trend.offices
        if (months := told.get(one.office))
    )
    first = min((name for months in told.values() for name in months), default=trend.months[-1] if trend.months else "")
    return replace(
        trend,
        months=tuple(name for name in trend.months if name >= first),
        offices=offices,
        outside_duty=tuple(name for name in trend.outside_duty if name >= first),
        withheld=sum(
            one.office not in told and one.office != UNRECORDED_OFFICE and bool(one.months) for one in trend.offices
        ),
    )
