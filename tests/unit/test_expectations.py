"""Great Expectations and polars read every supported check alike: the same units, failures and verdict."""

import os
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from audit.demand import EXPECTATIONS
from audit.engagement import begin, checked
from audit.error import AuditError, ExitCode
from audit.expectations import agree, validate
from audit.reliability import Check, CheckResult, Reliability, Suite, check

ROOT = Path(__file__).parents[2]
REAL = (ROOT / os.environ.get("AUDIT_REAL_DATA", "../shared/data")).resolve()
SCHEMA: dict[str, Any] = {
    "key": pl.String,
    "kind": pl.String,
    "flag": pl.Boolean,
    "size": pl.Int64,
    "amount": pl.Float64,
    "begun": pl.Date,
    "ended": pl.Date,
    "seen": pl.Datetime("us"),
    "person": pl.String,
}
PEOPLE = pl.LazyFrame({"person": ["p1", "p2", None], "alias": ["q1", "q2", "q2"]})
ORDER = "expect_column_pair_values_a_to_be_greater_than_b"

# Every supported type, with the arguments that change what it counts.
CHECKS: list[tuple[str, dict[str, Any]]] = [
    ("expect_column_values_to_not_be_null", {"column": "key"}),
    ("expect_column_values_to_not_be_null", {"column": "kind", "mostly": 0.5}),
    ("expect_column_values_to_be_unique", {"column": "key"}),
    ("expect_column_values_to_be_unique", {"column": "size", "mostly": 0.5}),
    ("expect_compound_columns_to_be_unique", {"column_list": ["kind", "size"]}),
    (
        "expect_compound_columns_to_be_unique",
        {"column_list": ["kind", "flag"], "ignore_row_if": "any_value_is_missing"},
    ),
    ("expect_compound_columns_to_be_unique", {"column_list": ["kind", "begun"], "ignore_row_if": "never"}),
    ("expect_column_values_to_be_in_set", {"column": "kind", "value_set": ["a", "b"]}),
    ("expect_column_values_to_be_in_set", {"column": "flag", "value_set": [True]}),
    ("expect_column_values_to_be_in_set", {"column": "size", "value_set": [1, 2], "mostly": 0.6}),
    ("expect_column_values_to_be_in_set", {"column": "person in people.person", "value_set": [True]}),
    ("expect_column_values_to_be_in_set", {"column": "person in people.alias", "value_set": [True]}),
    ("expect_column_values_to_match_regex", {"column": "key", "regex": "^k[0-9]+$"}),
    ("expect_column_values_to_match_regex", {"column": "kind", "regex": "(?:a|b)", "mostly": 0.5}),
    ("expect_column_values_to_be_between", {"column": "size", "min_value": 1, "max_value": 3}),
    ("expect_column_values_to_be_between", {"column": "size", "min_value": 1, "strict_min": True}),
    ("expect_column_values_to_be_between", {"column": "amount", "max_value": 2.5, "strict_max": True}),
    ("expect_column_values_to_be_between", {"column": "begun", "min_value": date(2011, 3, 2), "mostly": 0.9}),
    ("expect_column_values_to_be_between", {"column": "ended", "max_value": date(2011, 3, 2)}),
    ("expect_column_values_to_be_between", {"column": "seen", "min_value": date(2011, 3, 2)}),
    (ORDER, {"column_A": "ended", "column_B": "begun"}),
    (ORDER, {"column_A": "ended", "column_B": "begun", "or_equal": True, "ignore_row_if": "either_value_is_missing"}),
    (ORDER, {"column_A": "ended", "column_B": "day of seen", "or_equal": True, "ignore_row_if": "neither"}),
    (ORDER, {"column_A": "seen", "column_B": "begun", "or_equal": True, "mostly": 0.5}),
    (ORDER, {"column_A": "amount", "column_B": "size", "ignore_row_if": "either_value_is_missing"}),
    ("expect_column_value_lengths_to_equal", {"column": "key", "value": 2}),
    ("expect_column_value_lengths_to_equal", {"column": "kind", "value": 1, "mostly": 0.7}),
    ("expect_table_row_count_to_equal", {"value": {"$PARAMETER": "rows_used"}}),
    ("expect_table_row_count_to_be_between", {"min_value": 1, "max_value": 40}),
    ("expect_table_row_count_to_be_between", {"max_value": 3, "strict_max": True}),
]
WHOLE: dict[str, list[Any]] = {
    "key": ["k1", "k2", "k3"],
    "kind": ["a", "b", "a"],
    "flag": [True, True, True],
    "size": [1, 2, 3],
    "amount": [1.5, 2.0, 2.25],
    "begun": [date(2011, 3, 2)] * 3,
    "ended": [date(2011, 3, 2)] * 3,
    "seen": [datetime(2011, 3, 2, 9)] * 3,
    "person": ["p1", "p2", "p1"],
}
# A trailing line break, a letter beyond ASCII, a day before 1678 and after 2261, not a number, zero.
ODD: dict[str, list[Any]] = {
    "key": ["k1\n", "ké", "k1"],
    "kind": ["", " a", "A"],
    "flag": [False, None, True],
    "size": [0, -1, 2**40],
    "amount": [float("nan"), float("inf"), -0.0],
    "begun": [date(1600, 1, 1), date(9999, 12, 31), None],
    "ended": [date(1969, 12, 31), None, date(1970, 1, 1)],
    "seen": [datetime(1969, 12, 31, 23, 59, 59), None, datetime(2011, 3, 2)],
    "person": ["p3", "", "p2"],
}


