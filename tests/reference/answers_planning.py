"""Answers on planning: sizes for a conclusion and for a margin, acceptance, allocation, priors."""

from collections.abc import Callable
from functools import partial
from math import ceil
from typing import Any

from audit.statistics.parameters import parse_rate, z_value
from audit.statistics.sizes.acceptance import acceptance_plan, evaluate_deviations, two_stage_size
from audit.statistics.sizes.allocation import neyman_allocation, proportional_allocation
from audit.statistics.sizes.attribute import attribute_plan, attribute_size, critical_size, poisson_plan
from audit.statistics.sizes.bayesian import beta_binomial_size, beta_size, gamma_size
from audit.statistics.sizes.precision import (
    finite_size,
    fleiss_size,
    log_odds_size,
    survey_size,
    wald_size,
    wilson_size,
)

Case = dict[str, Any]


def confidence(case: Case) -> Any:
    return case["conf_level"] if "conf_level" in case else 1 - parse_rate(case["alpha"])


def attribute(case: Case) -> Case:
    """The size and what it allows; for a population that ends, the size of one that does not beside it."""
    population, tolerable = case.get("N"), case["tolerable_rate"]
    if case.get("expected_is") == "count":
        return {"n": critical_size(population, tolerable, case["expected"], confidence(case)), "x": case["expected"]}
    expected = case["expected_rate"] if "expected_rate" in case else case["expected"]
    plan = attribute_plan(population, tolerable, expected, confidence(case))
    endless = attribute_size(None, tolerable, expected, confidence(case))
    return {"n": plan.cases, "x": plan.allowed, "n_hypergeometric": plan.cases, "n_binomial": endless}


def poisson(case: Case) -> Case:
    plan = poisson_plan(case["tolerable_rate"], case["expected_rate"], confidence(case))
    return {"n": plan.cases, "x": plan.allowed}


def critical(case: Case) -> Case:
    return {"n": critical_size(case.get("N"), case["tolerable_rate"], case["c"], confidence(case))}


def fam(case: Case) -> Case:
    found = evaluate_deviations(case["x"], case["n"], case.get("N"), case["tolerable_rate"], confidence(case))
    return {"accept": found.conclusion == "meets", "p_value": found.fewer}


def discovery(case: Case) -> Case:
    allowed = int(case.get("acceptable_deviations") or case.get("expected_errors") or 0)
    size = critical_size(case["N"], case["tolerable_rate"], allowed, confidence(case))
    endless = critical_size(None, case["tolerable_rate"], allowed, confidence(case))
    return {
        "n": size,
        "Sample.Size.Hypergeometric": size,
        "Sample.Size.Binomial": endless,
        "Pop.Size": case["N"],
        "Tol.Dev.Rate": case["tolerable_rate"],
        "Acceptable.Errors": allowed,
    }


def acceptance(case: Case) -> Case:
    plan = acceptance_plan(
        case.get("N"),
        case["producer_p"],
        case["consumer_p"],
        passes_good=case["producer_accept"],
        passes_bad=case["consumer_accept"],
    )
    return {"n": plan.cases, "c": plan.allowed}


def allocation(case: Case) -> Case:
    if case["type"] == "prop":
        return {"nh": proportional_allocation(case["n"], case["Nh"])}
    return {"nh": neyman_allocation(case["n"], case["Nh"], case["Sh"])}


def proportion(case: Case) -> Case:
    """samplingbook's size takes N for N - 1 in the correction; PracTools' does not."""
    asked = case["half_width"], case["conf_level"], case["P"]
    simple = wald_size(None, *asked)
    return {"n_unrounded": wald_size(case["N"], *asked), "n": ceil(finite_size(simple, case["N"]))}


def wilson_precision(case: Case) -> Case:
    n = wilson_size(case["half_width"], case["conf_level"], case["P"])
    square = z_value(case["conf_level"]) ** 2
    middle = (n * case["P"] + square / 2) / (n + square)  # of Wilson's interval, for parts of cases, too
    return {"n": n, "lower": middle - case["half_width"], "upper": middle + case["half_width"]}


def survey(case: Case) -> Case:
    first = fleiss_size if case.get("method") == "fleiss" else partial(wald_size, None)
    simple = first(case["moe"], case.get("conf_level", "0.95"), case["p"])
    steps = survey_size(simple, case["pop_size"], case["deff"], case["resp_rate"])
    return {"n0": steps.simple, "n_deff": steps.designed, "n_fpc": steps.finite, "n": steps.drawn}


def two_stage(case: Case) -> Case:
    n = two_stage_size(case.get("N"), case["tolerable_rate"], confidence(case), *case["expected"])
    return {"n_per_stage": n, "n": 2 * n}


def prior(case: Case) -> tuple[float, float]:
    first, second = case["prior"].rstrip(")").replace("(", ",").split(",")[-2:]
    return float(first), float(second)


def by_beta(case: Case) -> Case:
    n = beta_size(case["tolerable_rate"], case["expected_rate"], confidence(case), prior(case))
    return {"n": n, "x": n * case["expected_rate"]}


def by_gamma(case: Case) -> Case:
    n = gamma_size(case["tolerable_rate"], case["expected_rate"], confidence(case), prior(case))
    return {"n": n, "x": n * case["expected_rate"]}


def by_beta_binomial(case: Case) -> Case:
    n = beta_binomial_size(case["N"], case["tolerable_rate"], case["expected_rate"], confidence(case), prior(case))
    return {"n": n, "x": ceil(parse_rate(case["expected_rate"]) * n)}


ANSWERS: dict[str, Callable[[Case], Case | None]] = {
    "planning.acceptance": acceptance,
    "planning.allocation": allocation,
    "planning.attribute.binomial": attribute,
    "planning.attribute.binomial.critical": critical,
    "planning.attribute.fam": fam,
    "planning.attribute.hypergeometric": attribute,
    "planning.attribute.poisson": poisson,
    "planning.bayes.beta": by_beta,
    "planning.bayes.betabinomial": by_beta_binomial,
    "planning.bayes.gamma": by_gamma,
    "planning.discovery": discovery,
    "planning.discovery.hypergeometric": discovery,
    "planning.precision.logodds": lambda case: {"n": log_odds_size(case["half_width"], case["conf_level"], case["P"])},
    "planning.precision.proportion": proportion,
    "planning.precision.svy": survey,
    "planning.precision.wilson": wilson_precision,
    "planning.sequential.two_stage": two_stage,
}
