"""The clock of working time. Vectors computed by hand from 8 CFR 287.7(d) and the federal calendar of 2011."""

from datetime import date, datetime

import polars as pl
import pytest

from audit.errors import AuditError
from audit.policy.working_time import count_working_days, count_working_hours, list_holidays

FEDERAL = list_holidays("US")


def counted(
    start: datetime | date | None, end: datetime | date | None, holidays: tuple[date, ...] = FEDERAL
) -> tuple[object, object]:
    frame = pl.DataFrame({"a": [start], "b": [end]}, schema={"a": pl.Datetime, "b": pl.Datetime})
    a, b = pl.col("a"), pl.col("b")
    return frame.select(d=count_working_days(a, b, holidays), h=count_working_hours(a, b, holidays)).row(0)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(2011, 7, 1, 14), datetime(2011, 7, 6, 14)),  # a weekend and the Fourth of July
        (datetime(2011, 11, 23, 18), datetime(2011, 11, 28, 18)),  # Thanksgiving and a weekend
        (datetime(2011, 12, 23, 12), datetime(2011, 12, 28, 12)),  # Christmas, observed on Monday
        (datetime(2011, 9, 3, 10), datetime(2011, 9, 8)),  # begins on a Saturday, before Labor Day
        (datetime(2011, 8, 1, 9), datetime(2011, 8, 3, 9)),
    ],
)
def test_forty_eight_hours(start: datetime, end: datetime) -> None:
    assert counted(start, end)[1] == 48


def test_working_days_begin_the_day_after() -> None:
    assert counted(datetime(2011, 8, 1), datetime(2011, 8, 1))[0] == 0
    assert counted(datetime(2011, 8, 5), datetime(2011, 8, 8))[0] == 1  # Friday to Monday
    assert counted(datetime(2011, 8, 6), datetime(2011, 8, 7))[0] == 0  # Saturday to Sunday
    assert counted(datetime(2011, 8, 3), datetime(2011, 8, 1))[0] == -2
    assert counted(datetime(2011, 7, 1), datetime(2011, 7, 5))[0] == 1  # the Fourth is a Monday


def test_every_span_of_a_year_is_walked_day_by_day() -> None:
    days = [date.fromordinal(date(2010, 12, 1).toordinal() + n) for n in range(420)]
    open_days = [d for d in days if d.weekday() < 5 and d not in FEDERAL]
    frame = pl.DataFrame({"a": [days[0]] * len(days), "b": days})
    found = frame.select(d=count_working_days(pl.col("a"), pl.col("b"), FEDERAL))["d"].to_list()
    assert found == [sum(days[0] < one <= d for one in open_days) for d in days]


def test_what_is_unknown_stays_unknown() -> None:
    assert counted(None, datetime(2011, 8, 1)) == (None, None)
    assert counted(datetime(1999, 1, 4), datetime(1999, 1, 8)) == (None, None)  # before the calendar begins


def test_a_state_has_holidays_of_its_own() -> None:
    texas = list_holidays("US-TX")
    assert date(2011, 4, 21) in texas  # San Jacinto Day
    assert date(2011, 4, 21) not in FEDERAL
    with pytest.raises(AuditError, match=r"there is no calendar `Atlantis`"):
        list_holidays("Atlantis")