def _random(seed: int) -> dict[str, list[Any]]:
    """A small table in which every column repeats and about a third is blank."""
    draw = random.Random(seed)
    days = [date(2011, 3, 1) + timedelta(days=i) for i in range(3)]
    pools: dict[str, list[Any]] = {
        "key": ["k1", "k22", "x"],
        "kind": ["a", "b", "cc"],
        "flag": [True, False],
        "size": [0, 1, 2, 3, 4],
        "amount": [0.5, 2.5, 4.0],
        "begun": days,
        "ended": days,
        "seen": [datetime(2011, 3, 1, 23), datetime(2011, 3, 2), datetime(2011, 3, 2, 0, 1)],
        "person": ["p1", "p2", "p9", "q2"],
    }
    rows = draw.choice([1, 2, 5, 41, 90])
    return {
        name: [draw.choice([*pool, *[None] * (len(pool) // 2)]) for _ in range(rows)] for name, pool in pools.items()
    }


def _tables() -> dict[str, pl.LazyFrame]:
    made: dict[str, Mapping[str, list[Any]]] = {
        "passing": WHOLE,
        "failing": {name: [*values, *values[:1]] for name, values in WHOLE.items()} | {"kind": ["c", "c", "dd", "c"]},
        "null": {name: [values[0], None, values[2]] for name, values in WHOLE.items()},
        "all_null": {name: [None] * 3 for name in SCHEMA},
        "empty": {name: [] for name in SCHEMA},
        "odd": ODD,
        **{f"random_{seed}": _random(seed) for seed in range(4)},
    }
    return {name: pl.LazyFrame(data, schema=SCHEMA) for name, data in made.items()}


@pytest.fixture(scope="module")
def both() -> tuple[Reliability, tuple[CheckResult, ...]]:
    """Every check on every table, by polars and by Great Expectations (whose import takes seconds)."""
    tables = _tables()
    suites = {name: Suite(name=name, expectations=tuple(Check(type=t, kwargs=k) for t, k in CHECKS)) for name in tables}
    parameters = {name: {"rows_used": 3} for name in tables}
    read = {**tables, "people": PEOPLE}
    return (
        check(read, suites, keys={}, parameters=parameters),
        validate(read, suites, keys={}, parameters=parameters),
    )


def test_every_supported_type_is_compared() -> None:
    assert {expectation for expectation, _ in CHECKS} == set(EXPECTATIONS)


def test_polars_and_great_expectations_find_the_same(both: tuple[Reliability, tuple[CheckResult, ...]]) -> None:
    reliability, validated = both
    assert len(reliability.results) == len(CHECKS) * len(_tables())
    agree(reliability, validated)


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
        agree(reliability, [replace(first, failed=2, passed=False), *others])
    assert caught.value.code is ExitCode.DATA
    assert str(caught.value) == (
        "passing.yaml, column key: key is never blank: polars finds 0 of 3 units failing (passed), Great Expectations "
        "2 of 3 units failing (failed). One of the two reads the check wrongly; report it as a defect, and trust "
        "neither until it is mended."
    )


def test_what_great_expectations_cannot_run_is_named() -> None:
    """Texts in order of the alphabet: pandas does not order the categories that GX is given."""
    table = pl.LazyFrame({"a": ["x", "y"] * 30, "b": ["x", "x"] * 30})
    suite = Suite(name="t", expectations=(Check(type=ORDER, kwargs={"column_A": "a", "column_B": "b"}),))
    with pytest.raises(AuditError) as caught:
        validate({"t": table}, {"t": suite}, keys={}, parameters={})
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
    work = begin(program, data=folder)
    found = checked(work)  # by polars and by Great Expectations, which must agree
    assert found.passed
    assert [result.check for result in found.results if not result.passed] == warnings
