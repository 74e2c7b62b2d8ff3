"""The statistics as a library: what it exports, that every function names its source and shows an example that runs."""

import doctest
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from audit import statistics

DOCUMENT = Path(__file__).parents[2] / "docs" / "statistics.md"
MODULES = [
    importlib.import_module(found.name) for found in pkgutil.walk_packages(statistics.__path__, "audit.statistics.")
]
PARTS = {name: getattr(statistics, name) for name in statistics.__all__ if name != "RE_PERFORMANCE_ONLY"}


def public_names(part: ModuleType) -> list[str]:
    """What a part exports: `__all__` of a folder, and of a module what is its own and has no underscore."""
    if hasattr(part, "__all__"):
        return list(part.__all__)
    own = (name for name, value in vars(part).items() if getattr(value, "__module__", None) == part.__name__)
    return [name for name in own if not name.startswith("_")]


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    for folder, part in PARTS.items():
        for name in public_names(part):
            if inspect.isfunction(getattr(part, name)):
                yield f"{folder}.{name}", getattr(part, name)


FUNCTIONS = dict(functions())


@pytest.mark.parametrize("module", [statistics, *MODULES], ids=lambda module: module.__name__)
def test_every_example_runs(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_says_what_it_is_names_its_source_and_shows_an_example(name: str) -> None:
    text, _, example = inspect.cleandoc(FUNCTIONS[name].__doc__ or "").partition("\nExample:\n")
    assert re.match(r"[^.]+[.:]", text), "no sentence says what it is"
    assert re.search(r"\b(18|19|20)\d\d\b", text), "no source with its year"
    assert ">>> " in example and FUNCTIONS[name].__name__ in example


@pytest.mark.parametrize(
    ("name", "term"),
    [
        ("sizes.attribute_size", "tolerable rate of deviation"),
        ("sizes.attribute_size", "expected population deviation rate"),
        ("sizes.attribute_size", "risk of overreliance"),
        ("sizes.evaluate_deviations", "risk of overreliance"),
        ("intervals.binomial_upper", "achieved upper deviation rate"),
        ("monetary.poisson_size", "sampling interval"),
        ("monetary.reliability_factor", "sampling interval"),
        ("monetary.stringer_binomial", "basic precision"),
        ("monetary.stringer_binomial", "upper misstatement limit"),
        ("monetary.stringer_binomial", "projected misstatement"),
        ("monetary.stringer_binomial", "tainting"),
    ],
)
def test_the_terms_that_auditors_look_for_stand_where_they_apply(name: str, term: str) -> None:
    assert term in " ".join((FUNCTIONS[name].__doc__ or "").split())


@pytest.mark.parametrize("part", PARTS)
def test_every_part_says_what_it_is_and_exports_what_there_is(part: str) -> None:
    names = public_names(PARTS[part])
    assert PARTS[part].__doc__ and len(names) == len(set(names))
    if not hasattr(PARTS[part], "__path__"):
        return
    assert all(hasattr(PARTS[part], name) for name in names)
    own = [module for module in MODULES if module.__name__.startswith(f"{PARTS[part].__name__}.")]
    tops = {name for module in own for name in public_names(module) if inspect.isfunction(getattr(module, name))}
    assert tops - set(names) <= HELPERS


HELPERS = {  # what modules of the statistics take from each other, and nobody else
    "cell_limit",
    "check_codes",
    "check_missing_counts",
    "complete_taints",
    "estimate_variances",
    "find_outer_codes",
    "find_pairs",
    "find_residuals",
    "find_smallest_size",
    "select_overstatements",
    "select_understatements",
    "sum_by_code",
    "unseen_distribution",
}


def test_no_name_stands_for_two_methods() -> None:
    names = [name.partition(".")[2] for name in FUNCTIONS]
    assert sorted(names) == sorted(set(names))


def test_what_only_re_performs_is_listed_and_says_so() -> None:
    texts = {name: " ".join((function.__doc__ or "").split()) for name, function in FUNCTIONS.items()}
    marked = {name for name, text in texts.items() if "Only to re-perform" in text}
    assert marked == statistics.RE_PERFORMANCE_ONLY
    section = DOCUMENT.read_text(encoding="utf-8").split("## Only to re-perform")[1].split("\n## ")[0]
    assert set(re.findall(r"`(\w+\.\w+)`", section)) == statistics.RE_PERFORMANCE_ONLY


def test_what_the_document_says_of_looking_early_is_so() -> None:
    """The price of looking early is against the size at the same confidence."""
    sequential, sizes = statistics.sequential, statistics.sizes
    text = " ".join(DOCUMENT.read_text(encoding="utf-8").split())
    means, planned = [], []
    for level in ("0.95", "0.90"):
        bounds = sequential.stopping_bounds(1000, "0.05", level, (1, 30))
        means.append(round(sequential.stopping_distribution(1000, bounds, 0).mean))
        planned.append(sizes.discovery_size(1000, "0.05", level))
    assert f"takes {means[0]} cases instead of the {planned[0]} of" in text
    assert f"takes {means[1]} instead of {planned[1]}" in text
    failing = sequential.stopping_distribution(1000, bounds, 300)
    assert f"after {failing.quantile('0.5')} cases or fewer half" in text
    assert f"after {round(failing.mean)} on average" in text
