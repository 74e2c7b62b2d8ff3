"""Verbs of the working papers: write them, and perform the audit again from them."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from audit.cli.app import (
    DEFAULT_OUTPUT_OPTIONS,
    DEFAULT_WRITE_OPTIONS,
    KeyOption,
    OutputOptions,
    OverwriteOption,
    WriteOptions,
    app,
    locate_sample_folder,
    open_with_options,
    print_facts,
)
from audit.errors import ExitCode, make_usage_error

if TYPE_CHECKING:
    from audit.workflow.reperformance import ReperformanceResult


@app.command(sort_key=9)
def workpapers(
    program: str,
    /,
    *,
    slips: Annotated[str, Parameter(help="Errors made while carrying out the audit, or none.")],
    departures: Annotated[
        str, Parameter(help="Where the standards were not followed, and to what effect.")
    ] = "not stated",
    by: Annotated[str, Parameter(help="Role of who signs them with --key.")] = "",
    key: KeyOption = None,
    overwrite: OverwriteOption = False,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Write the working papers of the sample audit: one folder from which anyone can reperform it.

    With --key they are signed, and stay as they are.

    audit workpapers secure_communities --slips "none"

    audit workpapers secure_communities --slips "none" --by "Audit director" --key signer_ed25519
    """
    from audit.workflow import issue as issue_workflow
    from audit.workflow import program_data
    from audit.workflow import workpapers as working_papers

    if bool(by.strip()) != bool(key):
        raise make_usage_error("--by and --key belong together", "Name both the role of who signs and the key.")
    sign_off = issue_workflow.make_sign_off(by.strip(), date.today(), key) if key else None
    steps = locate_sample_folder(program_data.read_program_by_name(program), options)
    steps.refuse_missing_steps()
    work = open_with_options(program, options)
    folder, written = working_papers.write_workpapers(
        work, steps, slips=slips, departures=departures, sign_off=sign_off, key=key, overwrite=overwrite
    )
    return print_facts({"working papers": str(folder / working_papers.INDEX_FILE), "written": written}, options)


@app.command(sort_key=10)
def reperform(folder: Path, /, *, options: OutputOptions = DEFAULT_OUTPUT_OPTIONS) -> int:
    """Perform a sample audit again from its working papers alone: draw, assess, settle, estimate; say what agrees.

    audit reperform reports/secure_communities/workpapers
    """
    from audit.workflow.reperformance import reperform_audit

    results = reperform_audit(folder)
    print_facts({one.what: _describe_result(one) for one in results}, options)
    return ExitCode.OK if all(one.is_reproduced for one in results) else ExitCode.DATA


def _describe_result(result: "ReperformanceResult") -> str:
    """What came of a step that was performed again; that there was none is no agreement."""
    return result.difference or ("agrees" if result.performed else "nothing to perform")
