"""Conditions in Python: registered by name, three-valued as all are, named where they cannot be used."""

import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from audit import programs
from audit.errors import AuditError, ExitCode
from audit.policy.compiled_condition import Condition
from audit.policy.compiler import compile_condition
from audit.policy.custom_predicates import PredicateDeclaration, import_predicate
from audit.policy.vocabulary import Vocabulary
from audit.programs.declaration import build_vocabulary
from audit.storage.declarations import read_policy, read_program

SAME = PredicateDeclaration(function="tests.made_up_predicates:same_weekday", takes=("date", "date"))
WORDS = Vocabulary(
    columns={"met": "date", "decided": "date", "status": "text"},
    predicates={
        "same_weekday": import_predicate("same_weekday", SAME),
        "no_expression": import_predicate(
            "no_expression", PredicateDeclaration(function="tests.made_up_predicates:no_expression", takes=("text",))
        ),
    },
)


def condition(text: str) -> Condition:
    return compile_condition(text, WORDS, place="rule.yaml, line 6")


def test_a_predicate_is_asked_like_any_condition_and_unknown_where_its_facts_are() -> None:
    days = [date(2011, 3, 2), date(2011, 3, 2), None, date(2011, 3, 2)]
    others = [date(2011, 3, 9), date(2011, 3, 3), date(2011, 3, 9), None]
    cases = pl.LazyFrame({"met": days, "decided": others, "status": ["a"] * 4})
    found = condition("same_weekday(met, decided) and status = 'a'")
    assert cases.select(truth=found.truth).collect()["truth"].to_list() == [True, False, None, None]
    assert found.fields == ("met", "decided", "status")
    assert "SAME_WEEKDAY(met, decided)" in found.values_by_name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("same_weekday(met)", "It takes date, date."),
        ("same_weekday(met, status)", "It takes date, date."),
        ("no_expression(status)", "which gives no expression. Let it give a polars expression."),
        ("other_weekday(met, decided)", "which is not part of the language"),
    ],
)
def test_what_a_predicate_does_not_take_is_refused(text: str, message: str) -> None:
    with pytest.raises(AuditError, match=message) as refused:
        condition(text)
    assert str(refused.value).startswith("rule.yaml, line 6: the condition ")


@pytest.mark.parametrize(
    ("function", "takes", "message"),
    [
        ("tests.made_up_predicates:absent", ("date",), "there is no Python function"),
        ("no_such_module:same_weekday", ("date",), "there is no Python function"),
        ("same_weekday", ("date",), "there is no Python function"),
        ("tests.made_up_predicates:same_weekday", ("day",), "takes day, which are no kinds of fact"),
    ],
)
def test_a_predicate_that_is_not_there_is_refused(function: str, takes: tuple[str, ...], message: str) -> None:
    with pytest.raises(AuditError, match=message) as refused:
        import_predicate("p", PredicateDeclaration(function=function, takes=takes))
    assert str(refused.value).startswith("program.toml, predicates.p: ")
    assert refused.value.code == ExitCode.USAGE


def test_a_programs_rule_may_name_one_and_the_policys_digest_is_of_it_too(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    shutil.copytree(programs.find_program_folder("records_requests"), folder)
    plain = read_policy(folder / "policy", build_vocabulary(read_program(folder)))
    declared = '\n[predicates.same_weekday]\nfunction = "{}"\ntakes = ["date", "date"]\n'
    with (folder / "program.toml").open("a", encoding="utf-8") as file:
        file.write(declared.format(SAME.function))
    rule = folder / "policy" / "twenty-days.yaml"
    text = rule.read_text(encoding="utf-8")
    rule.write_text(text.replace("when: ", "when: not same_weekday(received, decision_date) and ", 1), encoding="utf-8")
    policy = read_policy(folder / "policy", build_vocabulary(read_program(folder)))
    assert policy.sha256 != plain.sha256
    rule.write_text(text, encoding="utf-8")  # the rules as they were: the digest is of the predicate as well
    assert read_policy(folder / "policy", build_vocabulary(read_program(folder))).sha256 != plain.sha256
    with (folder / "program.toml").open("a", encoding="utf-8") as file:
        file.write(declared.format("nowhere:f").replace("same_weekday", "other"))
    with pytest.raises(AuditError, match=r"program.toml, predicates.other: there is no Python function `nowhere:f`"):
        read_program(folder)
