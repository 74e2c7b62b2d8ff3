"""Values that were published, or that another implementation gives: each case names its source.

`cases/` holds one case a line: its area, source, inputs, expected values and tolerance (absolute, or relative to a
value above 1). A module `answers_*.py` holds, in `ANSWERS`, what the project computes for the inputs of an area. It
may hold, in `REFUSED`, the cases that it refuses on purpose, by id, and in `TOLERANCES` the areas whose source is less
exact than its cases say, each with the tolerance that it bears.
"""

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit.errors import AuditError

HERE = Path(__file__).parent
Answer = Callable[[dict[str, Any]], dict[str, Any] | None]

ANSWERS: dict[str, Answer] = {}
REFUSED: dict[str, str] = {}
TOLERANCES: dict[str, float] = {}
for module in (importlib.import_module(f"tests.reference.{path.stem}") for path in sorted(HERE.glob("answers_*.py"))):
    assert not ANSWERS.keys() & module.ANSWERS.keys(), f"{module.__name__} answers what another module answers"
    ANSWERS |= module.ANSWERS
    REFUSED |= getattr(module, "REFUSED", {})
    TOLERANCES |= getattr(module, "TOLERANCES", {})

CASES: list[dict[str, Any]] = [
    json.loads(line)
    for path in sorted((HERE / "cases").glob("*.jsonl"))
    for line in path.read_text(encoding="utf-8").splitlines()
]


def asked(case: dict[str, Any]) -> dict[str, Any]:
    """What a case asks: its inputs and, where they leave the method open, the source that names it."""
    return {"source": case["source"], **case["inputs"]}


def agree(found: Any, expected: Any, tolerance: float) -> bool:
    """Number by number: to the tolerance, absolute or relative to a value above 1; all else exactly."""
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(agree(found[k], expected[k], tolerance) for k in expected)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(agree, found, expected, [tolerance] * len(expected)))
    if isinstance(expected, bool | str | None):
        return bool(found == expected)
    return bool(abs(found - expected) <= tolerance * max(1, abs(expected)))


@pytest.mark.parametrize("case", [case for case in CASES if case["id"] not in REFUSED], ids=lambda case: case["id"])
def test_case(case: dict[str, Any]) -> None:
    found = ANSWERS[case["area"]](asked(case))
    assert found is not None
    tolerance = max(case["tolerance"], TOLERANCES.get(case["area"], 0))
    names = found.keys() & case["expected"].keys()
    assert names, "nothing that the case expects is computed"
    pairs = {name: (found[name], case["expected"][name]) for name in sorted(names)}
    wrong = {name: pair for name, pair in pairs.items() if not agree(*pair, tolerance)}
    assert not wrong, f"found and expected, {case['source']}"


@pytest.mark.parametrize("case", [case for case in CASES if case["id"] in REFUSED], ids=lambda case: case["id"])
def test_refused(case: dict[str, Any]) -> None:
    with pytest.raises(AuditError):
        ANSWERS[case["area"]](asked(case))


def test_every_case_is_its_own() -> None:
    names = [case["id"] for case in CASES]
    assert len(names) == len(set(names))
    assert REFUSED.keys() <= set(names)
