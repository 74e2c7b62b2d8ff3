"""Every page in a real browser: axe finds nothing, tables sort by keyboard, print leaves out controls, no network."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import axe_playwright_python
import polars as pl
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from audit.reporting.formats import (
    analysis_report,
    check_results,
    discrepancy_report,
    month_page,
    office_packet,
    policy,
)
from audit.tables.checks.results import FAILING_UNITS_SCHEMA, Checks
from tests import made_up, made_up_analyses, made_up_month, made_up_quality, made_up_worklist
from tests.conftest import tool
from tests.made_up_policy import POLICY

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "section508", "best-practice"]
WIDTHS = (390, 1280)


def reliability() -> bytes:
    ran = made_up.checks()
    not_run = replace(
        ran[0], check="match_id meets expect_column_to_exist", passed=False, units=0, failed=0, not_run=True
    )
    rows = [("matches", result.check, "M11-000001", result.severity) for result in ran if not result.passed]
    failing = pl.DataFrame(rows, schema=FAILING_UNITS_SCHEMA, orient="row")
    subject = check_results.CheckSubject(
        program="matches",
        title="Matches documented in time",
        data="data/generated/matches",
        suites="expectations/matches",
        day=date(2011, 10, 15),
        software="audit 1.0",
        confirm=False,
        synthetic="Every person and every match is made up.",
        files=made_up.provenance().inputs,
    )
    return check_results.format_checks_html(Checks(results=(*ran, not_run), failing=failing), subject).encode()


def make_packet(office: str) -> bytes:
    report = made_up.report(offices=2)
    listed = made_up_worklist.worklist(report)
    return office_packet.build_packets(report, listed, made_up_worklist.WORKLIST_CENSUS)[f"{office}/index.html"]


PAGES: dict[str, Callable[[], bytes]] = {
    "report": lambda: month_page.render_month_page(made_up.report()),
    "month": lambda: month_page.render_month_page(made_up_month.report()),
    "report of hostile text": lambda: month_page.render_month_page(made_up.report(offices=7, hostile=True)),
    "packet": lambda: make_packet("SPM"),
    "data checks": reliability,
    "data quality": lambda: discrepancy_report.render_quality_page(made_up_quality.report()),
    "data quality of hostile text": lambda: discrepancy_report.render_quality_page(
        made_up_quality.report(hostile=True)
    ),
    "analyses": lambda: analysis_report.render_analysis_page(made_up_analyses.analysis_report()),
    "policy": lambda: policy.format_policy_html(
        policy.build_policy_view(POLICY, title="Visits", on=date(2011, 5, 2))
    ).encode(),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = tool("chromium", package="chromium")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    for number, make in enumerate(PAGES.values()):
        (folder / f"{number}.html").write_bytes(make())
    return {name: folder / f"{number}.html" for number, name in enumerate(PAGES)}


def shown(browser: Browser, file: Path, *, scheme: Any = "light", bypass: bool = False) -> Page:
    """The page as it opens; to put axe on it, its own policy that keeps foreign scripts out must be set aside."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme, bypass_csp=bypass)
    opened = context.new_page()
    opened.goto(file.as_uri())
    return opened


def axe(opened: Page) -> tuple[int, dict[str, list[str]]]:
    """How many rules the page keeps, and where it breaks one."""
    found = opened.evaluate(
        """async tags => {
            const found = await axe.run({ runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] });
            const shown = nodes => nodes.slice(0, 3).map(node => node.html.slice(0, 200));
            return [found.passes.length, found.violations.map(one => [one.id, shown(one.nodes)])];
        }""",
        STANDARDS,
    )
    return found[0], dict(found[1])


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(browser: Browser, files: dict[str, Path], name: str, subtests: pytest.Subtests) -> None:
    opened = shown(browser, files[name], bypass=True)
    opened.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    opened.add_script_tag(path=AXE)
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            with subtests.test(width=width, scheme=scheme):
                opened.set_viewport_size({"width": width, "height": 900})
                opened.emulate_media(color_scheme=scheme)
                kept, wrong = axe(opened)
                assert kept > 15, "axe did not look"
                assert wrong == {}
    opened.context.close()


