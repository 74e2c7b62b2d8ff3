"""Source: R 4.2.2, DescTools at 820c97cc, BinomCI: where it departs from the methods that it names, and by how much."""

import json
from pathlib import Path
from typing import Any

import pytest
from scipy.special import xlog1py, xlogy
from scipy.stats import norm

from audit.statistics.intervals.binomial import likelihood_ratio, pratt
from audit.statistics.intervals.exact import clopper_pearson

FILE = Path(__file__).parent / "cases" / "evaluation.binomial.jsonl"
CASES: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
PRATT = [
    case for case in CASES if case["area"].endswith(".pratt") and 1 < case["inputs"]["x"] < case["inputs"]["n"] - 1
]
LIKELIHOOD = [case for case in CASES if case["area"].endswith(".lik")]


@pytest.mark.parametrize("case", PRATT, ids=lambda case: case["id"])
def test_its_lower_limit_of_pratt_is_no_mirror_of_its_upper_one(case: dict[str, Any]) -> None:
    """It writes n - x - 1 for n - x + 1."""
    x, n, level = (case["inputs"][name] for name in ("x", "n", "conf_level"))
    z, a, b = norm.isf((1 - level) / 2), x, n - x - 1
    root = 3 * z * (9 * a * b * (9 * n + 5 - z**2) + n + 1) ** 0.5
    cube = (81 * a * b - 9 * n - 8 + root) / (81 * a**2 - 9 * a * (2 + z**2) + 1)
    assert case["expected"]["lower"] == pytest.approx(1 / (1 + (a / b) ** 2 * cube**3), abs=1e-9)
    assert pratt(x, n, level)[0] == pytest.approx(1 - pratt(n - x, n, level)[1], abs=1e-12)


def test_half_of_the_cases_show_it_best() -> None:
    """Limits on 50 of 100 must mirror each other, and be near the exact ones; theirs are 42.2% and 58.6%."""
    (theirs,) = (case["expected"] for case in PRATT if case["id"] == "binomci-pratt-x50-n100-0.90")
    assert theirs["lower"] + theirs["upper"] > 1.008
    assert sum(pratt(50, 100, "0.9")) == pytest.approx(1, abs=1e-12)
    assert pratt(50, 100, "0.9") == pytest.approx(clopper_pearson(50, 100, "0.9"), abs=5e-5)


@pytest.mark.parametrize("case", LIKELIHOOD, ids=lambda case: case["id"])
def test_likelihood_limits_meet_their_equation(case: dict[str, Any]) -> None:
    x, n, level = (case["inputs"][name] for name in ("x", "n", "conf_level"))
    for limit in likelihood_ratio(x, n, level):
        if 0 < limit < 1:
            drop = xlogy(x, x / n) + xlog1py(n - x, -x / n) - xlogy(x, limit) - xlog1py(n - x, -limit)
            assert 2 * drop == pytest.approx(norm.isf((1 - level) / 2) ** 2, abs=1e-9)
