"""What the project computes for the cases of monetary unit sampling."""

import csv
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from audit.statistics.monetary import bounds, difference_estimation, sizes
from audit.statistics.parameters import parse_rate
from audit.statistics.sizes import bayesian


def planned(case: dict[str, Any]) -> dict[str, Any]:
    tolerable = case["tolerable_rate"] if "tolerable_rate" in case else case["tolerable"]
    expected, confidence = case["expected"], case["conf_level"]
    size = sizes.poisson_size(tolerable, expected, confidence)
    return {"n": size, "x": float(parse_rate(expected) * size)} if "expected_is" in case else {"n": size}


def taints(case: dict[str, Any]) -> dict[str, Any]:
    return {"expected_sum_of_taints": sizes.expected_taints(case["ratio_expected_to_tolerable"], case["conf_level"])}


def bound(method: Callable[..., float]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def answer(case: dict[str, Any]) -> dict[str, Any]:
        upper = method(case["taints"], case["n"], confidence=case["conf_level"])
        return {"mle": sum(case["taints"]) / case["n"], "upper_rate": upper}

    return answer


def rohrbach(case: dict[str, Any]) -> dict[str, Any]:
    return bound(partial(bounds.rohrbach_bound, population=case["N_units"]))(case)


def cox_snell(case: dict[str, Any]) -> dict[str, Any]:
    return bound(bounds.cox_snell_bound)(case) | {"mle": bounds.cox_snell_mode(case["taints"], case["n"])}


def dworin_grimlund(case: dict[str, Any]) -> dict[str, Any]:
    return {"upper_percent": 100 * bound(bounds.moment_bound)(case)["upper_rate"]}


def estimated(case: dict[str, Any]) -> dict[str, Any]:
    """The first hundred items of jfa's BuildIt; jfa's figures are without a finite population correction."""
    with (Path(__file__).parent / "data" / case["data"]).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    book, audited = ([float(row[name]) for row in rows] for name in ("bookValue", "auditValue"))
    drawn, items, total = slice(100), case["N_items"], sum(book)
    methods: dict[str, Callable[..., difference_estimation.Misstatement]] = {
        "direct": partial(difference_estimation.mean_per_unit, total=total),
        "difference": difference_estimation.difference_estimate,
        "quotient": partial(difference_estimation.ratio_estimate, total=total),
        "regression": partial(difference_estimation.regression_estimate, total=total),
    }
    found = methods[case["method"]](book[drawn], audited[drawn], items)
    lower, upper = difference_estimation.amount_limits(found, case["conf_level"], finite=False)
    return {"mle": found.estimate, "lower": lower, "upper": upper}


def evidence(case: dict[str, Any]) -> dict[str, Any]:
    tolerable = case["materiality"]
    prior = bayesian.impartial_prior(tolerable) if "impartial" in case["prior"] else (1.0, 1.0)
    return {"bf_tolerable": bayesian.bayes_factor(case["x"], case["n"], tolerable, prior)}


ANSWERS = {
    "evaluation.bayes.bf": evidence,
    "evaluation.variables.estimator": estimated,
    "evaluation.mus.binomial": bound(bounds.binomial_bound),
    "evaluation.mus.cell": bound(bounds.cell_bound),
    "evaluation.mus.coxsnell": cox_snell,
    "evaluation.mus.moment": bound(bounds.moment_bound),
    "evaluation.mus.moment_dworin_grimlund": dworin_grimlund,
    "evaluation.mus.mpu": bound(bounds.mean_bound),
    "evaluation.mus.poisson": bound(bounds.poisson_bound),
    "evaluation.mus.pps": bound(bounds.pps_bound),
    "evaluation.mus.rohrbach": rohrbach,
    "evaluation.mus.stringer": bound(bounds.stringer_binomial),
    "evaluation.mus.stringer.lta": bound(bounds.stringer_lta),
    "evaluation.mus.stringer.meikle": bound(bounds.stringer_meikle),
    "evaluation.mus.stringer.poisson": bound(bounds.stringer_poisson),
    "evaluation.mus.stringer.pvz": bound(bounds.stringer_pvz),
    "planning.mus.poisson": planned,
    "planning.mus.poisson.expected_taints": taints,
    "planning.mus.confidence_factor": lambda case: {
        "factor": sizes.confidence_factor(case["ratio_expected_to_tolerable"], case["conf_level"])
    },
    "planning.mus.reliability_factor": lambda case: {
        "factor": sizes.reliability_factor(case["overstatements"], case["conf_level"])
    },
}
