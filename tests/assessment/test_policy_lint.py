"""What a policy leaves open, by its text alone and by cases; what made-up cases are."""

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from audit.assessment.case_file import CaseFiles, determine_outcomes, gather_case_files
from audit.assessment.policy_lint import (
    AuditedDays,
    PolicyIssue,
    VerdictCoverage,
    count_coverage,
    find_case_issues,
    find_policy_issues,
)
from audit.assessment.synthetic_cases import FILLED_VALUE, list_possible_values, make_synthetic_cases
from audit.policy.compiled_condition import ColumnPlace, merge_constants
from audit.policy.compiler import compile_condition
from audit.policy.rules import DateInterval, Policy, Version
from audit.policy.vocabulary import Vocabulary
from audit.tables.schema import Column
from tests.made_up_policy import DAY, EARLIER, NEW, POLICY, PROGRAM, tables

GIVEN: dict[str, Any] = {"dated_by": "decided"}


def read(policy: Policy = POLICY) -> list[PolicyIssue]:
    return list(find_policy_issues(policy, **GIVEN))


def of_kind(found: list[PolicyIssue], kind: str) -> list[tuple[str, str]]:
    return [(finding.about, finding.what) for finding in found if finding.kind == kind]


def linted(files: CaseFiles, policy: Policy = POLICY) -> list[PolicyIssue]:
    return list(find_case_issues(files, policy, determine_outcomes(files, policy).collect()))


def visits(*kinds: tuple[str | None, int, date], **rows: list[dict[str, Any]]) -> CaseFiles:
    """A visit for each kind, by a person of that status and age, on that day."""
    people = [{"person": f"P-{n}", "status": s, "checked": True, "age": age} for n, (s, age, _) in enumerate(kinds)]
    made = [{"visit": f"V{n}", "person": f"P-{n}", "decided": on, "office": "A"} for n, (_, _, on) in enumerate(kinds)]
    kept = [{"file": f"F{n}", "person": f"P-{n}", "opened": on, "note": "x"} for n, (_, _, on) in enumerate(kinds)]
    return gather_case_files(PROGRAM, tables(visits=made, people=people, files=kept, **rows))


def test_every_stretch_of_days_needs_an_example() -> None:
    assert of_kind(read(), "days without an example") == []
    rules = tuple(
        replace(rule, examples=tuple(e for e in rule.examples if e.case["decided"] != date(2011, 1, 1)))
        for rule in POLICY.rules
    )
    found = read(replace(POLICY, rules=rules))
    assert of_kind(found, "days without an example") == [
        (name, "has no example dated from 30 June 2010 to 1 March 2011")
        for name in ("owner", "felon", "rascal", "nobody")
    ]
    assert all(one.must and one.file == f"{one.about}.yaml" for one in found if one.kind == "days without an example")


def test_a_document_that_began_on_an_unknown_day_has_a_stretch_between() -> None:
    felon = POLICY.rules[1]
    began = replace(felon.versions[1], in_force=(replace(NEW.in_force[0], since_by=date(2011, 4, 1)),))
    found = read(replace(POLICY, rules=(replace(felon, versions=(felon.versions[0], began)),)))
    assert of_kind(found, "days without an example") == [
        ("felon", "has no example dated from 2 March 2011 to 31 March 2011")
    ]


def test_words_and_documents_that_nobody_uses_are_known_and_need_no_mending() -> None:
    found = read()
    assert of_kind(found, "documents") == [("SPARE", "no rule rests on it")]
    assert of_kind(found, "terms") == [("idle_word", "no rule uses it")]
    assert of_kind(found, "citations") == [
        ("SPARE: A letter", "nobody has checked it against its source"),
        ("rascal under OLD", "nobody has checked it against its source"),
    ]
    assert not any(finding.must for finding in found)


def test_gaps_say_on_which_days_and_with_which_facts() -> None:
    late, early, before = date(2011, 6, 1), EARLIER, date(2009, 1, 1)
    files = visits(
        ("member", 1, late), ("member", 1, late), ("member", 1, early), ("owner", 1, late), ("guest", 1, before)
    )
    assert of_kind(linted(files), "gaps") == [
        (
            "consistency",
            "no rule in force speaks to 3 of 5 cases: 2 from 2 March 2011 on with status member; "
            "1 from 30 June 2010 to 1 March 2011 with status member",
        ),
        ("consistency", "no rule was in force for 1 of 5 cases: 1 until 29 June 2010"),
    ]


