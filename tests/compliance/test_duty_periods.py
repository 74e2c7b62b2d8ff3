"""Duties: the months before, of the instruction and under a duty, and which of them set limits."""

from dataclasses import replace
from datetime import date

import pytest

from audit.compliance.duty_periods import find_duty_period, find_measure_duties, list_months_under_duty
from audit.months import list_months
from audit.programs.measures import Duty
from tests.made_up_census import CENSUS, DOCUMENTED

JULY = Duty(words="encounters", since=date(2011, 7, 1), since_by=date(2011, 7, 31))
NOVEMBER = Duty(words="all matches", since=date(2011, 11, 1), since_by=date(2011, 11, 30))
MEASURE = replace(DOCUMENTED, duties=(JULY, NOVEMBER))


@pytest.mark.parametrize(
    ("month", "period"),
    [
        ("2011-06", "before"),
        ("2011-07", "instruction"),
        ("2011-08", "under"),
        ("2011-10", "under"),
        ("2011-11", "instruction"),
        ("2011-12", "under"),
    ],
)
def test_months_around_two_duties_whose_days_are_unknown(month: str, period: str) -> None:
    assert find_duty_period(MEASURE, month) == period


@pytest.mark.parametrize(
    ("since", "period"),
    [(date(2011, 7, 1), "under"), (date(2011, 7, 2), "instruction"), (date(2011, 7, 31), "instruction")],
)
def test_a_known_day_within_the_month(since: date, period: str) -> None:
    assert find_duty_period(replace(DOCUMENTED, duties=(Duty(words="w", since=since),)), "2011-07") == period


def test_without_a_duty_no_month_is_before_or_under() -> None:
    assert find_duty_period(DOCUMENTED, "2011-07") == ""
    assert list_months_under_duty(DOCUMENTED, ["2011-06", "2011-07"]) == ["2011-06", "2011-07"]


@pytest.mark.parametrize(
    ("last", "under"),
    [
        ("2011-06", []),  # no duty had begun
        ("2011-07", []),
        ("2011-10", ["2011-08", "2011-09", "2011-10"]),  # that of November is not known of yet
        ("2011-11", []),  # under the first duty, and the second began
        ("2012-01", ["2011-12", "2012-01"]),
    ],
)
def test_limits_are_of_the_months_under_every_duty_that_had_begun(last: str, under: list[str]) -> None:
    assert list_months_under_duty(MEASURE, list_months("2010-10", last)) == under


def test_the_record_says_where_the_last_month_of_the_period_lies() -> None:
    census = replace(CENSUS, measures=(MEASURE,))
    [found] = find_measure_duties(census, "2011-05/2011-07")
    assert (found.measure, found.period, found.duties) == ("documentation", "instruction", (JULY, NOVEMBER))
    assert find_measure_duties(census, "all") == ()
    assert find_measure_duties(CENSUS, "2011-07") == ()
