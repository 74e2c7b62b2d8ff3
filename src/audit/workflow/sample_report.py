"""The audit report as a folder: the sample audit done so far, assembled, and published as a version of its own."""

from pathlib import Path

from audit.assessment.case_file import find_column_tables
from audit.errors import AuditError, ExitCode
from audit.estimation.attributes import list_deviating_cases
from audit.estimation.undecided_cases import list_undecided_cases
from audit.reporting.formats.policy import build_policy_view, format_policy_html
from audit.reporting.formats.sample_report import render_sample_report as render_sample_report
from audit.reporting.record import Audience
from audit.reporting.sample_report import SampleReport, assemble_sample_report
from audit.storage.report_record import REPORT_RECORD_FILE, read_sample_report
from audit.storage.report_versions import ReportVersions
from audit.storage.sample_audit_folder import SampleAuditFolder
from audit.workflow.last_audit import name_audit_folder
from audit.workflow.program_data import ProgramData
from audit.workflow.public_editions import refuse_small_changes
from audit.workflow.publication import PublishedReport, open_reports, publish_unless_current
from audit.workflow.report_basis import ReportBasis, SampleAudit, prepare_sample_audit
from audit.workflow.report_inputs import describe_inputs
from audit.workflow.report_version import add_correction, choose_version
from audit.workflow.sample_audit import find_drawn_sample, require_sample_plan


def publish_sample_report(
    basis: ReportBasis,
    *,
    root: Path,
    audience: Audience = "office",
    overwrite: bool = False,
    correct: str = "",
) -> tuple[PublishedReport, SampleReport]:
    """Write the audit report as `root`/program/audit, whole or not at all; return where it stands, and its record.

    It rests on the steps on disk, where a sample was drawn and settled, or else on the sample that the program
    declares, assessed by the rules alone. AuditError: USAGE where the program declares no sample; DATA where a critical
    check failed; CONFLICT where another run is at work there, or the folder holds something else.
    """
    engine = basis.engine
    work, made = engine.audit, list[SampleReport]()
    plan = require_sample_plan(work.program)
    reports = ReportVersions(folder=root / work.program.name)
    steps = find_drawn_sample(work.program, locate_steps(reports, work))
    name = name_audit_folder(audience)
    with open_reports(reports, engine.lock_reports(reports.folder)):
        version = choose_version(reports, name, correct)
        inputs = describe_inputs(
            work,
            period=plan.period,
            as_of=str(plan.as_of),
            steps=steps.hash_steps() if steps else {},
            audience=audience,
            version=version.describe(),
        )

        def make_files() -> dict[str, bytes | Path]:
            audit = prepare_sample_audit(basis, steps)
            report = assemble_report_of_sample(work, audit, audience=audience)
            made.append(add_correction(report, version) if version.corrected else report)
            refuse_small_changes(made[0], reports, name)
            work.tell("drawing the figures")
            own: dict[str, bytes | Path] = {} if audience == "public" else dict(audit.files)
            policy = render_policy_appendix(work)
            return {**own, **policy, **render_sample_report(made[0])}

        done = publish_unless_current(name, version.folder, make_files, inputs=inputs, overwrite=overwrite)
    return done, made[0] if made else read_sample_report(done.folder / REPORT_RECORD_FILE)


def publish_due_sample_report(
    basis: ReportBasis, *, root: Path, audience: Audience = "office", overwrite: bool = False
) -> PublishedReport | None:
    """The audit report as a run of months makes it: where the program declares a sample, and it is not issued.

    A draft that was made from other tables or steps is left as it is, unless `overwrite` is asked for: new months do
    not take back what the sample of an earlier period showed.
    """
    program = basis.engine.audit.program
    if program.sample is None:
        return None
    reports = ReportVersions(folder=root / program.name)
    last = reports.find_last(name_audit_folder(audience))
    if last and last.is_issued:
        return None
    try:
        done, _ = publish_sample_report(basis, root=root, audience=audience, overwrite=overwrite)
    except AuditError as error:
        if last is None or error.code != ExitCode.CONFLICT:
            raise
        return PublishedReport(name=last.folder.name, folder=last.folder, changed=False, is_stale=True)
    return done


def render_policy_appendix(work: ProgramData) -> dict[str, bytes]:
    """The policy page that the report refers to: every rule of every date, with its citation."""
    if work.policy is None:
        return {}
    view = build_policy_view(work.policy, title=f"{work.program.title}: policy", on=None)
    return {"policy.html": format_policy_html(view).encode()}


def locate_steps(reports: ReportVersions, work: ProgramData) -> SampleAuditFolder:
    """The folder of the steps of the program's sample."""
    return SampleAuditFolder(folder=reports.folder / "sample", key=work.program.census.unit)


def assemble_report_of_sample(work: ProgramData, audit: SampleAudit, *, audience: Audience = "office") -> SampleReport:
    """The record of the audit report."""
    policy = work.policy
    work.tell("assembling the audit report")
    return assemble_sample_report(
        work.program,
        work.audit_report,
        audit.result,
        cases=list_deviating_cases(audit.outcomes),
        undecided=list_undecided_cases(audit.outcomes, find_column_tables(work.program)),
        offices=work.offices.list_names(),
        findings=work.findings,
        review=audit.review,
        checks=audit.checks.results,
        unverified=policy.list_unverified() if policy else (),
        policy_sha256=policy.sha256 if policy else "",
        inputs=work.totals,
        audience=audience,
        readings=audit.readings,
        windows=audit.windows,
        persons=audit.persons,
    )
