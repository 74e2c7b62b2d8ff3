"""The verb of the analyses: stages of a process and what else a program declares beside sample and count."""

from typing import Annotated

from cyclopts import Parameter

from audit.cli.app import DEFAULT_WRITE_OPTIONS, OverwriteOption, WriteOptions, app, print_facts, show_set_aside_rows
from audit.cli.progress import show_progress

OnlyOption = Annotated[
    list[str] | None,
    Parameter(help="Kinds of analysis, as stages; the folder is then named after them. All if absent."),
]


@app.command(sort_key=14)
def analyze(
    program: str,
    /,
    *,
    only: OnlyOption = None,
    overwrite: OverwriteOption = False,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Report the analyses that a program declares beside the sample and the monthly count.

    The folder is written whole or not at all, and a second run on the same inputs changes nothing.

    audit analyze secure_communities

    audit analyze secure_communities --only surveys --only coverage
    """
    from audit.workflow.analysis import publish_analysis_report, read_analysis_data

    work = read_analysis_data(
        program, only=only or (), data=options.data, set_aside=options.set_aside, tell=show_progress
    )
    show_set_aside_rows(work)
    done = publish_analysis_report(work, root=options.reports, only=only or (), overwrite=overwrite)
    return print_facts({"report": str(done.folder / "report.html"), "written": done.changed}, options)
