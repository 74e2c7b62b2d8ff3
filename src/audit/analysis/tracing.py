"""Tracing: samples from the records to their source and back, each with its size, tolerable rate and conclusion."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_plural
from audit.programs.analyses import SelectionKind, Tracing, TracingSample
from audit.statistics.intervals import hypergeometric_lower, hypergeometric_upper
from audit.statistics.sizes import ToleranceConclusion, attribute_plan, evaluate_deviations

Direction = Literal["records to source", "source to records"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TracingResult:
    """One value of the result, and how many traced items have it."""

    direction: Direction
    value: str
    items: int
    is_deviation: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedSample:
    """What a sample in one direction shows. Limits are one-sided, in items of the population, each at `confidence`."""

    direction: Direction
    unit: tuple[str, str]
    words: str
    population: int
    tolerable: float
    expected: float
    confidence: float
    selection: SelectionKind
    selection_words: str
    needed: int  # items that the plan asks for
    allowed: int  # deviations among so many with which the rate is still shown to be tolerable
    drawn: int
    traced: int
    deviations: int  # those not obtained among them
    not_obtained: int
    results: tuple[TracingResult, ...]
    lower: int | None  # None where items were not drawn at random, or none was traced
    upper: int | None
    conclusion: ToleranceConclusion | None
    if_obtained: ToleranceConclusion | None  # the conclusion had every item that was not obtained agreed


@dataclass(frozen=True, slots=True, kw_only=True)
class TracingTest:
    """Both directions of a test; one that was not made is not there."""

    name: str
    title: str
    source: str
    synthetic: str
    samples: tuple[TracedSample, ...]


def measure_tracing(tables: Mapping[str, pl.LazyFrame], tracing: Tracing) -> TracingTest:
    """What the samples of a program show of its records.

    Each direction has its own size (`attribute_plan`) and conclusion (`evaluate_deviations`), exact for a sample from a
    finite population. Items that were not drawn at random bring neither limits nor a conclusion. AuditError (DATA)
    where an item stands twice, or there are more than could be drawn.
    """
    directions: tuple[tuple[Direction, TracingSample | None], ...] = (
        ("records to source", tracing.from_records),
        ("source to records", tracing.from_source),
    )
    return TracingTest(
        name=tracing.name,
        title=tracing.title,
        source=tracing.source,
        synthetic=tracing.synthetic,
        samples=tuple(_measure_sample(tables[one.table], one, direction) for direction, one in directions if one),
    )


def _measure_sample(rows: pl.LazyFrame, one: TracingSample, direction: Direction) -> TracedSample:
    items = rows.select(item=pl.col(one.item).cast(pl.String), result=pl.col(one.result).cast(pl.String)).collect()
    _refuse_wrong_items(items, one)
    results = tuple(_count_results(items["result"].drop_nulls(), one, direction))
    traced = sum(result.items for result in results)
    deviations = sum(result.items for result in results if result.is_deviation)
    not_obtained = sum(result.items for result in results if result.value == one.not_obtained)
    plan = attribute_plan(one.population, one.tolerable, one.expected, one.confidence)
    speaks = one.selection == "at random" and traced > 0
    test = (traced, one.population, one.tolerable, one.confidence)
    return TracedSample(
        direction=direction,
        unit=one.unit,
        words=one.words,
        population=one.population,
        tolerable=one.tolerable,
        expected=one.expected,
        confidence=one.confidence,
        selection=one.selection,
        selection_words=one.selection_words,
        needed=plan.cases,
        allowed=plan.allowed,
        drawn=items.height,
        traced=traced,
        deviations=deviations,
        not_obtained=not_obtained,
        results=results,
        lower=hypergeometric_lower(deviations, traced, one.population, one.confidence) if speaks else None,
        upper=hypergeometric_upper(deviations, traced, one.population, one.confidence) if speaks else None,
        conclusion=evaluate_deviations(deviations, *test).conclusion if speaks else None,
        if_obtained=evaluate_deviations(deviations - not_obtained, *test).conclusion if speaks else None,
    )


def _count_results(found: pl.Series, one: TracingSample, direction: Direction) -> Iterator[TracingResult]:
    counts = dict(found.value_counts().iter_rows())
    others = sorted(counts.keys() - {one.agrees, one.not_obtained})
    for value in (one.agrees, *others, *([one.not_obtained] if one.not_obtained else [])):
        items = counts.get(value, 0)
        yield TracingResult(direction=direction, value=value, items=items, is_deviation=value != one.agrees)


def _refuse_wrong_items(items: pl.DataFrame, one: TracingSample) -> None:
    problems = []
    if twice := items.height - items["item"].n_unique():
        what = f"{format_plural(twice, 'row')} for an item that has one"
        problems.append(Problem(what=what, mend="Give each item one row.", file=one.table, column=one.item))
    if items.height > one.population:
        what = f"has {format_plural(items.height, 'row')}, more than the {one.population:,} that could be drawn"
        problems.append(Problem(what=what, mend="Correct `population`.", file=one.table))
    if problems:
        raise AuditError(problems, code=ExitCode.DATA)
