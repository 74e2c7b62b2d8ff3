"""The suites run by Great Expectations: a second reading of every check, which must find what polars finds."""

import logging
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time
from math import ceil
from typing import Any

import polars as pl
import polars.selectors as cs

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_plural
from audit.tables.checks.expectations import compile_expectation
from audit.tables.checks.suites import Check, CheckResult, CompiledSuite, Reliability, compute_check_results

LOGGER = logging.getLogger(__name__)

#: Of a larger table a part of about so many rows is read again: what Great Expectations reads, it holds several times.
MAXIMUM_ROWS_TO_CONFIRM = 1_000_000
MAXIMUM_FAILING_ROWS = 100_000  # of the rows of that table which fail, as many are in the part
_PLACE, _FAILS = "place of the row", "the row fails"
COLUMN_ARGUMENTS = ("column", "column_A", "column_B")
RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}


def validate_suites_on_pandas(compiled: Sequence[CompiledSuite]) -> tuple[CheckResult, ...]:
    """Run every suite by Great Expectations on pandas, as `suites.results_of` does by polars, in the same order.

    Raises AuditError (USAGE) where it cannot run a check.
    """
    return _run_suites(
        compiled, lambda sources: sources.add_pandas("tables"), _convert_to_pandas, _adapt_argument_to_pandas, str
    )


def confirm_checks(reliability: Reliability, compiled: Sequence[CompiledSuite]) -> None:
    """Hold what polars found to what Great Expectations finds: AuditError (DATA) names every check where they differ.

    Of a table of more than `MAXIMUM_ROWS_TO_CONFIRM` rows both read a part: rows at even distances, and those that
    fail.
    """
    parts = [_limit_table(suite, reliability) for suite in compiled]
    refuse_differing_results(
        reliability.results if parts == [*compiled] else compute_check_results(parts), validate_suites_on_pandas(parts)
    )


def _limit_table(suite: CompiledSuite, reliability: Reliability) -> CompiledSuite:
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
    """The suites as far as Great Expectations can read them on Spark: pairs of values alone of which neither is blank.

    Elsewhere a pair that cannot be told fails, unless the check ignores it; there it is counted and never fails.
    """
    return tuple(_adapt_suite_to_spark(suite) for suite in compiled)


def _adapt_suite_to_spark(suite: CompiledSuite) -> CompiledSuite:
    checks = [
        replace(check, kwargs={**check.kwargs, "ignore_row_if": "either_value_is_missing"})
        if check.type == "expect_column_pair_values_a_to_be_greater_than_b"
        else check
        for check in suite.checks
    ]
    if checks == [*suite.checks]:
        return suite
    expectations = [compile_expectation(check.type, check.kwargs) for check in checks]
    return replace(suite, checks=tuple(checks), compiled_expectations=tuple(expectations))


def validate_suites_on_spark(tables: Mapping[str, Any], compiled: Sequence[CompiledSuite]) -> tuple[CheckResult, ...]:
    """Run every suite by Great Expectations on a Spark cluster; `tables` are its DataFrames, by their names.

    They hold the columns that the suites name, `replace_dots`; the suites are `adapt_suites_to_spark`. Raises
    AuditError (USAGE) as `validate_suites_on_pandas`.
    """

    def add(sources: Any) -> Any:
        return sources.add_spark("tables", persist=False)

    return _run_suites(compiled, add, lambda suite: tables[suite.table], _adapt_argument_to_java, replace_dots)


def _run_suites(
    compiled: Sequence[CompiledSuite],
    add: Callable[[Any], Any],
    frame: Callable[[CompiledSuite], Any],
    reads: Callable[[str, Any], Any],
    name: Callable[[str], str],
) -> tuple[CheckResult, ...]:
    """Each suite's verdicts on its frame. Importing Great Expectations takes seconds, hence here."""
    LOGGER.info("loading Great Expectations")
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")  # it is given none
    with _provide_main_file():
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = add(context.data_sources)
    results: list[CheckResult] = []
    for suite in compiled:
        LOGGER.info("confirming the checks of %s", suite.table)
        whole = source.add_dataframe_asset(suite.table).add_batch_definition_whole_dataframe("whole")
        expectations = [_build_configuration(check, number, reads, name) for number, check in enumerate(suite.checks)]
        written = context.suites.add(gx.ExpectationSuite(name=suite.table, expectations=expectations))
        definition = gx.ValidationDefinition(name=suite.table, data=whole, suite=written)
        outcome = context.validation_definitions.add(definition).run(
            batch_parameters={"dataframe": frame(suite)}, result_format=RESULT_FORMAT
        )
        results += _collect_results(outcome, suite)
    return tuple(results)


