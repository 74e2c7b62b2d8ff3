"""The full report as a folder: the audit report and the analyses are made, and their numbers filled into its text."""

from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from audit.errors import AuditError, ExitCode, make_usage_error
from audit.files import encode_json
from audit.programs.full_report import FULL_REPORT_FILE, find_full_report_problems
from audit.reporting.analysis_report import AnalysisReport, assemble_analysis_report
from audit.reporting.formats.full_report import render_full_report
from audit.reporting.full_report import assemble_full_report
from audit.reporting.sample_report import SampleReport
from audit.storage.declarations import read_full_report
from audit.storage.lock import lock_folder
from audit.storage.report_versions import ReportVersions
from audit.workflow import report_inputs
from audit.workflow.analysis import compute_analyses
from audit.workflow.program_data import ProgramData
from audit.workflow.publication import PublishedReport, open_reports, publish_unless_current


def publish_full_report(
    work: ProgramData, sample: SampleReport, analyzed: ProgramData | None, *, root: Path, overwrite: bool = False
) -> PublishedReport:
    """Write the full report as `root`/program/full, whole or not at all.

    `sample` is the record of the audit report, `analyzed` the program with the tables of its analyses, if it declares
    any. AuditError: USAGE where the program has no text of a full report, or a text names what there is not; CONFLICT
    as for any report.
    """
    declared = read_full_report(work.folder)
    if declared is None:
        what = f"the program {work.program.name} has no text of a full report"
        raise make_usage_error(what, f"Write {FULL_REPORT_FILE} into its folder; docs/full_report.md says how.")
    if problems := [*find_full_report_problems(declared, work.findings)]:
        raise AuditError(problems, code=ExitCode.USAGE)
    reports = ReportVersions(folder=root / work.program.name)
    tables = [*work.totals, *(analyzed.totals if analyzed else ())]
    inputs = report_inputs.describe_inputs(
        work,
        style="full",
        sample=sha256(encode_json(asdict(sample))).hexdigest(),
        analyses=[asdict(total) for total in tables],
    )

    def make_files() -> Mapping[str, bytes | Path]:
        analyses = _assemble_analyses(analyzed) if analyzed else None
        report = assemble_full_report(work.program, declared, sample, analyses, findings=work.findings, inputs=tables)
        work.tell("rendering the full report")
        return render_full_report(report, sample, analyses)

    with open_reports(reports, lock_folder(reports.folder)):
        return publish_unless_current("full", reports.folder / "full", make_files, inputs=inputs, overwrite=overwrite)


def _assemble_analyses(analyzed: ProgramData) -> AnalysisReport:
    results = compute_analyses(analyzed)
    return assemble_analysis_report(analyzed.program, results, findings=analyzed.findings, inputs=analyzed.totals)
