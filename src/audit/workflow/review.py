"""The review at work: worksheets out and back, a second reviewer drawn, each answer entered into the journal."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from audit.assessment.case_file import gather_case_files
from audit.assessment.case_summary import summarize_cases
from audit.errors import AuditError, ExitCode, Problem
from audit.files import hash_file
from audit.formatting import format_list, format_plural
from audit.programs.declaration import Program, ReviewPlan
from audit.reporting.review_text import STEP_COMMANDS, describe_outstanding
from audit.review import journal, worksheet
from audit.review import readiness as clearances
from audit.review.journal import Phase, ReviewAnswer, ReviewEvent, SupervisorSignature
from audit.review.readiness import ReviewReadiness, ReviewStep, filter_items_to_review
from audit.review.reviewer_agreement import find_disagreements
from audit.review.settle import conclude_reviews, settle_determinations
from audit.sampling import second_phase
from audit.sampling.draw import draw_designed_sample
from audit.sampling.replacements import list_current_cases
from audit.sampling.sample_size import plan_sample
from audit.storage import returned_workbook as workbooks
from audit.storage import review_journal as journals
from audit.storage.lock import lock_folder
from audit.storage.output_folder import write_file
from audit.storage.sample_audit_folder import SampleAuditFolder
from audit.storage.up_to_date_steps import SAMPLE_FILE, SECOND_SAMPLE_FILE
from audit.workflow import sample_audit
from audit.workflow.program_data import ProgramData

ISSUED_FOLDER, RETURNED_FOLDER = "worksheets", "returned"  # folders beside the journal


MAXIMUM_ROWS_NAMED = 20  # that have a problem alike; of more the first are named


class EnteredAnswers(NamedTuple):
    """What a command put into the journal."""

    events: tuple[ReviewEvent, ...]
    overruled: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Review:
    """The review of one program's sample: its plan, the steps taken so far, and the journal."""

    program: Program
    steps: SampleAuditFolder
    plan: ReviewPlan

    @property
    def key(self) -> str:
        """The column of a case's key."""
        return self.program.census.unit

    @property
    def sample_digest(self) -> str:
        """The SHA-256 of the manifest of the draw."""
        return hash_file(self.steps.folder / SAMPLE_FILE) or ""

    def read_events(self, day: date | None = None) -> tuple[ReviewEvent, ...]:
        """The journal, up to the end of a day where one is given."""
        return journal.filter_events(journals.read_journal(self.steps.journal), day)

    def list_items(self) -> pl.DataFrame:
        """The determinations that are to be reviewed."""
        determinations = self.steps.read_determinations()
        return filter_items_to_review(determinations.with_columns(settled="outcome"), self.plan).drop("settled")

    def settle_outcomes(self, day: date | None = None) -> pl.DataFrame:
        """The determinations with what people had concluded by the end of a day, or until now."""
        latest_answers = journal.build_review_status(self.read_events(day), key=self.key)
        return settle_determinations(self.steps.read_determinations(), conclude_reviews(latest_answers), key=self.key)

    def check_readiness(self) -> ReviewReadiness:
        """How the review stands, and what is missing."""
        level = str(sample_audit.require_sample_plan(self.program).level)
        settings: dict[str, Any] = {"key": self.key, "level": level, "digest": self.steps.hash_settled_outcomes()}
        return clearances.check_readiness(self.settle_outcomes(), self.read_events(), self.plan, **settings)

    def enter_answers(self, answers: Iterable[ReviewAnswer], *, phase: Phase, by: str, source: str) -> EnteredAnswers:
        """Put answers into the journal, and settle anew. Each is one of the sample's, with a reason where it overrules.

        AuditError: USAGE as `journal.append_answers`, and where one role reviews twice; CONFLICT where another is at
        work.
        """
        items = self.steps.read_determinations().select(self.key, "attribute", "outcome")
        rule = {(case, attribute): outcome for case, attribute, outcome in items.iter_rows()}
        with lock_folder(self.steps.folder):
            before = self.read_events()
            _refuse_same_role(before, phase, by)
            added = journal.append_answers(before, answers, rule=rule, phase=phase, by=by, when=_now(), source=source)
            if added:
                journals.append_answer_events(self.steps.journal, added)
            self.write_settled_outcomes()
        return EnteredAnswers(added, sum(event.outcome != rule.get((event.case, event.attribute)) for event in added))

    def write_settled_outcomes(self) -> pl.DataFrame:
        """Write down what is settled by the journal as it stands."""
        outcomes = self.settle_outcomes()
        self.steps.write_settled_outcomes(outcomes)
        return outcomes


def open_review(program: Program, steps: SampleAuditFolder) -> Review:
    """The review of a program's sample. AuditError (USAGE) where it declares none."""
    if program.review is None:
        what, mend = f"the program {program.name} declares no review", "Add [review] to its program.toml."
        raise AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
    return Review(program=program, steps=steps, plan=program.review)