@contextmanager
def _provide_main_file() -> Iterator[None]:
    """Give the main module a file while Great Expectations is imported.

    It imports PySpark where that is installed, which takes a process whose main module has neither file nor spec
    (`python -c`, a worker of execnet) for a run of doctests, and ends it with exit code 0 (pyspark 4.1,
    sql/connect/utils.py, `check_dependencies`).
    """
    main = sys.modules["__main__"]
    if hasattr(main, "__file__"):
        yield
        return
    main.__file__ = __file__
    try:
        yield
    finally:
        del main.__file__


def replace_dots(column: str) -> str:
    """A column's name as Great Expectations can ask Spark for it: to Spark a dot is the way into a field."""
    return column.replace(".", ", ")


def refuse_differing_results(results: Sequence[CheckResult], validated: Sequence[CheckResult]) -> None:
    """Hold polars to Great Expectations: AuditError (DATA) names every check on which the two differ."""
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
        raise AuditError(differing, code=ExitCode.DATA)


def _describe_result(result: CheckResult) -> str:
    verdict = "passed" if result.passed else "failed"
    return f"{result.failed:,} of {format_plural(result.units, 'unit')} failing ({verdict})"


def _build_configuration(
    check: Check, number: int, reads: Callable[[str, Any], Any], name: Callable[[str], str]
) -> dict[str, Any]:
    kwargs = {argument: reads(argument, value) for argument, value in check.kwargs.items()}
    kwargs |= {argument: name(value) for argument, value in kwargs.items() if argument in COLUMN_ARGUMENTS}
    if "column_list" in kwargs:
        kwargs["column_list"] = [name(one) for one in kwargs["column_list"]]
    return {"type": check.type, "kwargs": kwargs, "severity": check.severity, "meta": {"number": number}}


def _adapt_argument_to_pandas(argument: str, value: Any) -> Any:
    """Where pandas means something else than polars by what a suite writes, what it must be told to mean the same."""
    if argument == "regex":  # to Python `$` lets a line break follow; `\Z` does not
        return re.sub(r"(\\.|\[[^\]]*\])|\$", lambda token: token[1] or r"\Z", value)
    if type(value) is date:
        return datetime.combine(value, time())
    return value


def _adapt_argument_to_java(argument: str, value: Any) -> Any:
    """The same for Java, to which `\\Z` is what `$` is and `\\z` the end; letters and digits are those of ASCII alone
    without its flag U, and without d a line ends at more than a line break. A day is a day there."""
    if argument == "regex":
        return "(?dU)" + re.sub(r"(\\.|\[[^\]]*\])|\$", lambda token: token[1] or r"\z", value)
    return value


def _convert_to_pandas(suite: CompiledSuite) -> Any:
    """The pandas frame of the columns that the suite names, in the types on which GX is fast: few strings as
    categories, and times in nanoseconds where they can be told in them (the years 1678 to 2261)."""
    frame = suite.frame.select(suite.columns or pl.nth(0)).collect()
    distinct = frame.select(cs.string().approx_n_unique()).to_dicts()
    texts = [name for name, n in distinct[0].items() if n * 20 < frame.height] if distinct else []
    times = [
        name
        for name in frame.select(cs.date() | cs.datetime()).columns
        if frame[name].dt.year().is_between(1678, 2261).all()
    ]
    return frame.with_columns(pl.col(texts).cast(pl.Categorical), pl.col(times).cast(pl.Datetime("ns"))).to_pandas()


def _collect_results(outcome: Any, suite: CompiledSuite) -> list[CheckResult]:
    by_number = {result.expectation_config.meta["number"]: result for result in outcome.results}
    problems = [
        Problem(
            what=f"Great Expectations could not run {check.type}",
            mend="See that the values which the suite gives are of the column's own type.",
            file=f"{suite.table}.yaml",
            column=", ".join(expectation.columns) or None,
        )
        for number, (check, expectation) in enumerate(zip(suite.checks, suite.compiled_expectations, strict=True))
        if not by_number[number].result
    ]
    if problems:
        raise AuditError(problems, code=ExitCode.USAGE)
    return [_make_result(suite, number, by_number[number]) for number in range(len(suite.checks))]


def _make_result(suite: CompiledSuite, number: int, validation: Any) -> CheckResult:
    passed, counts = bool(validation.success), validation.result
    if suite.compiled_expectations[number].rows is None:
        return suite.make_result(number, units=1, failed=int(not passed), passed=passed)
    units = counts["element_count"] - counts.get("missing_count", 0)
    failed = counts["unexpected_count"] or 0  # of no rows, on Spark, None
    return suite.make_result(number, units=units, failed=failed, passed=passed)
