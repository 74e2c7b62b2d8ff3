"""The verb that checks the numbers of a text against facts."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from audit.cli.app import DEFAULT_OUTPUT_OPTIONS, OutputOptions, app, print_facts, show_progress
from audit.errors import ExitCode

if TYPE_CHECKING:
    from audit.analysis.claims.check import CheckedClaims, Claim

COLUMNS = ("line", "quote", "number", "recomputed", "verdict", "facts", "source")


@app.command(sort_key=15)
def claims(
    text: Path,
    facts: Path,
    /,
    *,
    all: Annotated[bool, Parameter(help="Also list the numbers that agree, and those that no fact concerns.")] = False,
    format: Annotated[Literal["text", "csv"], Parameter(help="How to list them; csv lists all.")] = "text",
    output: Annotated[Path | None, Parameter(help="File to write the list to, instead of standard output.")] = None,
    options: OutputOptions = DEFAULT_OUTPUT_OPTIONS,
) -> int:
    """Check the numbers of a text against facts: counts, shares, sums, multiples, nouns and as-of days.

    TEXT is plain text, HTML or PDF. FACTS is a CSV file of facts, or the report.json of a report: then every number of
    the text must come from that record. Exit code 1 if the text is to be corrected.

    audit claims reply.txt facts.csv

    audit claims report.html report.json --all

    audit claims reply.txt facts.csv --format csv --output table.csv
    """
    import sys

    from audit.cli import console
    from audit.storage import output_folder

    checked = _check(text, facts)
    code = ExitCode.DATA if checked.disputed else ExitCode.OK
    if options.json:
        rows = [asdict(claim) | {"disputed": claim.is_disputed} for claim in checked.claims]
        print_facts({"text": str(text), "counts": checked.count_verdicts(), "claims": rows}, options)
        return code
    show_progress("")
    if format == "csv":
        listed = _format_csv(checked)
    else:
        shown = checked.claims if all else checked.disputed
        listed = console.format_facts(checked.count_verdicts()) if checked.claims else "no number\n"
        listed += "".join(f"\n{_format_claim(claim)}" for claim in shown)
    if output:
        output_folder.write_file(output, listed.encode())
    else:
        sys.stdout.write(listed)
    return code


def _check(text: Path, facts: Path) -> "CheckedClaims":
    from audit.analysis.claims import check, record_facts
    from audit.storage import claim_files

    show_progress("reading the text and the facts")
    passages, record = claim_files.read_claim_text(text), claim_files.read_record(facts)
    if record is not None:
        return record_facts.check_record_claims(passages, record)
    return check.check_claims(passages, claim_files.read_claim_facts(facts))


def _format_claim(claim: "Claim") -> str:
    place = "the text does not state" if claim.line is None else f"line {claim.line}: “{claim.quote}”"
    parts = [f"{place}\n"]
    parts += [f"  {claim.number + ': ' if claim.number else ''}{claim.verdict}\n"]
    parts += [f"  {claim.recomputed}\n"] if claim.recomputed else []
    named = ", ".join(claim.facts)
    parts += [f"  facts: {named}{f' ({claim.source})' if claim.source else ''}\n"] if named else []
    return "".join(parts)


def _format_csv(checked: "CheckedClaims") -> str:
    import csv
    import io

    from audit.formatting import mark_formula

    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for claim in checked.claims:
        cells = {**asdict(claim), "facts": " ".join(claim.facts), "line": claim.line or ""}
        writer.writerow(mark_formula(str(cells[column])) for column in COLUMNS)
    return file.getvalue()
