"""The reviewer's desk in a real JupyterLab: thirty cases by keyboard alone, killed in the middle, and nothing lost."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import axe_playwright_python
import nbformat
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from audit import cli
from tests.conftest import PROJECT, tool
from tests.tenth import Tenth

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
CODE = """
from pathlib import Path
from audit.workflow import program_data
from audit.workflow.review_desk import open_desk
from audit.storage.sample_audit_folder import SampleAuditFolder

work = program_data.read_program_data("secure_communities", data=Path("tables"))
steps = SampleAuditFolder(folder=Path("reports/secure_communities/sample"), key="match_id")
open_desk(work, steps, by="Auditor A")
"""
SAMPLE = Path("reports/secure_communities/sample")
CASES = 30
expect.set_options(timeout=30_000)  # milliseconds: a machine may have much else to do


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = tool("chromium", package="chromium")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, tenth: Tenth) -> Path:
    """Thirty cases, drawn and assessed, and a notebook with a desk."""
    made = tmp_path_factory.mktemp("desk")
    (made / "expectations").symlink_to(PROJECT / "expectations")
    (made / "tables").symlink_to(tenth.data)
    seed = ("--seed", "dice 5 5 1", "--seed-source", "thrown before two witnesses")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made)
        for step, *words in (("scope",), ("plan", "--size", str(CASES)), ("draw", *seed), ("assess",)):
            data = ("--data", "tables") if step in ("scope", "assess") else ()
            patch.setattr(sys, "argv", ["audit", step, "secure_communities", *words, *data])
            with pytest.raises(SystemExit) as ended:
                cli.main()
            assert not ended.value.code
    cells = [nbformat.v4.new_code_cell(CODE)]
    spec = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=spec), made / "review.ipynb")
    return made


@contextmanager
def laboratory(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A JupyterLab server in a folder: its address, and its process."""
    state = {name: str(folder / f".jupyter-{name}") for name in ("runtime", "config", "data")}
    there = {f"JUPYTER_{name.upper()}_DIR": path for name, path in state.items()}
    options = ["--no-browser", "--allow-root", "--IdentityProvider.token=desk", "--ServerApp.ip=127.0.0.1", "--port=0"]
    with (folder / "lab.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options, "--LabApp.news_url=None"],
            cwd=folder,
            env={**os.environ, **there, "PYTHONPATH": str(PROJECT / "src")},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        runtime, until = Path(state["runtime"]), time.monotonic() + 90
        while not (found := list(runtime.glob("jpserver-*.json"))):
            assert server.poll() is None and time.monotonic() < until, (folder / "lab.log").read_text()[-2000:]
            time.sleep(0.2)
        address = json.loads(found[0].read_text())["url"]
        while True:
            try:
                urlopen(f"{address}api/status?token=desk", timeout=5).close()
                break
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.2)
        yield address, server
    finally:
        killed(server)
        for one in Path(state["runtime"]).glob("jpserver-*"):
            one.unlink()


def killed(server: subprocess.Popen[bytes]) -> None:
    """The server and its kernels, without warning."""
    children = subprocess.run(["pgrep", "-P", str(server.pid)], capture_output=True, text=True, check=False).stdout
    for pid in (server.pid, *map(int, children.split())):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    server.wait()


def opened(browser: Browser, address: str, scheme: str = "light") -> Page:
    """The notebook, its one cell run by keyboard."""
    page = browser.new_context(viewport={"width": 1366, "height": 900}, color_scheme=scheme).new_page()
    dialog = page.locator("dialog.jp-Dialog[aria-modal=true]")  # a slow server makes JupyterLab ask whether to wait
    page.add_locator_handler(dialog, lambda asked: asked.locator("button").last.click())
    page.goto(f"{address}lab/tree/review.ipynb?token=desk&reset")
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=90_000)
    prompt = page.locator(".jp-CodeCell .jp-InputPrompt").first
    while prompt.text_content() == "[ ]:":  # a key that is pressed while the page is still being laid out is lost
        page.locator(".jp-Notebook .jp-Cell .cm-content").first.click(timeout=90_000)
        page.keyboard.press("Shift+Enter")
        page.wait_for_timeout(2_000)
    page.locator(".audit-desk h3").wait_for(timeout=120_000)
    return page


def answered(page: Page) -> int:
    return int(str(page.locator(".audit-desk progress").get_attribute("value")))


def judged(page: Page, *, overrule: bool = False) -> str:
    """Answer the item shown by keyboard alone: as the rule has it, or with a reason against it."""
    before = answered(page)
    heading = str(page.locator(".audit-desk h3").text_content())
    by_rule = str(page.locator(".audit-desk .rule h4").text_content()).removeprefix("By rule: ")
    words = [
        text.lstrip("123456789").strip() for text in page.locator(".audit-desk fieldset label").all_text_contents()
    ]
    wanted = words.index(by_rule) if not overrule else next(n for n, one in enumerate(words) if one != by_rule)
    page.locator(".audit-desk h3").focus()
    page.keyboard.press(str(wanted + 1))
    if overrule:
        page.keyboard.press("Control+Enter")
        expect(page.locator(".audit-desk .problem")).to_contain_text("Give a reason")
        assert page.evaluate("document.activeElement.name") == "reason"
        page.keyboard.type("a note on file: n p o 1 2 3 <script>")  # none of it is a command while one writes
    page.keyboard.press("Control+Enter")
    expect(page.locator(".audit-desk progress")).to_have_attribute("value", str(before + 1))
    assert "saved" in str(page.locator(".audit-desk .said").text_content())
    return heading


def journal(folder: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (folder / SAMPLE / "journal.jsonl").read_text(encoding="utf-8").splitlines()]


def test_thirty_cases_by_keyboard_killed_in_the_middle(browser: Browser, folder: Path) -> None:
    seen = []
    with laboratory(folder) as (address, server):
        page = opened(browser, address)
        total = int(str(page.locator(".audit-desk progress").get_attribute("max")))
        assert total == 2 * CASES
        for number in range(25):
            seen.append(judged(page, overrule=number % 10 == 3))
        page.keyboard.press("p")
        expect(page.locator(".audit-desk h3")).to_contain_text("Item 25 of 60")
        page.keyboard.press("o")
        expect(page.locator(".audit-desk h3")).to_contain_text("Item 26 of 60")
        page.keyboard.press("x")
        expect(page.locator(".audit-desk .explained")).to_contain_text("of match M11-", timeout=60_000)
        page.add_script_tag(path=AXE)
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "section508"]
        found = page.evaluate("tags => axe.run('.audit-desk', { runOnly: { type: 'tag', values: tags } })", tags)
        assert len(found["passes"]) > 8
        assert [(one["id"], one["nodes"][0]["html"][:160]) for one in found["violations"]] == []
        page.screenshot(path=folder / "desk.png")
        killed(server)
        page.context.close()
    assert len(journal(folder)) == 25
    with laboratory(folder) as (address, _):
        page = opened(browser, address)
        assert answered(page) == 25
        expect(page.locator(".audit-desk h3")).to_contain_text("Item 26 of 60")
        while answered(page) < total:
            seen.append(judged(page))
        page.context.close()
    kept = journal(folder)
    assert [event["number"] for event in kept] == list(range(1, total + 1))
    assert len({(event["case"], event["attribute"]) for event in kept}) == len(set(seen)) == total
    assert sum("<script>" in event["reason"] for event in kept) == 3
    assert {event["source"] for event in kept} == {"notebook"}
