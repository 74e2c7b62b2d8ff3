"""What people concluded: a rule's outcome stands unless a review overrules it and says why."""

from collections.abc import Iterator

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_list
from audit.policy.rules import OUTCOMES_BY_ATTRIBUTE, UNDECIDED_OUTCOMES

# Beside the case's key: one row a conclusion. A case and attribute without a row was not reviewed.
REVIEW_SCHEMA = {"attribute": pl.String, "outcome": pl.String, "reason": pl.String}
REVIEWERS_DIFFER = "reviewers differ"
UPHELD_REASON = "upholds the outcome by rule"


def conclude_reviews(review_status: pl.DataFrame) -> pl.DataFrame:
    """What two reviewers and whoever decides between them concluded, for `settle_determinations`: REVIEW_SCHEMA, and
    what it is settled by.

    `review_status` is what `audit.review.journal.build_review_status` gives. Where the reviewers differ and nobody has
    decided, the first one's answer stands for now, settled by REVIEWERS_DIFFER.
    """
    twice = pl.col("first").is_not_null() & pl.col("second").is_not_null()
    return review_status.select(
        review_status.columns[0],
        "attribute",
        outcome=pl.coalesce("decided", "first", "second"),
        reason=pl.coalesce(
            *(pl.when(pl.col(f"{who}_reason") != "").then(f"{who}_reason") for who in ("decided", "first", "second")),
            pl.lit(UPHELD_REASON),
        ),
        settled_by=pl.when(pl.col("decided").is_not_null())
        .then("decided_in")
        .when(twice & (pl.col("first") != pl.col("second")))
        .then(pl.lit(REVIEWERS_DIFFER))
        .when(twice)
        .then(pl.lit("both reviews"))
        .otherwise(pl.lit("review")),
    )


def settle_determinations(determinations: pl.DataFrame, reviews: pl.DataFrame, *, key: str) -> pl.DataFrame:
    """The determinations with the outcome that is `settled`, by what (`settled_by`: "rule", "review"), and why.

    Both tables name the case in column `key`, and its `attribute`; `reviews` has the columns of REVIEW_SCHEMA. Adds
    `settled`, `settled_by` and the reviewer's `reason`. AuditError (DATA) with every review row that names no case
    and attribute there is, comes again, gives no reason, or gives an outcome that the attribute cannot have.
    """
    if problems := [*_find_problems(determinations, reviews, key)]:
        raise AuditError(problems, code=ExitCode.DATA)
    by = pl.col("settled_by") if "settled_by" in reviews.columns else pl.lit("review").alias("settled_by")
    concluded = reviews.select(key, "attribute", "reason", by, settled="outcome")
    return determinations.join(concluded, on=[key, "attribute"], how="left", maintain_order="left").select(
        *determinations.columns,
        pl.coalesce("settled", "outcome").alias("settled"),
        pl.col("settled_by").fill_null("rule"),
        "reason",
    )


def _find_problems(determinations: pl.DataFrame, reviews: pl.DataFrame, key: str) -> Iterator[Problem]:
    determined = set(determinations.select(key, "attribute").iter_rows())
    reviewed: set[tuple[object, str]] = set()
    rows = reviews.select(key, *REVIEW_SCHEMA).iter_rows()
    for row, (case, attribute, outcome, reason) in enumerate(rows, start=2):  # as a file with a header numbers them

        def at(what: str, mend: str, column: str, row: int = row) -> Problem:
            return Problem(what=what, mend=mend, file="reviews", row=row, column=column)

        if (case, attribute) not in determined:
            yield at("no determination is of this case and attribute", "Review what was drawn and assessed.", key)
        elif (case, attribute) in reviewed:
            yield at("this case and attribute are reviewed above", "Keep the one conclusion that stands.", key)
        elif outcome not in (
            allowed_outcomes := tuple(dict.fromkeys((*OUTCOMES_BY_ATTRIBUTE[attribute], *UNDECIDED_OUTCOMES)))
        ):
            yield at(
                "this is not an outcome",
                f"Write {format_list(allowed_outcomes, most=len(allowed_outcomes))}.",
                "outcome",
            )
        if not (reason or "").strip():
            yield at("there is no reason", "Say in a sentence what the conclusion rests on.", "reason")
        reviewed.add((case, attribute))
