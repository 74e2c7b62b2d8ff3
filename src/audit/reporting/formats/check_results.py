"""The data checks as text, JSON, JUnit, GitHub annotations or one page of HTML."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import groupby
from textwrap import fill
from xml.etree import ElementTree as Xml

from markupsafe import Markup

from audit.formatting import format_count, format_day, format_percent, format_plural, make_plain_text
from audit.tables.checks.results import CheckResult, Checks
from audit.tables.table import ControlTotals

SCHEMA = "audit-checks/1"
MAXIMUM_KEYS_SHOWN = 20  # failing keys of a check, where people read them
COLUMNS = ("result", "severity", "units", "passed", "failed", "share", "table", "check")
NUMBER_COLUMNS = slice(2, 6)
NOT_RUN = "Only Great Expectations reads this check. Run it with --confirm."
# A key is not broken where it need not be; words after a number keep their distance.
CHECKS_STYLE = Markup(".keys code { display: inline-block; } .n + :not(.n) { padding-left: 1.5rem; }")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSubject:
    """What was checked, when and by what."""

    program: str
    title: str  # of the program; empty where it has none
    data: str  # folder of the tables, or URL of their database
    suites: str  # folder of the suites
    day: date
    software: str
    confirm: bool  # whether Great Expectations read the checks as well
    synthetic: str = ""  # what of the data is made up; empty where nothing is
    files: Sequence[ControlTotals] = ()

    @property
    def name(self) -> str:
        """The program's title, or its name."""
        return self.title or self.program

    @property
    def readers(self) -> str:
        """Who read the checks, in a sentence."""
        return (
            "Read by polars and again by Great Expectations, which agree."
            if self.confirm
            else "Read by polars, and not again by Great Expectations."
        )


