"""Verbs on tables: make the synthetic ones, check any."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from audit.cli.app import (
    DEFAULT_OPTIONS,
    DEFAULT_WRITE_OPTIONS,
    ConfirmOption,
    Options,
    WriteOptions,
    app,
    open_with_options,
    print_facts,
)
from audit.errors import ExitCode

if TYPE_CHECKING:
    from audit.reporting.formats.check_results import CheckSubject
    from audit.workflow.program_data import ProgramData


@app.command(sort_key=1)
def check(
    program: str,
    /,
    *,
    format: Annotated[
        Literal["text", "json", "junit", "github", "html"], Parameter(help="How to show the result.")
    ] = "text",
    output: Annotated[Path | None, Parameter(help="File to write it to, instead of standard output.")] = None,
    confirm: ConfirmOption = True,
    options: Options = DEFAULT_OPTIONS,
) -> int:
    """Run the data checks of the tables, and test every rule against its examples.

    Prints one row for each check, and the keys of failing rows. Polars runs every check, and Great Expectations repeats
    it, unless --no-confirm is given; the two must agree. If a critical check fails or is not run, the exit code is 1. A
    warning is only reported.

    audit check secure_communities

    audit check secure_communities --no-confirm

    audit check segregation_reports --data FOLDER --format html --output checks.html
    """
    from audit.reporting.formats import check_results
    from audit.storage import output_folder
    from audit.workflow import validation

    def refuse_unfit(work: "ProgramData") -> None:
        validation.refuse_unfit_declarations(work)
        validation.check_rule_examples(work)

    work = open_with_options(program, options, confirm=confirm, tables_alone=True, before_reading=refuse_unfit)
    reliability = validation.check_tables(work)
    subject = _describe_subject(work, options)
    text = check_results.FORMATS["json" if options.json else format](reliability, subject)
    unchecked = [name for name in work.tables if name not in work.suites]
    if format == "text" and not options.json and unchecked:
        text += f"not checked, for want of a suite: {', '.join(unchecked)}\n"
    if output:
        output_folder.write_file(output, text.encode())
    else:
        sys.stdout.write(text)
    return ExitCode.OK if reliability.passed else ExitCode.DATA


def _describe_subject(work: "ProgramData", options: Options) -> "CheckSubject":
    """What is checked, for whoever files the result."""
    from datetime import date
    from importlib.metadata import version

    from audit.reporting.formats.check_results import CheckSubject

    return CheckSubject(
        program=work.program.name,
        title=work.program.title,
        data=options.data or f"data/generated/{work.program.name}",
        suites=str(work.suites_folder),
        day=date.today(),
        software=f"audit {version('audit-toolkit')}",
        confirm=work.confirm,
        synthetic=work.program.synthetic,
        files=work.totals,
    )


@app.command(sort_key=13)
def data(
    program: str,
    /,
    *,
    output: Annotated[Path | None, Parameter(help="Folder to write; data/generated/PROGRAM if absent.")] = None,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Generate the synthetic tables of a shipped program.

    audit data secure_communities
    """
    from audit.workflow import program_data

    declared = program_data.read_program_by_name(program)
    return print_facts({"written": str(program_data.generate_tables(declared, output))}, options)
