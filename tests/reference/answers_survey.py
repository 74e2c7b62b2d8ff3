"""What the project computes for the cases of R survey, from its data sets of Californian schools."""

import csv
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from audit.statistics import survey
from audit.statistics.intervals import survey_proportion
from audit.statistics.parameters import Shares

DATA = Path(__file__).parent / "data"


@cache
def schools(name: str) -> dict[str, NDArray[Any]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {column: np.array([row[column] for row in rows]) for column in rows[0]}


def coded(labels: NDArray[Any]) -> NDArray[np.int64]:
    return np.unique(labels, return_inverse=True)[1]


def by_code(codes: NDArray[np.int64], values: NDArray[Any]) -> Shares:
    """The value that the rows of each code share."""
    return values[np.unique(codes, return_index=True)[1]].astype(float)


def design(case: dict[str, Any]) -> survey.SurveyDesign:
    data, drawn = schools(case["data"]), case["design"]
    fpc = "no fpc" not in drawn
    if case["data"] == "apisrs":
        return survey.survey_design(data["pw"].astype(float), population=6194 if fpc else None)
    if case["data"] == "apistrat":
        strata = coded(data["stype"])
        population = by_code(strata, data["fpc"]) if fpc else None
        return survey.survey_design(data["pw"].astype(float), strata, population=population)
    clusters = coded(data["dnum"])
    if case["data"] == "apiclus1":
        return survey.survey_design(data["pw"].astype(float), clusters=clusters, population=757 if fpc else None)
    return survey.survey_design(
        data["pw"].astype(float),
        clusters=clusters,
        units=coded(data["snum"]),
        population=757,
        cluster_sizes=by_code(clusters, data["fpc2"]),
    )


def values(case: dict[str, Any]) -> Shares:
    column = schools(case["data"])[case["var"]]
    if "level" in case:
        return np.array([float(value == case["level"]) for value in column])
    return np.array([float(value) if value else np.nan for value in column])


def of_those_known(case: dict[str, Any], method: Callable[..., survey.DomainEstimates]) -> survey.DomainEstimates:
    """The estimate of the schools that have a value, as a domain of all: na.rm=TRUE."""
    found = values(case)
    missing = np.isnan(found)
    return method(design(case), np.where(missing, 0.0, found), missing.astype(int), 2)


def mean(case: dict[str, Any]) -> dict[str, Any]:
    drawn = survey.survey_mean(design(case), np.zeros(len(values(case))))
    found = of_those_known(case, survey.domain_means)._replace(freedom=drawn.freedom)  # R: those of the whole design
    lower, upper = survey.t_limits(found, case["conf_level"])
    reach = norm.isf((1 - case["conf_level"]) / 2) * found.error[0]  # R's confint: the normal distribution by default
    return {
        "mean": found.estimate[0],
        "se": found.error[0],
        "lower_z": found.estimate[0] - reach,
        "upper_z": found.estimate[0] + reach,
        "lower_t": lower[0],
        "upper_t": upper[0],
        "df": found.freedom[0],
    }


def estimate(name: str, method: Callable[..., survey.DomainEstimates]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def answer(case: dict[str, Any]) -> dict[str, Any]:
        found = of_those_known(case, method)
        return {name: found.estimate[0], "se": found.error[0]}

    return answer


def domain(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def answer(case: dict[str, Any]) -> dict[str, Any]:
        column, label = case["domain"].split("=")
        labels = schools(case["data"])[column]
        codes, code = coded(labels), int(np.searchsorted(np.unique(labels), label))
        found = survey.domain_means(design(case), values(case), codes, len(np.unique(labels)))
        return {name: found.estimate[code], "se": found.error[code]}

    return answer


def share_limits(method: Callable[..., survey_proportion.Limits]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def answer(case: dict[str, Any]) -> dict[str, Any]:
        found = survey.survey_mean(design(case), values(case))
        counts = (
            {"cases": found.cases}
            if method in (survey_proportion.korn_graubard, survey_proportion.likelihood_limits)
            else {}
        )
        lower, upper = method(found.estimate, found.error, found.freedom, level=case["conf_level"], **counts)
        return {"p": found.estimate[0], "lower": lower[0], "upper": upper[0]}

    return answer


def poststratified(case: dict[str, Any]) -> dict[str, Any]:
    groups = schools(case["data"])["stype"]
    totals = [case["margins"][label] for label in np.unique(groups)]
    found = survey.survey_mean(survey.poststratify(design(case), coded(groups), totals), values(case))
    return {"mean": found.estimate[0], "se": found.error[0]}


def change(case: dict[str, Any]) -> dict[str, Any]:
    """The rows of both years laid one below the other; a school is a cluster of its two rows."""
    once, data = design(case), schools(case["data"])
    rows = len(once.weights)
    both = survey.survey_design(
        np.tile(once.weights, 2), np.tile(once.strata, 2), np.tile(np.arange(rows), 2), population=once.population
    )
    found = survey.survey_change(
        both, np.concatenate([data[name].astype(float) for name in case["vars"]]), np.repeat([0, 1], rows)
    )
    return {"change": found.change, "se": found.error, "cov": found.covariance}


ANSWERS = {
    "survey.change_overlapping": change,
    "survey.ciprop.asin": share_limits(survey_proportion.arcsine_limits),
    "survey.ciprop.beta": share_limits(survey_proportion.korn_graubard),
    "survey.ciprop.likelihood": share_limits(survey_proportion.likelihood_limits),
    "survey.ciprop.logit": share_limits(survey_proportion.logit_limits),
    "survey.ciprop.mean": share_limits(survey_proportion.mean_limits),
    "survey.ciprop.xlogit": share_limits(survey_proportion.logit_limits),
    "survey.deff": lambda case: {"deff": survey.design_effect(design(case), values(case))},
    "survey.domain.mean": domain("mean"),
    "survey.domain.proportion": domain("p"),
    "survey.mean": mean,
    "survey.poststratify": poststratified,
    "survey.proportion": estimate("p", survey.domain_means),
    "survey.total": estimate("total", survey.domain_totals),
}
