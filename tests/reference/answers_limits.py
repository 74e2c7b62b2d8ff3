"""Answers on limits: exact, optimal, by name, for several kinds, for undeterminable cases."""

from collections.abc import Callable
from math import ceil
from typing import Any

import numpy as np

from audit.statistics.intervals import binomial
from audit.statistics.intervals.exact import binomial_upper, clopper_pearson, hypergeometric_limits, poisson_limits
from audit.statistics.intervals.missing_outcomes import identification_bounds
from audit.statistics.intervals.multinomial import goodman, sison_glaz
from audit.statistics.intervals.optimal import optimal_limits
from audit.statistics.intervals.stratified import stratified_mean, stratified_proportion
from audit.statistics.parameters import parse_rate, z_value

Case = dict[str, Any]


def mean(case: Case) -> Case:
    """A normal quantile, as samplingbook has it."""
    strata = list(case["Nh"])
    values = [[y for y, stratum in zip(case["y"], case["h"], strict=True) if stratum == name] for name in strata]
    estimate, error, _ = stratified_mean(values, [case["Nh"][name] for name in strata])
    margin = z_value("0.95") * error
    return {"mean": estimate, "se": error, "lower": estimate - margin, "upper": estimate + margin}


def pooling(case: Case) -> Case:
    """One-sided limits: of all strata as one sample, and of each on its own; the weighted rate beside."""
    x, n, level = np.array(case["x"]), np.array(case["n"]), case["conf_level"]
    return {
        "complete_mle": x.sum() / n.sum(),
        "complete_upper": binomial_upper(int(x.sum()), int(n.sum()), level),
        "nopool_mle": stratified_proportion(case["x"], case["n"], case["N"]).estimate,
        "strata_upper": binomial_upper(x, n, level).tolist(),
    }


def by_name(interval: binomial.BinomialInterval) -> Callable[[Case], Case]:
    def answer(case: Case) -> Case:
        lower, upper = interval(case["x"], case["n"], case["conf_level"])
        return {"lower": lower, "upper": upper}

    return answer


def upper(case: Case) -> Case:
    """One-sided; AICPA prints percent, rounded up to a tenth."""
    limit = binomial_upper(
        case["x"], case["n"], case["conf_level"] if "conf_level" in case else 1 - parse_rate(case["alpha"])
    )
    return {"upper_percent": ceil(limit * 1000) / 10} if "rounding" in case else {"upper": limit}


def hypergeometric(case: Case) -> Case:
    lower, upper = hypergeometric_limits(case["x"], case["n"], case["N"], case["conf_level"])
    return {"lower_count": lower, "upper_count": upper}


def optimal(case: Case) -> Case:
    lower, upper = optimal_limits(case["x"], case["n"], case["N"], 1 - parse_rate(case["alpha"]))
    return {"lower_count": lower, "upper_count": upper}


def normal(case: Case) -> Case:
    """One stratum, and a normal quantile as samplingbook has it."""
    estimate, error, _ = stratified_proportion([case["x"]], [case["n"]], [case["N"]])
    margin = z_value(case["conf_level"]) * error
    return {"p": estimate, "se": error, "lower": estimate - margin, "upper": estimate + margin}


def pratt(case: Case) -> Case:
    """The upper limit alone: the lower one of DescTools has n - x - 1 for n - x + 1 (`test_desctools.py`)."""
    return {"upper": binomial.pratt(case["x"], case["n"], case["conf_level"])[1]}


def several(case: Case) -> Case:
    """Goodman's intervals, or Sison and Glaz's: the source says which."""
    method = goodman if "goodman" in case["source"] else sison_glaz
    lower, upper = method(case["counts"], case["conf_level"])
    return {"lower": lower.tolist(), "upper": upper.tolist()}


def bounds(case: Case) -> Case:
    found = identification_bounds(case["compliant"], case["undeterminable"], case["n"])
    return {"lower": found.worst, "upper": found.best, "complete_case": found.assessed}


def poisson(case: Case) -> Case:
    lower, upper = poisson_limits(case["x"], case["t"], case["conf_level"])
    return {"lower": lower, "upper": upper}


ANSWERS: dict[str, Callable[[Case], Case | None]] = {
    "evaluation.attribute.binomial.upper": upper,
    "evaluation.attribute.hypergeometric.amo": optimal,
    "evaluation.attribute.srs.normal_fpc": normal,
    "evaluation.attribute.hypergeometric.limits": hypergeometric,
    "evaluation.binomial.ci.pratt": pratt,
    "evaluation.multinomial": several,
    "evaluation.poisson.ci": poisson,
    "evaluation.stratified.mean": mean,
    "evaluation.stratified.pooling": pooling,
    "evaluation.undeterminable.manski": bounds,
} | {
    f"evaluation.binomial.ci.{name}": by_name(interval)
    for name, interval in {
        "agresti_coull": binomial.agresti_coull,
        "arcsine": binomial.arcsine,
        "blaker": binomial.blaker,
        "clopper_pearson": clopper_pearson,
        "jeffreys": binomial.jeffreys,
        "lik": binomial.likelihood_ratio,
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

REFUSED = {"manski-50-50-2": "50 conforming and 2 undeterminable cases are more than the 50 drawn: a bound of 104%"}
