"""The decision table of the reference program, row by row, each case put to the whole policy.

The rows are those of the audited policy of 2 March 2011: what is known of a person, what was done, and the verdict.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import NamedTuple

import pytest

from audit.policy.rules import DateInterval, Example
from tests.programs.made_up_cases import Facts, Found, Rows, case, determined, policy

DAY = date(2011, 5, 2)
LATER = date(2011, 7, 5)  # discretion has been guided since 17 June 2011
RELEASED = datetime(2011, 7, 1, 14)  # a Friday; Monday is the Fourth of July
ACTIONS = ("detainer", "custody", "removed", "nta", "not_removable")

FELONY: Facts = {"outcome": "convicted", "offence": "burglary", "max_days": 730, "aggravated_felony": False}
MISDEMEANOUR: Facts = {"outcome": "convicted", "offence": "theft", "max_days": 180, "aggravated_felony": False}
AGGRAVATED: Facts = {"outcome": "convicted", "max_days": 1825, "aggravated_felony": True}
REMOVABLE: Facts = {**FELONY, "removable_lpr": True}
NOT_REMOVABLE: Facts = {**MISDEMEANOUR, "removable_lpr": False}
REASON = "sole carer of a child"
CLASSES = {
    "PRI-2014": "priority 2 or 3",
    "DET-2012": "outside the detainer list",
    "EO-2017": "enforcement priority",
    "INT-2021": "for judgement",
    "PRI-2021": "for judgement",
}


def convicted(*convictions: Facts) -> Rows:
    return {"convictions": tuple({**one, "recorded_date": date(2009, 1, 5)} for one in convictions)}


def history(*events: str) -> Rows:
    """Events of the winter before, recorded in time; the last came a day after the one before it."""
    days = (date(2010, 12, 1) + timedelta(days=n) for n in range(len(events)))
    recorded = {"recorded_date": date(2011, 1, 5)}
    rows = ({"event": event, "event_date": on, **recorded} for event, on in zip(events, days, strict=True))
    return {"immigration_history": tuple(rows)}


def done(action: str, **facts: object) -> Rows:
    return {"actions": ({"action": action, **facts},)}


CHARGED: Rows = {"charges": ({"recorded_date": DAY},)}
DETAINER = done("detainer")

# Rows 10 to 12 and 14 to 16: why a person is a priority, the rule that says so, and the class it is reported under.
CRIMES = (
    ("10", "an aggravated felony", convicted(AGGRAVATED), "priority-1-level-1"),
    ("10", "two felonies", convicted(FELONY, FELONY), "priority-1-level-1"),
    ("11", "one felony", convicted(FELONY), "priority-1-level-2"),
    ("11", "three misdemeanours", convicted(MISDEMEANOUR, MISDEMEANOUR, MISDEMEANOUR), "priority-1-level-2"),
    ("12", "one misdemeanour", convicted(MISDEMEANOUR), "priority-1-level-3"),
    ("12", "two misdemeanours", convicted(MISDEMEANOUR, MISDEMEANOUR), "priority-1-level-3"),
)
DANGERS: tuple[tuple[str, Facts], ...] = (
    ("national security", {"national_security": True}),
    ("a gang at 16", {"gang_member": True, "gang_age": 16}),
    ("a warrant", {"warrant": True}),
)
EVENTS = (
    ("15", "a border violation", history("border_violation"), "priority-2"),
    ("15", "a visa abuse", history("visa_abuse"), "priority-2"),
    ("16", "a fugitive", history("final_order", "absconded"), "priority-3"),
    ("16", "a re-entry after removal", history("removed", "reentered"), "priority-3"),
    ("16", "fraud", history("fraud"), "priority-3"),
)


class Line(NamedTuple):
    """A case of one row of the table: what each attribute named here must be."""

    row: str
    it: str
    case: Example
    consistency: tuple[str, str | None]  # outcome, class
    rule: str | None = None
    severity: str | None = None
    needed: str | None = None
    version: str | None = None
    others: Mapping[str, str] = {}


def lines() -> Iterator[Line]:
    yield from who_is_not_to_be_detained()
    yield from priorities()
    yield from discretion()
    yield from outside()
    yield from files_and_times()
    yield from days_without_policy()
    yield from documents_in_turn()
    yield from duty_to_document()


def who_is_not_to_be_detained() -> Iterator[Line]:
    citizen, resident, removable = {"status": "usc"}, {"status": "lpr"}, convicted(REMOVABLE)
    yield Line("1", "a citizen, any history", case(DAY, convicted(AGGRAVATED), **citizen), ("consistent", "US citizen"))
    yield Line(
        "2",
        "a citizen, and a detainer",
        case(DAY, DETAINER, **citizen),
        ("inconsistent", "US citizen"),
        severity="critical",
    )
    # A claim to citizenship has no column, and the memorandum on it is known from memory only: the status is unknown.
    for it, rows in (("none", {}), ("a detainer", DETAINER)):
        unresolved = case(DAY, {**convicted(FELONY), **rows}, status=None)
        yield Line(
            "3", f"a claim to citizenship, unresolved: {it}", unresolved, ("undeterminable", None), needed="status"
        )
    for action in ("detainer", "nta"):
        acted = case(DAY, {**removable, **done(action)}, **resident)
        yield Line("4", f"a removable resident: {action}", acted, ("consistent", "permanent resident"))
    yield Line(
        "5",
        "a removable resident: none",
        case(DAY, removable, **resident),
        ("judgement_required", "permanent resident"),
    )
    kept = case(DAY, {**convicted(*[NOT_REMOVABLE] * 7), **DETAINER}, **resident)
    yield Line(
        "6",
        "a resident with nothing removable: a detainer",
        kept,
        ("inconsistent", "permanent resident"),
        severity="critical",
    )
    for status in ("lawful", "lpr"):
        yield Line("7", f"{status}: none", case(DAY, status=status), ("consistent", "legal status"))
    yield Line(
        "8",
        "lawful: a detainer",
        case(DAY, DETAINER, status="lawful"),
        ("inconsistent", "legal status"),
        severity="critical",
    )
    unknown = case(DAY, status="no_record", immigration_record=False)
    yield Line("9", "no record of any kind: none", unknown, ("consistent", "no prior record"))


def priorities() -> Iterator[Line]:
    for row, it, rows, rule in CRIMES:
        for action in ACTIONS:
            acted = case(DAY, {**rows, **done(action, reason=REASON)})
            yield Line(row, f"{it}: {action}", acted, ("consistent", "priority 1"), rule=rule)
        yield Line("13", f"{it}: nothing recorded", case(DAY, rows), ("inconsistent", "priority 1"), rule=rule)
    for it, facts in DANGERS:
        for rows, verdict in ((DETAINER, "consistent"), ({}, "inconsistent")):
            done_or_not = case(DAY, rows, **facts)
            yield Line("14", f"{it}: {verdict}", done_or_not, (verdict, "priority 1"), rule="priority-1-danger")
    for row, it, rows, rule in EVENTS:
        yield Line(
            row, f"{it}: custody", case(DAY, {**rows, **done("custody")}), ("consistent", "priority 2 or 3"), rule=rule
        )
        yield Line(row, f"{it}: none", case(DAY, rows), ("inconsistent", "priority 2 or 3"), rule=rule)


def discretion() -> Iterator[Line]:
    reasons: list[tuple[str, Facts, Rows]] = [(it, {}, rows) for _, it, rows, _ in (*CRIMES, *EVENTS)]
    reasons += [(it, facts, {}) for it, facts in DANGERS]
    for it, facts, rows in reasons:
        explained, bare = {**rows, **done("discretion", reason=REASON)}, {**rows, **done("discretion")}
        yield Line("17", it, case(LATER, explained, **facts), ("consistent", "discretion"), rule="discretion")
        yield Line("18", it, case(LATER, bare, **facts), ("inconsistent", "discretion"), rule="discretion")
    first, explained = date(2011, 6, 17), {**convicted(FELONY), **done("discretion", reason=REASON)}
    yield Line("17", "on the first day of the guidance", case(first, explained), ("consistent", "discretion"))
    before = case(first - timedelta(days=1), explained)
    yield Line("17", "the day before the guidance", before, ("undeterminable", "discretion"))


def outside() -> Iterator[Line]:
    permitted = ("permitted", "outside the priorities")
    yield Line("19", "charged, and a detainer", case(DAY, {**CHARGED, **DETAINER}), permitted)
    yield Line("20", "charged, documented, none", case(DAY, CHARGED), permitted)
    yield Line("21", "unlawfully present, and a detainer", case(DAY, DETAINER), permitted)
    yield Line("21", "unlawfully present, none", case(DAY), permitted)


def files_and_times() -> Iterator[Line]:
    missing = {"encounter_date": None, "disposition_code": None}
    unknown, found = ("undeterminable", None), ("consistent", "priority 1")
    nothing = case(DAY, convicted(FELONY), **missing)
    yield Line("22", "no encounter", nothing, unknown, needed="encounter_date", others={"documentation": "none"})
    partial = case(DAY, convicted(FELONY), disposition_code=None)
    yield Line("22", "no disposition", partial, unknown, needed="disposition_code", others={"documentation": "partial"})
    elsewhere = case(DAY, {**convicted(FELONY), **DETAINER}, **missing)
    yield Line("23", "a detainer found elsewhere", elsewhere, found, others={"documentation": "none"})
    open_ = ("undeterminable", "priority not explained")  # nothing is left of the action, and nobody said why
    for reason, verdict, own in (("transferred to another agency", "consistent", found), (None, "inconsistent", open_)):
        lifted = ({"action": "detainer"}, {"action": "detainer_lifted", "reason": reason})
        taken_back = case(DAY, {**convicted(FELONY), "actions": lifted})
        yield Line("24", f"lifted, reason: {reason}", taken_back, own, others={"lifting": verdict})
    minute, latest = timedelta(minutes=1), datetime(2011, 7, 6, 14)
    for it, detainer, custody, verdict in (
        ("in time", RELEASED - minute, latest, "timely"),
        ("lodged after the release", RELEASED + minute, latest, "untimely"),
        ("held beyond 48 hours", RELEASED - minute, latest + minute, "untimely"),
    ):
        times = ({"action": "detainer", "action_time": detainer}, {"action": "custody", "action_time": custody})
        held = case(RELEASED.date(), {**convicted(FELONY), "actions": times}, release_time=RELEASED)
        yield Line("25", it, held, found, others={"timeliness": verdict})
    two = case(DAY, {**convicted(FELONY), **DETAINER}, ambiguous=True)
    yield Line("26", "two records as near, on which nothing turns", two, found)


def days_without_policy() -> Iterator[Line]:
    """Priorities can lapse; the protection of citizens does not rest on them."""
    for day in (date(2010, 6, 29), date(2022, 6, 26), date(2023, 6, 22), date(2025, 1, 21)):
        rows = {**convicted(FELONY), **DETAINER}
        yield Line("27", f"a felony, {day}", case(day, rows), ("no_rule", None))
        citizen, verdict = case(day, rows, status="usc"), ("inconsistent", "US citizen")
        yield Line("27", f"a citizen, {day}", citizen, verdict, severity="critical")


def documents_in_turn() -> Iterator[Line]:
    """One misdemeanour and nothing done: another case under each document, beyond the table's."""
    day_of_return = "the day PRI-2021 came into force"
    for day, outcome, version, needed in (
        (date(2013, 5, 6), "judgement_required", "DET-2012", None),  # no ground of the detainer list
        (date(2015, 1, 4), "judgement_required", "DET-2012", None),
        (date(2015, 1, 5), "judgement_required", "PRI-2014", None),  # which kind of misdemeanour is not in the tables
        (date(2017, 2, 20), "inconsistent", "EO-2017", None),
        (date(2021, 1, 20), "judgement_required", "INT-2021", None),
        (date(2021, 11, 29), "judgement_required", "PRI-2021", None),
        (date(2023, 7, 3), "undeterminable", None, day_of_return),
        (date(2023, 8, 1), "judgement_required", "PRI-2021", None),
    ):
        once, case_class = case(day, convicted(MISDEMEANOUR)), CLASSES.get(version or "")
        yield Line("dates", f"{version}, {day}", once, (outcome, case_class), version=version, needed=needed)


