"""Source: DCAA EZ-Quant, discovery sampling, as transcribed in jfa 0.7.3's tests."""

import json
from pathlib import Path

from audit.methods.sizes import attribute_size

CASES = [
    json.loads(line) for line in Path(__file__).with_name("ez_quant.jsonl").read_text(encoding="utf-8").splitlines()
]


def test_discovery_sizes() -> None:
    found = [attribute_size(case["population"], case["tolerable"], 0, case["confidence"]) for case in CASES]
    assert len(CASES) == 22
    assert found == [case["n"] for case in CASES]
