"""Assessment: first match wins, unknown is a value, and what is missing is named."""

import pickle
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import polars as pl
import pytest

from audit.policy.aggregates import AggregateBuilder
from audit.policy.evaluate import apply_policy
from audit.policy.fold import SEVERAL_CLASSES
from audit.policy.rules import Citation, DateInterval, Document, Example, Policy, Rule, Term, Version, build_policy
from audit.policy.vocabulary import ChildSchema, Vocabulary

VOCABULARY = Vocabulary(
    columns={"status": "text", "decided": "date", "checked": "yes_no", "file": "text"},
    children={
        "convictions": ChildSchema(
            on="person",
            columns={"person": "text", "max_days": "integer", "recorded": "date"},
            recorded="recorded",
            complete_when="checked",
        ),
        "actions": ChildSchema(on="id", columns={"id": "text", "action": "text"}, complete_when="file is not null"),
    },
)
TERMS = [
    Term(name="acted", means="count(actions where action = 'detainer') >= 1", citation="x"),
    Term(name="felonies", means="count(convictions where max_days > 365)", citation="x"),
]
BOTH = tuple(Example(it=o, case={}, expect=o) for o in ("consistent", "inconsistent"))


def rule(name: str, order: int, when: str, expects: str, case_class: str = "") -> Rule:
    return Rule(
        id=name,
        title=name,
        attribute="consistency",
        order=order,
        case_class=case_class or name,
        when=when,
        expects=expects,
        verdict="consistent",
        versions=(Version(under="D", citation=Citation(section="1", quote="x")),),
        examples=BOTH,
    )


RULES = [
    rule("citizen", 1, "status = 'usc'", "not acted"),
    rule("felon", 2, "felonies >= 1", "acted"),
    rule("nobody", 3, "felonies = 0", "not acted"),
]
DOCUMENT = Document(
    id="D",
    title="x",
    issuer="x",
    in_force=(DateInterval(since=date(2011, 1, 1), until=date(2011, 6, 30)), DateInterval(since=date(2012, 1, 1))),
    source="x",
)
POLICY = build_policy([DOCUMENT], TERMS, RULES, vocabulary=VOCABULARY, sha256="0")
DAY = date(2011, 3, 2)


def determined(
    case: dict[str, object],
    *,
    convictions: list[dict[str, object]] | None = None,
    actions: list[str] | None = None,
    policy: Policy = POLICY,
) -> dict[str, str | None]:
    facts = {"id": "1", "person": "p", "status": "alien", "decided": DAY, "checked": True, "file": "F", **case}
    types = {"id": pl.String, "person": pl.String, "status": pl.String, "decided": pl.Date}
    cases = pl.LazyFrame([facts], schema=types | {"checked": pl.Boolean, "file": pl.String})
    rows = [{"person": "p", "recorded": DAY, **row} for row in convictions or []]
    children = {
        "convictions": pl.LazyFrame(rows, schema={"person": pl.String, "max_days": pl.Int64, "recorded": pl.Date}),
        "actions": pl.LazyFrame(
            {"id": ["1"] * len(actions or []), "action": actions or []}, schema={"id": pl.String, "action": pl.String}
        ),
    }
    found = apply_policy(cases, children, policy, key="id", dated_by="decided").collect()
    assert found.height == 1
    return found.row(0, named=True)


def test_the_first_rule_that_applies_decides() -> None:
    found = determined({"status": "usc"}, convictions=[{"max_days": 700}])
    assert (found["outcome"], found["rule"], found["version"], found["class"]) == (
        "consistent",
        "citizen",
        "D",
        "citizen",
    )


def test_what_was_expected_and_not_done_is_inconsistent() -> None:
    found = determined({}, convictions=[{"max_days": 700}])
    assert (found["outcome"], found["rule"]) == ("inconsistent", "felon")
    assert found["evidence"] == "felonies: 1; acted: no"


def test_a_conviction_recorded_later_was_not_known_then() -> None:
    late = [{"max_days": 700, "recorded": date(2011, 3, 3)}]
    assert determined({}, convictions=late)["rule"] == "nobody"


