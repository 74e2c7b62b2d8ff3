"""The audit report as a folder: the sample audit done so far, assembled, and published as a version of its own."""

from pathlib import Path

from audit.estimation.attributes import list_deviating_cases
from audit.reporting.formats.sample_report import render_sample_report
from audit.reporting.record import Audience
from audit.reporting.sample_report import SampleReport, assemble_sample_report
from audit.storage.report_versions import ReportVersions
from audit.storage.sample_audit_folder import SampleAuditFolder
from audit.workflow.engine import Engine
from audit.workflow.program_data import ProgramData
from audit.workflow.publication import PublishedReport, open_reports, publish_unless_current
from audit.workflow.report_basis import SampleAudit, prepare_sample_audit
from audit.workflow.report_inputs import describe_inputs
from audit.workflow.report_version import add_correction, choose_version
from audit.workflow.sample_audit import require_sample_plan

REPORT_NAME = "audit"  # the folder of the report, beside those of the months


def publish_sample_report(
    engine: Engine,
    steps: SampleAuditFolder | None,
    *,
    root: Path,
    audience: Audience = "office",
    overwrite: bool = False,
    correct: str = "",
) -> tuple[PublishedReport, SampleReport | None]:
    """Write the audit report as `root`/program/audit, whole or not at all; the record is None where it stood already.

    It rests on the steps on disk, where a sample was drawn, or else on the sample that the program declares, assessed
    by the rules alone. AuditError: USAGE where the program declares no sample; DATA where a critical check failed;
    CONFLICT where another run is at work there, or the folder holds something else.
    """
    work, made = engine.audit, list[SampleReport]()
    plan = require_sample_plan(work.program)
    reports = ReportVersions(folder=root / work.program.name)
    name = REPORT_NAME if audience == "office" else f"{REPORT_NAME}-public"
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
            audit = prepare_sample_audit(engine, steps)
            report = assemble_report_of_sample(work, audit, audience=audience)
            made.append(add_correction(report, version) if version.corrected else report)
            work.tell("drawing the figures")
            own: dict[str, bytes | Path] = {} if audience == "public" else dict(audit.files)
            return own | render_sample_report(made[0])

        done = publish_unless_current(name, version.folder, make_files, inputs=inputs, overwrite=overwrite)
    return done, made[0] if made else None


def assemble_report_of_sample(work: ProgramData, audit: SampleAudit, *, audience: Audience = "office") -> SampleReport:
    """The record of the audit report."""
    policy = work.policy
    work.tell("assembling the audit report")
    return assemble_sample_report(
        work.program,
        work.audit_report,
        audit.result,
        cases=list_deviating_cases(audit.outcomes),
        offices=work.offices.list_names(),
        findings=work.findings,
        review=audit.review,
        checks=audit.checks.results,
        unverified=policy.list_unverified() if policy else (),
        policy_sha256=policy.sha256 if policy else "",
        inputs=work.totals,
        audience=audience,
    )
