"""What the sample's determinations amount to: the cells, the rates, and what may be said of them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

import polars as pl

from audit.display import Display, Displayable, display_table, join_displays
from audit.estimation.attributes import (
    OUTSIDE_OUTCOMES,
    AttributeResult,
    count_deviations,
    count_outcomes,
    find_decisive_facts,
)
from audit.estimation.conclusions import Conclusion, conclude_on_standard
from audit.estimation.office_comparison import OfficeComparison, compare_offices
from audit.estimation.rates import Estimate, OfficePrecision, estimate_outcomes, measure_office_precision
from audit.estimation.stratified import estimate_part, estimate_strata
from audit.policy.rules import CONFORMING_OUTCOMES, DEVIATING_OUTCOMES, OUTCOMES_BY_ATTRIBUTE, Policy
from audit.programs.audit_report import CaseGroup, is_in_group
from audit.programs.declaration import CellWords, SamplePlan
from audit.sampling.frame import Frame
from audit.sampling.replacements import list_current_cases

DOCUMENTATION_ATTRIBUTE = "documentation"
METHODS_AS_IF_RANDOM = (
    "random",
    "systematic",
)  # an ordered list, one in so many, is taken as random order (Cochran 1977, 8.5)
CLUSTER_METHODS = ("cluster", "two-stage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Sampled cases of one class with one outcome."""

    outcome: str
    case_class: str
    cases: int
    words: str = ""  # what the program calls such cases; empty where it does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedRule:
    """One rule version that decided sampled cases, with its citation."""

    rule: str
    title: str
    version: str
    document: str
    section: str
    quote: str
    cases: int | None  # None: withheld from the public
    criterion: bool  # the audit's own, where no policy in force speaks
    unverified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResult:
    """The cases for which the policy called for the same: together, and by class."""

    estimate: Estimate
    classes: tuple[Estimate, ...]
    is_permission: bool  # the policy only permits: no rate of these says anything


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SampleResult(Displayable):
    """The sample audit of decisions: what was drawn, what was found, and what may be said of it."""

    attribute: str = "consistency"  # what the rates are of
    period: str
    as_of: date  # records entered later were not looked at
    seed: str
    seed_source: str
    frame_digest: str
    universe: int
    exclusions: tuple[tuple[str, int], ...]
    frame: int
    drawn: int
    cells: tuple[Cell, ...]
    documentation: tuple[Cell, ...]  # class: "assessed" or "undeterminable"
    attributes: tuple[AttributeResult, ...] = ()  # every attribute that the policy judges
    groups: tuple[GroupResult, ...] = ()  # by what the policy called for, where the program declares it
    decisive: tuple[tuple[tuple[str, ...], int], ...] = ()  # facts that would settle the most cases → how many
    overall: Estimate
    without_permitted: Estimate
    classes: tuple[Estimate, ...]
    offices: tuple[Estimate, ...]
    office_precision: OfficePrecision
    conclusion: Conclusion | None = None  # of the standard, where the audit declares one
    standings: tuple[OfficeComparison, ...] = ()  # of the offices, against it
    needed: tuple[tuple[str, int], ...]  # field that would decide a case → undeterminable cases that need it
    later: tuple[tuple[str, str, int], ...]  # outcome as known then, as known later, cases that differ
    rules: tuple[CitedRule, ...]

    @property
    def table(self) -> pl.DataFrame:
        """A row an estimate: of all cases, of each class, of each office; rates and limits are shares in [0, 1]."""
        groups = {"all": (self.overall,), "class": self.classes, "office": self.offices}
        names = ("reviewed", "conforming", "deviating", "undeterminable", "rate", "lower", "upper", "worst", "best")
        rows = [
            {"of": group, "name": one.label, **{name: getattr(one, name) for name in names}}
            for group, estimates in groups.items()
            for one in estimates
        ]
        return pl.DataFrame(rows, infer_schema_length=None)

    def display(self) -> Display:
        """The overall rate in a sentence, then the rates of classes and offices."""
        shares = ("rate", "lower", "upper", "worst", "best")
        rates = display_table(self.table, title="Rates in the sample", rows=60, shares=shares)
        return join_displays(self.overall.display(), rates)