def duty_to_document() -> Iterator[Line]:
    """A felony and a detainer, so that only the file and the day differ."""
    for day, facts, verdict in (
        (date(2011, 6, 30), {}, "no_rule"),
        (date(2011, 7, 1), {"encounter_date": None}, "undeterminable"),
        (date(2011, 7, 31), {}, "consistent"),
        (date(2011, 7, 31), {"encounter_date": None}, "inconsistent"),
        (date(2011, 11, 15), {"disposition_code": None}, "undeterminable"),  # the duty of July met, November's not
        (date(2011, 11, 15), {}, "consistent"),  # under either
        (date(2011, 11, 30), {"disposition_code": None}, "inconsistent"),
    ):
        matched = case(day, {**convicted(FELONY), **DETAINER}, **facts)
        lacking = "".join(f", no {name}" for name in facts)
        yield Line("duty", f"{day}{lacking}", matched, ("consistent", "priority 1"), others={"recording": verdict})


TABLE = tuple(lines())


@cache
def found() -> list[Found]:
    return determined([line.case for line in TABLE])


def test_every_row_of_the_table_has_a_case() -> None:
    assert {line.row for line in TABLE} >= {str(number) for number in range(1, 28)}


@pytest.mark.parametrize(
    ("number", "line"), [pytest.param(n, line, id=f"{line.row} {line.it}") for n, line in enumerate(TABLE)]
)
def test_the_whole_policy_says_what_the_row_says(number: int, line: Line) -> None:
    attributes = found()[number]
    verdict = attributes["consistency"]
    outcome, case_class = line.consistency
    assert verdict["outcome"] == outcome
    assert outcome == "undeterminable" or verdict["class"] == case_class
    assert line.rule in (None, verdict["rule"])
    assert line.severity in (None, verdict["severity"])
    assert line.version in (None, verdict["version"])
    assert line.needed is None or line.needed in verdict["needed"].split("; ")
    assert {name: attributes[name]["outcome"] for name in line.others} == line.others


