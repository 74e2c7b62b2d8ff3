"""What the checks of the tables find, by which an audit goes on or stops."""

from dataclasses import dataclass

import polars as pl

from audit.display import Display, Displayable, display_card, display_table
from audit.errors import Problem
from audit.formatting import format_list, format_plural
from audit.tables.delivery import DeliveryTotal

FAILING_UNITS_SCHEMA = {"table": pl.String, "check": pl.String, "key": pl.String, "severity": pl.String}


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
    not_run: bool = False  # Great Expectations alone reads it, and did not: neither passed nor failed

    @property
    def verdict(self) -> str:
        """What became of it, in a word or two: passed, failed, warning (a failure that does not stop) or not run."""
        if self.not_run:
            return "not run"
        return "passed" if self.passed else "failed" if self.severity == "critical" else "warning"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Checks(Displayable):
    """What the checks of all tables found.

    `failing` (table, check, key, severity) has one row for each unit that failed a check which did not pass; the key
    is the row's own, its place in the table where it has none, or the number of rows where that is what failed.
    """

    results: tuple[CheckResult, ...]
    failing: pl.DataFrame
    delivery: tuple[DeliveryTotal, ...] = ()  # by table; none where the supplier sent no delivery note

    @property
    def table(self) -> pl.DataFrame:
        """A row a check: table, check, severity, units, failed, result (passed, failed, warning, not run)."""
        rows = [(one.table, one.check, one.severity, one.units, one.failed, one.verdict) for one in self.results]
        counts = {"units": pl.Int64, "failed": pl.Int64}
        schema = {"table": pl.String, "check": pl.String, "severity": pl.String, **counts, "result": pl.String}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def display(self) -> Display:
        """The whole in a sentence, then the checks that did not pass before those that did."""
        ordered = self.table.sort(pl.col("result") == "passed", maintain_order=True)
        return display_card(
            "Data checks", self.describe_results(), display_table(ordered), foot="Next: .table, .failing"
        )

    @property
    def passed(self) -> bool:
        """Whether every critical check was run, and none failed."""
        return all(result.passed for result in self.results if result.severity == "critical")

    @property
    def not_run(self) -> tuple[CheckResult, ...]:
        """The checks that were not run."""
        return tuple(result for result in self.results if result.not_run)

    def count_failures(self, severity: str) -> int:
        """How many checks of this severity were run and failed."""
        return sum(result.severity == severity and not result.passed and not result.not_run for result in self.results)

    def list_failing_keys(self, result: CheckResult) -> list[str]:
        """The keys of the units that failed one of the checks, in the table's order."""
        return self.failing.filter(table=result.table, check=result.check)["key"].to_list()

    def describe_results(self) -> str:
        """The whole in one sentence, and what follows from it in another."""
        checks, tables = len(self.results), len({result.table for result in self.results})
        critical, warnings, not_run = self.count_failures("critical"), self.count_failures("warning"), len(self.not_run)
        counts = [f"{sum(result.passed for result in self.results):,} passed"]
        counts += [format_plural(warnings, "warning")] * bool(warnings)
        counts += [format_plural(critical, "critical failure")] * bool(critical)
        counts += [f"{not_run:,} not run"] * bool(not_run)
        verdict = "No critical check failed"
        if critical:
            verdict = "The data are not fit to audit as they stand"
        elif not self.passed:
            verdict = "A critical check was not run: only Great Expectations reads it, with --confirm"
        return (
            f"{format_plural(checks, 'check')} of {format_plural(tables, 'table')}: {format_list(counts)}. {verdict}."
        )


def make_failure_problem(result: CheckResult) -> Problem:
    """A critical check that failed or was not run, as the problem that stops a report."""
    if result.not_run:
        what = f"the critical check that {result.check} was not run: only Great Expectations reads it"
        return Problem(what=what, mend="Run this again with --confirm.", file=result.table)
    what = f"failed the critical check that {result.check}, in {result.failed:,} of {result.units:,}"
    mend = "See the rows with audit check, and correct them at their source."
    return Problem(what=what, mend=mend, file=result.table)
