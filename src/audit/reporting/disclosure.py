"""What may be told to the public: no number under 11 is there, and none can be worked out from those that are."""

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from audit.compliance.office_rates import SMALL, MeasureResult, MonthRate, OfficeRate, compared
from audit.compliance.trends import OfficeMonth, OfficeTrend, Trend
from audit.estimation.results import Cell, SampleAudit
from audit.formatting import listed, plural
from audit.tables.checks.suites import CheckResult
from audit.tables.table import ControlTotals

Row = TypeVar("Row")
TOGETHER = "together"  # the flag of a row that stands for several offices
ASIDE = ("excluded", "not_applicable", "redacted", "pending")  # received that are not due
OF_ALL_ONLY = ("received", *ASIDE, "missing", "unmet", "uninformative", "no_identifier")  # never told by office


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosed:
    """What a public report is assembled from, and in a sentence each what it leaves out."""

    measures: tuple[MeasureResult, ...]
    months: tuple[MonthRate, ...]
    audit: SampleAudit | None
    checks: tuple[CheckResult, ...]
    inputs: tuple[ControlTotals, ...]
    ambiguous_links: int | None
    trends: tuple[Trend, ...]
    withheld: tuple[str, ...]


def disclosed(
    measures: Sequence[MeasureResult],
    months: Sequence[MonthRate],
    audit: SampleAudit | None,
    checks: Sequence[CheckResult],
    inputs: Sequence[ControlTotals],
    ambiguous_links: int,
    trends: Sequence[Trend] = (),
    *,
    office: str,
    period: str,
) -> Disclosed:
    """What the public may see of the results.

    Each measure is told once, since two ways of counting the same records tell their difference. Offices with a count
    from 1 to 10, and as many more as it takes, stand together in one row, so that totals stay true and hold no more
    than that row; so it is with the months of a `period` of several, whose totals are told. Month by month only
    offices stand that have no such count in any month. A table of the sample in which a count is that small is left
    out or told as its totals alone. What reports of several months tell together is not looked at.
    """
    held = {result.measure: result for result in reversed(measures) if result.counted == "unit"}
    told = [result for result in reversed(held.values()) if not any(map(small, parts(result.national)))]
    kept_months = _months(months, period) if told else ()
    kept_audit = _audit(audit) if audit else None
    kept_checks = () if any(small(check.failed) for check in checks) else tuple(checks)
    kept_inputs = tuple(totals for totals in inputs if not small(totals.rows_set_aside))
    withheld = [
        f"{result.title}: a count over all offices is under {SMALL}." for result in held.values() if result not in told
    ]
    if len(kept_months) < len(months):
        withheld.append(f"{plural(len(months) - len(kept_months), 'month')} with a count under {SMALL}.")
    if audit and not kept_audit:
        withheld.append(f"The sample audit: one of its totals is under {SMALL}.")
    if len(kept_checks) < len(checks):
        passed = sum(check.passed for check in checks)
        withheld.append(f"The table of data checks, of which {passed:,} of {len(checks):,} passed.")
    if len(kept_inputs) < len(inputs):
        names = [totals.table for totals in inputs if totals not in kept_inputs]
        withheld.append(f"The row counts of {listed(names, most=100)}: few rows were set aside.")
    told_measures = tuple(_measure(result, office) for result in told)
    alone = {result.measure: {row.office for row in result.offices if row.office} for result in told_measures}
    return Disclosed(
        measures=told_measures,
        months=kept_months,
        audit=kept_audit,
        checks=kept_checks,
        inputs=kept_inputs,
        ambiguous_links=None if small(ambiguous_links) else ambiguous_links,
        trends=tuple(_trend(trend, alone[trend.measure]) for trend in trends if trend.measure in alone),
        withheld=tuple(withheld),
    )


def small(count: int | None) -> bool:
    """Whether so few could be told apart: none is no one, and 11 or more are a crowd."""
    return count is not None and 0 < count < SMALL


def parts(row: OfficeRate | MonthRate | OfficeMonth) -> tuple[int, int, int, int]:
    """What is told of an office, a month or both: due, in time, late, and by subtraction the rest."""
    return row.due, row.compliant, row.late, row.due - row.compliant - row.late


def _measure(result: MeasureResult, office: str) -> MeasureResult:
    """A measure with its offices as they may be told, and the limits and the spread of these offices alone."""
    nation = _nation(result.national)
    rows = [_bare(row) for row in result.offices]
    hidden = together(rows, parts, size=lambda row: (row.due, row.office))
    alone = [row for row in rows if row not in hidden]
    offices, found, outside = compared(nation, alone)
    several = (_joined(hidden, office),) if hidden else ()
    return replace(
        result,
        offices=(*offices, *several),
        national=nation,
        missing=() if nation.missing is None or any(small(n) for _, n in result.missing) else result.missing,
        exclusions=() if nation.excluded is None or any(small(n) for _, n in result.exclusions) else result.exclusions,
        identified=None,
        dispersion=found.ratio,
        spread=found.variance,
        outside=outside,
    )


def together(rows: Sequence[Row], told: Callable[[Row], Sequence[int]], *, size: Callable[[Row], Any]) -> list[Row]:
    """The rows to join: those with a small count in what is `told` of each, and the smallest others by `size`.

    Others are added until several stand together and no count of them all is small.
    """
    hidden = [row for row in rows if any(map(small, told(row)))]
    others = sorted((row for row in rows if row not in hidden and any(told(row))), key=size)
    while hidden and others and (len(hidden) == 1 or any(map(small, map(sum, zip(*map(told, hidden), strict=True))))):
        hidden.append(others.pop(0))
    return hidden