def test_what_may_apply_is_no_gap() -> None:
    assert of_kind(linted(visits((None, 1, DAY))), "gaps") == []


def test_rules_that_never_decide_and_what_decides_instead() -> None:
    grave = {"record": "R1", "person": "P-0", "outcome": "found", "days": 700, "recorded": date(2011, 1, 1)}
    light = {**grave, "record": "R2", "days": 30}
    found = linted(visits(("guest", 1, EARLIER), records=[grave, light]))
    assert of_kind(found, "rules that never decide") == [
        ("owner", "applies to no case"),
        ("rascal", "applies to 1 case, and others decide all of them"),
        ("nobody", "applies to 1 case, and others decide all of them"),
    ]
    assert of_kind(found, "overlaps") == [
        ("felon", "decides 1 case to which others apply as well: rascal (1) and nobody (1)")
    ]


def test_a_case_that_a_rule_may_decide_is_none_that_it_decides() -> None:
    open_one = {"record": "R1", "person": "P-0", "outcome": "found", "days": None, "recorded": EARLIER}
    found = linted(visits(("guest", 1, DAY), records=[open_one]))
    assert ("felon", "applies to no case") in of_kind(found, "rules that never decide")


def test_every_verdict_of_every_version_counts_its_examples_and_cases() -> None:
    found = determine_outcomes(visits(("owner", 1, DAY), ("owner", 1, EARLIER), ("guest", 1, DAY)), POLICY).collect()
    branches = {(b.rule, b.version, b.verdict): b for b in count_coverage(POLICY, found, **GIVEN)}
    assert branches["owner", "NEW", "consistent"] == VerdictCoverage(
        attribute="consistency", rule="owner", version="NEW", verdict="consistent", examples=1, cases=1
    )
    assert branches["owner", "OLD", "inconsistent"].cases == 0
    assert (branches["nobody", "NEW", "permitted"].cases, branches["nobody", "OLD", "permitted"].cases) == (1, 0)
    assert ("nobody", "NEW", "inconsistent") not in branches
    assert len(branches) == 12


@pytest.mark.parametrize(
    ("name", "column", "values"),
    [
        ("checked", Column(type="yes_no"), [True, False]),
        ("kind", Column(values=("a", "b")), ["a", "b"]),
        ("age", Column(type="integer"), [15, 16, 17, 59, 60, 61]),
        ("days", Column(type="integer"), [0, 1, 2, 9, 10, 11]),
        ("code", Column(), ["x", "y", "z"]),
        ("note", Column(), []),
        ("person", Column(personal=True), []),
        ("on", Column(type="date"), []),
    ],
)
def test_values_are_those_declared_or_those_that_the_policy_compares_with(
    name: str, column: Column, values: list[object]
) -> None:
    texts = ["age >= 16 and code = 'x'", "age<60 or days between 1 and 10", "code in ('y', 'z') and message = 'no'"]
    types = {"age": "integer", "days": "integer", "on": "date", "checked": "yes_no"}
    words = Vocabulary(columns={**dict.fromkeys(("code", "message", "kind", "note", "person"), "text"), **types})
    constants = merge_constants(compile_condition(text, words, place="a test").constants for text in texts)
    assert list_possible_values(column, constants.get(ColumnPlace("", name), ())) == values


def test_made_up_cases_are_the_same_for_the_same_seed() -> None:
    one, same, other = (make_synthetic_cases(PROGRAM, POLICY, number=50, seed=seed) for seed in (1, 1, 2))
    assert one.cases.collect().equals(same.cases.collect())
    assert one.children["records"].collect().equals(same.children["records"].collect())
    assert not one.cases.collect().equals(other.cases.collect())


def test_made_up_cases_lie_on_both_sides_of_every_date_and_hold_every_value() -> None:
    made = make_synthetic_cases(PROGRAM, POLICY, number=400)
    cases = made.cases.collect()
    turns = {date(2010, 6, 29), date(2010, 6, 30), date(2011, 3, 1), date(2011, 3, 2)}
    assert set(cases["decided"]) == turns
    assert set(cases["status"]) == {"guest", "member", "owner", None}
    assert {59, 60, 61} <= set(cases["age"])
    assert cases.filter(pl.col("note").is_null())["note.state"].unique().to_list() == ["blank"]
    assert set(cases["note"]) == {FILLED_VALUE, None}
    outcomes = Counter(determine_outcomes(made, POLICY).collect()["outcome"])
    assert set(outcomes) == {"consistent", "inconsistent", "permitted", "undeterminable", "not_applicable", "no_rule"}


