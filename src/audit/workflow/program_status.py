"""How far an audit has come: the steps of the sample and the reports of the months, by what is on disk."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from audit.errors import AuditError, make_usage_error
from audit.files import parse_json
from audit.months import find_next_month
from audit.programs.declaration import Program
from audit.programs.measures import find_as_of_day
from audit.storage import up_to_date_steps
from audit.storage.output_folder import MANIFEST_FILE
from audit.storage.report_versions import AUDIT_REPORT_NAME, ReportVersions
from audit.storage.returns import CLAIMS_FILE, locate_return_folder, read_return_events
from audit.storage.sample_audit_folder import SampleAuditFolder
from audit.workflow import office_packets, returns
from audit.workflow.review import find_step_command, open_review

StepState = Literal["done", "next", "later"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramStep:
    """One step of an audit: whether it is done, and by which command it is taken."""

    name: str
    command: str
    state: StepState
    facts: Mapping[str, str | int] = field(default_factory=dict)  # what is there of it
    problem: str = ""  # why what is there does not count


def list_program_steps(program: Program, reports: Path, *, named: str, on: date) -> tuple[ProgramStep, ...]:
    """Every step in its order; the first that is not done of the sample, and of the months, is the next.

    `named` is what a command calls the program; a month is due if it is complete `on` this day. Nothing but the files
    of the steps is read: no table.
    """
    home = reports / program.name
    steps = SampleAuditFolder(folder=home / "sample", key=program.census.unit)
    sample = [*_list_sample_steps(program, steps, named)] if program.sample else []
    versions = ReportVersions(folder=home)
    months = [*_list_month_steps(program, versions, named, on), *_list_packet_steps(versions, named)]
    return (*_mark_next(sample), *_mark_next(months))


def _mark_next(steps: list[ProgramStep]) -> Iterator[ProgramStep]:
    """The steps, the first that is not done as the next."""
    waiting = [step for step in steps if step.state != "done"]
    for step in steps:
        yield replace(step, state="next") if waiting and step is waiting[0] else step


def _list_sample_steps(program: Program, steps: SampleAuditFolder, named: str) -> Iterator[ProgramStep]:
    def read(name: str, file: str, command: str, find_facts: Callable[[], dict[str, str | int]]) -> ProgramStep:
        step = ProgramStep(name=name, command=f"audit {command}", state="later")
        try:
            return replace(step, state="done", facts=find_facts())
        except AuditError as error:
            return replace(step, problem=error.problems[0].what if (steps.folder / file).exists() else "")

    files = up_to_date_steps
    yield read("frame", files.FRAME_FILE, f"scope {named}", lambda: _describe_frame(steps))
    yield read("plan", files.DESIGN_FILE, f"plan {named}", lambda: _describe_plan(steps))
    yield read("draw", files.SAMPLE_FILE, f"draw {named}", lambda: _describe_draw(steps))
    yield read(
        "assessment", files.DETERMINATIONS_FILE, f"assess {named}", lambda: _count_rows(steps.read_determinations())
    )
    if program.review:
        yield _describe_review(program, steps, named)
    yield read(
        "outcomes", files.SETTLED_OUTCOMES_FILE, f"settle {named}", lambda: _count_rows(steps.read_settled_outcomes())
    )
    yield _describe_workpapers(program, steps, named)
    yield from _list_audit_report_steps(steps, named)


def _describe_frame(steps: SampleAuditFolder) -> dict[str, str | int]:
    frame, fixed = steps.read_frame_facts()
    return {"cases": frame.size, "fixed": str(fixed.date())}


def _describe_plan(steps: SampleAuditFolder) -> dict[str, str | int]:
    design = steps.read_design()
    _refuse_other_frame(steps, design.frame_digest)
    return {"to draw": design.size, "method": design.method}


def _describe_draw(steps: SampleAuditFolder) -> dict[str, str | int]:
    sample = steps.read_sample()
    _refuse_other_frame(steps, sample["frame"]["digest"])
    return {"cases": len(sample["cases"])}


def _refuse_other_frame(steps: SampleAuditFolder, digest: str) -> None:
    """Refuse a step that was taken with another frame than the one that is there."""
    if steps.read_frame_facts()[0].digest != digest:
        raise make_usage_error("was made from another frame", "Take the step again.")


def _count_rows(rows: Any) -> dict[str, str | int]:
    return {"determinations": rows.height}


def _describe_review(program: Program, steps: SampleAuditFolder, named: str) -> ProgramStep:
    """The review; its command is that of the first step of it which is outstanding."""
    step = ProgramStep(name="review", command=f"audit review export {named}", state="later")
    try:
        readiness = open_review(program, steps).check_readiness()
    except AuditError:
        return step  # there is nothing to review yet
    facts: dict[str, str | int] = {"items": readiness.items, "reviewed": readiness.reviewed}
    if not readiness.outstanding:
        return replace(step, state="done", facts=facts | {"signed by": readiness.signed_by})
    command = find_step_command(steps, readiness.outstanding[0].step)
    verb, *options = command.removeprefix("audit review ").split()
    return replace(step, facts=facts, command=" ".join(["audit review", verb, named, *options]))


def _describe_workpapers(program: Program, steps: SampleAuditFolder, named: str) -> ProgramStep:
    """The working papers, which are done where they hold the steps and the program as they are."""
    step = ProgramStep(name="working papers", command=f'audit workpapers {named} --slips "…"', state="later")
    manifest = steps.folder.parent / "workpapers" / MANIFEST_FILE
    try:
        inputs = dict(parse_json(manifest.read_bytes())["inputs"])
    except (OSError, KeyError, TypeError, ValueError):
        return step
    if inputs.get("steps") == steps.hash_steps() and inputs.get("program") == program.sha256:
        return replace(step, state="done", facts={"folder": str(manifest.parent)})
    return replace(step, command=f"{step.command} --overwrite", problem="made from other steps, or another program")


def _list_audit_report_steps(steps: SampleAuditFolder, named: str) -> Iterator[ProgramStep]:
    """The audit report, which is done where it holds the steps as they are, and its issue."""
    last = ReportVersions(folder=steps.folder.parent).find_last(AUDIT_REPORT_NAME)
    step = ProgramStep(name="audit report", command=f"audit report {named}", state="later")
    issue = ProgramStep(name="audit report issued", command=f'audit issue {named} --report --by "…"', state="later")
    if last is None:
        yield from (step, issue)
        return
    settled = steps.hash_settled_outcomes() or steps.journal.exists()
    current = last.inputs["steps"] == (steps.hash_steps() if settled else {})
    if current:
        yield replace(step, state="done", facts={"version": last.version, "folder": str(last.folder)})
    else:
        how = '--correct "…"' if last.is_issued else "--overwrite"
        yield replace(step, command=f"{step.command} {how}", problem="made from other steps")
    signed = {"signed by": str(last.inputs["sign_off"]["by"])} if last.is_issued else {}
    yield replace(issue, state="done" if last.is_issued else "later", facts=signed)


def _list_month_steps(program: Program, reports: ReportVersions, named: str, on: date) -> Iterator[ProgramStep]:
    """The reports of the months, and their issue."""
    months = reports.list_months() if program.census.date else ["all"] * bool(reports.find_last("all"))
    due = _is_month_due(program, months[-1], on) if months and program.census.date else not months
    facts: dict[str, str | int] = {"months": len(months), "last": months[-1]} if months else {}
    command = f"audit run {named}" + (" --catch-up" if program.census.date else "")
    yield ProgramStep(name="reports", command=command, state="later" if due else "done", facts=facts)
    drafts = [month for month in months if (last := reports.find_last(month)) and not last.is_issued]
    month = f" --month {drafts[0]}" if drafts and program.census.date else ""
    yield ProgramStep(
        name="issue",
        command=f'audit issue {named}{month} --by "…"',
        state="done" if months and not drafts else "later",
        facts={"issued": len(months) - len(drafts), "drafts": len(drafts)} if months else {},
    )


def _list_packet_steps(reports: ReportVersions, named: str) -> Iterator[ProgramStep]:
    """The packets of the last report that has them, and what came back; neither where no report has packets."""
    months = [*reports.list_months(), *(["all"] if reports.find_last("all") else [])]
    valid = [(month, one) for month in reversed(months) if (one := reports.find_valid(month))]
    last = next(((month, one) for month, one in valid if office_packets.list_packet_folders(one.outputs)), None)
    if last is None:
        return
    month, report = last
    folders = office_packets.list_packet_folders(report.outputs)
    facts: dict[str, str | int] = {"of": month, "offices": len(folders)}
    facts["transmittal"] = "yes" if office_packets.TRANSMITTAL_FILE in report.outputs else "once it is issued"
    yield ProgramStep(name="packets", command=f"audit run {named} --packets", state="done", facts=facts)
    events, waiting = read_return_events(reports.folder), returns.count_waiting_claims(reports)
    answer = f'audit returns {named} --answers {locate_return_folder(reports.folder) / CLAIMS_FILE} --by "…"'
    lists = len({event.source for event in events if not event.by})
    yield ProgramStep(
        name="returns",
        command=answer if waiting else f"audit returns {named} LIST",
        state="later" if waiting or not lists else "done",
        facts={"lists": lists, "claims without an answer": waiting} if lists else {},
    )


def _is_month_due(program: Program, last: str, on: date) -> bool:
    """Whether the month after the last that has a report is complete on a day."""
    return find_as_of_day(program.census, find_next_month(last)) <= on
