"""Why a case was determined so: rules, facts with their rows, and what would change it."""

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from audit.assessment.counterfactuals import Counterfactual
from audit.assessment.evidence import NOT_COUNTED, RECORDED_LATER, EvidenceRow, Fact
from audit.assessment.explain import Explanation, explain_case
from audit.assessment.explanation_text import describe_explanation
from audit.assessment.explanation_text import tabulate_explanation as in_tables
from audit.errors import AuditError, ExitCode
from audit.policy.custom_predicates import PredicateDeclaration
from audit.policy.fold import SEVERAL_CLASSES
from audit.policy.rules import DateInterval, build_policy
from audit.programs.declaration import build_vocabulary
from audit.tables.schema import Column
from tests.made_up_policy import BOTH, DAY, EARLIER, FILED, NEW, OLD, POLICY, PROGRAM, tables
from tests.made_up_policy import rule as made_up_rule

FELONY = {"record": "R1", "person": "P-1", "outcome": "found", "days": 700, "recorded": EARLIER}
LIGHT = {"record": "R9", "person": "P-1", "outcome": "found", "days": 10, "recorded": EARLIER}
SEARCH = {"act": "A1", "visit": "V1", "kind": "search"}


def explained(policy: Any = POLICY, case: str = "V1", **rows: list[dict[str, Any]]) -> Explanation:
    return explain_case(case, program=PROGRAM, policy=policy, tables=tables(**rows))


def fact(found: Explanation, name: str) -> Fact:
    return next(fact for fact in found.seen.facts if fact.name == name)


def row(found: Explanation, key: str) -> EvidenceRow:
    return next(row for row in found.seen.rows if row.row == key)


def then(found: Explanation, place: str) -> dict[str, str]:
    return {change.value: change.outcome for change in found.changes if change.place == place}


def test_every_rule_is_asked_in_order_and_one_decides() -> None:
    found = explained(records=[FELONY], acts=[SEARCH])
    assert (found.outcome, found.case_class) == ("consistent", "felon")
    assert [(one.rule, one.version, one.answer, one.outcome, one.decides) for one in found.asked] == [
        ("owner", "NEW", "does not apply", "", False),
        ("felon", "NEW", "applies", "consistent", True),
        ("rascal", "", "not in force", "", False),
        ("nobody", "NEW", "applies", "permitted", False),
    ]
    deciding = found.deciding_rule
    assert deciding is not None
    assert (deciding.met, deciding.quote, deciding.in_force) == (
        True,
        "of the grave, or the old",
        "from 2 March 2011 on",
    )


def test_the_version_is_that_of_the_day() -> None:
    visit = {"visit": "V1", "person": "P-1", "decided": date(2011, 3, 1), "office": "A"}
    found = explained(visits=[visit], records=[FELONY], acts=[SEARCH])
    assert found.deciding_rule is not None
    assert (found.deciding_rule.version, found.deciding_rule.quote, found.deciding_rule.on) == (
        "OLD",
        "of the grave",
        date(2011, 3, 1),
    )


def test_facts_stand_in_a_row_of_a_table() -> None:
    found = explained(records=[FELONY], acts=[SEARCH])
    assert fact(found, "status") == Fact(name="status", value="guest", table="people", row="P-1")
    assert fact(found, "note") == Fact(name="note", value="seen", table="files", row="F1")
    acted = fact(found, "acted")
    assert (acted.value, acted.table, acted.means) == (
        "yes",
        "acts",
        "count(acts where kind in ('search', 'letter')) >= 1",
    )
    assert acted.citation == "House rule 3"
    assert fact(found, "grave").value == "1"
    assert "idle_word" not in {fact.name for fact in found.seen.facts}


def test_rows_say_what_they_count_for_and_why_not() -> None:
    late = {**FELONY, "record": "R2", "recorded": date(2011, 9, 1)}
    dropped = {**FELONY, "record": "R3", "outcome": "dropped"}
    open_one = {**FELONY, "record": "R4", "days": None}
    undated = {**FELONY, "record": "R5", "recorded": None}
    found = explained(records=[FELONY, late, dropped, open_one, undated])
    assert row(found, "R1").counts_for == ("grave",)
    assert row(found, "R1").shows == (("outcome", "found"), ("days", "700"), ("recorded", "2011-01-05"))
    assert (row(found, "R2").counts_for, row(found, "R2").why_not) == ((), RECORDED_LATER)
    assert (row(found, "R3").counts_for, row(found, "R3").why_not) == ((), NOT_COUNTED)
    assert (row(found, "R4").counts_for, row(found, "R4").may_count_for) == ((), ("grave",))
    assert (row(found, "R5").counts_for, row(found, "R5").may_count_for) == ((), ("grave",))
    assert fact(found, "grave").value == "1 to 3"


