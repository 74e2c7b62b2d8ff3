"""The arithmetic of months, each written as 2011-09."""

import re
from calendar import monthrange
from datetime import date, timedelta

MONTH_FORMAT = "%Y-%m"  # of a day's month, for `strftime` here and in polars
_LONG_PERIOD = re.compile(r"(?P<year>\d{4})(?:-Q(?P<quarter>[1-4]))?")


def find_month(day: date) -> str:
    """The month of a day."""
    return f"{day.year:04}-{day.month:02}"


def shift_month(month: str, by: int) -> str:
    """The month so many months later, or earlier where `by` is negative."""
    year, number = map(int, month.split("-"))
    shifted = 12 * year + number - 1 + by
    return f"{shifted // 12:04}-{shifted % 12 + 1:02}"


def find_next_month(month: str) -> str:
    """The month after one."""
    return shift_month(month, 1)


def list_months(first: str, last: str) -> list[str]:
    """Every month from the first to the last, both included; none where the last lies before the first."""
    months = []
    while first <= last:
        months.append(first)
        first = find_next_month(first)
    return months


def expand_period(period: str) -> str:
    """The months of a period: a quarter "2024-Q1" is 2024-01/2024-03, a year "2024" is 2024-01/2024-12.

    Either may be an end of a range. What is neither stays as it is: months, ranges of months, and what is no period.
    """
    if not any(_LONG_PERIOD.fullmatch(end) for end in period.split("/")):
        return period
    ends = [_expand_end(end) for end in period.split("/")]
    return "/".join([ends[0].partition("/")[0], *(end.rpartition("/")[2] for end in (ends[1:] or ends))])


def _expand_end(period: str) -> str:
    match = _LONG_PERIOD.fullmatch(period)
    if match is None:
        return period
    first, number = (1, 12) if match["quarter"] is None else (3 * int(match["quarter"]) - 2, 3)
    return f"{match['year']}-{first:02}/{match['year']}-{first + number - 1:02}"


def find_first_day(month: str) -> date:
    """The day on which a month begins; ValueError for what is no month."""
    return date.fromisoformat(f"{month}-01")


def find_last_day(month: str) -> date:
    """The day on which a month ends; ValueError for what is no month."""
    first = find_first_day(month)
    return first.replace(day=monthrange(first.year, first.month)[1])


def add_days(day: date, days: int) -> date:
    """The day so many days later; the last one of the calendar where there is none so late."""
    return day + timedelta(days=min(days, (date.max - day).days))
