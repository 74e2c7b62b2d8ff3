"""Calendar days, months and years in a condition: how they are counted, and how a day is shifted by them."""

from datetime import date, datetime
from typing import Any

import polars as pl
import pytest

from audit.policy.aggregates import AggregateBuilder
from audit.policy.compiler import ConditionSet, compile_value
from audit.policy.vocabulary import ChildSchema, Vocabulary


def find_value(text: str, start: date | None, end: date | None) -> Any:
    kinds = {"a": start, "b": end}
    types = {name: "datetime" if isinstance(day, datetime) else "date" for name, day in kinds.items()}
    dtypes = {name: pl.Datetime("us") if isinstance(day, datetime) else pl.Date for name, day in kinds.items()}
    part = compile_value(text, Vocabulary(columns=types), place="rule.yaml")
    return pl.DataFrame({"a": [start], "b": [end]}, schema=dtypes).select(part.value.low).item()


@pytest.mark.parametrize(
    ("start", "end", "days", "months", "years"),
    [
        (date(2023, 1, 1), date(2023, 1, 1), 0, 0, 0),
        (date(2023, 1, 1), date(2023, 1, 31), 30, 0, 0),
        (date(2023, 1, 1), date(2023, 2, 1), 31, 1, 0),
        (date(2023, 1, 31), date(2023, 2, 28), 28, 1, 0),  # the last day of a shorter month
        (date(2024, 1, 31), date(2024, 2, 28), 28, 0, 0),  # in a leap year it is the 29th
        (date(2024, 1, 30), date(2024, 2, 29), 30, 1, 0),
        (date(2024, 2, 29), date(2024, 3, 28), 28, 0, 0),
        (date(2024, 2, 29), date(2025, 2, 27), 364, 11, 0),
        (date(2024, 2, 29), date(2025, 2, 28), 365, 12, 1),
        (date(2005, 6, 15), date(2023, 6, 14), 6573, 215, 17),
        (date(2005, 6, 15), date(2023, 6, 15), 6574, 216, 18),
        (date(2023, 2, 28), date(2023, 1, 31), -28, -1, 0),  # as from the earlier to the later, with a minus
        (date(2023, 6, 15), date(2005, 6, 15), -6574, -216, -18),
        (datetime(2023, 1, 31, 23, 59), datetime(2023, 2, 28, 0, 1), 28, 1, 0),  # the time of day does not matter
        (datetime(2023, 1, 31, 23, 59), date(2023, 2, 1), 1, 0, 0),
        (None, date(2023, 1, 1), None, None, None),
        (date(2023, 1, 1), None, None, None, None),
    ],
)
def test_days_months_and_years_between(
    start: date | None, end: date | None, days: int | None, months: int | None, years: int | None
) -> None:
    assert find_value("calendar_days(a, b)", start, end) == days
    assert find_value("months_between(a, b)", start, end) == months
    assert find_value("years_between(a, b)", start, end) == years


@pytest.mark.parametrize(
    ("text", "start", "expected"),
    [
        ("a + interval '1' month", date(2023, 1, 31), date(2023, 2, 28)),
        ("a + interval '1' month", date(2024, 1, 31), date(2024, 2, 29)),
        ("a + interval '1' month", date(2023, 2, 28), date(2023, 3, 28)),
        ("a - interval '1' month", date(2023, 3, 31), date(2023, 2, 28)),
        ("a + interval '13' months", date(2023, 12, 31), date(2025, 1, 31)),
        ("a + interval '1' year", date(2024, 2, 29), date(2025, 2, 28)),
        ("a + interval '4' years", date(2024, 2, 29), date(2028, 2, 29)),
        ("a + interval '1' month", datetime(2023, 1, 31, 9, 30), datetime(2023, 2, 28, 9, 30)),
        ("a + interval '30' day", date(2023, 1, 31), date(2023, 3, 2)),
        ("a - interval '36' hour", date(2023, 1, 31), datetime(2023, 1, 29, 12)),
    ],
)
def test_a_day_some_months_later(text: str, start: date, expected: date) -> None:
    assert find_value(text, start, None) == expected


def test_a_total_takes_calendar_days() -> None:
    pauses = ChildSchema(on="id", columns={"id": "text", "asked": "date", "answered": "date"})
    conditions = ConditionSet(Vocabulary(columns={"id": "text"}, children={"pauses": pauses}))
    condition = conditions.compile("total(pauses, calendar_days(asked, answered)) <= 10")
    cases = pl.LazyFrame({"id": ["short", "long", "open", "none"]})
    rows = pl.LazyFrame(
        {
            "id": ["short", "short", "long", "open"],
            "asked": [date(2023, 1, 1), date(2023, 2, 27), date(2023, 2, 20), date(2023, 1, 1)],
            "answered": [date(2023, 1, 8), date(2023, 3, 2), date(2023, 3, 3), None],
        }
    )
    builder = AggregateBuilder(conditions=conditions, key="id", known_by=None)
    truths = builder.add_aggregates(cases, {"pauses": rows}, [condition]).select("id", truth=condition.truth).collect()
    # 7 + 3 days, 11 days, unknown, and none
    assert dict(truths.rows()) == {"short": True, "long": False, "open": None, "none": True}
