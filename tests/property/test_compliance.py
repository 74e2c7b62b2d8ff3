"""The census against a plain loop over the same rows; and what must not change it."""

import random
from dataclasses import asdict
from datetime import date, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.compliance.case_counts import count_cases
from audit.compliance.ledger import list_open_items
from audit.compliance.office_rates import rate_case_counts, rate_offices
from audit.compliance.trends import count_months, rate_months
from audit.compliance.unit_states import find_unit_states
from audit.tables.linkage import link_records
from tests.made_up_census import CENSUS, OFFICES, disposition, encounter, match, matches, states, tables

DAYS = st.integers(0, 39).map(lambda n: str(date(2011, 9, 1) + timedelta(days=n)))
AS_OF = st.integers(5, 90).map(lambda n: date(2011, 9, 1) + timedelta(days=n))
CODES = st.sampled_from(["NTA", None, "OTHER", "(b)(3)"])
KINDS = st.sampled_from(["identity", "identity", "identity", None, "duplicate", "test", "both"])
Rows = list[tuple[object, ...]]

# Columns of the made-up rows.
_, PERSON, OFFICE, DAY, KIND = range(5)
HELD, ENTERED = 2, 3
ENCOUNTER, CODE_ENTERED, STATE = 1, 3, 4


@st.composite
def cases(draw: st.DrawFn, *, one_encounter: bool = False) -> tuple[Rows, Rows, Rows]:
    """Matches, encounters and dispositions in no order, with blanks, ties and late entries."""
    people = st.sampled_from(["P1", "P2", "P3", None])
    place = st.tuples(DAYS, people, st.sampled_from(["A", "B", None]), KINDS)
    rows = [
        match(f"M{n}", day, person=person, office=office, kind=kind)
        for n, (day, person, office, kind) in enumerate(draw(st.lists(place, min_size=1, max_size=12)))
    ]
    met = st.tuples(DAYS, people, st.integers(0, 20))
    unique = (lambda row: row[1]) if one_encounter else None
    held = [
        encounter(f"E{n}", day, person=person, entered=str(date.fromisoformat(day) + timedelta(days=delay)))
        for n, (day, person, delay) in enumerate(draw(st.lists(met, max_size=8, unique_by=unique)))
    ]
    filed = st.tuples(st.integers(0, 7), CODES, DAYS)
    codes = [
        disposition(f"D{n}", f"E{of}", code, entered=day)
        for n, (of, code, day) in enumerate(draw(st.lists(filed, max_size=10)))
    ]
    return rows, held, codes


def record(row: tuple[object, ...], held: Rows, codes: Rows, as_of: date) -> tuple[object, ...]:
    """Encounter, disposition, ambiguity of one match, by looking at every record."""
    days = {one: (one[HELD] - row[DAY]).days for one in held}
    near = [
        one
        for one in held
        if row[PERSON] is not None and one[1] == row[PERSON] and -1 <= days[one] <= 60
        if one[HELD] <= as_of and one[ENTERED] <= as_of
    ]
    if not near:
        return None, None, False
    found = min(near, key=lambda one: (abs(days[one]), days[one] < 0, one[0]))
    several = sum(abs(days[one]) == abs(days[found]) for one in near) > 1
    says = ["filled", "uninformative", "redacted", "blank"]
    filed = [one for one in codes if one[ENCOUNTER] == found[0] and one[CODE_ENTERED] <= as_of]
    if not filed:
        return found, None, several
    merit = {one: (says.index(one[STATE]), one[CODE_ENTERED]) for one in filed}
    best = min(filed, key=lambda one: (merit[one], one[0]))
    return found, best, several or sum(merit[one] == merit[best] for one in filed) > 1


def judged(row: tuple[object, ...], found: tuple[object, ...], grace: int, as_of: date) -> str | None:
    """The state of one match."""
    held, filed, _ = found
    deadline = row[DAY] + timedelta(days=grace)
    if row[KIND] in ("duplicate", "test", "both"):
        return None
    if held is None or filed is None or filed[STATE] == "blank":
        return "pending" if deadline > as_of else "missing"
    if filed[STATE] == "redacted":
        return "redacted"
    return "late" if max(held[ENTERED], filed[CODE_ENTERED]) > deadline else "compliant"


@settings(deadline=None, max_examples=80)
@given(cases(), AS_OF)
def test_every_match_has_the_records_and_the_state_that_a_plain_loop_finds(made, as_of):
    rows, held, codes = made
    linked = link_records(
        matches(rows), tables(held, codes), CENSUS.links, unit="match", date="day", as_of=as_of
    ).collect()
    expected = {row[0]: record(row, held, codes, as_of) for row in rows}
    assert {key: rest for key, *rest in linked.select("match", "encounter", "disposition", "ambiguous").rows()} == {
        key: [one and one[0], other and other[0], several] for key, (one, other, several) in expected.items()
    }
    counted = find_unit_states(linked.lazy(), CENSUS, as_of=as_of).collect()
    assert {(key, grace): state for key, grace, state in counted.select("unit", "grace_days", "state").rows()} == {
        (row[0], grace): judged(row, expected[row[0]], grace, as_of) for row in rows for grace in (0, 5, 30)
    }


