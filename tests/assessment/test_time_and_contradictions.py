"""Cases as their records allow: as-of days, windows, persons with several matches, and records that disagree."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from audit.assessment.case_file import assess_case_files, gather_case_files
from audit.assessment.explain import explain_case
from audit.assessment.sensitivity import measure_reading_effects, measure_window_effects
from audit.errors import AuditError
from audit.policy.rules import Policy, Reading, build_policy
from audit.programs.declaration import (
    ChildTable,
    Contradiction,
    CountingWindow,
    Program,
    SamplePlan,
    build_vocabulary,
)
from audit.programs.program_problems import find_program_problems
from audit.tables.schema import Column
from tests.made_up_policy import BOTH, DAY, FILED, NEW, OLD, POLICY, PROGRAM, RULES, SCHEMAS, TERMS, rule, tables

ACTS = PROGRAM.tables["acts"]
assert PROGRAM.cases
WINDOW = CountingWindow(before_days=2, after_days=5, reason="The house answers within five days.")
DATED = ChildTable(on="visit", dated="done", window=WINDOW, per_person=True, complete_when="opened is not null")
TIMED = replace(
    PROGRAM,
    tables={**PROGRAM.tables, "acts": replace(ACTS, columns={**ACTS.columns, "done": Column(type="date")})},
    cases=replace(PROGRAM.cases, children={**PROGRAM.cases.children, "acts": DATED}),
    sample=SamplePlan(period="2011-03", size=1, as_of=date(2011, 4, 30)),
)
GRAVE = {"record": "R1", "person": "P-1", "outcome": "found", "days": 730, "recorded": date(2011, 1, 5)}


def policy(program: Program, *, rules: Any = RULES, readings: tuple[Reading, ...] = ()) -> Policy:
    vocabulary = build_vocabulary(program)
    return build_policy([OLD, NEW], TERMS, rules, vocabulary=vocabulary, sha256="0", readings=readings)


def timed_tables(*acts: dict[str, Any], **rows: list[dict[str, Any]]) -> dict[str, pl.LazyFrame]:
    made = dict(tables(records=[GRAVE], **rows))
    made["acts"] = pl.LazyFrame([*acts], schema={**SCHEMAS["acts"], "done": pl.Date})
    return made


def search(days: int | None, visit: str = "V1") -> dict[str, Any]:
    done = None if days is None else DAY + timedelta(days=days)
    return {"act": f"A{days}", "visit": visit, "kind": "search", "done": done}


def assessed(program: Program, rows: dict[str, pl.LazyFrame], visit: str = "V1", **more: Any) -> dict[str, Any]:
    found = assess_case_files(gather_case_files(program, rows), policy(program, **more), office="office")
    return found.row(by_predicate=pl.col("visit") == visit, named=True)


@pytest.mark.parametrize(
    ("days", "outcome", "outside"),
    [
        (-3, "inconsistent", "earlier"),
        (-2, "consistent", None),
        (5, "consistent", None),
        (6, "inconsistent", "later"),
        (None, "consistent", None),
    ],
)
def test_an_act_counts_within_its_window_alone(days: int | None, outcome: str, outside: str | None) -> None:
    found = assessed(TIMED, timed_tables(search(days)))
    assert (found["outcome"], found["outside"]) == (outcome, outside)


def test_what_is_dated_after_the_as_of_day_is_not_read_at_all() -> None:
    as_of = replace(TIMED, sample=replace(TIMED.sample, as_of=DAY + timedelta(days=3)))
    found = assessed(as_of, timed_tables(search(4)))
    assert (found["outcome"], found["outside"]) == ("inconsistent", None)
    later = {**GRAVE, "recorded": as_of.sample.as_of + timedelta(days=1)}
    known = assessed(as_of, {**timed_tables(), "records": pl.LazyFrame([later], schema=SCHEMAS["records"])})
    assert (known["outcome"], known["later"]) == ("permitted", None)  # not even as known later


def test_an_event_of_the_case_after_the_as_of_day_is_not_read() -> None:
    """That a visitor left a day later is not known on the as-of day."""
    visits = PROGRAM.tables["visits"]
    left = {**visits.columns, "left": Column(type="datetime")}
    program = replace(
        TIMED,
        tables={**TIMED.tables, "visits": replace(visits, columns=left)},
        cases=replace(TIMED.cases, dated=("left",)),
    )
    for days, known in ((0, True), (1, False)):
        at = datetime(2011, 4, 30, 12) + timedelta(days=days)
        row = {"visit": "V1", "person": "P-1", "decided": DAY, "office": "A", "left": at}
        made = pl.LazyFrame([row], schema={**SCHEMAS["visits"], "left": pl.Datetime("us")})
        facts = gather_case_files(program, {**timed_tables(), "visits": made}).cases.collect()
        assert (facts["left"].item() is not None) == known
    wrong = replace(program, cases=replace(program.cases, dated=("office",)))
    assert any("cases.dated" in problem.file for problem in find_program_problems(wrong))


def test_a_decision_after_the_as_of_day_is_not_known() -> None:
    as_of = replace(TIMED, sample=replace(TIMED.sample, as_of=DAY - timedelta(days=1)))
    found = assessed(as_of, timed_tables())
    assert (found["outcome"], found["needed"].split("; ")[0]) == ("undeterminable", "decided")


def test_before_a_fact_was_recorded_what_stood_there_counts() -> None:
    people = PROGRAM.tables["people"]
    columns = {**people.columns, "status_day": Column(type="date"), "status_before": Column(type="text")}
    program = replace(
        PROGRAM,
        tables={**PROGRAM.tables, "people": replace(people, columns=columns)},
        cases=replace(PROGRAM.cases, recorded={"status": "status_day"}, earlier={"status": "status_before"}),
        sample=TIMED.sample,
    )
    schema = {**SCHEMAS["people"], "status_day": pl.Date, "status_before": pl.String}
    person = {"person": "P-1", "status": "guest", "checked": True, "age": 30}
    acts = [{"act": "A1", "visit": "V1", "kind": "search"}]
    for before, on, outcome, later in (
        ("owner", DAY + timedelta(days=1), "inconsistent", "permitted"),
        (None, DAY + timedelta(days=1), "undeterminable", "permitted"),
        ("owner", DAY, "permitted", None),
        ("owner", date(2011, 5, 1), "inconsistent", None),  # recorded after the as-of day: not even known later
    ):
        row = {**person, "status_day": on, "status_before": before}
        rows = {**tables(acts=acts), "people": pl.LazyFrame([row], schema=schema)}
        found = assessed(program, rows)
        assert (found["outcome"], found["later"]) == (outcome, later), (before, on)
    wrong = replace(program, cases=replace(program.cases, earlier={"age": "nothing"}))
    assert sum("cases.earlier" in problem.file for problem in find_program_problems(wrong)) == 2


def test_an_act_under_another_case_of_the_same_person_counts() -> None:
    visits = [
        {"visit": name, "person": person, "decided": DAY + timedelta(days=later), "office": "A"}
        for name, person, later in (("V1", "P-1", 0), ("V2", "P-1", 1), ("V3", "P-1", 20), ("V4", "P-2", 0))
    ]
    rows = timed_tables(search(0, "V2"), visits=visits)
    assert assessed(TIMED, rows)["outcome"] == "consistent"
    far = assessed(TIMED, rows, "V3")
    assert (far["outcome"], far["outside"]) == ("undeterminable", "earlier")  # and no file was kept of it
    undated = timed_tables(search(None, "V2"), visits=visits)
    assert assessed(TIMED, undated)["outcome"] == "inconsistent"  # without a day it counts for its own case alone
    alone = gather_case_files(TIMED, rows, pl.Series(["V1"]))
    assert alone.children["acts"].collect().height == 1  # a sample of one case sees it as well


def test_the_explanation_shows_what_was_done_later() -> None:
    found = explain_case("V1", program=TIMED, policy=policy(TIMED), tables=timed_tables(search(6)))
    [late] = [row for row in found.seen.rows if row.row == "A6"]
    assert (found.outcome, late.why_not.split(":")[0], late.counts_for) == ("inconsistent", "acted on later", ())


def test_a_fact_of_a_parent_was_known_from_its_day_of_record() -> None:
    people = PROGRAM.tables["people"]
    columns = {**people.columns, "status_day": Column(type="date")}
    program = replace(
        PROGRAM,
        tables={**PROGRAM.tables, "people": replace(people, columns=columns)},
        cases=replace(PROGRAM.cases, recorded={"status": "status_day"}),
    )
    for days, outcome, later in ((0, "permitted", None), (1, "undeterminable", "permitted")):
        row = {"person": "P-1", "status": "guest", "checked": True, "age": 30, "status_day": DAY + timedelta(days=days)}
        rows = dict(tables())
        rows["people"] = pl.LazyFrame([row], schema={**SCHEMAS["people"], "status_day": pl.Date})
        found = assessed(program, rows)
        assert (found["outcome"], found["later"]) == (outcome, later)
        told = explain_case("V1", program=program, policy=policy(program), tables=rows)
        assert (told.outcome, told.known_later) == (outcome, later)


SAYS = replace(
    PROGRAM,
    cases=replace(
        PROGRAM.cases,
        contradictions=(
            Contradiction(when="note = 'searched'", table="acts", column="kind", asserts=("search", "letter")),
            Contradiction(when="note = 'empty'", table="acts", column="kind", denies=("search",)),
        ),
    ),
)


@pytest.mark.parametrize(
    ("note", "acts", "outcome"),
    [
        ("searched", [], "undeterminable"),
        ("searched", ["letter"], "consistent"),  # either act is what the note speaks of
        ("empty", ["search"], "undeterminable"),
        ("empty", ["search", "letter"], "consistent"),  # the letter is enough
        ("seen", [], "inconsistent"),
    ],
)
def test_records_that_contradict_each_other_decide_nothing(note: str, acts: list[str], outcome: str) -> None:
    done = [{"act": f"A{n}", "visit": "V1", "kind": kind} for n, kind in enumerate(acts)]
    rows = dict(tables(records=[GRAVE], acts=done, files=[{**FILED, "note": note}]))
    found = assessed(SAYS, rows)
    assert found["outcome"] == outcome
    if outcome == "undeterminable":
        assert (found["needed"], found["rule"], found["candidates"]) == ("note; acts.kind", None, "felon")
        told = explain_case("V1", program=SAYS, policy=policy(SAYS), tables=rows)
        assert [one.column for one in told.contradictions] == ["kind"]


def test_a_contradiction_on_which_nothing_turns_decides_nothing_away() -> None:
    member = {"person": "P-1", "status": "guest", "checked": True, "age": 30}
    rows = dict(tables(people=[member], files=[{**FILED, "note": "searched"}]))
    assert assessed(SAYS, rows)["outcome"] == "permitted"


@pytest.mark.parametrize(("acts", "outcome"), [(["search"], "consistent"), ([], "undeterminable")])
def test_records_that_are_as_near_leave_open_only_what_turns_on_them(acts: list[str], outcome: str) -> None:
    """Without a note, no absence of an act is certain; with the other file's note it is."""
    done = [{"act": f"A{n}", "visit": "V1", "kind": kind} for n, kind in enumerate(acts)]
    other = {**FILED, "file": "F0", "note": None}
    found = assessed(PROGRAM, dict(tables(records=[GRAVE], acts=done, files=[FILED, other])))
    assert found["outcome"] == outcome
    assert "file" in (found["needed"] or "file")


