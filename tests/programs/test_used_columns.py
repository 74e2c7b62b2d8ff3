"""The columns that an audit uses are those that its program, its rules and its checks name."""

from dataclasses import replace

from audit.policy.rules import build_policy
from audit.programs.declaration import build_vocabulary
from audit.programs.discrepancies import Discrepancy, EvidenceTable, RecordedClass
from audit.programs.measures import Exclusion
from audit.programs.used_columns import collect_used_columns
from audit.tables.checks.references import find_names_in_suite
from audit.tables.checks.suites import Check, Suite
from tests.made_up_policy import BOTH, NEW, OLD, POLICY, PROGRAM, rule

BY_THE_PROGRAM = {"visit", "person", "decided", "office", "opened", "note", "file", "checked", "recorded"}


def test_a_program_names_columns_in_its_declarations_and_conditions() -> None:
    assert collect_used_columns(PROGRAM, None, {}) == BY_THE_PROGRAM
    census = replace(PROGRAM.census, exclusions=(Exclusion(reason="too young", where="age < 16"),))
    assert collect_used_columns(replace(PROGRAM, census=census), None, {}) == BY_THE_PROGRAM | {"age"}


def test_a_rule_names_columns_of_the_case_and_of_the_rows_that_it_counts() -> None:
    assert collect_used_columns(PROGRAM, POLICY, {}) == BY_THE_PROGRAM | {"status", "age", "kind", "outcome", "days"}
    quoting = replace(rule("x", 1, "checked", "", BOTH), title="The age and status of a kind")
    policy = build_policy([OLD, NEW], (), [quoting], vocabulary=build_vocabulary(PROGRAM), sha256="0")
    assert collect_used_columns(PROGRAM, policy, {}) == BY_THE_PROGRAM  # a word of its prose is no column


def test_a_discrepancy_names_columns_of_its_cases_and_of_their_evidence() -> None:
    sides = {name: RecordedClass(values=(name,), words=name) for name in ("owner", "guest")}
    evidence = EvidenceTable(table="records", on="person", date="recorded", where="days > 365", source="outcome")
    discrepancy = Discrepancy(
        name="d",
        title="x",
        authority="x",
        table="people",
        case="person",
        office="office",
        date="decided",
        field="status",
        needing=sides["owner"],
        denying=sides["guest"],
        unit=("a", "b"),
        shown=("a", "b"),
        evidence=(evidence,),
    )
    program = replace(PROGRAM, discrepancies=(discrepancy,))
    assert collect_used_columns(program, None, {}) == BY_THE_PROGRAM | {"status", "outcome", "days"}


def test_a_check_names_columns_alone_in_a_list_and_within_a_text() -> None:
    columns = ["Date Opened", "Opened", "Field-Office", "Office", "code", "No.", "age", "kind", "why"]
    checks = [
        {"column": "day of Date Opened"},
        {"column": "Field-Office in offices.code", "value_set": [True]},
        {"column_list": ["No.", "age"]},
        {"column_A": "kind", "column_B": "kind"},
    ]
    suite = Suite(
        name="t", expectations=tuple(Check(type="x", kwargs=kwargs, meta={"why": "of why"}) for kwargs in checks)
    )
    expected = {"Date Opened", "Opened", "Field-Office", "Office", "code", "No.", "age", "kind"}
    assert find_names_in_suite(columns, suite) == expected
    assert find_names_in_suite(["offices", "office", "Field"], suite) == {"offices", "Field"}
