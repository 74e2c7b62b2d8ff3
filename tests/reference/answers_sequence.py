"""Answers on sequences: limits at every look at once, and bets that give p-values at any time."""

from collections.abc import Callable
from typing import Any

from audit.statistics.parameters import parse_rate
from audit.statistics.sequential.confidence_sequence import sequence_limits
from audit.statistics.sequential.martingales import (
    alpha_martingale,
    anytime_p_values,
    fixed_guesses,
    kaplan_markov,
    kaplan_wald,
    shrinking_guesses,
)

Case = dict[str, Any]


def ratio(case: Case) -> Case:
    prior = (case["prior"][0], case["prior"][1])
    lower, upper = sequence_limits(case["successes"], case["t"], case["N"], 1 - parse_rate(case["alpha"]), prior)
    return {"lower_count": lower, "upper_count": upper}


def markov(case: Case) -> Case:
    return {"p": float(anytime_p_values(kaplan_markov(case["x"], case["t"], case["g"]))[-1])}


def wald(case: Case) -> Case:
    return {"p": float(anytime_p_values(kaplan_wald(case["x"], case["t"], case["g"]))[-1])}


def alpha(case: Case) -> Case:
    x, population, mean, most = case["x"], case["N"], case["t"], case["u"]
    if case["estimator"] == "fixed_alternative":
        guesses = fixed_guesses(x, population, case["eta"], most)
    else:
        guesses = shrinking_guesses(x, population, mean, case["eta"], weight=case["d"], above=case["c"], most=most)
    stakes = alpha_martingale(x, population, mean, guesses, most)
    history = [[n, min(1.0, float(1 / stakes[n - 1]))] for n in (10, 30, 60) if n <= len(x)]
    return {"p_value": float(anytime_p_values(stakes)[-1]), "history_at": history}


ANSWERS: dict[str, Callable[[Case], Case | None]] = {
    "sequential.alpha_martingale": alpha,
    "sequential.confidence_sequence.beta_binomial_hypergeometric": ratio,
    "sequential.kaplan_markov": markov,
    "sequential.kaplan_wald": wald,
}
