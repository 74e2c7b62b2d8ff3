"""What a sample audit lacks before its report may be issued: items to settle, differences to decide, a supervisor."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from audit.formatting import count, plural
from audit.policy.rules import UNDECIDED
from audit.programs.declaration import ReviewPlan
from audit.review.agreement import Concordance, FirstErrors, concordances, differences, first_errors
from audit.review.journal import Event, standing

LEFT_OPEN = (*UNDECIDED[:1], "judgement_required")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearance:
    """How far the review of a sample has come, how far the reviewers concur, and what is missing before issue."""

    items: int  # to be reviewed: a case's attribute each
    reviewed: int
    overruled: int  # in which what is settled is not the outcome by rule
    second: int  # cases that were judged by a second reviewer too
    decided: int  # by adjudication, or on a late document or an appeal
    undecided: int  # on which the reviewers differ, and nobody has decided
    signed_by: str  # the supervisor's role; empty where what stands was not signed
    concordance: tuple[Concordance, ...]
    first_errors: tuple[FirstErrors, ...]
    missing: tuple[str, ...]  # why the report may not be issued


def clearance(
    settled: pl.DataFrame, events: Sequence[Event], plan: ReviewPlan, *, key: str, level: str, digest: str
) -> Clearance:
    """How the review stands. `digest` is that of the settled determinations, which a supervisor's signature names."""
    items = to_review(settled, plan)
    how = standing(events, key=key)
    stands = items.join(how, on=[key, "attribute"], how="left")
    answered = pl.any_horizontal(pl.col("first", "second", "decided").is_not_null())
    reviewed = stands.filter(answered)
    undecided = differences(how).height
    second = how.drop_nulls("second")[key].n_unique()
    signed_by = signature(events, digest)
    lacking = items.height - reviewed.height
    missing = _missing(lacking, undecided, plan.second - second, signed_by)
    complete = plan.cases == "all" and not lacking
    errors = (first_errors(how, attribute, level=level, complete=complete) for attribute in plan.attributes)
    return Clearance(
        items=items.height,
        reviewed=reviewed.height,
        overruled=items.filter(pl.col("settled") != pl.col("outcome")).height,
        second=second,
        decided=how.drop_nulls("decided").height,
        undecided=undecided,
        signed_by=signed_by,
        concordance=concordances(how, settled.select(key, "office").unique(), level=level),
        first_errors=tuple(found for found in errors if found),
        missing=tuple(missing),
    )


def to_review(settled: pl.DataFrame, plan: ReviewPlan) -> pl.DataFrame:
    """The determinations that people review: of the plan's attributes, all or those that the rules leave open."""
    asked = settled.filter(pl.col("attribute").is_in(plan.attributes))
    return asked if plan.cases == "all" else asked.filter(pl.col("outcome").is_in(LEFT_OPEN))


def signature(events: Sequence[Event], digest: str) -> str:
    """The role of the supervisor who signed what is settled as it stands; empty where nobody did."""
    return next((e.by for e in reversed(events) if e.phase == "supervision" and e.evidence == digest), "")


def _missing(unreviewed: int, undecided: int, second: int, signed_by: str) -> Iterator[str]:
    if unreviewed:
        yield f"{plural(unreviewed, 'item')} of the sample not reviewed: audit review export"
    if second > 0:
        yield f"{plural(second, 'case')} short of those to be reviewed a second time: audit review second"
    if undecided:
        told = plural(undecided, "difference")
        yield f"{told} between the reviewers not adjudicated: audit review export --adjudicate"
    if not signed_by:
        yield "the supervisor's review of what is settled not recorded: audit review sign"


def in_words(found: Clearance) -> str:
    """How the review stands, in a few sentences."""
    items, overruled = plural(found.items, "item"), count(found.overruled)
    said = f"{count(found.reviewed)} of {items} reviewed by people, {overruled} overruled."
    if found.second:
        said += f" {plural(found.second, 'case')} judged by a second reviewer apart."
    if found.decided:
        said += f" {plural(found.decided, 'item')} decided by adjudication, late document or appeal."
    return said + (f" Signed by: {found.signed_by}." if found.signed_by else "")
