"""Numbers in words: rounded once, half up; all is 100% and none is 0%, and nothing else is."""

from datetime import date
from fractions import Fraction

import pytest

from audit.formatting import (
    add_article,
    format_between,
    format_count,
    format_day,
    format_decimal,
    format_dollars,
    format_hundredths,
    format_list,
    format_month,
    format_percent,
    format_plural,
    format_range,
    make_plural,
)


@pytest.mark.parametrize(
    ("part", "whole", "places", "expected"),
    [
        (698, 723, 1, "96.5%"),
        (5, 8, 0, "63%"),  # half to even would give 62%
        (1, 8, 1, "12.5%"),
        (0.0125, 1, 1, "1.3%"),
        (Fraction(1, 3), 1, 1, "33.3%"),
        (11711, 11712, 1, "over 99.9%"),
        (1, 99999, 1, "under 0.1%"),
        (7, 7, 1, "100.0%"),
        (0, 7, 1, "0.0%"),
        (0, 0, 1, "–"),
        (None, 1, 1, "–"),
    ],
)
def test_percent(part: float | None, whole: int, places: int, expected: str) -> None:
    assert format_percent(part, whole, places=places) == expected


def test_counts_and_nouns() -> None:
    assert format_count(348958) == "348,958"
    assert format_count(None) == "–"
    assert format_plural(1, "office") == "1 office"
    assert format_plural(2, "match", "matches") == format_plural(2, "match") == "2 matches"
    assert format_plural(3, "area of responsibility") == "3 areas of responsibility"
    assert [make_plural(one) for one in ("agency", "survey", "process")] == ["agencies", "surveys", "processes"]


def test_lists() -> None:
    assert format_list([]) == ""
    assert format_list(["A"]) == "A"
    assert format_list(["A", "B"]) == "A and B"
    assert format_list(["A", "B", "C", "D", "E"]) == "A, B, C and 2 others"
    assert format_list(["A", "B", "C", "D", "E"], most=5) == "A, B, C, D and E"


def test_dates() -> None:
    assert format_day(date(2011, 9, 3)) == "3 September 2011"
    assert format_month("2011-09") == "September 2011"
    assert format_month("2015-12/2018-06") == "December 2015 to June 2018"


def test_a_range_of_shares_and_a_plain_number() -> None:
    assert format_range(0.949, 0.9775) == "94.9% to 97.8%"
    assert format_range(None, None) == "–"
    assert format_range(0.49, 0.4904) == "49.0%", "a range whose ends read alike is told as one share"
    assert format_between(0.949, 0.9775) == "between 94.9% and 97.8%"
    assert format_between(0.49, 0.4904) == "at 49.0%"
    assert [*map(add_article, ("office", "field office", "Agency"))] == ["an office", "a field office", "an Agency"]
    assert [format_decimal(value) for value in (10.149, 0.25, 3)] == ["10.1", "0.3", "3.0"]


def test_amounts_are_in_millions_or_billions_of_dollars() -> None:
    amounts = (23_500_000, 690_000_000, 3_300_000_000, 1_250_000, None)
    assert [*map(format_dollars, amounts)] == ["$23.5 million", "$690 million", "$3.3 billion", "$1.3 million", "–"]


def test_a_coefficient_just_below_nothing_is_nothing() -> None:
    assert [format_hundredths(value) for value in (-0.001, -0.0, 0.0, -0.006)] == ["0.00", "0.00", "0.00", "-0.01"]
