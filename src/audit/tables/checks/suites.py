"""Suites of checks: compiled for their tables, run by polars, each check with its verdict and its failing rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

import polars as pl
import polars.selectors as cs

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_plural
from audit.tables.checks.gx_catalog import (
    describe_expectation,
    list_named_columns,
    list_shipped_expectations,
    suggest_name,
)
from audit.tables.checks.polars_expectations import (
    EXPECTATIONS,
    CompiledExpectation,
    SuiteError,
    add_derived_columns,
    compile_expectation,
    has_polars_reading,
    has_unique_rows,
)
from audit.tables.checks.policy_conditions import UnknownTreatment, compile_expression
from audit.tables.checks.results import FAILING_UNITS_SCHEMA, CheckResult, Checks
from audit.tables.table import ROW_FILE, ROW_OF_FILE, ROW_PLACE

EXPRESSION = "expression"  # what a result has in place of the expectation, where the check is a condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of a suite: an expectation of Great Expectations with its arguments, or a condition on each row."""

    type: str = ""  # name of the expectation, as Great Expectations has it
    kwargs: dict[str, Any] = field(default_factory=dict)  # its arguments
    expression: str = ""  # or a condition that each row must meet, in the language of the policy
    unknown: UnknownTreatment = "passes"  # what a row does of which the expression is unknown
    severity: Literal["critical", "warning"] = "critical"  # a critical failure stops the audit
    meta: dict[str, str] = field(default_factory=dict)  # `why`: what goes wrong where the check fails


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """The checks of one table, named after it."""

    name: str  # name of the table
    expectations: tuple[Check, ...]  # checks of the table
    lines: tuple[int, ...] = ()  # of its file, on which each begins


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompiledSuite:
    """A suite ready to run: its table with every derived column, and its checks.

    Those that polars reads stand in `checks`, each with what it demands; `gx_checks` Great Expectations alone reads.
    """

    table: str
    frame: pl.LazyFrame
    checks: tuple[Check, ...]
    compiled_expectations: tuple[CompiledExpectation, ...]
    gx_checks: tuple[Check, ...] = ()
    gx_places: tuple[str, ...] = ()  # where each of those stands, for who must correct it
    own_columns: tuple[str, ...] = ()  # of the table as it was read
    key: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """The columns that the checks name; all, where Great Expectations alone reads one: it may be of the table."""
        if self.gx_checks:
            return [name for name in self.frame.collect_schema() if name not in ROW_PLACE]
        return list(
            dict.fromkeys(column for expectation in self.compiled_expectations for column in expectation.columns)
        )

    @property
    def gx_columns(self) -> list[str]:
        """What Great Expectations sees where it alone reads: the table's own columns, and derived ones it asks for."""
        named = [column for check in self.gx_checks for column in list_named_columns(check.kwargs)]
        return [
            *self.own_columns,
            *dict.fromkeys(name for name in self.columns if name in named and name not in self.own_columns),
        ]

    def make_result(self, number: int, *, units: int, failed: int, passed: bool) -> CheckResult:
        """The result of one check that polars reads, by its place in the suite."""
        expectation = self.compiled_expectations[number]
        result = self._make_result(self.checks[number], expectation.words, expectation.columns)
        return replace(result, units=units, failed=failed, passed=passed, not_run=False)

    def make_gx_result(self, number: int, *, units: int, failed: int, passed: bool) -> CheckResult:
        """The result of one check that Great Expectations alone reads, by its place among those."""
        return replace(self._list_not_run()[number], units=units, failed=failed, passed=passed, not_run=False)

    def _list_not_run(self) -> list[CheckResult]:
        """The checks that Great Expectations alone reads, as not run."""
        return [
            self._make_result(check, describe_expectation(check.type, check.kwargs), list_named_columns(check.kwargs))
            for check in self.gx_checks
        ]

    def add_gx_results(
        self, results: Iterable[CheckResult], gx_results: Sequence[CheckResult] = ()
    ) -> tuple[CheckResult, ...]:
        """Of these results the table's, and after them those that Great Expectations alone has; absent, as not run."""
        own = [result for result in results if result.table == self.table]
        return (*own, *([one for one in gx_results if one.table == self.table] or self._list_not_run()))

    def _make_result(self, check: Check, words: str, columns: Sequence[str]) -> CheckResult:
        return CheckResult(
            table=self.table,
            check=words,
            expectation=check.type or EXPRESSION,
            column=", ".join(columns) or None,
            severity=check.severity,
            units=0,
            failed=0,
            passed=False,
            why=check.meta.get("why", ""),
            not_run=True,
        )


