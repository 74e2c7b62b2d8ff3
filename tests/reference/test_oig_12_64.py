"""Source: DHS OIG-12-64 (April 2012): counts and printed rates.

The report prints no limits; those here were computed apart from this project, with scipy 1.17.1, taking the fiscal
year's 348,958 matches for the frame, which the report does not state.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from audit.methods.limits import clopper_pearson, hypergeometric_limits
from audit.wording import percent

CASES = [
    json.loads(line) for line in Path(__file__).with_name("oig_12_64.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_counts_rates_and_limits(case: dict[str, Any]) -> None:
    x, n = case["x"], case["n"]
    assert case["printed"] in (None, percent(x, n, places=0))
    assert hypergeometric_limits(x, n, case["population"], "0.95") == tuple(case["limits"])
    assert clopper_pearson(x, n, "0.95") == pytest.approx(case["clopper_pearson"], abs=5e-7)


def test_the_published_cells_add_up() -> None:
    consistent, inconsistent = [267, 48, 11, 88, 218, 21, 45], [16, 8, 1]
    assert (sum(consistent), sum(inconsistent), sum(consistent) + sum(inconsistent) + 43) == (698, 25, 766)
