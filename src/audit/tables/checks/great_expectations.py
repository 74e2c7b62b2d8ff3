"""The suites run by Great Expectations: a second reading of every check, which must find what polars finds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil
from typing import Any

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_plural
from audit.tables.checks.gx_sources import PandasSource, SparkSource, ValidationSource
from audit.tables.checks.gx_validator import COUNTS_ALONE, FAILING_ROWS_TOO, read_counts, validate_checks
from audit.tables.checks.polars_expectations import compile_expectation
from audit.tables.checks.results import CheckResult, Checks
from audit.tables.checks.suites import CompiledSuite, compute_check_results, select_failing_keys

#: Of a larger table a part of about so many rows is read again: what Great Expectations reads, it holds several times.
MAXIMUM_ROWS_TO_CONFIRM = 1_000_000
MAXIMUM_FAILING_ROWS = 100_000  # of the rows of that table which fail, as many are in the part
_PLACE, _FAILS = "place of the row", "the row fails"


def validate_suites_on_pandas(compiled: Sequence[CompiledSuite]) -> tuple[CheckResult, ...]:
    """Run by Great Expectations on pandas what polars reads of every suite, as `suites.compute_check_results` does.

    Raises AuditError (USAGE) where it cannot run a check.
    """
    return _validate_suites(PandasSource(), compiled)


def confirm_checks(reliability: Checks, compiled: Sequence[CompiledSuite]) -> Checks:
    """Hold what polars found to what Great Expectations finds, and add what Great Expectations alone can read.

    AuditError (CRASH) names every check on which the two differ, and (USAGE) every one that it cannot run. Of a table
    of more than `MAXIMUM_ROWS_TO_CONFIRM` rows both read a part: rows at even distances, and those that fail. What
    Great Expectations alone can read, it reads whole.
    """
    parts = [_limit_table(suite, reliability) for suite in compiled]
    ours = [result for result in reliability.results if not result.not_run]
    refuse_differing_results(
        ours if parts == [*compiled] else compute_check_results(parts), validate_suites_on_pandas(parts)
    )
    gx_results, failing = _run_gx_checks(PandasSource(), compiled, FAILING_ROWS_TOO)
    results = tuple(result for suite in compiled for result in suite.add_gx_results(ours, gx_results))
    return Checks(results=results, failing=pl.concat([reliability.failing, *pl.collect_all(failing)]))


def _limit_table(suite: CompiledSuite, reliability: Checks) -> CompiledSuite:
    """The suite with as much of its table as is read again."""
    every = ceil(suite.frame.select(pl.len()).collect().item() / MAXIMUM_ROWS_TO_CONFIRM)
    if every <= 1:
        return suite
    failing = [result.check for result in reliability.results if result.table == suite.table and result.failed]
    wrong = [
        expectation.rows
        for expectation in suite.compiled_expectations
        if expectation.words in failing and expectation.rows is not None
    ]
    rows = suite.frame.select(suite.columns or pl.nth(0))
    names = rows.collect_schema().names()
    rows, distant = rows.with_row_index(_PLACE), pl.col(_PLACE) % every == 0
    parts = [rows.filter(distant)]
    if wrong:
        rows_with_failure = rows.with_columns(pl.any_horizontal(wrong).alias(_FAILS))
        parts.append(rows_with_failure.filter(~distant & pl.col(_FAILS)).head(MAXIMUM_FAILING_ROWS))
    read = [part.select(names).collect(engine="streaming") for part in parts]  # one by one: together, one would wait
    return replace(suite, frame=pl.concat(read).lazy())


def adapt_suites_to_spark(compiled: Sequence[CompiledSuite]) -> tuple[CompiledSuite, ...]:
    """The suites as far as Great Expectations can read again on Spark what polars reads.

    Pairs of values alone of which neither is blank: elsewhere a pair with a blank fails, unless the check ignores it;
    there it is counted and never fails. No conditions: polars alone computes them.
    """
    return tuple(_adapt_suite_to_spark(suite) for suite in compiled)


def _adapt_suite_to_spark(suite: CompiledSuite) -> CompiledSuite:
    checks = [
        replace(check, kwargs={**check.kwargs, "ignore_row_if": "either_value_is_missing"})
        if check.type == "expect_column_pair_values_a_to_be_greater_than_b"
        else check
        for check in suite.checks
        if not check.expression
    ]
    if checks == [*suite.checks]:
        return suite
    expectations = [compile_expectation(check.type, check.kwargs) for check in checks]
    return replace(suite, checks=tuple(checks), compiled_expectations=tuple(expectations))


def validate_suites_on_spark(tables: Mapping[str, Any], compiled: Sequence[CompiledSuite]) -> tuple[CheckResult, ...]:
    """Run by Great Expectations on a Spark cluster what polars reads of every suite; `tables` as in `SparkSource`.

    The suites are `adapt_suites_to_spark`. Raises AuditError (USAGE) as `validate_suites_on_pandas`.
    """
    return _validate_suites(SparkSource(tables), compiled)


def run_gx_checks_on_spark(tables: Mapping[str, Any], compiled: Sequence[CompiledSuite]) -> tuple[CheckResult, ...]:
    """Run on a Spark cluster the checks that Great Expectations alone reads. AuditError (USAGE) where it cannot."""
    return tuple(_run_gx_checks(SparkSource(tables), compiled, COUNTS_ALONE)[0])


def _validate_suites(source: ValidationSource, compiled: Sequence[CompiledSuite]) -> tuple[CheckResult, ...]:
    suites = [suite for suite in compiled if suite.checks]
    outcomes = validate_checks(source, [(suite, suite.checks) for suite in suites], COUNTS_ALONE)
    return tuple(
        suite.make_result(number, **read_counts(one, whole=suite.compiled_expectations[number].rows is None))
        for suite, outcome in zip(suites, outcomes, strict=True)
        for number, one in enumerate(outcome)
    )


def _run_gx_checks(
    source: ValidationSource, compiled: Sequence[CompiledSuite], result_format: dict[str, Any]
) -> tuple[list[CheckResult], list[pl.LazyFrame]]:
    """The results of the checks that Great Expectations alone reads, and the keys of the rows that failed them."""
    suites = [suite for suite in compiled if suite.gx_checks]
    results: list[CheckResult] = []
    failing: list[pl.LazyFrame] = []
    outcomes = validate_checks(source, [(suite, suite.gx_checks) for suite in suites], result_format)
    for suite, outcome in zip(suites, outcomes, strict=True):
        for number, one in enumerate(outcome):
            result = suite.make_gx_result(number, **read_counts(one, whole="element_count" not in one.result))
            results.append(result)
            places = one.result.get("unexpected_index_list")
            if not result.passed and places is not None:
                rows = pl.int_range(pl.len()).is_in(pl.Series(places, dtype=pl.Int64).implode())
                failing.append(select_failing_keys(suite.frame, rows, key=suite.key, of=result))
    return results, failing


def refuse_differing_results(results: Sequence[CheckResult], validated: Sequence[CheckResult]) -> None:
    """Hold polars to Great Expectations: AuditError (CRASH) names every check on which the two differ."""
    differing = [
        Problem(
            what=f"{ours.check}: polars finds {_describe_result(ours)}, Great Expectations {_describe_result(theirs)}",
            mend="One of the two reads the check wrongly; report it as a defect, and trust neither until it is mended.",
            file=f"{ours.table}.yaml",
            column=ours.column,
        )
        for ours, theirs in zip(results, validated, strict=True)
        if ours != theirs
    ]
    if differing:
        raise AuditError(differing, code=ExitCode.CRASH)  # a defect of this program, and not of the data


def _describe_result(result: CheckResult) -> str:
    verdict = "passed" if result.passed else "failed"
    return f"{result.failed:,} of {format_plural(result.units, 'unit')} failing ({verdict})"
