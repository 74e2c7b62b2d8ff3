"""Coverage by day and area, growth as an exact identity, and the claim tested as far as values were published."""

import datetime as dt
from dataclasses import replace
from fractions import Fraction

import polars as pl
import pytest

from audit.analysis.coverage import CoverageResult, measure_coverage
from audit.analysis.growth import ActivePeriod, decompose_growth
from audit.errors import AuditError
from audit.programs.analyses import AreaTable, CountingPeriod, Coverage, PublishedTotal
from audit.reporting.coverage_text import assess_coverage_claim, describe_growth, describe_published

YEARS = tuple(
    CountingPeriod(label=f"{year}", first=dt.date(year, 1, 1), last=dt.date(year, 12, 31))
    for year in (2021, 2022, 2023)
)
COVERAGE = Coverage(
    name="permits",
    title="Coverage",
    table="towns",
    jurisdiction="town",
    area="county",
    activated_on="joined",
    area_noun="county",
    as_of=dt.date(2023, 12, 31),
    areas=AreaTable(table="counties", area="county", name="name", row="row", column="column"),
    published=(PublishedTotal(on=dt.date(2023, 12, 31), activated=3, total=5, areas=2, source="The yearbook"),),
    series="permits",
    counted=("permit", "permits"),
    periods=YEARS,
    claim="a corresponding increase",
    claim_source="The yearbook",
)
TOWNS = [
    ("A", "N", dt.date(2021, 1, 1)),
    ("B", "N", dt.date(2022, 1, 1)),
    ("C", "S", dt.date(2023, 7, 1)),
    ("D", "S", None),
    ("E", "W", dt.date(2024, 2, 1)),
]
COUNTS = {"2021": 120, "2022": 300, "2023": 300}


def make_tables(towns: list[tuple[str, str, dt.date | None]] = TOWNS) -> dict[str, pl.LazyFrame]:
    places = [("N", "North", 1, 1), ("S", "South", 2, 1), ("W", "West", 2, 2), ("X", "Empty", 3, 1)]
    return {
        "towns": pl.LazyFrame(towns, schema={"town": pl.String, "county": pl.String, "joined": pl.Date}, orient="row"),
        "counties": pl.LazyFrame(places, schema=["county", "name", "row", "column"], orient="row"),
    }


@pytest.fixture(scope="module")
def result() -> CoverageResult:
    return measure_coverage(make_tables(), COVERAGE, COUNTS)


def test_activation_by_area_and_day(result: CoverageResult) -> None:
    assert (result.total, result.activated, result.areas_activated, result.later) == (5, 3, 2, 1)
    assert {one.name: (one.activated, one.total) for one in result.areas} == {
        "North": (2, 2),
        "South": (1, 2),
        "West": (0, 1),
        "Empty": (0, 0),
    }
    assert [one.activated for one in result.days] == [1, 2, 3]
    assert sum(one.total for one in result.areas) == result.total


def test_a_published_total_is_compared_with_the_table(result: CoverageResult) -> None:
    [one] = result.published
    assert one.agrees
    assert describe_published(one, result) == (
        "The yearbook states 3 of 5 in 2 counties on 31 December 2023: 60.0%. The table gives the same."
    )
    other = replace(one, stated=replace(one.stated, activated=4))
    assert not other.agrees
    assert describe_published(other, result).endswith("The table gives 3 of 5 in 2.")


def test_active_months_count_the_days_of_each_jurisdiction(result: CoverageResult) -> None:
    first, second, third = result.periods
    assert (first.jurisdiction_days, first.jurisdiction_months, first.intensity) == (365, 12, 10)
    assert (second.jurisdiction_months, second.intensity) == (24, Fraction(300, 24))
    assert third.jurisdiction_days == 2 * 365 + 184  # the third from 1 July, that day included
    assert third.activated == 3


def test_the_change_is_the_sum_of_its_parts_exactly(result: CoverageResult) -> None:
    one = result.steps[0]  # 12 months × 10 → 24 × 12.5
    assert (one.change, one.coverage, one.intensity, one.interaction) == (180, 120, 30, 30)
    assert [(step.earlier, step.later) for step in result.steps] == [
        ("2021", "2022"),
        ("2022", "2023"),
        ("2021", "2023"),
    ]
    for step in result.steps:
        assert step.coverage + step.intensity + step.interaction == step.change


@pytest.mark.parametrize("seed", range(5))
def test_the_identity_holds_for_any_numbers(seed: int) -> None:
    def period(label: str, days: int, count: int) -> ActivePeriod:
        return ActivePeriod(
            label=label, first=YEARS[0].first, last=YEARS[0].last, activated=1, jurisdiction_days=days, days=365,
            months=12, count=count,
        )  # fmt: skip

    [step] = decompose_growth([period("a", 7 + seed * 31, 95_664), period("b", 13 + seed * 911, 348_958 - seed)])
    assert step.coverage + step.intensity + step.interaction == step.change == 253_294 - seed


def test_a_period_without_a_count_has_no_step() -> None:
    gap = measure_coverage(make_tables(), COVERAGE, {"2021": 120, "2022": None, "2023": 300})
    assert [(step.earlier, step.later) for step in gap.steps] == [("2021", "2023")]
    none = measure_coverage(make_tables(), COVERAGE, {})
    assert none.steps == ()
    assert describe_growth(none).startswith("There are not two periods")


def test_the_claim_is_held_against_what_was_published_and_against_the_table(result: CoverageResult) -> None:
    quote, verdict, last = assess_coverage_claim(result)
    assert quote == "“a corresponding increase” (The yearbook)."
    assert verdict.startswith(
        "By this table, both rose from 2021 to 2023: jurisdictions active 2.5-fold, permits 2.5-fold"
    )
    assert last == "So the increase corresponds in direction and, within a tenth, in proportion."
    more = measure_coverage(
        make_tables(), replace(COVERAGE, claim_gap="One day alone.", synthetic="Days."), {**COUNTS, "2023": 900}
    )
    words = list(assess_coverage_claim(more))
    assert words[1] == "On published values alone the claim cannot be tested. One day alone."
    assert words[2].startswith("With the made-up days of activation")
    assert words[-1] == "So the increase corresponds in direction, and not in proportion."
    fell = measure_coverage(make_tables(), COVERAGE, {**COUNTS, "2023": 100})
    assert list(assess_coverage_claim(fell))[-1] == "So the claim does not hold here."


def test_a_jurisdiction_that_stands_twice_is_refused() -> None:
    with pytest.raises(AuditError, match="1 row for a jurisdiction that has one"):
        measure_coverage(make_tables([*TOWNS, TOWNS[0]]), COVERAGE, COUNTS)
