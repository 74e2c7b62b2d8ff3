"""The returns of a census: of parts, whichever person lies in which, they come to those of the whole."""

import random

import polars as pl
import pytest

from audit.compliance.item_outcomes import fates, were_open
from audit.compliance.ledger import counted_missing, found_open, open_items
from audit.compliance.mergeable_counts import Returns, returns, together
from audit.compliance.office_rates import finish, rates
from audit.compliance.trends import months, trends
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


def parts_of(seen: pl.DataFrame, **asked: object) -> Returns:
    by_person = seen.with_columns(part=pl.col("person").hash(seed=1) % 4).partition_by("part", include_key=False)
    assert len(by_person) == 4
    return together(returns(part, CENSUS, **asked) for part in by_person)


def test_parts_come_to_the_whole(seen: pl.DataFrame) -> None:
    found, whole = parts_of(seen, period=MONTH), returns(seen, CENSUS, period=MONTH)
    assert finish(found.tally, CENSUS, offices=OFFICES) == rates(seen, CENSUS, period=MONTH, offices=OFFICES)
    assert found.ambiguous == whole.ambiguous
    still = found_open(seen, CENSUS)
    assert still.equals(found_open(found.named, CENSUS)) and still.height
    for name in ("monthly", "named"):
        one, other = getattr(found, name), getattr(whole, name)
        assert one.sort(one.columns[:4]).equals(other.sort(one.columns[:4]))
    asked = {"period": MONTH, "offices": OFFICES, "still_open": counted_missing(seen, CENSUS)}
    assert trends(found.monthly, CENSUS, **asked) == trends(whole.monthly, CENSUS, **asked)
    assert months(found.monthly, CENSUS, period=MONTH) == months(whole.monthly, CENSUS, period=MONTH)


def test_what_is_named_is_enough_for_every_list(seen: pl.DataFrame) -> None:
    items = found_open(seen, CENSUS).with_columns(state=pl.lit("open"))
    documented = seen.filter(pl.col("state") == "compliant").head(1)["unit"][0]
    items = items.with_columns(units=pl.when(pl.int_range(pl.len()) == 0).then(pl.lit(documented)).otherwise("units"))
    found = parts_of(seen, period=MONTH, listed=were_open(items))
    assert documented in found.named["unit"]
    assert found.named["unit"].n_unique() < seen["unit"].n_unique()
    as_of = seen["date"].max()
    asked = {"period": MONTH, "as_of": as_of}
    assert open_items(found.named, CENSUS, **asked) == open_items(seen, CENSUS, **asked)
    key = ["office", "month", "person", "measure"]
    assert fates(items, found.named, CENSUS).sort(key).equals(fates(items, seen, CENSUS).sort(key))
