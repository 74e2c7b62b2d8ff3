"""The clock of working time: days and hours that count, whole weekend days and holidays left out.

Times are local wall-clock times, as recorded: on the day a clock is set forward or back a day still counts 24 hours,
as a rule that speaks of hours "excluding Saturdays, Sundays, and holidays" (8 CFR 287.7(d)) does not say otherwise.
"""

from collections.abc import Sequence
from datetime import date
from functools import cache

import narwhals as nw

from audit.error import AuditError, ExitCode, Problem

YEARS = range(2000, 2041)  # a day outside them has no known holidays, and is unknown to the clock
_EPOCH, _DAY, _HOUR = date(1970, 1, 1), 86_400_000, 3_600_000


@cache
def holidays_of(calendar: str) -> tuple[date, ...]:
    """The public holidays of a country ("US") or of a part of it ("US-TX"), observed days included, by the package
    `holidays`. Raises AuditError (USAGE) for a calendar it does not know."""
    import holidays

    country, _, part = calendar.partition("-")
    try:
        known = holidays.country_holidays(country, subdiv=part or None, years=YEARS, observed=True)
    except NotImplementedError:
        mend = "Name a country by its ISO 3166 code, or a part of it: US, US-TX."
        raise AuditError(
            Problem(what=f"there is no calendar `{calendar}`", mend=mend, file="program.toml, calendar"),
            code=ExitCode.USAGE,
        ) from None
    return tuple(sorted(known))


def working_days(start: nw.Expr, end: nw.Expr, holidays: Sequence[date]) -> nw.Expr:
    """Working days after the day of `start`, up to and including the day of `end`; null where either is."""
    return _days_to(_day(end), holidays) - _days_to(_day(start), holidays)


def working_hours(start: nw.Expr, end: nw.Expr, holidays: Sequence[date]) -> nw.Expr:
    """Hours from `start` to `end`, none of them on a Saturday, Sunday or holiday; null where either is."""
    return _hours_to(end, holidays) - _hours_to(start, holidays)


def _day(time: nw.Expr) -> nw.Expr:
    return time.dt.timestamp("ms") // _DAY


def _days_to(day: nw.Expr, holidays: Sequence[date]) -> nw.Expr:
    """Working days from a Monday long ago to `day` (days since 1970), that day included."""
    since_monday = day + 3  # 29 December 1969 was a Monday
    in_week = since_monday % 7
    weekdays = (since_monday // 7) * 5 + nw.when(in_week < 4).then(in_week + 1).otherwise(nw.lit(5))
    off = [(holiday - _EPOCH).days for holiday in holidays if holiday.weekday() < 5]
    passed = nw.sum_horizontal(*((day >= holiday).cast(nw.Int64) for holiday in off)) if off else nw.lit(0)
    first, last = (
        (date(year, month, dom) - _EPOCH).days for year, month, dom in ((YEARS[0], 1, 1), (YEARS[-1], 12, 31))
    )
    return nw.when((day >= first) & (day <= last)).then(weekdays - passed).otherwise(nw.lit(None, dtype=nw.Int64))


def _hours_to(time: nw.Expr, holidays: Sequence[date]) -> nw.Expr:
    day = _day(time)
    before, through = _days_to(day - 1, holidays), _days_to(day, holidays)
    of_day = (time.dt.timestamp("ms") - day * _DAY) / _HOUR
    return before * 24 + (through - before) * of_day
