"""The reference program's vectors: how a record makes a priority, and when the 48 hours of a detainer end."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import NamedTuple

import polars as pl
import pytest

from audit.policy.compiler import compile_condition
from audit.policy.rules import Example
from audit.policy.vocabulary import Vocabulary
from audit.policy.working_time import list_holidays
from tests.programs.made_up_cases import Facts, Found, Rows, case, determined, policy

DAY = date(2011, 5, 2)
LEVELS = ("priority-1-level-1", "priority-1-level-2", "priority-1-level-3", "priority-3")
LEVEL_1, LEVEL_2, LEVEL_3, PRIORITY_3 = LEVELS
YES, NO, OPEN = "consistent", "not_applicable", "undeterminable"  # of a rule alone, where the action was taken


def convicted(max_days: int | None = None, aggravated: bool | None = False, **facts: object) -> Facts:
    known = {"outcome": "convicted", "offence": "assault", "max_days": max_days, "aggravated_felony": aggravated}
    return {**known, "recorded_date": date(2009, 1, 5), **facts}


def record(*convictions: Facts, events: tuple[str, ...] = (), action: str | None = "detainer") -> Rows:
    history = tuple({"event": event, "recorded_date": date(2009, 1, 5)} for event in events)
    actions = ({"action": action},) if action else ()
    return {"convictions": convictions, "immigration_history": history, "actions": actions}


class Vector(NamedTuple):
    """A record, what the whole policy makes of it, and which of the rules alone speak to it."""

    name: str
    case: Example
    outcome: str
    rule: str | None
    alone: Mapping[str, str] = {}  # rule → its outcome


FELONY, MISDEMEANOUR = convicted(730), convicted(364)
BACK = ("removed", "reentered")
ELEVEN = (convicted(730, imposed_days=730), convicted(3650, True), convicted(1825), *[convicted(1095)] * 8)
SAME = {"scheme_id": "S1", "conviction_date": date(2008, 4, 1)}
UNLAWFUL, NOTHING = "outside-priorities", dict.fromkeys(LEVELS, NO)

VECTORS = (
    Vector("T1 re-entry and eleven convictions", case(DAY, record(*ELEVEN, events=BACK)), YES, LEVEL_1,
           {LEVEL_1: YES, PRIORITY_3: YES}),
    Vector("T2 larceny and fraud as aggravated felonies",
           case(DAY, record(convicted(1825, True), convicted(1825, True))), YES, LEVEL_1),
    Vector("T3 assault and larceny of unknown maximum, removed before",
           case(DAY, record(convicted(None, None), convicted(None, None), events=BACK)), YES, LEVEL_1,
           {LEVEL_1: OPEN, LEVEL_2: OPEN, LEVEL_3: YES, PRIORITY_3: YES}),
    Vector("T4 two felonies of one scheme on one day", case(DAY, record({**FELONY, **SAME}, {**FELONY, **SAME})),
           YES, LEVEL_1),
    Vector("T5 three misdemeanours", case(DAY, record(*[MISDEMEANOUR] * 3)), YES, LEVEL_2, {LEVEL_1: NO}),
    Vector("T5 two misdemeanours", case(DAY, record(*[MISDEMEANOUR] * 2)), YES, LEVEL_3, {LEVEL_2: NO}),
    Vector("T5 four misdemeanours", case(DAY, record(*[MISDEMEANOUR] * 4)), YES, LEVEL_2, {LEVEL_1: NO}),
    Vector("T6 exactly one year", case(DAY, record(convicted(365))), YES, "priority-1-exactly-one-year",
           {LEVEL_1: NO, LEVEL_2: NO, LEVEL_3: YES}),
    Vector("T7 theft with 365 suspended days", case(DAY, record(convicted(365, True, imposed_days=365))), YES, LEVEL_1,
           {LEVEL_2: NO}),
    Vector("T8 a felony with thirty days imposed", case(DAY, record(convicted(730, imposed_days=30))), YES, LEVEL_2),
    Vector("T9 a felony and three misdemeanours", case(DAY, record(FELONY, *[MISDEMEANOUR] * 3)), YES, LEVEL_2,
           {LEVEL_1: NO}),
    Vector("T9 two felonies", case(DAY, record(FELONY, FELONY)), YES, LEVEL_1),
    Vector("T10 convicted after the decision",
           case(DAY, record({**FELONY, "recorded_date": DAY + timedelta(days=1)}, action=None)), "permitted", UNLAWFUL,
           NOTHING),
    *(Vector(f"T11 {outcome}", case(DAY, record({**FELONY, "outcome": outcome})), "permitted", UNLAWFUL, NOTHING)
      for outcome in ("dismissed", "vacated", "juvenile")),
    # That imprisonment abroad ended too long ago is a finding of law: the record says it in `aggravated_felony`.
    Vector("T12 theft abroad, long ago", case(DAY, record(convicted(1095, False, source="foreign"))), YES, LEVEL_2,
           {LEVEL_1: NO}),
    Vector("T13 traffic, maximum unknown", case(DAY, record(convicted(None, offence="traffic"))), YES, LEVEL_2,
           {LEVEL_1: NO, LEVEL_2: OPEN, LEVEL_3: YES}),
    Vector("T14 status unknown, no detainer, a felony",
           case(DAY, record(convicted(730, removable_lpr=False), action=None), status=None), OPEN, None),
    Vector("T15 a gang at 15", case(DAY, record(), gang_member=True, gang_age=15), "permitted", UNLAWFUL),
    Vector("T15 a gang at 16", case(DAY, record(), gang_member=True, gang_age=16), YES, "priority-1-danger"),
    Vector("T16 on 1 March 2011", case(date(2011, 3, 1), record(FELONY)), YES, LEVEL_2),
    Vector("T16 on 2 March 2011", case(date(2011, 3, 2), record(FELONY)), YES, LEVEL_2),
    # The grounds against a resident are findings of law as well: the record says them in `removable_lpr`.
    Vector("T17 a resident, moral turpitude six years after admission",
           case(DAY, record(convicted(730, removable_lpr=False), action=None), status="lpr"), YES, "lawful-status"),
    Vector("T18 a resident with 30 g",
           case(DAY, record(convicted(180, removable_lpr=False), action=None), status="lpr"), YES, "lawful-status"),
    Vector("T18 a resident with 31 g",
           case(DAY, record(convicted(180, removable_lpr=True)), status="lpr"), YES, "resident-removable"),
)  # fmt: skip
CASES = [vector.case for vector in VECTORS]


@cache
def found() -> list[Found]:
    return determined(CASES)


@cache
def found_alone() -> dict[str, list[Found]]:
    return {rule: determined(CASES, alone=rule) for rule in LEVELS}


def number(name: str) -> int:
    return next(n for n, vector in enumerate(VECTORS) if vector.name == name)


@pytest.mark.parametrize(
    ("number", "vector"), [pytest.param(n, vector, id=vector.name) for n, vector in enumerate(VECTORS)]
)
def test_a_record_makes_the_priority_that_the_vector_says(number: int, vector: Vector) -> None:
    verdict = found()[number]["consistency"]
    assert verdict["outcome"] == vector.outcome
    assert vector.rule is None or vector.rule in verdict["candidates"].split("; ")
    assert {rule: found_alone()[rule][number]["consistency"]["outcome"] for rule in vector.alone} == vector.alone


def test_t3_is_priority_1_at_a_level_that_the_missing_maxima_would_tell() -> None:
    n = number("T3 assault and larceny of unknown maximum, removed before")
    assert found()[n]["consistency"]["class"] == "priority 1"
    assert "convictions.max_days" in found_alone()[LEVEL_1][n]["consistency"]["needed"]


def test_t6_the_strict_reading_of_exactly_one_year_is_undeterminable() -> None:
    setting = next(rule for rule in policy().rules if rule.id == "priority-1-exactly-one-year")
    versions = tuple(replace(version, expects="") for version in setting.versions)
    strict = replace(policy(), rules=(replace(setting, expects="", verdict="undeterminable", versions=versions),))
    [verdict] = determined([case(DAY, record(convicted(365)))], strict)
    assert verdict["consistency"]["outcome"] == "undeterminable"


def test_t10_what_was_recorded_later_counts_when_asked_as_known_later() -> None:
    late = VECTORS[number("T10 convicted after the decision")].case
    [now] = determined([late], alone=LEVEL_2, as_known="later")
    assert now["consistency"]["outcome"] == "inconsistent"


def test_t14_asks_for_the_status() -> None:
    verdict = found()[number("T14 status unknown, no detainer, a felony")]["consistency"]
    assert verdict["needed"] == "status"


@pytest.mark.parametrize(("day", "version"), [("1", "PRI-2010"), ("2", "PRI-2011")])
def test_t16_the_day_decides_the_version(day: str, version: str) -> None:
    assert found()[number(f"T16 on {day} March 2011")]["consistency"]["version"] == version


CLOCK = (
    ("a weekend and the Fourth of July", datetime(2011, 7, 1, 14), datetime(2011, 7, 6, 14)),
    ("Thanksgiving and a weekend", datetime(2011, 11, 23, 18), datetime(2011, 11, 28, 18)),
    ("Christmas on a Sunday, observed on Monday", datetime(2011, 12, 23, 12), datetime(2011, 12, 28, 12)),
    ("from a Saturday over Labor Day", datetime(2011, 9, 3, 10), datetime(2011, 9, 8)),
    ("nothing left out", datetime(2011, 8, 1, 9), datetime(2011, 8, 3, 9)),
)
MINUTE = timedelta(minutes=1)


def held(times: Sequence[tuple[datetime, datetime]], *conditions: str, calendar: str = "US") -> list[tuple[bool, ...]]:
    """Whether each condition holds of each pair: released, taken."""
    known = Vocabulary(columns=dict.fromkeys(("released", "taken"), "datetime"), holidays=list_holidays(calendar))
    truths = [compile_condition(text, known, place="a test").truth.alias(text) for text in conditions]
    pairs = pl.LazyFrame(list(times), schema=["released", "taken"], orient="row")
    return pairs.select(truths).collect().rows()


def test_the_48_hours_end_when_the_vectors_say() -> None:
    pairs = [(released, taken) for _, released, ends in CLOCK for taken in (ends, ends + MINUTE)]
    truths = held(pairs, "working_hours(released, taken) = 48", "working_hours(released, taken) <= 48")
    assert truths == [(True, True), (False, False)] * len(CLOCK)


def test_the_policy_holds_a_detainer_to_the_clock() -> None:
    cases = [
        case(
            released.date(),
            {"actions": ({"action": "detainer", "action_time": released}, {"action": "custody", "action_time": taken})},
            release_time=released,
        )
        for _, released, ends in CLOCK
        for taken in (ends, ends + MINUTE)
    ]
    outcomes = [verdict["timeliness"]["outcome"] for verdict in determined(cases, alone="custody-beyond-48-hours")]
    assert outcomes == ["timely", "untimely"] * len(CLOCK)


def test_whose_holidays_is_a_setting() -> None:
    over_texas_independence_day = [(datetime(2011, 3, 1, 9), datetime(2011, 3, 4, 9))]
    assert held(over_texas_independence_day, "working_hours(released, taken) = 72") == [(True,)]
    assert held(over_texas_independence_day, "working_hours(released, taken) = 48", calendar="US-TX") == [(True,)]
