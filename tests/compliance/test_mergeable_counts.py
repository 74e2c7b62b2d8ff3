"""The returns of a census: of parts, whichever person lies in which, they come to those of the whole."""

import random

import polars as pl
import pytest

from audit.compliance.item_outcomes import find_item_outcomes, list_open_units
from audit.compliance.ledger import count_missing_items, find_missing_items, list_open_items
from audit.compliance.mergeable_counts import MergeableCounts, build_mergeable_counts, merge_counts
from audit.compliance.office_rates import rate_case_counts, rate_offices
from audit.compliance.trends import build_trends, rate_months
from tests.made_up_census import CENSUS, OFFICES, disposition, encounter, match, states

MONTH = "2011-09"


@pytest.fixture
def seen() -> pl.DataFrame:
    chance = random.Random(7)
    rows = [
        match(
            f"M{n}", f"2011-0{chance.randint(7, 9)}-{chance.randint(10, 28)}", person=f"P{n // 3}", office="AB"[n % 2]
        )
        for n in range(60)
    ]
    met = [encounter(f"E{n}", f"2011-0{7 + n % 3}-15", person=f"P{n}") for n in range(0, 20, 2)]
    return states(rows, met, [disposition(f"D{n}", f"E{n}") for n in range(0, 20, 4)])


def parts_of(seen: pl.DataFrame, **asked: object) -> MergeableCounts:
    by_person = seen.with_columns(part=pl.col("person").hash(seed=1) % 4).partition_by("part", include_key=False)
    assert len(by_person) == 4
    return merge_counts(build_mergeable_counts(part, CENSUS, **asked) for part in by_person)


def test_parts_come_to_the_whole(seen: pl.DataFrame) -> None:
    found, whole = parts_of(seen, period=MONTH), build_mergeable_counts(seen, CENSUS, period=MONTH)
    assert rate_case_counts(found.case_counts, CENSUS, offices=OFFICES) == rate_offices(
        seen, CENSUS, period=MONTH, offices=OFFICES
    )
    assert found.ambiguous == whole.ambiguous
    assert found.persons == whole.persons and whole.persons.in_two_offices
    still = find_missing_items(seen, CENSUS)
    assert still.equals(find_missing_items(found.listed_units, CENSUS)) and still.height
    for name in ("month_counts", "delay_counts", "listed_units"):
        one, other = getattr(found, name), getattr(whole, name)
        assert one.sort(one.columns[:4]).equals(other.sort(one.columns[:4]))
    asked = {"period": MONTH, "offices": OFFICES, "still_open": count_missing_items(seen, CENSUS)}
    assert build_trends(found.month_counts, CENSUS, **asked) == build_trends(whole.month_counts, CENSUS, **asked)
    assert rate_months(found.month_counts, CENSUS, period=MONTH) == rate_months(
        whole.month_counts, CENSUS, period=MONTH
    )


def test_what_is_named_is_enough_for_every_list(seen: pl.DataFrame) -> None:
    items = find_missing_items(seen, CENSUS).with_columns(state=pl.lit("open"))
    documented = seen.filter(pl.col("state") == "compliant").head(1)["unit"][0]
    items = items.with_columns(units=pl.when(pl.int_range(pl.len()) == 0).then(pl.lit(documented)).otherwise("units"))
    found = parts_of(seen, period=MONTH, listed=list_open_units(items))
    assert documented in found.listed_units["unit"]
    assert found.listed_units["unit"].n_unique() < seen["unit"].n_unique()
    as_of = seen["date"].max()
    asked = {"period": MONTH, "as_of": as_of}
    assert list_open_items(found.listed_units, CENSUS, **asked) == list_open_items(seen, CENSUS, **asked)
    key = ["office", "month", "person", "measure"]
    assert (
        find_item_outcomes(items, found.listed_units, CENSUS)
        .sort(key)
        .equals(find_item_outcomes(items, seen, CENSUS).sort(key))
    )
