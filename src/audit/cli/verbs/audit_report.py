"""The verb of the audit report: what the sample shows, as a report of its own."""

from typing import Annotated

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

CorrectReportOption = Annotated[str, Parameter(help="Reason for correcting an issued audit report.")]


@app.command(sort_key=8)
def report(
    program: str,
    /,
    *,
    audience: AudienceOption = "office",
    overwrite: OverwriteOption = False,
    correct: CorrectReportOption = "",
    master: EngineOption = None,
    confirm: ConfirmOption = False,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Write the audit report: what the sample shows of every attribute, with limits, cases and method.

    It uses the steps on disk, once they are settled. Without them the declared sample is drawn and assessed by the
    rules alone. It stays a draft until audit issue PROGRAM --report.

    audit report secure_communities
    """
    from audit.workflow.report_basis import ReportBasis
    from audit.workflow.sample_report import publish_sample_report

    with open_engine(program, master, options, confirm=confirm) as engine:
        done, record = publish_sample_report(
            ReportBasis(engine=engine),
            root=options.reports,
            audience=audience,
            overwrite=overwrite,
            correct=correct,
        )
    facts = {"report": str(done.folder / "report.html"), "written": "yes" if done.changed else "unchanged"}
    missing = {"missing before issue": "; ".join(gap.words for gap in record.gaps)} if record.gaps else {}
    return print_facts(
        {one.label: f"{one.value} ({one.detail})" for one in record.key_figures} | facts | missing, options
    )