def format_checks_text(reliability: Checks, subject: CheckSubject | None = None) -> str:
    """What was checked; one aligned line a check, what failed under its own; and one line that sums up."""
    heading = []
    if subject:
        facts = f"{subject.name} ({subject.program}), data in {subject.data}, {format_day(subject.day)}."
        heading = [make_plain_text(facts), subject.readers]
        heading += [f"Synthetic data. {make_plain_text(subject.synthetic)}"] * bool(subject.synthetic) + [""]
    rows = [COLUMNS, *map(_format_cells, reliability.results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_align_cells(rows[0], widths)]
    for result, row in zip(reliability.results, rows[1:], strict=True):
        lines.append(_align_cells(row, widths))
        if result.not_run:
            lines.append(_indent_text(f"{make_plain_text(result.why)} {NOT_RUN}"))
        elif not result.passed:
            lines.append(
                _indent_text(
                    f"{make_plain_text(result.why)} Failing: {_format_keys(reliability.list_failing_keys(result))}"
                )
            )
    return "\n".join([*heading, *lines, "", reliability.describe_results(), ""])


def format_checks_json(reliability: Checks, subject: CheckSubject | None = None) -> str:
    """Everything, for machines: counts, unrounded shares (null without a unit), and every failing key."""
    checks = [
        {**asdict(result), "share": _compute_passed_share(result), "failing": reliability.list_failing_keys(result)}
        for result in reliability.results
    ]
    whole = {
        "schema": SCHEMA,
        **({"subject": asdict(subject)} if subject else {}),
        "passed": reliability.passed,
        "summary": reliability.describe_results(),
        "checks": checks,
    }
    return json.dumps(whole, ensure_ascii=False, indent=2, default=str) + "\n"


def format_checks_junit(reliability: Checks, subject: CheckSubject | None = None) -> str:
    """JUnit's XML: a suite a table, a case a check. A failed warning stands in the case's output and fails nothing.

    A check that was not run is skipped, or an error where it is critical.
    """
    name = f"audit check {subject.program}" if subject else "audit check"
    root = Xml.Element("testsuites", {"name": name, **_count_tests(reliability.results)})
    for table, group in groupby(reliability.results, lambda result: result.table):
        results = tuple(group)
        suite = Xml.SubElement(root, "testsuite", {"name": make_plain_text(table), **_count_tests(results)})
        for result in results:
            case = Xml.SubElement(
                suite, "testcase", classname=make_plain_text(table), name=make_plain_text(result.check)
            )
            if result.not_run:
                kind = "error" if result.severity == "critical" else "skipped"
                Xml.SubElement(case, kind, message=NOT_RUN)
            elif not result.passed and result.severity == "critical":
                failure = Xml.SubElement(case, "failure", type=result.expectation, message=_describe_failure(result))
                failure.text = _format_keys(reliability.list_failing_keys(result))
            elif not result.passed:
                output = Xml.SubElement(case, "system-out")
                output.text = (
                    f"warning: {_describe_failure(result)} {_format_keys(reliability.list_failing_keys(result))}"
                )
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def format_checks_github(reliability: Checks, subject: CheckSubject | None = None) -> str:
    """One workflow command a check that failed or was not run, at its suite, and one line that sums up."""
    folder = subject.suites if subject else "expectations"
    lines = []
    for result in reliability.results:
        if not result.passed:
            level = "error" if result.severity == "critical" else "warning"
            place = {"file": f"{folder}/{result.table}.yaml", "title": f"{result.table}: {result.check}"}
            properties = ",".join(
                f"{name}={_escape_github(make_plain_text(text), ':,')}" for name, text in place.items()
            )
            keys = f" Failing: {_format_keys(reliability.list_failing_keys(result))}"
            message = _describe_failure(result) + ("" if result.not_run else keys)
            lines.append(f"::{level} {properties}::{_escape_github(message)}")
    return "\n".join([*lines, reliability.describe_results(), ""])


def format_checks_html(reliability: Checks, subject: CheckSubject | None = None) -> str:
    """A page that needs nothing else, its fonts and style inside it: the same text for the same results."""
    from audit.reporting.formats.templates import build_security_policy, build_style, make_environment  # a second

    templates = make_environment()
    css = build_style(templates) + CHECKS_STYLE
    failures = [
        (result, reliability.list_failing_keys(result))
        for result in reliability.results
        if not result.passed and not result.not_run
    ]
    return templates.get_template("reliability.html.jinja").render(
        reliability=reliability,
        subject=subject,
        not_run=NOT_RUN,
        failures=sorted(failures, key=lambda failure: failure[0].severity),
        most=MAXIMUM_KEYS_SHOWN,
        style=css,
        policy=build_security_policy(style=css),
    )


FORMATS: dict[str, Callable[..., str]] = {
    "text": format_checks_text,
    "json": format_checks_json,
    "junit": format_checks_junit,
    "github": format_checks_github,
    "html": format_checks_html,
}


def _format_cells(result: CheckResult) -> tuple[str, ...]:
    passed = result.units - result.failed
    verdict = "FAILED" if result.verdict == "failed" else result.verdict
    numbers = (
        format_count(result.units),
        format_count(passed),
        format_count(result.failed),
        format_percent(passed, result.units),
    )
    return verdict, result.severity, *numbers, make_plain_text(result.table), make_plain_text(result.check)


def _align_cells(cells: tuple[str, ...], widths: list[int]) -> str:
    numbers = range(len(cells))[NUMBER_COLUMNS]
    sides = [cell.rjust if place in numbers else cell.ljust for place, cell in enumerate(cells)]
    return "  ".join(side(width) for side, width in zip(sides, widths, strict=True)).rstrip()


def _indent_text(text: str) -> str:
    return fill(text, 100, initial_indent=" " * 8, subsequent_indent=" " * 12, break_on_hyphens=False)


def _compute_passed_share(result: CheckResult) -> float | None:
    return (result.units - result.failed) / result.units if result.units else None


def _describe_failure(result: CheckResult) -> str:
    """A failed check, or one not run, in a sentence, and why it matters in another."""
    if result.not_run:
        return make_plain_text(f"{result.check}: not run. {NOT_RUN} {result.why}")
    return make_plain_text(
        f"{result.check}: fails in {result.failed:,} of {format_plural(result.units, 'unit')}. {result.why}"
    )


def _format_keys(keys: list[str]) -> str:
    """The first keys, and how many more there are."""
    more = f" and {len(keys) - MAXIMUM_KEYS_SHOWN:,} more" if len(keys) > MAXIMUM_KEYS_SHOWN else ""
    return ", ".join(map(make_plain_text, keys[:MAXIMUM_KEYS_SHOWN])) + more


def _count_tests(results: tuple[CheckResult, ...]) -> dict[str, str]:
    counts = {
        "failures": sum(result.verdict == "failed" for result in results),
        "errors": sum(result.not_run and result.severity == "critical" for result in results),
        "skipped": sum(result.not_run and result.severity != "critical" for result in results),
    }
    return {"tests": str(len(results)), **{name: str(count) for name, count in counts.items()}}


def _escape_github(text: str, also: str = "") -> str:
    """As a workflow command must spell it: https://docs.github.com/actions/reference/workflow-commands."""
    for special in "%\r\n" + also:
        text = text.replace(special, f"%{ord(special):02X}")
    return text
