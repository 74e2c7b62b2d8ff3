"""The words for a review of a sample: how far it has come, what is outstanding, what the first review got wrong."""

from collections.abc import Mapping
from typing import Final

from audit.formatting import format_count, format_percent, format_plural, format_range
from audit.review.readiness import OutstandingStep, ReviewReadiness, ReviewStep
from audit.review.reviewer_agreement import FirstReviewErrors

# The command that takes each step.
STEP_COMMANDS: Final[Mapping[ReviewStep, str]] = {
    ReviewStep.FIRST_REVIEW: "audit review export",
    ReviewStep.SECOND_REVIEW: "audit review second",
    ReviewStep.ADJUDICATION: "audit review export --adjudicate",
    ReviewStep.SIGNATURE: "audit review sign",
}


def describe_readiness(readiness: ReviewReadiness) -> str:
    """How the review stands, in a few sentences."""
    items, overruled = format_plural(readiness.items, "item"), format_count(readiness.overruled)
    sentences = [f"{format_count(readiness.reviewed)} of {items} reviewed by people, {overruled} overruled."]
    if readiness.second:
        sentences.append(f"{format_plural(readiness.second, 'case')} judged by a second reviewer apart.")
    if readiness.decided:
        sentences.append(
            f"{format_plural(readiness.decided, 'item')} decided by adjudication, late document or appeal."
        )
    if readiness.signed_by:
        sentences.append(f"Signed by: {readiness.signed_by}.")
    return " ".join(sentences)


def describe_outstanding(outstanding: OutstandingStep) -> str:
    """What is missing where a step of the review is outstanding."""
    count = outstanding.count
    match outstanding.step:
        case ReviewStep.FIRST_REVIEW:
            return f"{format_plural(count, 'item')} of the sample not reviewed"
        case ReviewStep.SECOND_REVIEW:
            return f"{format_plural(count, 'case')} short of those to be reviewed a second time"
        case ReviewStep.ADJUDICATION:
            return f"{format_plural(count, 'difference')} between the reviewers not adjudicated"
        case ReviewStep.SIGNATURE:
            return "the supervisor's review of what is settled not recorded"


def describe_first_errors(errors: FirstReviewErrors) -> str:
    """How often the first review was wrong, and the rate with that allowed for, in a sentence or two."""
    wrong = (
        f"Of {format_plural(errors.twice, 'first answer')} that a second reviewer checked, "
        f"{format_count(errors.wrong)} did not hold"
    )
    limits = format_range(errors.lower, errors.upper)
    sentence = f"{wrong} ({format_percent(errors.wrong, errors.twice)}; {limits} in all)."
    if errors.rate is None:
        return sentence
    rate_limits = format_range(errors.rate_lower, errors.rate_upper)
    return (
        f"{sentence} With that allowed for, {format_percent(errors.rate)} conformed ({rate_limits}) of what could be "
        "assessed."
    )
