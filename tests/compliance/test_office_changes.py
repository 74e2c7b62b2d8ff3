"""Changes from month to month and the rates of twelve months, by hand."""

from dataclasses import replace

import polars as pl
import pytest

from audit.compliance.office_changes import OfficeChange, compare_months_by_office
from audit.compliance.trends import MONTH_COUNT_SCHEMA
from tests.made_up_census import CENSUS, OFFICES


def changes(*rows: tuple[str, str, int, int], period: str = "2011-09") -> dict[str, OfficeChange]:
    """By office, of rows of office, month, due and compliant."""
    counts = [("documentation", office, month, due, compliant, 0) for office, month, due, compliant in rows]
    frame = pl.DataFrame(counts, schema=MONTH_COUNT_SCHEMA, orient="row")
    found = compare_months_by_office(frame, CENSUS, period=period, offices=OFFICES)
    return {change.office: change for change in found}


def test_the_change_from_last_month_and_the_rate_of_twelve_months() -> None:
    found = changes(
        ("A", "2010-09", 100, 0),  # thirteen months back
        ("A", "2010-10", 100, 40),
        ("A", "2011-08", 20, 10),
        ("A", "2011-09", 40, 30),
        ("A", "2011-10", 50, 50),  # later than the month
    )
    assert (found["A"].last_month, found["A"].twelve_months, found["A"].twelve_due) == (0.25, 0.5, 160)


def test_a_month_with_too_few_has_no_change_and_counts_in_the_twelve() -> None:
    found = changes(("B", "2011-08", 10, 10), ("B", "2011-09", 11, 0))
    assert found["B"].last_month is None
    assert found["B"].twelve_months == pytest.approx(10 / 21)
    assert list(found) == ["A", "B", "C"]
    assert (found["C"].last_month, found["C"].twelve_months, found["C"].twelve_due) == (None, None, 0)


def test_units_without_an_office_are_no_office() -> None:
    assert "" not in changes(("", "2011-09", 20, 10))


@pytest.mark.parametrize("period", ["2011-08/2011-09", "all"])
def test_a_period_of_several_months_has_no_last_month(period: str) -> None:
    assert changes(("A", "2011-09", 20, 10), period=period) == {}


def test_a_census_without_dates_has_no_months() -> None:
    frame = pl.DataFrame(schema=MONTH_COUNT_SCHEMA)
    assert compare_months_by_office(frame, replace(CENSUS, date=None), period="all", offices=OFFICES) == ()
