"""Which record belongs to which unit."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from audit.errors import AuditError, ExitCode
from audit.tables.linkage import Link, link_records
from tests.made_up_census import DISPOSITION, ENCOUNTER, MATCHES, disposition, encounter, match, matches, tables

AS_OF = date(2011, 10, 31)


def linked(
    rows: list[tuple[object, ...]],
    encounters: list[tuple[object, ...]] = [],  # noqa: B006
    dispositions: list[tuple[object, ...]] = [],  # noqa: B006
    *,
    links: tuple[Link, ...] = (ENCOUNTER, DISPOSITION),
    as_of: date | None = AS_OF,
) -> dict[str, dict[str, object]]:
    found = link_records(matches(rows), tables(encounters, dispositions), links, unit="match", date="day", as_of=as_of)
    return {row["match"]: row for row in found.collect().iter_rows(named=True)}


def nearest(*held: str, links: tuple[Link, ...] = (ENCOUNTER,), as_of: date | None = AS_OF) -> tuple[object, object]:
    """Encounter that a match of 10 September finds among those of these days, and whether it is ambiguous."""
    rows = [encounter(f"E{number}", day, entered=day) for number, day in enumerate(held)]
    row = linked([match("M1")], rows, links=links, as_of=as_of)["M1"]
    return row["encounter"], row["ambiguous"]


@pytest.mark.parametrize(
    ("held", "found"),
    [
        (["2011-09-08"], None),
        (["2011-09-09"], "E0"),
        (["2011-11-09"], None),  # inside the window, after the as-of date
        (["2011-10-31"], "E0"),
        (["2011-09-14", "2011-09-12", "2011-09-13"], "E1"),
        (["2011-09-09", "2011-09-10"], "E1"),
    ],
)
def test_the_nearest_record_in_the_window_is_linked(held, found):
    assert nearest(*held) == (found, False)


def test_the_window_ends_days_after_the_unit():
    late = date(2012, 1, 31)
    assert nearest("2011-11-09", as_of=late) == ("E0", False)
    assert nearest("2011-11-10", as_of=late) == (None, False)


def test_without_days_after_the_window_ends_at_the_as_of_date():
    for_ever = (replace(ENCOUNTER, days_after=None),)
    assert nearest("2012-08-01", links=for_ever, as_of=date(2012, 8, 1)) == ("E0", False)
    assert nearest("2012-08-01", links=for_ever, as_of=date(2012, 7, 31)) == (None, False)
    assert nearest("2019-08-01", links=for_ever, as_of=None) == ("E0", False)


def test_of_equally_near_records_the_later_is_taken_and_the_unit_is_ambiguous():
    assert nearest("2011-09-09", "2011-09-11") == ("E1", True)
    assert nearest("2011-09-11", "2011-09-09") == ("E0", True)


def test_of_records_of_one_day_the_smallest_key_is_taken_and_the_unit_is_ambiguous():
    rows = [encounter("E10"), encounter("E02"), encounter("E11"), encounter("E01", "2011-09-09")]
    row = linked([match("M1")], rows)["M1"]
    assert (row["encounter"], row["ambiguous"]) == ("E02", True)


def test_records_farther_away_make_nothing_ambiguous():
    assert nearest("2011-09-11", "2011-09-12", "2011-09-12") == ("E0", False)


def test_a_record_entered_after_the_as_of_date_is_not_known():
    rows = [encounter("E1", entered="2011-11-01"), encounter("E2", "2011-09-20", entered="2011-10-31")]
    assert linked([match("M1")], rows)["M1"]["encounter"] == "E2"
    assert linked([match("M1")], rows, as_of=date(2011, 11, 1))["M1"]["encounter"] == "E1"
    assert linked([match("M1")], rows, as_of=None)["M1"]["encounter"] == "E1"


def test_a_record_entered_on_a_blank_day_is_known():
    assert linked([match("M1")], [encounter("E1", entered=None)])["M1"]["encounter"] == "E1"


def test_many_units_share_one_record():
    found = linked([match("M1"), match("M2", "2011-09-09"), match("M3", "2011-09-11")], [encounter("E1")])
    assert [found[key]["encounter"] for key in ("M1", "M2", "M3")] == ["E1", "E1", "E1"]
    assert not any(row["ambiguous"] for row in found.values())


def test_a_blank_key_links_to_nothing():
    found = linked([match("M1", person=None), match("M2")], [encounter("E1", person=None)])
    assert {row["encounter"] for row in found.values()} == {None}


def test_a_withheld_key_links_to_nothing():
    rows = matches([match("M1", person="(b)(6)")]).with_columns(pl.lit("redacted").alias("person.state"))
    records = tables([encounter("E1", person="(b)(6)")])
    records["encounters"] = records["encounters"].with_columns(pl.lit("redacted").alias("person.state"))
    found = link_records(rows, records, (ENCOUNTER,), unit="match", date="day", as_of=AS_OF).collect()
    assert found["encounter"].to_list() == [None]


def test_a_later_link_goes_by_what_an_earlier_one_brought():
    row = linked([match("M1")], [encounter("E1")], [disposition("D1", "E1"), disposition("D2", "E2")])["M1"]
    assert (row["disposition"], row["code"], row["code.state"]) == ("D1", "NTA", "filled")


@pytest.mark.parametrize("order", [1, -1])
def test_without_a_date_the_record_that_says_most_is_taken_then_the_earliest(order):
    def code(*records: tuple[object, ...]) -> tuple[object, object]:
        row = linked([match("M1")], [encounter("E1")], list(records)[::order])["M1"]
        return row["disposition"], row["ambiguous"]

    old, new = "2011-09-12", "2011-09-20"
    assert code(disposition("D1", "E1", entered=old), disposition("D2", "E1", entered=new)) == ("D1", False)
    assert code(disposition("D1", "E1", entered=old), disposition("D2", "E1", None, entered=new)) == ("D1", False)
    assert code(disposition("D1", "E1", entered=old), disposition("D2", "E1", "OTHER", entered=new)) == ("D1", False)
    assert code(disposition("D1", "E1", "(b)(3)"), disposition("D2", "E1", "OTHER")) == ("D2", False)
    assert code(disposition("D1", "E1", "(b)(3)"), disposition("D2", "E1", None)) == ("D1", False)
    assert code(disposition("D2", "E1"), disposition("D1", "E1")) == ("D1", True)
    assert code(disposition("D1", "E1", entered=None), disposition("D2", "E1", entered=old)) == ("D2", False)


def test_a_record_may_be_found_by_the_unit_s_own_key():
    by_match = replace(ENCOUNTER, on="match", columns=("held",), entered=None)
    records = {"encounters": pl.LazyFrame({"encounter": ["E1"], "match": ["M1"], "held": [date(2011, 9, 10)]})}
    found = link_records(
        matches([match("M1"), match("M2")]), records, (by_match,), unit="match", date="day", as_of=AS_OF
    )
    assert dict(found.select("match", "encounter").collect().iter_rows()) == {"M1": "E1", "M2": None}


def test_days_are_compared_not_hours():
    rows = matches([match("M1")]).with_columns(pl.col("day").cast(pl.Datetime).dt.offset_by("23h"))
    found = link_records(
        rows, tables([encounter("E1", "2011-09-09")]), (ENCOUNTER,), unit="match", date="day", as_of=AS_OF
    )
    assert found.collect()["encounter"].to_list() == ["E1"]


def test_every_column_that_would_come_under_a_taken_name_is_refused_at_once():
    clashing = replace(ENCOUNTER, columns=("held", "day", "encounter_entered"))
    records = tables()
    records["encounters"] = records["encounters"].with_columns(day=pl.col("held"), kind=pl.lit(""))
    twice = replace(clashing, columns=("kind",))
    with pytest.raises(AuditError) as refused:
        link_records(matches([]), records, (clashing, twice), unit="match", date="day", as_of=AS_OF)
    assert refused.value.code == ExitCode.USAGE
    assert [problem.column for problem in refused.value.problems] == ["day", "encounter", "kind"]
    assert str(refused.value.problems[0]) == (
        "link to encounters, column day: the unit already has a column of this name. "
        "Declare it under a name of its own, with `day` as its header."
    )


def test_a_link_by_date_needs_units_with_a_date():
    with pytest.raises(AuditError, match="link to encounters: the link goes by date, and the units have none"):
        link_records(matches([]), tables(), (ENCOUNTER,), unit="match", date=None, as_of=None)


def test_nothing_is_linked_where_there_is_nothing():
    assert linked([]) == {}
    row = linked([match("M1")])["M1"]
    assert list(row)[: len(MATCHES)] == list(MATCHES)
    assert (row["encounter"], row["code.state"], row["ambiguous"]) == (None, None, False)


def test_a_column_may_bear_any_name_that_a_file_may_give_it():
    units = pl.LazyFrame({"unit": ["a"], "day": [date(2011, 9, 1)], "person": ["p"]})
    records = pl.LazyFrame({"_key": ["r"], "person": ["p"], "_day": [date(2011, 9, 2)], "_says": ["x"]})
    step = Link(table="records", on="person", key="_key", date="_day", columns=("_says",))
    found = link_records(units, {"records": records}, [step], unit="unit", date="day", as_of=None).collect()
    assert found.select("_key", "_says").row(0) == ("r", "x")
