"""The suites run by Great Expectations: a second reading of every check, which must find what polars finds."""

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
from audit.formatting import plural
from audit.tables.checks.expectations import compile_demand
from audit.tables.checks.suites import Check, CheckResult, CompiledSuite, Reliability, results_of

#: Of a larger table a part of about so many rows is read again: what Great Expectations reads, it holds several times.
MOST = 1_000_000
FAILING = 100_000  # of the rows of that table which fail, as many are in the part
_PLACE, _FAILS = "place of the row", "the row fails"
ONE_COLUMN = ("column", "column_A", "column_B")
COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}


def validate(compiled: Sequence[CompiledSuite]) -> tuple[CheckResult, ...]:
    """Run every suite by Great Expectations on pandas, as `suites.results_of` does by polars, in the same order.

    Raises AuditError (USAGE) where it cannot run a check.
    """
    return _run(compiled, lambda sources: sources.add_pandas("tables"), _narrow, _as_pandas_reads_it, str)


def confirm(found: Reliability, compiled: Sequence[CompiledSuite]) -> None:
    """Hold what polars found to what Great Expectations finds: AuditError (DATA) names every check where they differ.

    Of a table of more than `MOST` rows both read a part: rows at even distances, and those that fail.
    """
    parts = [_part(suite, found) for suite in compiled]
    agree(found.results if parts == [*compiled] else results_of(parts), validate(parts))


def _part(suite: CompiledSuite, found: Reliability) -> CompiledSuite:
    """The suite with as much of its table as is read again."""
    every = ceil(suite.frame.select(pl.len()).collect().item() / MOST)
    if every <= 1:
        return suite
    failing = [result.check for result in found.results if result.table == suite.table and result.failed]
    wrong = [demand.rows for demand in suite.demands if demand.words in failing and demand.rows is not None]
    rows = suite.frame.select(suite.columns or pl.nth(0))
    names = rows.collect_schema().names()
    rows, distant = rows.with_row_index(_PLACE), pl.col(_PLACE) % every == 0
    parts = [rows.filter(distant)]
    if wrong:
        marked = rows.with_columns(pl.any_horizontal(wrong).alias(_FAILS))
        parts.append(marked.filter(~distant & pl.col(_FAILS)).head(FAILING))
    read = [part.select(names).collect(engine="streaming") for part in parts]  # one by one: together, one would wait
    return replace(suite, frame=pl.concat(read).lazy())


def of_both(compiled: Sequence[CompiledSuite]) -> tuple[CompiledSuite, ...]:
    """The suites as far as Great Expectations can read them on Spark: pairs of values alone of which neither is blank.

    Elsewhere a pair that cannot be told fails, unless the check ignores it; there it is counted and never fails.
    """
    return tuple(_of_both(suite) for suite in compiled)


def _of_both(suite: CompiledSuite) -> CompiledSuite:
    checks = [
        replace(check, kwargs={**check.kwargs, "ignore_row_if": "either_value_is_missing"})
        if check.type == "expect_column_pair_values_a_to_be_greater_than_b"
        else check
        for check in suite.checks
    ]
    if checks == [*suite.checks]:
        return suite
    demands = [compile_demand(check.type, check.kwargs) for check in checks]
    return replace(suite, checks=tuple(checks), demands=tuple(demands))


def validate_on_spark(tables: Mapping[str, Any], compiled: Sequence[CompiledSuite]) -> tuple[CheckResult, ...]:
    """Run every suite by Great Expectations on a Spark cluster; `tables` are its DataFrames, by their names.

    They hold the columns that the suites name, `undotted`; the suites are `of_both`. Raises AuditError (USAGE) as
    `validate`.
    """

    def add(sources: Any) -> Any:
        return sources.add_spark("tables", persist=False)

    return _run(compiled, add, lambda suite: tables[suite.table], _as_java_reads_it, undotted)


