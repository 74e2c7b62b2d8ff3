"""Unit costs: computed where amount and count belong together, refused with every reason where they do not."""

import datetime as dt
from dataclasses import replace

import pytest

from audit.analysis.unit_costs import measure_unit_cost
from audit.programs import find_program_folder
from audit.programs.analyses import Expense, UnitCost, UnitCount
from audit.reporting.unit_cost_text import (
    describe_refusal,
    describe_unit_cost_method,
    format_amount,
    format_days,
    format_unit_cost_headline,
    format_unit_count,
    make_unit_cost_figure,
)
from audit.storage.declarations import read_program

YEAR = (dt.date(2023, 1, 1), dt.date(2023, 12, 31))
EXPENSE = Expense(
    words="spent", pays_for="permits", dollars=1_250_000, first=YEAR[0], last=YEAR[1], source="Yearbook, page 3"
)
COUNT = UnitCount(
    unit=("permit", "permits"), counts="permits", counted=6_400, first=YEAR[0], last=YEAR[1], source="Yearbook, page 4"
)
PERMIT = UnitCost(name="permit", title="Cost of a permit", expense=EXPENSE, count=COUNT)
LATER = replace(COUNT, first=dt.date(2023, 7, 1))
UNIT_COSTS = (PERMIT, replace(PERMIT, name="half", title="Cost of a permit of half a year", count=LATER))


def refuse(**changes: object) -> str:
    expense = {key[8:]: value for key, value in changes.items() if key.startswith("expense_")}
    count = {key[6:]: value for key, value in changes.items() if key.startswith("count_")}
    one = replace(PERMIT, expense=replace(EXPENSE, **expense), count=replace(COUNT, **count))  # type: ignore[arg-type]
    return describe_refusal(measure_unit_cost(one))


def test_an_amount_over_a_count_of_the_same_thing_and_period() -> None:
    assert measure_unit_cost(PERMIT).dollars_each == 1_250_000 / 6_400 == 195.3125
    assert refuse() == "$195.31 a permit."
    assert refuse(expense_is_rounded=True) == "About $195.31 a permit."


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"expense_dollars": None}, "the amount was not published"),
        ({"count_counted": None}, "the number of permits was not published"),
        ({"count_counted": 0}, "there are no permits"),
        ({"count_counts": "licences"}, "the amount is for permits, and what is counted is licences"),
        ({"expense_last": None}, "the days that one of them covers were not published"),
        (
            {"count_last": dt.date(2024, 12, 31)},
            "the amount is of 1 January 2023 to 31 December 2023, and the count of 1 January 2023 to 31 December 2024",
        ),
        (
            {"count_first": dt.date(2022, 1, 1)},
            "the amount is of 1 January 2023 to 31 December 2023, and the count of 1 January 2022 to 31 December 2023",
        ),
    ],
)
def test_what_does_not_belong_together_is_not_divided(changes: dict[str, object], reason: str) -> None:
    assert refuse(**changes) == f"Not divided: {reason}."


def test_every_reason_is_told_at_once() -> None:
    assert refuse(expense_dollars=None, count_counted=None) == (
        "Not divided: the amount was not published; the number of permits was not published."
    )


def test_the_headline_says_how_many_could_be_formed() -> None:
    results = [measure_unit_cost(one) for one in UNIT_COSTS]
    assert format_unit_cost_headline(results) == (
        "Unit costs: 1 of 2 could be formed (Cost of a permit: $195.31 a permit)."
    )
    assert make_unit_cost_figure(results).value == "1 of 2"
    assert [heading for heading, _ in describe_unit_cost_method(results)] == ["Unit costs: when an amount is divided"]
    assert not [*describe_unit_cost_method([])]
    assert (format_amount(results[0]), format_unit_count(results[0])) == ("$1,250,000", "6,400 permits")
    assert format_days(None, YEAR[1]) == "a day not published to 31 December 2023"


def test_nothing_that_was_published_of_the_reference_program_may_be_divided() -> None:
    """DHS OIG-12-64: amounts from fiscal year 2008 on, matches from 2009 on; four programs' funding, one's matches."""
    results = {
        one.name: measure_unit_cost(one)
        for one in read_program(find_program_folder("secure_communities")).analyses.unit_costs
    }
    assert results["match"].reasons == ("periods differ",)
    assert results["match-of-year"].reasons == ("subjects differ",)
    assert all(one.reasons and one.dollars_each is None for one in results.values())
