"""What may be concluded from estimates: a standard met or not, a difference of two samples, offices that stand out."""

from dataclasses import dataclass

import polars as pl

from audit.display import Display, Displayable, display_sentences, display_table, join_displays
from audit.estimation.conclusions import Conclusion, RateDifference, compare_rates, conclude_on_standard
from audit.estimation.office_comparison import OfficeComparison, compare_offices
from audit.estimation.rates import Estimate
from audit.estimation.results import SampleResult
from audit.reporting.sample_text import describe_conclusion, describe_office_comparison, describe_rate_difference
from audit.statistics.parameters import Rate


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class StandardConclusion(Displayable):
    """Whether a rate is shown to meet a standard, to fail it, or neither."""

    conclusion: Conclusion
    estimate: Estimate

    def display(self) -> Display:
        """The conclusion in words."""
        return display_sentences(describe_conclusion(self.conclusion, self.estimate))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class SampleComparison(Displayable):
    """The difference of the rates of two samples drawn apart, with its limits."""

    difference: RateDifference

    def display(self) -> Display:
        """The difference in words."""
        return display_sentences(describe_rate_difference(self.difference))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class FlaggedOffices(Displayable):
    """The offices of a sample against one standard, all at once."""

    comparisons: tuple[OfficeComparison, ...]
    tolerable: Rate

    @property
    def table(self) -> pl.DataFrame:
        """A row an office: office, cases, chance, chance_allowing_for_all, flagged, best_place, worst_place."""
        rows = [
            (one.label, one.cases, one.p, one.adjusted, one.flagged, one.best_place, one.worst_place)
            for one in self.comparisons
        ]
        chances = {"chance": pl.Float64, "chance_allowing_for_all": pl.Float64}
        places = {"flagged": pl.Boolean, "best_place": pl.Int64, "worst_place": pl.Int64}
        return pl.DataFrame(rows, schema={"office": pl.String, "cases": pl.Int64, **chances, **places}, orient="row")

    def display(self) -> Display:
        """Which offices stand out, in a sentence, and every office."""
        sentence = describe_office_comparison(self.comparisons, tolerable=self.tolerable)
        return join_displays(display_sentences(sentence), display_table(self.table, title="Offices", rows=60))


def conclude(estimate: Estimate, *, tolerable: Rate) -> StandardConclusion:
    """Whether an estimate shows the rate of deviations to be below or above a `tolerable` one, a share in [0, 1].

    Three conclusions are possible: met, failed, and neither shown. Each limit holds with (1 + level) / 2 confidence.
    """
    return StandardConclusion(conclusion=conclude_on_standard(estimate, tolerable=tolerable), estimate=estimate)


def compare_samples(before: Estimate, after: Estimate) -> SampleComparison:
    """The difference of two rates whose samples were drawn apart (Miettinen & Nurminen 1985).

    AuditError (USAGE) for rates of different levels, of no case, or weighted ones.
    """
    return SampleComparison(difference=compare_rates(before, after))


def flag_offices(result: SampleResult, *, tolerable: Rate) -> FlaggedOffices:
    """Which offices show more deviations than a `tolerable` rate explains, allowing for how many are looked at.

    Exact one-sided tails, false discovery rate of 10% (Benjamini & Hochberg 1995); places are joint confidence sets.
    """
    return FlaggedOffices(comparisons=compare_offices(result.offices, tolerable=tolerable), tolerable=tolerable)
