"""Source: R 4.2.2, package PracTools 1.7.5: nPropMoe(moe.sw = 1) and nAuditAttr(AccDev = 0)."""

import json
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from audit.methods.sizes import attribute_size, precision_size

CASES = [
    json.loads(line) for line in Path(__file__).with_name("practools.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("case", [case for case in CASES if case["kind"] == "size"], ids=lambda case: case["id"])
def test_size_for_a_margin(case: dict[str, Any]) -> None:
    size = precision_size(case["population"], case["margin"], case["level"], case["p"])
    assert size == ceil(case["n_unrounded"])


@pytest.mark.parametrize("case", [case for case in CASES if case["kind"] == "discovery"], ids=lambda case: case["id"])
def test_discovery(case: dict[str, Any]) -> None:
    asked = case["tolerable"], 0, case["confidence"]
    assert attribute_size(case["population"], *asked) == case["hypergeometric"]
    assert attribute_size(None, *asked) == case["binomial"]
