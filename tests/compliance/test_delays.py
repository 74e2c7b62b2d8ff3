"""Delays, populations and persons of a month, counted by hand."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from audit.compliance.delays import DelayTable, build_delay_tables, count_delays
from audit.compliance.mergeable_counts import build_mergeable_counts
from audit.compliance.office_rates import rate_offices
from audit.compliance.person_counts import PersonCounts, count_persons
from audit.compliance.populations import rate_populations
from audit.compliance.trends import rate_months
from audit.compliance.unit_states import link_and_find_states
from audit.programs.measures import Census, Population
from tests.made_up_census import CENSUS, DOCUMENTED, disposition, encounter, match, matches, states, tables

MONTH, AS_OF = "2011-09", date(2011, 10, 31)


def documented(key: str, entered: str | None, *, day: str = "2011-09-10", office: str = "A") -> pl.DataFrame:
    """The states of one match with an encounter and a disposition that were entered on that day."""
    return states(
        [match(key, day, person=key, office=office)],
        [encounter(f"E{key}", day, person=key, entered=entered)],
        [disposition(f"D{key}", f"E{key}", entered=entered)],
    )


def delays(*found: pl.DataFrame, as_of: date = AS_OF, census: Census = CENSUS) -> tuple[DelayTable, ...]:
    return build_delay_tables(count_delays(pl.concat(found), census), census, period=MONTH, as_of=as_of)


def test_the_share_in_time_by_the_days_allowed() -> None:
    """Entered on the day, before it, one, five, eleven, thirty and thirty-one days after it, on no known day, never."""
    days = ("2011-09-10", "2011-09-09", "2011-09-11", "2011-09-15", "2011-09-21", "2011-10-10", "2011-10-11", None)
    found = [documented(f"M{n}", day) for n, day in enumerate(days)]
    [table] = delays(*found, states([match("M9", person="P9")]))
    assert (table.of, table.days, table.due) == ("unit", (0, 1, 5, 10, 30), 9)
    assert table.compliant == (2, 3, 4, 4, 6)


def test_each_grace_period_counts_as_many_as_its_days_in_the_table() -> None:
    found = pl.concat([documented(f"M{n}", f"2011-09-{10 + n}") for n in range(20)])
    [table] = delays(found)
    by_grace = {
        grace: found.filter(pl.col("state") == "compliant", pl.col("grace_days") == grace).height
        for grace in (0, 5, 30)
    }
    assert {days: n for days, n in zip(table.days, table.compliant, strict=True) if days in by_grace} == by_grace
    assert by_grace == {0: 1, 5: 6, 30: 20}


def test_days_that_were_not_over_for_the_last_day_of_the_month_are_left_out() -> None:
    [table] = delays(documented("M1", "2011-09-10"), as_of=date(2011, 10, 9))
    assert table.days == (0, 1, 5)
    assert delays(documented("M1", "2011-09-10"), as_of=date(2011, 9, 29)) == ()


def test_from_the_decision_where_its_day_is_declared() -> None:
    """The match of the 10th was decided on the 14th: a record of the 15th took five days, or one."""
    census = replace(CENSUS, decided="decided")
    rows = matches([match("M1"), match("M2", person="P2"), match("M3", person="P3")]).with_columns(
        decided=pl.Series([date(2011, 9, 14), date(2011, 9, 10), None])
    )
    linked = tables(
        [encounter(f"E{n}", person=f"P{n}", entered="2011-09-15") for n in (1, 2, 3)],
        [disposition(f"D{n}", f"E{n}", entered="2011-09-15") for n in (1, 2, 3)],
    )
    found = link_and_find_states({"matches": rows, **linked}, census, as_of=AS_OF).collect()
    unit, decision = delays(found, census=census)
    assert (unit.compliant, unit.due) == ((0, 0, 3, 3, 3), 3)
    assert (decision.of, decision.compliant, decision.due) == ("decision", (0, 1, 2, 2, 2), 3)  # no day, never in time


def test_no_delay_is_told_where_no_need_says_when_it_was_entered() -> None:
    needs = tuple(replace(need, entered=None) for need in DOCUMENTED.needs)
    census = replace(CENSUS, measures=(replace(DOCUMENTED, needs=needs),))
    found = states([match("M1")], census=census)
    assert delays(found, census=census) == ()
    assert build_delay_tables(count_delays(documented("M1", None), CENSUS), CENSUS, period=MONTH, as_of=None) == ()


EVERYONE = Population(unit=("match", "matches"), where="true")
ALIENS = Population(unit=("alien match", "alien matches"), where="status <> 'usc'")


def states_of_four(census: Census) -> pl.DataFrame:
    """A citizen's match in time, an alien's in time, one late of a person of unknown status, none of one unknown."""
    persons = pl.LazyFrame({"person": ["P1", "P2", "P3"], "status": ["usc", "lawful", None]})
    rows = matches([match(f"M{n}", person=f"P{n}") for n in (1, 2, 3, 4)])
    linked = tables(
        [
            encounter("E1", person="P1"),
            encounter("E2", person="P2"),
            encounter("E3", person="P3", entered="2011-09-11"),
        ],
        [disposition(f"D{n}", f"E{n}", entered="2011-09-10" if n < 3 else "2011-09-11") for n in (1, 2, 3)],
    )
    every = {"matches": rows, "persons": persons, **linked}
    return link_and_find_states(every, census, as_of=AS_OF).collect()


@pytest.mark.parametrize("populations", [(EVERYONE, ALIENS), (ALIENS, EVERYONE)])
def test_the_rates_are_of_the_first_population_and_lists_of_all_units(populations: tuple[Population, ...]) -> None:
    """Of a person whose status is unknown, or who is not on record, nobody knows that the person is a citizen."""
    census = replace(CENSUS, parents={"persons": "person"}, populations=populations)
    found = states_of_four(census)
    counts = build_mergeable_counts(found, census, period=MONTH)
    first, second = rate_populations(counts.delay_counts, census)
    assert (first.leads, second.leads) == (True, False)
    expected = {"all matches": (4, 2, 1), "alien matches": (3, 1, 1)}
    assert {one.title: (one.due, one.compliant, one.late) for one in (first, second)} == expected
    leading = expected[first.title]
    result = rate_offices(found, census, period=MONTH, offices={})[0]
    assert (result.national.due, result.national.compliant, result.national.late) == leading
    outside = 4 - leading[0]
    assert (result.national.received, result.national.excluded) == (4, outside)
    assert dict(result.exclusions).get("other than alien matches", 0) == outside
    [month] = rate_months(counts.month_counts, census, period=MONTH)
    assert (month.due, month.compliant, month.late) == leading
    [table] = build_delay_tables(counts.delay_counts, census, period=MONTH, as_of=AS_OF)
    assert (table.due, table.compliant[0]) == leading[:2]
    assert counts.persons.once == leading[0]
    assert counts.listed_units["unit"].to_list() == ["M4"]


def test_a_record_that_lacks_is_listed_of_whomever_it_is() -> None:
    census = replace(CENSUS, parents={"persons": "person"}, populations=(ALIENS, EVERYONE))
    every = {
        "matches": matches([match("M1"), match("M2", person="P2")]),
        "persons": pl.LazyFrame({"person": ["P1", "P2"], "status": ["usc", "lawful"]}),
        **tables([], []),
    }
    found = link_and_find_states(every, census, as_of=AS_OF).collect()
    counts = build_mergeable_counts(found, census, period=MONTH)
    assert sorted(counts.listed_units["unit"]) == ["M1", "M2"]
    assert rate_offices(found, census, period=MONTH, offices={})[0].national.missing == 1


def test_persons_once_and_those_of_two_offices() -> None:
    found = states(
        [
            match("M1", person="P1"),
            match("M2", person="P1", office="B"),
            match("M3", person="P2"),
            match("M4", person="P2"),
            match("M5", person=None),
            match("M6", person="P3", kind="test"),
            match("M7", person="P4", office=None),
            match("M8", person="P4", office="B"),
        ]
    )
    assert count_persons(found, CENSUS) == PersonCounts(once=3, in_two_offices=2)
    assert count_persons(found, replace(CENSUS, person=None)) == PersonCounts()


@pytest.mark.parametrize("period", [MONTH, "2011-08/2011-09"])
def test_the_counts_of_a_period_hold_its_units_alone(period: str) -> None:
    found = pl.concat([documented("M1", "2011-09-10"), documented("M2", "2011-08-10", day="2011-08-10")])
    counts = build_mergeable_counts(found, CENSUS, period=period)
    assert counts.delay_counts["units"].sum() == counts.persons.once == (1 if period == MONTH else 2)
