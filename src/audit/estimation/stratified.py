"""Rates from strata drawn apart: each stratum weighs as much as the cases it stands for, however many were drawn."""

from collections.abc import Mapping, Sequence
from math import ceil, floor
from typing import NamedTuple

import polars as pl

from audit.estimation.rate_limits import LimitCounts, LimitsMethod
from audit.estimation.rates import OUTSIDE_OUTCOMES, Estimate, apply_treatment, estimate_groups
from audit.policy.rules import CONFORMING_OUTCOMES, DEVIATING_OUTCOMES
from audit.programs.declaration import UndeterminableTreatment
from audit.statistics.intervals.assessable import CountLimit, melded_assessable_limits
from audit.statistics.intervals.exact import clopper_pearson
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
    exact ones, so that they hold for few cases and rare deviations, too. Where undeterminable cases are left out, a
    stratum weighs as many cases as could be assessed there, by the sample: the rate is a ratio (Cochran 1977, section
    5A.14). A stratum of which no case could be assessed leaves no rate, but it has limits: all or none of it. Worst and
    best as in `estimate_rate`.
    """
    parts = [
        part
        for part in estimate_groups(determinations, by="stratum", populations=sizes, level=level, treatment=treatment)
        if part.population
    ]
    reviewed, drawn = [part.reviewed for part in parts], [part.reviewed + part.outside for part in parts]
    stratum_sizes = [(part.population or 0) + part.outside for part in parts]
    weights = [size / max(cases, 1) for size, cases in zip(stratum_sizes, drawn, strict=True)]
    counted = [apply_treatment(part.conforming, part.deviating, part.undeterminable, treatment) for part in parts]
    x, n = [conforming for conforming, _, _ in counted], [among for _, among, _ in counted]
    failing, passing = [p.conforming for p in parts], [p.conforming + p.undeterminable for p in parts]
    of_all = (drawn, stratum_sizes, level)
    lower, upper = _meld_limits(x, n, *of_all)
    worst, best = _meld_limits(failing, reviewed, *of_all)[0], _meld_limits(passing, reviewed, *of_all)[1]
    counts = LimitCounts(
        lower=lower,
        upper=upper,
        worst_lower=min(worst, lower, key=lambda limit: limit.share),
        best_upper=max(best, upper, key=lambda limit: limit.share),
    )
    return Estimate(
        label=label,
        population=sum(part.population or 0 for part in parts),
        reviewed=sum(reviewed),
        conforming=sum(failing),
        permitted=sum(part.permitted for part in parts),
        deviating=sum(part.deviating for part in parts),
        undeterminable=sum(passing) - sum(failing),
        level=float(parse_rate(level)),
        rate=_weight_shares(x, n, weights),
        lower=float(counts.lower.share),
        upper=float(counts.upper.share),
        worst=_weight_shares(failing, reviewed, weights),
        best=_weight_shares(passing, reviewed, weights),
        worst_lower=float(counts.worst_lower.share),
        best_upper=float(counts.best_upper.share),
        method="melded hypergeometric",
        treatment=treatment,
        unrated=tuple(part.label for part, among in zip(parts, n, strict=True) if not among),
        outside=sum(part.outside for part in parts),
        limit_counts=counts,
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
    no_rule_applies = pl.col("outcome").is_in(OUTSIDE_OUTCOMES)
    rows = _mark_outcomes(determinations, of & ~no_rule_applies)
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
        outside=determinations.filter(of & no_rule_applies).height,
    )


def _mark_outcomes(determinations: pl.DataFrame, part: pl.Expr) -> pl.DataFrame:
    """What each case stands for, whether it is in a `part`, and whether it conforms, deviates or is permitted."""
    outcome = pl.col("outcome")
    return determinations.select(
        "weight",
        "stratum",
        "cluster",
        part=part.fill_null(False),
        conforms=outcome.is_in(CONFORMING_OUTCOMES),
        deviates=outcome.is_in(DEVIATING_OUTCOMES),
        permitted=outcome == "permitted",
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
        # All alike, or all clusters alike: the variance says nothing. Clusters count then, as their cases may be alike.
        has_clusters = not inside["cluster"].null_count()
        units = inside.group_by("stratum", "cluster").agg(pl.col("weight").sum()) if has_clusters else inside
        weights = units["weight"].to_numpy()
        effective = max(1, floor(weights.sum() ** 2 / (weights**2).sum() + 1e-9))
        count = rate * effective
        lower, upper = (
            clopper_pearson(whole, effective, self.level)[side]
            for side, whole in enumerate((floor(count + 1e-9), ceil(count - 1e-9)))
        )
        return _Share(rate, lower, upper, "effective clusters" if has_clusters else "effective size")


def _meld_limits(
    x: Sequence[int], among: Sequence[int], drawn: Sequence[int], sizes: Sequence[int], level: Rate
) -> tuple[CountLimit, CountLimit]:
    """Limits on the share of `x` among so many of those drawn; the rest of these are of unknown weight."""
    if not sizes:
        return CountLimit(0, 1), CountLimit(1, 1)
    left_out = [cases - of_these for cases, of_these in zip(drawn, among, strict=True)]
    return melded_assessable_limits(x, left_out, drawn, sizes, level)


def _weight_shares(x: Sequence[int], n: Sequence[int], weights: Sequence[float]) -> float | None:
    """The ratio of two totals, each case drawn counting for as many as it stands for; none where a stratum has none."""
    if not n or not all(n):
        return None
    top, bottom = (sum(weight * cases for weight, cases in zip(weights, counts, strict=True)) for counts in (x, n))
    return top / bottom
