"""Verbs of issued reports: issue one, signed or not, verify it, and purge it once its retention is over."""

from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from audit.cli.app import (
    DEFAULT_OUTPUT_OPTIONS,
    DEFAULT_WRITE_OPTIONS,
    AudienceOption,
    KeyOption,
    MonthOption,
    OutputOptions,
    WriteOptions,
    app,
    make_report_facts,
    print_facts,
    print_report,
)
from audit.errors import ExitCode, make_usage_error


@app.command(sort_key=13)
def issue(
    program: str,
    /,
    *,
    month: MonthOption = None,
    since: Annotated[str | None, Parameter(help="First of several months, each issued in turn up to --month.")] = None,
    report: Annotated[bool, Parameter(help="Issue the audit report instead of a month.")] = False,
    by: Annotated[str, Parameter(help="Role of who issues it, as “Assistant Inspector General for Audits”.")],
    on: Annotated[date | None, Parameter(help="Day of the issue; today if absent.")] = None,
    key: KeyOption = None,
    audience: AudienceOption = "office",
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Issue a draft by a role: from then on it stays as it is, and a correction is a version of its own.

    With --key it is signed; without, every page says that it is unsigned. It is refused while anything is missing, with
    a list of what is. A month waits for the month before it, and not for the audit report. With --since, the months are
    issued in turn, each with its own signature; while any of them is refused, none is issued.

    audit issue secure_communities --month 2011-09 --by "Deputy Assistant Director" --key signer_ed25519

    audit issue secure_communities --since 2010-10 --month 2011-09 --by "Deputy Assistant Director"

    audit issue secure_communities --report --by "Assistant Inspector General for Audits"
    """
    from audit.workflow import issue as issue_workflow
    from audit.workflow import program_data

    if not by.strip():
        raise make_usage_error("nobody issues it", "Name the role of who does with --by.")
    if report and (month or since):
        raise make_usage_error("--report is the audit report, and --month a month", "Issue one after the other.")
    if since and not month:
        raise make_usage_error("--since names the first month, and none is the last", "Name it with --month.")
    declared = program_data.read_program_by_name(program)
    signer, day, where = by.strip(), on or date.today(), options.reports
    if since and month:
        issued = issue_workflow.issue_months(
            declared, since, month, by=signer, on=day, root=where, key=key, audience=audience
        )
        return print_facts({"reports": [make_report_facts(one) for one in issued]}, options)
    if report:
        done = issue_workflow.issue_sample_report(declared, by=signer, on=day, root=where, key=key, audience=audience)
    else:
        done = issue_workflow.issue_report(
            declared, month or "all", by=signer, on=day, root=where, key=key, audience=audience
        )
    return print_report(done, options)


@app.command(sort_key=13)
def verify(
    folder: Path,
    /,
    *,
    signers: Annotated[
        Path | None, Parameter(help="File of allowed signers (OpenSSH), which says whose key made a signature.")
    ] = None,
    options: OutputOptions = DEFAULT_OUTPUT_OPTIONS,
) -> int:
    """Verify that a folder is as it was written and issued, without its data; name the first thing that differs.

    FOLDER is a report of a month, an audit report, working papers, the steps of a sample, or the folder of a program
    with all of them.

    audit verify reports/secure_communities/2011-09

    audit verify reports/secure_communities/2011-09 --signers allowed_signers
    """
    from audit.workflow.folder_verification import verify_folder

    results = verify_folder(folder, signers=signers)
    print_facts({one.subject: one.words for one in results}, options)
    return ExitCode.OK if all(one.holds for one in results) else ExitCode.DATA


@app.command(sort_key=14)
def purge(
    program: str,
    /,
    *,
    by: Annotated[str, Parameter(help="Role of who removes them.")],
    on: Annotated[date | None, Parameter(help="Day that counts; today if absent.")] = None,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Remove the reports, samples and returned lists whose declared retention (retention_days) is over.

    Public editions and the last month are kept. The register has an entry for each removal. --dry-run lists them.

    audit purge secure_communities --by "Records Officer" --dry-run
    """
    from audit.workflow import program_data
    from audit.workflow.retention import purge_expired_folders

    if not by.strip():
        raise make_usage_error("nobody removes them", "Name the role of who does with --by.")
    declared = program_data.read_program_by_name(program)
    removed, kept = purge_expired_folders(declared, root=options.reports, by=by.strip(), on=on or date.today())
    return print_facts({"removed": [*map(str, removed)], "kept": [*map(str, kept)]}, options)
