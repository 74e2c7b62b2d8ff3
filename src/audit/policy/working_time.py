"""The clock of working time: days and hours that count, whole weekend days and holidays left out.

Times are local wall-clock times, as recorded: on the day a clock is set forward or back a day still counts 24 hours,
as a rule that speaks of hours "excluding Saturdays, Sundays, and holidays" (8 CFR 287.7(d)) does not say otherwise.
"""

from datetime import date
from functools import cache
from itertools import accumulate
from typing import Any

import polars as pl

from audit.errors import AuditError, ExitCode, Problem

CALENDAR_YEARS = range(2000, 2041)  # a day outside them has no known holidays, and is unknown to the clock
_EPOCH, _DAY, _HOUR = date(1970, 1, 1), 86_400_000, 3_600_000


@cache
def list_holidays(calendar: str) -> tuple[date, ...]:
    """The public holidays of a country ("US") or of a part of it ("US-TX"), observed days included, by the package
    `holidays`. Raises AuditError (USAGE) for a calendar it does not know."""
    import holidays

    country, _, part = calendar.partition("-")
    try:
        days = holidays.country_holidays(country, subdiv=part or None, years=CALENDAR_YEARS, observed=True)
    except NotImplementedError:
        mend = "Name a country by its ISO 3166 code, or a part of it: US, US-TX."
        raise AuditError(
            Problem(what=f"there is no calendar `{calendar}`", mend=mend, file="program.toml, calendar"),
            code=ExitCode.USAGE,
        ) from None
    return tuple(sorted(days))


def count_working_days(start: pl.Expr, end: pl.Expr, holidays: tuple[date, ...]) -> pl.Expr:
    """Working days after the day of `start`, up to and including the day of `end`; null where either is."""
    return _count_days_to(_convert_to_day(end), holidays) - _count_days_to(_convert_to_day(start), holidays)


def count_working_hours(start: pl.Expr, end: pl.Expr, holidays: tuple[date, ...]) -> pl.Expr:
    """Hours from `start` to `end`, none of them on a Saturday, Sunday or holiday; null where either is."""
    passed = _count_milliseconds_to(end, holidays) - _count_milliseconds_to(start, holidays)
    return passed // _HOUR + (passed % _HOUR) / _HOUR  # whole hours exactly, whatever division makes of the rest


def _convert_to_day(time: pl.Expr) -> pl.Expr:
    return time.dt.timestamp("ms") // _DAY


def _count_days_to(day: pl.Expr, holidays: tuple[date, ...]) -> pl.Expr:
    """Working days from the first day of CALENDAR_YEARS to `day` (days since 1970), that day included."""
    days, counts = _count_calendar_days(holidays)
    return day.replace_strict(days, counts, default=None, return_dtype=pl.Int64)


@cache
def _count_calendar_days(holidays: tuple[date, ...]) -> tuple[Any, Any]:
    """Every day of CALENDAR_YEARS (days since 1970), and the working days to it: as columns, which a plan need
    not copy."""
    first, last = date(CALENDAR_YEARS[0], 1, 1), date(CALENDAR_YEARS[-1], 12, 31)
    ordinals, off = range(first.toordinal(), last.toordinal() + 1), {holiday.toordinal() for holiday in holidays}
    works = [date.fromordinal(n).weekday() < 5 and n not in off for n in ordinals]
    return pl.Series([n - _EPOCH.toordinal() for n in ordinals]), pl.Series([*accumulate(map(int, works))])


def _count_milliseconds_to(time: pl.Expr, holidays: tuple[date, ...]) -> pl.Expr:
    """Working milliseconds from the first day of CALENDAR_YEARS to a time: whole numbers, so no hour is lost by
    rounding."""
    day = _convert_to_day(time)
    days, counts = _count_calendar_days(holidays)
    before = day.replace_strict(days[1:], counts[:-1], default=None, return_dtype=pl.Int64)
    works = ((day + _EPOCH.weekday()) % 7 < 5) & ~day.is_in([(holiday - _EPOCH).days for holiday in holidays])
    return before * _DAY + works.cast(pl.Int64) * (time.dt.timestamp("ms") - day * _DAY)
