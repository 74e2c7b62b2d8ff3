"""Source: jfa 0.7.3 (commit f3723cc2): sizes that its tests assert and exact arithmetic confirms, and its defects.

`jfa_defects.jsonl` holds sizes that its tests pin and that floating-point rounding made wrong (the exact ones are
beside them), and two-sided limits whose lower one inverts P(X <= x) for P(X >= x), and is too high.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from audit.methods.limits import hypergeometric_limits
from audit.methods.sizes import attribute_size


def read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()]


CASES, DEFECTS = read("jfa.jsonl"), read("jfa_defects.jsonl")


def size(case: dict[str, Any]) -> int:
    return attribute_size(case["population"], case["tolerable"], case["expected"], case["confidence"])


def test_attribute_sizes() -> None:
    assert len(CASES) > 200
    assert {case["id"]: size(case) for case in CASES} == {case["id"]: case["n"] for case in CASES}


@pytest.mark.parametrize("case", [case for case in DEFECTS if case["kind"] == "size"], ids=lambda case: case["id"])
def test_sizes_that_rounding_made_wrong(case: dict[str, Any]) -> None:
    assert size(case) == case["exact"] != case["theirs"]


@pytest.mark.parametrize("case", [case for case in DEFECTS if case["kind"] == "limits"], ids=lambda case: case["id"])
def test_lower_limits_that_do_not_cover(case: dict[str, Any]) -> None:
    lower, upper = hypergeometric_limits(case["x"], case["n"], case["population"], case["level"])
    assert lower < case["theirs"][0]
    assert upper == case["theirs"][1]


def test_the_case_that_shows_it_best() -> None:
    """All of 100 pass out of 1,000: its lower limit says that every case of the population passes."""
    assert hypergeometric_limits(100, 100, 1000, "0.95") == (966, 1000)
    assert hypergeometric_limits(4, 200, 1000, "0.95") == (7, 47)
