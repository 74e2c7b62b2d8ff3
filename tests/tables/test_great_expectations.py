"""Great Expectations and polars read every supported check alike: the same units, failures and verdict."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from audit.errors import AuditError, ExitCode
from audit.tables.checks import great_expectations, gx_validator
from audit.tables.checks.great_expectations import confirm_checks, refuse_differing_results, validate_suites_on_pandas
from audit.tables.checks.gx_catalog import list_shipped_expectations
from audit.tables.checks.polars_expectations import EXPECTATIONS
from audit.tables.checks.results import CheckResult, Checks
from audit.tables.checks.suites import Check, CompiledSuite, Suite, compile_suites, run_compiled_suites, run_suites
from audit.workflow.program_data import read_program_data
from audit.workflow.validation import check_tables
from tests.made_up_checks import CHECKS, ORDER, PEOPLE, tables

ROOT = Path(__file__).parents[2]
REAL = (ROOT / os.environ.get("AUDIT_REAL_DATA", "../shared/data")).resolve()


@pytest.fixture(scope="module")
def both() -> tuple[Checks, tuple[CheckResult, ...]]:
    """Every check on every table, by polars and by Great Expectations (whose import takes seconds)."""
    made = tables()
    suites = {name: Suite(name=name, expectations=tuple(Check(type=t, kwargs=k) for t, k in CHECKS)) for name in made}
    parameters = {name: {"rows_used": 3} for name in made}
    read = {**made, "people": PEOPLE}
    return (
        run_suites(read, suites, keys={}, parameters=parameters),
        validate_suites_on_pandas(compile_suites(read, suites, keys={}, parameters=parameters)),
    )


def test_every_supported_type_is_compared() -> None:
    assert {expectation for expectation, _ in CHECKS} == set(EXPECTATIONS)


def test_polars_and_great_expectations_find_the_same(both: tuple[Checks, tuple[CheckResult, ...]]) -> None:
    reliability, validated = both
    assert len(reliability.results) == len(CHECKS) * len(tables())
    refuse_differing_results(reliability.results, validated)


def test_both_verdicts_and_all_counts_occur(both: tuple[Checks, tuple[CheckResult, ...]]) -> None:
    """The comparison is worth something only where each type passes, fails, and meets blanks."""
    for expectation in EXPECTATIONS:
        results = [result for result in both[0].results if result.expectation == expectation]
        assert {result.passed for result in results} == {True, False}, expectation
        assert any(result.failed for result in results), expectation


def test_the_failing_table_fails_by_great_expectations_alone(both: tuple[Checks, tuple[CheckResult, ...]]) -> None:
    found = {result.check: result for result in both[1] if result.table == "failing"}
    assert (found["key is never repeated"].units, found["key is never repeated"].failed) == (4, 2)
    assert not found["kind is one of a and b"].passed


def test_a_difference_is_named(both: tuple[Checks, tuple[CheckResult, ...]]) -> None:
    reliability, (first, *others) = both
    with pytest.raises(AuditError) as caught:
        refuse_differing_results(reliability.results, [replace(first, failed=2, passed=False), *others])
    assert caught.value.code is ExitCode.CRASH
    assert str(caught.value) == (
        "passing.yaml, column key: key is never blank: polars finds 0 of 3 units failing (passed), Great Expectations "
        "2 of 3 units failing (failed). One of the two reads the check wrongly; report it as a defect, and trust "
        "neither until it is mended."
    )


def test_both_read_a_condition_alike() -> None:
    """On the same tables as the expectations: true, false and unknown, and each as `unknown` has it."""
    conditions = ("ended >= begun", "size > 1 or kind = 'a'", "flag", "blank(key) or person in ('p1', 'p2')")
    checks = tuple(Check(expression=text, unknown=how) for text in conditions for how in ("passes", "fails"))
    made = tables()
    suites = {name: Suite(name=name, expectations=checks) for name in made}
    compiled = compile_suites(made, suites, keys={}, parameters={})
    found = run_compiled_suites(compiled, {})
    refuse_differing_results(found.results, validate_suites_on_pandas(compiled))
    for text in conditions:
        results = [result for result in found.results if result.check.startswith(text)]
        assert {result.passed for result in results} == {True, False}, text
        assert len({result.units for result in results if result.table == "odd"}) == 2, text  # of some it is unknown


def test_what_great_expectations_alone_reads_is_run_by_it() -> None:
    """Of units and rows it gives both; of an aggregate, of the whole table. Text columns are text, not categories."""
    rows = pl.LazyFrame({"id": [*"abcd"] * 10, "n": [1, 2, None, 9] * 10, "t": ["x", "yy", None, "z"] * 10})
    checks = (
        ("expect_column_values_to_not_be_null", {"column": "t"}),
        ("expect_column_values_to_not_match_regex", {"column": "t", "regex": "^y"}),
        ("expect_column_mean_to_be_between", {"column": "n", "max_value": 3}),
        ("expect_column_mean_to_be_between", {"column": "n", "max_value": 4}),
        ("expect_column_values_to_be_of_type", {"column": "n", "type_": "float64"}),
        ("expect_table_columns_to_match_set", {"column_set": ["id", "n", "t"]}),
        ("expect_column_to_exist", {"column": "other"}),
        (
            "expect_column_values_to_be_in_set",
            {"column": "n", "value_set": [1], "row_condition": 'id=="d"', "condition_parser": "pandas"},
        ),
        ("expect_column_values_to_be_in_set", {"column": "id in t.id", "value_set": [True]}),
    )
    compiled = compile_suites({"t": rows}, suite_of(*checks), keys={"t": ("id",)}, parameters={})
    found = confirm_checks(run_compiled_suites(compiled, {"t": ("id",)}), compiled)
    assert [(one.expectation, one.units, one.failed, one.passed) for one in found.results] == [
        ("expect_column_values_to_not_be_null", 40, 10, False),
        ("expect_column_values_to_be_in_set", 40, 0, True),
        ("expect_column_values_to_not_match_regex", 30, 10, False),
        ("expect_column_mean_to_be_between", 1, 1, False),
        ("expect_column_mean_to_be_between", 1, 0, True),
        ("expect_column_values_to_be_of_type", 1, 0, True),
        ("expect_table_columns_to_match_set", 1, 0, True),
        ("expect_column_to_exist", 1, 1, False),
        ("expect_column_values_to_be_in_set", 10, 10, False),
    ]
    assert not found.not_run
    keys = [found.list_failing_keys(one) for one in found.results]
    assert keys == [["c"] * 10, [], ["b"] * 10, [], [], [], [], [], ["d"] * 10]


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (
            ("expect_column_mean_to_be_between", {"column": "key", "max_valu": 1}),
            "t.yaml, line 3, column key: expect_column_mean_to_be_between does not take max_valu; it takes column, "
            "row_condition, condition_parser, min_value, max_value, strict_min and strict_max. Did you mean "
            "`max_value`?",
        ),
        (
            ("expect_column_values_to_not_be_in_set", {"column": "key"}),
            "t.yaml, line 3, column key: expect_column_values_to_not_be_in_set needs value_set. Add it to its kwargs.",
        ),
        (
            ("expect_column_mean_to_be_between", {"column": "key", "max_value": "x"}),
            "t.yaml, line 3, column key: expect_column_mean_to_be_between cannot use max_value: value is not ",
        ),
        (
            ("expect_column_mean_to_be_between", {"column": "text", "max_value": 1}),
            "t.yaml, line 3, column text: Great Expectations could not run expect_column_mean_to_be_between.",
        ),
        (
            ("unexpected_rows_expectation", {"unexpected_rows_query": "select * from {batch} where key > 1"}),
            "t.yaml, line 3: Great Expectations could not run unexpected_rows_expectation.",
        ),
    ],
)
def test_great_expectations_judges_its_own_arguments(check: tuple[str, dict[str, Any]], said: str) -> None:
    rows = pl.LazyFrame({"key": [1, 2], "text": ["Ann Lee", "Bo"]})
    suites = {"t": replace(suite_of(check)["t"], lines=(3,))}
    compiled = compile_suites({"t": rows}, suites, keys={}, parameters={})
    with pytest.raises(AuditError) as caught:
        confirm_checks(run_compiled_suites(compiled, {}), compiled)
    assert caught.value.code is ExitCode.USAGE
    assert str(caught.value).startswith(said)
    assert "Ann" not in str(caught.value)


def test_the_catalog_has_every_expectation_that_it_registers() -> None:
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    assert {*list_registered_expectation_implementations()} <= {*list_shipped_expectations()}


def suite_of(*checks: tuple[str, dict[str, Any]]) -> dict[str, Suite]:
    return {"t": Suite(name="t", expectations=tuple(Check(type=type, kwargs=kwargs) for type, kwargs in checks))}


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> tuple[CompiledSuite, ...]:
    """A table of 100 rows, of which row 7 fails alone, and 50 and 93 share a key, where 10 are as many as are read."""
    monkeypatch.setattr(great_expectations, "MAXIMUM_ROWS_TO_CONFIRM", 10)
    place = pl.int_range(100)
    rows = pl.select(
        key=pl.when(place == 93).then(50).otherwise(place), n=pl.when(place == 7).then(-1).otherwise(place)
    )
    unique, within = ("expect_column_values_to_be_unique", {"column": "key"}), {"column": "n", "min_value": 0}
    suites = suite_of(unique, ("expect_column_values_to_be_between", within))
    return compile_suites({"t": rows.lazy()}, suites, keys={}, parameters={})


def test_of_a_large_table_a_part_is_read_again_and_all_that_fails(
    large: tuple[CompiledSuite, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[pl.DataFrame] = []
    run = great_expectations.validate_suites_on_pandas

    def seen(suites: tuple[CompiledSuite, ...]) -> tuple[CheckResult, ...]:
        read.extend(suite.frame.collect() for suite in suites)
        return run(suites)

    monkeypatch.setattr(great_expectations, "validate_suites_on_pandas", seen)
    found = run_compiled_suites(large, {})
    assert [result.failed for result in found.results] == [2, 1]
    confirm_checks(found, large)
    assert read[0].rows() == [*((n, n) for n in range(0, 100, 10)), (7, -1), (50, 93)]


def test_a_check_that_polars_misreads_is_found_in_the_part(large: tuple[CompiledSuite, ...]) -> None:
    [suite] = large
    unique, within = suite.compiled_expectations
    misread = replace(suite, compiled_expectations=(unique, replace(within, failed=pl.lit(0), rows=pl.lit(False))))
    negative = [replace(misread, frame=suite.frame.with_columns(n=-1 - pl.col("n")))]
    with pytest.raises(AuditError, match="n is at least 0: polars finds 0 of 11 units failing"):
        confirm_checks(run_compiled_suites(negative, {}), negative)


def test_what_great_expectations_cannot_run_is_named() -> None:
    """Texts in order of the alphabet: pandas does not order the categories that GX is given."""
    table = pl.LazyFrame({"a": ["x", "y"] * 30, "b": ["x", "x"] * 30})
    suite = Suite(name="t", expectations=(Check(type=ORDER, kwargs={"column_A": "a", "column_B": "b"}),))
    with pytest.raises(AuditError) as caught:
        validate_suites_on_pandas(compile_suites({"t": table}, {"t": suite}, keys={}, parameters={}))
    assert caught.value.code is ExitCode.USAGE
    assert str(caught.value).startswith(f"t.yaml, column a, b: Great Expectations could not run {ORDER}.")


@pytest.mark.parametrize(
    ("program", "folder", "warnings"),
    [
        ("secure_communities", ROOT / "data/secure_communities", []),
        ("segregation_reports", REAL / "srms_2015_2018", ["day of created never precedes placement_date"]),
        (
            "cap_encounters",
            REAL / "cap_seattle_fy2017",
            ["disposition.state is one of filled, redacted and blank, in at least 90.0%"],
        ),
    ],
)
def test_the_shipped_suites_find_in_their_tables_what_is_there(
    program: str, folder: Path, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the released files: 19 reports made before the placement they review, 1,961 of 11,712 dispositions OTHER."""
    if not folder.exists():
        pytest.skip(f"the released files are not at {REAL} (set AUDIT_REAL_DATA)")
    monkeypatch.chdir(ROOT)
    work = read_program_data(program, data=folder, confirm=True)
    found = check_tables(work)  # by polars and by Great Expectations, which must agree
    assert found.passed
    assert [result.check for result in found.results if not result.passed] == warnings


def test_it_tells_nobody_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GX_ANALYTICS_ENABLED", "true")
    gx_validator._import_great_expectations()
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"


def test_a_program_without_a_file_is_not_ended_by_the_import() -> None:
    """PySpark ends a process whose main module has no file, with exit code 0: a failed check would look passed."""
    script = """
import polars as pl
from audit.tables.checks.great_expectations import confirm_checks
from audit.tables.checks.gx_validator import start_import
from audit.tables.checks.suites import Check, Suite, compile_suites, run_compiled_suites
start_import()
rows = {"people": pl.LazyFrame({"id": [None, "A"]})}
suites = {"people": Suite(name="people", expectations=(
    Check(type="expect_column_values_to_not_be_null", kwargs={"column": "id"}),))}
compiled = compile_suites(rows, suites, keys={}, parameters={})
found = confirm_checks(run_compiled_suites(compiled, {}), compiled)
print("confirmed")
raise SystemExit(0 if found.passed else 7)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (7, "confirmed\n"), done.stderr
    assert "doctest" not in done.stderr