@settings(deadline=None, max_examples=20)
@given(cases(), AS_OF, st.randoms(use_true_random=False))
def test_the_order_and_the_chunks_of_the_rows_change_nothing(made, as_of, chance: random.Random):
    first = states(*made, as_of=as_of)
    shuffled = [chance.sample(rows, len(rows)) for rows in made]
    records = {name: in_chunks(table) for name, table in tables(*shuffled[1:]).items()}
    rows = in_chunks(matches(shuffled[0]))
    linked = link_records(rows, records, CENSUS.links, unit="match", date="day", as_of=as_of)
    second = find_unit_states(linked, CENSUS, as_of=as_of).collect().sort("measure", "grace_days", "unit")
    assert first.equals(second)
    asked = {"period": "all"}
    assert rate_offices(first, CENSUS, offices=OFFICES, **asked) == rate_offices(
        second, CENSUS, offices=OFFICES, **asked
    )
    assert list_open_items(first, CENSUS, as_of=as_of, **asked) == list_open_items(second, CENSUS, as_of=as_of, **asked)
    # The states too may come back from a file in any order.
    turned = second.sample(fraction=1, shuffle=True, seed=1)
    assert rate_offices(first, CENSUS, offices=OFFICES, **asked) == rate_offices(
        turned, CENSUS, offices=OFFICES, **asked
    )
    one, other = (rate_months(count_months(each, CENSUS), CENSUS, **asked) for each in (first, turned))
    assert one == other


def in_chunks(table: pl.LazyFrame) -> pl.LazyFrame:
    """The same rows, each in a chunk of its own."""
    frame = table.collect()
    return pl.concat([frame[n : n + 1] for n in range(frame.height)] or [frame], rechunk=False).lazy()


@settings(deadline=None, max_examples=20)
@given(cases(), AS_OF)
def test_offices_add_up_and_every_case_is_accounted_for(made, as_of):
    for one in rate_offices(states(*made, as_of=as_of), CENSUS, period="all", offices=OFFICES):
        national = asdict(one.national)
        for name, total in national.items():
            if isinstance(total, int):
                assert total == sum(asdict(row)[name] for row in one.offices)
        due = national["compliant"] + national["late"] + national["missing"] + national["unmet"]
        rest = sum(national[name] for name in ("excluded", "not_applicable", "redacted", "pending"))
        assert (national["due"], national["received"]) == (due, due + rest)
        assert sum(n for _, n in one.missing) == national["missing"]
        assert sum(n for _, n in one.exclusions) == national["excluded"]
        assert national["uninformative"] <= national["compliant"] + national["late"]
        for row in (*one.offices, one.national):
            if row.timely is not None:
                assert row.worst <= row.timely <= row.eventual <= 1
                assert row.timely <= row.best


@settings(deadline=None, max_examples=20)
@given(cases(one_encounter=True), AS_OF, st.integers(0, 60))
def test_a_later_look_never_lowers_what_is_documented(made, as_of, days):
    """By unit and by person strictly. With one encounter a person: a nearer one found later would take its place."""

    def documented(day: date) -> list[int]:
        every = rate_offices(states(*made, as_of=day), CENSUS, period="all", offices=OFFICES)
        kept = [one.national for one in every if one.counted != "person, any unit"]
        return [row.compliant + row.late for row in kept]

    pairs = zip(documented(as_of), documented(as_of + timedelta(days=days)), strict=True)
    assert all(before <= after for before, after in pairs)


@given(cases(), AS_OF, st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_the_tallies_of_parts_add_up_to_the_rates_of_all(
    world: tuple[Rows, Rows, Rows], as_of: date, parts: int
) -> None:
    """As a cluster counts: each part has all units of its persons, and is judged without the others."""
    rows, held, codes = world
    found = states(rows, held, codes, as_of=as_of)
    part = pl.col("person").hash(seed=1) % parts
    tallies = [count_cases(found.filter(part == n), CENSUS) for n in range(parts)]
    whole = rate_offices(found, CENSUS, period="all", offices=OFFICES)
    assert rate_case_counts(pl.concat(tallies), CENSUS, offices=OFFICES) == whole
    kinds = [name for name in tallies[0].columns if name != "cases"]
    summed = pl.concat(tallies).group_by(kinds).agg(pl.col("cases").sum())
    assert rate_case_counts(summed.sort(kinds, nulls_last=True), CENSUS, offices=OFFICES) == whole
