"""Rules as declared: completed from their documents, and refused with every fault at once."""

from dataclasses import replace
from datetime import date

import pytest

from audit.errors import AuditError, ExitCode
from audit.policy.compiler import ConditionSet
from audit.policy.rules import Citation, DateInterval, Document, Example, Policy, Rule, Term, Version, build_policy
from audit.policy.vocabulary import Vocabulary
from audit.programs import find_program_folder, list_programs
from audit.programs.declaration import build_vocabulary
from audit.storage.declarations import read_policy
from audit.workflow.program_data import read_program_by_name

VOCABULARY = Vocabulary(columns={"status": "text", "done": "yes_no"})
FIRST = Document(id="A", title="First", issuer="x", in_force=(DateInterval(until=date(2011, 3, 1)),), source="x")
SECOND = Document(id="B", title="Second", issuer="x", in_force=(DateInterval(since=date(2011, 3, 2)),), source="x")
CITED = Citation(section="1", quote="what must be done")
RULE = Rule(
    id="citizen",
    title="x",
    attribute="consistency",
    order=1,
    case_class="citizen",
    when="status = 'usc'",
    expects="not done",
    verdict="consistent",
    versions=(Version(under="A", citation=CITED), Version(under="B", citation=CITED, expects="done")),
    examples=tuple(Example(it=outcome, case={}, expect=outcome) for outcome in ("consistent", "inconsistent")),
    file="citizen.yaml",
)


def enacted(*rules: Rule) -> Policy:
    return build_policy([FIRST, SECOND], [Term(name="idle", means="not done", citation="x")], rules, **COMMON)


COMMON = {"vocabulary": VOCABULARY, "sha256": "0"}


def test_a_version_takes_from_its_rule_and_document_what_it_leaves_out() -> None:
    first, second = enacted(RULE).rules[0].versions
    assert (first.when, first.expects, first.in_force) == ("status = 'usc'", "not done", FIRST.in_force)
    assert (second.when, second.expects, second.in_force) == ("status = 'usc'", "done", SECOND.in_force)


def test_rules_are_asked_in_their_order() -> None:
    later, earlier = replace(RULE, id="a", order=9), replace(RULE, id="z", order=2)
    assert [rule.id for rule in enacted(later, earlier).rules] == ["z", "a"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (replace(RULE, examples=()), "rule citizen has no examples. Give one for each verdict it can reach"),
        (
            replace(RULE, examples=RULE.examples[:1]),
            "rule citizen has no example of the verdict inconsistent. Give one.",
        ),
        (replace(RULE, versions=()), "rule citizen has no version. Give at least one"),
        (
            replace(RULE, versions=(Version(under="A", citation=Citation(section="1", quote=" ")),)),
            "rule citizen has no citation under A. Give its section and quote its words.",
        ),
        (
            replace(RULE, versions=(Version(under="C", citation=CITED),)),
            "rule citizen rests on the unknown document C. Name one of A, B.",
        ),
        (
            replace(RULE, versions=(*RULE.versions, Version(under="B", citation=CITED))),
            "rule citizen has two versions in force at once: B and B. Let one end before the other begins.",
        ),
        (
            replace(RULE, when="statsu = 'usc'"),
            "names `statsu`, which is neither a column nor a term. Did you mean `status`?",
        ),
        (replace(RULE, attribute="mood"), "rule citizen serves the unknown attribute mood."),
        (
            replace(RULE, verdict="fine"),
            "rule citizen gives the unknown verdict fine. Name one of consistent, permitted",
        ),
    ],
)
def test_a_fault_is_named_with_its_file(rule: Rule, message: str) -> None:
    with pytest.raises(AuditError) as refused:
        enacted(rule)
    assert message in str(refused.value)
    assert all(problem.file == "citizen.yaml" for problem in refused.value.problems)
    assert refused.value.code == ExitCode.USAGE


def test_two_rules_may_not_share_a_place() -> None:
    with pytest.raises(AuditError, match=r"rule other has the same place in the order as rule citizen: 1"):
        enacted(RULE, replace(RULE, id="other"))


def test_all_faults_come_at_once() -> None:
    with pytest.raises(AuditError) as refused:
        enacted(replace(RULE, examples=()), replace(RULE, id="other", order=2, when="nonsense("))
    assert len(refused.value.problems) >= 2


def test_what_nobody_checked_is_named() -> None:
    unchecked = Version(under="A", citation=replace(CITED, unverified=True))
    assert enacted(replace(RULE, versions=(unchecked,))).list_unverified() == ("citizen under A",)


@pytest.mark.parametrize("name", [name for name in list_programs() if (find_program_folder(name) / "policy").is_dir()])
def test_without_a_reading_every_condition_is_the_one_compiled_anew(name: str) -> None:
    program = read_program_by_name(name)
    policy = read_policy(find_program_folder(name) / "policy", build_vocabulary(program))
    policy.compile_versions()
    for reading in policy.readings:
        other = policy.remove_reading(reading)
        anew = ConditionSet(other.conditions.vocabulary)
        for version in other.compile_versions():
            for condition in version.conditions:
                assert condition.truth.meta.eq(anew.compile(condition.text).truth), (reading.id, condition.text)
