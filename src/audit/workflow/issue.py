"""Issuing a report: a draft becomes one that is signed, and that nothing writes again."""

from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

from audit.errors import AuditError, ExitCode, Problem
from audit.files import code, digest_of
from audit.formatting import day
from audit.programs.declaration import Program
from audit.reporting.corrections import SignOff
from audit.reporting.formats import office_packet
from audit.reporting.report import Audience
from audit.storage import report_versions
from audit.storage.lock import alone
from audit.storage.output_folder import MANIFEST, altered, publish
from audit.storage.report_record import read_report
from audit.storage.report_versions import Shelf, Shelved
from audit.storage.sample_audit_folder import Steps
from audit.workflow import monthly_report


def issued(
    program: Program, period: str, *, by: str, on: date, root: Path, audience: Audience = "office"
) -> tuple[Path, bool]:
    """Issue the last version of a period's report, signed `by` a role on a day; say where, and whether it was written.

    Every file that follows from the record is made from it again, with the sign-off; the others stay as they are. What
    was issued already, by the same role, is left alone.

    AuditError: CONFLICT where the draft was altered, was made by another version of this program, or carries on the
    ledger of a month that is not issued or has another ledger since, or its review is not complete; USAGE where there
    is no report.
    """
    reports = Shelf(folder=root / program.name)
    with alone(reports.folder):
        reports.tidy()
        name = monthly_report.name_of(period, audience)
        last = reports.last(name)
        if last is None:
            place = reports.place(name, 1)
            mend = f"Make it first: audit run {program.name} --month {period}."
            problem = Problem(what="there is no report to issue", mend=mend, file=str(place))
            raise AuditError(problem, code=ExitCode.USAGE)
        if problems := [
            *altered(last.folder, mend="Run the month again with --overwrite."),
            *_refused(last, reports, by),
            *_unreviewed(last, reports),
        ]:
            raise AuditError(problems, code=ExitCode.CONFLICT)
        if last.issued:
            return last.folder, False
        signed = SignOff(by=by, on=on)
        report = replace(read_report(last.folder / monthly_report.RECORD), status="issued", sign_off=signed)
        kept = {name: (last.folder / name).read_bytes() for name in last.outputs}
        sign_off = {**asdict(signed), "draft": digest_of(last.folder / MANIFEST)}
        if any(name.startswith("packets/") for name in kept):
            kept |= {f"packets/{path}": made for path, made in office_packet.packets(report).items()}
        publish(last.folder, kept | monthly_report.formatted(report), inputs={**last.inputs, "sign_off": sign_off})
    return last.folder, True


def _unreviewed(draft: Shelved, reports: Shelf) -> list[Problem]:
    """What of its review a draft lacks, and whether anything was answered since it was made."""
    report = read_report(draft.folder / monthly_report.RECORD)
    if draft.issued or report.review is None:
        return []
    place, taken = str(draft.folder), Steps(folder=reports.folder / "sample", key="")
    made_from, now = draft.inputs["steps"], taken.digests()
    if made_from != now if made_from else taken.journal.exists():
        what = "was made before the sample's review as it stands"
        return [Problem(what=what, mend="Run the month again with --overwrite.", file=place)]
    told = (one.partition(": ") for one in report.review.missing)
    return [Problem(what=f"lacks: {what}", mend=f"See to it with {verb}.", file=place) for what, _, verb in told]


def _refused(draft: Shelved, reports: Shelf, by: str) -> list[Problem]:
    """Why a report is not to be issued."""
    place = str(draft.folder)
    if draft.issued:
        signed = draft.inputs["sign_off"]
        what = f"was issued on {day(date.fromisoformat(signed['on']))}, signed by another role"
        mend = "It stays as it is. A correction is a version of its own: audit run --correct."
        return [] if signed["by"] == by else [Problem(what=what, mend=mend, file=place)]
    problems = []
    if draft.inputs["code"] != code():
        what = "was made by another version of this program"
        problems.append(Problem(what=what, mend="Run the month again with --overwrite, and read it.", file=place))
    ledger = draft.inputs["ledger"]
    if ledger.get("month"):
        before = reports.valid(ledger["month"])
        if before is None or not before.issued:
            what = f"carries on the ledger of {ledger['month']}, which is not issued"
            problems.append(Problem(what=what, mend="Issue that month first.", file=place))
        elif ledger["version"] > before.version:
            what = f"carries on version {ledger['version']} of {ledger['month']}, which is not issued"
            problems.append(Problem(what=what, mend="Issue that correction first.", file=place))
        elif any(
            before.outputs.get(name) != ledger[name] for name in (report_versions.LEDGER, report_versions.REMEMBERED)
        ):
            what = f"carries on a ledger of {ledger['month']} that is not the one issued"
            problems.append(Problem(what=what, mend="Run the month again with --overwrite.", file=place))
    return problems