def evaluate_sample(
    settled: pl.DataFrame,
    record: Mapping[str, Any],
    frame: Frame,
    plan: SamplePlan,
    policy: Policy,
    *,
    offices: Mapping[str, str],
    in_frame: pl.DataFrame,
    groups: Sequence[CaseGroup] = (),
) -> SampleResult:
    """Evaluate the drawn cases.

    `settled` is what `settle` returns, with the case's `office` beside it; `record` is the manifest of the draw;
    `offices` gives every office's name by its code, and `in_frame` the cases of the frame by `office` and `stratum`
    (blank where there is none); `groups` say which rules' cases are reported together.
    """
    judged = settled.filter(attribute=plan.attribute).with_columns(outcome=pl.col("settled"))
    sizes, method = dict(frame.sizes) or {"": frame.size}, record["design"].get("method", "random")
    rates = _SampleRates(_add_design_columns(judged, record, sizes), method, sizes, in_frame, plan)
    outcome, case_class = pl.col("outcome"), pl.col("class")
    of_no_class = (outcome == "undeterminable") & case_class.is_null()  # it may be of any
    overall = rates.estimate_whole(label="All cases")
    by_office = rates.estimate_offices(offices)
    standard = None if plan.tolerable is None else str(plan.tolerable)
    comparisons = compare_offices(by_office, tolerable=standard) if standard and rates.offices_are_simple else ()
    return SampleResult(
        attribute=plan.attribute,
        period=plan.period,
        as_of=plan.as_of,
        seed=record["seed"]["value"],
        seed_source=record["seed"]["source"],
        frame_digest=frame.digest,
        universe=frame.universe,
        exclusions=frame.exclusions,
        frame=frame.size,
        drawn=len(record["cases"]),
        cells=tuple(_count_cells(judged, plan.cells)),
        documentation=tuple(_count_documentation(settled, judged))
        if DOCUMENTATION_ATTRIBUTE in policy.list_attributes()
        else (),
        attributes=tuple(_estimate_attributes(settled, record, policy, rates)),
        groups=tuple(_estimate_groups(rates, groups)),
        decisive=find_decisive_facts(judged.filter(outcome="undeterminable")["needed"].fill_null("").to_list()),
        overall=overall,
        without_permitted=rates.estimate_domain(outcome != "permitted", label="Without permitted actions"),
        classes=tuple(rates.estimate_domain((case_class == name) | of_no_class, label=name) for name in plan.classes),
        offices=by_office,
        office_precision=measure_office_precision(by_office, margin=str(plan.margin)),
        conclusion=conclude_on_standard(overall, tolerable=standard) if standard else None,
        standings=comparisons,
        needed=tuple(_count_needed_fields(judged)),
        later=tuple(_count_later_outcomes(judged)),
        rules=tuple(_list_cited_rules(judged, policy)),
    )


@dataclass(frozen=True, slots=True)
class _SampleRates:
    """The rates of a sample as it was drawn: of the whole frame, of each stratum, or by unequal chances."""

    judged: pl.DataFrame  # determinations with `office`, and with what `_add_design_columns` adds
    method: str
    sizes: Mapping[str, int]  # of strata
    in_frame: pl.DataFrame  # office, stratum, cases
    plan: SamplePlan

    @property
    def _settings(self) -> dict[str, Any]:
        return {"level": str(self.plan.level), "treatment": self.plan.treatment}

    def rate_attribute(self, settled: pl.DataFrame, record: Mapping[str, Any], attribute: str) -> "_SampleRates":
        """The same of another attribute."""
        judged = settled.filter(attribute=attribute).with_columns(outcome=pl.col("settled"))
        return replace(self, judged=_add_design_columns(judged, record, self.sizes))

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

    def estimate_offices(self, names: Mapping[str, str]) -> tuple[Estimate, ...]:
        """Of each office of the frame, in order of its code; one of which no case was drawn is estimated too."""
        offices = sorted(self.in_frame.partition_by("office", as_dict=True).items())
        return tuple(
            self._estimate_counted_part(
                pl.col("office") == office,
                dict(rows.select("stratum", "cases").iter_rows()),
                label=names.get(office, office),
            )
            for (office,), rows in offices
        )

    def _estimate_counted_part(self, of: pl.Expr, sizes: Mapping[str, int], *, label: str) -> Estimate:
        """Of a part whose cases in the frame are known, by stratum: `sizes`."""
        if self.method != "random":  # the numbers of cases then say nothing of how likely each was drawn
            return self.estimate_domain(of, label=label)
        judged = self.judged.filter(of)
        if len(sizes) > 1:
            return estimate_strata(judged, sizes, label=label, **self._settings)
        return estimate_outcomes(judged, population=sum(sizes.values()), label=label, **self._settings)


