"""The analyses of a program as a folder: their tables are read, each is computed, and one report is written."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from audit.analysis.coverage import measure_coverage
from audit.analysis.fieldwork import summarize_fieldwork
from audit.analysis.repeated_queries import measure_repeated_queries
from audit.analysis.stages import count_stages
from audit.analysis.surveys import measure_survey
from audit.analysis.tracing import measure_tracing
from audit.analysis.unit_costs import measure_unit_cost
from audit.errors import make_usage_error
from audit.formatting import format_list
from audit.programs.analyses import Analyses
from audit.reporting.analysis_report import AnalysisResults, assemble_analysis_report
from audit.reporting.formats.analysis_report import render_analysis_report
from audit.storage.lock import lock_folder
from audit.storage.report_versions import ReportVersions
from audit.tables.readers.read import read_declared_tables
from audit.workflow import report_inputs
from audit.workflow.program_data import ProgramData, ProgressCallback, prepare_program_data, read_program_by_name
from audit.workflow.progress import LOGGER
from audit.workflow.publication import PublishedReport, ReportFiles, open_reports, publish_unless_current

ANALYSIS_KINDS: Final = {
    "stages": "stage_logs",
    "queries": "query_logs",
    "coverage": "coverages",
    "surveys": "surveys",
    "fieldwork": "fieldwork",
    "tracing": "tracings",
    "unit-costs": "unit_costs",
}  # as the prompt names them → key of [analyses]


def read_analysis_data(
    program: str,
    *,
    only: Collection[str] = (),
    data: Path | str | None = None,
    set_aside: bool = False,
    tell: ProgressCallback = LOGGER.info,
) -> ProgramData:
    """A program with the tables that its analyses read, or the analyses of these kinds `only`.

    AuditError (USAGE) where it declares none of them, or there is no such kind.
    """
    declared = read_program_by_name(program)
    chosen = select_analyses(declared.analyses, only, program=declared.name)
    audit, request = prepare_program_data(program, data=data, set_aside=set_aside, only=(), tell=tell)
    sources = {**declared.tables, **declared.analyses.tables}
    names = sorted(set(list_analysis_tables(chosen)))
    tables = read_declared_tables(
        [sources[name] for name in names],
        request.data,
        offices=request.offices,
        pseudonym_key=request.pseudonym_key,
        set_aside=set_aside,
    )
    return replace(
        audit,
        program=replace(audit.program, analyses=chosen),
        tables={table.source.name: table for table in tables},
    )


def select_analyses(analyses: Analyses, only: Collection[str], *, program: str) -> Analyses:
    """The analyses of these kinds; all where none is named. AuditError (USAGE) where there is none to make."""
    if unknown := [kind for kind in only if kind not in ANALYSIS_KINDS]:
        mend = f"Name one of {format_list([*ANALYSIS_KINDS], most=12)}."
        raise make_usage_error(f"there is no kind of analysis named {format_list(unknown)}", mend)
    kept = {key: getattr(analyses, key) for kind, key in ANALYSIS_KINDS.items() if not only or kind in only}
    if not any(kept.values()):
        what = f"the program {program} declares no analysis{' of this kind' if only else ''}"
        raise make_usage_error(what, "Add [analyses] to its program.toml; docs/analyses.md says how.")
    return replace(Analyses(tables=analyses.tables), **kept)


def list_analysis_tables(analyses: Analyses) -> Iterator[str]:
    """The tables that the analyses read."""
    for log in analyses.stage_logs:
        yield log.table
    for research in analyses.query_logs:
        yield research.table
        if research.determinations:
            yield research.determinations.table
    for coverage in analyses.coverages:
        yield coverage.table
        if coverage.areas:
            yield coverage.areas.table
    for survey in analyses.surveys:
        yield survey.table
    for fieldwork in analyses.fieldwork:
        yield fieldwork.table
        if fieldwork.statements:
            yield fieldwork.statements.table
        if fieldwork.documents:
            yield fieldwork.documents.table
    for tracing in analyses.tracings:
        yield from (sample.table for sample in (tracing.from_records, tracing.from_source) if sample)


def publish_analysis_report(
    work: ProgramData, *, root: Path, only: Collection[str] = (), overwrite: bool = False
) -> PublishedReport:
    """Write the analyses as `root`/program/analysis, whole or not at all; of some kinds alone, as analysis-KIND.

    A folder that these inputs made already is left as it is; one that anything else made is replaced only with
    `overwrite`: AuditError (CONFLICT).
    """
    reports = ReportVersions(folder=root / work.program.name)
    kinds = [kind for kind in ANALYSIS_KINDS if kind in only]
    inputs = report_inputs.describe_inputs(work, analyses=kinds)
    with open_reports(reports, lock_folder(reports.folder)):
        return publish_unless_current(
            "analysis",
            reports.folder / "-".join(["analysis", *kinds]),
            partial(_make_report_files, work),
            inputs=inputs,
            overwrite=overwrite,
        )


def compute_analyses(work: ProgramData) -> AnalysisResults:
    """Every declared analysis, from the tables that were read."""
    analyses, offices = work.program.analyses, work.offices.list_names()
    series = {one.id: one for one in work.program.series}
    findings = [one.id for one in work.findings]
    work.tell("computing the analyses")
    return AnalysisResults(
        stages=tuple(count_stages(work.rows[log.table], log, offices) for log in analyses.stage_logs),
        queries=tuple(measure_repeated_queries(work.rows, log) for log in analyses.query_logs),
        coverages=tuple(
            measure_coverage(work.rows, one, dict(series[one.series].values) if one.series else {})
            for one in analyses.coverages
        ),
        surveys=tuple(measure_survey(work.rows[one.table], one) for one in analyses.surveys),
        fieldwork=tuple(summarize_fieldwork(work.rows, one, offices, findings) for one in analyses.fieldwork),
        tracings=tuple(measure_tracing(work.rows, one) for one in analyses.tracings),
        unit_costs=tuple(measure_unit_cost(one) for one in analyses.unit_costs),
    )


def _make_report_files(work: ProgramData) -> ReportFiles:
    results = compute_analyses(work)
    report = assemble_analysis_report(work.program, results, findings=work.findings, inputs=work.totals)
    return render_analysis_report(report)
