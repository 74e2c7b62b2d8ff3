"""The review at work: worksheets out and back, a second reviewer drawn, each answer entered into the journal."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from audit.assessment.case_file import gather
from audit.assessment.case_summary import abstracts
from audit.errors import AuditError, ExitCode, Problem
from audit.files import digest_of
from audit.formatting import listed, plural
from audit.programs.declaration import Program, ReviewPlan
from audit.review import journal, worksheet
from audit.review import readiness as clearances
from audit.review.agreement import differences
from audit.review.journal import Answer, Event, Phase
from audit.review.readiness import Clearance, to_review
from audit.review.settle import conclusions, settle
from audit.sampling import second_phase
from audit.sampling.draw import draw
from audit.sampling.plan import plan
from audit.sampling.replacements import drawn_cases
from audit.storage import review_journal as journals
from audit.storage import review_worksheet as workbooks
from audit.storage.lock import alone
from audit.storage.output_folder import write
from audit.storage.sample_audit_folder import SAMPLE, SECOND, Steps
from audit.workflow import audit as engagement
from audit.workflow.audit import Engagement

ISSUED, RETURNED = "worksheets", "returned"  # folders beside the journal


class Entered(NamedTuple):
    """What a command put into the journal."""

    events: tuple[Event, ...]
    overruled: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Review:
    """The review of one program's sample: its plan, the steps taken so far, and the journal."""

    program: Program
    steps: Steps
    plan: ReviewPlan

    @property
    def key(self) -> str:
        """The column of a case's key."""
        return self.program.census.unit

    @property
    def sample(self) -> str:
        """The SHA-256 of the manifest of the draw."""
        return digest_of(self.steps.folder / SAMPLE) or ""

    def events(self, day: date | None = None) -> tuple[Event, ...]:
        """The journal, up to the end of a day where one is given."""
        return journal.on_day(journals.read_journal(self.steps.journal), day)

    def items(self) -> pl.DataFrame:
        """The determinations that are to be reviewed."""
        found = self.steps.read_determinations()
        return to_review(found.with_columns(settled="outcome"), self.plan).drop("settled")

    def settled(self, day: date | None = None) -> pl.DataFrame:
        """The determinations with what people had concluded by the end of a day, or until now."""
        standing = journal.standing(self.events(day), key=self.key)
        return settle(self.steps.read_determinations(), conclusions(standing), key=self.key)

    def clearance(self) -> Clearance:
        """How the review stands, and what is missing."""
        level = str(engagement.promised(self.program).level)
        given: dict[str, Any] = {"key": self.key, "level": level, "digest": self.steps.settled_digest()}
        return clearances.clearance(self.settled(), self.events(), self.plan, **given)

    def enter(self, answers: Iterable[Answer], *, phase: Phase, by: str, source: str) -> Entered:
        """Put answers into the journal, and settle anew. Each is one of the sample's, with a reason where it overrules.

        AuditError: USAGE as `journal.appended`, and where one role reviews twice; CONFLICT where another is at work.
        """
        items = self.steps.read_determinations().select(self.key, "attribute", "outcome")
        rule = {(case, attribute): outcome for case, attribute, outcome in items.iter_rows()}
        with alone(self.steps.folder):
            before = self.events()
            _refuse_one_role(before, phase, by)
            added = journal.appended(before, answers, rule=rule, phase=phase, by=by, when=_now(), source=source)
            if added:
                journals.append(self.steps.journal, added)
            self.settle()
        return Entered(added, sum(event.outcome != rule.get((event.case, event.attribute)) for event in added))

    def settle(self) -> pl.DataFrame:
        """Write down what is settled by the journal as it stands."""
        found = self.settled()
        self.steps.write_settled(found)
        return found


def of(program: Program, steps: Steps) -> Review:
    """The review of a program's sample. AuditError (USAGE) where it declares none."""
    if program.review is None:
        what, mend = f"the program {program.name} declares no review", "Add [review] to its program.toml."
        raise AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
    return Review(program=program, steps=steps, plan=program.review)


