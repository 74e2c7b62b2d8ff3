"""The review of one audit's sample in a notebook: worksheets, answers, agreement, signature."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from audit.assessment.determinations import Determinations
from audit.display import Display, Displayable, display_sentences, display_table, join_displays
from audit.errors import make_usage_error
from audit.reporting.review_text import describe_first_errors, describe_outstanding, describe_readiness
from audit.review.journal import Phase, ReviewAnswer, build_review_status
from audit.review.reviewer_agreement import find_disagreements
from audit.workflow import review as review_workflow
from audit.workflow.one_table import UserTable, read_table
from audit.workflow.program_data import ProgramData
from audit.workflow.review import Review

ANSWER_COLUMNS = ("attribute", "outcome", "reason", "evidence")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class AuditReview(Displayable):
    """What people conclude about the sampled cases; every answer is kept in a journal that cannot be altered unseen."""

    data: ProgramData
    review: Review

    @property
    def agreement(self) -> pl.DataFrame:
        """A row a coefficient: attribute, cases both judged, agreed, coefficient, value, lower, upper."""
        rows = [
            (
                one.attribute,
                one.cases,
                one.agreed,
                each.name,
                each.value,
                each.lower,
                each.upper,
            )
            for one in self.review.check_readiness().concordance
            if one.office == "all"
            for each in one.coefficients
        ]
        counts = {"cases": pl.Int64, "agreed": pl.Int64}
        limits = {"value": pl.Float64, "lower": pl.Float64, "upper": pl.Float64}
        schema = {"attribute": pl.String, **counts, "coefficient": pl.String, **limits}
        return pl.DataFrame(rows, schema=schema, orient="row")

    @property
    def disagreements(self) -> pl.DataFrame:
        """The items that both reviewers judged and judged differently: key, attribute, first, second."""
        status = build_review_status(self.review.read_events(), key=self.review.key)
        return find_disagreements(status).select(self.review.key, "attribute", "first", "second")

    def export_worksheet(self, *, by: str, phase: Phase = "first", blind: bool = False) -> tuple[Path, pl.DataFrame]:
        """Write the workbook of a phase for the reviewer whose role is `by`; return its path and its items.

        A `blind` worksheet does not show what the rule determined. AuditError (CONFLICT) where it was issued already.
        """
        path, sheet = review_workflow.export_worksheet(self.data, self.review, phase=phase, by=by, blind=blind)
        return path, sheet.rows

    def enter_answers(self, answers: UserTable, *, by: str, phase: Phase = "first") -> str:
        """Enter answers: a table with the key, attribute, outcome, and a reason where one overrules; say how many.

        AuditError (USAGE) for an answer that is none of the sample's, without a reason, or by a role that reviewed
        before.
        """
        rows = [self._read_answer(row) for row in read_table(answers).collect().iter_rows(named=True)]
        entered = self.review.enter_answers(rows, phase=phase, by=by, source="notebook")
        return f"{len(entered.events):,} answers entered, {entered.overruled:,} overrule the rule"

    def draw_second_sample(self, *, size: int, seed: str, seed_source: str) -> Mapping[str, Any]:
        """Draw the cases to be reviewed a second time, blind; return the manifest of that draw."""
        return review_workflow.draw_second_sample(self.review, size=size, seed=seed, seed_source=seed_source)

    def record_answer(self, answer: Mapping[str, Any], *, by: str, phase: Phase = "appeal") -> str:
        """Record one late answer: after an appeal, or on documents that came later; say whether it overrules."""
        entered = review_workflow.record_answer(self.review, self._read_answer(answer), phase=phase, by=by)
        return "recorded" + (", overrules the rule" if entered.overruled else "")

    def settle(self) -> Determinations:
        """The determinations with what people concluded."""
        return Determinations(table=self.review.settle_outcomes(), key=self.review.key)

    def sign(self, *, by: str, note: str = "") -> str:
        """Sign what is settled; say what the signature names. AuditError (USAGE) while something is outstanding."""
        return review_workflow.sign_review(self.review, by=by, note=note)

    def open_desk(self, *, by: str, phase: Phase = "first", blind: bool = False) -> Any:
        """Open a desk to answer item after item in this notebook; it continues where the reviewer stopped."""
        from audit.workflow.review_desk import open_desk

        return open_desk(self.data, self.review.steps, by=by, phase=phase, blind=blind)

    def display(self) -> Display:
        """How the review stands, what is outstanding, and how far the reviewers agree."""
        readiness = self.review.check_readiness()
        outstanding = [describe_outstanding(step) for step in readiness.outstanding]
        errors = [describe_first_errors(one) for one in readiness.first_errors]
        parts = [display_sentences(describe_readiness(readiness), *outstanding, *errors, title="Review")]
        if self.agreement.height:
            parts.append(display_table(self.agreement, title="Agreement of the reviewers", rows=40))
        return join_displays(*parts)

    def _read_answer(self, row: Mapping[str, Any]) -> ReviewAnswer:
        if missing := [name for name in (self.review.key, "attribute", "outcome") if not row.get(name)]:
            raise make_usage_error(f"an answer has no {', '.join(missing)}", "Give the key, attribute and outcome.")
        given = {name: str(row[name]) for name in ANSWER_COLUMNS if row.get(name)}
        return ReviewAnswer(case=str(row[self.review.key]), **given, reviewed=row.get("reviewed"))
