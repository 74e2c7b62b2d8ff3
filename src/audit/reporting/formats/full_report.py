"""The full report in its forms: record, page, PDF, and the highlights on one page."""

from collections.abc import Iterable
from dataclasses import asdict

from audit.errors import AuditError, ExitCode, Problem
from audit.files import encode_json
from audit.programs.full_report import FULL_REPORT_FILE
from audit.reporting.analysis_report import AnalysisReport
from audit.reporting.figures import Drawing, draw_analysis_figures, draw_sample_figures
from audit.reporting.formats.month_files import RECORD_FILE
from audit.reporting.formats.pdf import render_pdf
from audit.reporting.formats.record_page import render_record_page
from audit.reporting.formats.templates import render_page
from audit.reporting.full_report import FilledSection, FullReport
from audit.reporting.sample_report import SampleReport


def render_full_report(report: FullReport, sample: SampleReport, analyses: AnalysisReport | None) -> dict[str, bytes]:
    """Every file of the full report: its path → bytes. Figures are those of the audit report and the analyses.

    AuditError (USAGE) with every figure that a section names and neither has.
    """
    drawings = _choose_drawings(report, sample, analyses)
    page = render_record_page("full_report.html.jinja", report, drawings)
    highlights = render_page("highlights.html.jinja", report=report)
    return {
        RECORD_FILE: encode_json(asdict(report)),
        "report.html": page,
        "report.pdf": render_pdf(page, day=report.as_of),
        "highlights.html": highlights,
        "highlights.pdf": render_pdf(highlights, day=report.as_of),
    }


def _choose_drawings(report: FullReport, sample: SampleReport, analyses: AnalysisReport | None) -> list[Drawing]:
    sections: Iterable[FilledSection] = (*report.background, *report.results, *report.appendices)
    wanted = {name for section in sections for name in section.figures}
    drawn = {one.name: one for one in draw_sample_figures(sample, bare=True)}
    if analyses:
        drawn |= {one.name: one for one in draw_analysis_figures(analyses, bare=True)}
    if missing := sorted(wanted - {*drawn}):
        what = f"names the figures {', '.join(missing)}, and there are none of these names"
        mend = f"Name one of {', '.join(sorted(drawn))}."
        raise AuditError(Problem(what=what, mend=mend, file=FULL_REPORT_FILE), code=ExitCode.USAGE)
    return [drawn[name] for name in sorted(wanted)]
