"""What the checks count, which rows they name, and how a suite that cannot be run is refused."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from audit.errors import AuditError, ExitCode
from audit.storage.declarations import read_suites
from audit.tables.checks import polars_expectations
from audit.tables.checks.gx_catalog import list_shipped_expectations
from audit.tables.checks.polars_expectations import has_polars_reading, has_unique_rows
from audit.tables.checks.results import CheckResult, Checks
from audit.tables.checks.suites import Check, Suite, run_suites

SUITES = sorted((Path(__file__).parents[2] / "expectations").glob("*/*.yaml"))
ORDER = "expect_column_pair_values_a_to_be_greater_than_b"
VISITS = pl.LazyFrame(
    {
        "visit": ["v1", "v2", "v2", None, "v5"],
        "person": ["p1", None, "p9", "p2", "p1"],
        "office": ["BUF", "ATL", "BUFF", None, "BUF"],
        "begun": [date(2011, 3, 1), date(2011, 3, 2), None, date(2011, 3, 4), date(2011, 3, 5)],
        "ended": [date(2011, 3, 1), date(2011, 3, 1), date(2011, 3, 9), None, date(2011, 3, 6)],
        "seen": [datetime(2011, 3, 1, 23)] * 5,
        "amount": [1.0, 2.0, float("nan"), None, 5.0],
    }
)
PERSONS = pl.LazyFrame({"person": ["p1", "p2"], "alias": ["p9", "p9"]})


def _check(
    *checks: Check, key: tuple[str, ...] = ("visit",), parameters: dict[str, int] | None = None, **more: pl.LazyFrame
) -> Checks:
    return run_suites(
        {"visits": VISITS, **more},
        {"visits": Suite(name="visits", expectations=checks)},
        keys={"visits": key, "persons": ("person",)},
        parameters={"visits": parameters or {}},
    )


def _one(expectation: str, /, **kwargs: Any) -> CheckResult:
    [result] = _check(Check(type=expectation, kwargs=kwargs), persons=PERSONS).results
    return result


def _counts(result: CheckResult) -> tuple[int, int, bool]:
    return result.units, result.failed, result.passed


def _refused(*checks: Check, **more: Any) -> list[str]:
    with pytest.raises(AuditError) as caught:
        _check(*checks, **more)
    assert caught.value.code is ExitCode.USAGE
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("expectation", "kwargs", "counts", "words"),
    [
        ("expect_column_values_to_not_be_null", {"column": "visit"}, (5, 1, False), "visit is never blank"),
        (
            "expect_column_values_to_not_be_null",
            {"column": "visit", "mostly": 0.8},
            (5, 1, True),
            "visit is filled, in at least 80.0%",
        ),
        ("expect_column_values_to_be_unique", {"column": "visit"}, (4, 2, False), "visit is never repeated"),
        (
            "expect_compound_columns_to_be_unique",
            {"column_list": ["visit", "person"]},
            (5, 0, True),
            "visit and person together are never repeated",
        ),
        (
            "expect_column_values_to_be_in_set",
            {"column": "office", "value_set": ["BUF", "ATL"]},
            (4, 1, False),
            "office is one of BUF and ATL",
        ),
        (
            "expect_column_values_to_match_regex",
            {"column": "office", "regex": "^[A-Z]{3}$"},
            (4, 1, False),
            "office has the form ^[A-Z]{3}$",
        ),
        (
            "expect_column_values_to_be_between",
            {"column": "begun", "min_value": date(2011, 3, 2), "max_value": date(2011, 3, 5), "strict_max": True},
            (4, 2, False),
            "begun is at least 2011-03-02 and less than 2011-03-05",
        ),
        # not a number is a blank
        (
            "expect_column_values_to_be_between",
            {"column": "amount", "max_value": 4},
            (3, 1, False),
            "amount is at most 4",
        ),
        (
            ORDER,
            {"column_A": "ended", "column_B": "begun", "or_equal": True, "ignore_row_if": "either_value_is_missing"},
            (3, 1, False),
            "ended never precedes begun",
        ),
        # as Great Expectations counts by default: one missing date cannot be shown to follow the other
        (ORDER, {"column_A": "ended", "column_B": "begun"}, (5, 4, False), "ended always follows begun"),
        (
            ORDER,
            {"column_A": "begun", "column_B": "day of seen", "or_equal": True, "ignore_row_if": "neither"},
            (5, 1, False),
            "begun never precedes day of seen",
        ),
        (
            "expect_column_value_lengths_to_equal",
            {"column": "office", "value": 3},
            (4, 1, False),
            "office has 3 characters",
        ),
        ("expect_table_row_count_to_equal", {"value": 5}, (1, 0, True), "holds exactly 5 rows"),
        ("expect_table_row_count_to_be_between", {"min_value": 6}, (1, 1, False), "the number of rows is at least 6"),
        (
            "expect_column_values_to_be_in_set",
            {"column": "person in persons", "value_set": [True]},
            (4, 1, False),
            "person is found in persons",
        ),
        (
            "expect_column_values_to_be_in_set",
            {"column": "person in persons.alias", "value_set": [True]},
            (4, 3, False),
            "person is found in persons.alias",
        ),
    ],
)
def test_what_each_check_counts(expectation: str, kwargs: Any, counts: tuple[int, int, bool], words: str) -> None:
    result = _one(expectation, **kwargs)
    assert (*_counts(result), result.check) == (*counts, words)


def test_failing_rows_carry_their_keys_and_a_row_without_one_its_place() -> None:
    found = _check(
        Check(type="expect_column_values_to_be_unique", kwargs={"column": "visit"}),
        Check(type="expect_column_values_to_not_be_null", kwargs={"column": "visit"}),
        Check(type="expect_column_values_to_not_be_null", kwargs={"column": "begun"}, severity="warning"),
        Check(type="expect_column_values_to_not_be_null", kwargs={"column": "ended", "mostly": 0.5}),
        Check(type="expect_table_row_count_to_equal", kwargs={"value": 1_000}),
    )
    assert found.failing.rows() == [
        ("visits", "visit is never repeated", "v2", "critical"),
        ("visits", "visit is never repeated", "v2", "critical"),
        ("visits", "visit is never blank", "row 4", "critical"),
        ("visits", "begun is never blank", "v2", "warning"),
        ("visits", "holds exactly 1,000 rows", "5 rows", "critical"),
    ]
    assert found.list_failing_keys(found.results[1]) == ["row 4"]


@pytest.mark.parametrize(
    ("key", "named"), [(("person", "visit"), "p2, blank"), ((), "row 4"), (("visit", "office"), "row 4")]
)
def test_a_key_of_several_columns(key: tuple[str, ...], named: str) -> None:
    found = _check(Check(type="expect_column_values_to_not_be_null", kwargs={"column": "visit"}), key=key)
    assert found.failing["key"].to_list() == [named]


def test_a_reference_leaves_rows_used_their_order_and_number() -> None:
    twice = pl.LazyFrame({"person": ["p2", "p1", "p1", None]})
    found = _check(
        Check(type="expect_column_values_to_be_in_set", kwargs={"column": "person in persons", "value_set": [True]}),
        Check(type="expect_column_values_to_not_be_null", kwargs={"column": "office"}),
        persons=twice,
        key=(),
    )
    assert [(result.units, result.failed) for result in found.results] == [(4, 1), (5, 1)]
    assert found.failing["key"].to_list() == ["row 3", "row 4"]


def test_a_control_total_is_a_parameter() -> None:
    total = Check(type="expect_table_row_count_to_equal", kwargs={"value": {"$PARAMETER": "rows_used"}})
    assert _check(total, parameters={"rows_used": 5}).passed
    assert not _check(total, parameters={"rows_used": 6}).passed
    assert _refused(total) == [
        "visits.yaml: expect_table_row_count_to_equal needs the parameter rows_used, which was not given. Correct the "
        "suite, or declare the column."
    ]


@pytest.mark.parametrize("rows", [0, 3])
def test_no_unit_no_failure(rows: int) -> None:
    blank = VISITS.clear().collect().clear(rows).lazy()
    checks = [
        Check(type="expect_column_values_to_be_unique", kwargs={"column": "visit"}),
        Check(type="expect_column_values_to_be_in_set", kwargs={"column": "office", "value_set": ["BUF"]}),
    ]
    found = _check(*checks, visits=blank)
    assert [_counts(result) for result in found.results] == [(0, 0, True)] * 2


def test_a_warning_is_reported_and_a_critical_failure_stops() -> None:
    def filled(column: str, severity: Any) -> Check:
        why = {"why": "an office must answer for it"}
        return Check(type="expect_column_values_to_not_be_null", kwargs={"column": column}, severity=severity, meta=why)

    warned = _check(filled("office", "warning"))
    assert warned.passed
    assert warned.results[0].why == "an office must answer for it"
    assert warned.describe_results() == "1 check of 1 table: 0 passed and 1 warning. No critical check failed."
    stopped = _check(filled("office", "critical"), filled("seen", "critical"))
    assert not stopped.passed
    assert stopped.describe_results() == (
        "2 checks of 1 table: 1 passed and 1 critical failure. The data are not fit to audit as they stand."
    )


def test_every_fault_of_a_suite_is_named_at_once() -> None:
    def column(expectation: str, **kwargs: Any) -> Check:
        return Check(type=f"expect_column_values_to_{expectation}", kwargs=kwargs)

    problems = _refused(
        column("be_uniqe", column="visit"),
        column("not_be_null", column="visit", least=3),
        column("be_in_set", column="office"),
        column("not_be_null", column="offices"),
        column("be_unique", column="visit"),
        column("be_unique", column="visit"),
        column("match_regex", column="office", regex="(BUF"),
        column("be_between", column="begun", min_value="2011-03-01"),
        column("be_between", column="begun"),
        column("be_in_set", column="begun", value_set=[date(2011, 3, 1)]),
        column("be_in_set", column="person in people", value_set=[True]),
        column("be_in_set", column="person in visits", value_set=[True]),
        Check(type=ORDER, kwargs={"column_A": "ended", "column_B": "begun", "ignore_row_if": "never"}),
        key=("visit", "person"),
    )
    mend = " Correct the suite, or declare the column."
    value = "visits.yaml, column {}: expect_column_values_to_{}." + mend
    assert problems == [
        "visits.yaml, column visit: expect_column_values_to_be_uniqe is no expectation of Great Expectations. Did you "
        "mean `expect_column_values_to_be_unique`?",
        value.format("visit", "not_be_null does not take least; it takes column and mostly"),
        value.format("office", "be_in_set needs value_set"),
        "visits.yaml, column offices: expect_column_values_to_not_be_null names a column that is not there: offices. "
        "Did you mean `office`?",
        value.format("visit", "be_unique says again that visit is never repeated"),
        value.format(
            "office", "match_regex has a pattern that cannot be read: missing ), unterminated subpattern at position 0"
        ),
        value.format(
            "begun",
            "be_between cannot compare 'date/datetime/time' to a string value (create native python { 'date', "
            "'datetime', 'time' } or compare to a temporal column)",
        ),
        value.format("begun", "be_between needs min_value or max_value"),
        value.format("begun", "be_in_set takes no dates; ask by expect_column_values_to_be_between"),
        "visits.yaml, column person in people: expect_column_values_to_be_in_set refers to a table that was not read: "
        "people. Name one of visits.",
        value.format(
            "person in visits", "be_in_set refers to visits, which has no key of one column; write visits.COLUMN"
        ),
        f"visits.yaml: {ORDER} has no such ignore_row_if; it may be both_values_are_missing, either_value_is_missing "
        f"and neither.{mend}",
    ]


@pytest.mark.parametrize(
    ("expression", "unknown", "counts", "failing"),
    [
        ("ended is null or ended >= begun", "passes", (4, 1, False), ["v2"]),  # unknown where begun is blank
        ("ended is null or ended >= begun", "fails", (5, 2, False), ["v2", "v2"]),
        ("office in ('BUF', 'ATL', 'BUFF')", "passes", (4, 0, True), []),
        ("office in ('BUF', 'ATL', 'BUFF')", "fails", (5, 1, False), ["row 4"]),
        ("amount < 5 or blank(amount)", "passes", (5, 1, False), ["v5"]),  # not a number is a blank
        ("begun < date '2011-03-05' and seen >= date '2011-03-01'", "passes", (4, 1, False), ["v5"]),
    ],
)
def test_a_condition_is_true_false_or_unknown_of_each_row(
    expression: str, unknown: Any, counts: tuple[int, int, bool], failing: list[str]
) -> None:
    found = _check(Check(expression=expression, unknown=unknown))
    [result] = found.results
    assert (*_counts(result), result.expectation) == (*counts, "expression")
    assert result.check == expression + ("" if unknown != "fails" else ", and is never unknown")
    assert found.list_failing_keys(result) == failing


def test_a_condition_counts_working_days_of_the_program_s_calendar() -> None:
    check = Check(expression="working_days(begun, ended) <= 1")  # the 5th and 6th were Saturday and Sunday
    suites = {"visits": Suite(name="visits", expectations=(check,))}
    found = run_suites({"visits": VISITS}, suites, keys={}, parameters={}, holidays=())
    assert _counts(found.results[0])[2]
    assert "and there is no calendar" in _refused(check)[0]


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (
            Check(expression="ended >= begn"),
            "the condition `ended >= begn` names `begn`, which is neither a column nor a term. Did you mean `begun`?",
        ),
        (Check(expression="1 = 1"), "the expression names no column, so it says the same of every row. Correct the"),
        (Check(expression="office > 3"), "the condition `office > 3` compares text with number"),
        (Check(expression="visit = 'v1'", kwargs={"column": "visit"}), "the expression takes no `kwargs`."),
        (Check(type="expect_table_row_count_to_equal", kwargs={"value": 5}, unknown="fails"), "takes no `unknown`."),
        (Check(type=ORDER, expression="visit = 'v1'"), f"{ORDER} has an `expression` too. Give one of the two."),
        (Check(), "a check needs either `type` or `expression`. Give one of the two."),
        (
            Check(type="expect_column_values_to_not_be_null", kwargs={"colum": "visit"}),
            "does not take colum; it takes column and mostly. Did you mean `column`?",
        ),
        (
            Check(type="expect_column_mean_to_be_between", kwargs={"column": "amont"}),
            "expect_column_mean_to_be_between names a column that is not there: amont. Did you mean `amount`?",
        ),
    ],
)
def test_a_check_that_is_written_wrongly_is_refused(check: Check, said: str) -> None:
    [problem] = _refused(check)
    assert said in problem


def test_what_great_expectations_alone_reads_is_among_the_results_as_not_run() -> None:
    found = _check(
        Check(type="expect_column_mean_to_be_between", kwargs={"column": "amount", "max_value": 9}, severity="warning"),
        Check(type="expect_column_values_to_not_be_null", kwargs={"column": "seen"}),
        Check(
            type="expect_column_values_to_not_be_null",
            kwargs={"column": "person", "row_condition": 'office=="ATL"', "condition_parser": "pandas"},
            severity="warning",
        ),
        Check(type="expect_column_to_exist", kwargs={"column": "other"}, severity="warning"),
    )
    assert [(result.check, result.passed, result.not_run) for result in found.results] == [
        ("seen is never blank", True, False),
        ("amount meets expect_column_mean_to_be_between (max_value 9)", False, True),
        (
            'person meets expect_column_values_to_not_be_null (row_condition office=="ATL", condition_parser pandas)',
            False,
            True,
        ),
        ("other meets expect_column_to_exist", False, True),
    ]
    assert found.passed  # no critical one is among them
    assert found.failing.is_empty()
    assert not _check(Check(type="expect_table_columns_to_match_set", kwargs={"column_set": ["visit"]})).passed


def test_the_place_of_a_check_is_the_line_of_its_file(tmp_path: Path) -> None:
    text = (
        "name: visits\nexpectations:\n  - expression: visit is not null\n  # a comment\n  - expression: vist = 'v1'\n"
    )
    (tmp_path / "visits.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(AuditError, match=r"visits\.yaml, line 5: the condition"):
        run_suites({"visits": VISITS}, read_suites(tmp_path), keys={}, parameters={})


def test_the_catalog_imports_nothing() -> None:
    assert {"expect_column_mean_to_be_between", *polars_expectations.EXPECTATIONS} <= {*list_shipped_expectations()}


def test_a_suite_without_its_table_is_refused() -> None:
    with pytest.raises(AuditError) as caught:
        run_suites({}, {"visits": Suite(name="visits", expectations=())}, keys={}, parameters={})
    assert str(caught.value) == (
        "visits.yaml: checks a table that was not read: visits. Name the suite after a table, or add the table."
    )


@pytest.mark.parametrize("path", SUITES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_shipped_suite_is_named_after_its_table_and_gives_every_reason(path: Path) -> None:
    suite = TypeAdapter(Suite).validate_python(YAML(typ="safe").load(path))
    assert suite.name == path.stem
    assert all(one.expression or has_polars_reading(one.type, one.kwargs) for one in suite.expectations)
    assert all(one.meta["why"].strip() for one in suite.expectations)


@pytest.mark.parametrize("at_once", [1, 2, polars_expectations.HASHES_IN_MEMORY])
@pytest.mark.parametrize(
    ("rows", "differ"),
    [
        ({"a": [1, 2, 3]}, True),
        ({"a": [1, 2, 1]}, False),
        ({"a": [0.0, -0.0]}, False),
        ({"a": [None, 1, None]}, False),
        ({"a": [1, None], "b": [None, 1]}, True),
        ({"a": [1, 2], "b": [2, 1]}, True),
        ({"a": ["x", "x"], "b": ["y", "y"]}, False),
    ],
)
def test_rows_that_are_alike_never_pass_for_different(
    rows: dict[str, list[object]], differ: bool, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polars_expectations, "HASHES_IN_MEMORY", at_once)
    assert has_unique_rows(pl.LazyFrame(rows), list(rows)) is differ
