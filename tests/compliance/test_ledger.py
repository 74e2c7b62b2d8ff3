"""What is open, and how it moves from month to month."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from audit.compliance.item_outcomes import (
    ITEM_OUTCOME_SCHEMA,
    find_item_outcomes,
    find_lost_units,
    list_documented_units,
)
from audit.compliance.ledger import (
    GUIDANCE_SCHEMA,
    IDENTIFIER_GUIDANCE,
    LEDGER_SCHEMA,
    MISSING_ITEM_SCHEMA,
    OPEN_ITEM_COUNT_SCHEMA,
    RECLASSIFICATION_SCHEMA,
    Ledger,
    OpenItem,
    count_missing_items,
    count_open_items,
    find_missing_items,
    list_open_items,
    make_empty_items,
    roll_forward_ledger,
)
from audit.compliance.ledger_transitions import (
    ENTRY_BACK_DATED,
    EVENT_BACK_DATED,
    NO_LONGER_DOCUMENTED,
    UNITS_GONE,
)
from audit.compliance.unit_states import find_unit_states
from audit.errors import AuditError, ExitCode
from audit.programs.measures import Measure, RequiredRecord
from tests.made_up_census import CENSUS, DOCUMENTED, disposition, encounter, match, matches, states

AS_OF = date(2011, 10, 31)
NEEDS = (RequiredRecord(field="kind", label="kind"),)


def listed(rows: list[tuple[object, ...]], *records: list[tuple[object, ...]], **asked: object) -> tuple[OpenItem, ...]:
    asked = {"period": "2011-09", "as_of": AS_OF, "census": CENSUS} | asked
    return list_open_items(states(rows, *records, census=asked["census"]), **asked)


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
    assert (nobody.no_identifier, nobody.guidance) == (True, IDENTIFIER_GUIDANCE)
    assert (somebody.no_identifier, somebody.guidance) == (False, "Enter the encounter. Complete the disposition.")
    by_match = replace(CENSUS, links=(), measures=(Measure(id="m", title="M", authority="A", needs=NEEDS),))
    [item] = list_open_items(
        find_unit_states(
            matches([match("M1", person=None, kind=None)]).with_columns(ambiguous=False), by_match, as_of=AS_OF
        ).collect(),
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
    assert list_open_items(found, patient, period="2011-09", as_of=date(2011, 10, 9)) == ()


def test_every_measure_lists_its_own():
    second = Measure(id="kind", title="K", authority="A", needs=(RequiredRecord(field="kind", label="kind"),))
    items = listed([match("M1", kind=None)], census=replace(CENSUS, measures=(second, DOCUMENTED)))
    assert [item.measure for item in items] == ["documentation", "kind"]


def test_without_an_as_of_date_an_item_has_no_age():
    assert [(item.person, item.days_open) for item in listed([match("M1")], as_of=None)] == [("P1", None)]


FIRST, SECOND, THIRD = date(2011, 10, 30), date(2011, 11, 29), date(2011, 12, 30)


def key(person: str, office: str = "A") -> tuple[str, str, str, str]:
    return (office, "2011-09", person, "m")


def found(*persons: str, office: str = "A", missing: str = "encounter", first: date = date(2011, 9, 1)) -> pl.DataFrame:
    """Items with something missing, each of one unit."""
    rows = [(*key(person, office), f"M-{person}", first, missing) for person in persons]
    return pl.DataFrame(rows, schema=MISSING_ITEM_SCHEMA, orient="row")


def became(
    *persons: str, fate: str = "documented", entered: date | None = None, dated: date | None = None
) -> pl.DataFrame:
    """What became of the units of these items."""
    return pl.DataFrame([(*key(p), fate, entered, dated) for p in persons], schema=ITEM_OUTCOME_SCHEMA, orient="row")


def decided(person: str, on: date, reason: str = "a test record") -> pl.DataFrame:
    return pl.DataFrame([(*key(person), on, reason)], schema=RECLASSIFICATION_SCHEMA, orient="row")


def begin(*persons: str) -> Ledger:
    return roll_forward_ledger(make_empty_items(), found(*persons), as_of=FIRST, fates=became())


def rows(ledger: Ledger) -> dict[str, dict[str, object]]:
    return {row["person"]: row for row in ledger.items.iter_rows(named=True)}


def moved(ledger: Ledger) -> dict[str, tuple[object, object]]:
    return {person: (row["state"], row["movement"]) for person, row in rows(ledger).items()}


def numbers(ledger: Ledger) -> tuple[int, ...]:
    return (
        ledger.open_start,
        ledger.new,
        ledger.reopened,
        ledger.resolved,
        ledger.reclassified,
        ledger.open_end,
    )


def test_items_move_and_the_identity_holds():
    start = begin("stays", "goes", "none after all")
    assert numbers(start) == (0, 3, 0, 0, 0, 3)
    second = roll_forward_ledger(
        start.items,
        pl.concat([found("stays", missing="disposition"), found("comes", "none after all")]),
        as_of=SECOND,
        fates=became("goes"),
        reclassified=decided("none after all", SECOND),
    )
    assert second.items.schema == pl.Schema(LEDGER_SCHEMA)
    assert moved(second) == {
        "comes": ("open", "new"),
        "goes": ("resolved", "resolved"),
        "none after all": ("reclassified", "reclassified"),
        "stays": ("open", "still open"),
    }
    assert rows(second)["stays"]["missing"] == "disposition"
    assert numbers(second) == (3, 1, 0, 1, 1, 2)
    third = roll_forward_ledger(
        second.items, found("goes", "none after all"), as_of=THIRD, fates=became("comes", "stays")
    )
    assert moved(third) == {
        "comes": ("resolved", "resolved"),
        "goes": ("open", "reopened"),
        "none after all": ("reclassified", None),
        "stays": ("resolved", "resolved"),
    }
    assert numbers(third) == (2, 0, 1, 2, 0, 1)
    assert set(moved(roll_forward_ledger(third.items, found(), as_of=THIRD, fates=became("goes"))).values()) == {
        ("resolved", None),
        ("resolved", "resolved"),
        ("reclassified", None),
    }


def test_an_item_keeps_the_day_it_was_listed_and_that_of_its_first_unit():
    start = begin("P1")
    later = roll_forward_ledger(start.items, found("P1", first=date(2011, 9, 20)), as_of=SECOND, fates=became())
    assert (rows(later)["P1"]["listed"], rows(later)["P1"]["first"]) == (FIRST, date(2011, 9, 1))
    closed = roll_forward_ledger(later.items, found(), as_of=THIRD, fates=became("P1", entered=date(2011, 12, 9)))
    assert rows(closed)["P1"]["closed"] == date(2011, 12, 9)
    again = roll_forward_ledger(closed.items, found("P1"), as_of=date(2012, 1, 30), fates=became())
    assert (rows(again)["P1"]["listed"], rows(again)["P1"]["closed"]) == (FIRST, None)


@pytest.mark.parametrize(
    ("entered", "dated", "closed", "remark"),
    [
        (date(2011, 11, 5), date(2011, 11, 4), date(2011, 11, 5), None),
        (date(2011, 11, 5), date(2011, 9, 2), date(2011, 11, 5), EVENT_BACK_DATED),
        (date(2011, 10, 5), date(2011, 9, 2), SECOND, ENTRY_BACK_DATED),
        (date(2011, 11, 5), None, date(2011, 11, 5), None),
        (None, None, SECOND, None),
    ],
)
def test_a_repair_that_is_dated_back_is_told(entered, dated, closed, remark):
    ledger = roll_forward_ledger(
        begin("P1").items, found(), as_of=SECOND, fates=became("P1", entered=entered, dated=dated)
    )
    row = rows(ledger)["P1"]
    assert (row["state"], row["closed"], row["remark"]) == ("resolved", closed, remark)
    kept = rows(roll_forward_ledger(ledger.items, found(), as_of=THIRD, fates=became()))["P1"]
    assert (kept["closed"], kept["remark"]) == (closed, remark)


def test_an_item_whose_units_are_gone_stays_open():
    ledger = roll_forward_ledger(
        begin("P1").items, found(), as_of=SECOND, fates=became("P1", fate="no longer in the tables")
    )
    assert moved(ledger) == {"P1": ("open", "still open")}
    assert rows(ledger)["P1"]["remark"] == UNITS_GONE
    given = roll_forward_ledger(
        ledger.items,
        found(),
        as_of=THIRD,
        fates=became("P1", fate="no longer in the tables"),
        reclassified=decided("P1", date(2011, 12, 1), "merged with another record"),
    )
    row = rows(given)["P1"]
    assert (row["state"], row["reason"], row["closed"]) == (
        "reclassified",
        "merged with another record",
        date(2011, 12, 1),
    )


def test_what_the_tables_take_out_of_the_count_is_reclassified_with_their_reason_and_may_come_back():
    ledger = roll_forward_ledger(
        begin("P1").items, found(), as_of=SECOND, fates=became("P1", fate="excluded: test record")
    )
    row = rows(ledger)["P1"]
    assert (row["movement"], row["reason"], row["closed"]) == ("reclassified", "excluded: test record", SECOND)
    kept = roll_forward_ledger(ledger.items, found(), as_of=THIRD, fates=became())
    assert (moved(kept)["P1"], rows(kept)["P1"]["reason"]) == (("reclassified", None), "excluded: test record")
    back = roll_forward_ledger(ledger.items, found("P1"), as_of=THIRD, fates=became())
    assert (moved(back)["P1"], numbers(back)) == (("open", "reopened"), (0, 0, 1, 0, 0, 1))
    assert rows(back)["P1"]["reason"] is None


def test_a_decision_counts_from_its_day():
    early = roll_forward_ledger(
        make_empty_items(), found("P1"), as_of=FIRST, fates=became(), reclassified=decided("P1", SECOND)
    )
    assert moved(early) == {"P1": ("open", "new")}
    never_open = roll_forward_ledger(
        make_empty_items(), found("P1"), as_of=SECOND, fates=became(), reclassified=decided("P1", SECOND)
    )
    assert moved(never_open) == {"P1": ("reclassified", None)}
    assert numbers(never_open) == (0, 0, 0, 0, 0, 0)


def test_guidance_is_dated():
    sent = pl.DataFrame(
        [(*key("P1"), date(2011, 11, 2)), (*key("P1"), date(2012, 2, 2))], schema=GUIDANCE_SCHEMA, orient="row"
    )
    start = roll_forward_ledger(make_empty_items(), found("P1"), as_of=FIRST, fates=became(), guidance=sent)
    assert rows(start)["P1"]["guidance_sent"] is None
    second = roll_forward_ledger(start.items, found("P1"), as_of=SECOND, fates=became(), guidance=sent)
    assert rows(second)["P1"]["guidance_sent"] == date(2011, 11, 2)
    assert rows(roll_forward_ledger(second.items, found("P1"), as_of=THIRD, fates=became()))["P1"][
        "guidance_sent"
    ] == date(2011, 11, 2)


def test_a_decision_on_what_is_not_in_the_ledger_is_refused_by_its_row():
    with pytest.raises(AuditError) as refused:
        roll_forward_ledger(
            make_empty_items(), found("P1"), as_of=FIRST, fates=became(), reclassified=decided("P2", FIRST)
        )
    assert refused.value.code == ExitCode.DATA
    assert str(refused.value) == (
        "reclassified, row 1: names an item that is not in the ledger. "
        "Copy office, month, person and measure from tables/ledger.csv."
    )


def test_the_same_person_in_another_office_is_another_item():
    ledger = roll_forward_ledger(begin("P1").items, found("P1", office="B"), as_of=SECOND, fates=became("P1"))
    assert (ledger.new, ledger.resolved, ledger.open_end) == (1, 1, 1)


def test_an_item_that_stands_twice_is_refused():
    with pytest.raises(AuditError) as refused:
        roll_forward_ledger(
            make_empty_items(),
            pl.concat([found("P1"), found("P1", missing="disposition")]),
            as_of=FIRST,
            fates=became(),
        )
    assert refused.value.code == ExitCode.DATA
    assert str(refused.value) == (
        "ledger: 2 rows name an item that another row names too. Keep one row per office, month, person and measure."
    )


def test_movements_that_do_not_add_up_are_refused():
    with pytest.raises(AuditError) as refused:
        Ledger(items=make_empty_items(), open_start=2, new=1, reopened=0, resolved=1, reclassified=0, open_end=1)
    assert refused.value.code == ExitCode.DATA
    assert str(refused.value) == (
        "ledger: 1 items are open, where the movements leave 2. "
        "Nothing was written: restore the ledger of the month before, and run again."
    )


# What the tables show, from the rows of matches, encounters and dispositions.


def test_what_is_found_open_is_what_the_list_has():
    rows_ = [match("M1", "2011-09-20"), match("M2", "2011-09-05"), match("M3", "2011-08-07", person=None, office="B")]
    seen = states(rows_, [encounter("E1", "2011-09-05")])
    listed_ = list_open_items(seen, CENSUS, period="2011-08/2011-09", as_of=AS_OF)
    table = find_missing_items(seen, CENSUS)
    assert table.schema == pl.Schema(MISSING_ITEM_SCHEMA)
    assert {(i.office, i.month, i.person, i.measure, i.first, i.missing) for i in listed_} == {
        (r["office"], r["month"], r["person"], r["measure"], r["first"], r["missing"])
        for r in table.iter_rows(named=True)
    }
    assert sorted(table["units"]) == ["M1|M2", "M3"]
    assert find_missing_items(states([]), CENSUS).schema == pl.Schema(MISSING_ITEM_SCHEMA)
    one_by_one = count_open_items(table.with_columns(state=pl.lit("open"))).sort(*OPEN_ITEM_COUNT_SCHEMA)
    assert count_missing_items(seen, CENSUS).sort(*OPEN_ITEM_COUNT_SCHEMA).equals(one_by_one)
    assert one_by_one.schema == pl.Schema(OPEN_ITEM_COUNT_SCHEMA)
    assert one_by_one["open_items"].to_list() == [1, 1]


def carried(before: pl.DataFrame, after: pl.DataFrame) -> Ledger:
    """The ledger of `before`, rolled on to `after`."""
    start = roll_forward_ledger(
        make_empty_items(),
        find_missing_items(before, CENSUS),
        as_of=FIRST,
        fates=find_item_outcomes(make_empty_items(), before, CENSUS),
    )
    undone = find_lost_units(list_documented_units(before, CENSUS), after, CENSUS)
    return roll_forward_ledger(
        start.items,
        find_missing_items(after, CENSUS),
        as_of=SECOND,
        fates=find_item_outcomes(start.items, after, CENSUS),
        undone=undone,
    )


def test_a_record_entered_later_resolves_and_its_day_is_that_of_the_last():
    before = states([match("M1")], as_of=FIRST)
    after = states(
        [match("M1")],
        [encounter("E1", entered="2011-11-03")],
        [disposition("D1", "E1", entered="2011-11-09")],
        as_of=SECOND,
    )
    [row] = rows(carried(before, after)).values()
    assert (row["state"], row["closed"]) == ("resolved", date(2011, 11, 9))


@pytest.mark.parametrize(
    ("after", "state", "reason"),
    [
        ([match("M1", kind="test")], "reclassified", "excluded: test"),
        ([match("M1", office="B")], "reclassified", "listed under another office, month or person"),
        ([match("M1", person="P9")], "reclassified", "listed under another office, month or person"),
        ([match("M2")], "open", None),
        ([], "open", None),
    ],
)
def test_what_became_of_the_match_decides(after, state, reason):
    ledger = carried(states([match("M1", person="P0")], as_of=FIRST), states(after, as_of=SECOND))
    row = rows(ledger)["P0"]
    assert (row["state"], row["reason"]) == (state, reason)


def test_a_record_that_is_withheld_now_is_not_said_to_be_completed():
    before = states([match("M1")], [encounter("E1")], [disposition("D1", "E1", None)], as_of=FIRST)
    after = states([match("M1")], [encounter("E1")], [disposition("D1", "E1", "(b)(3)")], as_of=SECOND)
    [row] = rows(carried(before, after)).values()
    assert (row["movement"], row["reason"]) == ("reclassified", "withheld from us")


def test_records_that_were_there_and_are_not_any_more_are_alarmed():
    people = [match("M1", person="P1"), match("M2", person="P2"), match("M3", person="P3")]
    encounters = [encounter(f"E{n}", person=f"P{n}") for n in (1, 2, 3)]
    codes = [disposition(f"D{n}", f"E{n}") for n in (1, 2, 3)]
    before = states(people, encounters, codes, as_of=FIRST)
    after = states(people[:2], encounters[1:], codes, as_of=SECOND)
    gone = find_lost_units(list_documented_units(before, CENSUS), after, CENSUS)
    assert gone.select("unit", "what").rows() == [
        ("M1", "documented in an earlier ledger and not now"),
        ("M3", "no longer in the tables"),
    ]
    ledger = carried(before, after)
    assert moved(ledger) == {"P1": ("open", "new")}
    assert rows(ledger)["P1"]["remark"] == NO_LONGER_DOCUMENTED
    assert find_lost_units(list_documented_units(before, CENSUS), before, CENSUS).is_empty()
