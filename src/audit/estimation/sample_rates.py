"""The rates of a sample by its design: of all cases, of a part, of each office, each case with what it stands for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import polars as pl

from audit.estimation.rates import Estimate, estimate_outcomes
from audit.estimation.stratified import estimate_part, estimate_strata
from audit.programs.declaration import SamplePlan
from audit.sampling.replacements import list_current_cases
from audit.tables.offices import name_offices

METHODS_AS_IF_RANDOM = (
    "random",
    "systematic",
)  # an ordered list, one in so many, is taken as random order (Cochran 1977, 8.5)
CLUSTER_METHODS = ("cluster", "two-stage")


@dataclass(frozen=True, slots=True)
class SampleRates:
    """The rates of a sample as it was drawn: of the whole frame, of each stratum, or by unequal chances."""

    judged: pl.DataFrame  # determinations with `office`, and with what `add_design_columns` adds
    method: str
    sizes: Mapping[str, int]  # of strata
    in_frame: pl.DataFrame  # office, stratum, cases
    plan: SamplePlan

    @property
    def _settings(self) -> dict[str, Any]:
        return {"level": str(self.plan.level), "treatment": self.plan.treatment}

    def rate_attribute(self, settled: pl.DataFrame, record: Mapping[str, Any], attribute: str) -> "SampleRates":
        """The same of another attribute."""
        judged = settled.filter(attribute=attribute).with_columns(outcome=pl.col("settled"))
        return replace(self, judged=add_design_columns(judged, record, self.sizes))

    @property
    def offices_are_simple(self) -> bool:
        """Whether the cases of each office are a simple random sample of its own."""
        return self.method == "random" and not self.in_frame["office"].is_duplicated().any()

    def estimate_whole(self, *, label: str) -> Estimate:
        """Of all cases."""
        return self._estimate_counted_part(pl.lit(True), self.sizes, label=label)

    def estimate_domain(self, of: pl.Expr, *, label: str) -> Estimate:
        """Of a part whose cases in the frame nobody has counted."""
        if self.method == "random" and len(self.sizes) == 1:
            return estimate_outcomes(self.judged.filter(of), label=label, **self._settings)
        sizes = self.sizes if self.method in METHODS_AS_IF_RANDOM else None
        return estimate_part(self.judged, of, sizes, label=label, **self._settings)

    def estimate_offices(self, names: Mapping[str, str]) -> dict[str, Estimate]:
        """Of each office of the frame by its code, in order; one of which no case was drawn is estimated too."""
        rows_by_code = {
            code: rows for (code,), rows in sorted(self.in_frame.partition_by("office", as_dict=True).items())
        }
        labels = name_offices(rows_by_code, names)
        return {
            code: self._estimate_counted_part(
                pl.col("office") == code, dict(rows.select("stratum", "cases").iter_rows()), label=labels[code]
            )
            for code, rows in rows_by_code.items()
        }

    def _estimate_counted_part(self, of: pl.Expr, sizes: Mapping[str, int], *, label: str) -> Estimate:
        """Of a part whose cases in the frame are known, by stratum: `sizes`."""
        if self.method != "random":  # the numbers of cases then say nothing of how likely each was drawn
            return self.estimate_domain(of, label=label)
        judged = self.judged.filter(of)
        if len(sizes) > 1:
            return estimate_strata(judged, sizes, label=label, **self._settings)
        return estimate_outcomes(judged, population=sum(sizes.values()), label=label, **self._settings)


def add_design_columns(judged: pl.DataFrame, record: Mapping[str, Any], sizes: Mapping[str, int]) -> pl.DataFrame:
    """The determinations with their case's `stratum` ("" where there is none), `cluster` and `weight`."""
    clusters = record["design"].get("method") in CLUSTER_METHODS
    cases = list_current_cases(record).select(
        pl.col("key").alias(judged.columns[0]),
        pl.col("stratum").fill_null(""),
        pl.col("cluster") if clusters else pl.lit(None, pl.String).alias("cluster"),
        "probability",
    )
    sample_sizes = dict(cases.group_by("stratum").len().iter_rows())
    weights = [
        _calculate_weight(probability, sizes[stratum], sample_sizes[stratum])
        for stratum, probability in cases.select("stratum", "probability").iter_rows()
    ]
    stands_for = cases.drop("probability").with_columns(weight=pl.Series(weights, dtype=pl.Float64))
    return judged.join(stands_for, on=judged.columns[0], how="left")


def _calculate_weight(probability: str | None, cases: int, sample_size: int) -> float:
    """How many cases of the frame a drawn one stands for."""
    return float(1 / Fraction(probability)) if probability else cases / sample_size
