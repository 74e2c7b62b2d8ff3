"""Source: R 4.2.2, package binom 1.1-1.1, binom.confint(x, n, conf.level, methods = "exact")."""

import json
from pathlib import Path
from typing import Any

import pytest

from audit.methods.limits import clopper_pearson

CASES = [
    json.loads(line) for line in Path(__file__).with_name("r_binom.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_clopper_pearson(case: dict[str, Any]) -> None:
    limits = clopper_pearson(case["x"], case["n"], case["level"])
    assert limits == pytest.approx((case["lower"], case["upper"]), abs=case["tolerance"])
