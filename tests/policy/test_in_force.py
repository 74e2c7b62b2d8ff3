"""In force or not, or nobody knows; and the days in words."""

from dataclasses import replace
from datetime import date

import pytest

from audit.policy.in_force import describe_day_range, describe_intervals, find_version, is_in_force, list_boundary_days
from audit.policy.rules import DateInterval
from tests.made_up_policy import POLICY

LAPSED = (DateInterval(since=date(2021, 11, 29), until=date(2022, 6, 25)), DateInterval(since=date(2023, 6, 23)))
BEGAN = (DateInterval(since=date(2011, 7, 1), since_by=date(2011, 7, 31)),)


@pytest.mark.parametrize(
    ("intervals", "day", "holds"),
    [
        (LAPSED, date(2021, 11, 28), False),
        (LAPSED, date(2021, 11, 29), True),
        (LAPSED, date(2022, 6, 25), True),
        (LAPSED, date(2022, 6, 26), False),
        (LAPSED, date(2023, 6, 23), True),
        (BEGAN, date(2011, 6, 30), False),
        (BEGAN, date(2011, 7, 1), None),
        (BEGAN, date(2011, 7, 30), None),
        (BEGAN, date(2011, 7, 31), True),
        ((DateInterval(),), None, True),
        (LAPSED, None, None),
        ((), date(2011, 1, 1), False),
    ],
)
def test_in_force(intervals: tuple[DateInterval, ...], day: date | None, holds: bool | None) -> None:
    assert is_in_force(intervals, day) is holds


def test_the_version_of_a_day_is_the_one_that_surely_was_before_the_one_that_may_have_been() -> None:
    felon = POLICY.rules[1]
    assert find_version(felon, date(2011, 3, 1)) == (felon.versions[0], True)
    assert find_version(felon, date(2010, 1, 1)) == (None, False)
    perhaps = replace(felon.versions[0], in_force=BEGAN)
    assert find_version(replace(felon, versions=(perhaps,)), date(2011, 7, 4)) == (perhaps, None)
    assert find_version(replace(felon, versions=(perhaps, felon.versions[1])), date(2011, 7, 4)) == (
        felon.versions[1],
        True,
    )


def test_boundaries_are_the_first_days_of_what_is_new() -> None:
    assert list_boundary_days(LAPSED) == (date(2021, 11, 29), date(2022, 6, 26), date(2023, 6, 23))
    assert list_boundary_days(BEGAN) == (date(2011, 7, 1), date(2011, 7, 31))
    assert list_boundary_days((DateInterval(),)) == ()


@pytest.mark.parametrize(
    ("intervals", "words"),
    [
        (LAPSED, "from 29 November 2021 to 25 June 2022 and from 23 June 2023 on"),
        (BEGAN, "from an unknown day between 1 July 2011 and 31 July 2011 on"),
        (
            (replace(BEGAN[0], until=date(2012, 1, 1)),),
            "from an unknown day between 1 July 2011 and 31 July 2011 to 1 January 2012",
        ),
        ((DateInterval(until=date(2011, 1, 1)),), "until 1 January 2011"),
        ((DateInterval(),), "on any day"),
        ((), "on no day"),
    ],
)
def test_days_in_words(intervals: tuple[DateInterval, ...], words: str) -> None:
    assert describe_intervals(intervals) == words


def test_a_span_in_words() -> None:
    assert describe_day_range(None, date(2011, 3, 1)) == "until 1 March 2011"
    assert describe_day_range(date(2011, 3, 2), None) == "from 2 March 2011 on"
