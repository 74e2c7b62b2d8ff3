"""The reviewer's desk in Jupyter: an item at a time, its file and the rule, answered by keyboard and saved at once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
import polars as pl
import traitlets

from audit.assessment.case_file import CaseFile, CaseFiles, gather_case_files
from audit.assessment.case_summary import build_timeline, list_facts
from audit.assessment.explain import explain_case
from audit.assessment.explanation_text import describe_explanation
from audit.errors import AuditError, ExitCode, Problem
from audit.policy.rules import Policy
from audit.review import journal
from audit.review.journal import PHASE_TITLES, Phase, ReviewAnswer
from audit.review.worksheet import list_allowed_outcomes
from audit.sampling.replacements import list_current_cases
from audit.storage.sample_audit_folder import SampleAuditFolder
from audit.workflow.program_data import ProgramData
from audit.workflow.review import Review, open_review

_HERE = Path(__file__).parent


class ReviewDesk(anywidget.AnyWidget):
    """The items of one phase of a review, shown one by one. Each answer is in the journal before the next is shown."""

    _esm = _HERE / "desk.js"
    _css = _HERE / "desk.css"
    shown = traitlets.Dict().tag(sync=True)  # everything that the browser shows

    def __init__(self, work: ProgramData, review: Review, *, phase: Phase, by: str, blind: bool) -> None:
        super().__init__()
        self._work, self._review, self._phase, self._by, self._blind = work, review, phase, by, blind
        self._items = _list_items(review, phase)
        keys = pl.Series([row[review.key] for row in self._items], dtype=pl.String).unique()
        self._files = _CaseFiles(gather_case_files(work.program, work.rows, keys), work)
        self._answers = journal.find_latest_answers(review.read_events(), phase)
        self._at = 0
        self.on_msg(lambda _, message, buffers: self._handle_request(message))
        self._go_to_item("open")

    @property
    def answered_count(self) -> int:
        """How many items this phase has answered."""
        return sum(self._read_key(row) in self._answers for row in self._items)

    def _handle_request(self, message: Mapping[str, Any]) -> None:
        """What the browser asks for: an answer to be kept, another item, or the whole explanation."""
        match message.get("do"):
            case "answer":
                self._save_answer(message)
            case "go":
                self._go_to_item(str(message.get("to")))
            case "explain":
                case, attribute = self._read_key(self._items[self._at])
                policy, tables = self._work.policy, self._work.rows
                assert policy is not None  # a program with a review has rules
                explanation = explain_case(
                    case, program=self._work.program, policy=policy, tables=tables, attribute=attribute
                )
                self._show_item(explained=describe_explanation(explanation))

    def _save_answer(self, message: Mapping[str, Any]) -> None:
        row = self._items[self._at]
        case, attribute = self._read_key(row)
        outcome, reason, evidence = (str(message.get(name) or "").strip() for name in ("outcome", "reason", "evidence"))
        answer = ReviewAnswer(case=case, attribute=attribute, outcome=outcome, reason=reason, evidence=evidence)
        if outcome not in list_allowed_outcomes(attribute):
            self._show_item(problem="Choose an outcome.", entered=answer)
        elif not reason and (outcome != row["outcome"] or self._phase == "adjudication"):
            overrules = "" if self._blind else " You overrule the rule."
            self._show_item(problem=f"Give a reason.{overrules}", entered=answer)
        else:
            try:
                self._review.enter_answers([answer], phase=self._phase, by=self._by, source="notebook")
            except AuditError as error:
                self._show_item(problem=" ".join(str(one) for one in error.problems), entered=answer)
                return
            self._answers[case, attribute] = answer
            self._go_to_item("open", message=f"Item {self._at + 1} saved: {outcome.replace('_', ' ')}.")

    def _go_to_item(self, to: str, *, message: str = "") -> None:
        count = len(self._items)
        if to == "open":
            order = [*range(self._at, count), *range(self._at)]
            self._at = next((n for n in order if self._read_key(self._items[n]) not in self._answers), self._at)
        else:
            self._at = max(0, min(count - 1, self._at + (1 if to == "next" else -1)))
        self._show_item(message=message)

    def _show_item(
        self, *, message: str = "", problem: str = "", explained: str = "", entered: ReviewAnswer | None = None
    ) -> None:
        row = self._items[self._at]
        case, attribute = self._read_key(row)
        answer = entered or self._answers.get((case, attribute))
        fields = ("outcome", "reason", "evidence")
        self.shown = {
            "title": f"{self._work.program.title}: {PHASE_TITLES[self._phase]} by {self._by}",
            "total": len(self._items),
            "answered": self.answered_count,
            "number": self._at + 1,
            "unit": self._work.program.unit[0],
            "case": case,
            "attribute": attribute.replace("_", " "),
            "office": row["office"],
            **self._files.describe_case(case),
            "rule": {} if self._blind else _describe_rule(row, self._work.policy),
            "outcomes": [{"name": name, "words": name.replace("_", " ")} for name in list_allowed_outcomes(attribute)],
            "answer": {name: getattr(answer, name) if answer else "" for name in fields},
            "saved": (case, attribute) in self._answers,
            "explained": explained,
            "said": message,
            "problem": problem,
        }

    def _read_key(self, row: Mapping[str, Any]) -> tuple[str, str]:
        return row[self._review.key], row["attribute"]


def open_desk(
    work: ProgramData, steps: SampleAuditFolder, *, by: str, phase: Phase = "first", blind: bool = False
) -> ReviewDesk:
    """A desk for the reviewer whose role is `by`. It opens at the first item that the phase has not answered.

    `phase` is "first", or "second" for the cases drawn for it, of which nothing of the first review is shown.
    AuditError (USAGE) where there is nothing to review.
    """
    return ReviewDesk(work, open_review(work.program, steps), phase=phase, by=by, blind=blind)


def _list_items(review: Review, phase: Phase) -> list[dict[str, Any]]:
    """The items of a phase, in the order of the draw."""
    record, items = review.steps.read_sample(), review.list_items()
    if phase == "second":
        again = list_current_cases(review.steps.read_second_sample())["key"]
        items = items.filter(pl.col(review.key).is_in(again.implode()))
    place = {case: number for number, case in enumerate(list_current_cases(record)["key"])}
    ordered = sorted(items.iter_rows(named=True), key=lambda row: (place[row[review.key]], row["attribute"]))
    if not ordered or phase not in ("first", "second"):
        problem = Problem(what="there is nothing to review in this phase", mend="Go on with audit review status.")
        raise AuditError(problem, code=ExitCode.USAGE)
    return ordered


class _CaseFiles:
    """The files of the cases, case by case."""

    def __init__(self, files: CaseFiles, work: ProgramData) -> None:
        self._of, self._work = files, work
        self._cases = {str(row[files.key]): row for row in files.cases.collect().iter_rows(named=True)}
        self._rows = {name: self._read_child_rows(name).rows(named=True) for name in files.children}

    def _read_child_rows(self, name: str) -> pl.DataFrame:
        """The rows of a child table that belong to these cases."""
        on = self._of.vocabulary.children[name].on
        whose = self._of.cases.select(on).drop_nulls().unique()
        return self._of.children[name].join(whose, on=on, how="semi").collect()

    def describe_case(self, case: str) -> dict[str, Any]:
        """What the desk shows of a case."""
        own = self._cases[case]
        rows = {
            name: [row for row in self._rows[name] if row[child.on] == own[child.on] is not None]
            for name, child in self._of.vocabulary.children.items()
        }
        file = CaseFile(own, rows)
        return {
            "dated": str(own[self._of.dated_by]),
            "facts": [list(pair) for pair in list_facts(file, self._of, self._work.program)],
            "timeline": [list(line) for line in build_timeline(file, self._of, self._work.program)],
        }


def _describe_rule(row: Mapping[str, Any], policy: Policy | None) -> dict[str, str]:
    """What the rules found, and where it is written."""
    description = {name: str(row[column] or "") for name, column in (("looked", "evidence"), ("needed", "needed"))}
    description["outcome"] = str(row["outcome"]).replace("_", " ")
    rule = next((one for one in policy.rules if one.id == row["rule"]), None) if policy else None
    version = next((one for one in rule.versions if one.under == row["version"]), None) if rule else None
    if policy is None or rule is None or version is None:
        return description
    document = policy.documents[version.under]
    return {
        **description,
        "title": rule.title,
        "asks": " ".join(filter(None, [version.when or rule.when, "expects", version.expects or rule.expects]))
        if version.expects or rule.expects
        else version.when or rule.when,
        "document": f"{document.title}, {version.citation.section}",
        "quote": version.citation.quote,
    }
