"""Is this table fit to audit? The checks of a suite, each with its verdict and its failing rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import polars as pl
import polars.selectors as cs

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import listed, plural
from audit.tables.checks.expectations import Demand, all_differ, compile_demand, derive

FAILING = {"table": pl.String, "check": pl.String, "key": pl.String, "severity": pl.String}


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reliability:
    """What the checks of all tables found.

    `failing` (table, check, key, severity) has one row for each unit that failed a check which did not pass; the key
    is the row's own, its place in the table where it has none, or the number of rows where that is what failed.
    """

    results: tuple[CheckResult, ...]
    failing: pl.DataFrame

    @property
    def passed(self) -> bool:
        """Whether no critical check failed."""
        return not self.count("critical")

    def count(self, severity: str) -> int:
        """How many checks of this severity failed."""
        return sum(result.severity == severity and not result.passed for result in self.results)

    def keys(self, result: CheckResult) -> list[str]:
        """The keys of the units that failed one of the checks, in the table's order."""
        return self.failing.filter(table=result.table, check=result.check)["key"].to_list()

    def explain(self) -> str:
        """The whole in one sentence, and what follows from it in another."""
        checks, tables = len(self.results), len({result.table for result in self.results})
        critical, warnings = self.count("critical"), self.count("warning")
        found = [f"{checks - critical - warnings:,} passed"]
        found += [plural(warnings, "warning")] * bool(warnings) + [plural(critical, "critical failure")] * bool(
            critical
        )
        verdict = "No critical check failed" if self.passed else "The data are not fit to audit as they stand"
        return f"{plural(checks, 'check')} of {plural(tables, 'table')}: {listed(found)}. {verdict}."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompiledSuite:
    """A suite ready to run: its table with every derived column, and its checks, each with what it demands."""

    table: str
    frame: pl.LazyFrame
    checks: tuple[Check, ...]
    demands: tuple[Demand, ...]

    @property
    def columns(self) -> list[str]:
        """The columns that the checks name."""
        return list(dict.fromkeys(column for demand in self.demands for column in demand.columns))

    def result(self, number: int, *, units: int, failed: int, passed: bool) -> CheckResult:
        """The result of one check, named by its place in the suite."""
        check, demand = self.checks[number], self.demands[number]
        return CheckResult(
            table=self.table,
            check=demand.words,
            expectation=check.type,
            column=", ".join(demand.columns) or None,
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
        done: dict[str, tuple[Check, Demand]] = {}
        for check in suite.expectations:
            try:
                check = _fill_in(check, parameters.get(name, {}))
                demand = compile_demand(check.type, check.kwargs)
                frame = derive(frame, demand.columns, tables=tables, keys=keys)
                _try_on_no_rows(demand, frame.collect_schema())
                if demand.words in done:
                    raise ValueError(f"says again that {demand.words}")
                done[demand.words] = check, demand
            except (ValueError, pl.exceptions.PolarsError) as error:
                what, mend = f"{check.type} {str(error).splitlines()[0]}", "Correct the suite, or declare the column."
                problems.append(Problem(what=what, mend=mend, file=f"{name}.yaml", column=check.kwargs.get("column")))
        checks, demands = zip(*done.values(), strict=True) if done else ((), ())
        compiled.append(CompiledSuite(table=name, frame=frame, checks=checks, demands=demands))
    if problems:
        raise AuditError(problems, code=ExitCode.USAGE)
    return tuple(compiled)


def check(
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
    return check_all(compile_suites(tables, suites, keys=keys, parameters=parameters), keys)


def check_all(suites: Sequence[CompiledSuite], keys: Mapping[str, tuple[str, ...]]) -> Reliability:
    """The same of suites that are compiled already."""
    found = results_of(suites)
    asked = [(suite, demand) for suite in suites for demand in suite.demands]
    failing = [
        _failed_keys(suite.frame, demand, key=keys.get(suite.table, ())).with_columns(
            table=pl.lit(result.table), check=pl.lit(result.check), severity=pl.lit(result.severity)
        )
        for (suite, demand), result in zip(asked, found, strict=True)
        if not result.passed
    ]
    keyed = [frame.select(FAILING.keys()) for frame in pl.collect_all(failing)]
    return Reliability(results=found, failing=pl.concat([pl.DataFrame(schema=FAILING), *keyed]))


def results_of(suites: Sequence[CompiledSuite]) -> tuple[CheckResult, ...]:
    """The result of every check of every suite, in their order."""
    asked = [suite for suite in suites if suite.checks]
    plans = [suite.frame.select(*_counts([_quick(demand, suite.frame) for demand in suite.demands])) for suite in asked]
    counts = [counted.row(0) for counted in pl.collect_all(plans, engine="streaming")]
    return tuple(
        suite.result(number, units=units, failed=failed, passed=suite.demands[number].passes(units, failed))
        for suite, both in zip(asked, counts, strict=True)
        for number, (units, failed) in enumerate(zip(both[::2], both[1::2], strict=True))
    )


def _quick(demand: Demand, frame: pl.LazyFrame) -> Demand:
    """The demand; one on unique columns with its count at hand where no two rows can be alike."""
    counted = frame if demand.counted is None else frame.filter(demand.counted)
    return replace(demand, failed=pl.lit(0)) if demand.unique and all_differ(counted, demand.unique) else demand


def _counts(demands: Iterable[Demand]) -> Iterator[pl.Expr]:
    for number, demand in enumerate(demands):
        yield demand.units.alias(f"units {number}")
        yield demand.failed.alias(f"failed {number}")


def _failed_keys(frame: pl.LazyFrame, demand: Demand, *, key: tuple[str, ...]) -> pl.LazyFrame:
    if demand.rows is None:
        return pl.LazyFrame({"key": [plural(frame.select(pl.len()).collect().item(), "row")]})
    place = pl.format("row {}", pl.int_range(1, pl.len() + 1))
    parts = pl.col(key).cast(pl.String)
    named = pl.when(pl.any_horizontal(parts.is_not_null())).then(
        pl.concat_str(parts.fill_null("blank"), separator=", ")
    )
    return frame.select(failed=demand.rows, key=named.otherwise(place) if key else place).filter("failed").select("key")


def _fill_in(check: Check, parameters: Mapping[str, int]) -> Check:
    """The check with every `{$PARAMETER: name}` replaced by its value."""
    kwargs = dict(check.kwargs)
    for argument, value in kwargs.items():
        if isinstance(value, Mapping):
            name = str(value.get("$PARAMETER"))
            if name not in parameters:
                raise ValueError(f"needs the parameter {name}, which was not given")
            kwargs[argument] = parameters[name]
    return Check(type=check.type, kwargs=kwargs, severity=check.severity, meta=check.meta)


def _try_on_no_rows(demand: Demand, schema: pl.Schema) -> None:
    """Polars refuses a pattern, a value or a column that does not fit before there is any row to fail."""
    pl.DataFrame(schema=schema).select(*_counts([demand]))
