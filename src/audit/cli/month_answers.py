"""What a run of reports says when it has ended: results, where each stands, what is not as earlier reports had it."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.cli.app import Options, make_report_facts
from audit.cli.month_notes import list_dropped_files
from audit.cli.rerun import Answer

if TYPE_CHECKING:
    from audit.reporting.month_report import Report
    from audit.workflow.publication import PublishedReport


def answer_month(
    program: str,
    reports: "list[PublishedReport]",
    options: Options,
    *,
    correct: str,
    master: str | None,
    audit_report: "PublishedReport | None" = None,
) -> Answer:
    """What one month says, where it and the audit report stand, and what is not as earlier reports had it."""
    from audit.storage.report_record import REPORT_RECORD_FILE, read_report

    [report] = reports
    record = read_report(report.folder / REPORT_RECORD_FILE)
    late, remarks = _list_late_changes(program, report.folder, record, options, correct=correct, master=master)
    facts = make_report_facts((report.folder, report.changed))
    if options.json:
        facts |= _list_audit_report(audit_report, json=True)
        return Answer(facts={**facts, **list_dropped_files(report), "late_changes": late}, remarks=remarks)
    facts["written"] = "yes" if report.changed else "no: unchanged, the same inputs made it before"
    return Answer(facts={**_list_results(record), **facts, **_list_audit_report(audit_report)}, remarks=remarks)


def answer_months(
    program: str,
    reports: "list[PublishedReport]",
    options: Options,
    *,
    correct: str,
    master: str | None,
    audit_report: "PublishedReport | None" = None,
) -> Answer:
    """The same of the reports of several months; late changes are those that the last new one names."""
    from audit.storage.report_record import REPORT_RECORD_FILE, read_report

    late: list[dict[str, Any]] = []
    remarks: list[str] = []
    if folders := [report.folder for report in reports if report.changed]:
        record = read_report(folders[-1] / REPORT_RECORD_FILE)
        late, remarks = _list_late_changes(program, folders[-1], record, options, correct=correct, master=master)
    if options.json:
        rows = [
            {"month": one.name, "folder": str(one.folder), "written": one.changed, **list_dropped_files(one)}
            for one in reports
        ]
        facts: dict[str, Any] = {"reports": rows, "late_changes": late, **_list_audit_report(audit_report, json=True)}
        return Answer(facts=facts, remarks=remarks)
    lines = {one.name: f"{one.folder / 'report.html'}{'' if one.changed else ', as it stood'}" for one in reports}
    none = {"reports": "no month has become complete since the last one"}
    return Answer(facts={**(lines or none), **_list_audit_report(audit_report)}, remarks=remarks)


def _list_audit_report(audit_report: "PublishedReport | None", *, json: bool = False) -> dict[str, Any]:
    """Where the audit report stands; nothing where this run asked for none."""
    if audit_report is None:
        return {}
    if json:
        return {"audit_report": {"folder": str(audit_report.folder), "written": audit_report.changed}}
    stands = "" if audit_report.changed else ", as it stood"
    if audit_report.is_stale:
        stands = ", a draft made from other inputs; audit report --overwrite makes it again"
    return {"audit report": f"{audit_report.folder / 'report.html'}{stands}"}


def _list_results(record: "Report") -> dict[str, str]:
    """The key figures of a report and the movement of its ledger."""
    from audit.formatting import format_count

    results = {one.label: f"{one.value}; {one.detail}" for one in record.key_figures}
    if moved := record.follow_up:
        names = ("new", "reopened", "resolved", "reclassified")
        movements = (f"{format_count(getattr(moved, name))} {name}" for name in names)
        before, after = format_count(moved.open_start), format_count(moved.open_end)
        results["ledger"] = f"{before} open before, {', '.join(movements)}: {after} open"
    return results


def _list_late_changes(
    program: str, folder: Path, record: "Report", options: Options, *, correct: str, master: str | None
) -> tuple[list[dict[str, Any]], list[str]]:
    """What of the tables is not as earlier reports had it, as facts and in lines; and how issued ones are corrected."""
    from audit.reporting.late_change_text import describe_correction, describe_late_changes
    from audit.workflow.schedule import list_months_to_correct

    changes = record.late_changes
    lines = [f"{table}: {words}" for table, words in describe_late_changes(changes)]
    if not correct and (months := list_months_to_correct(folder.parent, changes)):
        where = [*(["--data", options.data] if options.data else []), "--reports", str(options.reports)]
        where += [*(["--set-aside"] if options.set_aside else []), *(["--engine", master] if master else [])]
        lines.append(describe_correction(program, months, where))
    return [asdict(change) for change in changes], lines
