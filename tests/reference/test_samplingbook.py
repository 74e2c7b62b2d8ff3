"""Source: R 4.2.2, package samplingbook 1.2.4: sample.size.prop, stratasamp(type = "prop") and Sprop's exact interval.

It departs in two places from what is right, and each is held here: its "exact" interval goes one case too far on
the side it leaves, and its size takes the variance p (1 - p) for that of the population, N / (N - 1) times as large.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from audit.design import proportional
from audit.methods.limits import hypergeometric_limits
from audit.methods.sizes import precision_margin, precision_size

TEXT = Path(__file__).with_name("samplingbook.jsonl").read_text(encoding="utf-8")
CASES = [json.loads(line) for line in TEXT.splitlines()]


SIZES = [case for case in CASES if case["kind"] == "size"]
SHORT = "size-prop-e0.10-P0.4-N1000-0.90"


@pytest.mark.parametrize("case", [case for case in SIZES if case["id"] != SHORT], ids=lambda case: case["id"])
def test_size_for_a_margin(case: dict[str, Any]) -> None:
    assert precision_size(case["population"], case["margin"], case["level"], case["p"]) == case["n"]


def test_one_size_is_a_case_too_few_for_its_margin() -> None:
    (case,) = [case for case in SIZES if case["id"] == SHORT]
    size = precision_size(case["population"], case["margin"], case["level"], case["p"])
    assert size == case["n"] + 1
    assert precision_margin([case["n"]], [case["population"]], case["level"], case["p"]) > 0.1
    assert precision_margin([size], [case["population"]], case["level"], case["p"]) <= 0.1


@pytest.mark.parametrize("case", [case for case in CASES if case["kind"] == "allocation"], ids=lambda case: case["id"])
def test_proportional_takes(case: dict[str, Any]) -> None:
    sizes = {f"stratum {number}": size for number, size in enumerate(case["sizes"])}
    assert list(proportional(sizes, case["size"]).values()) == case["takes"]


@pytest.mark.parametrize("case", [case for case in CASES if case["kind"] == "limits"], ids=lambda case: case["id"])
def test_the_interval_ends_where_the_sample_no_longer_rejects(case: dict[str, Any]) -> None:
    lower, upper = hypergeometric_limits(case["x"], case["n"], case["population"], case["level"])
    assert (lower, upper) == (2, 18), "two cases were seen, so the lower limits agree"
    assert case["theirs"] == [lower, upper + 1]
