"""What the sample's determinations amount to: the cells, the rates, and what may be said of them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from audit.estimate import Estimate, can_speak, estimate_by, estimate_outcomes
from audit.frame import Frame
from audit.policy import OUTCOMES, Policy
from audit.program import CellWords, SamplePlan

DOCUMENTATION = "documentation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Sampled cases of one class with one outcome."""

    outcome: str
    case_class: str
    cases: int
    words: str  # as the report words the cell


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCited:
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
class SampleAudit:
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
    overall: Estimate
    without_permitted: Estimate
    classes: tuple[Estimate, ...]
    offices: tuple[Estimate, ...]
    offices_statement: str
    needed: tuple[tuple[str, int], ...]  # field that would decide a case → undeterminable cases that need it
    later: tuple[tuple[str, str, int], ...]  # outcome as known then, as known later, cases that differ
    rules: tuple[RuleCited, ...]


def evaluate(
    settled: pl.DataFrame,
    record: Mapping[str, Any],
    frame: Frame,
    plan: SamplePlan,
    policy: Policy,
    *,
    offices: Mapping[str, str],
    populations: Mapping[str, int],
) -> SampleAudit:
    """Evaluate the drawn cases.

    `settled` is what `settle` returns, with the case's `office` beside it; `record` is the manifest of the draw;
    `offices` gives every office's name by its code, and `populations` its cases in the frame.
    """
    judged = settled.filter(attribute=plan.attribute).with_columns(outcome=pl.col("settled"))
    of_no_class = (pl.col("outcome") == "undeterminable") & pl.col("class").is_null()
    given: dict[str, Any] = {"level": str(plan.level), "treatment": plan.treatment}
    by_office = [
        replace(found, label=offices.get(found.label, found.label))
        for found in estimate_by(judged, by="office", populations=populations, **given)
    ]
    return SampleAudit(
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
        cells=tuple(_cells(judged, plan.cells)),
        documentation=tuple(_documentation(settled, judged)) if DOCUMENTATION in policy.attributes() else (),
        overall=estimate_outcomes(judged, population=frame.size, label="All cases", **given),
        without_permitted=estimate_outcomes(
            judged.filter(pl.col("outcome") != "permitted"), label="Without permitted actions", **given
        ),
        # An undeterminable case of no known class may be of any; how many cases of a class there are is not known.
        classes=tuple(
            estimate_outcomes(judged.filter((pl.col("class") == name) | of_no_class), label=name, **given)
            for name in plan.classes
        ),
        offices=tuple(by_office),
        offices_statement=can_speak(by_office, margin=str(plan.margin)),
        needed=tuple(_needed(judged)),
        later=tuple(_later(judged)),
        rules=tuple(_rules(judged, policy)),
    )


def _cells(judged: pl.DataFrame, known: Sequence[CellWords]) -> Iterator[Cell]:
    """Every cell that the program words, in its order and even if empty; then any other that was found."""
    case_class = pl.when(pl.col("outcome") != "undeterminable").then("class").fill_null("")
    found = Counter(judged.select("outcome", case_class).iter_rows())
    worded = {(cell.outcome, cell.case_class): cell.words for cell in known}
    for outcome, case_class in (*worded, *sorted(found.keys() - worded.keys())):
        words = worded.get((outcome, case_class), f"{outcome.replace('_', ' ')}: {case_class}".rstrip(": "))
        yield Cell(outcome=outcome, case_class=case_class, cases=found[outcome, case_class], words=words)


def _documentation(settled: pl.DataFrame, judged: pl.DataFrame) -> Iterator[Cell]:
    """How complete the file was, among the cases that could be assessed and those that could not."""
    key = settled.columns[0]
    verdicts = judged.select(
        key,
        assessed=pl.when(pl.col("outcome") == "undeterminable")
        .then(pl.lit("undeterminable"))
        .otherwise(pl.lit("assessed")),
    )
    files = settled.filter(attribute=DOCUMENTATION).join(verdicts, on=key)
    found = Counter(files.select("settled", "assessed").iter_rows())
    for outcome in OUTCOMES[DOCUMENTATION]:
        for assessed in ("assessed", "undeterminable"):
            words = f"file {outcome}" if outcome != "none" else "no encounter on file"
            yield Cell(outcome=outcome, case_class=assessed, cases=found[outcome, assessed], words=words)


def _needed(judged: pl.DataFrame) -> Iterator[tuple[str, int]]:
    fields = judged.filter(outcome="undeterminable")["needed"].str.split("; ").explode()
    yield from sorted(Counter(fields.drop_nulls()).items(), key=lambda field: (-field[1], field[0]))


def _later(judged: pl.DataFrame) -> Iterator[tuple[str, str, int]]:
    changed = judged.drop_nulls("later").select("outcome", "later")
    yield from ((then, later, cases) for (then, later), cases in sorted(Counter(changed.iter_rows()).items()))


def _rules(judged: pl.DataFrame, policy: Policy) -> Iterator[RuleCited]:
    """The rule versions that decided cases, in the order in which they are asked.

    Not counted: cases that people decided, and cases that any of several rules would have decided alike.
    """
    sure = pl.col("sure").cast(pl.String) == "true"  # read back from a file, it is text
    decided = judged.filter(pl.col("outcome") != "undeterminable", sure, pl.col("settled_by") == "rule")
    found = Counter(decided.select("rule", "version").iter_rows())
    for rule in policy.rules:
        for version in rule.versions:
            if cases := found[rule.id, version.under]:
                document = policy.documents[version.under]
                yield RuleCited(
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
