"""The data checks in every form: complete, aligned, escaped, and the same bytes for the same results."""

import json
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from xml.etree import ElementTree

import polars as pl
import pytest

from audit.formatting import UNKNOWN_MARK
from audit.reporting.formats.check_results import (
    FORMATS,
    CheckSubject,
    format_checks_github,
    format_checks_html,
    format_checks_json,
    format_checks_junit,
    format_checks_text,
)
from audit.tables.checks.results import FAILING_UNITS_SCHEMA, CheckResult, Checks
from audit.tables.table import ControlTotals

HOSTILE = "<script>alert('1')</script>\x1b[31m\r\n::error::\u202eevil,%:\ufffe{{ 7 * 7 }}"
SUBJECT = CheckSubject(
    program="cases",
    title="Cases closed in time",
    data="deliveries/march",
    suites="expectations/cases",
    day=date(2026, 11, 30),
    software="audit 1.0",
    confirm=True,
    synthetic="Every row is made up.",
    files=[ControlTotals(table="matches", file="m.csv", sha256="ab" * 32, rows_in=9, rows_used=8, rows_set_aside=1)],
)


def _result(
    check: str, *, failed: int = 0, severity: str = "critical", why: str = "", units: int = 2_500
) -> CheckResult:
    return CheckResult(
        table="matches",
        check=check,
        expectation="expect_column_values_to_be_unique",
        column="match_id",
        severity=severity,
        units=units,
        failed=failed,
        passed=not failed,
        why=why,
    )


def _made(*results: CheckResult, keys: dict[str, list[str]] | None = None) -> Checks:
    severity = {result.check: result.severity for result in results}
    rows = [("matches", check, key, severity[check]) for check, some in (keys or {}).items() for key in some]
    return Checks(results=results, failing=pl.DataFrame(rows, schema=FAILING_UNITS_SCHEMA, orient="row"))


@pytest.fixture
def mixed() -> Checks:
    """One check passed, one critical failure of 25 keys, one warning, one check without a unit."""
    return _made(
        _result("match_id is never blank"),
        _result("match_id is never repeated", failed=25, why="A row counted twice makes every rate wrong."),
        _result("office is filled", failed=1, severity="warning", why="An office must answer."),
        _result("reason is one of a and b", units=0),
        keys={"match_id is never repeated": [f"M11-{n:06}" for n in range(25)], "office is filled": ["M11-000007"]},
    )


def test_text_is_aligned_and_ends_with_one_line_that_sums_up(mixed: Checks) -> None:
    assert format_checks_text(mixed).splitlines() == [
        "result   severity  units  passed  failed       share  table    check",
        "passed   critical  2,500   2,500       0      100.0%  matches  match_id is never blank",
        "FAILED   critical  2,500   2,475      25       99.0%  matches  match_id is never repeated",
        "        A row counted twice makes every rate wrong. Failing: M11-000000, M11-000001, M11-000002,",
        "            M11-000003, M11-000004, M11-000005, M11-000006, M11-000007, M11-000008, M11-000009,",
        "            M11-000010, M11-000011, M11-000012, M11-000013, M11-000014, M11-000015, M11-000016,",
        "            M11-000017, M11-000018, M11-000019 and 5 more",
        "warning  warning   2,500   2,499       1  over 99.9%  matches  office is filled",
        "        An office must answer. Failing: M11-000007",
        f"passed   critical      0       0       0           {UNKNOWN_MARK}  matches  reason is one of a and b",
        "",
        mixed.describe_results(),
    ]


def test_json_holds_every_key_and_unrounded_shares(mixed: Checks) -> None:
    read = json.loads(format_checks_json(mixed))
    assert (read["schema"], read["passed"], read["summary"]) == ("audit-checks/1", False, mixed.describe_results())
    assert [check["share"] for check in read["checks"]] == [1.0, 0.99, 0.9996, None]
    assert [len(check["failing"]) for check in read["checks"]] == [0, 25, 1, 0]
    assert read["checks"][1] == {
        "table": "matches",
        "check": "match_id is never repeated",
        "expectation": "expect_column_values_to_be_unique",
        "column": "match_id",
        "severity": "critical",
        "units": 2500,
        "failed": 25,
        "passed": False,
        "why": "A row counted twice makes every rate wrong.",
        "not_run": False,
        "share": 0.99,
        "failing": [f"M11-{n:06}" for n in range(25)],
    }


def test_junit_fails_what_is_critical_and_tells_warnings(mixed: Checks) -> None:
    root = ElementTree.fromstring(format_checks_junit(mixed))
    suite = root[0]
    assert (root.get("tests"), root.get("failures")) == ("4", "1")
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("matches", "4", "1")
    [failure] = root.iter("failure")
    assert failure.get("message") == (
        "match_id is never repeated: fails in 25 of 2,500 units. A row counted twice makes every rate wrong."
    )
    assert failure.text
    assert failure.text.endswith("M11-000019 and 5 more")
    [warned] = root.iter("system-out")
    assert warned.text == "warning: office is filled: fails in 1 of 2,500 units. An office must answer. M11-000007"


def test_github_points_at_the_suite(mixed: Checks) -> None:
    error, warning, summary = format_checks_github(mixed, SUBJECT).splitlines()
    assert error.startswith(
        "::error file=expectations/cases/matches.yaml,title=matches%3A match_id is never repeated::match_id is never "
        "repeated: fails in 25 of 2,500 units."
    )
    assert warning == (
        "::warning file=expectations/cases/matches.yaml,title=matches%3A office is filled::office is filled: fails in "
        "1 of 2,500 units. An office must answer. Failing: M11-000007"
    )
    assert summary == mixed.describe_results()