def unreviewed(program: Program, settled: pl.DataFrame) -> Clearance | None:
    """How a review stands that nobody has begun; None where the program declares none."""
    if program.review is None:
        return None
    level = str(engagement.promised(program).level)
    return clearances.clearance(settled, (), program.review, key=program.census.unit, level=level, digest="none")


def export(work: Engagement, review: Review, *, phase: Phase, by: str, blind: bool) -> tuple[Path, worksheet.Worksheet]:
    """Write the worksheet of a phase as a workbook, with what that phase has answered so far; say where.

    A second review asks about the cases drawn for it, and shows nothing of the first; adjudication about items on which
    the two differ, and shows both. AuditError (USAGE) where there is nothing to ask.
    """
    from audit.reporting.formats.review_worksheet_xlsx import workbook

    record, standing = review.steps.read_sample(), journal.standing(review.events(), key=review.key)
    items, others = review.items(), None
    if phase == "second":
        again = drawn_cases(review.steps.read_second())["key"]
        items = items.filter(pl.col(review.key).is_in(again.implode()))
    elif phase == "adjudication":
        others = differences(standing)
        items = items.join(others, on=[review.key, "attribute"], how="semi")
    if items.is_empty():
        mend = "Go on with what is missing: audit review status."
        raise AuditError(Problem(what="there is nothing to review in this phase", mend=mend), code=ExitCode.USAGE)
    work.tell("abstracting the files")
    sheet = worksheet.issued(
        items,
        abstracts(gather(work.program, work.rows, items[review.key].unique()), work.program),
        key=review.key,
        order=drawn_cases(record)["key"].to_list(),
        phase=phase,
        sample=review.sample,
        blind=blind,
        answered=journal.answers(review.events(), phase),
        others=others,
    )
    folder = review.steps.folder / ISSUED
    path = folder / f"{phase}.xlsx"
    as_of = engagement.promised(work.program).as_of
    made = workbook(sheet, title=work.program.title, by=by, day=as_of, synthetic=work.program.synthetic)
    write(folder / f"{phase}.csv", sheet.rows.write_csv().encode())
    write(path, made)
    return path, sheet


def take_back(review: Review, path: Path, *, by: str = "", accepted: Collection[str] = ()) -> tuple[Entered, Phase]:
    """Put what a workbook answers into the journal, and keep the workbook under its digest.

    Nothing is entered unless it is clean, or what is wrong is accepted by the name of its rule. AuditError (DATA) with
    everything that is wrong.
    """
    if unknown := [name for name in accepted if not worksheet.RULES.get(name)]:
        known = [name for name, then in worksheet.RULES.items() if then]
        what, mend = f"{listed(unknown)} cannot be accepted", f"What can be: {listed(known, most=len(known))}."
        raise AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        problem = Problem(what="there is no such file", mend="Name the workbook that came back.", file=str(path))
        raise AuditError(problem, code=ExitCode.UNREADABLE) from None
    came = workbooks.opened(content, file=path.name)
    told = came.about or {}
    phase: Phase = next((name for name in journal.PHASES if name == told.get("Phase")), "first")
    sheet = _as_issued(review, phase)
    answers, problems = worksheet.returned(sheet, came.rows, came.about, file=path.name, accepted=accepted)
    if problems:
        raise AuditError(problems, code=ExitCode.DATA)
    digest = hashlib.sha256(content).hexdigest()
    write(review.steps.folder / RETURNED / f"{digest}.xlsx", content)
    return review.enter(answers, phase=phase, by=by or told.get("By", ""), source=digest), phase