def test_absence_is_a_fact_only_where_the_file_is_complete() -> None:
    found = determined({"file": None}, convictions=[{"max_days": 700}])
    assert (found["outcome"], found["needed"]) == ("undeterminable", "file")
    assert found["evidence"] == "felonies: 1; acted: unknown"
    assert determined({"file": None}, convictions=[{"max_days": 700}], actions=["detainer"])["outcome"] == "consistent"


@pytest.mark.parametrize(
    ("file", "actions", "outcome"),
    [(None, [], "inconsistent"), (None, ["detainer"], "consistent"), ("F", [], "inconsistent")],
)
def test_rows_on_file_are_counted_whatever_may_be_missing(file: str | None, actions: list[str], outcome: str) -> None:
    on_file = rule("on file", 1, "true", "count_on_file(actions where action = 'detainer') >= 1")
    counting = build_policy([DOCUMENT], TERMS, [on_file], vocabulary=VOCABULARY, sha256="0")
    found = determined({"file": file}, actions=actions, policy=counting)
    assert (found["outcome"], found["needed"]) == (outcome, None)


def test_of_rows_on_file_what_a_row_leaves_open_is_named() -> None:
    felon = rule("felon", 1, "count_on_file(convictions where max_days > 365) = 0", "not acted")
    counting = build_policy([DOCUMENT], TERMS, [felon], vocabulary=VOCABULARY, sha256="0")
    found = determined({"checked": None}, convictions=[{"max_days": None}], policy=counting, actions=["detainer"])
    assert (found["outcome"], found["needed"]) == ("undeterminable", "convictions.max_days")


def test_an_unknown_that_cannot_change_the_verdict_does_not_matter() -> None:
    found = determined({"status": None})
    assert (found["outcome"], found["class"], found["needed"]) == ("consistent", SEVERAL_CLASSES, None)


def test_an_unknown_that_could_change_the_verdict_is_named() -> None:
    found = determined({"status": None}, convictions=[{"max_days": None}])
    assert (found["outcome"], found["class"], found["needed"]) == (
        "undeterminable",
        None,
        "status; convictions.max_days",
    )


def test_an_unchecked_history_may_hold_more_than_it_shows() -> None:
    found = determined({"checked": None})
    assert (found["outcome"], found["needed"]) == ("undeterminable", "checked")
    assert (
        determined({"checked": None}, convictions=[{"max_days": 700}])["evidence"] == "felonies: 1 or more; acted: no"
    )


@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        (date(2010, 12, 31), "no_rule"),
        (date(2011, 1, 1), "consistent"),
        (date(2011, 6, 30), "consistent"),
        (date(2011, 7, 1), "no_rule"),
        (date(2012, 1, 1), "consistent"),
    ],
)
def test_a_rule_can_lapse_and_return(day: date, outcome: str) -> None:
    assert determined({"decided": day})["outcome"] == outcome


def test_no_rule_that_applies_is_not_no_rule_in_force() -> None:
    only = build_policy([DOCUMENT], TERMS, RULES[:1], vocabulary=VOCABULARY, sha256="0")
    assert determined({}, policy=only)["outcome"] == "not_applicable"


def test_a_person_without_identifier_has_no_rows_and_is_not_thereby_clean() -> None:
    found = determined({"person": None, "status": None, "checked": None, "file": None})
    assert found["outcome"] == "undeterminable"
    assert set(str(found["needed"]).split("; ")) == {"status", "checked", "file", "person"}


def test_one_case_in_many_is_the_same_case_alone() -> None:
    cases = pl.LazyFrame(
        {
            "id": ["1", "2", "3"],
            "person": ["p", "q", "p"],
            "status": ["alien", "usc", None],
            "decided": [DAY, DAY, DAY],
            "checked": [True, True, True],
            "file": ["F", "F", None],
        }
    )
    children = {
        "convictions": pl.LazyFrame({"person": ["p", "p"], "max_days": [700, 100], "recorded": [DAY, DAY]}),
        "actions": pl.LazyFrame({"id": ["1"], "action": ["detainer"]}),
    }
    given = {"key": "id", "dated_by": "decided"}
    whole = apply_policy(cases, children, POLICY, **given).collect().sort("id")
    parts = [apply_policy(cases.slice(i, 1), children, POLICY, **given).collect() for i in range(3)]
    assert whole.equals(pl.concat(parts))
    assert whole["outcome"].to_list() == ["consistent", "consistent", "undeterminable"]


