"""What the project computes for the cases of R irrCAC and psych."""

import csv
from collections.abc import Callable
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import norm

from audit.statistics import agreement
from audit.statistics.parameters import Counts, Shares

DATA = Path(__file__).parent / "data"
Method = Callable[[Any, Shares], agreement.AgreementCoefficient]


def rated(case: dict[str, Any]) -> tuple[Counts, Shares]:
    """The codes of the ratings in a data set, and the weights of its categories."""
    with (DATA / case["data"]).open(encoding="utf-8") as file:
        labels = [[row[column].strip().upper() for column in case["columns"]] for row in csv.DictReader(file)]
    used = sorted({label for row in labels for label in row} - {"NA", ""})
    scores: list[float] = list(range(len(used)))
    if all(label.replace(".", "", 1).lstrip("-").isdigit() for label in used):
        used.sort(key=float)
        scores = [float(label) for label in used]
    codes = {label: code for code, label in enumerate(used)} | {"NA": agreement.MISSING, "": agreement.MISSING}
    weights = {
        "unweighted": agreement.identity_weights(len(used)),
        "linear": agreement.linear_weights(scores),
        "ordinal": agreement.ordinal_weights(len(used)),
        "quadratic": agreement.quadratic_weights(scores),
    }
    return np.array([[codes[label] for label in row] for row in labels]), weights[case["weights"]]


def of_table(table: list[list[int]], method: Method, weights: Shares | None = None) -> agreement.AgreementCoefficient:
    """Two reviewers: irrCAC's table functions and psych divide by the cases, not by one fewer, in the error."""
    found = method(agreement.expand_ratings(table), np.eye(len(table)) if weights is None else weights)
    return found._replace(error=found.error * sqrt((found.cases - 1) / found.cases))


def printed(found: agreement.AgreementCoefficient) -> str:
    lower, upper = agreement.agreement_limits(found, "0.95")
    return f"({round(lower, 3):.15g},{round(upper, 3):.15g})"


def answer(method: Method) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def found_for(case: dict[str, Any]) -> dict[str, Any]:
        found = of_table(case["table"], method) if "table" in case else method(*rated(case))
        answer = {"coefficient": found.coefficient, "se": found.error, "conf_int": printed(found)}
        return answer if "table" in case else answer | {"pa": found.observed, "pe": found.chance}

    return found_for


def cohen(case: dict[str, Any]) -> dict[str, Any]:
    """The cases of two categories are psych's, whose limits are by the normal distribution; the others irrCAC's."""
    if len(case["table"]) > 2:
        return answer(agreement.conger_kappa)(case)
    found = of_table(case["table"], agreement.conger_kappa)
    scores = agreement.quadratic_weights(range(len(case["table"])))
    reach = norm.isf(0.025) * found.error
    return {
        "kappa": found.coefficient,
        "weighted_kappa": of_table(case["table"], agreement.conger_kappa, scores).coefficient,
        "lower": found.coefficient - reach,
        "upper": found.coefficient + reach,
    }


ANSWERS = {
    "agreement.brennan_prediger": answer(agreement.brennan_prediger),
    "agreement.cohen": cohen,
    "agreement.conger": answer(agreement.conger_kappa),
    "agreement.fleiss": answer(agreement.fleiss_kappa),
    "agreement.gwet_ac1": answer(agreement.gwet_ac1),
    "agreement.krippendorff": answer(agreement.krippendorff_alpha),
    "agreement.pa": answer(agreement.percent_agreement),
    "agreement.scott": answer(agreement.fleiss_kappa),
}
