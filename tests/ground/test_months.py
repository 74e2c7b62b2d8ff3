"""The arithmetic of months."""

from datetime import date

import pytest

from audit.months import (
    expand_period,
    find_first_day,
    find_last_day,
    find_month,
    find_next_month,
    list_months,
    shift_month,
)


@pytest.mark.parametrize(
    ("month", "by", "expected"),
    [
        ("2011-09", 0, "2011-09"),
        ("2011-12", 1, "2012-01"),
        ("2011-01", -1, "2010-12"),
        ("2011-03", -26, "2009-01"),
        ("0999-12", 1, "1000-01"),
    ],
)
def test_a_month_is_shifted_over_the_ends_of_years(month: str, by: int, expected: str) -> None:
    assert shift_month(month, by) == expected
    assert by != 1 or find_next_month(month) == expected


def test_months_are_listed_with_both_ends() -> None:
    assert list_months("2011-11", "2012-02") == ["2011-11", "2011-12", "2012-01", "2012-02"]
    assert list_months("2011-11", "2011-11") == ["2011-11"]
    assert list_months("2011-11", "2011-10") == []


def test_a_month_has_its_first_and_last_day() -> None:
    days = [find_last_day(month) for month in ("2011-02", "2012-02", "2011-12", "9999-12")]
    assert [(day.month, day.day) for day in days] == [(2, 28), (2, 29), (12, 31), (12, 31)]
    assert find_first_day("2012-02") == date(2012, 2, 1)
    assert all(find_month(day) == f"{day}"[:7] for day in days)


@pytest.mark.parametrize("text", ["2011-13", "2011-9", "2011", ""])
def test_what_is_no_month_has_no_days(text: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|month must"):
        find_first_day(text)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("2011-Q1", "2011-01/2011-03"),
        ("2011-Q4", "2011-10/2011-12"),
        ("2011", "2011-01/2011-12"),
        ("2010-Q4/2011-Q1", "2010-10/2011-03"),
        ("2010-11/2011", "2010-11/2011-12"),
        ("2010/2011-02", "2010-01/2011-02"),
        ("2011-09", "2011-09"),
        ("2011-09/2011-10", "2011-09/2011-10"),
        ("all", "all"),
        ("2011-Q5", "2011-Q5"),
        ("", ""),
    ],
)
def test_quarters_and_years_are_ranges_of_months(period: str, expected: str) -> None:
    assert expand_period(period) == expected