def test_a_critical_rule_is_asked_before_any_other() -> None:
    early = rule("early", 0, "status in ('guest', 'owner')", "", BOTH, verdict="permitted")
    owner = {"person": "P-1", "status": "owner", "checked": True, "age": 30}
    acts = [{"act": "A1", "visit": "V1", "kind": "search"}]
    found = assessed(PROGRAM, dict(tables(people=[owner], acts=acts)), rules=(early, *RULES))
    assert (found["rule"], found["outcome"], found["severity"]) == ("owner", "inconsistent", "critical")


def test_an_undeterminable_case_names_every_rule_that_could_decide_it() -> None:
    unknown = {"person": "P-1", "status": None, "checked": True, "age": 30}
    found = assessed(PROGRAM, dict(tables(people=[unknown], records=[GRAVE])))
    assert (found["rule"], found["sure"], found["severity"]) == (None, False, "critical")
    assert found["candidates"].split("; ") == ["owner", "felon", "nobody"]


def test_the_effect_of_a_reading_is_the_same_cases_without_it() -> None:
    reading = Reading(
        id="letters", title="A letter is an act", by="x", dated=DAY, of="House rule 3", reason="It is sent.",
        term="acted", otherwise="count(acts where kind = 'search') >= 1",
    )  # fmt: skip
    rows = dict(tables(records=[GRAVE], acts=[{"act": "A1", "visit": "V1", "kind": "letter"}]))
    files = gather_case_files(PROGRAM, rows)
    [effect] = measure_reading_effects(files, policy(PROGRAM, readings=(reading,)), attribute="consistency")
    assert (effect.with_reading.rate, effect.without.rate, effect.changed) == (1.0, 0.0, 1)


