"""Issuing a report: a draft becomes one that is issued, signed where a key is named, and never written again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from audit.errors import AuditError, ExitCode, Problem
from audit.files import hash_file, hash_source_code
from audit.formatting import format_day, format_list
from audit.months import expand_period, find_last_day
from audit.programs.declaration import Program
from audit.reporting.corrections import SignOff
from audit.reporting.record import Audience
from audit.storage import report_versions
from audit.storage.issue_register import register_issue
from audit.storage.journal_heads import read_journal_heads
from audit.storage.lock import lock_folder
from audit.storage.output_folder import MANIFEST_FILE, publish_folder
from audit.storage.publication_register import register_left_out
from audit.storage.report_record import REPORT_RECORD_FILE, read_report, read_sample_report
from audit.storage.report_versions import ReportVersion, ReportVersions
from audit.storage.sample_audit_folder import SampleAuditFolder
from audit.storage.signatures import read_key_fingerprint, sign_file
from audit.storage.up_to_date_reports import find_alterations
from audit.workflow import monthly_report, sample_report
from audit.workflow.last_audit import name_audit_folder
from audit.workflow.month_request import name_report_folder
from audit.workflow.office_packets import issue_packets
from audit.workflow.public_editions import find_other_editions
from audit.workflow.publication import open_reports
from audit.workflow.review import find_step_command
from audit.workflow.schedule import list_scheduled_months

_ISSUE_IN_TURN = "Issue that month first. With --since, several are issued in turn."
_AGAIN = "Run the month again with --overwrite"
_AUDIT_AGAIN = "Make the audit report again with --overwrite"


def issue_report(
    program: Program,
    period: str,
    *,
    by: str,
    on: date,
    root: Path,
    key: Path | None = None,
    audience: Audience = "office",
) -> tuple[Path, bool]:
    """Issue the last version of a period's report, `by` a role on a day; say where, and whether it was written.

    Its manifest is signed with the `key`; without one it is issued unsigned, and says so on every page.

    Every file that follows from the record is made from it again, with the sign-off; the others stay as they are. What
    was issued already, by the same role, is left alone. It waits for no review of a sample. What a public edition tells
    goes into the register of publications.

    AuditError: CONFLICT where the draft was altered, was issued by another role, or is not what would be made now: by
    this version of the program, from the ledger before it, and beside the public editions issued before; USAGE where
    there is no report, or where it carries on the ledger of a month that is not issued.
    """
    reports = ReportVersions(folder=root / program.name)
    with open_reports(reports, lock_folder(reports.folder)):
        draft = _require_report(
            reports, name_report_folder(period, audience), mend=f"audit run {program.name} --month {period}"
        )
        sign_off = make_sign_off(by, on, key)
        conflicts = [*_find_conflicts(draft, sign_off, again=_AGAIN), *_find_other_ledger(draft, reports)]
        conflicts += find_other_editions(draft, reports, mend=f"{_AGAIN}.")
        unmet = [*_find_unmet_conditions(draft, reports), *_find_early_day(draft, on)]
        _refuse_problems(conflicts, unmet)
        signed = _sign_report(draft, sign_off, key, partial(_make_signed_month, program))
        if audience == "public":
            register_left_out(reports)
        return signed


def issue_months(
    program: Program,
    first: str,
    last: str,
    *,
    by: str,
    on: date,
    root: Path,
    key: Path | None = None,
    audience: Audience = "office",
) -> list[tuple[Path, bool]]:
    """Issue the report of every month from the first to the last in order, each as `issue_report` does.

    Whatever can be refused before any is issued is: then none is, and there is a problem for each. The months before
    one that is refused later, because a ledger is not the one issued, stay issued.

    AuditError: USAGE where the months are not in order; else as `issue_report`.
    """
    periods = list_scheduled_months(program, first, last)
    reports, sign_off = ReportVersions(folder=root / program.name), make_sign_off(by, on, key)
    with open_reports(reports, lock_folder(reports.folder)):
        drafts = {period: reports.find_last(name_report_folder(period, audience)) for period in periods}
        found = [draft for draft in drafts.values() if draft]
        conflicts = [problem for draft in found for problem in _find_conflicts(draft, sign_off, again=_AGAIN)]
        unmet = [problem for draft in found for problem in _find_early_day(draft, on)]
        if absent := [period for period, draft in drafts.items() if draft is None]:
            mend = f"Make them first: audit run {program.name} --since {absent[0]} --month {absent[-1]}."
            unmet.append(Problem(what=f"there is no report of {format_list(absent)} to issue", mend=mend))
        _refuse_problems(conflicts, unmet)
    return [issue_report(program, one, by=by, on=on, root=root, key=key, audience=audience) for one in periods]


def issue_sample_report(
    program: Program, *, by: str, on: date, root: Path, key: Path | None = None, audience: Audience = "office"
) -> tuple[Path, bool]:
    """Issue the last version of the audit report, `by` a role on a day; say where, and whether it was written.

    It is signed as a month is.

    AuditError: CONFLICT where the draft was altered, was issued by another role, or is not what would be made now: by
    this version of the program and from the steps of the sample as they stand; USAGE where there is no report, or
    where anything is missing of what it must have, with a problem for each.
    """
    reports = ReportVersions(folder=root / program.name)
    with open_reports(reports, lock_folder(reports.folder)):
        draft = _require_report(reports, name_audit_folder(audience), mend=f"audit report {program.name}")
        steps = SampleAuditFolder(folder=reports.folder / "sample", key="")
        sign_off = make_sign_off(by, on, key)
        conflicts = [*_find_conflicts(draft, sign_off, again=_AUDIT_AGAIN), *_find_other_steps(draft, steps)]
        _refuse_problems(conflicts, [*_find_gaps(draft, steps), *_find_early_day(draft, on)])
        return _sign_report(draft, sign_off, key, _make_signed_audit)


def make_sign_off(by: str, on: date, key: Path | None) -> SignOff:
    """By whom and when something is issued, and the key by which; AuditError (UNREADABLE) where that is none."""
    return SignOff(by=by, on=on, key=read_key_fingerprint(key) if key else "")


def _require_report(reports: ReportVersions, name: str, *, mend: str) -> ReportVersion:
    last = reports.find_last(name)
    if last is None:
        place = str(reports.locate_version(name, 1))
        problem = Problem(what="there is no report to issue", mend=f"Make it first: {mend}.", file=place)
        raise AuditError(problem, code=ExitCode.USAGE)
    return last


def _refuse_problems(conflicts: Sequence[Problem], unmet: Sequence[Problem]) -> None:
    if problems := [*conflicts, *unmet]:
        raise AuditError(problems, code=ExitCode.CONFLICT if conflicts else ExitCode.USAGE)


def _sign_report(
    draft: ReportVersion,
    sign_off: SignOff,
    key: Path | None,
    make_files: Callable[[ReportVersion, SignOff], Mapping[str, bytes | Path]],
) -> tuple[Path, bool]:
    """Write a draft again as issued, and register it; what was issued already is left alone.

    What is signed states how long each journal is and its last seal, so that a journal which was cut off shows.
    """
    if draft.is_issued:
        register_issue(draft.folder, draft.inputs["sign_off"])  # a run that was killed may have left it out
        return draft.folder, False
    stated = {
        **asdict(sign_off),
        "at": datetime.now(UTC).isoformat(timespec="seconds") if key else "",
        "draft": hash_file(draft.folder / MANIFEST_FILE),
        "journals": read_journal_heads(draft.folder.parent),
    }
    files: dict[str, bytes | Path] = {name: (draft.folder / name).read_bytes() for name in draft.outputs}
    publish_folder(
        draft.folder,
        {**files, **make_files(draft, sign_off)},
        inputs={**draft.inputs, "sign_off": stated},
        sign=partial(sign_file, key=key) if key else None,
    )
    register_issue(draft.folder, stated)
    return draft.folder, True


def _make_signed_month(program: Program, draft: ReportVersion, sign_off: SignOff) -> dict[str, bytes | Path]:
    """The files that follow from the record of a month, signed."""
    report = replace(read_report(draft.folder / REPORT_RECORD_FILE), status="issued", sign_off=sign_off)
    files = dict[str, bytes | Path]()
    if any(name.startswith("packets/") for name in draft.outputs):
        files |= issue_packets(report, program, draft.folder)
    return files | monthly_report.render_report_files(report)


def _make_signed_audit(draft: ReportVersion, sign_off: SignOff) -> Mapping[str, bytes]:
    """The files that follow from the record of the audit report, signed."""
    report = read_sample_report(draft.folder / REPORT_RECORD_FILE)
    return sample_report.render_sample_report(replace(report, status="issued", sign_off=sign_off))


def _find_conflicts(draft: ReportVersion, sign_off: SignOff, *, again: str) -> list[Problem]:
    """Where a draft is not what was written, was made by another version, or was issued in another way."""
    place, problems = str(draft.folder), find_alterations(draft.folder, mend=f"{again}.")
    if draft.is_issued:  # perhaps by an earlier version of this program, whose records are not read
        issued = draft.inputs["sign_off"]
        mend = "It stays as it is. A correction is a version of its own, written with --correct."
        if issued["by"] != sign_off.by:
            what = f"was issued on {format_day(date.fromisoformat(issued['on']))}, by another role"
            problems = [*problems, Problem(what=what, mend=mend, file=place)]
        elif sign_off.key and issued.get("key", "") != sign_off.key:
            what = "was issued unsigned" if not issued.get("key") else "was signed with another key"
            problems = [*problems, Problem(what=what, mend=mend, file=place)]
        return problems
    if draft.inputs["code"] != hash_source_code():
        what = "was made by another version of this program"
        problems = [*problems, Problem(what=what, mend=f"{again}, and read it.", file=place)]
    return problems


def _find_early_day(draft: ReportVersion, on: date) -> list[Problem]:
    """Where a report would be issued before the day on which it looks at the records, or before its period ends."""
    if draft.is_issued:
        return []
    ends = {"the day on which it looks at the records": draft.as_of, "the end of its period": _find_period_end(draft)}
    return [
        Problem(
            what=f"would be issued on {format_day(on)}, before {what}, {format_day(day)}",
            mend="Name the day of the issue with --on, or set the clock of this machine right.",
            file=str(draft.folder),
        )
        for what, day in ends.items()
        if day and on < day
    ]


def _find_period_end(draft: ReportVersion) -> date | None:
    """The last day of a report's period; None of the whole table."""
    period = str(draft.inputs["period"])
    return None if period == "all" else find_last_day(expand_period(period).rpartition("/")[2])