def _run(
    compiled: Sequence[CompiledSuite],
    add: Callable[[Any], Any],
    frame: Callable[[CompiledSuite], Any],
    reads: Callable[[str, Any], Any],
    name: Callable[[str], str],
) -> tuple[CheckResult, ...]:
    """Each suite's verdicts on its frame. Importing Great Expectations takes seconds, hence here."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")  # it is given none
    with _main_file():
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = add(context.data_sources)
    results: list[CheckResult] = []
    for suite in compiled:
        whole = source.add_dataframe_asset(suite.table).add_batch_definition_whole_dataframe("whole")
        expectations = [_as_written(check, number, reads, name) for number, check in enumerate(suite.checks)]
        written = context.suites.add(gx.ExpectationSuite(name=suite.table, expectations=expectations))
        definition = gx.ValidationDefinition(name=suite.table, data=whole, suite=written)
        outcome = context.validation_definitions.add(definition).run(
            batch_parameters={"dataframe": frame(suite)}, result_format=COUNTS_ONLY
        )
        results += _read(outcome, suite)
    return tuple(results)


@contextmanager
def _main_file() -> Iterator[None]:
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


def undotted(column: str) -> str:
    """A column's name as Great Expectations can ask Spark for it: to Spark a dot is the way into a field."""
    return column.replace(".", ", ")


def agree(found: Sequence[CheckResult], validated: Sequence[CheckResult]) -> None:
    """Hold polars to Great Expectations: AuditError (DATA) names every check on which the two differ."""
    differing = [
        Problem(
            what=f"{ours.check}: polars finds {_found(ours)}, Great Expectations {_found(theirs)}",
            mend="One of the two reads the check wrongly; report it as a defect, and trust neither until it is mended.",
            file=f"{ours.table}.yaml",
            column=ours.column,
        )
        for ours, theirs in zip(found, validated, strict=True)
        if ours != theirs
    ]
    if differing:
        raise AuditError(differing, code=ExitCode.DATA)


def _found(result: CheckResult) -> str:
    verdict = "passed" if result.passed else "failed"
    return f"{result.failed:,} of {plural(result.units, 'unit')} failing ({verdict})"


def _as_written(
    check: Check, number: int, reads: Callable[[str, Any], Any], name: Callable[[str], str]
) -> dict[str, Any]:
    kwargs = {argument: reads(argument, value) for argument, value in check.kwargs.items()}
    kwargs |= {argument: name(value) for argument, value in kwargs.items() if argument in ONE_COLUMN}
    if "column_list" in kwargs:
        kwargs["column_list"] = [name(one) for one in kwargs["column_list"]]
    return {"type": check.type, "kwargs": kwargs, "severity": check.severity, "meta": {"number": number}}


def _as_pandas_reads_it(argument: str, value: Any) -> Any:
    """Where pandas means something else than polars by what a suite writes, what it must be told to mean the same."""
    if argument == "regex":  # to Python `$` lets a line break follow; `\Z` does not
        return re.sub(r"(\\.|\[[^\]]*\])|\$", lambda token: token[1] or r"\Z", value)
    if type(value) is date:
        return datetime.combine(value, time())
    return value


def _as_java_reads_it(argument: str, value: Any) -> Any:
    """The same for Java, to which `\\Z` is what `$` is and `\\z` the end; letters and digits are those of ASCII alone
    without its flag U, and without d a line ends at more than a line break. A day is a day there."""
    if argument == "regex":
        return "(?dU)" + re.sub(r"(\\.|\[[^\]]*\])|\$", lambda token: token[1] or r"\z", value)
    return value


def _narrow(suite: CompiledSuite) -> Any:
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


def _read(outcome: Any, suite: CompiledSuite) -> list[CheckResult]:
    by_number = {result.expectation_config.meta["number"]: result for result in outcome.results}
    problems = [
        Problem(
            what=f"Great Expectations could not run {check.type}",
            mend="See that the values which the suite gives are of the column's own type.",
            file=f"{suite.table}.yaml",
            column=", ".join(demand.columns) or None,
        )
        for number, (check, demand) in enumerate(zip(suite.checks, suite.demands, strict=True))
        if not by_number[number].result
    ]
    if problems:
        raise AuditError(problems, code=ExitCode.USAGE)
    return [_result(suite, number, by_number[number]) for number in range(len(suite.checks))]


def _result(suite: CompiledSuite, number: int, found: Any) -> CheckResult:
    passed, counts = bool(found.success), found.result
    if suite.demands[number].rows is None:
        return suite.result(number, units=1, failed=int(not passed), passed=passed)
    units = counts["element_count"] - counts.get("missing_count", 0)
    failed = counts["unexpected_count"] or 0  # of no rows, on Spark, None
    return suite.result(number, units=units, failed=failed, passed=passed)