def test_the_effect_of_another_window_is_the_same_cases_in_it() -> None:
    rows = timed_tables(search(6))
    effects = measure_window_effects(
        gather_case_files(TIMED, rows),
        TIMED,
        rows,
        policy(TIMED),
        table="acts",
        windows=[(2, 5), (2, 6)],
        attribute="consistency",
    )
    assert [(one.declared.rate, one.other.rate, one.changed) for one in effects] == [(0.0, 0.0, 0), (0.0, 1.0, 1)]


def test_a_window_without_a_day_and_a_contradiction_of_nothing_are_refused() -> None:
    cases = replace(
        PROGRAM.cases,
        children={"acts": ChildTable(on="visit", window=WINDOW)},
        contradictions=(Contradiction(when="note = 'x'", table="actz", column="kind"),),
    )
    found = [f"{problem.what}" for problem in find_program_problems(replace(PROGRAM, cases=cases))]
    assert "has a window and no day to look at" in found
    assert "names `actz`, and no such child table is declared" in found
    assert "needs `asserts` or `denies`" in found


def test_a_report_is_no_criterion() -> None:
    with pytest.raises(AuditError, match="rule owner takes the report OLD as its criterion"):
        build_policy([replace(OLD, kind="report"), NEW], TERMS, RULES, vocabulary=build_vocabulary(PROGRAM), sha256="0")


def test_a_reading_of_no_term_is_refused() -> None:
    reading = Reading(id="r", title="x", by="x", dated=DAY, of="x", reason="x", term="nothing", otherwise="true")
    with pytest.raises(AuditError, match="reading r is of the unknown term nothing"):
        policy(PROGRAM, readings=(reading,))


def test_a_rule_that_finds_cases_undeterminable_says_what_they_need() -> None:
    open_rule = rule("open", 9, "status = 'guest'", "", BOTH, verdict="undeterminable")
    with pytest.raises(AuditError, match="rule open finds cases undeterminable and does not say what they need"):
        policy(PROGRAM, rules=(open_rule,))
    said = assessed(PROGRAM, dict(tables()), rules=(replace(open_rule, needs="the guest book"),))
    assert (said["outcome"], said["needed"], said["rule"]) == ("undeterminable", "the guest book", "open")


def test_the_shared_policy_is_untouched() -> None:
    assert [one.id for one in POLICY.rules] == ["owner", "felon", "rascal", "nobody"]
