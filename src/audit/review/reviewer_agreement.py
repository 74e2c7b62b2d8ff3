"""How far two reviewers concur who judged cases apart, where they differ, and what errors do to a rate."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from audit.policy.rules import CONFORMING_OUTCOMES, DEVIATING_OUTCOMES
from audit.statistics.agreement import NOMINAL_COEFFICIENTS, agreement_limits, identity_weights
from audit.statistics.double_sampling import double_sampling_limits
from audit.statistics.intervals.exact import clopper_pearson
from audit.statistics.parameters import Counts, Rate
from audit.tables.offices import UNRECORDED_OFFICE

MINIMUM_CASES_FOR_AGREEMENT: Final = 10  # cases under which a coefficient of agreement says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficient:
    """One coefficient of agreement, with two-sided limits; None where it cannot be told."""

    name: str
    value: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewerAgreement:
    """How often two reviewers concluded the same, of one attribute, in all offices or in one."""

    attribute: str
    office: str  # "all", or its code
    cases: int  # that both judged
    agreed: int
    coefficients: tuple[Coefficient, ...]  # none where there are too few cases


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstReviewErrors:
    """How often the first review was wrong where it was reviewed again, and the rate with that allowed for."""

    attribute: str
    twice: int  # cases seen twice of which it is settled what holds
    wrong: int  # first answers that do not hold
    lower: float  # of the share wrong, two-sided
    upper: float
    rate: float | None  # conforming among those that could be assessed, corrected for the first review's errors
    rate_lower: float | None
    rate_upper: float | None
    level: float


def measure_agreement(
    review_status: pl.DataFrame, offices: pl.DataFrame, *, level: Rate
) -> tuple[ReviewerAgreement, ...]:
    """The agreement of both reviewers, by attribute, of all offices and of each.

    `review_status` is what `audit.review.journal.build_review_status` gives; `offices` names the `office` of each
    case, in the same key. Coefficients as `audit.statistics.agreement` has them, with limits that take the cases for a
    sample.
    """
    key = review_status.columns[0]
    both = review_status.drop_nulls(["first", "second"]).join(offices, on=key, how="left")
    both = both.sort(key, "attribute")  # sums of floats depend on the order: another process must find the same
    return tuple(_measure_by_office(both, level))


def find_disagreements(review_status: pl.DataFrame) -> pl.DataFrame:
    """The items on which the reviewers differ and nobody has decided yet."""
    return review_status.filter(pl.col("first") != pl.col("second"), pl.col("decided").is_null())


def estimate_first_errors(
    review_status: pl.DataFrame, attribute: str, *, level: Rate, complete: bool = True
) -> FirstReviewErrors | None:
    """What the second review says of the first, for one attribute; None where no case is settled that both judged.

    What both say, or what was decided, holds. The rate takes every first answer, corrected by what held of the first
    answers seen twice (`double_sampling_limits`), which were a random part of all: where no error was found it is the
    rate of the first answers. There is none unless the first review is `complete`, of all the sample. Limits of the
    errors are Clopper-Pearson's.
    """
    answered = review_status.filter(pl.col("attribute") == attribute, pl.col("first").is_not_null())
    holds = pl.coalesce("decided", pl.when(pl.col("first") == pl.col("second")).then("first"))
    judgements = answered.select("first", "second", holds=holds)
    both = judgements.drop_nulls(["second", "holds"])
    if both.is_empty() or judgements.filter(pl.col("second").is_not_null(), pl.col("holds").is_null()).height:
        return None
    wrong, twice = both.filter(pl.col("first") != pl.col("holds")).height, both.height
    corrected = double_sampling_limits(
        _count_kinds(judgements["first"]),
        [_count_kinds(both.filter(_find_kind("first") == kind)["holds"]) for kind in range(3)],
        level,
    )
    low, high = clopper_pearson(wrong, twice, level)
    is_known = complete and math.isfinite(corrected.rate)
    return FirstReviewErrors(
        attribute=attribute,
        twice=twice,
        wrong=wrong,
        lower=float(low),
        upper=float(high),
        rate=corrected.rate if is_known else None,
        rate_lower=corrected.lower if is_known else None,
        rate_upper=corrected.upper if is_known else None,
        level=float(level),
    )


def _find_kind(name: str) -> pl.Expr:
    """0 where an outcome conforms, 1 where it deviates, 2 where it could not be assessed."""
    outcome = pl.col(name)
    return (
        pl.when(outcome.is_in(CONFORMING_OUTCOMES)).then(0).when(outcome.is_in(DEVIATING_OUTCOMES)).then(1).otherwise(2)
    )


def _count_kinds(outcomes: pl.Series) -> list[int]:
    kinds = outcomes.to_frame("outcome").select(_find_kind("outcome")).to_series()
    return [int((kinds == kind).sum()) for kind in range(3)]


def _measure_by_office(both: pl.DataFrame, level: Rate) -> Iterator[ReviewerAgreement]:
    for (attribute,), rows in sorted(both.partition_by("attribute", as_dict=True).items()):
        known_office = pl.col("office").fill_null(UNRECORDED_OFFICE)
        by_office = sorted(rows.with_columns(known_office).partition_by("office", as_dict=True).items())
        for office, own in (("all", rows), *((office, own) for (office,), own in by_office)):
            yield ReviewerAgreement(
                attribute=attribute,
                office=office,
                cases=own.height,
                agreed=own.filter(pl.col("first") == pl.col("second")).height,
                coefficients=tuple(_calculate_coefficients(own, level))
                if own.height >= MINIMUM_CASES_FOR_AGREEMENT
                else (),
            )


def _calculate_coefficients(rows: pl.DataFrame, level: Rate) -> Iterator[Coefficient]:
    used = sorted({*rows["first"], *rows["second"]})
    used += ["something else"] * (2 - len(used))  # where all judgements are alike there is still another
    codes = {outcome: number for number, outcome in enumerate(used)}
    ratings: Counts = np.column_stack(
        [rows[who].replace_strict(codes, return_dtype=pl.Int64).to_numpy() for who in ("first", "second")]
    )
    for name, method in NOMINAL_COEFFICIENTS.items():
        agreement = method(ratings, identity_weights(len(used)))
        lower, upper = agreement_limits(agreement, level)
        yield Coefficient(
            name=name,
            value=_finite_or_none(agreement.coefficient),
            lower=_finite_or_none(lower),
            upper=_finite_or_none(upper),
        )


def _finite_or_none(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