def compile_suites(
    tables: Mapping[str, pl.LazyFrame],
    suites: Mapping[str, Suite],
    *,
    keys: Mapping[str, tuple[str, ...]],
    parameters: Mapping[str, Mapping[str, int]],
    holidays: Sequence[date] | None = None,
) -> tuple[CompiledSuite, ...]:
    """Compile every suite for its table. AuditError (USAGE) names all that cannot be run as written, at once."""
    problems: list[Problem] = []
    compiled: list[CompiledSuite] = []
    for name, suite in suites.items():
        if name not in tables:
            what, mend = f"checks a table that was not read: {name}", "Name the suite after a table, or add the table."
            problems.append(Problem(what=what, mend=mend, file=f"{name}.yaml"))
            continue
        compiler = _SuiteCompiler(name, tables, keys, parameters.get(name, {}), holidays)
        for number, check in enumerate(suite.expectations):
            compiler.add_check(check, f"{name}.yaml" + (f", line {suite.lines[number]}" if suite.lines else ""))
        compiled.append(compiler.build())
        problems += compiler.problems
    if problems:
        raise AuditError(problems, code=ExitCode.USAGE)
    return tuple(compiled)


class _SuiteCompiler:
    """The checks of one table as they are compiled, one by one, and what is wrong with those that cannot be."""

    def __init__(
        self,
        table: str,
        tables: Mapping[str, pl.LazyFrame],
        keys: Mapping[str, tuple[str, ...]],
        parameters: Mapping[str, int],
        holidays: Sequence[date] | None,
    ) -> None:
        self.table, self.tables, self.keys, self.parameters, self.holidays = table, tables, keys, parameters, holidays
        self.frame = tables[table].with_columns(cs.float().fill_nan(None))  # not a number is a blank, as to pandas
        self.read: dict[str, tuple[Check, CompiledExpectation]] = {}
        self.gx: dict[str, tuple[Check, str]] = {}
        self.problems: list[Problem] = []

    def add_check(self, check: Check, place: str) -> None:
        """Compile one more check, which stands at `place`."""
        try:
            _refuse_malformed(check)
            check = _fill_in_parameters(check, self.parameters)
            if check.expression or has_polars_reading(check.type, check.kwargs):
                self._add_read(check, place)
            else:
                self._add_gx(check, place)
        except AuditError as error:
            self.problems += error.problems
        except (ValueError, pl.exceptions.PolarsError) as error:
            what = f"{check.type or ('the expression' if check.expression else 'a check')} {str(error).splitlines()[0]}"
            mend = error.mend if isinstance(error, SuiteError) else ""
            column = check.kwargs.get("column")
            mend = mend or "Correct the suite, or declare the column."
            self.problems.append(Problem(what=what, mend=mend, file=place, column=column))

    def build(self) -> CompiledSuite:
        """The suite of the checks so far."""
        checks, expectations = zip(*self.read.values(), strict=True) if self.read else ((), ())
        return CompiledSuite(
            table=self.table,
            frame=self.frame,
            checks=checks,
            compiled_expectations=expectations,
            gx_checks=tuple(check for check, _ in self.gx.values()),
            gx_places=tuple(place for _, place in self.gx.values()),
            own_columns=tuple(name for name in self.tables[self.table].collect_schema() if name not in ROW_PLACE),
            key=self.keys.get(self.table, ()),
        )

    def _add_read(self, check: Check, place: str) -> None:
        if check.expression:
            expectation = compile_expression(
                check.expression,
                self.frame.collect_schema(),
                unknown=check.unknown,
                holidays=self.holidays,
                place=place,
            )
        else:
            expectation = compile_expectation(check.type, check.kwargs)
        frame = add_derived_columns(self.frame, expectation.columns, tables=self.tables, keys=self.keys)
        _try_on_empty_table(expectation, frame.collect_schema())
        self._refuse_repeated(expectation.words)
        self.frame, self.read[expectation.words] = frame, (check, expectation)

    def _add_gx(self, check: Check, place: str) -> None:
        if check.type not in list_shipped_expectations():
            raise SuiteError(
                "is no expectation of Great Expectations",
                suggest_name(check.type, {*EXPECTATIONS, *list_shipped_expectations()})
                or "Name one that it ships, or write the check as an `expression`.",
            )
        words = describe_expectation(check.type, check.kwargs)
        if check.type != "expect_column_to_exist":  # that asks for a column which may not be there
            columns = list_named_columns(check.kwargs)
            self.frame = add_derived_columns(self.frame, columns, tables=self.tables, keys=self.keys)
        self._refuse_repeated(words)
        self.gx[words] = check, place

    def _refuse_repeated(self, words: str) -> None:
        if words in self.read or words in self.gx:
            raise ValueError(f"says again that {words}")


def run_suites(
    tables: Mapping[str, pl.LazyFrame],
    suites: Mapping[str, Suite],
    *,
    keys: Mapping[str, tuple[str, ...]],
    parameters: Mapping[str, Mapping[str, int]],
    holidays: Sequence[date] | None = None,
) -> Checks:
    """Run every suite on its table; the suites and tables go by the table's name.

    `keys` holds the key columns of each table, and `parameters` the values that its suite leaves open, as in
    `{$PARAMETER: rows_used}`; `holidays` are the days that working time leaves out. Raises AuditError (USAGE) where a
    suite cannot be run as written.
    """
    return run_compiled_suites(
        compile_suites(tables, suites, keys=keys, parameters=parameters, holidays=holidays), keys
    )