def test_a_version_of_its_own_days_is_asked_on_them() -> None:
    felon = POLICY.rules[1]
    on = date(2012, 5, 1)
    own: Version = replace(felon.versions[1], in_force=(replace(NEW.in_force[0], since=on),))
    policy = replace(POLICY, rules=(replace(felon, versions=(own,)),))
    assert on in set(make_synthetic_cases(PROGRAM, policy, number=50).cases.collect()["decided"])


def changed(**documents: Any) -> Policy:
    return replace(POLICY, documents={**POLICY.documents, **documents})


def test_days_on_which_a_document_had_lapsed_are_explained_or_mended() -> None:
    lapsed = replace(NEW, in_force=(DateInterval(until=date(2011, 6, 30)), DateInterval(since=date(2012, 1, 1))))
    [(about, what)] = of_kind(read(changed(NEW=lapsed)), "days of documents")
    assert (about, what) == (
        "NEW",
        "was not in force from 1 July 2011 to 31 December 2011; say under `ended_by` why",
    )
    said = replace(lapsed, in_force=(replace(lapsed.in_force[0], ended_by="a court vacated it"), lapsed.in_force[1]))
    assert of_kind(read(changed(NEW=said)), "days of documents") == []
    joined = replace(NEW, in_force=(DateInterval(until=date(2011, 6, 30)), DateInterval(since=date(2011, 7, 1))))
    assert of_kind(read(changed(NEW=joined)), "days of documents") == []


def test_a_criterion_may_not_be_later_than_what_it_judges() -> None:
    late = replace(NEW, issued=date(2011, 3, 3))
    assert of_kind(read(changed(NEW=late)), "criteria of later days") == [
        (name, "judges decisions of days before NEW was issued") for name in ("owner", "felon", "nobody")
    ]
    assert of_kind(read(changed(NEW=replace(NEW, issued=date(2011, 3, 2)))), "criteria of later days") == []


def test_a_quotation_is_looked_for_in_the_words_of_its_document() -> None:
    noted = replace(NEW, excerpt="The rules stand\nas  EVER, of the grave and so on.")
    assert of_kind(read(changed(NEW=noted)), "quotations") == [
        ("felon", "quotes words under NEW that the excerpt of NEW does not hold")
    ]
    restated = [replace(v, citation=replace(v.citation, as_stated_in="SPARE")) for v in POLICY.rules[1].versions]
    stated = replace(POLICY.rules[1], versions=tuple(restated))
    spare = replace(POLICY.documents["SPARE"], excerpt="of the grave, or the old")
    assert of_kind(read(replace(changed(SPARE=spare), rules=(stated,))), "quotations") == []


def test_each_wording_of_a_rule_needs_an_example_of_each_verdict() -> None:
    felon = POLICY.rules[1]
    assert of_kind(read(), "verdicts without an example") == []
    fewer = tuple(e for e in felon.examples if (e.expect, e.case["decided"]) != ("inconsistent", date(2012, 1, 1)))
    found = read(replace(POLICY, rules=(replace(felon, examples=fewer),)))
    assert of_kind(found, "verdicts without an example") == [
        ("felon", "has no example of the verdict inconsistent under NEW")
    ]


def test_facts_of_the_audited_attribute_that_no_rule_speaks_to_must_be_mended() -> None:
    files = visits(("guest", 30, DAY), ("member", 30, DAY), ("guest", 30, date(2009, 1, 1)))
    determined = determine_outcomes(files, POLICY).collect()

    def gaps(audited: AuditedDays | None) -> list[tuple[int, bool]]:
        return [
            (f.cases, f.must) for f in find_case_issues(files, POLICY, determined, audited=audited) if f.kind == "gaps"
        ]

    period = AuditedDays("consistency", date(2011, 1, 1), date(2011, 12, 31))
    assert gaps(None) == [(1, False), (1, False)]
    assert gaps(period) == [(1, True), (1, False)]  # the member; 2009 is not audited
    assert gaps(period._replace(first=date(2009, 1, 1))) == [(1, True), (1, True)]
    assert gaps(period._replace(unaddressed="status = 'member'")) == [(1, False), (1, False)]
    counted = "status = 'member' and count(acts where kind = 'search') = 0"
    assert gaps(period._replace(unaddressed=counted)) == [(1, False), (1, False)]
    assert gaps(period._replace(attribute="lifting")) == [(1, False), (1, False)]
