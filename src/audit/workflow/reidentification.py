"""Identifiers put back into a list: by the holder of the key, for an office, until a day, and noted in a journal."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from audit.errors import AuditError, ExitCode, Problem, make_usage_error
from audit.formatting import format_day, mark_formula
from audit.programs.declaration import Program
from audit.reporting.worklist_text import name_list_columns
from audit.storage.journal_file import append_lines
from audit.storage.private_files import make_private_folder, write_private_file
from audit.storage.returned_worklist import read_returned_list
from audit.storage.returns import locate_return_folder
from audit.tables.pseudonyms import PSEUDONYM_PREFIX, make_pseudonyms
from audit.tables.readers import read as tables
from audit.workflow.program_data import prepare_program_data

IDENTIFICATION_JOURNAL_FILE = "identified.jsonl"  # in the folder of the returns


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifiedList:
    """A list with identifiers: where it is, until when, and its rows = identified + without + not found."""

    path: Path
    expires: date
    rows: int
    identified: int
    without: int  # rows of units that have no identifier
    not_found: int  # rows with a pseudonym that no identifier in the tables gives


def read_key(path: Path) -> bytes:
    """The pseudonym key in a file, without the line end. AuditError: UNREADABLE where there is none; USAGE if blank."""
    try:
        key = path.read_bytes().rstrip(b"\r\n")
    except OSError:
        problem = Problem(what="there is no such key file", mend="Name the file of the key.", file=str(path))
        raise AuditError(problem, code=ExitCode.UNREADABLE) from None
    if not key:
        problem = Problem(what="holds no key", mend="Name the file of the key.", file=str(path))
        raise AuditError(problem, code=ExitCode.USAGE)
    return key


def identify_list(
    named: str,
    program: Program,
    path: Path,
    *,
    key: bytes,
    by: str,
    days: int,
    output: Path,
    data: str | None,
    reports: Path,
) -> IdentifiedList:
    """Write a copy of a list with an identifier in each row, which its owner alone may read, and note it.

    AuditError: USAGE where the key gives none of the pseudonyms, the program has no persons, or nobody is named;
    UNREADABLE where the list cannot be read. FileExistsError where the copy is there already. Then nothing is written.
    """
    if not by.strip() or days < 1:
        raise make_usage_error("needs a role and a number of days", "Name the role with --by, and days from 1.")
    if output.exists():
        raise FileExistsError(None, "the file is there already", str(output))
    headings = name_list_columns(program.census, program.unit[0])
    back = read_returned_list(path, headings)
    identifiers = read_identifiers(named, program, key=key, data=data)
    persons = [row.get("person", "") for _, row in back.rows]
    pseudonyms = [person for person in persons if person.startswith(PSEUDONYM_PREFIX)]
    if pseudonyms and not any(person in identifiers for person in pseudonyms):
        what = "the key gives none of the pseudonyms of the list: it is another key, or these are other tables"
        raise make_usage_error(what, "Name the key with which the report was made, and its tables with --data.")
    expires = date.today() + timedelta(days=days)
    content = _format_list(back.rows, identifiers, [*headings], expires)
    write_private_file(output, content)
    found = sum(person in identifiers for person in pseudonyms)
    copy = IdentifiedList(
        path=output,
        expires=expires,
        rows=len(persons),
        identified=found,
        without=len(persons) - len(pseudonyms),
        not_found=len(pseudonyms) - found,
    )
    _note_copy(copy, path, content, by=by, folder=reports / program.name)
    return copy


def read_identifiers(named: str, program: Program, *, key: bytes, data: str | None) -> dict[str, str]:
    """Every identifier in the table of the units, by its pseudonym; several spellings of one are joined.

    AuditError (USAGE) where the program has no personal column of persons.
    """
    census = program.census
    column = program.tables[census.table].columns.get(census.person or "")
    if column is None or not column.personal or census.person is None:
        raise make_usage_error("the program has no identifiers of persons", "Its lists have the units' own keys.")
    _, request = prepare_program_data(named, data=data, only=[census.table])
    [source] = request.sources
    plain = replace(source, columns={**source.columns, census.person: replace(column, personal=False)})
    [table] = tables.read_declared_tables(
        [plain], request.data, offices=request.offices, pseudonym_key=key, set_aside=True, words={census.person}
    )
    texts = table.rows.select(pl.col(census.person).cast(pl.String)).drop_nulls().unique().collect().to_series().sort()
    spellings: dict[str, str] = {}
    for text, pseudonym in zip(texts, make_pseudonyms(texts, key=key), strict=True):
        spellings[pseudonym] = f"{spellings[pseudonym]} / {text}" if pseudonym in spellings else text
    return spellings


def _format_list(
    rows: Sequence[tuple[int, Mapping[str, str]]], identifiers: Mapping[str, str], columns: Sequence[str], expires: date
) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([f"Identifiers of persons. Destroy this copy by {format_day(expires)}. For the office only."])
    writer.writerow(["identifier", *columns])
    for _, cells in rows:
        identifier = identifiers.get(cells.get("person", ""), "")
        writer.writerow(map(mark_formula, [identifier, *(cells.get(name, "") for name in columns)]))
    return out.getvalue().encode()


def _note_copy(copy: IdentifiedList, path: Path, content: bytes, *, by: str, folder: Path) -> None:
    """A line in the journal: who, when, of which list, and the digest of the copy; no identifier."""
    line = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "by": by.strip(),
        "list": path.name,
        "list_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "copy": str(copy.path.resolve()),
        "copy_sha256": hashlib.sha256(content).hexdigest(),
        "rows": copy.rows,
        "identified": copy.identified,
        "expires": str(copy.expires),
    }
    journal = make_private_folder(locate_return_folder(folder)) / IDENTIFICATION_JOURNAL_FILE
    append_lines(journal, (json.dumps(line, ensure_ascii=False) + "\n").encode())