def drawn_again(review: Review, *, size: int, seed: str, seed_source: str) -> dict[str, Any]:
    """Draw the cases that a second reviewer judges, from those of the sample, with a seed of their own.

    They are drawn once: AuditError (CONFLICT) for another seed or another number of cases.
    """
    first = (review.steps.folder / SAMPLE).read_bytes() if review.steps.begun() else b""
    record = review.steps.read_sample()
    frame, now = second_phase.scope_again(record), _now()
    sample = draw(frame, plan(frame, size=size), seed=seed)
    made = second_phase.manifest_again(sample, frame, first, seed_source=seed_source, frame_fixed=now, seed_chosen=now)
    if (review.steps.folder / SECOND).exists():
        drawn = review.steps.read_second()
        if drawn["seed"]["value"] != seed or len(drawn["cases"]) != size:
            what = f"{plural(len(drawn['cases']), 'case')} were drawn already, by another seed or in another number"
            problem = Problem(what=what, mend="Review those: nobody is to choose among draws.", file=SECOND)
            raise AuditError(problem, code=ExitCode.CONFLICT)
        return drawn
    review.steps.write_second(made)
    return made


def record(review: Review, answer: Answer, *, phase: Phase, by: str) -> Entered:
    """Enter one answer: an adjudication, a late document or an appeal. AuditError (USAGE) for what cannot be one."""
    items = review.steps.read_determinations()
    own = items.filter(pl.col(review.key) == answer.case, attribute=answer.attribute)
    problems = []
    if own.is_empty():
        problems.append(Problem(what="no item of the sample is of this case and attribute", mend="Name one that is."))
    elif answer.outcome not in (known := worksheet.outcomes(answer.attribute)):
        problems.append(Problem(what="is not an outcome of it", mend=f"Name {listed(known, most=len(known))}."))
    if not answer.reason.strip():
        problems.append(Problem(what="there is no reason", mend="Say in a sentence what it rests on: --reason."))
    if problems:
        raise AuditError(problems, code=ExitCode.USAGE)
    return review.enter([answer], phase=phase, by=by, source="prompt")


def sign(review: Review, *, by: str, note: str = "") -> str:
    """Record that a supervisor, by role, has reviewed what is settled as it stands; return its digest.

    AuditError (DATA) with everything else that is missing.
    """
    review.settle()
    found, digest = review.clearance(), review.steps.settled_digest()
    missing = [one for one in found.missing if "supervisor" not in one]
    if missing:
        problems = [Problem(what=what, mend="Then sign.") for what, _, _ in (one.partition(": ") for one in missing)]
        raise AuditError(problems, code=ExitCode.DATA)
    if any(event.by == by.strip() for event in review.events() if event.phase in ("first", "second")):
        problem = Problem(what="this role reviewed cases itself", mend="Let another sign: --by.")
        raise AuditError(problem, code=ExitCode.USAGE)
    answer = Answer(case="", attribute="", outcome="reviewed", reason=note, evidence=digest)
    with alone(review.steps.folder):
        events = review.events()
        added = journal.appended(events, [answer], rule={}, phase="supervision", by=by, when=_now(), source="prompt")
        journals.append(review.steps.journal, added)
        review.settle()
    return digest


def _as_issued(review: Review, phase: Phase) -> worksheet.Worksheet:
    """The worksheet of a phase as it was issued last."""
    path = review.steps.folder / ISSUED / f"{phase}.csv"
    try:
        rows = pl.read_csv(path, infer_schema=False).fill_null("")
    except FileNotFoundError:
        what, mend = f"no worksheet of the {phase} review was issued", "Issue it: audit review export."
        raise AuditError(Problem(what=what, mend=mend, file=str(path)), code=ExitCode.USAGE) from None
    items = review.steps.read_determinations().select(review.key, "attribute", "outcome")
    rule = {(case, attribute): outcome for case, attribute, outcome in items.iter_rows()}
    stands: Mapping[tuple[str, str], str] = {} if phase == "adjudication" else rule
    return worksheet.Worksheet(
        phase=phase, sample=review.sample, rows=rows, rule=rule, stands=stands, case_of=review.key
    )


def _refuse_one_role(events: Sequence[Event], phase: Phase, by: str) -> None:
    """Refuse a second review by whoever gave the first."""
    other = {"first": "second", "second": "first"}.get(phase)
    if other and any(event.phase == other and event.by == by.strip() for event in events):
        what = f"the {other} review is by the same role, and the two are to be apart"
        raise AuditError(Problem(what=what, mend="Name each reviewer's own: --by."), code=ExitCode.USAGE)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