def find_step_command(steps: SampleAuditFolder, step: ReviewStep) -> str:
    """The command of an outstanding step; once the second reviewer's cases are drawn, that of their worksheet."""
    if step == ReviewStep.SECOND_REVIEW and (steps.folder / SECOND_SAMPLE_FILE).exists():
        return "audit review export --second"
    return STEP_COMMANDS[step]


def check_unbegun_review(program: Program, settled: pl.DataFrame) -> ReviewReadiness | None:
    """How a review stands that nobody has begun; None where the program declares none."""
    if program.review is None:
        return None
    level = str(sample_audit.require_sample_plan(program).level)
    return clearances.check_readiness(settled, (), program.review, key=program.census.unit, level=level, digest="none")


def export_worksheet(
    work: ProgramData, review: Review, *, phase: Phase, by: str, blind: bool
) -> tuple[Path, worksheet.Worksheet]:
    """Write the worksheet of a phase as a workbook, with what that phase has answered so far; say where.

    A second review asks about the cases drawn for it, and shows nothing of the first; adjudication about items on which
    the two differ, and shows both. AuditError (USAGE) where there is nothing to ask.
    """
    from audit.reporting.formats.review_workbook import build_review_workbook

    record, latest_answers = (
        review.steps.read_sample(),
        journal.build_review_status(review.read_events(), key=review.key),
    )
    items, others = review.list_items(), None
    if phase == "second":
        again = list_current_cases(review.steps.read_second_sample())["key"]
        items = items.filter(pl.col(review.key).is_in(again.implode()))
    elif phase == "adjudication":
        others = find_disagreements(latest_answers)
        items = items.join(others, on=[review.key, "attribute"], how="semi")
    if items.is_empty():
        mend = "Go on with what is missing: audit review status."
        raise AuditError(Problem(what="there is nothing to review in this phase", mend=mend), code=ExitCode.USAGE)
    work.tell("summarising the case files")
    sheet = worksheet.build_worksheet(
        items,
        summarize_cases(gather_case_files(work.program, work.rows, items[review.key].unique()), work.program),
        key=review.key,
        order=list_current_cases(record)["key"].to_list(),
        phase=phase,
        sample=review.sample_digest,
        blind=blind,
        answered=journal.find_latest_answers(review.read_events(), phase),
        others=others,
    )
    folder = review.steps.folder / ISSUED_FOLDER
    path = folder / f"{phase}.xlsx"
    as_of = sample_audit.require_sample_plan(work.program).as_of
    made = build_review_workbook(
        sheet, title=work.program.title, by=by, day=as_of, synthetic=work.program.synthetic_sample
    )
    write_file(folder / f"{phase}.csv", sheet.rows.write_csv().encode())
    write_file(path, made)
    return path, sheet


def import_worksheet(
    review: Review, path: Path, *, by: str = "", accepted: Collection[str] = ()
) -> tuple[EnteredAnswers, Phase]:
    """Put what a workbook answers into the journal, and keep the workbook under its digest.

    Nothing is entered unless it is clean, or what is wrong is accepted by the name of its rule. AuditError (DATA) with
    everything that is wrong.
    """
    if unknown := [name for name in accepted if not worksheet.WORKSHEET_RULES.get(name)]:
        acceptable = [name for name, then in worksheet.WORKSHEET_RULES.items() if then]
        what, mend = (
            f"{format_list(unknown)} cannot be accepted",
            f"What can be: {format_list(acceptable, most=len(acceptable))}.",
        )
        raise AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
    content = workbooks.read_returned_bytes(path)
    returned_workbook = workbooks.read_workbook(content, file=path.name)
    about = returned_workbook.about or {}
    phase: Phase = next((name for name in journal.PHASE_TITLES if name == about.get("Phase")), "first")
    sheet = _read_issued_worksheet(review, phase)
    answers, problems = worksheet.parse_worksheet(
        sheet, returned_workbook.rows, returned_workbook.about, file=path.name, accepted=accepted
    )
    if problems:
        raise AuditError(_merge_row_problems(problems), code=ExitCode.DATA)
    digest = hashlib.sha256(content).hexdigest()
    write_file(review.steps.folder / RETURNED_FOLDER / f"{digest}.xlsx", content)
    return review.enter_answers(answers, phase=phase, by=by or about.get("By", ""), source=digest), phase


def _merge_row_problems(problems: Sequence[Problem]) -> list[Problem]:
    """The problems, those that many rows have alike as one that names the first rows and counts the rest."""
    alike: dict[Problem, list[Problem]] = {}
    for problem in problems:
        alike.setdefault(replace(problem, row=None), []).append(problem)
    merged = []
    for same in alike.values():
        rows = [f"{one.row:,}" for one in same if one.row is not None]
        if len(rows) > MAXIMUM_ROWS_NAMED:
            what = f"{same[0].what}, in {len(rows):,} rows ({format_list(rows)})"
            merged.append(replace(same[0], what=what))
        else:
            merged += same
    return merged