def _estimate_attributes(
    settled: pl.DataFrame, record: Mapping[str, Any], policy: Policy, rates: _SampleRates
) -> Iterator[AttributeResult]:
    """Every attribute of the policy; the rate is of the cases that its rules speak to."""
    for attribute in policy.list_attributes():
        own = rates.rate_attribute(settled, record, attribute)
        outside = pl.col("outcome").is_in(OUTSIDE_OUTCOMES)
        speaks_to_all = own.judged.filter(outside).is_empty()
        yield AttributeResult(
            attribute=attribute,
            outcomes=count_outcomes(own.judged, attribute),
            deviations=count_deviations(own.judged, policy),
            estimate=own.estimate_whole(label=attribute)
            if speaks_to_all
            else own.estimate_domain(~outside, label=attribute),
        )


def _estimate_groups(rates: _SampleRates, groups: Sequence[CaseGroup]) -> Iterator[GroupResult]:
    """Each group, and each class in it, of the cases that could be assessed."""
    assessed = pl.col("outcome").is_in((*CONFORMING_OUTCOMES, *DEVIATING_OUTCOMES))
    for group in groups:
        rules = [rule for rule in rates.judged["rule"].drop_nulls().unique() if is_in_group(rule, group)]
        own = assessed & pl.col("rule").is_in(rules)
        classes = rates.judged.filter(own)["class"].drop_nulls().unique(maintain_order=True).sort()
        parts = [rates.estimate_domain(own & (pl.col("class") == name), label=name) for name in classes]
        yield GroupResult(
            estimate=rates.estimate_domain(own, label=group.name),
            classes=tuple(parts) if len(parts) > 1 else (),
            is_permission=group.is_permission,
        )


def _add_design_columns(judged: pl.DataFrame, record: Mapping[str, Any], sizes: Mapping[str, int]) -> pl.DataFrame:
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


def _count_cells(judged: pl.DataFrame, cell_words: Sequence[CellWords]) -> Iterator[Cell]:
    """Every cell that the program words, in its order and even if empty; then any other that was found."""
    case_class = pl.when(pl.col("outcome") != "undeterminable").then("class").fill_null("")
    case_counts = Counter(judged.select("outcome", case_class).iter_rows())
    words_by_cell = {(cell.outcome, cell.case_class): cell.words for cell in cell_words}
    for outcome, case_class in (*words_by_cell, *sorted(case_counts.keys() - words_by_cell.keys())):
        words = words_by_cell.get((outcome, case_class), "")
        yield Cell(outcome=outcome, case_class=case_class, cases=case_counts[outcome, case_class], words=words)


def _count_documentation(settled: pl.DataFrame, judged: pl.DataFrame) -> Iterator[Cell]:
    """How complete the file was, among the cases that could be assessed and those that could not."""
    key = settled.columns[0]
    verdicts = judged.select(
        key,
        assessed=pl.when(pl.col("outcome") == "undeterminable")
        .then(pl.lit("undeterminable"))
        .otherwise(pl.lit("assessed")),
    )
    files = settled.filter(attribute=DOCUMENTATION_ATTRIBUTE).join(verdicts, on=key)
    case_counts = Counter(files.select("settled", "assessed").iter_rows())
    for outcome in OUTCOMES_BY_ATTRIBUTE[DOCUMENTATION_ATTRIBUTE]:
        for assessed in ("assessed", "undeterminable"):
            yield Cell(outcome=outcome, case_class=assessed, cases=case_counts[outcome, assessed])


def _count_needed_fields(judged: pl.DataFrame) -> Iterator[tuple[str, int]]:
    fields = judged.filter(outcome="undeterminable")["needed"].str.split("; ").explode()
    yield from sorted(Counter(fields.drop_nulls()).items(), key=lambda field: (-field[1], field[0]))


def _count_later_outcomes(judged: pl.DataFrame) -> Iterator[tuple[str, str, int]]:
    changed = judged.drop_nulls("later").select("outcome", "later")
    yield from ((then, later, cases) for (then, later), cases in sorted(Counter(changed.iter_rows()).items()))


def _list_cited_rules(judged: pl.DataFrame, policy: Policy) -> Iterator[CitedRule]:
    """The rule versions that decided cases, in the order in which they are asked.

    Not counted: cases that people decided, and cases that any of several rules would have decided alike.
    """
    sure = pl.col("sure").cast(pl.String) == "true"  # read back from a file, it is text
    decided = judged.filter(pl.col("outcome") != "undeterminable", sure, pl.col("settled_by") == "rule")
    case_counts = Counter(decided.select("rule", "version").iter_rows())
    for rule in policy.rules:
        for version in rule.versions:
            if cases := case_counts[rule.id, version.under]:
                document = policy.documents[version.under]
                yield CitedRule(
                    rule=rule.id,
                    title=rule.title,
                    version=version.under,
                    document=document.title,
                    section=version.citation.section,
                    quote=version.citation.quote,
                    cases=cases,
                    criterion=document.criterion,
                    unverified=version.citation.unverified or document.unverified,
                )
