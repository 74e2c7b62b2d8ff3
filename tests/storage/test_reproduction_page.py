"""The page on what of OIG-12-64 is reproduced: made from its files, complete, with commands that are some."""

import json
import re
import shlex

import pytest

from audit.analysis.claims.facts import ReferenceFact
from audit.cli import app
from audit.storage.claim_files import read_claim_facts
from audit.storage.reproduction_page import FOLDER, PAGE, RECORD, VERDICTS, make_reproduction_page, read_items
from tests.conftest import PROJECT

DOCS = PROJECT / "docs"
ITEMS = read_items(DOCS / FOLDER)
LINES = 793  # of the text of the report


def test_the_page_is_the_one_that_the_files_make() -> None:
    made = make_reproduction_page(PROJECT)
    assert made == (DOCS / PAGE).read_text(encoding="utf-8"), "run python -m audit.storage.reproduction_page"
    assert "{" not in made


def test_every_item_stands_there_once_with_its_lines() -> None:
    assert [item.number for item in ITEMS] == list(range(1, 74))
    for item in ITEMS:
        numbers = [int(number) for number in re.findall(r"\d+", item.lines)]
        assert numbers and all(1 <= number <= LINES for number in numbers), item
        assert item.item and item.verdict in VERDICTS


def test_an_item_has_a_command_unless_nothing_does_it_and_a_reason_unless_it_is_whole() -> None:
    for item in ITEMS:
        assert bool(item.command) or item.verdict == "not published", item
        assert bool(item.remark) or item.verdict == "reproduced", item


@pytest.mark.parametrize("command", sorted({item.command for item in ITEMS} - {"", "claims"}))
def test_every_command_is_one(command: str) -> None:
    verb, _, _ = app.parse_args(shlex.split(command)[1:], exit_on_error=False, print_error=False)
    assert verb is not None


def test_the_facts_of_the_cells_are_those_of_the_record() -> None:
    facts: dict[str, ReferenceFact] = {fact.id: fact for fact in read_claim_facts(DOCS / FOLDER / "facts.csv")}
    result = json.loads((PROJECT / RECORD).read_text(encoding="utf-8"))["result"]
    cells = ["priority_1_action", "priority_2_3_action", "resident_action", "citizens", "legal_status", "no_record"]
    cells += ["charges", "priority_1_none", "priority_2_3_none", "resident_detained"]
    assert [facts[name].value for name in cells] == [cell["cases"] for cell in result["cells"]][: len(cells)]
    overall = result["overall"]
    counts = [overall[name] for name in ("conforming", "deviating", "undeterminable", "reviewed")]
    names = ("cases_consistent", "cases_inconsistent", "cases_insufficient", "cases")
    assert [facts[name].value for name in names] == counts
    assert facts["matches_2011"].value == result["frame"]
