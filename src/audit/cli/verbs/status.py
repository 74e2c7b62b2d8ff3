"""The verb that says how far an audit has come."""

import sys
from dataclasses import asdict
from datetime import date
from typing import Annotated

from cyclopts import Parameter

from audit.cli.app import DEFAULT_OPTIONS, Options, app, print_facts, show_progress
from audit.errors import ExitCode


@app.command(sort_key=8)
def status(
    program: str,
    /,
    *,
    as_of: Annotated[
        date | None, Parameter(help="Day on which a month must be complete to be due; today if absent.")
    ] = None,
    options: Options = DEFAULT_OPTIONS,
) -> int:
    """Show which steps of an audit are done, and the command of the next.

    Reads what the steps wrote below --reports, and no table. The sample audit and the reports of the months are two
    rows of steps, so each has a next one. audit check and audit estimate write nothing, and are not listed.

    audit status secure_communities
    """
    from audit.cli import console
    from audit.workflow import program_data, program_status

    declared = program_data.read_program_by_name(program)
    steps = program_status.list_program_steps(declared, options.reports, named=program, on=as_of or date.today())
    if options.json:
        return print_facts({"program": declared.name, "steps": [asdict(step) for step in steps]}, options)
    show_progress("")
    rows = [
        (
            step.state,
            step.name,
            step.problem or console.format_inline(step.facts),
            "" if step.state == "done" else step.command,
        )
        for step in steps
    ]
    sys.stdout.write(console.format_text_table(("", "step", "what is there", "command"), rows))
    return ExitCode.OK
