"""What the project computes for cases of many offices or months: multiplicity, shrinkage, correlation, charts."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.stats import chi2

from audit.statistics.offices import control_charts, multiple_testing, reliability, shrinkage
from audit.statistics.offices import overdispersion as dispersion

ADJUSTED: dict[str, Callable[..., Any]] = {
    "BH": multiple_testing.benjamini_hochberg,
    "BY": multiple_testing.benjamini_yekutieli,
    "bonferroni": multiple_testing.bonferroni,
    "hochberg": multiple_testing.hochberg,
    "holm": multiple_testing.holm,
    "hommel": multiple_testing.hommel,
}
BETWEEN: dict[str, Callable[..., float]] = {
    "DL": shrinkage.der_simonian_laird,
    "EB": shrinkage.paule_mandel,
    "PM": shrinkage.paule_mandel,
    "REML": shrinkage.restricted_likelihood,
}


def shrunk(case: dict[str, Any], scaled: shrinkage.ScaledEstimates) -> shrinkage.ShrinkageEstimates:
    return shrinkage.shrink_estimates(*scaled, BETWEEN[case["method"]](*scaled))


def arcsine(case: dict[str, Any]) -> dict[str, Any]:
    found = shrunk(case, shrinkage.arcsine_transform(case["x"], case["n"]))
    answer = {"mu": found.mean, "tau2": found.variance}
    if case["method"] == "PM":  # metafor leaves 0.003 of its equation for tau2: I2, in percent, shows it
        return answer
    return answer | {"I2": 100 * found.share}


def logit(case: dict[str, Any]) -> dict[str, Any]:
    found = shrunk(case, shrinkage.log_odds(case["x"], case["n"]))
    return {
        "mu": found.mean,
        "se": found.error,
        "tau2": found.variance,
        "I2": 100 * found.share,
        "Q": found.homogeneity,
        "Qp": found.p,
        "blup": found.estimates.tolist(),
        "blup_se": found.errors.tolist(),
    }


def logit_icc(case: dict[str, Any]) -> dict[str, Any]:
    found = reliability.logit_icc(case["x"], case["n"])
    return {"intercept": found.intercept, "sigma2": found.variance, "icc": found.correlation}


def chart(method: Callable[..., control_charts.ControlChart]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def answer(case: dict[str, Any]) -> dict[str, Any]:
        found = method(case["events"], case["n"])
        return {"cl": found.centre, "ucl": found.upper.tolist(), "lcl": found.lower.tolist()}

    return answer


def allowed(case: dict[str, Any]) -> dict[str, Any]:
    useful = case["useful_observations"]
    return {
        "longest_run_limit": control_charts.longest_run_allowed(useful),
        "min_crossings": control_charts.crossings_required(useful),
    }


def overdispersion(case: dict[str, Any]) -> dict[str, Any]:
    """The plain arcsine and exact limits of this project are in test_funnelplotr.py; here FunnelPlotR's own."""
    x, n = np.array(case["numerator"]), np.array(case["denominator"])
    if case["data_type"] == "PR":
        target = x.sum() / n.sum()
        z, errors = dispersion.arcsine_z_scores(x, n, target)
        ratio = dispersion.dispersion_ratio(z)
        variance = dispersion.between_office_variance(ratio, errors)
        sizes = np.unique(n)
        limits: dict[str, Any] = {}
        for percent, reach in (("95", 1.959964), ("998", 3.090232)):
            for widened, added in (("od", variance), ("", 0.0)):
                margin = reach * np.sqrt(1 / (4 * sizes) + added)
                for side, sign in (("ll", -1), ("ul", 1)):
                    limit = np.sin(np.arcsin(np.sqrt(target)) + sign * margin) ** 2
                    limits[f"{widened}{side}{percent}"] = limit.tolist()
        found = {"z_unadjusted": z.tolist(), "phi": ratio, "tau2": variance, "target": target}
        return found | {"denominators": sizes.tolist()} | limits
    # ratios of observed to expected cases: not offered, for audits count cases of a known total
    if case["sr_method"] == "CQC":
        errors = 1 / (2 * np.sqrt(n))
        z = (np.sqrt(x / n) - 1) / errors
        ratio = dispersion.dispersion_ratio(z)
        return {"z_unadjusted": z.tolist(), "phi": ratio, "tau2": dispersion.between_office_variance(ratio, errors)}
    z = np.sort(np.log(x / n) * np.sqrt(n))
    cut = int(case["trim_by"] * len(z))  # truncated: the most extreme are left out, here none of six
    return {"phi": float(np.mean(np.square(z[cut : len(z) - cut])))}  # the rest is in test_funnelplotr.py


def poisson_limits(case: dict[str, Any]) -> dict[str, Any]:
    """Of ratios of observed to expected cases: not offered, as above."""
    expected = np.array(case["expected"])
    return {
        f"{side}{percent}": (case["target"] * chi2.ppf(at, 2 * (expected + one)) / 2 / expected).tolist()
        for percent, risk in (("95", 0.025), ("998", 0.001))
        for side, at, one in (("ll", risk, 0), ("ul", 1 - risk, 1))
    }


ANSWERS = {
    "funnel.overdispersion": overdispersion,
    "funnel.poisson_limits": poisson_limits,
    "icc.anova": lambda case: {"icc": reliability.anova_icc(case["x"], case["n"])},
    "icc.logit": logit_icc,
    "multiplicity": lambda case: {"adjusted": ADJUSTED[case["method"]](np.array(case["p"])).tolist()},
    "shrinkage.arcsine": arcsine,
    "shrinkage.logit_normal": logit,
    "spc.laney_p_prime": chart(control_charts.laney_chart),
    "spc.p_chart": chart(control_charts.p_chart),
    "spc.runs.anhoej": allowed,
}
