"""Is this table fit to audit? The checks of a suite, each with its verdict and its failing rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import polars as pl
import polars.selectors as cs

from audit.display import Display, Displayable, display_sentences, display_table, join_displays
from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_list, format_plural
from audit.tables.checks.expectations import (
    CompiledExpectation,
    add_derived_columns,
    compile_expectation,
    has_unique_rows,
)

FAILING_UNITS_SCHEMA = {"table": pl.String, "check": pl.String, "key": pl.String, "severity": pl.String}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One expectation of a suite, as its file writes it: a Great Expectations type and its arguments."""

    type: str
    kwargs: dict[str, Any]
    severity: Literal["critical", "warning"] = "critical"
    meta: dict[str, str] = field(default_factory=dict)  # `why`: what goes wrong where the check fails


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """The checks of one table, named after it."""

    name: str
    expectations: tuple[Check, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One check of one table: how many units it looked at and how many failed."""

    table: str
    check: str  # in words: "match_id is never blank"
    expectation: str  # the Great Expectations type
    column: str | None
    severity: str  # critical stops, warning is reported
    units: int
    failed: int
    passed: bool
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Reliability(Displayable):
    """What the checks of all tables found.

    `failing` (table, check, key, severity) has one row for each unit that failed a check which did not pass; the key
    is the row's own, its place in the table where it has none, or the number of rows where that is what failed.
    """

    results: tuple[CheckResult, ...]
    failing: pl.DataFrame

    @property
    def table(self) -> pl.DataFrame:
        """A row a check: table, check, severity, units, failed, result (passed, failed)."""
        names = ("table", "check", "severity", "units", "failed")
        rows = [
            {**{name: getattr(one, name) for name in names}, "result": "passed" if one.passed else "failed"}
            for one in self.results
        ]
        types = {"table": pl.String, "check": pl.String, "severity": pl.String, "units": pl.Int64, "failed": pl.Int64}
        return pl.DataFrame(rows, schema={**types, "result": pl.String})

    def display(self) -> Display:
        """The whole in a sentence, then the checks that failed before those that passed."""
        ordered = self.table.sort(pl.col("result") == "passed", maintain_order=True)
        return join_displays(display_sentences(self.describe_results()), display_table(ordered, title="Data checks"))

    @property
    def passed(self) -> bool:
        """Whether no critical check failed."""
        return not self.count_failures("critical")

    def count_failures(self, severity: str) -> int:
        """How many checks of this severity failed."""
        return sum(result.severity == severity and not result.passed for result in self.results)

    def list_failing_keys(self, result: CheckResult) -> list[str]:
        """The keys of the units that failed one of the checks, in the table's order."""
        return self.failing.filter(table=result.table, check=result.check)["key"].to_list()

    def describe_results(self) -> str:
        """The whole in one sentence, and what follows from it in another."""
        checks, tables = len(self.results), len({result.table for result in self.results})
        critical, warnings = self.count_failures("critical"), self.count_failures("warning")
        counts = [f"{checks - critical - warnings:,} passed"]
        counts += [format_plural(warnings, "warning")] * bool(warnings) + [
            format_plural(critical, "critical failure")
        ] * bool(critical)
        verdict = "No critical check failed" if self.passed else "The data are not fit to audit as they stand"
        return (
            f"{format_plural(checks, 'check')} of {format_plural(tables, 'table')}: {format_list(counts)}. {verdict}."
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompiledSuite:
    """A suite ready to run: its table with every derived column, and its checks, each with what it demands."""

    table: str
    frame: pl.LazyFrame
    checks: tuple[Check, ...]
    compiled_expectations: tuple[CompiledExpectation, ...]

    @property
    def columns(self) -> list[str]:
        """The columns that the checks name."""
        return list(
            dict.fromkeys(column for expectation in self.compiled_expectations for column in expectation.columns)
        )

    def make_result(self, number: int, *, units: int, failed: int, passed: bool) -> CheckResult:
        """The result of one check, named by its place in the suite."""
        check, expectation = self.checks[number], self.compiled_expectations[number]
        return CheckResult(
            table=self.table,
            check=expectation.words,
            expectation=check.type,
            column=", ".join(expectation.columns) or None,
            severity=check.severity,
            units=units,
            failed=failed,
            passed=passed,
            why=check.meta.get("why", ""),
        )


def compile_suites(
    tables: Mapping[str, pl.LazyFrame],
    suites: Mapping[str, Suite],
    *,
    keys: Mapping[str, tuple[str, ...]],
    parameters: Mapping[str, Mapping[str, int]],
) -> tuple[CompiledSuite, ...]:
    """Compile every suite for its table. AuditError (USAGE) names all that cannot be run as written, at once."""
    problems: list[Problem] = []
    compiled: list[CompiledSuite] = []
    for name, suite in suites.items():
        if name not in tables:
            what, mend = f"checks a table that was not read: {name}", "Name the suite after a table, or add the table."
            problems.append(Problem(what=what, mend=mend, file=f"{name}.yaml"))
            continue
        frame = tables[name].with_columns(cs.float().fill_nan(None))  # not a number is a blank, as it is to pandas
        done: dict[str, tuple[Check, CompiledExpectation]] = {}
        for check in suite.expectations:
            try:
                check = _fill_in_parameters(check, parameters.get(name, {}))
                expectation = compile_expectation(check.type, check.kwargs)
                frame = add_derived_columns(frame, expectation.columns, tables=tables, keys=keys)
                _try_on_empty_table(expectation, frame.collect_schema())
                if expectation.words in done:
                    raise ValueError(f"says again that {expectation.words}")
                done[expectation.words] = check, expectation
            except (ValueError, pl.exceptions.PolarsError) as error:
                what, mend = f"{check.type} {str(error).splitlines()[0]}", "Correct the suite, or declare the column."
                problems.append(Problem(what=what, mend=mend, file=f"{name}.yaml", column=check.kwargs.get("column")))
        checks, expectations = zip(*done.values(), strict=True) if done else ((), ())
        compiled.append(CompiledSuite(table=name, frame=frame, checks=checks, compiled_expectations=expectations))
    if problems:
        raise AuditError(problems, code=ExitCode.USAGE)
    return tuple(compiled)


def run_suites(
    tables: Mapping[str, pl.LazyFrame],
    suites: Mapping[str, Suite],
    *,
    keys: Mapping[str, tuple[str, ...]],
    parameters: Mapping[str, Mapping[str, int]],
) -> Reliability:
    """Run every suite on its table; the suites and tables go by the table's name.

    `keys` holds the key columns of each table, and `parameters` the values that its suite leaves open, as in
    `{$PARAMETER: rows_used}`. Raises AuditError (USAGE) where a suite cannot be run as written.
    """
    return run_compiled_suites(compile_suites(tables, suites, keys=keys, parameters=parameters), keys)


def run_compiled_suites(suites: Sequence[CompiledSuite], keys: Mapping[str, tuple[str, ...]]) -> Reliability:
    """The same of suites that are compiled already."""
    results = compute_check_results(suites)
    pairs = [(suite, expectation) for suite in suites for expectation in suite.compiled_expectations]
    failing = [
        _select_failing_keys(suite.frame, demand, key=keys.get(suite.table, ())).with_columns(
            table=pl.lit(result.table), check=pl.lit(result.check), severity=pl.lit(result.severity)
        )
        for (suite, demand), result in zip(pairs, results, strict=True)
        if not result.passed
    ]
    keyed = [frame.select(FAILING_UNITS_SCHEMA.keys()) for frame in pl.collect_all(failing)]
    return Reliability(results=results, failing=pl.concat([pl.DataFrame(schema=FAILING_UNITS_SCHEMA), *keyed]))


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


def _select_failing_keys(
    frame: pl.LazyFrame, expectation: CompiledExpectation, *, key: tuple[str, ...]
) -> pl.LazyFrame:
    if expectation.rows is None:
        return pl.LazyFrame({"key": [format_plural(frame.select(pl.len()).collect().item(), "row")]})
    place = pl.format("row {}", pl.int_range(1, pl.len() + 1))
    parts = pl.col(key).cast(pl.String)
    key_text = pl.when(pl.any_horizontal(parts.is_not_null())).then(
        pl.concat_str(parts.fill_null("blank"), separator=", ")
    )
    return (
        frame.select(failed=expectation.rows, key=key_text.otherwise(place) if key else place)
        .filter("failed")
        .select("key")
    )


def _fill_in_parameters(check: Check, parameters: Mapping[str, int]) -> Check:
    """The check with every `{$PARAMETER: name}` replaced by its value."""
    kwargs = dict(check.kwargs)
    for argument, value in kwargs.items():
        if isinstance(value, Mapping):
            name = str(value.get("$PARAMETER"))
            if name not in parameters:
                raise ValueError(f"needs the parameter {name}, which was not given")
            kwargs[argument] = parameters[name]
    return Check(type=check.type, kwargs=kwargs, severity=check.severity, meta=check.meta)


def _try_on_empty_table(expectation: CompiledExpectation, schema: pl.Schema) -> None:
    """Polars refuses a pattern, a value or a column that does not fit before there is any row to fail."""
    pl.DataFrame(schema=schema).select(*_build_counts([expectation]))
