"""Rates from strata drawn apart: each stratum weighs as much as the cases it stands for, however many were drawn."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

from audit.estimation.limits_method import LimitsMethod
from audit.estimation.rates import Estimate, apply_treatment, estimate_groups
from audit.policy.rules import CONFORMING_OUTCOMES, DEVIATING_OUTCOMES
from audit.programs.declaration import UndeterminableTreatment
from audit.statistics.intervals.exact import clopper_pearson
from audit.statistics.intervals.stratified import melded_limits
from audit.statistics.intervals.survey_proportion import korn_graubard
from audit.statistics.parameters import Rate, parse_rate
from audit.statistics.survey import SurveyDesign, domain_means, survey_design


def estimate_strata(
    determinations: pl.DataFrame,
    sizes: Mapping[str, int],
    *,
    level: Rate = "0.95",
    treatment: UndeterminableTreatment = "exclude",
    label: str = "",
) -> Estimate:
    """The rate in strata together, or in the part of each that is one office's.

    `determinations` have a column `stratum` beside `outcome`; `sizes` are the cases of the frame by stratum (of the
    office, if they are an office's). Rates of strata are weighted by these sizes; limits are melded from the strata's
    exact ones, so that they hold for few cases and rare deviations, too. A stratum of which no case could be assessed
    leaves no rate, but it has limits: all or none of it. Worst and best as in `estimate`.
    """
    parts = [
        part
        for part in estimate_groups(determinations, by="stratum", populations=sizes, level=level, treatment=treatment)
        if part.population
    ]
    whole, reviewed = [part.population or 0 for part in parts], [part.reviewed for part in parts]
    counted = [apply_treatment(part.conforming, part.deviating, part.undeterminable, treatment) for part in parts]
    x, n = [conforming for conforming, _, _ in counted], [among for _, among, _ in counted]
    speak_for = [cases - left for cases, (_, _, left) in zip(whole, counted, strict=True)]
    failing, passing = [p.conforming for p in parts], [p.conforming + p.undeterminable for p in parts]
    lower, upper = _meld_limits(x, n, speak_for, level)
    return Estimate(
        label=label,
        population=sum(whole),
        reviewed=sum(reviewed),
        conforming=sum(failing),
        permitted=sum(part.permitted for part in parts),
        deviating=sum(part.deviating for part in parts),
        undeterminable=sum(passing) - sum(failing),
        level=float(parse_rate(level)),
        rate=_weight_shares(x, n, speak_for),
        lower=lower,
        upper=upper,
        worst=_weight_shares(failing, reviewed, whole),
        best=_weight_shares(passing, reviewed, whole),
        worst_lower=_meld_limits(failing, reviewed, whole, level)[0],
        best_upper=_meld_limits(passing, reviewed, whole, level)[1],
        method="melded hypergeometric",
        treatment=treatment,
        unrated=tuple(part.label for part, among in zip(parts, n, strict=True) if not among),
    )


def estimate_part(
    determinations: pl.DataFrame,
    of: pl.Expr,
    sizes: Mapping[str, int] | None,
    *,
    level: Rate = "0.95",
    treatment: UndeterminableTreatment = "exclude",
    label: str = "",
) -> Estimate:
    """The rate in a part of a sample whose cases in the frame nobody has counted, such as a class of cases.

    `of` says which `determinations` are of the part; each has a `weight`, the cases it stands for, a `stratum`, and a
    `cluster` where clusters were drawn. `sizes` are the cases of the strata in the frame; without them the sample
    counts as drawn with replacement, which errs to wide limits. The part's size is estimated too, so its rate is a
    ratio (Särndal, Swensson & Wretman 1992, section 10.3).
    """
    outcome = pl.col("outcome")
    rows = determinations.select(
        "weight",
        "stratum",
        "cluster",
        part=(of & outcome.is_in(["not_applicable", "no_rule"]).not_()).fill_null(False),
        conforms=outcome.is_in(CONFORMING_OUTCOMES),
        deviates=outcome.is_in(DEVIATING_OUTCOMES),
        permitted=outcome == "permitted",
    )
    inside = rows.filter("part")
    conforming, deviating, permitted = (inside.filter(name).height for name in ("conforms", "deviates", "permitted"))
    undeterminable = inside.height - conforming - deviating
    design = _Design(rows, sizes, level)
    is_assessed, passes = pl.col("conforms") | pl.col("deviates"), ~pl.col("deviates")
    worst, best = (
        design.estimate_share(pl.col("part"), pl.col("conforms")),
        design.estimate_share(pl.col("part"), passes),
    )
    rated = {
        "exclude": design.estimate_share(pl.col("part") & is_assessed, pl.col("conforms")),
        "error": worst,
        "pass": best,
    }[treatment]
    return Estimate(
        label=label,
        population=None,
        reviewed=inside.height,
        conforming=conforming,
        permitted=permitted,
        deviating=deviating,
        undeterminable=undeterminable,
        level=float(parse_rate(level)),
        rate=rated.rate,
        lower=rated.lower,
        upper=rated.upper,
        worst=worst.rate,
        best=best.rate,
        worst_lower=worst.lower,
        best_upper=best.upper,
        method=rated.method,
        treatment=treatment,
    )


class _Share(NamedTuple):
    """A share of a part of the sample, with limits."""

    rate: float | None
    lower: float
    upper: float
    method: LimitsMethod


class _Design(NamedTuple):
    """A sample as its cases stand for the frame, with the cases of its strata there; None as if with replacement."""

    rows: pl.DataFrame
    sizes: Mapping[str, int] | None
    level: Rate

    def build_survey_design(self) -> SurveyDesign:
        strata = sorted(self.rows["stratum"].unique())
        population = [self.sizes[name] for name in strata] if self.sizes else None
        place = pl.concat_str("stratum", "cluster", separator="|")
        ranked = self.rows.select(stratum=pl.col("stratum").rank("dense") - 1, cluster=place.rank("dense") - 1)
        clusters = None if self.rows["cluster"].null_count() else ranked["cluster"]
        return survey_design(self.rows["weight"], ranked["stratum"], clusters, population=population)

    def estimate_share(self, part: pl.Expr, of: pl.Expr) -> _Share:
        """The weighted share of those that are `of` a kind in a part, by the design of the whole sample."""
        inside = self.rows.filter(part)
        if inside.is_empty():
            return _Share(None, 0.0, 1.0, "none")
        values, domains = self.rows.select(of.cast(pl.Float64).alias("y"), part.cast(pl.Int64).alias("d"))
        means = domain_means(self.build_survey_design(), values, domains, 2)
        rate, error, freedom = float(means.estimate[1]), float(means.error[1]), float(means.freedom[1])
        if error > 0 and freedom > 0:
            limits = korn_graubard(rate, error, freedom, inside.height, self.level)
            return _Share(rate, float(limits[0]), float(limits[1]), "linearised")
        weights = inside["weight"].to_numpy()  # all of a kind: the variance says nothing
        effective = max(1, int(weights.sum() ** 2 / (weights**2).sum()))
        lower, upper = clopper_pearson(round(rate * effective), effective, self.level)
        return _Share(rate, lower, upper, "effective size")


def _meld_limits(x: Sequence[int], n: Sequence[int], sizes: Sequence[int], level: Rate) -> tuple[float, float]:
    if not sizes:
        return 0.0, 1.0
    lower, upper = melded_limits(x, n, sizes, level)
    return lower / sum(sizes), upper / sum(sizes)


def _weight_shares(x: Sequence[int], n: Sequence[int], sizes: Sequence[int]) -> float | None:
    """The strata's shares weighted by their sizes; none where a stratum has none."""
    if not sizes or not all(n):
        return None
    return sum(size * numerator / among for numerator, among, size in zip(x, n, sizes, strict=True)) / sum(sizes)
