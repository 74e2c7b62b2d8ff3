"""What is open, and how it moves from month to month."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from audit.census import Measure, Need, units
from audit.error import AuditError, ExitCode
from audit.ledger import IDENTIFY, LEDGER, Ledger, OpenItem, open_items, roll
from tests.made_up_census import CENSUS, DOCUMENTED, disposition, encounter, match, matches, states

AS_OF = date(2011, 10, 31)
NEEDS = (Need(field="kind", label="kind"),)


def listed(rows: list[tuple[object, ...]], *records: list[tuple[object, ...]], **asked: object) -> tuple[OpenItem, ...]:
    asked = {"period": "2011-09", "as_of": AS_OF, "census": CENSUS} | asked
    return open_items(states(rows, *records, census=asked["census"]), **asked)


def test_one_item_per_person_office_and_month():
    rows = [
        match("M1", "2011-09-20"),
        match("M2", "2011-09-05"),
        match("M3", "2011-09-07", office="B"),
        match("M4", "2011-08-07"),
        match("M5", "2011-09-01", person="P2", kind="test"),
    ]
    first, second = listed(rows, [encounter("E1", "2011-09-05")])
    assert first == OpenItem(
        office="A",
        month="2011-09",
        person="P1",
        measure="documentation",
        units=2,
        records=3,  # one of the two has its encounter
        first=date(2011, 9, 5),
        missing="encounter and disposition",
        days_open=56,
        no_identifier=False,
        guidance="Enter the encounter. Complete the disposition.",
    )
    assert (second.office, second.units, second.missing) == ("B", 1, "encounter and disposition")


def test_what_is_missing_has_its_own_guidance_or_that_of_its_parts():
    own = replace(DOCUMENTED, guidance={"encounter and disposition": "Enter both.", "disposition": "Complete it."})
    census = replace(CENSUS, measures=(own,))
    assert [item.guidance for item in listed([match("M1")], census=census)] == ["Enter both."]
    assert [item.guidance for item in listed([match("M1")], [encounter("E1")], census=census)] == ["Complete it."]
    silent = replace(CENSUS, measures=(replace(DOCUMENTED, guidance=None),))
    assert [item.guidance for item in listed([match("M1")], census=silent)] == [""]


def test_items_come_by_office_then_day_then_person():
    rows = [
        match("M1", "2011-09-20", person="P1"),
        match("M2", "2011-09-05", person="P3"),
        match("M3", "2011-09-05", person="P2"),
        match("M4", "2011-09-01", person="P4", office="B"),
    ]
    assert [item.person for item in listed(rows)] == ["P2", "P3", "P1", "P4"]


def test_without_identifier_the_unit_stands_for_the_person():
    items = listed([match("M1", person=None), match("M2", person=None), match("M3", person="M1")])
    assert [(item.person, item.units) for item in items] == [("M1", 1), ("M1", 1), ("M2", 1)]


def test_without_identifier_the_identifier_is_found_first():
    nobody, somebody = listed([match("M1", person=None), match("M2", person="P2")])
    assert (nobody.no_identifier, nobody.guidance) == (True, IDENTIFY)
    assert (somebody.no_identifier, somebody.guidance) == (False, "Enter the encounter. Complete the disposition.")
    by_match = replace(CENSUS, links=(), measures=(Measure(id="m", title="M", authority="A", needs=NEEDS),))
    [item] = open_items(
        units(matches([match("M1", person=None, kind=None)]).with_columns(ambiguous=False), by_match, as_of=AS_OF),
        by_match,
        period="2011-09",
        as_of=AS_OF,
    )
    assert (item.no_identifier, item.guidance) == (True, "")  # nothing is linked by person: the record can be entered


def test_only_what_is_missing_is_listed():
    rows = [match(f"M{n}", person=f"P{n}") for n in range(4)] + [match("M9", "2011-09-30", person="P9")]
    held = [encounter(f"E{n}", person=f"P{n}", entered="2011-09-12") for n in range(3)]
    codes = [disposition("D0", "E0"), disposition("D1", "E1", "(b)(3)"), disposition("D2", "E2", None)]
    assert [(item.person, item.missing) for item in listed(rows, held, codes)] == [
        ("P2", "disposition"),
        ("P3", "encounter and disposition"),
        ("P9", "encounter and disposition"),
    ]


def test_nothing_is_open_before_the_first_grace_period_is_over():
    patient = replace(CENSUS, measures=(replace(DOCUMENTED, grace_days=(30, 0)),))
    found = states([match("M1")], as_of=date(2011, 10, 9), census=patient)
    assert open_items(found, patient, period="2011-09", as_of=date(2011, 10, 9)) == ()


def test_every_measure_lists_its_own():
    second = Measure(id="kind", title="K", authority="A", needs=(Need(field="kind", label="kind"),))
    items = listed([match("M1", kind=None)], census=replace(CENSUS, measures=(second, DOCUMENTED)))
    assert [item.measure for item in items] == ["documentation", "kind"]


def test_without_an_as_of_date_an_item_has_no_age():
    assert [(item.person, item.days_open) for item in listed([match("M1")], as_of=None)] == [("P1", None)]


def item(person: str, office: str = "A", **parts: object) -> OpenItem:
    whole = {"month": "2011-09", "measure": "m", "units": 1, "first": date(2011, 9, 1), "missing": "encounter"}
    return OpenItem(
        office=office, person=person, days_open=1, records=1, no_identifier=False, guidance="", **whole | parts
    )


def moved(ledger: Ledger) -> dict[str, tuple[str, str | None]]:
    return {row["person"]: (row["state"], row["movement"]) for row in ledger.items.iter_rows(named=True)}


def test_items_move_and_the_identity_holds():
    start = roll(pl.DataFrame(schema=LEDGER), [item("stays"), item("goes"), item("none after all")])
    assert (start.open_start, start.new, start.open_end) == (0, 3, 3)
    none = ("A", "2011-09", "none after all", "m")
    second = roll(start.items, [item("stays", missing="disposition"), item("comes")], reclassified=[none])
    assert second.items.schema == pl.Schema(LEDGER)
    assert moved(second) == {
        "comes": ("open", "new"),
        "goes": ("resolved", "resolved"),
        "none after all": ("reclassified", "reclassified"),
        "stays": ("open", "still open"),
    }
    assert second.items.filter(person="stays")["missing"].to_list() == ["disposition"]
    assert (second.open_start, second.new, second.reopened) == (3, 1, 0)
    assert (second.resolved, second.reclassified, second.open_end) == (1, 1, 2)
    third = roll(second.items, [item("goes"), item("none after all")])
    assert moved(third) == {
        "comes": ("resolved", "resolved"),
        "goes": ("open", "reopened"),
        "none after all": ("reclassified", None),
        "stays": ("resolved", "resolved"),
    }
    assert (third.open_start, third.reopened, third.resolved, third.open_end) == (2, 1, 2, 1)
    assert set(moved(roll(third.items, [])).values()) == {
        ("resolved", None),
        ("resolved", "resolved"),
        ("reclassified", None),
    }


def test_the_same_person_in_another_office_is_another_item():
    ledger = roll(roll(pl.DataFrame(schema=LEDGER), [item("P1")]).items, [item("P1", office="B")])
    assert (ledger.new, ledger.resolved, ledger.open_end) == (1, 1, 1)


def test_an_item_that_stands_twice_is_refused():
    with pytest.raises(AuditError) as refused:
        roll(pl.DataFrame(schema=LEDGER), [item("P1"), item("P1", missing="disposition")])
    assert refused.value.code == ExitCode.DATA
    assert str(refused.value) == (
        "ledger: 2 rows name an item that another row names too. Keep one row per office, month, person and measure."
    )


def test_movements_that_do_not_add_up_are_refused():
    with pytest.raises(AuditError, match="ledger: 1 items are open, where the movements leave 2"):
        roll(pl.DataFrame(schema=LEDGER), [item("P1"), item("P2")], reclassified=[("A", "2011-09", "P1", "m")])
