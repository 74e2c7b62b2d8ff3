"""The calendar: days, months and years between two days, and a day some of them later.

A month later is the same day of the month that follows. Where that month has no such day it is its last day: a month
after 31 January is 28 or 29 February, and a year after 29 February is 28 February. PostgreSQL, Java and Python's
dateutil add months in the same way.
"""

import polars as pl

_UNIT_CODES = {"hour": "h", "day": "d", "month": "mo", "year": "y"}  # of polars' offsets


def shift_time(time: pl.Expr, number: int, unit: str) -> pl.Expr:
    """A day or time so many units (hour, day, month or year) later, or earlier where `number` is negative.

    A day that is shifted by hours becomes a time, counted from its midnight. In any other unit the time of day stays.
    Null where the time is.
    """
    moment = time.cast(pl.Datetime("us")) if unit == "hour" else time
    return moment.dt.offset_by(f"{number}{_UNIT_CODES[unit]}")


def count_calendar_days(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Days from the day `start` to the day `end`: 1 to the next day, negative where it lies before; null where either
    is."""
    return (end - start).dt.total_days()


def count_calendar_months(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Whole months from the day `start` to the day `end`, rounded down; null where either is.

    It is the greatest number of months that can be added to `start` without passing `end`, as `shift_time` adds them.
    Where `end` lies before `start` it is that from `end` to `start`, with a minus.
    """
    is_forward = start <= end
    first, last = pl.when(is_forward).then(start).otherwise(end), pl.when(is_forward).then(end).otherwise(start)
    months = 12 * (last.dt.year() - first.dt.year()) + last.dt.month().cast(pl.Int32) - first.dt.month().cast(pl.Int32)
    is_short = (last.dt.day() < first.dt.day()) & (last != last.dt.month_end())
    whole = (months - is_short.cast(pl.Int32)).cast(pl.Int64)
    return pl.when(is_forward).then(whole).when(~is_forward).then(-whole)


def count_calendar_years(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Whole years from the day `start` to the day `end`: whole months by twelve, rounded towards zero; null where
    either is."""
    months = count_calendar_months(start, end)
    return months.sign() * (months.abs() // 12)
