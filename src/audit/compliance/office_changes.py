"""How each office's rate has moved since last month, and its rate over twelve months."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE
from audit.months import shift_month
from audit.programs.measures import Census, parse_period
from audit.tables.offices import UNRECORDED_OFFICE, name_offices

TWELVE_MONTHS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeChange:
    """One office's change under one measure, as all its months are known now."""

    measure: str  # its id
    office: str
    last_month: float | None  # rate of the month less that of the month before; None where one of them has no rate
    twelve_months: float | None  # rate of the month and the eleven before it; None where too few units were due
    twelve_due: int


def compare_months_by_office(
    counts: pl.DataFrame, census: Census, *, period: str, offices: Mapping[str, str]
) -> tuple[OfficeChange, ...]:
    """Every office under every measure, counted by unit at its first grace period: shares.

    `counts` is what `audit.compliance.trends.count_months` returns, `offices` every office by code and name. The twelve
    months are as many of them as the tables hold. None where the period is not one month.
    """
    first, last = parse_period(census, period)
    if census.date is None or first != last:
        return ()
    twelve = [shift_month(last, -back) for back in range(TWELVE_MONTHS)]
    rows = counts.filter(pl.col("month").is_in(twelve)).sort("office", "month")
    return tuple(
        change for measure in census.measures for change in _compare_offices(rows, measure.id, twelve[:2], offices)
    )


def _compare_offices(
    rows: pl.DataFrame, measure: str, latest: list[str], offices: Mapping[str, str]
) -> Iterator[OfficeChange]:
    months: dict[str, dict[str, tuple[int, int]]] = {}
    for office, month, due, compliant in (
        rows.filter(measure=measure).select("office", "month", "due", "compliant").iter_rows()
    ):
        months.setdefault(office, {})[month] = (compliant, due)
    for office in name_offices(sorted(months), offices):
        if office == UNRECORDED_OFFICE:
            continue
        own = months.get(office, {})
        now, before = (_rate(*own.get(month, (0, 0))) for month in latest)
        compliant, due = (sum(part) for part in zip(*own.values(), strict=True)) if own else (0, 0)
        yield OfficeChange(
            measure=measure,
            office=office,
            last_month=None if now is None or before is None else now - before,
            twelve_months=_rate(compliant, due),
            twelve_due=due,
        )


def _rate(compliant: int, due: int) -> float | None:
    return compliant / due if due >= MINIMUM_CASES_FOR_RATE else None