def test_an_unknown_day_is_named() -> None:
    needed = {
        found()[n]["recording"]["needed"] or ""
        for n, line in enumerate(TABLE)
        if line.others.get("recording") == "undeterminable"
    }
    for document in ("DOC-2011-07", "DOC-2011-11"):
        assert any(f"the day {document} came into force" in fields for fields in needed)


def test_the_lenient_reading_of_a_missing_reason_is_one_line() -> None:
    strict = next(rule for rule in policy().rules if rule.id == "discretion")
    lenient = replace(policy(), rules=(replace(strict, otherwise="undeterminable"),))
    [verdict] = determined([case(LATER, {**convicted(FELONY), **done("discretion")})], lenient)
    assert verdict["consistency"]["outcome"] == "undeterminable"


def test_every_date_of_every_version_has_an_example_on_each_side() -> None:
    for rule in policy().rules:
        days = {example.case["decision_date"] for example in rule.examples}
        for version in rule.versions:
            for interval in version.in_force:
                lacking = sides(interval) - days
                assert not lacking, (rule.id, version.under, lacking)


def sides(interval: DateInterval) -> set[date]:
    """The last day before and the first day of each date of an interval."""
    one, dates = timedelta(days=1), set()
    for first in filter(None, (interval.since, interval.since_by)):
        dates |= {first - one, first}
    return dates | ({interval.until, interval.until + one} if interval.until else set())