def test_axe_finds_what_is_wrong(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text(
        '<html><body><img src="data:,x"><p style="color:#ccc">Pale</p>', encoding="utf-8"
    )
    opened = shown(browser, tmp_path / "bad.html", bypass=True)
    opened.add_script_tag(path=AXE)
    _, wrong = axe(opened)
    opened.context.close()
    assert {"image-alt", "color-contrast", "html-has-lang"} <= {*wrong}


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_the_window(browser: Browser, files: dict[str, Path], name: str) -> None:
    opened = shown(browser, files[name])
    for width in WIDTHS:
        opened.set_viewport_size({"width": width, "height": 900})
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
    opened.context.close()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_asked_of_a_network_and_nothing_goes_wrong(
    browser: Browser, files: dict[str, Path], name: str
) -> None:
    context = browser.new_context()
    opened = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.goto(files[name].as_uri())
    opened.wait_for_load_state("networkidle")
    context.close()
    assert [url for url in asked if not url.startswith("data:")] == [files[name].as_uri()]
    assert said == []


def test_a_table_is_sorted_by_keyboard_and_says_so(browser: Browser, files: dict[str, Path]) -> None:
    opened = shown(browser, files["report"])
    table = opened.locator("table[data-sort]").first
    due = table.locator("th[data-col='1'] button")
    report = made_up.report().measures[0]
    by_size = [office.name for office in sorted(report.offices, key=lambda office: office.due)]

    def names() -> list[str]:
        return table.locator("tbody th").all_text_contents()

    ranked = sorted(report.offices, key=lambda office: office.compliant / office.due)
    assert names() == [office.name for office in ranked], "the lowest rate first"
    due.focus()
    opened.keyboard.press("Enter")
    assert (names(), table.locator("th[data-col='1']").get_attribute("aria-sort")) == (by_size, "ascending")
    opened.keyboard.press("Space")
    assert (names(), table.locator("th[data-col='1']").get_attribute("aria-sort")) == (by_size[::-1], "descending")
    table.locator("th[data-col='0'] button").focus()
    opened.keyboard.press("Enter")
    assert table.locator("th[aria-sort]").count() == 1
    assert names() == sorted(office.name for office in report.offices)
    opened.context.close()


def test_the_first_key_leads_past_the_contents(browser: Browser, files: dict[str, Path]) -> None:
    opened = shown(browser, files["report"])
    opened.keyboard.press("Tab")
    assert opened.locator(":focus").text_content() == "Skip to the report"
    opened.keyboard.press("Enter")
    assert opened.evaluate("document.activeElement.id") == "main"
    opened.context.close()


def test_changes_and_gaps_sort_as_numbers(browser: Browser, files: dict[str, Path]) -> None:
    opened = shown(browser, files["month"])
    table = opened.locator("table[data-sort]").first
    for heading, cell, ends in (("Since last month, points", 5, ("−0.5", "+1.8")), ("Short by", 8, ("met", "40"))):
        table.locator("th button", has_text=heading).focus()
        opened.keyboard.press("Enter")
        texts = [row.locator("td").nth(cell).text_content() for row in table.locator("tbody tr").all()]
        assert (texts[0], texts[-1]) == ends
    opened.context.close()


def test_on_paper_there_are_four_pages_without_controls_or_annex(browser: Browser, files: dict[str, Path]) -> None:
    opened = shown(browser, files["report"], scheme="dark")
    assert opened.locator("nav").is_visible() and opened.locator(".annex").is_visible()
    opened.emulate_media(media="print")
    assert not opened.locator("nav").is_visible() and not opened.locator(".screen").first.is_visible()
    breaks = "[...document.querySelectorAll('.sheet')].map(one => getComputedStyle(one).breakBefore)"
    assert opened.evaluate(breaks) == ["auto", "page", "page", "page"]
    assert opened.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    opened.context.close()
