"""Verbs of the lists that go to offices: take what came back, and put identifiers into a list."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from audit.cli.app import DEFAULT_WRITE_OPTIONS, WriteOptions, app, print_facts
from audit.errors import ExitCode, make_usage_error

if TYPE_CHECKING:
    from audit.workflow.returns import ReturnResult


@app.command(sort_key=13)
def returns(
    program: str,
    /,
    *files: Path,
    answers: Annotated[
        Path | None, Parameter(help="The file of claims, returns/claims.csv, with headquarters’ answers filled in.")
    ] = None,
    by: Annotated[str, Parameter(help="Role of who answers the claims.")] = "",
    on: Annotated[date | None, Parameter(help="Day on which the lists came back; today if absent.")] = None,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Take the lists that offices returned, and headquarters’ answers to their claims, row by row.

    What is done is noted, and an item is resolved only when the records show it. What is called not ours or not
    required is a claim: it waits in returns/claims.csv until it is answered there: accepted, refused, or referred to
    another office. The next audit run uses what was returned and answered up to its as-of day.

    Each row that is refused is named, with the reason; the other rows are taken. The exit code is then 1.

    audit returns secure_communities NYC.xlsx ATL.xlsx --on 2012-04-20

    audit returns secure_communities --answers reports/secure_communities/returns/claims.csv --by "Compliance Unit"
    """
    import sys

    from audit import programs
    from audit.storage.declarations import read_offices
    from audit.storage.report_versions import ReportVersions
    from audit.workflow import program_data
    from audit.workflow import returns as return_workflow

    if not files and answers is None:
        raise make_usage_error("no file is named", "Name the lists that came back, or the answers with --answers.")
    declared, day = program_data.read_program_by_name(program), on or date.today()
    results = []
    if files:
        results += return_workflow.take_returns(declared, options.reports, files, on=day)
    if answers is not None:
        offices = read_offices(programs.find_program_folder(program) / declared.offices).list_names()
        results.append(return_workflow.take_answers(declared, options.reports, answers, by=by, on=day, offices=offices))
    problems = [problem for result in results for problem in result.refused]
    sys.stderr.write("".join(f"audit: {problem}\n" for problem in problems))
    reports = ReportVersions(folder=options.reports / declared.name)
    print_facts(_describe_results(results, return_workflow.count_waiting_claims(reports), reports.folder), options)
    return ExitCode.DATA if problems else ExitCode.OK


def _describe_results(results: "list[ReturnResult]", waiting: int, folder: Path) -> dict[str, Any]:
    from audit.storage.returns import CLAIMS_FILE, locate_return_folder
    from audit.workflow.returns import count_result_rows

    facts: dict[str, Any] = {result.file: count_result_rows(result) for result in results}
    return facts | {"claims without an answer": waiting, "claims": str(locate_return_folder(folder) / CLAIMS_FILE)}


@app.command(sort_key=13)
def identify(
    program: str,
    list_file: Path,
    /,
    *,
    key_file: Annotated[Path, Parameter(help="File that holds the pseudonym key, and nothing else.")],
    by: Annotated[str, Parameter(help="Role of who holds the key.")],
    days: Annotated[int, Parameter(help="Days after which the copy is to be destroyed.")] = 30,
    output: Annotated[Path | None, Parameter(help="File to write; LIST-identified.csv here if absent.")] = None,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Put the identifiers of persons back into an office’s list, for the holder of the pseudonym key.

    Every pseudonym is computed again from the identifiers in the tables. The copy can be read by its owner alone, and
    says when it is to be destroyed. The journal notes who made it, when, and of which list; it holds no identifier.

    audit identify secure_communities worklist.xlsx --key-file key.txt --by "Records Officer" --output identified.csv
    """
    from audit.workflow import program_data, reidentification

    declared = program_data.read_program_by_name(program)
    copy = reidentification.identify_list(
        program,
        declared,
        list_file,
        key=reidentification.read_key(key_file),
        by=by,
        days=days,
        output=output or Path(f"{list_file.stem}-identified.csv"),
        data=options.data,
        reports=options.reports,
    )
    facts: dict[str, Any] = {"rows": copy.rows, "identified": copy.identified, "without an identifier": copy.without}
    facts |= {"not found": copy.not_found, "destroy by": str(copy.expires), "written": str(copy.path)}
    return print_facts(facts, options)
