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
from audit.tables.checks import great_expectations
from audit.tables.checks.expectations import EXPECTATIONS
from audit.tables.checks.great_expectations import confirm_checks, refuse_differing_results, validate_suites_on_pandas
from audit.tables.checks.results import CheckResult, Reliability
from audit.tables.checks.suites import Check, CompiledSuite, Suite, compile_suites, run_compiled_suites, run_suites
from audit.workflow.audit import open_audit
from audit.workflow.validation import check_tables
from tests.made_up_checks import CHECKS, ORDER, PEOPLE, tables

ROOT = Path(__file__).parents[2]
REAL = (ROOT / os.environ.get("AUDIT_REAL_DATA", "../shared/data")).resolve()


@pytest.fixture(scope="module")
def both() -> tuple[Reliability, tuple[CheckResult, ...]]:
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


def test_polars_and_great_expectations_find_the_same(both: tuple[Reliability, tuple[CheckResult, ...]]) -> None:
    reliability, validated = both
    assert len(reliability.results) == len(CHECKS) * len(tables())
    refuse_differing_results(reliability.results, validated)


def test_both_verdicts_and_all_counts_occur(both: tuple[Reliability, tuple[CheckResult, ...]]) -> None:
    """The comparison is worth something only where each type passes, fails, and meets blanks."""
    for expectation in EXPECTATIONS:
        results = [result for result in both[0].results if result.expectation == expectation]
        assert {result.passed for result in results} == {True, False}, expectation
        assert any(result.failed for result in results), expectation


def test_the_failing_table_fails_by_great_expectations_alone(both: tuple[Reliability, tuple[CheckResult, ...]]) -> None:
    found = {result.check: result for result in both[1] if result.table == "failing"}
    assert (found["key is never repeated"].units, found["key is never repeated"].failed) == (4, 2)
    assert not found["kind is one of a and b"].passed


def test_a_difference_is_named(both: tuple[Reliability, tuple[CheckResult, ...]]) -> None:
    reliability, (first, *others) = both
    with pytest.raises(AuditError) as caught:
        refuse_differing_results(reliability.results, [replace(first, failed=2, passed=False), *others])
    assert caught.value.code is ExitCode.DATA
    assert str(caught.value) == (
        "passing.yaml, column key: key is never blank: polars finds 0 of 3 units failing (passed), Great Expectations "
        "2 of 3 units failing (failed). One of the two reads the check wrongly; report it as a defect, and trust "
        "neither until it is mended."
    )


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
    work = open_audit(program, data=folder)
    found = check_tables(work)  # by polars and by Great Expectations, which must agree
    assert found.passed
    assert [result.check for result in found.results if not result.passed] == warnings


def test_a_program_without_a_file_is_not_ended_by_the_import() -> None:
    """PySpark ends a process whose main module has no file, with exit code 0: a failed check would look passed."""
    script = """
import polars as pl
from audit.tables.checks.great_expectations import confirm
from audit.tables.checks.suites import Check, Suite, check_all, compile_suites
rows = {"people": pl.LazyFrame({"id": [None, "A"]})}
suites = {"people": Suite(name="people", expectations=(
    Check(type="expect_column_values_to_not_be_null", kwargs={"column": "id"}),))}
compiled = compile_suites(rows, suites, keys={}, parameters={})
found = check_all(compiled, {})
confirm(found, compiled)
raise SystemExit(0 if found.passed else 1)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert "doctest" not in done.stderr
