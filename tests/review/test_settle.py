"""What people concluded, and what of it cannot stand."""

import polars as pl
import pytest

from audit.errors import AuditError, ExitCode
from audit.review.settle import settle_determinations

DETERMINED = pl.DataFrame(
    {
        "case": ["C1", "C1", "C2", "C3"],
        "attribute": ["consistency", "documentation", "consistency", "consistency"],
        "outcome": ["inconsistent", "complete", "undeterminable", "consistent"],
    }
)


def reviews(*rows: tuple[str | None, ...]) -> pl.DataFrame:
    columns = ["case", "attribute", "outcome", "reason"]
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")


def test_a_review_overrules_the_rule_and_says_why():
    found = settle_determinations(
        DETERMINED,
        reviews(
            ("C2", "consistency", "consistent", "The file shows a detainer."),
            ("C1", "documentation", "complete", "Seen on paper."),
        ),
        key="case",
    )
    assert found.columns == [*DETERMINED.columns, "settled", "settled_by", "reason"]
    assert found.select("settled", "settled_by", "reason").rows() == [
        ("inconsistent", "rule", None),
        ("complete", "review", "Seen on paper."),
        ("consistent", "review", "The file shows a detainer."),
        ("consistent", "rule", None),
    ]
    assert found["outcome"].to_list() == DETERMINED["outcome"].to_list()


def test_without_reviews_every_rule_stands():
    found = settle_determinations(DETERMINED, reviews(), key="case")
    assert found["settled"].to_list() == DETERMINED["outcome"].to_list()
    assert set(found["settled_by"]) == {"rule"}


def test_every_problem_is_named_by_its_row_and_none_by_its_value():
    with pytest.raises(AuditError) as refused:
        settle_determinations(
            DETERMINED,
            reviews(
                ("C1", "consistency", "consistent", "Seen."),
                ("C9", "consistency", "consistent", "Seen."),
                ("C2", "documentation", "complete", "Seen."),
                ("C1", "consistency", "inconsistent", "Seen again."),
                ("C2", "consistency", "fine", " "),
                ("C3", "consistency", None, None),
                ("C1", "documentation", "consistent", "Seen."),
            ),
            key="case",
        )
    assert refused.value.code == ExitCode.DATA
    assert [(problem.row, problem.column) for problem in refused.value.problems] == [
        (3, "case"),
        (4, "case"),
        (5, "case"),
        (6, "outcome"),
        (6, "reason"),
        (7, "outcome"),
        (7, "reason"),
        (8, "outcome"),
    ]
    assert str(refused.value).splitlines() == [
        "reviews, row 3, column case: no determination is of this case and attribute. "
        "Review what was drawn and assessed.",
        "reviews, row 4, column case: no determination is of this case and attribute. "
        "Review what was drawn and assessed.",
        "reviews, row 5, column case: this case and attribute are reviewed above. Keep the one conclusion that stands.",
        "reviews, row 6, column outcome: this is not an outcome. "
        "Write consistent, permitted, inconsistent, judgement_required, undeterminable, not_applicable and no_rule.",
        "reviews, row 6, column reason: there is no reason. Say in a sentence what the conclusion rests on.",
        "reviews, row 7, column outcome: this is not an outcome. "
        "Write consistent, permitted, inconsistent, judgement_required, undeterminable, not_applicable and no_rule.",
        "reviews, row 7, column reason: there is no reason. Say in a sentence what the conclusion rests on.",
        "reviews, row 8, column outcome: this is not an outcome. "
        "Write complete, partial, none, undeterminable, not_applicable and no_rule.",
    ]


@pytest.mark.parametrize("outcome", ["undeterminable", "not_applicable", "no_rule", "permitted"])
def test_a_review_may_give_any_outcome_a_rule_may(outcome):
    found = settle_determinations(DETERMINED, reviews(("C1", "consistency", outcome, "Seen.")), key="case")
    assert found["settled"][0] == outcome