def test_severity_and_section_travel_with_the_determination() -> None:
    critical = build_policy(
        [DOCUMENT], TERMS, [replace(RULES[0], severity="critical")], vocabulary=VOCABULARY, sha256="0"
    )
    found = determined({"status": "usc"}, actions=["detainer"], policy=critical)
    assert (found["outcome"], found["severity"], found["section"]) == ("inconsistent", "critical", "1")


def test_a_document_that_began_on_an_unknown_day_leaves_the_days_between_open() -> None:
    began = replace(DOCUMENT, in_force=(DateInterval(since=date(2011, 7, 1), since_by=date(2011, 7, 31)),))
    policy = build_policy([began], TERMS, RULES, vocabulary=VOCABULARY, sha256="0")
    assert determined({"decided": date(2011, 6, 30)}, policy=policy)["outcome"] == "no_rule"
    between = determined({"decided": date(2011, 7, 30)}, policy=policy)
    assert (between["outcome"], between["needed"]) == ("undeterminable", "the day D came into force")
    assert determined({"decided": date(2011, 7, 31)}, policy=policy)["outcome"] == "consistent"


def test_two_ways_that_agree_need_no_day() -> None:
    first = Document(id="A", title="x", issuer="x", in_force=(DateInterval(until=date(2011, 7, 31)),), source="x")
    then = Document(
        id="B",
        title="x",
        issuer="x",
        in_force=(DateInterval(since=date(2011, 7, 1), since_by=date(2011, 8, 1)),),
        source="x",
    )
    old, new = (
        replace(RULES[0], id=d, order=n, versions=(replace(RULES[0].versions[0], under=d),))
        for n, d in ((2, "A"), (1, "B"))
    )
    policy = build_policy([first, then], TERMS, [old, new], vocabulary=VOCABULARY, sha256="0")
    found = determined({"status": "usc", "decided": date(2011, 7, 15)}, policy=policy)
    assert (found["outcome"], found["needed"]) == ("consistent", None)


def test_what_was_recorded_later_counts_when_asked_for() -> None:
    late = {"person": ["p"], "max_days": [700], "recorded": [date(2011, 9, 1)]}
    cases = pl.LazyFrame(
        {"id": ["1"], "person": ["p"], "status": ["alien"], "decided": [DAY], "checked": [True], "file": ["F"]}
    )
    children = {
        "convictions": pl.LazyFrame(late),
        "actions": pl.LazyFrame(schema={"id": pl.String, "action": pl.String}),
    }
    given = {"key": "id", "dated_by": "decided"}
    assert apply_policy(cases, children, POLICY, **given).collect()["outcome"].item() == "consistent"
    assert (
        apply_policy(cases, children, POLICY, as_known="later", **given).collect()["outcome"].item() == "inconsistent"
    )


@pytest.mark.parametrize(
    ("when", "convictions", "outcome"),
    [
        ("total(convictions, max_days) > 700", [{"max_days": 400}, {"max_days": 400}], "permitted"),
        (
            "total(convictions, max_days where max_days < 500) > 700",
            [{"max_days": 400}, {"max_days": 600}],
            "not_applicable",
        ),
        ("total(convictions, max_days) > 700", [{"max_days": 900}, {"max_days": None}], "undeterminable"),
        ("total(convictions, max_days) = 0", [], "permitted"),
        ("earliest(convictions, recorded) <= date '2011-02-01'", [{"recorded": date(2011, 1, 5)}], "permitted"),
        (
            "latest(convictions, recorded) <= date '2011-02-01'",
            [{"recorded": date(2011, 1, 5)}, {"recorded": DAY}],
            "not_applicable",
        ),
        ("latest(convictions, recorded) <= date '2011-02-01'", [], "undeterminable"),
    ],
)
def test_rows_come_to_a_total_a_first_and_a_last(when: str, convictions: list[dict[str, object]], outcome: str) -> None:
    permits = replace(
        rule("total", 1, when, ""), verdict="permitted", examples=(Example(it="x", case={}, expect="permitted"),)
    )
    policy = build_policy([DOCUMENT], TERMS, [permits], vocabulary=VOCABULARY, sha256="0")
    rows = [{"max_days": 1, **row} for row in convictions]
    assert determined({}, convictions=rows, policy=policy)["outcome"] == outcome


