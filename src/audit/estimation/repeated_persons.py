"""Persons who stand in the frame or in the sample more than once, and the rate with each person counted once."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from audit.estimation.rates import OUTSIDE_OUTCOMES, Estimate, estimate_outcomes
from audit.policy.rules import DEVIATING_OUTCOMES
from audit.programs.declaration import UndeterminableTreatment
from audit.statistics.parameters import Rate

UNDECIDED: Final = ("undeterminable", "judgement_required")


@dataclass(frozen=True, slots=True, kw_only=True)
class RepetitionCounts:
    """How many persons some cases are of."""

    cases: int
    unknown: int  # cases of no known person
    persons: int
    repeated: int  # persons of more than one case
    of_repeated: int  # cases of those persons


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedPersons:
    """How many persons stand in the frame and in the sample more than once, and what that does to the rate.

    `once` counts each person once, as deviating where any of the person's sampled cases deviates. Its limits are those
    of so many independent cases. None where cases stand for unlike numbers of cases.
    """

    in_frame: RepetitionCounts
    in_sample: RepetitionCounts
    with_others: int  # sampled cases of persons with other cases in the frame
    once: Estimate | None


def measure_repeated_persons(
    judged: pl.DataFrame,
    sizes: pl.DataFrame,
    *,
    is_simple: bool,
    level: Rate = "0.95",
    treatment: UndeterminableTreatment = "exclude",
) -> RepeatedPersons:
    """What persons of several cases do to the rate of sampled cases with a `person` and a settled `outcome`.

    `sizes` says of how many `persons`, whether they are `known`, how many `cases` of each are in the frame and how
    many of those are `sampled`. Cases of no known person are one row, as if of one person.
    """
    return RepeatedPersons(
        in_frame=_add_up_persons(sizes, "cases"),
        in_sample=_add_up_persons(sizes, "sampled"),
        with_others=sizes.filter(pl.col("known") & (pl.col("cases") > 1))
        .select((pl.col("sampled") * pl.col("persons")).sum())
        .item(),
        once=estimate_outcomes(_count_each_once(judged), label="Each person once", level=level, treatment=treatment)
        if is_simple
        else None,
    )


def _add_up_persons(sizes: pl.DataFrame, column: str) -> RepetitionCounts:
    """Persons and their cases, by the number of cases of each in a column."""
    known, size, persons = pl.col("known"), pl.col(column), pl.col("persons")
    totals = sizes.filter(size > 0).select(
        cases=(size * persons).sum(),
        unknown=(size * persons).filter(~known).sum(),
        persons=persons.filter(known).sum(),
        repeated=persons.filter(known & (size > 1)).sum(),
        of_repeated=(size * persons).filter(known & (size > 1)).sum(),
    )
    return RepetitionCounts(**totals.row(0, named=True))


def _count_each_once(judged: pl.DataFrame) -> pl.DataFrame:
    """One row a person, with the gravest of the person's outcomes; a case of no known person stands for itself."""
    outcome = pl.col("outcome")
    graveness = (
        pl.when(outcome.is_in(DEVIATING_OUTCOMES))
        .then(0)
        .when(outcome.is_in(UNDECIDED))
        .then(1)
        .when(outcome.is_in(OUTSIDE_OUTCOMES))
        .then(3)
        .otherwise(2)
    )
    ranked = judged.sort(graveness, maintain_order=True)
    known = pl.col("person").is_not_null()
    return pl.concat([ranked.filter(known).unique("person", keep="first", maintain_order=True), ranked.filter(~known)])
