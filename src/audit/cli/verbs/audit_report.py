"""The verb of the audit report: what the sample shows, as a report of its own."""

from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from audit.cli.app import (
    DEFAULT_WRITE_OPTIONS,
    AudienceOption,
    ConfirmOption,
    EngineOption,
    OverwriteOption,
    WriteOptions,
    app,
    print_facts,
)
from audit.cli.engines import open_engine
from audit.cli.progress import show_progress

if TYPE_CHECKING:
    from audit.workflow.program_data import ProgramData

CorrectReportOption = Annotated[str, Parameter(help="Reason for correcting an issued audit report.")]

StyleOption = Annotated[
    Literal["sample", "full"], Parameter(help="full: also the full report, with the analyses, for the offices.")
]


@app.command(sort_key=8)
def report(
    program: str,
    /,
    *,
    audience: AudienceOption = "office",
    overwrite: OverwriteOption = False,
    correct: CorrectReportOption = "",
    style: StyleOption = "sample",
    master: EngineOption = None,
    confirm: ConfirmOption = False,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Write the audit report: what the sample shows of every attribute, with limits, cases and method.

    It uses the steps on disk, once they are settled. Without them the declared sample is drawn and assessed by the
    rules alone. It stays a draft until audit issue PROGRAM --report.

    With --style full it also writes the full report: summary, background, results with the analyses, replies,
    appendices, and a page of highlights.

    audit report secure_communities

    audit report secure_communities --style full
    """
    from audit.errors import make_usage_error
    from audit.workflow.full_report import publish_full_report
    from audit.workflow.report_basis import ReportBasis
    from audit.workflow.sample_report import publish_sample_report

    if style == "full" and audience == "public":
        mend = "Leave out one of --style full and --audience public."
        raise make_usage_error("the full report has no public edition", mend)
    with open_engine(program, master, options, confirm=confirm) as engine:
        done, record = publish_sample_report(
            ReportBasis(engine=engine),
            root=options.reports,
            audience=audience,
            overwrite=overwrite,
            correct=correct,
        )
        full = None
        if style == "full":
            full = publish_full_report(
                engine.audit, record, _read_analyses(engine.audit, options), root=options.reports, overwrite=overwrite
            )
    facts = {"report": str(done.folder / "report.html"), "written": "yes" if done.changed else "unchanged"}
    facts |= {"full report": str(full.folder / "report.html")} if full else {}
    missing = {"missing before issue": "; ".join(gap.words for gap in record.gaps)} if record.gaps else {}
    return print_facts(
        {one.label: f"{one.value} ({one.detail})" for one in record.key_figures} | facts | missing, options
    )


def _read_analyses(work: "ProgramData", options: WriteOptions) -> "ProgramData | None":
    """The program with the tables of its analyses; None where it declares none."""
    from audit.workflow.analysis import list_analysis_tables, read_analysis_data

    if not any(True for _ in list_analysis_tables(work.program.analyses)):
        return None
    return read_analysis_data(str(work.folder), data=options.data, set_aside=options.set_aside, tell=show_progress)
