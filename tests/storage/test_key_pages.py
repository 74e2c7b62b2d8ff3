"""The pages of every key of program.toml and of a suite: as the schemas say, complete, with an example of each key."""

import json
import re
from pathlib import Path

import pytest

from audit.storage import key_pages
from audit.storage.json_schemas import make_schemas

PROJECT = Path(__file__).parents[2]
PAGES = key_pages.make_key_pages(PROJECT)
KINDS = {"program-keys.md": ("program", "Program"), "suite-keys.md": ("suite", "Suite")}


def list_rows(page: str) -> list[list[str]]:
    """The cells of every row that has a key."""
    lines = [line for line in page.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


@pytest.mark.parametrize("name", PAGES)
def test_the_committed_page_is_what_the_schema_says(name: str) -> None:
    committed = (PROJECT / "docs" / name).read_text(encoding="utf-8")
    assert committed == PAGES[name], f"write it anew: {key_pages.COMMAND}"


@pytest.mark.parametrize("name", PAGES)
def test_every_key_of_the_schema_has_a_row(name: str) -> None:
    kind, root = KINDS[name]
    schema = json.loads(make_schemas()[f"{kind}.schema.json"])
    types = {root: schema, **schema.get("$defs", {})}
    sections = {section.kind: section.heading for section in key_pages.list_sections(schema, root)}
    assert sections.keys() == types.keys()
    for name_of_type, heading in sections.items():
        part = PAGES[name].split(f"\n## {heading}\n")[1].split("\n## ")[0]
        assert [row[0].strip("`") for row in list_rows(part)] == list(types[name_of_type]["properties"])


@pytest.mark.parametrize("name", PAGES)
def test_every_key_has_a_meaning_a_default_and_an_example(name: str) -> None:
    lacking = [(row[0], len(row)) for row in list_rows(PAGES[name]) if len(row) != 5 or not all(row)]
    assert lacking == [], "write a comment beside the field, or an example into key_pages.EXAMPLES"


def test_required_keys_and_defaults_are_told_apart() -> None:
    rows = {row[0]: row[3] for row in list_rows(PAGES["program-keys.md"].split("## `[sample]`")[1].split("\n## ")[0])}
    assert (rows["`size`"], rows["`level`"], rows["`tolerable`"]) == ("**required**", "`0.95`", "–")


def test_no_example_is_of_a_key_that_is_not_there() -> None:
    kinds = [json.loads(make_schemas()[f"{kind}.schema.json"]) for kind, _ in KINDS.values()]
    roots = dict(zip(("Program", "Suite"), kinds, strict=True))
    types = roots | {name: one for schema in kinds for name, one in schema.get("$defs", {}).items()}
    assert [one for one in key_pages.EXAMPLES if one[1] not in types.get(one[0], {}).get("properties", {})] == []
