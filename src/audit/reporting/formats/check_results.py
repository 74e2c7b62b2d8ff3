"""The data checks as text, JSON, JUnit, GitHub annotations or one page of HTML."""

import json
from collections.abc import Callable
from dataclasses import asdict
from itertools import groupby
from textwrap import fill
from xml.etree import ElementTree as Xml

from markupsafe import Markup

from audit.formatting import count, percent, plain, plural
from audit.reporting.formats.templates import environment, security, style
from audit.tables.checks.suites import CheckResult, Reliability

SCHEMA = "audit-checks/1"
SHOWN = 20  # failing keys of a check, where people read them
COLUMNS = ("result", "severity", "units", "passed", "failed", "share", "table", "check")
NUMBERS = slice(2, 6)
# A key is not broken where it need not be; words after a number keep their distance.
STYLE = Markup(".keys code { display: inline-block; } .n + :not(.n) { padding-left: 1.5rem; }")


def as_text(reliability: Reliability) -> str:
    """One aligned line a check, what failed under its own, and one line that sums up."""
    rows = [COLUMNS, *map(_cells, reliability.results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_aligned(rows[0], widths)]
    for result, row in zip(reliability.results, rows[1:], strict=True):
        lines.append(_aligned(row, widths))
        if not result.passed:
            lines.append(_indented(f"{plain(result.why)} Failing: {_named(reliability.keys(result))}"))
    return "\n".join([*lines, "", reliability.explain(), ""])


def as_json(reliability: Reliability) -> str:
    """Everything, for machines: counts, unrounded shares (null without a unit), and every failing key."""
    checks = [
        {**asdict(result), "share": _share(result), "failing": reliability.keys(result)}
        for result in reliability.results
    ]
    whole = {"schema": SCHEMA, "passed": reliability.passed, "summary": reliability.explain(), "checks": checks}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def as_junit(reliability: Reliability) -> str:
    """JUnit's XML: a suite a table, a case a check. A failed warning is told in the case's output and fails nothing."""
    root = Xml.Element("testsuites", {"name": "audit check", **_totals(reliability.results)})
    for table, group in groupby(reliability.results, lambda result: result.table):
        results = tuple(group)
        suite = Xml.SubElement(root, "testsuite", {"name": plain(table), **_totals(results)})
        for result in results:
            case = Xml.SubElement(suite, "testcase", classname=plain(table), name=plain(result.check))
            if not result.passed and result.severity == "critical":
                failure = Xml.SubElement(case, "failure", type=result.expectation, message=_told(result))
                failure.text = _named(reliability.keys(result))
            elif not result.passed:
                output = Xml.SubElement(case, "system-out")
                output.text = f"warning: {_told(result)} {_named(reliability.keys(result))}"
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def as_github(reliability: Reliability, *, folder: str = "expectations") -> str:
    """One workflow command a check that failed, at its suite in `folder`, and one line that sums up."""
    lines = []
    for result in reliability.results:
        if not result.passed:
            level = "error" if result.severity == "critical" else "warning"
            place = {"file": f"{folder}/{result.table}.yaml", "title": f"{result.table}: {result.check}"}
            properties = ",".join(f"{name}={_github(plain(text), ':,')}" for name, text in place.items())
            message = f"{_told(result)} Failing: {_named(reliability.keys(result))}"
            lines.append(f"::{level} {properties}::{_github(message)}")
    return "\n".join([*lines, reliability.explain(), ""])


def as_html(reliability: Reliability) -> str:
    """A page that needs nothing else, its fonts and style inside it: the same text for the same results."""
    templates = environment()
    worn = style(templates) + STYLE
    failures = [(result, reliability.keys(result)) for result in reliability.results if not result.passed]
    return templates.get_template("reliability.html.jinja").render(
        reliability=reliability,
        failures=sorted(failures, key=lambda failure: failure[0].severity),
        most=SHOWN,
        style=worn,
        policy=security(style=worn),
    )


FORMATS: dict[str, Callable[[Reliability], str]] = {
    "text": as_text,
    "json": as_json,
    "junit": as_junit,
    "github": as_github,
    "html": as_html,
}


def _cells(result: CheckResult) -> tuple[str, ...]:
    passed = result.units - result.failed
    verdict = "passed" if result.passed else "FAILED" if result.severity == "critical" else "warning"
    numbers = count(result.units), count(passed), count(result.failed), percent(passed, result.units)
    return verdict, result.severity, *numbers, plain(result.table), plain(result.check)


def _aligned(cells: tuple[str, ...], widths: list[int]) -> str:
    numbers = range(len(cells))[NUMBERS]
    sides = [cell.rjust if place in numbers else cell.ljust for place, cell in enumerate(cells)]
    return "  ".join(side(width) for side, width in zip(sides, widths, strict=True)).rstrip()


def _indented(text: str) -> str:
    return fill(text, 100, initial_indent=" " * 8, subsequent_indent=" " * 12, break_on_hyphens=False)


def _share(result: CheckResult) -> float | None:
    return (result.units - result.failed) / result.units if result.units else None


def _told(result: CheckResult) -> str:
    """A failed check in a sentence, and why it matters in another."""
    return plain(f"{result.check}: fails in {result.failed:,} of {plural(result.units, 'unit')}. {result.why}")


def _named(keys: list[str]) -> str:
    """The first keys, and how many more there are."""
    more = f" and {len(keys) - SHOWN:,} more" if len(keys) > SHOWN else ""
    return ", ".join(map(plain, keys[:SHOWN])) + more


def _totals(results: tuple[CheckResult, ...]) -> dict[str, str]:
    failures = sum(not result.passed and result.severity == "critical" for result in results)
    return {"tests": str(len(results)), "failures": str(failures)}


def _github(text: str, also: str = "") -> str:
    """As a workflow command must spell it: https://docs.github.com/actions/reference/workflow-commands."""
    for special in "%\r\n" + also:
        text = text.replace(special, f"%{ord(special):02X}")
    return text
