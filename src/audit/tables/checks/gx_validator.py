"""Great Expectations at work: imported, given checks of tables, and its answers and errors read."""

import logging
import os
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Lock, Thread
from typing import Any

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_list
from audit.tables.checks.gx_catalog import COLUMN_ARGUMENTS, list_named_columns, suggest_name
from audit.tables.checks.gx_sources import ValidationSource, build_condition_column
from audit.tables.checks.suites import Check, CompiledSuite

LOGGER = logging.getLogger(__name__)

_IMPORT_LOCK = Lock()  # two threads that import it at once could each see a part of it
IN_SET = "expect_column_values_to_be_in_set"
COUNTS_ALONE = {"result_format": "BASIC", "partial_unexpected_count": 0}
FAILING_ROWS_TOO = {"result_format": "COMPLETE", "partial_unexpected_count": 0}


def start_import() -> Thread:
    """Begin to import Great Expectations, which takes seconds, beside other work; whoever needs it waits for the rest.

    It is no daemon: a process that ends meanwhile waits for it, for within an import it cannot be ended safely.
    """
    thread = Thread(target=_try_import, name="import of Great Expectations")
    thread.start()
    return thread


def _try_import() -> None:
    with suppress(Exception):  # raised again where it is needed
        _import_great_expectations()


def _import_great_expectations() -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # whatever the environment says
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")  # it is given none
    with _IMPORT_LOCK, _provide_main_file():
        import great_expectations as gx
    return gx


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


def validate_checks(
    source: ValidationSource, batches: Sequence[tuple[CompiledSuite, Sequence[Check]]], result_format: dict[str, Any]
) -> list[list[Any]]:
    """What Great Expectations says of each check of each batch, in their order. AuditError (USAGE) where it cannot."""
    if not batches:
        return []
    LOGGER.info("loading Great Expectations")
    gx = _import_great_expectations()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of arguments that a suite may still give
        _refuse_wrong_arguments(batches)
        outcomes = _run_validations(gx, source, batches, result_format)
    problems = [
        problem
        for (suite, checks), outcome in zip(batches, outcomes, strict=True)
        for problem in _find_failures_to_run(suite, checks, outcome)
    ]
    if problems:
        raise AuditError(problems, code=ExitCode.USAGE)
    return outcomes


def _run_validations(
    gx: Any,
    source: ValidationSource,
    batches: Sequence[tuple[CompiledSuite, Sequence[Check]]],
    result_format: dict[str, Any],
) -> list[list[Any]]:
    """Each batch as a validation of one table: its results in the order of its checks."""
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    tables = source.add_to(context.data_sources)
    outcomes = []
    for suite, checks in batches:
        LOGGER.info("checking the table %s with Great Expectations", suite.table)
        whole = tables.add_dataframe_asset(suite.table).add_batch_definition_whole_dataframe("whole")
        expectations = [_build_configuration(check, n, source, suite) for n, check in enumerate(checks)]
        gx_suite = context.suites.add(gx.ExpectationSuite(name=suite.table, expectations=expectations))
        definition = gx.ValidationDefinition(name=suite.table, data=whole, suite=gx_suite)
        outcome = context.validation_definitions.add(definition).run(
            batch_parameters={"dataframe": source.make_frame(suite, checks)}, result_format=result_format
        )
        by_number = {result.expectation_config.meta["number"]: result for result in outcome.results}
        outcomes.append([by_number[number] for number in range(len(checks))])
    return outcomes


def _build_configuration(check: Check, number: int, source: ValidationSource, suite: CompiledSuite) -> dict[str, Any]:
    """A check as Great Expectations is given it; a condition as a demand on the column that says where it holds."""
    facts = {"severity": check.severity, "meta": {"number": number}}
    if check.expression:
        column = build_condition_column(suite.compiled_expectations[number]).meta.output_name()
        return {"type": IN_SET, "kwargs": {"column": column, "value_set": [True]}, **facts}
    kwargs = {argument: source.adapt_argument(argument, value) for argument, value in check.kwargs.items()}
    kwargs |= {name: source.adapt_column_name(value) for name, value in kwargs.items() if name in COLUMN_ARGUMENTS}
    if "column_list" in kwargs:
        kwargs["column_list"] = [source.adapt_column_name(one) for one in kwargs["column_list"]]
    return {"type": check.type, "kwargs": kwargs, **facts}


