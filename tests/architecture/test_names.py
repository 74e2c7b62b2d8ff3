"""Names say what things are: verbs for functions, one name for one thing, and none of a list of banned ones."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import PROJECT

SOURCE = PROJECT / "src" / "audit"
MODULES = sorted(SOURCE.rglob("*.py"))

# Functions that carry one name on purpose: what each module of a family offers under the same name.
SHARED = {
    "draw_figure": "every figure module draws its figure",
    "make_caption": "every figure module words its figure",
    "pick_cases": "every family of selections picks its cases",
    "main": "every module that is run as a program",
    "build_tables": "every shipped program builds its synthetic tables",
    "build_analysis_tables": "every shipped program builds the tables of its analyses",
    "write_year": "every shipped program writes its synthetic year",
}
# Participles: as the first word of a function they tell what was done, not what it does.
PARTICIPLES = {
    "asked",
    "begun",
    "bound",
    "brought",
    "built",
    "caught",
    "chosen",
    "dealt",
    "done",
    "drawn",
    "fallen",
    "felt",
    "found",
    "given",
    "gone",
    "grown",
    "held",
    "hidden",
    "kept",
    "known",
    "laid",
    "left",
    "lost",
    "made",
    "meant",
    "met",
    "named",
    "paid",
    "proven",
    "said",
    "seen",
    "sent",
    "shown",
    "sold",
    "spent",
    "stands",
    "standing",
    "sworn",
    "taken",
    "thrown",
    "told",
    "understood",
    "woken",
    "worn",
    "worded",
    "written",
}
# Words that end in "ed" and are no participle of the name they stand in.
NO_PARTICIPLES = {"need", "seed", "embed", "feed", "read", "exceed", "proceed"}
METAPHORS = {
    "afar",
    "bookkeeping",
    "door",
    "dossier",
    "house",
    "promise",
    "rehearse",
    "repair",
    "seam",
    "shelf",
    "spool",
    "told",
}
# Methods of statistics carry their usual names, whatever their grammar.
METHODS = "statistics/"


def functions(path: Path) -> Iterator[tuple[str, ast.AST]]:
    """The functions and methods of a module that are no property."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and not any("property" in ast.unparse(one) for one in node.decorator_list):
            yield node.name, node


def public(path: Path, kind: type[ast.AST]) -> Iterator[str]:
    """The public names of a module's own classes or functions."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, kind) and not node.name.startswith("_"):  # type: ignore[attr-defined]
            yield node.name  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", [ast.FunctionDef, ast.ClassDef], ids=["functions", "classes"])
def test_no_public_name_stands_for_two_things(kind: type[ast.AST]) -> None:
    places = defaultdict[str, list[str]](list)
    for path in MODULES:
        if path.parent.name in ("cli", "verbs"):  # a verb at the prompt has the name of the step that it takes
            continue
        for name in set(public(path, kind)):  # an overloaded function stands there several times
            places[name].append(str(path.relative_to(SOURCE)))
    assert {name: where for name, where in places.items() if len(where) > 1 and name not in SHARED} == {}


def test_what_is_listed_as_shared_is_shared() -> None:
    counts = defaultdict[str, int](int)
    for path in MODULES:
        for name in set(public(path, ast.FunctionDef)):
            counts[name] += 1
    assert [name for name in SHARED if counts[name] < 2] == []


def test_functions_are_no_participles() -> None:
    wrong = []
    for path in MODULES:
        place = str(path.relative_to(SOURCE))
        for name, _ in functions(path):
            first = name.strip("_").split("_")[0]
            ends = first.endswith("ed") and first not in NO_PARTICIPLES
            if (first in PARTICIPLES or ends) and not place.startswith(METHODS):
                wrong.append(f"{place}: {name}")
    assert wrong == []


def test_no_name_is_a_private_metaphor() -> None:
    wrong = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                words = re.findall("[A-Z]?[a-z]+", node.name)
                wrong += [f"{path.name}: {node.name}" for word in words if word.lower() in METAPHORS]
        wrong += [path.name for word in path.stem.split("_") if word in METAPHORS]
    assert wrong == []


def test_each_folder_says_what_it_is_and_which_modules_others_may_use() -> None:
    used = defaultdict[str, set[str]](set)  # modules that other folders import, by folder
    for path in MODULES:
        own = path.relative_to(SOURCE).parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("audit."):
                folder, *rest = node.module.split(".")[1:]
                if folder == own or not (SOURCE / folder).is_dir():
                    continue
                names = [".".join(rest)] if rest else []
                names += [".".join([*rest, one.name]) for one in node.names if _is_module(folder, rest, one.name)]
                used[folder] |= {name.split(".")[0] for name in names if name}
    for folder in sorted(path.parent for path in SOURCE.glob("*/__init__.py")):
        tree = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
        assert (ast.get_docstring(tree) or "").endswith("."), folder
        listed = next(
            (
                ast.literal_eval(node.value)
                for node in tree.body
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
            ),
            [],
        )
        shared = {"parameters"} if folder.name == "statistics" else set()  # types of its arguments, and no method
        assert used[folder.name] - set(listed) - shared == set(), folder
        assert listed == sorted(listed), folder


def _is_module(folder: str, rest: list[str], name: str) -> bool:
    place = SOURCE.joinpath(folder, *rest, name)
    return place.with_suffix(".py").is_file() or place.is_dir()
