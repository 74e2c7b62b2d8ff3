"""Taking what came back: the lists of offices and the answers of headquarters, row by row, into the journal."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from functools import partial
from pathlib import Path

import polars as pl

from audit.compliance.item_outcomes import ITEM_KEY
from audit.compliance.returned_rows import CLAIM_COLUMNS, KnownItem, RowPlace, judge_answer_row, judge_returned_row
from audit.compliance.returns import (
    CLAIMS,
    ReturnEvent,
    ReturnStatement,
    append_statements,
    summarize_return_status,
)
from audit.compliance.worklist import KEY_SEPARATOR, code_item
from audit.errors import AuditError, ExitCode, Problem, make_usage_error
from audit.programs.declaration import Program
from audit.reporting.formats.csv_tables import encode_rows
from audit.reporting.worklist_text import name_list_columns
from audit.storage import returns as return_files
from audit.storage.lock import lock_folder
from audit.storage.report_versions import ReportVersions
from audit.storage.returned_worklist import ReturnedList, read_csv_list, read_returned_list
from audit.workflow.known_items import read_known_items

Judge = Callable[[Mapping[str, str], RowPlace], ReturnStatement | Problem | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnResult:
    """What came of one file: rows = taken + refused + unanswered."""

    file: str
    rows: int
    taken: int
    unanswered: int
    refused: tuple[Problem, ...]


def take_returns(program: Program, root: Path, files: Sequence[Path], *, on: date) -> list[ReturnResult]:
    """Read lists that came back `on` a day, and enter in the journal what is answered and not refused.

    What a list says again that it said before adds nothing. Each file is kept as it came back, for its owner alone.

    AuditError: USAGE where there is no report with items yet, or a list is another program's; UNREADABLE as
    `read_returned_list` raises it. Then nothing of any file is entered.
    """
    reports, columns = ReportVersions(folder=root / program.name), name_list_columns(program.census, program.unit[0])
    lists = [(path, read_returned_list(path, columns)) for path in files]
    if problems := [problem for path, back in lists for problem in _find_foreign_list(path, back, program)]:
        raise AuditError(problems, code=ExitCode.USAGE)
    items, results = read_known_items(reports), []
    with lock_folder(reports.folder):
        for path, back in lists:
            content, office = path.read_bytes(), back.about.get("Code")
            source = hashlib.sha256(content).hexdigest()
            judge = partial(_judge_office_row, items=items, on=on, office=office, source=source)
            result, statements = _judge_rows(path, back, columns, judge)
            _enter_statements(reports.folder, statements)
            return_files.keep_received_file(reports.folder, content, suffix=path.suffix)
            results.append(result)
        write_open_claims(reports, items)
    return results


def _judge_office_row(
    cells: Mapping[str, str],
    place: RowPlace,
    *,
    items: Mapping[str, KnownItem],
    on: date,
    office: str | None,
    source: str,
) -> ReturnStatement | Problem | None:
    return judge_returned_row(cells, items.get(cells["item"]), place, on=on, office=office, source=source)


def take_answers(
    program: Program, root: Path, path: Path, *, by: str, on: date, offices: Collection[str]
) -> ReturnResult:
    """Read headquarters' answers to the claims of offices, and enter them in the journal.

    AuditError: USAGE where nobody answers; UNREADABLE where the file is none of claims.
    """
    if not by.strip():
        raise make_usage_error("nobody answers", "Name the role of who does with --by.")
    reports, columns = ReportVersions(folder=root / program.name), {name: name for name in CLAIM_COLUMNS}
    back = read_csv_list(path, columns, needed=("item", "answer", "to_office", "answer_reason"))
    items, digest = read_known_items(reports), hashlib.sha256(path.read_bytes()).hexdigest()
    with lock_folder(reports.folder):
        claims = {
            code_item(*(row[name] for name in ITEM_KEY)): row["returned"]
            for row in _list_open_claims(reports).iter_rows(named=True)
        }

        def judge(cells: Mapping[str, str], place: RowPlace) -> ReturnStatement | Problem | None:
            code = cells["item"]
            return judge_answer_row(
                cells, items.get(code), claims.get(code), place, on=on, by=by.strip(), offices=offices, source=digest
            )

        result, statements = _judge_rows(path, back, columns, judge)
        _enter_statements(reports.folder, statements)
        write_open_claims(reports, items)
    return result


def _find_foreign_list(path: Path, back: ReturnedList, program: Program) -> list[Problem]:
    named = back.about.get("Program")
    if named in (None, program.name):
        return []
    return [Problem(what="is a list of another program", mend="Name that program.", file=str(path))]


def _judge_rows(
    path: Path, back: ReturnedList, columns: Mapping[str, str], judge: Judge
) -> tuple[ReturnResult, list[ReturnStatement]]:
    """Each row of a file judged; a second row of one item is refused."""
    statements, refused, unanswered, answered = list[ReturnStatement](), list[Problem](), 0, set[str]()
    for number, cells in back.rows:
        place = RowPlace(file=str(path), row=number, headings=columns)
        said = judge(cells, place)
        if said is None:
            unanswered += 1
        elif isinstance(said, Problem):
            refused.append(said)
        elif cells["item"] in answered:
            refused.append(place.make_problem("names an item that another row answers", "Keep one row.", "item"))
        else:
            answered.add(cells["item"])
            statements.append(said)
    result = ReturnResult(
        file=str(path), rows=len(back.rows), taken=len(statements), unanswered=unanswered, refused=tuple(refused)
    )
    return result, statements


def _enter_statements(folder: Path, statements: Sequence[ReturnStatement]) -> None:
    """Append what is new: a statement that says again what was last said of its item adds nothing."""
    events = return_files.read_return_events(folder)
    last: dict[tuple[str, ...], ReturnEvent] = {_get_key(event): event for event in events}
    new = [one for one in statements if _get_key(one) not in last or not _says_the_same(last[_get_key(one)], one)]
    if new:
        return_files.append_return_events(folder, append_statements(events, new))


def _get_key(statement: ReturnStatement) -> tuple[str, ...]:
    return tuple(getattr(statement, name) for name in ITEM_KEY)


def _says_the_same(event: ReturnEvent, statement: ReturnStatement) -> bool:
    unlike = {"day", "source", "by"}
    names = [field.name for field in fields(ReturnStatement) if field.name not in unlike]
    return all(getattr(event, name) == getattr(statement, name) for name in names)


def _list_open_claims(reports: ReportVersions) -> pl.DataFrame:
    status = summarize_return_status(return_files.read_return_events(reports.folder), as_of=None)
    return status.filter(pl.col("returned").is_in(CLAIMS), pl.col("decision").is_null()).sort(ITEM_KEY)


def write_open_claims(reports: ReportVersions, items: Mapping[str, KnownItem]) -> Path:
    """Write the claims that wait for an answer, each with blank columns for it."""
    rows = []
    for row in _list_open_claims(reports).iter_rows(named=True):
        code = code_item(*(row[name] for name in ITEM_KEY))
        item = items.get(code)
        said = {"item": code, "unit_keys": KEY_SEPARATOR.join(sorted(item.keys)) if item else ""}
        said |= {"claim": row["returned"], "reason": row["claim_reason"], "returned_on": str(row["returned_on"])}
        rows.append({**{name: row[name] for name in ITEM_KEY}, **said})
    table = pl.DataFrame(rows, schema=dict.fromkeys(CLAIM_COLUMNS, pl.String))
    return return_files.write_claims(reports.folder, encode_rows(table))


def count_waiting_claims(reports: ReportVersions) -> int:
    """How many claims wait for an answer."""
    return _list_open_claims(reports).height


def count_result_rows(result: ReturnResult) -> dict[str, int]:
    """The counts of one file."""
    counts = asdict(result)
    return {name: counts[name] for name in ("rows", "taken", "unanswered")} | {"refused": len(result.refused)}
