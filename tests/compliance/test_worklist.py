"""The worklist: keys of units and records, what each item needs, where, and the day it is due."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from audit.compliance.ledger import find_missing_items
from audit.compliance.returns import RETURN_STATUS_SCHEMA
from audit.compliance.worklist import build_worklist, code_item, find_unit_records, list_gaps
from audit.programs.measures import Census, Duty, FollowUpPlan
from tests.made_up_census import (
    CENSUS,
    DOCUMENTED,
    disposition,
    encounter,
    match,
    matches,
    states,
    tables,
)

AS_OF = date(2011, 10, 31)
PLACED = replace(
    CENSUS,
    measures=(replace(DOCUMENTED, needs=tuple(replace(need, system="Case system") for need in DOCUMENTED.needs)),),
)
MATCHES = [
    match("M1", "2011-09-10", person="P1"),  # no encounter
    match("M2", "2011-09-12", person="P2"),  # an encounter without a disposition
    match("M3", "2011-09-11", person=None),
    match("M4", "2011-09-13", person="P4"),  # two encounters on its day, neither with a disposition
    match("M5", "2011-09-15", person="P5"),  # two matches of one person, one of which has an encounter
    match("M6", "2011-09-20", person="P5"),
    match("M7", "2011-09-16", person="P7"),  # complete
]
ENCOUNTERS = [
    encounter("E2", "2011-09-14", person="P2"),
    encounter("E4a", "2011-09-13", person="P4"),
    encounter("E4b", "2011-09-13", person="P4"),
    encounter("E6", "2011-09-20", person="P5"),
    encounter("E7", "2011-09-16", person="P7"),
]


def make_worklist(census: Census = PLACED, *, listed: date | None = None, **given: pl.DataFrame) -> pl.DataFrame:
    held = [disposition("D7", of="E7")]
    rows = tables(ENCOUNTERS, held) | {"matches": matches(MATCHES)}
    items = find_missing_items(states(MATCHES, ENCOUNTERS, held, as_of=AS_OF, census=census), census)
    items = items.with_columns(listed=pl.lit(listed, pl.Date))
    units = pl.DataFrame({"unit": [key for key, *_ in MATCHES]})
    records = find_unit_records(rows, census, units, as_of=AS_OF)
    return build_worklist(items, records, census, as_of=AS_OF, **given)


def test_each_item_has_the_keys_of_its_units_and_records_and_what_it_needs() -> None:
    rows = make_worklist().select("keys", "first", "record_1", "record_1_day", "missing", "work", "where", "days_open")
    both, where = "encounter and disposition", "Case system"
    assert rows.rows() == [
        ("M1", date(2011, 9, 10), None, None, both, "entry", where, 51),
        ("M3", date(2011, 9, 11), None, None, both, "identifier", where, 50),
        ("M2", date(2011, 9, 12), "E2", "2011-09-14", "disposition", "entry", where, 49),
        ("M4", date(2011, 9, 13), "E4a", "2011-09-13", "disposition", "review", where, 48),
        ("M5; M6", date(2011, 9, 15), "E6; E6", "2011-09-20; 2011-09-20", "disposition", "entry", where, 46),
    ]


def test_an_item_is_due_so_many_days_after_it_was_first_listed_and_the_backlog_on_its_own_day() -> None:
    plan = FollowUpPlan(days=20, source="A directive", backlog_due=date(2011, 12, 31))
    duty = Duty(words="the directive", since=date(2011, 9, 12))
    census = replace(PLACED, follow_up=plan, measures=(replace(PLACED.measures[0], duties=(duty,)),))
    rows = make_worklist(census, listed=date(2011, 10, 10)).select("keys", "due", "overdue").rows()
    late, backlog = date(2011, 10, 30), date(2011, 12, 31)  # 10 October and 20 days; looked at on the 31st
    assert rows == [
        ("M2", late, True),
        ("M4", late, True),
        ("M5; M6", late, True),
        ("M1", backlog, False),  # 10 and 11 September: before the duty
        ("M3", backlog, False),
    ]
    assert make_worklist(listed=date(2011, 10, 10))["due"].null_count() == 5  # no plan, no day


def test_an_item_that_was_referred_is_on_the_list_of_the_office_that_was_told() -> None:
    said = {"office": "A", "month": "2011-09", "person": "P2", "measure": "documentation", "returned": "not ours"}
    said |= {"decision": "referred", "referred_to": "B"}
    schema = {**dict.fromkeys(("office", "month", "person", "measure"), pl.String), **RETURN_STATUS_SCHEMA}
    rows = make_worklist(returned=pl.DataFrame([said], schema=schema)).select("office", "owner", "keys").rows()
    assert rows[-1] == ("B", "A", "M2")
    assert [row[:2] for row in rows[:-1]] == [("A", "A")] * 4


def test_a_list_is_sorted_by_the_unit_below_the_office_first() -> None:
    census = replace(PLACED, unit_below="kind")
    rows = [match("M1", "2011-09-10", kind="north"), match("M2", "2011-09-09", kind="south", person="P2")]
    rows.append(match("M3", "2011-09-20", kind="north", person="P3"))
    items = find_missing_items(states(rows, census=census), census)
    records = find_unit_records(tables() | {"matches": matches(rows)}, census, items.select(unit="units"), as_of=AS_OF)
    listed = build_worklist(items, records, census, as_of=AS_OF)
    assert listed.select("below", "keys").rows() == [("north", "M1"), ("north", "M3"), ("south", "M2")]


def test_what_is_missing_is_known_by_its_words() -> None:
    assert list_gaps(DOCUMENTED) == {
        "": (),
        "encounter": ("encounter",),
        "disposition": ("disposition",),
        "encounter and disposition": ("encounter", "disposition"),
    }


@pytest.mark.parametrize(
    "other", [("A", "2011-09", "P1", "x"), ("A", "2011-10", "P1", "d"), ("B", "2011-09", "P1", "d")]
)
def test_the_code_of_an_item_is_its_own(other: tuple[str, str, str, str]) -> None:
    # printf 'A\n2011-09\nP1\nd' | sha256sum | cut -c1-12
    assert code_item("A", "2011-09", "P1", "d") == "10006dcda436" != code_item(*other)