def _find_other_ledger(draft: ReportVersion, reports: ReportVersions) -> list[Problem]:
    """Where a month carries on another ledger than the one that was issued."""
    if draft.is_issued:
        return []
    ledger, before = draft.inputs["ledger"], _find_report_before(draft, reports)
    if before and before.is_issued and ledger["version"] <= before.version:
        names = (report_versions.LEDGER_FILE, report_versions.DOCUMENTED_UNITS_FILE)
        if any(before.outputs.get(name) != ledger[name] for name in names):
            what = f"carries on a ledger of {ledger['month']} that is not the one issued"
            return [Problem(what=what, mend=f"{_AGAIN}.", file=str(draft.folder))]
    return []


def _find_unmet_conditions(draft: ReportVersion, reports: ReportVersions) -> list[Problem]:
    """What must be done before a month can be issued: the month before it."""
    if draft.is_issued:
        return []
    place, ledger, before = str(draft.folder), draft.inputs["ledger"], _find_report_before(draft, reports)
    if ledger.get("month") and (before is None or not before.is_issued):
        what = f"carries on the ledger of {ledger['month']}, which is not issued"
        return [Problem(what=what, mend=_ISSUE_IN_TURN, file=place)]
    if before and ledger["version"] > before.version:
        what = f"carries on version {ledger['version']} of {ledger['month']}, which is not issued"
        return [Problem(what=what, mend="Issue that correction first.", file=place)]
    return []


