"""The pages of docs/: what they name is there."""

import ast
import importlib
import json
import re
import shlex
from pathlib import Path

import pytest

import audit
from audit.cli import app
from audit.storage.json_schemas import make_schemas

PROJECT = Path(__file__).parents[2]
DOCS = PROJECT / "docs"
SOURCE = PROJECT / "src" / "audit"
ARCHITECTURE = (DOCS / "architecture.md").read_text(encoding="utf-8")
PATHS = sorted(set(re.findall(r"`((?:[\w.-]+/)*[\w.-]+(?:\.py|\.toml|/))`", ARCHITECTURE)))
PLACES = (SOURCE, SOURCE / "reporting", PROJECT, DOCS / "example")  # the last for `program.toml`
PAGES = [page for page in sorted(DOCS.rglob("*.md")) if page.name != "validation.md"]


@pytest.mark.parametrize("path", PATHS)
def test_every_path_on_the_page_of_the_architecture_exists(path: str) -> None:
    assert any((place / path).exists() for place in PLACES), f"docs/architecture.md names {path}"


def test_the_page_of_the_architecture_has_every_folder() -> None:
    table = set(re.findall(r"^\| `(\w+)/` \|", ARCHITECTURE, re.MULTILINE))
    folders = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert table == folders


def test_the_page_says_where_to_go_for_at_least_24_changes() -> None:
    rows = ARCHITECTURE.split("## To change X, go to Y")[1].split("| --- | --- |")[1].strip().split("\n\n")[0]
    assert len(rows.splitlines()) >= 24


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        assert "://" in target or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_every_heading_that_is_linked_to_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\(([^)#\s]*)#([^)]+)\)", text):
        linked = (page.parent / target).read_text(encoding="utf-8") if target else text
        headings = [re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()) for line in re.findall(r"^#+ .+$", linked, re.M)]
        assert anchor in [heading.strip().replace(" ", "-") for heading in headings], f"{target}#{anchor}"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("program.md analyses.md", "program"),
        ("program.md", "findings"),
        ("audit_report.md", "audit_report"),
        ("policy.md", "rule"),
        ("policy.md", "documents"),
        ("policy.md", "terms"),
    ],
)
def test_the_pages_name_every_key(name: str, kind: str) -> None:
    page = "\n".join((DOCS / one).read_text(encoding="utf-8") for one in name.split())
    words = set(re.findall(r"\w+", " ".join(re.findall(r"`[^`]+`", re.sub(r"```.*?```", "", page, flags=re.DOTALL)))))
    words |= set(re.findall(r"^\s*(?:- )?\[*([\w.]+)\]* ?[=:]?", page, re.MULTILINE))
    schema = json.loads(make_schemas()[f"{kind}.schema.json"])
    types = {**schema.get("$defs", {}), "": schema}
    missing = {key for declared in types.values() for key in declared.get("properties", {}) if key not in words}
    assert missing == set()


def test_the_page_on_python_has_every_name_that_is_offered_and_no_other() -> None:
    page = (DOCS / "python.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:audit\.)?([A-Za-z_]+)(?:\(|`|:)", page))
    records = {"AuditError", "Audit", "Frame"}
    assert set(audit.__all__) - named - {"open_audit", "statistics"} == set()
    verbs = set(re.findall(r"`job\.([a-z_]+)\(", page))
    assert verbs == {name for name in dir(audit.Audit) if not name.startswith("_")} - {
        "data",
        "tables",
        "totals",
        "display",
    }
    assert records <= set(audit.__all__)


def list_commands() -> list[tuple[str, str]]:
    """Every command of the program that a page shows: the page, and the command up to a pipe."""
    commands = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8").replace("\\\n", " ")
        for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
            lines = [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ audit ")]
            commands += [(str(page.relative_to(DOCS)), re.split(r" [|>&]", line)[0]) for line in lines]
    return commands


@pytest.mark.parametrize(("page", "command"), list_commands())
def test_every_command_of_a_page_is_one(page: str, command: str) -> None:
    words = shlex.split(command, comments=True)[1:]
    verb, _, _ = app.parse_args(words, exit_on_error=False, print_error=False)
    assert verb is not None, page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_every_python_block_of_a_page_is_python_and_imports_what_there_is(page: Path) -> None:
    for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("audit"):
                module = importlib.import_module(str(node.module))
                assert all(hasattr(module, one.name) for one in node.names), block
            named = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "audit"
            if named:
                assert hasattr(audit, node.attr), node.attr