def test_github_escapes_what_would_end_a_property() -> None:
    line = format_checks_github(_made(_result("share is 5%: a, b", failed=1))).splitlines()[0]
    assert ",title=matches%3A share is 5%25%3A a%2C b::share is 5%25: a, b: fails" in line


@pytest.fixture
def unrun() -> Checks:
    """A critical check that passed; one critical and one warning for Great Expectations alone, which were not run."""
    critical, warning = _result("size meets a mean"), _result("size meets a median", severity="warning")
    off = {"units": 0, "passed": False, "not_run": True, "why": "It should be so."}
    return _made(_result("match_id is never blank"), replace(critical, **off), replace(warning, **off))


def test_a_check_that_was_not_run_is_neither_passed_nor_failed(unrun: Checks) -> None:
    assert not unrun.passed
    assert unrun.describe_results() == (
        "3 checks of 1 table: 1 passed and 2 not run. A critical check was not run: only Great Expectations reads it, "
        "with --confirm."
    )
    lines = format_checks_text(unrun).splitlines()
    assert lines[2].startswith("not run  critical      0")
    assert lines[3].split() == [
        "It",
        "should",
        "be",
        "so.",
        "Only",
        "Great",
        "Expectations",
        "reads",
        "this",
        "check.",
        "Run",
        "it",
        "with",
        "--confirm.",
    ]
    root = ElementTree.fromstring(format_checks_junit(unrun))
    assert [root.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["3", "0", "1", "1"]
    assert [len([*root.iter(kind)]) for kind in ("failure", "error", "skipped")] == [0, 1, 1]
    error, warning, _ = format_checks_github(unrun).splitlines()
    assert error.startswith("::error file=expectations/matches.yaml,")
    assert warning.endswith(
        "::size meets a median: not run. Only Great Expectations reads this check. Run it with "
        "--confirm. It should be so."
    )
    page = _Page(format_checks_html(unrun))
    assert "What failed" not in page.text
    assert " ".join(page.text.split()).count("Run it with --confirm.") == 2
    assert [check["not_run"] for check in json.loads(format_checks_json(unrun))["checks"]] == [False, True, True]


def test_what_was_checked_is_named(mixed: Checks) -> None:
    html = format_checks_html(mixed, SUBJECT)
    words = " ".join(_Page(html).text.split())
    for fact in ("Data checks: Cases closed in time", "deliveries/march", "30 November 2026", "Every row is made up."):
        assert fact in words
    assert "m.csv 9 8 1 " + "ab" * 32 in words
    assert "again by Great Expectations, which agree" in words
    assert "Synthetic data" not in format_checks_html(mixed, replace(SUBJECT, synthetic=""))
    assert format_checks_text(mixed, SUBJECT).splitlines()[:4] == [
        "Cases closed in time (cases), data in deliveries/march, 30 November 2026.",
        "Read by polars and again by Great Expectations, which agree.",
        "Synthetic data. Every row is made up.",
        "",
    ]
    subject = json.loads(format_checks_json(mixed, SUBJECT))["subject"]
    assert (subject["program"], subject["day"], subject["files"][0]["rows_in"]) == ("cases", "2026-11-30", 9)


class _Page(HTMLParser):
    """The tags of a page and their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_page_has_one_row_a_check_and_shows_twenty_keys(mixed: Checks) -> None:
    page = _Page(format_checks_html(mixed))
    assert len(page.all("tr")) == 1 + len(mixed.results)
    assert [len(page.all(tag)) for tag in ("h1", "table", "caption", "main")] == [1] * 4
    assert all(head.get("scope") in ("col", "row") for head in page.all("th"))
    assert len(page.all("code")) == 20 + 1
    words = " ".join(page.text.split())
    assert "M11-000019 and 5 more" in words
    assert (
        "matches match_id is never repeated A row counted twice makes every rate wrong. critical 2,500 2,475 25"
        in words
    )
    assert mixed.describe_results() in words


def test_the_page_needs_no_network(mixed: Checks) -> None:
    html = format_checks_html(mixed)
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//|@import|url\((?!\"data:)", html)
    [policy] = [meta["content"] for meta in _Page(html).all("meta") if "http-equiv" in meta]
    assert policy
    assert policy.startswith("default-src 'none'")


def test_a_page_without_failures_says_so() -> None:
    html = format_checks_html(_made(_result("match_id is never blank")))
    assert "What failed" not in html
    assert "1 check of 1 table: 1 passed. No critical check failed." in html


@pytest.mark.parametrize("form", FORMATS)
def test_hostile_text_stays_text(form: str) -> None:
    found = _made(_result(HOSTILE, failed=1, why=HOSTILE), keys={HOSTILE: [HOSTILE, "=cmd|' /C calc'!A0", ""]})
    shown = FORMATS[form](found)
    if form == "json":
        assert json.loads(shown)["checks"][0]["failing"][0] == HOSTILE
        return
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e\ufffe]", shown)
    assert "{{ 7 * 7 }}" in shown
    if form == "junit":
        ElementTree.fromstring(shown)
    if form == "html":
        assert not _Page(shown).all("script")
    if form == "github":
        assert len([line for line in shown.splitlines() if line.startswith("::")]) == 1


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_results_give_the_same_text(form: str, mixed: Checks) -> None:
    assert FORMATS[form](mixed) == FORMATS[form](mixed)
    assert FORMATS[form](mixed).endswith(">" if form == "html" else "\n")


@pytest.mark.parametrize("form", FORMATS)
def test_no_check_at_all(form: str) -> None:
    assert FORMATS[form](_made())
