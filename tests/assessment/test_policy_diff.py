"""Two documents side by side: in their words, in what becomes of the same cases, and in what moved between levels."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from audit.assessment.case_file import CaseFiles, gather_case_files
from audit.assessment.policy_diff import (
    LevelChange,
    RuleChange,
    TextChange,
    build_crosstab,
    compare_documents,
    compare_outcomes,
    find_level_changes,
)
from audit.errors import AuditError, ExitCode
from tests.made_up_policy import DAY, EARLIER, POLICY, PROGRAM, tables


def files(**rows: list[dict[str, Any]]) -> CaseFiles:
    return gather_case_files(PROGRAM, tables(**rows))


def test_the_words_that_differ_are_shown_and_no_others() -> None:
    found = compare_documents(POLICY, "OLD", "NEW")
    assert found.document == (
        TextChange(what="title", before="House rules of 2010", after="House rules of 2011"),
        TextChange(what="in force", before="from 30 June 2010 to 1 March 2011", after="from 2 March 2011 on"),
    )
    when = TextChange(
        what="when",
        before="status = 'guest' and grave >= 1",
        after="status = 'guest' and (grave >= 1 or age >= 60)",
    )
    quote = TextChange(what="quote", before="of the grave", after="of the grave, or the old")
    assert found.rules == (
        RuleChange(rule="owner", title="Of owners", stated="both", changed=()),
        RuleChange(rule="felon", title="Of felons", stated="both", changed=(when, quote)),
        RuleChange(rule="rascal", title="Of rascals", stated="before", changed=()),
        RuleChange(rule="nobody", title="Of nobodys", stated="both", changed=()),
    )


def test_back_to_front_it_is_the_other_way_round() -> None:
    found = compare_documents(POLICY, "NEW", "OLD")
    assert [rule.stated for rule in found.rules] == ["both", "both", "after", "both"]
    assert found.rules[1].changed[1].after == "of the grave"


def test_a_version_with_days_of_its_own_says_so() -> None:
    felon = POLICY.rules[1]
    own = replace(felon.versions[1], in_force=(replace(felon.versions[1].in_force[0], since=date(2011, 5, 1)),))
    policy = replace(POLICY, rules=(replace(felon, versions=(felon.versions[0], own)),))
    [change] = compare_documents(policy, "OLD", "NEW").rules
    assert change.changed[-1] == TextChange(what="in force", before="as the document", after="from 1 May 2011 on")


def test_the_same_cases_under_each_document_whatever_their_day() -> None:
    people = [
        {"person": f"P-{n}", "status": status, "checked": True, "age": age}
        for n, (status, age) in enumerate([("guest", 70), ("guest", 30), ("owner", 70), ("member", 1), (None, 70)])
    ]
    visits = [
        {"visit": f"V{n}", "person": f"P-{n}", "decided": date(1999, 1, 1), "office": "A"} for n in range(len(people))
    ]
    light = {"record": "R1", "person": "P-1", "outcome": "found", "days": 30, "recorded": date(1998, 1, 1)}
    kept = [{"file": f"F{n}", "person": f"P-{n}", "opened": date(1999, 1, 1), "note": "seen"} for n in range(5)]
    [found] = compare_outcomes(files(visits=visits, people=people, records=[light], files=kept), POLICY, "OLD", "NEW")
    assert (found.attribute, found.cases) == ("consistency", 5)
    assert found.outcomes == (
        ("consistent", "consistent", 1),
        ("inconsistent", "permitted", 1),
        ("not_applicable", "not_applicable", 1),
        ("permitted", "inconsistent", 1),
        ("undeterminable", "undeterminable", 1),
    )
    assert (found.changed_outcome_count, found.changed_class_count) == (2, 2)
    assert ("nobody", "felon", 1) in found.classes
    assert ("rascal", "nobody", 1) in found.classes


def test_pairs_make_a_matrix() -> None:
    header, rows = build_crosstab((("a", "b", 2), ("c", "a", 1), ("c", "b", 3)))
    assert header == ("", "a", "b")
    assert rows == [("a", 0, 2), ("c", 1, 3)]


def test_no_such_document_and_none_that_rules_rest_on_are_refused() -> None:
    with pytest.raises(
        AuditError, match=r"the policy has no document NEWER\. Name one of OLD, NEW, SPARE\."
    ) as refused:
        compare_documents(POLICY, "OLD", "NEWER")
    assert refused.value.code == ExitCode.USAGE
    with pytest.raises(AuditError, match=r"no rule rests on SPARE\."):
        compare_outcomes(files(), POLICY, "OLD", "SPARE")


def level(crime: str, old: str, new: str, group: str, number: str) -> dict[str, str]:
    return {
        "crime": crime,
        "old": old,
        "new": new,
        "group": group,
        "crimes_in_group": number,
        "source": "S",
        "quote": "Q",
    }


def test_what_moved_is_counted_as_the_source_counts_it_and_never_filled_in() -> None:
    rows = [
        level("arson", "2 or 3", "1", "long", "11"),
        level("smuggling", "2 or 3", "1", "long", "11"),
        level("slavery", "2 or 3", "1", "other", "6"),
        level("theft", "3", "3", "same", "4"),
        level("disorder", "", "3", "added", "13"),
    ]
    given = {"what": "crimes", "source": "S", "quote": "Q"}
    assert find_level_changes(rows, "old", "new") == (
        LevelChange(before="2 or 3", after="1", group="long", number=11, named=("arson", "smuggling"), **given),
        LevelChange(before="2 or 3", after="1", group="other", number=6, named=("slavery",), **given),
        LevelChange(before="", after="3", group="added", number=13, named=("disorder",), **given),
    )


@pytest.mark.parametrize("numbers", [("11", "6"), ("1", "1"), ("", ""), ("many", "many")])
def test_a_group_without_one_number_that_holds_is_refused(numbers: tuple[str, str]) -> None:
    rows = [level(crime, "2", "1", "long", number) for crime, number in zip(("a", "b"), numbers, strict=True)]
    with pytest.raises(
        AuditError, match=r"the group `long` has no one number, or names more than it counts\."
    ) as refused:
        find_level_changes(rows, "old", "new")
    assert refused.value.code == ExitCode.DATA


def test_the_day_of_the_case_still_decides_what_was_known() -> None:
    late = {"record": "R1", "person": "P-1", "outcome": "found", "days": 700, "recorded": date(2012, 1, 1)}
    early = {**late, "record": "R2", "recorded": EARLIER}
    assert compare_outcomes(files(records=[late]), POLICY, "OLD", "NEW")[0].classes == (("nobody", "nobody", 1),)
    assert compare_outcomes(files(records=[late, early]), POLICY, "OLD", "NEW")[0].classes == (("felon", "felon", 1),)
    assert late["recorded"] > DAY