def _refuse_wrong_arguments(batches: Sequence[tuple[CompiledSuite, Sequence[Check]]]) -> None:
    """Let Great Expectations judge the arguments of the checks that it alone reads: AuditError (USAGE)."""
    from great_expectations.compatibility.pydantic import ValidationError
    from great_expectations.exceptions.exceptions import GreatExpectationsError
    from great_expectations.expectations.registry import get_expectation_impl

    problems = []
    for suite, checks in batches:
        for number, check in enumerate(checks if checks is suite.gx_checks else ()):
            place: dict[str, Any] = {"file": suite.gx_places[number], "column": check.kwargs.get("column")}
            try:
                kind = get_expectation_impl(check.type)
                kind(**check.kwargs)
            except GreatExpectationsError:
                mend = "Write the check by another expectation, or as an `expression`."
                what = f"Great Expectations has no {check.type} that can be run"
                problems.append(Problem(what=what, mend=mend, **place))
            except ValidationError as error:
                problems += _describe_wrong_arguments(check, error.errors(), list(kind.__fields__), place)
    if problems:
        raise AuditError(problems, code=ExitCode.USAGE)


def _describe_wrong_arguments(
    check: Check, errors: Sequence[Mapping[str, Any]], fields: Sequence[str], place: Mapping[str, Any]
) -> Iterator[Problem]:
    """One problem for each argument that Great Expectations refuses."""
    from great_expectations.expectations.expectation import Expectation

    messages: dict[str, list[str]] = {}
    for error in errors:
        messages.setdefault(str(error["loc"][0]), []).append(error["msg"])
    for argument, said in messages.items():
        if said == ["extra fields not permitted"]:
            takes = [name for name in fields if name not in (*Expectation.__fields__, "batch_id")]
            what, mend = (
                f"does not take {argument}; it takes {format_list(takes, most=20)}",
                suggest_name(argument, takes),
            )
        elif said == ["field required"]:
            what, mend = f"needs {argument}", "Add it to its kwargs."
        else:
            what, mend = f"cannot use {argument}: {', or '.join(dict.fromkeys(said))}", ""
        yield Problem(what=f"{check.type} {what}", mend=mend or "Correct the suite.", **place)


def _find_failures_to_run(suite: CompiledSuite, checks: Sequence[Check], outcome: Sequence[Any]) -> Iterator[Problem]:
    """The checks at which Great Expectations raised an error, which it does not say: it may hold somebody's cell."""
    for number, (check, one) in enumerate(zip(checks, outcome, strict=True)):
        if any(isinstance(part, Mapping) and part.get("raised_exception") for part in _list_exceptions(one)):
            columns = list_named_columns(check.kwargs)
            yield Problem(
                what=f"Great Expectations could not run {check.type}",
                mend="See that the values which the suite gives are of the column's own type.",
                file=suite.gx_places[number] if checks is suite.gx_checks else f"{suite.table}.yaml",
                column=", ".join(columns) or None,
            )


def _list_exceptions(validation: Any) -> list[Any]:
    """What is said of exceptions, in either form: of the check, or of each metric that it asks for."""
    info = validation.exception_info or {}
    return [info, *info.values()]


def read_counts(validation: Any, *, whole: bool) -> dict[str, Any]:
    """Units and failed units, as `CompiledSuite.make_result` takes them; of a demand on the table as a `whole`, one."""
    passed, counts = bool(validation.success), validation.result
    if whole:
        return {"units": 1, "failed": int(not passed), "passed": passed}
    units = counts["element_count"] - counts.get("missing_count", 0)
    return {"units": units, "failed": counts["unexpected_count"] or 0, "passed": passed}  # of no rows, on Spark, None
