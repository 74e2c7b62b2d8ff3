"""The period of a data-quality report: two months, a month or half of one."""

import datetime as dt
from dataclasses import dataclass

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_day, format_month
from audit.months import find_first_day, find_last_day, find_month, shift_month
from audit.programs.discrepancies import MonthHalf, PeriodLength


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPeriod:
    """The days of one period, both included."""

    first: dt.date
    last: dt.date

    @property
    def has_whole_months(self) -> bool:
        """Whether it begins with a month and ends with one."""
        return self.first.day == 1 and self.last == find_last_day(find_month(self.last))

    @property
    def name(self) -> str:
        """As folders and records name it: 2011-08/2011-09; of half a month, its days."""
        if not self.has_whole_months:
            return f"{self.first}/{self.last}"
        return "/".join(dict.fromkeys(find_month(end) for end in (self.first, self.last)))

    @property
    def words(self) -> str:
        """As a sentence names it."""
        if not self.has_whole_months:
            return f"{self.first.day} to {format_day(self.last)}"
        first = (
            f"{self.first:%B} and " if (self.first.year, self.first.month) != (self.last.year, self.last.month) else ""
        )
        if self.first.year != self.last.year:
            first = f"{format_month(find_month(self.first))} and "
        return first + format_month(find_month(self.last))


def build_report_period(every: PeriodLength, ends_with: str, half: MonthHalf | None = None) -> ReportPeriod:
    """The period that ends with a month "2011-09", or with a half of it (the second where none is named).

    AuditError (USAGE) for what is no month, or a half where periods are whole months.
    """
    try:
        first, last = find_first_day(ends_with), find_last_day(ends_with)
    except ValueError:
        what = f"`{ends_with}` is not a month"
        raise AuditError(Problem(what=what, mend="Write it as 2011-09."), code=ExitCode.USAGE) from None
    if half and every != "half month":
        what = f"the period is {every}, so no half of a month has a report"
        raise AuditError(Problem(what=what, mend="Leave out --half."), code=ExitCode.USAGE)
    if every == "half month":
        middle = first.replace(day=15)
        return (
            ReportPeriod(first=first, last=middle)
            if half == "first"
            else ReportPeriod(first=middle + dt.timedelta(days=1), last=last)
        )
    if every == "two months":
        first = find_first_day(shift_month(ends_with, -1))
    return ReportPeriod(first=first, last=last)