def _find_report_before(draft: ReportVersion, reports: ReportVersions) -> ReportVersion | None:
    """The valid report of the month whose ledger the draft carries on; None of the first month."""
    month = draft.inputs["ledger"].get("month")
    return reports.find_valid(month) if month else None


def _find_other_steps(draft: ReportVersion, steps: SampleAuditFolder) -> list[Problem]:
    """Where a step of the sample was taken, or an item answered in its review, since the draft was made."""
    made_from = draft.inputs["steps"]
    if draft.is_issued or not (made_from != steps.hash_steps() if made_from else steps.journal.exists()):
        return []
    what = "was made before the steps of the sample, or its review, as they stand"
    return [Problem(what=what, mend=f"{_AUDIT_AGAIN}.", file=str(draft.folder))]


def _find_gaps(draft: ReportVersion, steps: SampleAuditFolder) -> list[Problem]:
    """What an audit report lacks before it can be issued; None of one that is not what would be made now."""
    if draft.is_issued or _find_other_steps(draft, steps):
        return []
    report = read_sample_report(draft.folder / REPORT_RECORD_FILE)
    return [
        Problem(
            what=f"lacks: {gap.words}",
            mend=f"See to it with {find_step_command(steps, gap.step)}." if gap.step else gap.mend,
            file=str(draft.folder),
        )
        for gap in report.gaps
    ]
