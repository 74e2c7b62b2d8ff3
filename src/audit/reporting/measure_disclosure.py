"""What of one measure is for the public: all offices together, and each office that no small number gives away."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

from audit.compliance.office_rates import MeasureResult, OfficeRate, add_funnel_limits
from audit.programs.withholding import WithholdingPlan
from audit.reporting.disclosure import (
    has_small_change,
    has_small_count,
    is_small_count,
    name_combined_row,
    select_rows_to_combine,
)
from audit.reporting.published_editions import (
    COMBINED_FLAG,
    collect_earlier_counts,
    list_rate_counts,
    list_rows_alone,
)

NOT_DUE_COLUMNS = ("excluded", "not_applicable", "redacted", "pending")  # received that are not due
_ASIDE_COLUMNS = NOT_DUE_COLUMNS[1:]  # these differ by measure
_FUNNEL_LIMITS = ("lower_95", "upper_95", "lower_998", "upper_998")
_NATIONAL_ONLY_COLUMNS = (
    "received",
    *NOT_DUE_COLUMNS,
    "missing",
    "unmet",
    "uninformative",
    "no_identifier",
)  # never told by office


def suppress_measure(
    result: MeasureResult,
    office: str,
    plan: WithholdingPlan,
    *,
    others: Sequence[MeasureResult] = (),
    earlier: Sequence[MeasureResult] = (),
    several: bool = False,
) -> MeasureResult:
    """A measure with its offices as they may be told, and the limits and verdicts that follow from what is told.

    `others` are measures of the same edition that are told before it: of the same units, so that what is due under one
    tells what is due under another. `earlier` is what versions of the edition tell of this one. An office that is
    joined in one of these is joined here, and a count over all offices that one withholds is withheld. `several` says
    that more than one measure may be told.
    """
    nation = _suppress_national(result.national, plan.totals, several=several)
    withheld = {name for one in earlier for name in _list_withheld(one.national)}
    unknown: dict[str, Any] = dict.fromkeys(
        withheld | ({"worst", "best"} if withheld & {"pending", "redacted"} else set())
    )
    nation = replace(nation, **unknown)
    rows = [_strip_office(row) for row in result.offices]
    hidden = select_rows_to_combine(
        rows,
        list_rate_counts,
        size=lambda row: (row.due, row.office),
        least=plan.offices,
        key=lambda row: row.office,
        earlier=[*(collect_earlier_counts(one, most=1) for one in others), *map(collect_earlier_counts, earlier)],
    )
    joined = {row.office for row in hidden}
    alone, dispersion, outside = add_funnel_limits(nation, [row for row in rows if row.office not in joined])
    return replace(
        result,
        offices=(*alone, *((_combine_offices(hidden, office),) if hidden else ())),
        national=nation,
        missing=()
        if nation.missing is None or has_small_count((n for _, n in result.missing), plan.totals)
        else result.missing,
        exclusions=()
        if nation.excluded is None or has_small_count((n for _, n in result.exclusions), plan.totals)
        else result.exclusions,
        identified=None,
        missing_identifier=None,
        dispersion=dispersion.ratio,
        spread=dispersion.variance,
        outside=outside,
    )


def tells_few(one: MeasureResult, other: MeasureResult, least: int) -> bool:
    """Whether two measures of the same units tell together a count that each withholds: of units that are due under one
    alone, or are set aside in one.
    """
    if has_small_change([one.national.due], [other.national.due], least):
        return True
    asides = [[getattr(result.national, name) or 0 for name in _ASIDE_COLUMNS] for result in (one, other)]
    whole_known = not all(has_small_count(counts, least) for counts in asides)
    return whole_known and has_small_count(map(sum, asides), least)


def tells_small_change(now: MeasureResult, before: MeasureResult, plan: WithholdingPlan) -> bool:
    """Whether two public versions of a measure tell together a change that is small, or that one withholds."""
    if _list_withheld(now.national) - _list_withheld(before.national):
        return True
    for least, list_counts in ((plan.totals, _list_national_counts), (plan.offices, _list_office_counts)):
        were = dict(list_counts(before))
        if any(has_small_change([count], [were.get(name, count)], least) for name, count in list_counts(now)):
            return True
    together = [row for row in now.offices if row.flag == COMBINED_FLAG]
    told = collect_earlier_counts(before)
    alone = [row.office for row in list_rows_alone(now) if row.office in told.alone]
    return any(has_small_change(list_rate_counts(row), told.sum_others(alone), plan.offices) for row in together)


def _list_withheld(nation: OfficeRate) -> set[str]:
    """The counts over all offices that a public measure withholds."""
    return {name for name in _NATIONAL_ONLY_COLUMNS if getattr(nation, name) is None}


def _list_national_counts(result: MeasureResult) -> Iterator[tuple[tuple[str, str], int]]:
    """Every count over all offices that is told, and those that follow by subtraction."""
    nation = result.national
    for field in fields(nation):
        value = getattr(nation, field.name)
        if isinstance(value, int):
            yield ("all offices", field.name), value
    yield ("all offices", "neither"), list_rate_counts(nation)[-1]
    if nation.uninformative is not None:
        yield ("all offices", "informative"), nation.compliant + nation.late - nation.uninformative
    if nation.received is not None and nation.no_identifier is not None:
        yield ("all offices", "with identifier"), nation.received - nation.no_identifier
    for name, count in result.missing:
        yield ("missing", name), count
    for name, count in result.exclusions:
        yield ("exclusion", name), count


def _list_office_counts(result: MeasureResult) -> Iterator[tuple[tuple[str, int], int]]:
    for row in list_rows_alone(result):
        for place, count in enumerate(list_rate_counts(row)):
            yield (row.office, place), count


def _strip_office(row: OfficeRate) -> OfficeRate:
    """An office's row with what is told of offices, and without a verdict."""
    unknown: dict[str, Any] = dict.fromkeys((*_NATIONAL_ONLY_COLUMNS, *_FUNNEL_LIMITS, "worst", "best"))
    flag = row.flag if row.flag in ("too few", "no office") else ""
    return replace(row, **unknown, flag=flag if row.due else "no cases")


