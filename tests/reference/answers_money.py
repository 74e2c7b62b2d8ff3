"""What the project computes for the cases of monetary unit sampling."""

from collections.abc import Callable
from functools import partial
from typing import Any

from audit.methods import money, moneybounds
from audit.methods.rate import typed


def planned(case: dict[str, Any]) -> dict[str, Any]:
    tolerable = case["tolerable_rate"] if "tolerable_rate" in case else case["tolerable"]
    expected, confidence = case["expected"], case["conf_level"]
    size = money.poisson_size(tolerable, expected, confidence)
    return {"n": size, "x": float(typed(expected) * size)} if "expected_is" in case else {"n": size}


def taints(case: dict[str, Any]) -> dict[str, Any]:
    return {"expected_sum_of_taints": money.expected_taints(case["ratio_expected_to_tolerable"], case["conf_level"])}


def bound(method: Callable[..., float]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def answer(case: dict[str, Any]) -> dict[str, Any]:
        upper = method(case["taints"], case["n"], confidence=case["conf_level"])
        return {"mle": sum(case["taints"]) / case["n"], "upper_rate": upper}

    return answer


def rohrbach(case: dict[str, Any]) -> dict[str, Any]:
    return bound(partial(moneybounds.rohrbach_bound, population=case["N_units"]))(case)


def cox_snell(case: dict[str, Any]) -> dict[str, Any]:
    return bound(moneybounds.cox_snell_bound)(case) | {"mle": moneybounds.cox_snell_mode(case["taints"], case["n"])}


def dworin_grimlund(case: dict[str, Any]) -> dict[str, Any]:
    return {"upper_percent": 100 * bound(moneybounds.moment_bound)(case)["upper_rate"]}


ANSWERS = {
    "evaluation.mus.binomial": bound(moneybounds.binomial_bound),
    "evaluation.mus.cell": bound(moneybounds.cell_bound),
    "evaluation.mus.coxsnell": cox_snell,
    "evaluation.mus.moment": bound(moneybounds.moment_bound),
    "evaluation.mus.moment_dworin_grimlund": dworin_grimlund,
    "evaluation.mus.mpu": bound(moneybounds.mean_bound),
    "evaluation.mus.poisson": bound(moneybounds.poisson_bound),
    "evaluation.mus.pps": bound(moneybounds.pps_bound),
    "evaluation.mus.rohrbach": rohrbach,
    "evaluation.mus.stringer": bound(moneybounds.stringer_binomial),
    "evaluation.mus.stringer.lta": bound(moneybounds.stringer_lta),
    "evaluation.mus.stringer.meikle": bound(moneybounds.stringer_meikle),
    "evaluation.mus.stringer.poisson": bound(moneybounds.stringer_poisson),
    "evaluation.mus.stringer.pvz": bound(moneybounds.stringer_pvz),
    "planning.mus.poisson": planned,
    "planning.mus.poisson.expected_taints": taints,
    "planning.mus.confidence_factor": lambda case: {
        "factor": money.confidence_factor(case["ratio_expected_to_tolerable"], case["conf_level"])
    },
    "planning.mus.reliability_factor": lambda case: {
        "factor": money.reliability_factor(case["overstatements"], case["conf_level"])
    },
}