def test_a_time_of_day_does_not_shorten_a_document_or_a_record() -> None:
    types = {"decided": "datetime"}
    vocabulary = replace(VOCABULARY, columns=VOCABULARY.columns | types)
    policy = build_policy([DOCUMENT], TERMS, RULES, vocabulary=vocabulary, sha256="0")
    last_day = datetime(2011, 6, 30, 13)
    cases = pl.LazyFrame(
        {"id": ["1"], "person": ["p"], "status": ["alien"], "decided": [last_day], "checked": [True], "file": ["F"]}
    )
    recorded = {"person": ["p"], "max_days": [700], "recorded": [datetime(2011, 6, 30, 18)]}
    children = {"convictions": pl.LazyFrame(recorded), "actions": pl.LazyFrame({"id": ["1"], "action": ["detainer"]})}
    found = apply_policy(cases, children, policy, key="id", dated_by="decided").collect()
    assert found.select("outcome", "rule").row(0) == ("consistent", "felon")


def test_a_case_without_its_day_needs_it() -> None:
    found = determined({"decided": None})
    assert (found["outcome"], found["needed"]) == ("undeterminable", "decided")


def test_a_case_nobody_can_be_told_by_has_no_rows_that_are_known() -> None:
    found = determined({"person": None})
    assert found["outcome"] == "undeterminable"
    assert "person" in str(found["needed"]).split("; ")


def test_a_fact_may_bear_any_name() -> None:
    names = {"class": "text", "outcome": "text", "needed": "text"}
    vocabulary = Vocabulary(columns={"decided": "date", **names})
    told = replace(
        rule("told", 1, "class = 'a' and outcome = 'b' and needed = 'c'", ""),
        verdict="permitted",
        examples=(Example(it="x", case={}, expect="permitted"),),
    )
    policy = build_policy([DOCUMENT], [], [told], vocabulary=vocabulary, sha256="0")
    cases = pl.LazyFrame({"id": ["1"], "decided": [DAY], "class": ["a"], "outcome": ["b"], "needed": ["c"]})
    found = apply_policy(cases, {}, policy, key="id", dated_by="decided").collect()
    assert found["outcome"].to_list() == ["permitted"]


def test_only_what_matters_is_asked_for() -> None:
    vocabulary = Vocabulary(columns={"decided": "date", "member": "yes_no", "age": "integer", "warrant": "yes_no"})
    gang = replace(
        rule("gang", 1, "(member and age >= 16) or warrant", ""),
        verdict="permitted",
        examples=(Example(it="x", case={}, expect="permitted"),),
    )
    policy = build_policy([DOCUMENT], [], [gang], vocabulary=vocabulary, sha256="0")
    cases = pl.LazyFrame(
        {"id": ["1"], "decided": [DAY], "member": [False], "age": [None], "warrant": [None]},
        schema={"id": pl.String, "decided": pl.Date, "member": pl.Boolean, "age": pl.Int64, "warrant": pl.Boolean},
    )
    found = apply_policy(cases, {}, policy, key="id", dated_by="decided").collect()
    assert found["needed"].to_list() == ["warrant"]


def test_a_rule_that_only_may_apply_is_not_sure() -> None:
    assert determined({"status": None})["sure"] is False
    assert determined({"status": "usc"})["sure"] is True


def test_a_policy_that_was_sent_to_another_process_gives_the_same() -> None:
    sent = pickle.loads(pickle.dumps(POLICY))
    assert sent == POLICY
    facts: dict[str, Any] = {"convictions": [{"max_days": 700}], "actions": ["detainer"]}
    assert determined({}, policy=sent, **facts) == determined({}, **facts)


def test_the_rows_of_a_table_are_gone_through_once_for_all_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    tables: list[str] = []
    real = AggregateBuilder.join_child_rows

    def counting(self: AggregateBuilder, cases: Any, rows: Any, wanted: Any) -> pl.LazyFrame:
        tables.append(wanted[0].child)
        return real(self, cases, rows, wanted)

    monkeypatch.setattr(AggregateBuilder, "join_child_rows", counting)
    rules = (*POLICY.rules, replace(POLICY.rules[0], id="again", order=99))
    determined({}, policy=replace(POLICY, rules=rules))
    assert sorted(tables) == ["actions", "convictions"]
