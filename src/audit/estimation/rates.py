"""Rates from a sample, with exact limits and with the bounds that undeterminable cases leave open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low

import polars as pl

from audit.display import Display, Displayable, display_card, display_facts
from audit.errors import AuditError, ExitCode, Problem
from audit.estimation.rate_limits import (
    LimitCounts,
    LimitsMethod,
    calculate_rate_limits,
    choose_rate_limits,
    describe_limits_method,
)
from audit.formatting import format_between, format_count, format_percent, format_plural, format_range
from audit.policy import rules
from audit.programs.declaration import UndeterminableTreatment
from audit.statistics.parameters import Rate, parse_rate

ESTIMABLE_OUTCOMES = (
    *rules.CONFORMING_OUTCOMES,
    *rules.DEVIATING_OUTCOMES,
    "judgement_required",
    *rules.UNDECIDED_OUTCOMES,
)
OUTSIDE_OUTCOMES = ("not_applicable", "no_rule")  # of cases to which no rule applies: they are in no rate


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Estimate(Displayable):
    """One rate of conforming cases among those a sample could assess.

    Counts are cases; rates and limits are shares in [0, 1]; `None` where there is nothing to divide.
    """

    label: str
    population: int | None  # cases of the frame less those drawn and found `outside`; None where unknown
    reviewed: int  # sampled cases to which a rule applies: conforming, deviating and undeterminable
    conforming: int  # permitted ones included
    permitted: int
    deviating: int
    undeterminable: int
    level: float  # two-sided confidence of every limit below
    rate: float | None  # conforming / (conforming + deviating), or as the method says
    lower: float | None
    upper: float | None
    worst: float | None  # share conforming if every undeterminable case deviated
    best: float | None  # ... if every one conformed
    worst_lower: float | None  # limits that hold whichever way the undeterminable cases fell
    best_upper: float | None
    method: LimitsMethod  # of the limits
    treatment: UndeterminableTreatment = "exclude"  # what undeterminable cases count as in the rate
    unrated: tuple[str, ...] = ()  # strata of which no case could be assessed, so that there is no rate
    outside: int = 0  # sampled cases to which no rule applies: in no other count
    limit_counts: LimitCounts | None = None  # the limits as counts; None where they are not counts

    @property
    def assessed(self) -> int:
        """Cases that could be assessed: conforming and deviating."""
        return self.conforming + self.deviating

    @property
    def method_words(self) -> str:
        """The method in words, with what became of undeterminable cases."""
        return describe_limits_method(
            self.method, self.treatment, undeterminable=self.undeterminable, unrated=self.unrated
        )

    def display(self) -> Display:
        """The rate with its limits and bounds in a sentence, and the counts."""
        level = format_percent(self.level, places=1 if self.level * 100 % 1 else 0)
        headline = (
            f"{format_percent(self.rate)} of the assessed cases conform ({format_count(self.conforming)} of "
            f"{format_count(self.assessed)}; {level} confidence limits {format_range(self.lower, self.upper)})."
        )
        if self.rate is None:
            headline = "No case could be assessed, so nothing is known of the rate."
        elif self.undeterminable:
            headline += (
                f" {format_count(self.undeterminable)} of {format_count(self.reviewed)} could not be determined: with "
                f"them the sample's rate lies {format_between(self.worst, self.best)}."
            )
        facts = [
            ("population", self.population),
            ("sampled cases", self.reviewed),
            ("conforming", self.conforming),
            ("deviating", self.deviating),
            ("undeterminable", self.undeterminable),
            (
                "limits of worst and best case",
                format_range(self.worst_lower, self.best_upper),
            ),
            ("method", self.method_words),
        ]
        return display_card(self.label or "Estimate", headline, display_facts(facts))


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficePrecision:
    """How far the limits of the offices' own rates reach, beside the margin within which a rate is a statement."""

    offices: int
    margin: float  # how far a limit may lie from the rate, a share
    wide: int  # offices of which a limit lies farther than that
    typical_reviewed: int | None  # cases of the median office; None where there is no office
    typical_reach: float | None  # how far the farther limit of the median office lies from its rate