def test_absence_is_a_fact_only_of_a_complete_table() -> None:
    complete = {lookup.table: (lookup.rows, lookup.complete) for lookup in explained(records=[FELONY]).seen.lookups}
    assert complete == {"records": (1, True), "acts": (0, True)}
    unfiled = explained(records=[FELONY], files=[])
    assert {lookup.table: lookup.complete for lookup in unfiled.seen.lookups} == {"records": True, "acts": False}
    assert fact(unfiled, "acted").value == "unknown"
    assert fact(unfiled, "note") == Fact(name="note", value="blank", table="files", row="blank")


def test_what_would_change_a_decided_case() -> None:
    found = explained(records=[FELONY], acts=[SEARCH])
    assert then(found, "status") == {"owner": "inconsistent", "member": "not_applicable", "blank": "undeterminable"}
    assert then(found, "acts A1") == {"left out": "inconsistent"}
    assert then(found, "acts A1: kind") == {"call": "inconsistent", "blank": "undeterminable"}
    assert then(found, "records R1") == {"left out": "permitted"}
    assert then(found, "records R1: days") == {"364": "permitted", "365": "permitted", "blank": "undeterminable"}
    assert then(found, "age") == {}, "an old guest without a grave record would be the same rule's case"


def test_numbers_are_tried_on_both_sides_of_what_the_policy_names() -> None:
    assert then(explained(acts=[]), "age") == {"60": "inconsistent", "61": "inconsistent", "blank": "undeterminable"}


def test_a_further_row_may_change_it() -> None:
    found = explained(records=[FELONY])
    assert found.outcome == "inconsistent"
    assert then(found, "a further row of acts: kind") == {"search": "consistent", "letter": "consistent"}


def test_an_undeterminable_case_names_what_it_needs_and_what_each_answer_would_give() -> None:
    found = explained(records=[FELONY], files=[])
    assert (found.outcome, set(found.needed)) == ("undeterminable", {"opened", "note"})
    together = [change for change in found.changes if len(change.facts) == 2]
    assert together == [
        Counterfactual(facts=(("opened", "filled"), ("note", "filled")), outcome="inconsistent", case_class="felon")
    ]
    assert then(found, "a further row of acts: kind") == {"search": "consistent", "letter": "consistent"}


def test_no_more_is_filled_together_than_changes_it() -> None:
    person = {"person": "P-1", "status": None, "checked": None, "age": 30}
    found = explained(people=[person], files=[])
    together = {change.facts: change.outcome for change in found.changes if len(change.facts) > 1}
    filled = (("opened", "filled"), ("note", "filled"))
    assert together[(*filled, ("status", "owner"))] == "consistent"
    assert (*filled, ("status", "owner"), ("checked", "yes")) not in together
    assert together[(*filled, ("status", "guest"), ("checked", "yes"))] == "permitted"


def test_what_cannot_be_told_need_not_be_where_all_agree() -> None:
    visit = {"visit": "V1", "person": "P-1", "decided": date(2011, 3, 1), "office": "A"}
    found = explained(visits=[visit], acts=[SEARCH], records=[{**FELONY, "days": None}, LIGHT])
    assert (found.outcome, found.case_class, found.needed) == ("consistent", SEVERAL_CLASSES, ())
    assert [one.answer for one in found.asked] == ["does not apply", "unknown", "applies", "applies"]
    assert (
        "cannot be told, and need not be: the rules “Of felons” and “Of rascals” give the same verdict."
        in describe_explanation(found)
    )


def test_no_rule_that_applies_is_said_apart_from_no_rule_in_force() -> None:
    member = {"person": "P-1", "status": "member", "checked": True, "age": 30}
    assert "No rule in force on its day speaks to it." in describe_explanation(explained(people=[member]))
    early = {"visit": "V1", "person": "P-1", "decided": date(2009, 1, 1), "office": "A"}
    found = explained(visits=[early])
    assert (found.outcome, found.changes) == ("no_rule", ())
    assert describe_explanation(found).startswith("Consistency of visit V1: no rule. No rule was in force on its day.")


def test_what_was_recorded_later_is_said_apart() -> None:
    late = {**FELONY, "recorded": date(2011, 9, 1)}
    found = explained(records=[late])
    assert (found.outcome, found.known_later) == ("permitted", "inconsistent")
    assert "With what was recorded later it would be inconsistent." in describe_explanation(found)
    assert explained(records=[FELONY]).known_later is None


def test_a_document_that_began_on_an_unknown_day_is_named() -> None:
    began = replace(NEW, in_force=(DateInterval(since=date(2011, 3, 2), since_by=date(2011, 3, 31)),))
    rules = tuple(
        replace(
            rule, versions=tuple(replace(v, in_force=began.in_force) if v.under == "NEW" else v for v in rule.versions)
        )
        for rule in POLICY.rules
    )
    policy = replace(POLICY, documents={**POLICY.documents, "NEW": began}, rules=rules)
    found = explained(policy, records=[FELONY], acts=[SEARCH])
    assert (found.outcome, found.needed[0]) == ("undeterminable", "the day NEW came into force")
    assert "in force from an unknown day between 2 March 2011 and 31 March 2011 on" in describe_explanation(found)


