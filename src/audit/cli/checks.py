"""Verbs on tables: make the synthetic ones, check any."""

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from audit.cli.app import (
    DEFAULT_OPTIONS,
    DEFAULT_WRITE_OPTIONS,
    Options,
    WriteOptions,
    app,
    open_with_options,
    print_facts,
)
from audit.errors import ExitCode


@app.command(sort_key=1)
def check(
    program: str,
    /,
    *,
    format: Annotated[
        Literal["text", "json", "junit", "github", "html"], Parameter(help="How to show the result.")
    ] = "text",
    output: Annotated[Path | None, Parameter(help="File to write it to, instead of standard output.")] = None,
    options: Options = DEFAULT_OPTIONS,
) -> int:
    """Check whether the tables are fit to audit: one row a check, failing rows by key. Put every rule to its examples.

    A critical check that fails ends the command with exit code 1; a warning is reported.

    audit check secure_communities

    audit check segregation_reports --data FOLDER --format html --output checks.html
    """
    from audit import programs
    from audit.reporting.formats import check_results
    from audit.storage import declarations as declarations
    from audit.storage import output_folder
    from audit.workflow import validation

    work = open_with_options(program, options)
    validation.check_rule_examples(work)
    reliability = validation.check_tables(work)
    text = check_results.FORMATS["json" if options.json else format](reliability)
    if format == "github" and not options.json:
        place = programs.find_program_folder(program), work.program
        text = check_results.format_checks_github(
            reliability, folder=str(declarations.find_suites_folder(*place, expectations=options.expectations))
        )
    unchecked = [name for name in work.tables if name not in work.suites]
    if format == "text" and not options.json and unchecked:
        text += f"not checked, for want of a suite: {', '.join(unchecked)}\n"
    if output:
        output_folder.write_file(output, text.encode())
    else:
        sys.stdout.write(text)
    return ExitCode.OK if reliability.passed else ExitCode.DATA


@app.command(sort_key=13)
def data(
    program: str,
    /,
    *,
    output: Annotated[Path | None, Parameter(help="Folder to write; data/generated/PROGRAM where absent.")] = None,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Make the synthetic tables of a program that has them.

    audit data secure_communities
    """
    from audit.workflow import audit as engagement

    declared = engagement.read_program_by_name(program)
    return print_facts({"written": str(engagement.generate_tables(declared, output))}, options)
