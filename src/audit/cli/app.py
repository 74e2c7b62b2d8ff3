"""The command line's frame: its options, and how it begins and answers."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from difflib import get_close_matches
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Group, Parameter

from audit import programs
from audit.cli import configuration
from audit.cli.progress import show_progress as show_progress
from audit.errors import AuditError, ExitCode, Problem

if TYPE_CHECKING:
    from audit.programs.declaration import Program
    from audit.storage.sample_audit_folder import SampleAuditFolder
    from audit.workflow.program_data import DeclarationCheck, ProgramData

# Everything else is imported by the command that needs it: `audit --help` answers before any of it has loaded.

COMMON_OPTIONS = Group("Options of every command", sort_key=9)


@Parameter(name="*", group=COMMON_OPTIONS)
@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """How to answer."""

    json: Annotated[bool, Parameter(help="Print one JSON object, also if the command fails.")] = False
    quiet: Annotated[bool, Parameter(alias="-q", help="Do not show the steps on standard error.")] = False
    verbose: Annotated[bool, Parameter(alias="-v", help="Write each step to standard error as a line of a log.")] = (
        False
    )


@Parameter(name="*", group=COMMON_OPTIONS)
@dataclass(frozen=True, slots=True, kw_only=True)
class Options(OutputOptions):
    """Where things are, and how to answer."""

    data: Annotated[str | None, Parameter(help="Folder of the program's tables, or URL of their database.")] = None
    expectations: Annotated[Path, Parameter(help="Folder of the suites of checks.")] = Path("expectations")
    reports: Annotated[Path, Parameter(help="Folder for the output; each program has a folder in it.")] = Path(
        "reports"
    )
    set_aside: Annotated[bool, Parameter(help="Leave out rows that are not as declared, and list each.")] = False


@Parameter(name="*", group=COMMON_OPTIONS)
@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOptions(Options):
    """The same of a verb that writes files."""

    dry_run: Annotated[
        bool, Parameter(help="Do the work on a temporary copy of the reports, and list what would be written.")
    ] = False


app = App(
    name="audit",
    version=lambda: version("audit-toolkit"),
    help="Measure how often offices documented their cases and followed the policy then in force, with evidence for "
    f"every finding.\n\nPROGRAM is a shipped program ({', '.join(programs.list_programs())}) or a folder with a "
    "program.toml.",
    help_epilogue="Options can also be set by environment variables (AUDIT_REPORTS sets --reports) or in the file "
    "audit.toml in the working folder. Options above its first table hold for every command; options in a table [run] "
    "hold for audit run. The command line takes precedence over the environment, and the environment over the file.\n\n"
    "Exit codes: 0 done; 1 a check failed (of the data, the rules, the sample or the ledger); 2 the request cannot be "
    "met; 3 an input cannot be read; 4 an output exists and differs; 70 a defect of this program.",
    help_format="plaintext",  # no markdown in our help, so no parser of it to load
    result_action="return_value",
    default_parameter=Parameter(negative=(), show_default=lambda value: value or None),  # a flag is off by default
    config=[configuration.read_environment, configuration.FileOptions([one.name for one in fields(WriteOptions)])],
)


@app.command(name="help", sort_key=16)
def show_help(*verb: str) -> None:
    """Show the help of a command, or of all commands.

    audit help

    audit help run

    audit help review export
    """
    _, apps, unknown = app.parse_commands(list(verb))
    if unknown:
        names = [name for name in apps[-1] if not name.startswith("-")]
        similar = get_close_matches(unknown[0], names, n=1)
        mend = f"Did you mean {similar[0]}?" if similar else f"Name one of {', '.join(names)}."
        raise AuditError(Problem(what=f"there is no verb {' '.join(verb)}", mend=mend), code=ExitCode.USAGE)
    app.help_print(verb)


@app.command(name="--install-completion")
def install_completion(
    *,
    shell: Annotated[
        Literal["bash", "fish", "powershell", "zsh"] | None, Parameter(help="Shell; the one in use if absent.")
    ] = None,
    output: Annotated[Path | None, Parameter(help="File to write; the place that the shell reads if absent.")] = (None),
) -> int:
    """Install the completion of verbs and options by TAB for a shell, and name the file.

    audit --install-completion --shell bash --output completion.bash
    """
    try:
        path = app.install_completion(shell=shell, output=output, add_to_startup=output is None)
    except RuntimeError:  # cyclopts' ShellDetectionError
        problem = Problem(what="the shell is not known", mend="Name it with --shell.")
        raise AuditError(problem, code=ExitCode.USAGE) from None
    sys.stdout.write(f"{path}\n")
    return ExitCode.OK


DEFAULT_OUTPUT_OPTIONS, DEFAULT_OPTIONS, DEFAULT_WRITE_OPTIONS = OutputOptions(), Options(), WriteOptions()
MonthOption = Annotated[
    str | None,
    Parameter(
        name="--month",
        alias="--period",
        help="Month, such as 2011-09; quarter 2011-Q3, year 2011, range 2010-10/2011-09. Without it: the whole table.",
    ),
]
AsOfOption = Annotated[date | None, Parameter(help="Ignore records entered after this day.")]
EngineOption = Annotated[
    str | None,
    Parameter(name="--engine", help="Address of a Spark cluster, spark://host:port. Without it: this machine."),
]
OverwriteOption = Annotated[bool, Parameter(help="Replace a report that was altered or made from other inputs.")]
AudienceOption = Annotated[
    Literal["office", "public"], Parameter(help="public: without lists of persons and counts under 11.")
]
KeyOption = Annotated[
    Path | None,
    Parameter(
        help="OpenSSH key to sign with; the public half will do where an agent or a token holds the private one."
    ),
]
PacketsOption = Annotated[bool, Parameter(help="Also write a folder for each office with only its own records.")]
ConfirmOption = Annotated[bool, Parameter(negative="--no-confirm", help="Repeat every check with Great Expectations.")]


def open_with_options(
    program: str,
    options: Options,
    *,
    only_cases: bool = False,
    named_only: bool = False,
    reuse: bool = False,
    confirm: bool = False,
    tables_alone: bool = False,
    before_reading: "DeclarationCheck | None" = None,
    judge: bool = False,
) -> "ProgramData":
    """The program with its tables, or with the one of its cases alone, or with the columns alone that it names.

    With `reuse`, what earlier runs read and found is not read and looked for again; `confirm`,
    `tables_alone`, `before_reading` and `judge` as `audit.workflow.program_data.read_program_data` has them.
    """
    from audit.workflow import program_data

    work = program_data.read_program_data(
        program,
        data=options.data,
        expectations=options.expectations,
        set_aside=options.set_aside,
        only=[program_data.read_program_by_name(program).census.table] if only_cases else None,
        named_only=named_only,
        tell=show_progress,
        reuse=options.reports if reuse else None,
        confirm=confirm,
        tables_alone=tables_alone,
        before_reading=before_reading,
        judge=judge,
    )
    if options.set_aside or not judge:
        show_set_aside_rows(work)
    return work


def show_set_aside_rows(work: "ProgramData") -> None:
    """How many rows of which files were set aside."""
    show_progress("")
    sys.stderr.write("".join(f"audit: {line}\n" for line in list_rows_set_aside(work)))


def list_rows_set_aside(work: "ProgramData") -> list[str]:
    """A line for each file of which rows were set aside."""
    return [f"{total.file}: {total}" for total in work.totals if total.rows_set_aside]


def locate_sample_folder(program: "Program", options: Options) -> "SampleAuditFolder":
    """The folder of the program's sample audit."""
    from audit.storage.sample_audit_folder import SampleAuditFolder

    return SampleAuditFolder(folder=options.reports / program.name / "sample", key=program.census.unit)


def print_report(done: tuple[Path, bool], options: Options) -> int:
    """Where a report stands, and whether this command wrote it."""
    return print_facts(make_report_facts(done), options)


def make_report_facts(done: tuple[Path, bool]) -> dict[str, Any]:
    """That as facts."""
    folder, written = done
    return {"report": str(folder / "report.html"), "written": written}


def print_facts(facts: Mapping[str, Any], options: OutputOptions) -> int:
    """What a verb found: one JSON object, or a line for each fact."""
    from audit.cli import console

    show_progress("")
    sys.stdout.write(console.format_json(facts) if options.json else console.format_facts(facts))
    return ExitCode.OK
