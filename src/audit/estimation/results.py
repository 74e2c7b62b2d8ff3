"""What the sample's determinations amount to: the cells, the rates, and what may be said of them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import sqrt
from types import MappingProxyType
from typing import Any

import polars as pl

from audit.display import Display, Displayable, display_table, join_displays
from audit.estimation.attributes import (
    AttributeResult,
    GroupResult,
    estimate_attributes,
    estimate_case_groups,
)
from audit.estimation.conclusions import Conclusion, conclude_on_standard
from audit.estimation.office_comparison import OfficeComparison, compare_offices
from audit.estimation.rates import (
    OUTSIDE_OUTCOMES,
    Estimate,
    OfficePrecision,
    measure_office_precision,
)
from audit.estimation.sample_rates import (
    CLUSTER_METHODS,
    METHODS_AS_IF_RANDOM,
    SampleRates,
    add_design_columns,
)
from audit.estimation.undecided_cases import DecisiveRecords, find_decisive_records, name_records
from audit.months import expand_period
from audit.policy.fact_text import split_texts
from audit.policy.rules import CONFORMING_OUTCOMES, DEVIATING_OUTCOMES, OUTCOMES_BY_ATTRIBUTE, Policy
from audit.programs.audit_report import CaseGroup
from audit.programs.declaration import CellWords, SamplePlan, UndeterminableTreatment
from audit.sampling.frame import Frame
from audit.sampling.replacements import list_current_cases
from audit.tables.offices import UNRECORDED_OFFICE

DOCUMENTATION_ATTRIBUTE = "documentation"
SIZE_METHODS = ("sequential Poisson", "fixed interval", "cell")  # with chances in proportion to an amount
IS_SURE = pl.col("sure").cast(pl.String) == "true"  # read back from a file, it is text


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
    unverified: bool
    stated_in: str = ""  # title of the document whose words these are, where it restates the one cited


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleDesign:
    """How the sample was drawn, as the manifest of the draw states it."""

    method: str = "random"  # a key of `audit.sampling.draw.SELECTION_METHODS`
    size: int | None = None  # planned: cases, clusters, or hits in a draw by money; None in an older manifest
    declared: int | None = None  # cases that the program declares
    stratum: str = ""  # column of the strata; none where blank
    strata: int = 1
    cluster: str = ""  # column of the clusters, where those were drawn
    clusters: int = 0  # clusters drawn
    each: int | None = None  # cases of each drawn cluster; all where None
    measure: str = ""  # column of the amounts, where cases were drawn by those
    replaced: int = 0  # cases for which a spare stands
    frame_fixed: datetime | None = None  # when the digest of the frame was fixed, and when the seed was chosen
    seed_chosen: datetime | None = None

    @property
    def weighted(self) -> bool:
        """Whether cases stand for unlike numbers of cases, so that a rate is no quotient of two counts."""
        return self.strata > 1 or self.method not in METHODS_AS_IF_RANDOM


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SampleResult(Displayable):
    """The audit of a sample: what was drawn, what was found, and what may be said of it."""

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
    decisive: tuple[DecisiveRecords, ...] = ()  # kinds of records that would settle the most cases, the fewest first
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
    decided_alike: int | None = 0  # assessed cases of which several rules would give the one outcome; None: withheld
    decided_by_people: int | None = 0  # assessed cases that people decided; None: withheld
    reviewed_by_people: int | None = 0  # sampled cases that people looked at; None: withheld
    treatment: UndeterminableTreatment = "exclude"  # of undeterminable cases, in the rates
    design: SampleDesign = SampleDesign()

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
    table_by_column: Mapping[str, str] = MappingProxyType({}),
) -> SampleResult:
    """Evaluate the drawn cases.

    `settled` is what `settle` returns, with the case's `office` beside it; `record` is the manifest of the draw;
    `offices` gives every office's name by its code, and `in_frame` the cases of the frame by `office` and `stratum`
    (blank where there is none); `groups` say which rules' cases are reported together, and `table_by_column` where
    each column of a case stands.
    """
    named = pl.col("office").fill_null(UNRECORDED_OFFICE)
    settled, in_frame = settled.with_columns(named), in_frame.with_columns(named)
    judged = settled.filter(attribute=plan.attribute).with_columns(outcome=pl.col("settled"))
    sizes, method = dict(frame.sizes) or {"": frame.size}, record["design"].get("method", "random")
    rates = SampleRates(add_design_columns(judged, record, sizes), method, sizes, in_frame, plan)
    outcome, case_class = pl.col("outcome"), pl.col("class")
    of_no_class = (outcome == "undeterminable") & case_class.is_null()  # it may be of any
    overall, by_office = rates.estimate_whole(label="All cases"), rates.estimate_offices(offices)
    recorded = [estimate for code, estimate in by_office.items() if code != UNRECORDED_OFFICE]
    standard = None if plan.tolerable is None else str(plan.tolerable)
    comparisons = compare_offices(recorded, tolerable=standard) if standard and rates.offices_are_simple else ()
    return SampleResult(
        attribute=plan.attribute,
        period=expand_period(plan.period),
        as_of=plan.as_of,
        seed=record["seed"]["value"],
        seed_source=record["seed"]["source"],
        frame_digest=frame.digest,
        universe=frame.universe,
        exclusions=frame.exclusions,
        frame=frame.size,
        drawn=len(record["cases"]),
        cells=tuple(_count_cells(judged, plan.cells)),
        documentation=tuple(_count_documentation(settled, judged, policy)),
        attributes=tuple(estimate_attributes(settled, record, policy, rates)),
        groups=tuple(estimate_case_groups(rates, groups, tolerable=standard)),
        decisive=find_decisive_records(_list_needed_records(judged, table_by_column)),
        overall=overall,
        without_permitted=rates.estimate_domain(outcome != "permitted", label="Without permitted actions"),
        classes=tuple(rates.estimate_domain((case_class == name) | of_no_class, label=name) for name in plan.classes),
        offices=tuple(by_office.values()),
        office_precision=measure_office_precision(recorded, margin=str(plan.margin)),
        conclusion=conclude_on_standard(overall, tolerable=standard) if standard else None,
        standings=comparisons,
        needed=tuple(_count_needed_fields(judged)),
        later=tuple(_count_later_outcomes(judged)),
        rules=tuple(_list_cited_rules(judged, policy)),
        **_count_deciders(judged),
        treatment=plan.treatment,
        design=_describe_draw(record, frame, plan),
    )


def compute_standard_error(result: SampleResult) -> float | None:
    """The standard error of the overall rate as a share, in a simple random sample; None in any other.

    sqrt(p(1 - p)/(n - 1) · (1 - n/N)), of the n cases that could be assessed, N those of the frame to which a rule
    applies (Cochran 1977, section 3.2).
    """
    overall = result.overall
    n, size = overall.assessed, overall.population
    is_simple = result.design.method == "random" and result.design.strata == 1
    if not is_simple or result.treatment != "exclude" or overall.rate is None or n < 2 or not size:
        return None
    return sqrt(overall.rate * (1 - overall.rate) / (n - 1) * (1 - n / size))


def _describe_draw(record: Mapping[str, Any], frame: Frame, plan: SamplePlan) -> SampleDesign:
    """The design of a draw by its manifest."""
    design, seed = record["design"], record["seed"]
    method = design.get("method", "random")
    names = list_current_cases(record)["cluster"] if method in CLUSTER_METHODS else pl.Series([], dtype=pl.String)
    return SampleDesign(
        method=method,
        size=design.get("size"),
        declared=plan.size,
        stratum=frame.stratum or "",
        strata=max(1, len(frame.sizes)),
        cluster=(frame.cluster or "") if method in CLUSTER_METHODS else "",
        clusters=names.n_unique() if len(names) else 0,
        each=design.get("each"),
        measure=(frame.measure or "") if method in SIZE_METHODS else "",
        replaced=len(record.get("replaced", ())),
        frame_fixed=_parse_time(record["frame"].get("fixed")),
        seed_chosen=_parse_time(seed.get("chosen")),
    )


def _parse_time(stated: str | None) -> datetime | None:
    return datetime.fromisoformat(stated) if stated else None


def _count_deciders(judged: pl.DataFrame) -> dict[str, Any]:
    """How many cases any of several rules decided alike, people decided, and people looked at."""
    by_rule = pl.col("settled_by") == "rule"
    return {
        "decided_alike": _filter_assessed(judged).filter(by_rule, ~IS_SURE).height,
        "decided_by_people": _filter_assessed(judged).filter(~by_rule).height,
        "reviewed_by_people": judged.filter(~by_rule).height,
    }


def _filter_assessed(judged: pl.DataFrame) -> pl.DataFrame:
    """The cases that could be assessed."""
    return judged.filter(pl.col("outcome").is_in([*CONFORMING_OUTCOMES, *DEVIATING_OUTCOMES]))


def _count_cells(judged: pl.DataFrame, cell_words: Sequence[CellWords]) -> Iterator[Cell]:
    """Every cell that the program words, in its order and even if empty; then any other that was found."""
    case_class = pl.when(pl.col("outcome") != "undeterminable").then("class").fill_null("")
    case_counts = Counter(judged.select("outcome", case_class).iter_rows())
    words_by_cell = {(cell.outcome, cell.case_class): cell.words for cell in cell_words}
    for outcome, case_class in (*words_by_cell, *sorted(case_counts.keys() - words_by_cell.keys())):
        words = words_by_cell.get((outcome, case_class), "")
        yield Cell(outcome=outcome, case_class=case_class, cases=case_counts[outcome, case_class], words=words)


def _count_documentation(settled: pl.DataFrame, judged: pl.DataFrame, policy: Policy) -> Iterator[Cell]:
    """How complete the file was, among the cases that could be assessed and those that could not; of every case."""
    if DOCUMENTATION_ATTRIBUTE not in policy.list_attributes():
        return
    key = settled.columns[0]
    outcome = pl.col("outcome")
    verdicts = judged.select(
        key,
        assessed=pl.when(outcome.is_in(OUTSIDE_OUTCOMES))
        .then(pl.lit("no rule applies"))
        .when(outcome.is_in([*CONFORMING_OUTCOMES, *DEVIATING_OUTCOMES]))
        .then(pl.lit("assessed"))
        .otherwise(pl.lit("undeterminable")),
    )
    files = settled.filter(attribute=DOCUMENTATION_ATTRIBUTE).join(verdicts, on=key)
    case_counts = Counter(files.select("settled", "assessed").iter_rows())
    kinds = [
        (outcome, assessed)
        for outcome in OUTCOMES_BY_ATTRIBUTE[DOCUMENTATION_ATTRIBUTE]
        for assessed in ("assessed", "undeterminable")
    ]
    for outcome, assessed in (*kinds, *sorted(case_counts.keys() - set(kinds))):
        yield Cell(outcome=outcome, case_class=assessed, cases=case_counts[outcome, assessed])


def _list_needed_records(judged: pl.DataFrame, table_by_column: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Of each undeterminable case, the kinds of records that it needs."""
    texts = judged.filter(outcome="undeterminable")["needed"]
    return [name_records(split_texts(text), table_by_column) for text in texts]


def _count_needed_fields(judged: pl.DataFrame) -> Iterator[tuple[str, int]]:
    fields = judged.filter(outcome="undeterminable")["needed"].str.split("; ").explode()
    yield from sorted(Counter(fields.drop_nulls()).items(), key=lambda field: (-field[1], field[0]))


def _count_later_outcomes(judged: pl.DataFrame) -> Iterator[tuple[str, str, int]]:
    changed = judged.drop_nulls("later").select("outcome", "later")
    yield from ((then, later, cases) for (then, later), cases in sorted(Counter(changed.iter_rows()).items()))


def _list_cited_rules(judged: pl.DataFrame, policy: Policy) -> Iterator[CitedRule]:
    """The rule versions that decided assessed cases, in the order in which they are asked.

    Not counted: cases that people decided, and cases that any of several rules would have decided alike.
    """
    decided = _filter_assessed(judged).filter(IS_SURE, pl.col("settled_by") == "rule")
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
                    section=version.citation.place,
                    quote=version.citation.quote,
                    cases=cases,
                    unverified=version.citation.unverified or document.unverified,
                    stated_in=policy.documents[source].title if (source := version.citation.as_stated_in) else "",
                )
