"""The checks before the work: of the tables by their suites, of the rules by their examples."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from importlib.metadata import version
from typing import Any

import polars as pl

from audit.errors import AuditError, ExitCode, Problem, make_usage_error
from audit.policy.examples import evaluate_examples
from audit.policy.rules import Example
from audit.policy.working_time import list_holidays
from audit.tables.checks.delivery_checks import check_delivery
from audit.tables.checks.great_expectations import confirm_checks
from audit.tables.checks.results import Checks
from audit.tables.checks.suites import Suite, compile_suites, run_compiled_suites
from audit.tables.delivery import compare_with_delivery_note
from audit.tables.schema import build_declared_schema
from audit.workflow.program_data import ProgramData


def check_tables(work: ProgramData) -> Checks:
    """The data checks by polars; where the audit is to `confirm` them, by Great Expectations as well.

    The two must agree: AuditError (CRASH) names where they do not. A check that Great Expectations alone reads is run
    by it, and is else among the results as not run. AuditError (USAGE) where there is nothing to check by.
    """
    refuse_unchecked(work)
    work.tell("checking the tables")
    check_arguments = make_check_arguments(work)

    def run(suites: Mapping[str, Suite]) -> Checks:
        compiled = compile_suites(work.rows_to_check, suites, **check_arguments)
        reliability = run_compiled_suites(compiled, check_arguments["keys"])
        return confirm_checks(reliability, compiled) if work.confirm else reliability

    if work.readings is None:
        return add_delivery_checks(run(work.suites), work, _sum_stated_columns(work))
    given = {**check_arguments, "great expectations": version("great-expectations") if work.confirm else None}
    checks = work.readings.reuse_or_run_checks(work.suites, work.totals, given, run)
    return add_delivery_checks(checks, work, _sum_stated_columns(work))


def add_delivery_checks(checks: Checks, work: ProgramData, sums: Mapping[str, float]) -> Checks:
    """The checks with those of the supplier's delivery note; `sums` is of each table of which the note states one."""
    exact = {table: Decimal(str(total)) for table, total in sums.items()}
    delivery = compare_with_delivery_note(work.delivery_note, work.totals, exact)
    return replace(checks, results=(*checks.results, *check_delivery(delivery)), delivery=delivery)


def _sum_stated_columns(work: ProgramData) -> dict[str, float]:
    """The sum of every column of which the delivery note states one, over the rows that are used."""
    return {
        total.table: work.tables[total.table].rows.select(pl.col(total.sum_column).sum()).collect().item()
        for total in work.delivery_note.totals
        if total.sum_column and total.table in work.tables
    }


def refuse_unfit_declarations(work: ProgramData) -> None:
    """Refuse, before any table is read, a program without a check and checks that do not fit the declared tables.

    AuditError (USAGE) with everything that is wrong.
    """
    refuse_unchecked(work)
    tables = {name: pl.LazyFrame(schema=build_declared_schema(one)) for name, one in work.program.tables.items()}
    compile_suites(
        tables,
        work.suites,
        keys={name: source.key for name, source in work.program.tables.items()},
        parameters={name: {} for name in work.suites},
        holidays=list_holidays(work.program.calendar) if work.program.calendar else None,
    )


def refuse_unchecked(work: ProgramData) -> None:
    """Refuse a program without a check: AuditError (USAGE)."""
    if not any(suite.expectations for suite in work.suites.values()):
        mend = "Write a suite for each table into its folder expectations/, or name their folder with --expectations."
        raise make_usage_error(f"there are no checks for the program {work.program.name}", mend)


def make_check_arguments(work: ProgramData) -> dict[str, Any]:
    """The keys of the tables, what their suites leave open, and the days that their working time leaves out."""
    names = [name for name in work.tables if name in work.suites]
    return {
        "keys": {name: table.source.key for name, table in work.tables.items()},
        "parameters": {name: {} for name in names},
        "holidays": list_holidays(work.program.calendar) if work.program.calendar else None,
    }


def check_rule_examples(work: ProgramData) -> None:
    """Put every example to its rule: AuditError (USAGE) names each of which the rule says something else."""
    if work.policy is None or work.program.cases is None:
        return
    work.tell("testing the rules against their examples")
    outcomes = evaluate_examples(work.policy, dated_by=work.program.cases.dated_by)
    problems = [
        Problem(
            what=f'rule {rule.id}, example "{example.it}": expected {example.expect}, found {outcome}',
            mend=_suggest_example_correction(example, work.program.cases.dated_by),
            file=rule.file,
        )
        for rule, example, outcome in outcomes
        if outcome != example.expect
    ]
    if problems:
        raise AuditError(problems, code=ExitCode.USAGE)


def _suggest_example_correction(example: Example, dated_by: str) -> str:
    """What to do about an example of which a rule says something else; without its day no version is in force."""
    if example.case.get(dated_by) is None:
        return f"Give the example `{dated_by}`, the day of the case: without it no version of a rule is in force."
    return "Correct the rule or the example."
