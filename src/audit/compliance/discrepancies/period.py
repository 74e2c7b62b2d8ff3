"""The period of a data-quality report: two months, a month or half of one."""

import datetime as dt
from dataclasses import dataclass

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_day, format_month
from audit.programs.discrepancies import MonthHalf, PeriodLength


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPeriod:
    """The days of one period, both included."""

    first: dt.date
    last: dt.date

    @property
    def name(self) -> str:
        """As folders and records name it: 2011-08/2011-09; of half a month, its days."""
        months = [f"{end:%Y-%m}" for end in (self.first, self.last)]
        if self.first.day > 1 or (self.last + dt.timedelta(days=1)).day > 1:
            return f"{self.first}/{self.last}"
        return "/".join(dict.fromkeys(months))

    @property
    def words(self) -> str:
        """As a sentence names it."""
        if self.first.day > 1 or (self.last + dt.timedelta(days=1)).day > 1:
            return f"{self.first.day} to {format_day(self.last)}"
        first = (
            f"{self.first:%B} and " if (self.first.year, self.first.month) != (self.last.year, self.last.month) else ""
        )
        if self.first.year != self.last.year:
            first = f"{format_month(f'{self.first:%Y-%m}')} and "
        return first + format_month(f"{self.last:%Y-%m}")


def build_report_period(every: PeriodLength, ends_with: str, half: MonthHalf | None = None) -> ReportPeriod:
    """The period that ends with a month "2011-09", or with a half of it (the second where none is named).

    AuditError (USAGE) for what is no month, or a half where periods are whole months.
    """
    try:
        first = dt.date.fromisoformat(f"{ends_with}-01")
    except ValueError:
        what = f"`{ends_with}` is not a month"
        raise AuditError(Problem(what=what, mend="Write it as 2011-09."), code=ExitCode.USAGE) from None
    if half and every != "half month":
        what = f"the period is {every}, so no half of a month has a report"
        raise AuditError(Problem(what=what, mend="Leave out --half."), code=ExitCode.USAGE)
    last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    if every == "half month":
        middle = first.replace(day=15)
        return (
            ReportPeriod(first=first, last=middle)
            if half == "first"
            else ReportPeriod(first=middle + dt.timedelta(days=1), last=last)
        )
    if every == "two months":
        first = (first - dt.timedelta(days=1)).replace(day=1)
    return ReportPeriod(first=first, last=last)
