"""Answers on limits: exact, optimal, by name, for several kinds, for undeterminable cases."""

from collections.abc import Callable
from math import ceil
from typing import Any

from audit.methods import binomial
from audit.methods.limits import binomial_upper, clopper_pearson, hypergeometric_limits, poisson_limits
from audit.methods.rate import typed

Case = dict[str, Any]


def by_name(interval: binomial.Interval) -> Callable[[Case], Case]:
    def answer(case: Case) -> Case:
        lower, upper = interval(case["x"], case["n"], case["conf_level"])
        return {"lower": lower, "upper": upper}

    return answer


def upper(case: Case) -> Case:
    """One-sided; AICPA prints percent, rounded up to a tenth."""
    limit = binomial_upper(
        case["x"], case["n"], case["conf_level"] if "conf_level" in case else 1 - typed(case["alpha"])
    )
    return {"upper_percent": ceil(limit * 1000) / 10} if "rounding" in case else {"upper": limit}


def hypergeometric(case: Case) -> Case:
    lower, upper = hypergeometric_limits(case["x"], case["n"], case["N"], case["conf_level"])
    return {"lower_count": lower, "upper_count": upper}


def pratt(case: Case) -> Case:
    """The upper limit alone: the lower one of DescTools has n - x - 1 for n - x + 1 (`test_desctools.py`)."""
    return {"upper": binomial.pratt(case["x"], case["n"], case["conf_level"])[1]}


def poisson(case: Case) -> Case:
    lower, upper = poisson_limits(case["x"], case["t"], case["conf_level"])
    return {"lower": lower, "upper": upper}


ANSWERS: dict[str, Callable[[Case], Case | None]] = {
    "evaluation.attribute.binomial.upper": upper,
    "evaluation.attribute.hypergeometric.limits": hypergeometric,
    "evaluation.binomial.ci.pratt": pratt,
    "evaluation.poisson.ci": poisson,
} | {
    f"evaluation.binomial.ci.{name}": by_name(interval)
    for name, interval in {
        "agresti_coull": binomial.agresti_coull,
        "arcsine": binomial.arcsine,
        "blaker": binomial.blaker,
        "clopper_pearson": clopper_pearson,
        "jeffreys": binomial.jeffreys,
        "lik": binomial.likelihood,
        "logit": binomial.logit,
        "midp": binomial.mid_p,
        "modified_wilson": binomial.modified_wilson,
        "wald": binomial.wald,
        "wilson": binomial.wilson,
        "wilson_cc": binomial.wilson_corrected,
        "wilsoncc": binomial.wilson_corrected,
    }.items()
}

# DescTools stops R's uniroot at its default tolerance, 1.2e-4: its deviance misses z squared by up to 0.004, ours by
# less than 1e-9 (`test_desctools.py`).
TOLERANCES = {"evaluation.binomial.ci.lik": 1e-4}