def draw_second_sample(review: Review, *, size: int, seed: str, seed_source: str) -> dict[str, Any]:
    """Draw the cases that a second reviewer judges, from those of the sample, with a seed of their own.

    They are drawn once: AuditError (CONFLICT) for another seed or another number of cases.
    """
    first = (review.steps.folder / SAMPLE_FILE).read_bytes() if review.steps.has_sample() else b""
    record = review.steps.read_sample()
    frame, now = second_phase.build_second_phase_frame(record), _now()
    sample = draw_designed_sample(frame, plan_sample(frame, size=size), seed=seed)
    made = second_phase.build_second_phase_manifest(
        sample, frame, first, seed_source=seed_source, frame_fixed=now, seed_chosen=now
    )
    if (review.steps.folder / SECOND_SAMPLE_FILE).exists():
        earlier = review.steps.read_second_sample()
        if earlier["seed"]["value"] != seed or len(earlier["cases"]) != size:
            what = (
                f"{format_plural(len(earlier['cases']), 'case')} were drawn already, by another seed or in another "
                "number"
            )
            problem = Problem(what=what, mend="Review those: nobody is to choose among draws.", file=SECOND_SAMPLE_FILE)
            raise AuditError(problem, code=ExitCode.CONFLICT)
        return earlier
    review.steps.write_second_sample(made)
    return made


def record_answer(review: Review, answer: ReviewAnswer, *, phase: Phase, by: str) -> EnteredAnswers:
    """Enter one answer: an adjudication, a late document or an appeal. AuditError (USAGE) for what cannot be one."""
    items = review.steps.read_determinations()
    own = items.filter(pl.col(review.key) == answer.case, attribute=answer.attribute)
    problems = []
    if own.is_empty():
        problems.append(Problem(what="no item of the sample is of this case and attribute", mend="Name one that is."))
    elif answer.outcome not in (valid_outcomes := worksheet.list_allowed_outcomes(answer.attribute)):
        problems.append(
            Problem(
                what="is not an outcome of it", mend=f"Name {format_list(valid_outcomes, most=len(valid_outcomes))}."
            )
        )
    if not answer.reason.strip():
        problems.append(Problem(what="there is no reason", mend="Say in a sentence what it rests on: --reason."))
    if problems:
        raise AuditError(problems, code=ExitCode.USAGE)
    return review.enter_answers([answer], phase=phase, by=by, source="prompt")


def sign_review(review: Review, *, by: str, note: str = "") -> str:
    """Record that a supervisor, by role, has reviewed what is settled as it stands; return its digest.

    AuditError (DATA) with everything else that is missing.
    """
    review.write_settled_outcomes()
    readiness, digest = review.check_readiness(), review.steps.hash_settled_outcomes()
    outstanding = [one for one in readiness.outstanding if one.step is not ReviewStep.SIGNATURE]
    if outstanding:
        problems = [Problem(what=describe_outstanding(one), mend="Then sign.") for one in outstanding]
        raise AuditError(problems, code=ExitCode.DATA)
    if any(event.by == by.strip() for event in review.read_events() if event.phase in ("first", "second")):
        problem = Problem(what="this role reviewed cases itself", mend="Let another sign: --by.")
        raise AuditError(problem, code=ExitCode.USAGE)
    with lock_folder(review.steps.folder):
        signature = SupervisorSignature(by=by, when=_now(), settled_digest=digest, note=note)
        added = journal.append_signature(review.read_events(), signature, source="prompt")
        journals.append_answer_events(review.steps.journal, added)
        review.write_settled_outcomes()
    return digest


def _read_issued_worksheet(review: Review, phase: Phase) -> worksheet.Worksheet:
    """The worksheet of a phase as it was issued last."""
    path = review.steps.folder / ISSUED_FOLDER / f"{phase}.csv"
    try:
        rows = pl.read_csv(path, infer_schema=False).fill_null("")
    except FileNotFoundError:
        what, mend = f"no worksheet of the {phase} review was issued", "Issue it: audit review export."
        raise AuditError(Problem(what=what, mend=mend, file=str(path)), code=ExitCode.USAGE) from None
    items = review.steps.read_determinations().select(review.key, "attribute", "outcome")
    rule = {(case, attribute): outcome for case, attribute, outcome in items.iter_rows()}
    default_outcomes: Mapping[tuple[str, str], str] = {} if phase == "adjudication" else rule
    return worksheet.Worksheet(
        phase=phase,
        sample=review.sample_digest,
        rows=rows,
        rule=rule,
        default_outcomes=default_outcomes,
        case_of=review.key,
    )


def _refuse_same_role(events: Sequence[ReviewEvent], phase: Phase, by: str) -> None:
    """Refuse a second review by whoever gave the first."""
    other = {"first": "second", "second": "first"}.get(phase)
    if other and any(event.phase == other and event.by == by.strip() for event in events):
        what = f"the {other} review is by the same role, and the two are to be apart"
        raise AuditError(Problem(what=what, mend="Name each reviewer's own: --by."), code=ExitCode.USAGE)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
