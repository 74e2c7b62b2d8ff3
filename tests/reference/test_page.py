"""The validation page is the one that the reference suite writes today."""

import importlib
import inspect

from tests.reference import page, rows
from tests.reference.test_cases import CASES, HERE

PAGE = HERE.parents[1] / "docs" / "validation.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page.page(), (
        "write it again: python -m tests.reference.page docs/validation.md"
    )


def test_every_area_has_its_row() -> None:
    listed = [area for method in rows.METHODS for area in method.areas.split()]
    assert len(listed) == len(set(listed))
    assert set(listed) | rows.APART == {case["area"] for case in CASES}


def test_every_function_is_there() -> None:
    assert list(page.absent()) == []


def test_every_defect_has_its_test() -> None:
    names = [importlib.import_module(f"tests.reference.{name}") for name in ("test_peer_defects", "test_desctools")]
    tests = {name for module in names for name, _ in inspect.getmembers(module, inspect.isfunction)}
    assert {defect.test for defect in rows.DEFECTS} <= tests
    assert sum(page.shown(defect) for defect in rows.DEFECTS if isinstance(defect.shown, str)) == len(
        page.peer_defects()
    )


def test_a_difference_is_rounded_up() -> None:
    found = [page.below(value, -9) for value in (0, 9e-10, 9.95e-10, 2e-5, 0.03, 0.3, 0.995)]
    assert found == ["< 1e-9", "< 1e-9", "< 1e-8", "< 1e-4", "< 0.1", "< 1", "≤ 1"]