def _combine_offices(rows: Sequence[OfficeRate], office: str) -> OfficeRate:
    """Several offices as one row, which has counts and is no office to be compared."""
    due, compliant, late, _ = map(sum, zip(*map(list_rate_counts, rows), strict=True))
    counts = {"due": due, "compliant": compliant, "late": late}
    name = name_combined_row(rows, office)
    return replace(rows[0], office="", name=name, timely=None, eventual=None, flag=COMBINED_FLAG, **counts)


def _suppress_national(row: OfficeRate, least: int, *, several: bool) -> OfficeRate:
    """All offices together, without small counts and without those that would give them away.

    Where `several` measures are told of the same units, one may tell how many another sets aside: then more than one of
    these numbers is withheld, or none.
    """
    hidden = {name for name in ("uninformative", "no_identifier") if is_small_count(getattr(row, name), least)}
    if row.uninformative is not None and is_small_count(row.compliant + row.late - row.uninformative, least):
        hidden.add("uninformative")
    if aside := {name for name in NOT_DUE_COLUMNS if is_small_count(getattr(row, name), least)}:
        hidden |= {*aside, "received"}
        hidden |= {*_ASIDE_COLUMNS} if several and aside & {*_ASIDE_COLUMNS} else set()
    if is_small_count(row.missing, least) or is_small_count(row.unmet, least):
        hidden |= {"missing", "unmet"}
    with_identifier = None if row.received is None or row.no_identifier is None else row.received - row.no_identifier
    if is_small_count(with_identifier, least):
        hidden.add("no_identifier")
    bounds = {"worst", "best"} if hidden & {"pending", "redacted"} else set()
    unknown: dict[str, Any] = dict.fromkeys(hidden | bounds)
    return replace(row, **unknown)
