"""What a sample audit lacks before its report may be issued: items to settle, differences to decide, a supervisor."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from audit.policy.rules import UNDECIDED_OUTCOMES
from audit.programs.declaration import ReviewPlan
from audit.review.journal import ReviewEvent, build_review_status, list_signatures
from audit.review.reviewer_agreement import (
    FirstReviewErrors,
    ReviewerAgreement,
    estimate_first_errors,
    find_disagreements,
    measure_agreement,
)

OUTCOMES_LEFT_OPEN = (*UNDECIDED_OUTCOMES[:1], "judgement_required")


class ReviewStep(StrEnum):
    """A step that a review takes before its report may be issued, in the order in which they are taken."""

    FIRST_REVIEW = "first review"
    SECOND_REVIEW = "second review"
    ADJUDICATION = "adjudication"
    SIGNATURE = "signature"  # the supervisor's, of what is settled


@dataclass(frozen=True, slots=True, kw_only=True)
class OutstandingStep:
    """A step that is still to be taken, and for how much."""

    step: ReviewStep
    count: int  # items to review, cases to review a second time, differences to adjudicate, signatures


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewReadiness:
    """How far the review of a sample has come, how far the reviewers concur, and what is outstanding before issue."""

    items: int  # to be reviewed: a case's attribute each
    reviewed: int
    overruled: int  # in which what is settled is not the outcome by rule
    second: int  # cases that were judged by a second reviewer too
    decided: int  # by adjudication, or on a late document or an appeal
    undecided: int  # on which the reviewers differ, and nobody has decided
    signed_by: str  # the supervisor's role; empty where what stands was not signed
    concordance: tuple[ReviewerAgreement, ...]
    first_errors: tuple[FirstReviewErrors, ...]
    outstanding: tuple[OutstandingStep, ...]  # why the report may not be issued


def check_readiness(
    settled: pl.DataFrame, events: Sequence[ReviewEvent], plan: ReviewPlan, *, key: str, level: str, digest: str
) -> ReviewReadiness:
    """How the review stands. `digest` is that of the settled determinations, which a supervisor's signature names."""
    items = filter_items_to_review(settled, plan)
    how = build_review_status(events, key=key)
    items_with_status = items.join(how, on=[key, "attribute"], how="left")
    answered = pl.any_horizontal(pl.col("first", "second", "decided").is_not_null())
    reviewed = items_with_status.filter(answered)
    undecided = find_disagreements(how).height
    second = how.drop_nulls("second")[key].n_unique()
    signed_by = find_signer(events, digest)
    lacking = items.height - reviewed.height
    counts = {
        ReviewStep.FIRST_REVIEW: lacking,
        ReviewStep.SECOND_REVIEW: plan.second - second,
        ReviewStep.ADJUDICATION: undecided,
        ReviewStep.SIGNATURE: 0 if signed_by else 1,
    }
    complete = plan.cases == "all" and not lacking
    errors = (estimate_first_errors(how, attribute, level=level, complete=complete) for attribute in plan.attributes)
    return ReviewReadiness(
        items=items.height,
        reviewed=reviewed.height,
        overruled=items.filter(pl.col("settled") != pl.col("outcome")).height,
        second=second,
        decided=how.drop_nulls("decided").height,
        undecided=undecided,
        signed_by=signed_by,
        concordance=measure_agreement(how, settled.select(key, "office").unique(), level=level),
        first_errors=tuple(error for error in errors if error),
        outstanding=tuple(OutstandingStep(step=step, count=counts[step]) for step in ReviewStep if counts[step] > 0),
    )


def filter_items_to_review(settled: pl.DataFrame, plan: ReviewPlan) -> pl.DataFrame:
    """The determinations that people review: of the plan's attributes, all or those that the rules leave open."""
    items = settled.filter(pl.col("attribute").is_in(plan.attributes))
    return items if plan.cases == "all" else items.filter(pl.col("outcome").is_in(OUTCOMES_LEFT_OPEN))


def find_signer(events: Sequence[ReviewEvent], digest: str) -> str:
    """The role of the supervisor who signed what is settled as it stands; empty where nobody did."""
    return next((one.by for one in reversed(list_signatures(events)) if one.settled_digest == digest), "")
