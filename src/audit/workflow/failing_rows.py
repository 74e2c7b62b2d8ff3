"""The rows that fail the checks, whole, as files: one CSV file for each check that failed, and a list of them."""

import re
from importlib.metadata import version
from pathlib import Path

import polars as pl

from audit.errors import AuditError, ExitCode
from audit.reporting.formats.csv_tables import encode_rows
from audit.storage.output_folder import publish_folder
from audit.storage.up_to_date_reports import find_alterations
from audit.tables.checks.results import CheckResult, Checks
from audit.tables.checks.suites import CompiledSuite, build_key_text, compile_suites
from audit.tables.readers.flaw_checks import READING, find_flawed_places
from audit.tables.table import ROW_FILE, ROW_OF_FILE, ROW_PLACE
from audit.workflow.program_data import ProgramData
from audit.workflow.validation import make_check_arguments

LIST_FILE = "failing.csv"
HEADERS = {ROW_FILE: "in file", ROW_OF_FILE: "in row"}  # of the columns that say where a row stands


def write_failing_rows(work: ProgramData, checks: Checks, folder: Path) -> int:
    """Write the rows that failed each check into a folder, with their numbers in their files; say how many files.

    Persons stand under their pseudonyms; a cell that cannot be read is blank. A check of a table as a whole has no
    rows. A folder that is there is replaced only if it holds what this wrote, untouched: AuditError (CONFLICT).
    """
    mend = "Move it elsewhere, or name another folder with --failing."
    if folder.exists() and (problems := find_alterations(folder, mend=mend)):
        raise AuditError(problems, code=ExitCode.CONFLICT)
    failed = [one for one in checks.results if not one.passed and not one.not_run]
    suites = _compile_numbered_suites(work)
    files: dict[str, bytes | Path] = {}
    listed = []
    for number, result in enumerate(failed, start=1):
        rows = _select_rows(work, checks, suites, result)
        name = f"{number:03}-{_make_file_name(f'{result.table} {result.check}')}.csv" if rows is not None else ""
        if rows is not None:
            files[name] = encode_rows(rows.select(*HEADERS, pl.exclude(*HEADERS)).rename(HEADERS).collect())
        listed.append((name, result.table, result.check, result.severity, result.units, result.failed, result.why))
    columns = ("file", "table", "check", "severity", "units", "failed", "why")
    files[LIST_FILE] = encode_rows(pl.DataFrame(listed, schema=columns, orient="row"))
    inputs = {"software": f"audit {version('audit-toolkit')}", "program": work.program.sha256}
    publish_folder(folder, files, inputs=inputs)
    return len(files) - 1


def _compile_numbered_suites(work: ProgramData) -> dict[str, CompiledSuite]:
    """The suites of the tables whose rows know their places."""
    tables = {name: one.numbered_rows for name, one in work.tables.items() if one.numbered_rows is not None}
    return {one.table: one for one in compile_suites(tables, work.suites, **make_check_arguments(work))}


def _select_rows(
    work: ProgramData, checks: Checks, suites: dict[str, CompiledSuite], result: CheckResult
) -> pl.LazyFrame | None:
    """The rows that failed a check; None where it is of the table as a whole, or names no rows."""
    table = work.tables[result.table]
    if result.expectation == READING:
        if table.flawed_rows is None:
            return None
        places = find_flawed_places(table, result.check).rename({"file": ROW_FILE, "row": ROW_OF_FILE}).lazy()
        return places.join(table.flawed_rows, on=[ROW_FILE, ROW_OF_FILE], how="left", maintain_order="left")
    suite = suites[result.table]
    own = [*suite.own_columns, *ROW_PLACE]
    for expectation in suite.compiled_expectations:
        if expectation.words == result.check:
            return None if expectation.rows is None else suite.frame.filter(expectation.rows).select(own)
    keys = checks.list_failing_keys(result)  # of a check that Great Expectations alone reads
    return suite.frame.filter(build_key_text(suite.frame, suite.key).is_in(keys)).select(own) if keys else None


def _make_file_name(text: str) -> str:
    """What a file system bears of a text, short enough to be read in a list."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:80]