def test_the_paragraph_says_rule_version_citation_and_remedy() -> None:
    assert describe_explanation(explained(records=[FELONY], acts=[SEARCH])) == (
        "Consistency of visit V1: consistent (felon). The rule “Of felons” speaks to it, as status = 'guest' and "
        "(grave >= 1 or age >= 60). It expects acted, and that is so. It stands in NEW, in force from 2 March 2011 on; "
        "the case is dated 10 March 2011. House rules of 2011, 1: “of the grave, or the old”. What would change it: "
        "status, records R1 and acts A1."
    )


def test_a_critical_failure_is_called_so_and_only_that() -> None:
    owner = {"person": "P-1", "status": "owner", "checked": True, "age": 30}
    assert "inconsistent (owner, critical)" in describe_explanation(explained(people=[owner], acts=[SEARCH]))
    assert "critical" not in describe_explanation(explained(people=[owner]))
    assert "critical" not in describe_explanation(explained(people=[owner], files=[]))


def test_the_tables_have_as_many_cells_as_headings() -> None:
    shown = in_tables(explained(records=[FELONY], acts=[SEARCH]))
    assert [title for title, _, _ in shown] == [
        "Rules, in the order asked; 1 other not in force that day",
        "Facts",
        "Tables looked over",
        "Rows of the case there",
        "Terms",
        "What would change it",
    ]
    for _, header, rows in shown:
        assert rows
        assert all(len(row) == len(header) for row in rows)


def test_a_visitor_without_identifier_has_no_rows_and_is_not_thereby_clean() -> None:
    visit = {"visit": "V1", "person": None, "decided": DAY, "office": "A"}
    found = explained(visits=[visit], records=[FELONY])
    assert (found.outcome, found.seen.rows) == ("undeterminable", ())
    assert all(not lookup.complete for lookup in found.seen.lookups)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"case": "V9"}, "no case has this key. Name the `visit` of a row of the table of cases."),
        ({"case": "V1", "attribute": "timeliness"}, "the policy decides no such attribute. Name consistency."),
    ],
)
def test_what_is_not_there_is_refused_without_repeating_it(given: dict[str, str], message: str) -> None:
    with pytest.raises(AuditError) as refused:
        explain_case(
            given["case"], program=PROGRAM, policy=POLICY, tables=tables(), attribute=given.get("attribute", "")
        )
    assert (str(refused.value), refused.value.code) == (message, ExitCode.USAGE)


def test_the_linked_file_is_the_nearest() -> None:
    other = {**FILED, "file": "F2", "opened": date(2011, 3, 12), "note": "late"}
    assert fact(explained(records=[FELONY], files=[other, FILED]), "note").row == "F1"


def test_a_predicate_of_the_program_is_a_fact_that_stands_in_no_table() -> None:
    same = PredicateDeclaration(function="tests.made_up_predicates:same_weekday", takes=("date", "date"))
    program = replace(PROGRAM, predicates={"same_weekday": same})
    rules = [made_up_rule("weekly", 1, "same_weekday(decided, opened)", "", BOTH)]
    policy = build_policy([OLD, NEW], (), rules, vocabulary=build_vocabulary(program), sha256="0")
    found = explain_case("V1", program=program, policy=policy, tables=tables())
    assert found.outcome == "consistent"
    assert fact(found, "SAME_WEEKDAY(decided, opened)") == Fact(
        name="SAME_WEEKDAY(decided, opened)", value="yes", table="", row=""
    )


def test_a_table_may_name_its_columns_as_it_likes() -> None:
    names = ("place", "known then", "case's key", "case's day", "outcome so far", "acts, unsure")
    acts = replace(PROGRAM.tables["acts"], columns={**PROGRAM.tables["acts"].columns, **dict.fromkeys(names, Column())})
    program = replace(PROGRAM, tables={**PROGRAM.tables, "acts": acts})
    rules = [made_up_rule("placed", 1, "status = 'guest'", "count(acts where place = 'x') >= 1", BOTH)]
    policy = build_policy([OLD, NEW], (), rules, vocabulary=build_vocabulary(program), sha256="0")
    rows = tables(acts=[SEARCH])
    rows = {**rows, "acts": rows["acts"].with_columns(pl.lit("x").alias(name) for name in names)}
    found = explain_case("V1", program=program, policy=policy, tables=rows)
    assert (found.outcome, row(found, "A1").counts_for) == ("consistent", ("count(acts where place = 'x')",))
