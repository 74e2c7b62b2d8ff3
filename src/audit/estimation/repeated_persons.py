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
class PersonCounts:
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

    in_frame: PersonCounts
    in_sample: PersonCounts
    once: Estimate | None


def count_persons(persons: pl.Series) -> PersonCounts:
    """How many persons these are, one value a case; none where the person is not known."""
    sizes = pl.DataFrame({"person": persons}).group_by("person").agg(cases=pl.len())
    return add_up_persons(sizes.group_by(pl.col("person").is_not_null().alias("known"), "cases").agg(persons=pl.len()))


def add_up_persons(sizes: pl.DataFrame) -> PersonCounts:
    """The counts of a table: of `persons` whether they are `known`, and how many `cases` each of them has."""
    known, several = pl.col("known"), pl.col("cases") > 1
    cases, persons = pl.col("cases") * pl.col("persons"), pl.col("persons")
    totals = sizes.with_columns(pl.col("cases", "persons").cast(pl.Int64)).select(
        cases=cases.sum(),
        unknown=cases.filter(~known).sum(),
        persons=persons.filter(known).sum(),
        repeated=persons.filter(known & several).sum(),
        of_repeated=cases.filter(known & several).sum(),
    )
    return PersonCounts(**totals.row(0, named=True))


def measure_repeated_persons(
    judged: pl.DataFrame,
    in_frame: PersonCounts,
    *,
    is_simple: bool,
    level: Rate = "0.95",
    treatment: UndeterminableTreatment = "exclude",
) -> RepeatedPersons:
    """What persons of several cases do to the rate of sampled cases with a `person` and a settled `outcome`."""
    return RepeatedPersons(
        in_frame=in_frame,
        in_sample=count_persons(judged["person"]),
        once=estimate_outcomes(_count_each_once(judged), label="Each person once", level=level, treatment=treatment)
        if is_simple
        else None,
    )


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
