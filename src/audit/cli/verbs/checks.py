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
    show_progress,
)
from audit.errors import AuditError, ExitCode

if TYPE_CHECKING:
    from datetime import datetime

    from audit.reporting.formats.check_results import CheckSubject
    from audit.tables.checks.results import Checks
    from audit.workflow.program_data import ProgramData


CheckFormat = Literal["text", "json", "junit", "github", "html"]


@app.command(sort_key=1)
def check(
    program: str,
    /,
    *,
    format: Annotated[CheckFormat, Parameter(help="How to show the result.")] = "text",
    output: Annotated[Path | None, Parameter(help="File to write it to, instead of standard output.")] = None,
    failing: Annotated[
        Path | None, Parameter(help="Folder to write every failing row to, whole: one CSV file for each check.")
    ] = None,
    confirm: ConfirmOption = True,
    options: Options = DEFAULT_OPTIONS,
) -> int:
    """Run the data checks of the tables, and test every rule against its examples.

    Prints one row for each check, and the keys of failing rows. Rows that are not as declared, such as a repeated key,
    fail a check of their own; with --set-aside that check is a warning. Polars runs every check, and Great Expectations
    repeats it, unless --no-confirm is given; the two must agree. If a critical check fails or is not run, the exit code
    is 1. A warning is only reported.

    audit check secure_communities

    audit check secure_communities --no-confirm

    audit check secure_communities --failing failing_rows

    audit check segregation_reports --data FOLDER --format html --output checks.html
    """
    from datetime import UTC, datetime

    from audit.reporting.formats import check_results

    started, chosen = datetime.now(UTC), "json" if options.json else format
    try:
        work, reliability = _run_checks(program, options, confirm=confirm)
    except AuditError as error:
        if chosen in check_results.PROBLEM_FORMATS and (output or not options.json):
            text = check_results.PROBLEM_FORMATS[chosen](error.problems, program, int(error.code))
            _write_result(text, output)
        raise
    text = check_results.FORMATS[chosen](reliability, _describe_subject(work, options, started=started))
    unchecked = [name for name in work.tables if name not in work.suites]
    if chosen == "text" and unchecked:
        text += f"not checked, for want of a suite: {', '.join(unchecked)}\n"
    if failing:
        _write_failing_rows(work, reliability, failing)
    _write_result(text, output)
    return ExitCode.OK if reliability.passed else ExitCode.DATA


def _run_checks(program: str, options: Options, *, confirm: bool) -> "tuple[ProgramData, Checks]":
    """The tables and what the checks of the suites, and those of the reading, found."""
    from audit.tables.readers.flaw_checks import add_flaw_checks
    from audit.workflow import validation

    def refuse_unfit(work: "ProgramData") -> None:
        validation.refuse_unfit_declarations(work)
        validation.check_rule_examples(work)

    work = open_with_options(
        program, options, confirm=confirm, tables_alone=True, before_reading=refuse_unfit, judge=True
    )
    severity: Literal["critical", "warning"] = "warning" if options.set_aside else "critical"
    return work, add_flaw_checks(validation.check_tables(work), work.tables.values(), severity=severity)


def _write_failing_rows(work: "ProgramData", reliability: "Checks", folder: Path) -> None:
    from audit.formatting import format_plural
    from audit.workflow import failing_rows

    files = failing_rows.write_failing_rows(work, reliability, folder)
    show_progress("")
    sys.stderr.write(f"audit: {folder}: {format_plural(files, 'file')} of failing rows\n")


def _write_result(text: str, output: Path | None) -> None:
    """Write the result to its file, or to standard output, in UTF-8 where it says so itself."""
    from audit.storage import output_folder

    show_progress("")
    if output:
        output_folder.write_file(output, text.encode())
        return
    if text.startswith(("<", "{")) and hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(text)


def _describe_subject(work: "ProgramData", options: Options, *, started: "datetime") -> "CheckSubject":
    """What is checked, for whoever files the result."""
    from datetime import UTC, date, datetime
    from importlib.metadata import version

    from audit.reporting.formats.check_results import CheckSubject

    return CheckSubject(
        program=work.program.name,
        title=work.program.title,
        data=options.data or f"data/generated/{work.program.name}",
        suites=str(work.suites_folder),
        day=date.today(),
        started=started,
        seconds=round((datetime.now(UTC) - started).total_seconds(), 3),
        software=f"audit {version('audit-toolkit')}",
        digest=work.program.sha256,
        confirm=work.confirm,
        synthetic=work.program.synthetic,
        files=work.totals,
        set_aside=tuple(row for table in work.tables.values() for row in table.aside.iter_rows(named=True))
        if options.set_aside
        else (),
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
