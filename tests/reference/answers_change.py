"""What the project computes for the cases of two shares, and from scipy and numpy what it does not offer."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from scipy.stats import chi2, norm

from audit.statistics.intervals import change
from audit.statistics.intervals.change import Limits


def brown_li_jeffreys(x1: int, n1: int, x2: int, n2: int, level: float) -> Limits:
    """Not offered: Wald's limits around shrunken shares, with no better coverage than Agresti & Caffo's."""
    p1, p2 = (x1 + 0.5) / (n1 + 1), (x2 + 0.5) / (n2 + 1)
    margin = norm.isf((1 - level) / 2) * np.sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)
    return p1 - p2 - margin, p1 - p2 + margin


def hauck_anderson(x1: int, n1: int, x2: int, n2: int, level: float) -> Limits:
    """Not offered: Wald's limits with a continuity correction that does not end at 1."""
    p1, p2 = x1 / n1, x2 / n2
    spread = np.sqrt(p1 * (1 - p1) / (n1 - 1) + p2 * (1 - p2) / (n2 - 1))
    margin = 1 / (2 * min(n1, n2)) + norm.isf((1 - level) / 2) * spread
    return p1 - p2 - margin, p1 - p2 + margin


def beal(x1: int, n1: int, x2: int, n2: int, level: float, added: float) -> Limits:
    """Not offered: Haldane's (nothing added) and Jeffreys and Perks' (half a case) limits of Beal 1987."""
    reach, difference = norm.isf((1 - level) / 2), x1 / n1 - x2 / n2
    psi = ((x1 + added) / (n1 + 2 * added) + (x2 + added) / (n2 + 2 * added)) / 2
    u, v = (1 / n1 + 1 / n2) / 4, (1 / n1 - 1 / n2) / 4
    centre = (difference + reach**2 * v * (1 - 2 * psi)) / (1 + reach**2 * u)
    inner = u * (4 * psi * (1 - psi) - difference**2) + 2 * v * (1 - 2 * psi) * difference
    inner += 4 * reach**2 * u**2 * psi * (1 - psi) + reach**2 * v**2 * (1 - 2 * psi) ** 2
    margin = reach / (1 + reach**2 * u) * np.sqrt(inner)
    return centre - margin, centre + margin


METHODS: dict[str, Callable[..., Limits]] = {
    "ac": change.agresti_caffo,
    "agresti-caffo": change.agresti_caffo,
    "blj": brown_li_jeffreys,
    "ha": hauck_anderson,
    "hal": partial(beal, added=0.0),
    "jp": partial(beal, added=0.5),
    "mn": change.miettinen_nurminen,
    "newcomb": change.newcombe,
    "score": change.newcombe,  # in DescTools; in statsmodels Miettinen and Nurminen's
    "scorecc": change.newcombe_corrected,
    "wald": change.wald_difference,
}
SCORE = {
    "diff": change.miettinen_nurminen,
    "ratio": change.miettinen_nurminen_ratio,
    "odds-ratio": change.miettinen_nurminen_odds,
}


def independent(case: dict[str, Any]) -> dict[str, Any]:
    x1, n1, x2, n2, level = (case[name] for name in ("x1", "n1", "x2", "n2", "conf_level"))
    statsmodels = "compare" in case
    method = SCORE[case["compare"]] if statsmodels and case["method"] == "score" else METHODS[case["method"]]
    lower, upper = method(x1, n1, x2, n2, level)
    if statsmodels:
        return {"lower": float(lower), "upper": float(upper)}
    return {"est": x1 / n1 - x2 / n2, "lower": max(-1.0, float(lower)), "upper": min(1.0, float(upper))}


def newcombe(case: dict[str, Any]) -> dict[str, Any]:
    lower, upper = change.newcombe(case["x1"], case["n1"], case["x2"], case["n2"], case["conf_level"])
    return {"lower": float(lower), "upper": float(upper)}


def mcnemar(case: dict[str, Any]) -> dict[str, Any]:
    (_, gained), (lost, _) = case["table"]
    found = change.mcnemar_test(gained, lost)
    corrected = (abs(gained - lost) - 1) ** 2 / (gained + lost)  # not offered: the exact test needs no correction
    return {
        "statistic": found.statistic,
        "p": found.p,
        "statistic_cc": corrected,
        "p_cc": float(chi2.sf(corrected, 1)),
        "p_exact": found.exact,
    }


def fisher(case: dict[str, Any]) -> dict[str, Any]:
    """Without the limits, which R's fisher.test finds to four digits; the unit tests hold ours to their definition."""
    found = change.fisher_test(case["table"], "0.95")
    return {"p": found.p, "odds_ratio": found.odds_ratio}


ANSWERS = {
    "change.independent.fisher": fisher,
    "change.paired.mcnemar": mcnemar,
    "evaluation.two_proportions.independent": independent,
    "evaluation.two_proportions.independent.newcombe": newcombe,
}
