"""The data checks as text, JSON, JUnit, GitHub annotations or one page of HTML."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import groupby
from textwrap import fill
from typing import Any
from xml.etree import ElementTree as Xml

from markupsafe import Markup

from audit.errors import Problem
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
    started: datetime | None = None  # with its time zone
    seconds: float | None = None  # from there to the end of the checks
    digest: str = ""  # SHA-256 of the program's declarations
    confirm: bool = False  # whether Great Expectations read the checks as well
    synthetic: str = ""  # what of the data is made up; empty where nothing is
    files: Sequence[ControlTotals] = ()
    set_aside: Sequence[Mapping[str, Any]] = ()  # table, file, row and reason of each row that was set aside

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
    root = Xml.Element("testsuites", {"name": name, **_count_tests(reliability.results), **_time_checks(subject)})
    for table, group in groupby(reliability.results, lambda result: result.table):
        results = tuple(group)
        timestamp = {key: value for key, value in _time_checks(subject).items() if key == "timestamp"}
        counts = _count_tests(results)
        suite = Xml.SubElement(root, "testsuite", {"name": make_plain_text(table), **counts, **timestamp})
        _add_junit_properties(suite, table, subject)
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
    return _encode_xml(root)


def _time_checks(subject: CheckSubject | None) -> dict[str, str]:
    """When the checks began, in UTC, and how many seconds they took."""
    facts = {}
    if subject and subject.started:
        facts["timestamp"] = subject.started.isoformat(timespec="seconds")
    if subject and subject.seconds is not None:
        facts["time"] = f"{subject.seconds:.3f}"
    return facts


def _add_junit_properties(suite: Xml.Element, table: str, subject: CheckSubject | None) -> None:
    """What was checked: program, data, software, and the digest of each file of the table."""
    if subject is None:
        return
    facts = {
        "program": subject.program,
        "title": subject.title,
        "program sha256": subject.digest,
        "data": subject.data,
        "suites": subject.suites,
        "software": subject.software,
        "synthetic": subject.synthetic,
        **{f"sha256 of {file.file}": file.sha256 for file in subject.files if file.table == table},
    }
    properties = Xml.SubElement(suite, "properties")
    for name, value in facts.items():
        if value:
            Xml.SubElement(properties, "property", name=make_plain_text(name), value=make_plain_text(value))


def format_problems_junit(problems: Sequence[Problem], program: str, code: int) -> str:
    """The same of checks that could not be run: a case for each problem, in error."""
    count = {"tests": str(len(problems)), "failures": "0", "errors": str(len(problems)), "skipped": "0"}
    root = Xml.Element("testsuites", {"name": f"audit check {make_plain_text(program)}", **count})
    suite = Xml.SubElement(root, "testsuite", {"name": "what stopped the checks", **count})
    for problem in problems:
        name = make_plain_text(": ".join(filter(None, (problem.file, problem.column, problem.what))))
        case = Xml.SubElement(suite, "testcase", classname=make_plain_text(program), name=name)
        Xml.SubElement(case, "error", type=f"exit code {code}", message=make_plain_text(str(problem)))
    return _encode_xml(root)


def format_problems_github(problems: Sequence[Problem], program: str, code: int) -> str:
    """The same as workflow commands, one a problem."""
    title = _escape_github(make_plain_text(f"audit check {program}"), ":,")
    return "".join(f"::error title={title}::{_escape_github(make_plain_text(str(one)))}\n" for one in problems)


def format_problems_json(problems: Sequence[Problem], program: str, code: int) -> str:
    """The same as one object, as every command gives with --json."""
    listed = [{name: value for name, value in asdict(one).items() if value is not None} for one in problems]
    return json.dumps({"error": {"code": code, "problems": listed}}, ensure_ascii=False, indent=2) + "\n"


def _encode_xml(root: Xml.Element) -> str:
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
    return templates.get_template("check_results.html.jinja").render(
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
PROBLEM_FORMATS: dict[str, Callable[[Sequence[Problem], str, int], str]] = {
    "json": format_problems_json,
    "junit": format_problems_junit,
    "github": format_problems_github,
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
