"""Source: FunnelPlotR at 9020d49, run in R 4.2.2: z-scores, winsorised or truncated phi, tau squared, limits."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audit.statistics.offices.funnel import binomial_funnel
from audit.statistics.offices.overdispersion import (
    arcsine_z_scores,
    between_office_variance,
    dispersion_ratio,
    estimate_dispersion,
    overdispersed_funnel,
)
from audit.statistics.parameters import Shares

CASES = {
    case["id"]: case
    for case in map(json.loads, Path(__file__).with_name("funnelplotr.jsonl").read_text(encoding="utf-8").splitlines())
}
OFFICES = CASES["funnel-offices-PR--"]


def of_ratios(case: dict[str, Any]) -> tuple[Shares, Shares]:
    """Departures and standard errors of observed over expected counts, on the scale that the method transforms to."""
    x, n = np.array(case["numerator"]), np.array(case["denominator"])
    if case["sr_method"] == "CQC":
        errors = 1 / (2 * np.sqrt(n))
        return (np.sqrt(x / n) - 1) / errors, errors
    errors = 1 / np.sqrt(n)
    return np.log(x / n) / errors, errors


def test_the_dispersion_of_shares() -> None:
    x, n, found = np.array(OFFICES["numerator"]), np.array(OFFICES["denominator"]), OFFICES["expected"]
    z, errors = arcsine_z_scores(x, n, found["target"])
    assert z.tolist() == pytest.approx(found["z_unadjusted"])
    assert dispersion_ratio(z) == pytest.approx(found["phi"])
    assert between_office_variance(dispersion_ratio(z), errors) == pytest.approx(found["tau2"])
    assert estimate_dispersion(x, n, found["target"]) == pytest.approx((found["phi"], found["tau2"]))


@pytest.mark.parametrize(("level", "name"), [("0.95", "95"), ("0.998", "998")])
def test_widened_limits_are_theirs_unless_chance_alone_reaches_further(level: str, name: str) -> None:
    found = OFFICES["expected"]
    sizes, target = np.array(found["denominators"]), found["target"]
    lower, upper = overdispersed_funnel(sizes, target, level, variance=found["tau2"])
    exact = binomial_funnel(sizes, target, level)
    assert lower.tolist() == pytest.approx(np.minimum(found[f"odll{name}"], exact[0]).tolist(), abs=1e-6)
    assert upper.tolist() == pytest.approx(np.maximum(found[f"odul{name}"], exact[1]).tolist(), abs=1e-6)
    assert sum(upper > exact[1]) >= 8  # theirs are the wider ones but for the smallest offices


def test_the_dispersion_of_ratios_winsorised() -> None:
    case = CASES["funnel-t6-SR-CQC"]
    z, errors = of_ratios(case)
    assert z.tolist() == pytest.approx(case["expected"]["z_unadjusted"])
    assert dispersion_ratio(z) == pytest.approx(case["expected"]["phi"])
    assert between_office_variance(dispersion_ratio(z), errors) == pytest.approx(case["expected"]["tau2"])


@pytest.mark.parametrize("name", ["funnel-phi-test", "funnel-t6-SR-SHMI"])
def test_the_dispersion_of_ratios_truncated(name: str) -> None:
    """Truncation by a tenth takes none of six offices away: phi is the plain mean."""
    case = CASES[name]
    z, errors = of_ratios(case)
    phi = float(np.mean(z**2))
    assert phi == pytest.approx(case["expected"]["phi"])
    if "tau2" in case["expected"]:
        assert between_office_variance(phi, errors) == pytest.approx(case["expected"]["tau2"])
