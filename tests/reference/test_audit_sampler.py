"""Source: AuditSampler, attribute sample sizes, as transcribed in jfa 0.7.3's tests."""

import json
from pathlib import Path
from typing import Any

import pytest

from audit.methods.sizes import attribute_size

CASES = [
    json.loads(line)
    for line in Path(__file__).with_name("audit_sampler.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_sizes(case: dict[str, Any]) -> None:
    asked = case["tolerable"], case["expected"], case["confidence"]
    assert attribute_size(case["population"], *asked) == case["n_hypergeometric"]
    assert attribute_size(None, *asked) == case["n_binomial"]
