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
    locate_sample_folder,
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

    It uses the steps on disk. Without them the declared sample is drawn and assessed by the rules alone.

    audit report secure_communities
    """
    from audit.workflow.sample_report import publish_sample_report

    with open_engine(program, master, options, confirm=confirm) as engine:
        steps = locate_sample_folder(engine.audit.program, options)
        done, record = publish_sample_report(
            engine,
            steps if steps.has_sample() else None,
            root=options.reports,
            audience=audience,
            overwrite=overwrite,
            correct=correct,
        )
    facts = {"report": str(done.folder / "report.html"), "written": "yes" if done.changed else "unchanged"}
    figures = record.key_figures if record else ()
    return print_facts({one.label: f"{one.value} ({one.detail})" for one in figures} | facts, options)