def _months(months: Sequence[MonthRate], period: str) -> tuple[MonthRate, ...]:
    """The months without a small count, and of the period no more than leaves its total open."""
    first, last = (period.split("/") * 2)[:2]
    hidden = [
        *(month for month in months if not first <= month.month <= last and any(map(small, parts(month)))),
        *together(
            [month for month in months if first <= month.month <= last],
            parts,
            size=lambda month: (month.due, month.month),
        ),
    ]
    return tuple(month for month in months if month not in hidden)


def _trend(trend: Trend, alone: Container[str]) -> Trend:
    """The offices that stand `alone` in the measure and have no small count in any month.

    The sums over the others may be known, month by month and over the period: there are at least two of those, and
    none of their sums is small, so that each of their counts stays as open as a sum that is not small.
    """
    offices = [one for one in trend.offices if one.months]
    kept = [one for one in offices if one.office in alone and not any(small(n) for m in one.months for n in parts(m))]
    kept.sort(key=lambda one: (-sum(month.due for month in one.months), one.office))
    while kept and len(kept) < len(offices) and _told_apart([one for one in offices if one not in kept]):
        kept.pop()
    return replace(
        trend,
        withheld=len(offices) - len(kept),
        offices=tuple(
            replace(one, months=tuple(replace(month, open_items=None) for month in one.months))
            for one in trend.offices
            if one in kept
        ),
    )


def _told_apart(hidden: Sequence[OfficeTrend]) -> bool:
    """Whether the sums over some offices would tell a small count of one of them."""
    months: dict[str, list[tuple[int, ...]]] = {}
    for one in hidden:
        for month in one.months:
            months.setdefault(month.month, []).append(parts(month))
    sums = [sum(part) for each in months.values() for part in zip(*each, strict=True)]
    return len(hidden) == 1 or any(map(small, sums))


def _bare(row: OfficeRate) -> OfficeRate:
    """An office's row with what is told of offices; its limits and its flag are worked out anew."""
    unknown: dict[str, Any] = {field.name: None for field in fields(row) if field.name in OF_ALL_ONLY}
    unknown |= dict.fromkeys(("worst", "best", "lower_95", "upper_95", "lower_998", "upper_998"))
    return replace(row, **unknown, flag="" if row.due else "no cases")


def _joined(rows: Sequence[OfficeRate], office: str) -> OfficeRate:
    """Several offices as one row, which has counts and is no office to be compared."""
    due, compliant, late, _ = map(sum, zip(*map(parts, rows), strict=True))
    name = f"{plural(len(rows), office)} together"
    counts = {"due": due, "compliant": compliant, "late": late}
    return replace(rows[0], office="", name=name, timely=None, eventual=None, flag=TOGETHER, **counts)


def _nation(row: OfficeRate) -> OfficeRate:
    """All offices together, without small counts and without those that would give them away."""
    hidden = {name for name in ("uninformative", "no_identifier") if small(getattr(row, name))}
    if row.uninformative is not None and small(row.compliant + row.late - row.uninformative):
        hidden.add("uninformative")
    if aside := {name for name in ASIDE if small(getattr(row, name))}:
        hidden |= {*aside, "received"}
    if small(row.missing) or small(row.unmet):
        hidden |= {"missing", "unmet"}
    if row.received is not None and row.no_identifier is not None and small(row.received - row.no_identifier):
        hidden.add("no_identifier")
    bounds = {"worst", "best"} if hidden & {"pending", "redacted"} else set()
    unknown: dict[str, Any] = dict.fromkeys(hidden | bounds)
    return replace(row, **unknown)


def _audit(audit: SampleAudit) -> SampleAudit | None:
    """The sample audit by its totals, with each of its tables that has no small count; nothing if a total is small."""
    found = audit.overall
    consistent, other = found.conforming - found.permitted, audit.drawn - found.assessed - found.undeterminable
    totals = (consistent, found.permitted, found.deviating, found.undeterminable, other, audit.universe - audit.frame)
    if any(map(small, totals)):
        return None
    whole = any(small(cell.cases) for cell in audit.cells) or _any_small(audit.classes)
    rules = any(small(rule.cases) for rule in audit.rules)
    return replace(
        audit,
        cells=tuple(_outcomes(audit)) if whole else audit.cells,
        classes=() if whole else audit.classes,
        offices=() if _any_small(audit.offices) else audit.offices,
        standings=() if _any_small(audit.offices) else audit.standings,
        standings_statement="" if _any_small(audit.offices) else audit.standings_statement,
        documentation=() if any(small(cell.cases) for cell in audit.documentation) else audit.documentation,
        exclusions=() if any(small(n) for _, n in audit.exclusions) else audit.exclusions,
        needed=tuple((name, n) for name, n in audit.needed if not small(n)),
        later=tuple((then, later, n) for then, later, n in audit.later if not small(n)),
        rules=tuple(replace(rule, cases=None) for rule in audit.rules) if rules or whole else audit.rules,
    )


def _any_small(estimates: Sequence[object]) -> bool:
    counts = ("reviewed", "conforming", "permitted", "deviating", "undeterminable")
    return any(small(getattr(one, name)) for one in estimates for name in counts)


def _outcomes(audit: SampleAudit) -> Iterator[Cell]:
    """The cells added up by outcome."""
    for outcome in dict.fromkeys(cell.outcome for cell in audit.cells):
        cases = sum(cell.cases for cell in audit.cells if cell.outcome == outcome)
        yield Cell(outcome=outcome, case_class="", cases=cases, words="All classes of case")
