"""Source: Touw & Hoogduin 2011, Statistiek voor audit en controlling, p. 137, as transcribed in jfa 0.7.3's tests."""

import json
from pathlib import Path
from typing import Any

import pytest

from audit.methods.limits import clopper_pearson

CASES = [
    json.loads(line)
    for line in Path(__file__).with_name("touw_hoogduin.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_upper_limits(case: dict[str, Any]) -> None:
    """One-sided at 95%: one side of a two-sided interval at 90%."""
    assert clopper_pearson(case["x"], case["n"], "0.90")[1] == pytest.approx(case["upper"], abs=case["tolerance"])
