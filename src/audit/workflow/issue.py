"""Issuing a report: a draft becomes one that is signed, and that nothing writes again."""

from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

from audit.errors import AuditError, ExitCode, Problem
from audit.files import hash_file, hash_source_code
from audit.formatting import format_day
from audit.programs.declaration import Program
from audit.reporting.corrections import SignOff
from audit.reporting.record import Audience
from audit.reporting.review_text import describe_outstanding
from audit.storage import report_versions
from audit.storage.lock import lock_folder
from audit.storage.output_folder import MANIFEST_FILE, publish_folder
from audit.storage.report_record import REPORT_RECORD_FILE, read_report
from audit.storage.report_versions import ReportVersion, ReportVersions
from audit.storage.sample_audit_folder import SampleAuditFolder
from audit.storage.up_to_date import find_alterations
from audit.workflow import monthly_report
from audit.workflow.month_request import name_report_folder
from audit.workflow.office_packets import issue_packets
from audit.workflow.publication import open_reports
from audit.workflow.review import find_step_command


def issue_report(
    program: Program, period: str, *, by: str, on: date, root: Path, audience: Audience = "office"
) -> tuple[Path, bool]:
    """Issue the last version of a period's report, signed `by` a role on a day; say where, and whether it was written.

    Every file that follows from the record is made from it again, with the sign-off; the others stay as they are. What
    was issued already, by the same role, is left alone.

    AuditError: CONFLICT where the draft was altered, was issued by another role, or is not what would be made now: by
    this version of the program, from the ledger before it and from the review; USAGE where there is no report, where
    its review is not complete, or where it carries on the ledger of a month that is not issued.
    """
    reports = ReportVersions(folder=root / program.name)
    with open_reports(reports, lock_folder(reports.folder)):
        name = name_report_folder(period, audience)
        last = reports.find_last(name)
        if last is None:
            place = reports.locate_version(name, 1)
            mend = f"Make it first: audit run {program.name} --month {period}."
            problem = Problem(what="there is no report to issue", mend=mend, file=str(place))
            raise AuditError(problem, code=ExitCode.USAGE)
        conflicts = [
            *find_alterations(last.folder, mend="Run the month again with --overwrite."),
            *_find_conflicts(last, reports, by),
        ]
        if problems := [*conflicts, *_find_unmet_conditions(last, reports)]:
            raise AuditError(problems, code=ExitCode.CONFLICT if conflicts else ExitCode.USAGE)
        if last.is_issued:
            return last.folder, False
        signature = SignOff(by=by, on=on)
        report = replace(read_report(last.folder / REPORT_RECORD_FILE), status="issued", sign_off=signature)
        files: dict[str, bytes | Path] = {name: (last.folder / name).read_bytes() for name in last.outputs}
        sign_off = {**asdict(signature), "draft": hash_file(last.folder / MANIFEST_FILE)}
        if any(name.startswith("packets/") for name in files):
            files |= issue_packets(report, program, last.folder)
        publish_folder(
            last.folder,
            files | monthly_report.render_report_files(report),
            inputs={**last.inputs, "sign_off": sign_off},
        )
    return last.folder, True


def _find_conflicts(draft: ReportVersion, reports: ReportVersions, by: str) -> list[Problem]:
    """Where a draft is not what would be made now, or was issued by somebody else."""
    place = str(draft.folder)
    if draft.is_issued:  # perhaps by an earlier version of this program, whose records are not read
        signature = draft.inputs["sign_off"]
        what = f"was issued on {format_day(date.fromisoformat(signature['on']))}, signed by another role"
        mend = "It stays as it is. A correction is a version of its own: audit run --correct."
        return [] if signature["by"] == by else [Problem(what=what, mend=mend, file=place)]
    problems = []
    if draft.inputs["code"] != hash_source_code():
        what = "was made by another version of this program"
        problems.append(Problem(what=what, mend="Run the month again with --overwrite, and read it.", file=place))
    ledger, before = draft.inputs["ledger"], _find_report_before(draft, reports)
    if before and before.is_issued and ledger["version"] <= before.version:
        names = (report_versions.LEDGER_FILE, report_versions.DOCUMENTED_UNITS_FILE)
        if any(before.outputs.get(name) != ledger[name] for name in names):
            what = f"carries on a ledger of {ledger['month']} that is not the one issued"
            problems.append(Problem(what=what, mend="Run the month again with --overwrite.", file=place))
    if _is_made_before_review(draft, reports):
        what = "was made before the sample's review as it stands"
        problems.append(Problem(what=what, mend="Run the month again with --overwrite.", file=place))
    return problems


def _find_unmet_conditions(draft: ReportVersion, reports: ReportVersions) -> list[Problem]:
    """What must be done before a draft can be issued: the month before it, and the rest of its review."""
    if draft.is_issued:
        return []
    place, ledger, before = str(draft.folder), draft.inputs["ledger"], _find_report_before(draft, reports)
    problems = []
    if ledger.get("month") and (before is None or not before.is_issued):
        what = f"carries on the ledger of {ledger['month']}, which is not issued"
        problems.append(Problem(what=what, mend="Issue that month first.", file=place))
    elif before and ledger["version"] > before.version:
        what = f"carries on version {ledger['version']} of {ledger['month']}, which is not issued"
        problems.append(Problem(what=what, mend="Issue that correction first.", file=place))
    review = None if _is_made_before_review(draft, reports) else read_report(draft.folder / REPORT_RECORD_FILE).review
    steps = SampleAuditFolder(folder=reports.folder / "sample", key="")
    return problems + [
        Problem(
            what=f"lacks: {describe_outstanding(one)}",
            mend=f"See to it with {find_step_command(steps, one.step)}.",
            file=place,
        )
        for one in (review.outstanding if review else ())
    ]


def _find_report_before(draft: ReportVersion, reports: ReportVersions) -> ReportVersion | None:
    """The valid report of the month whose ledger the draft carries on; None of the first month."""
    month = draft.inputs["ledger"].get("month")
    return reports.find_valid(month) if month else None


def _is_made_before_review(draft: ReportVersion, reports: ReportVersions) -> bool:
    """Whether anything was answered in the sample's review since the draft was made."""
    if read_report(draft.folder / REPORT_RECORD_FILE).review is None:
        return False
    steps = SampleAuditFolder(folder=reports.folder / "sample", key="")
    made_from = draft.inputs["steps"]
    return bool(made_from != steps.hash_steps() if made_from else steps.journal.exists())