def run_compiled_suites(suites: Sequence[CompiledSuite], keys: Mapping[str, tuple[str, ...]]) -> Checks:
    """The same of suites that are compiled already."""
    results = compute_check_results(suites)
    pairs = [(suite, expectation) for suite in suites for expectation in suite.compiled_expectations]
    failing = [
        select_failing_keys(suite.frame, demand.rows, key=keys.get(suite.table, ()), of=result)
        for (suite, demand), result in zip(pairs, results, strict=True)
        if not result.passed
    ]
    keyed = pl.collect_all(failing)
    results = tuple(result for suite in suites for result in suite.add_gx_results(results))
    return Checks(results=results, failing=pl.concat([pl.DataFrame(schema=FAILING_UNITS_SCHEMA), *keyed]))


def compute_check_results(suites: Sequence[CompiledSuite]) -> tuple[CheckResult, ...]:
    """The result of every check of every suite, in their order."""
    suites_with_checks = [suite for suite in suites if suite.checks]
    plans = [
        suite.frame.select(
            *_build_counts(
                [_shortcut_unique_check(expectation, suite.frame) for expectation in suite.compiled_expectations]
            )
        )
        for suite in suites_with_checks
    ]
    counts = [frame.row(0) for frame in pl.collect_all(plans, engine="streaming")]
    return tuple(
        suite.make_result(
            number, units=units, failed=failed, passed=suite.compiled_expectations[number].is_met(units, failed)
        )
        for suite, both in zip(suites_with_checks, counts, strict=True)
        for number, (units, failed) in enumerate(zip(both[::2], both[1::2], strict=True))
    )


def _shortcut_unique_check(expectation: CompiledExpectation, frame: pl.LazyFrame) -> CompiledExpectation:
    """The demand; one on unique columns with its count at hand where no two rows can be alike."""
    unit_rows = frame if expectation.is_unit is None else frame.filter(expectation.is_unit)
    return (
        replace(expectation, failed=pl.lit(0))
        if expectation.unique and has_unique_rows(unit_rows, expectation.unique)
        else expectation
    )


def _build_counts(expectations: Iterable[CompiledExpectation]) -> Iterator[pl.Expr]:
    for number, expectation in enumerate(expectations):
        yield expectation.units.alias(f"units {number}")
        yield expectation.failed.alias(f"failed {number}")


def select_failing_keys(
    frame: pl.LazyFrame, rows: pl.Expr | None, *, key: tuple[str, ...], of: CheckResult
) -> pl.LazyFrame:
    """The keys of the rows that fail a check, as `Checks.failing`; the number of rows where `rows` is None."""
    if rows is None:
        keys = pl.LazyFrame({"key": [format_plural(frame.select(pl.len()).collect().item(), "row")]})
    else:
        keys = frame.select(failed=rows, key=build_key_text(frame, key)).filter("failed")
    facts = {"table": of.table, "check": of.check, "severity": of.severity}
    return keys.with_columns(**{name: pl.lit(fact) for name, fact in facts.items()}).select(FAILING_UNITS_SCHEMA.keys())


def build_key_text(frame: pl.LazyFrame, key: tuple[str, ...]) -> pl.Expr:
    """A row's key as text; where it has none, its place: in its file, where the frame says that, or in the table."""
    place = pl.format("row {}", pl.int_range(1, pl.len() + 1))
    if ROW_OF_FILE in frame.collect_schema():
        several = pl.col(ROW_FILE).n_unique() > 1
        numbered = pl.format("row {}", ROW_OF_FILE)
        place = pl.when(several).then(pl.format("{} {}", ROW_FILE, numbered)).otherwise(numbered)
    if not key:
        return place
    parts = pl.col(key).cast(pl.String)
    text = pl.concat_str(parts.fill_null("blank"), separator=", ")
    return pl.when(pl.any_horizontal(parts.is_not_null())).then(text).otherwise(place)


def _refuse_malformed(check: Check) -> None:
    """Refuse a check that is neither an expectation nor a condition, or both. ValueError says why."""
    if bool(check.type) == bool(check.expression):
        raise SuiteError(
            "needs either `type` or `expression`" if not check.type else "has an `expression` too",
            "Give one of the two.",
        )
    if check.expression and check.kwargs:
        raise SuiteError("takes no `kwargs`", "Say all of it in the condition.")
    if check.unknown == "fails" and not check.expression:
        raise SuiteError("takes no `unknown`", "Only an `expression` can be unknown; remove the key.")


def _fill_in_parameters(check: Check, parameters: Mapping[str, int]) -> Check:
    """The check with every `{$PARAMETER: name}` replaced by its value."""
    kwargs = dict(check.kwargs)
    for argument, value in kwargs.items():
        if isinstance(value, Mapping) and "$PARAMETER" in value:
            name = str(value["$PARAMETER"])
            if name not in parameters:
                raise ValueError(f"needs the parameter {name}, which was not given")
            kwargs[argument] = parameters[name]
    return replace(check, kwargs=kwargs)


def _try_on_empty_table(expectation: CompiledExpectation, schema: pl.Schema) -> None:
    """Polars refuses a pattern, a value or a column that does not fit before there is any row to fail."""
    pl.DataFrame(schema=schema).select(*_build_counts([expectation]))