def estimate_rate(
    *,
    conforming: int,
    deviating: int,
    undeterminable: int = 0,
    permitted: int = 0,
    outside: int = 0,
    population: int | None = None,
    level: Rate = "0.95",
    treatment: UndeterminableTreatment = "exclude",
    label: str = "",
) -> Estimate:
    """The rate of conforming cases in a simple random sample, or in a part of one; `permitted` ones are among them.

    Limits are exact: hypergeometric where the population is known, and for a part of the population the size of that
    part (Cochran 1977, section 3.10); Clopper-Pearson where it is not. Undeterminable cases are left out of the rate
    ("exclude"), or count as deviations ("error") or as conforming ("pass"). Left out, the assessed cases stand for an
    unknown part of the population: the limits are the widest of every part it can be (`assessable_limits`). Where none
    is undeterminable in the sample, every case of the population is taken to be assessable. Cases `outside`, to which
    no rule applied, are left out in the same way; `population` counts them. Worst and best put the undeterminable back
    both ways (Manski 1989), with limits that hold wherever between them the truth lies.
    """
    reviewed = conforming + deviating + undeterminable
    impossible = min(conforming, deviating, undeterminable, permitted, outside) < 0 or permitted > conforming
    if impossible or (population is not None and reviewed + outside > population):
        what = "The counts are not those of one sample: one is negative, or a part exceeds its whole"
        raise AuditError(Problem(what=what, mend="Check the counts and the population."), code=ExitCode.USAGE)
    speaks_for = None if population is None else population - outside
    counted, among, left_out = apply_treatment(conforming, deviating, undeterminable, treatment)
    passing = conforming + undeterminable
    shares = ((counted, among), (conforming, reviewed), (passing, reviewed))
    (lower, upper, worst_lower, best_upper), counts = calculate_rate_limits(
        shares, reviewed + outside, population, level
    )
    return Estimate(
        label=label,
        population=speaks_for,
        reviewed=reviewed,
        conforming=conforming,
        permitted=permitted,
        deviating=deviating,
        undeterminable=undeterminable,
        level=float(parse_rate(level)),
        rate=counted / among if among else None,
        lower=lower,
        upper=upper,
        worst=conforming / reviewed if reviewed else None,
        best=passing / reviewed if reviewed else None,
        worst_lower=worst_lower,
        best_upper=best_upper,
        method=choose_rate_limits(among, None if speaks_for is None else speaks_for - left_out),
        treatment=treatment,
        outside=outside,
        limit_counts=counts,
    )


def apply_treatment(
    conforming: int, deviating: int, undeterminable: int, treatment: UndeterminableTreatment
) -> tuple[int, int, int]:
    """What a rate is of: the cases that count as conforming, those among which, and those left out."""
    reviewed = conforming + deviating + undeterminable
    return {
        "exclude": (conforming, conforming + deviating, undeterminable),
        "error": (conforming, reviewed, 0),
        "pass": (conforming + undeterminable, reviewed, 0),
    }[treatment]


def estimate_outcomes(
    determinations: pl.DataFrame,
    *,
    population: int | None = None,
    level: Rate = "0.95",
    treatment: UndeterminableTreatment = "exclude",
    label: str = "",
) -> Estimate:
    """The rate among determinations, one row a case, by their column `outcome` (one of ESTIMABLE_OUTCOMES).

    What the policy leaves to judgement is undeterminable by rule. Cases to which no rule applied, or for which none
    was in force, are in neither count and leave the population.
    """
    counts = dict(determinations.group_by("outcome").len().iter_rows())
    if strange := set(counts) - set(ESTIMABLE_OUTCOMES):
        cases = sum(counts[outcome] for outcome in strange)
        what = f"The outcome is none that is known in {format_plural(cases, 'case')}"
        mend = f"Write one of {', '.join(ESTIMABLE_OUTCOMES)}."
        raise AuditError(Problem(what=what, mend=mend, column="outcome"), code=ExitCode.DATA)
    outside = sum(counts.get(outcome, 0) for outcome in OUTSIDE_OUTCOMES)
    return estimate_rate(
        conforming=sum(counts.get(outcome, 0) for outcome in rules.CONFORMING_OUTCOMES),
        permitted=counts.get("permitted", 0),
        deviating=sum(counts.get(outcome, 0) for outcome in rules.DEVIATING_OUTCOMES),
        undeterminable=counts.get("undeterminable", 0) + counts.get("judgement_required", 0),
        outside=outside,
        population=population,
        level=level,
        treatment=treatment,
        label=label,
    )


def estimate_groups(
    determinations: pl.DataFrame,
    *,
    by: str,
    populations: Mapping[str, int] | None = None,
    level: Rate = "0.95",
    treatment: UndeterminableTreatment = "exclude",
) -> tuple[Estimate, ...]:
    """The rate in every group of the column `by`, in order of its label; a blank label reads "not recorded".

    `populations` gives the cases in the frame per group. A group that is in it and of which no case was drawn is
    estimated too: nothing is known of it, which is not nothing.
    """
    labelled = determinations.with_columns(pl.col(by).cast(pl.String).replace("", None).fill_null("not recorded"))
    groups = {str(label): rows for (label,), rows in labelled.partition_by(by, as_dict=True).items()}
    sizes = populations or {}
    return tuple(
        estimate_outcomes(
            groups.get(label, determinations.clear()),
            population=sizes.get(label),
            level=level,
            treatment=treatment,
            label=label,
        )
        for label in sorted(groups.keys() | sizes.keys())
    )


def measure_office_precision(estimates: Sequence[Estimate], *, margin: Rate) -> OfficePrecision:
    """Whether the sample can carry a statement on every office: whether limits reach no further than `margin`.

    `margin` is how far a limit may lie from the rate, a share; the limits are not alike on both sides. The typical
    office is the median one.
    """
    reaches = sorted(_find_widest_margin(estimate) for estimate in estimates)
    return OfficePrecision(
        offices=len(estimates),
        margin=float(parse_rate(margin)),
        wide=sum(parse_rate(reach) > parse_rate(margin) for reach in reaches),
        typical_reviewed=median_low(estimate.reviewed for estimate in estimates) if estimates else None,
        typical_reach=median_low(reaches) if reaches else None,
    )


def _find_widest_margin(estimate: Estimate) -> float:
    """How far the farther limit lies from the rate; the whole scale where there is no rate."""
    if estimate.rate is None or estimate.lower is None or estimate.upper is None:
        return 1.0
    return max(estimate.rate - estimate.lower, estimate.upper - estimate.rate)
