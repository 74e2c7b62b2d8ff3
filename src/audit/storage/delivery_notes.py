"""The supplier's delivery note beside the tables: the file delivery.csv, read and refused as a whole."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from audit.errors import AuditError, ExitCode, Problem
from audit.files import hash_files
from audit.storage.declaration_text import read_csv_rows
from audit.tables.delivery import DeliveryNote, StatedTotal
from audit.tables.schema import Source

DELIVERY_FILE = "delivery.csv"
DELIVERY_COLUMNS = ("table", "rows")  # that it must have
SUMMABLE_TYPES = ("integer", "number")


def read_delivery_note(data: Path | str, sources: Mapping[str, Source]) -> DeliveryNote:
    """The delivery note in the folder of the tables; an empty one where there is none, as in a database.

    Its columns are table and rows, and where the supplier states them sum_column, sum and extracted, a day. AuditError
    (DATA) with every row that is not so, or names a table twice or one that is not among the `sources`.
    """
    path = Path(data) / DELIVERY_FILE
    if "://" in str(data) or not path.is_file():
        return DeliveryNote(sha256="", totals=())
    rows = read_csv_rows(path, columns=DELIVERY_COLUMNS)
    problems = [problem for row, cells in rows for problem in _find_problems(row, cells, sources)]
    names = [cells.get("table", "") for _, cells in rows]
    problems += [
        _make_problem(row, "table", f"names the table {name} again", "State the totals of a table once.")
        for number, ((row, _), name) in enumerate(zip(rows, names, strict=True))
        if name and name in names[:number]
    ]
    if problems:
        raise AuditError(problems, code=ExitCode.DATA)
    return DeliveryNote(sha256=hash_files([path]), totals=tuple(_make_total(cells) for _, cells in rows))


def _make_total(cells: Mapping[str, str]) -> StatedTotal:
    return StatedTotal(
        table=cells["table"],
        rows=int(cells["rows"]),
        extracted=date.fromisoformat(cells["extracted"]) if "extracted" in cells else None,
        sum_column=cells.get("sum_column", ""),
        sum=Decimal(cells["sum"]) if "sum" in cells else None,
    )


def _find_problems(row: int, cells: Mapping[str, str], sources: Mapping[str, Source]) -> Iterator[Problem]:
    table, column = cells.get("table", ""), cells.get("sum_column", "")
    if table not in sources:
        mend = "Write the name that program.toml has under [tables], or leave the row out."
        yield _make_problem(row, "table", f"names `{table}`, and no such table is declared", mend)
    elif column and (column not in sources[table].columns or sources[table].columns[column].type not in SUMMABLE_TYPES):
        mend = "Name a column that is declared as `integer` or `number`."
        yield _make_problem(row, "sum_column", f"names `{column}`, of which there is no sum", mend)
    if not cells.get("rows", "").isdecimal():
        yield _make_problem(row, "rows", "is no whole number", "Write the number of rows without separators.")
    if bool(column) != ("sum" in cells):
        yield _make_problem(row, "sum", "is stated without its column, or the column without it", "State both.")
    if "sum" in cells and not _is_number(cells["sum"]):
        yield _make_problem(row, "sum", "is no number", "Write it without separators, with a decimal point.")
    if "extracted" in cells and not _is_day(cells["extracted"]):
        yield _make_problem(row, "extracted", "is not a day", "Write it as 2011-09-30.")


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _make_problem(row: int, column: str, what: str, mend: str) -> Problem:
    return Problem(what=what, mend=mend, file=DELIVERY_FILE, row=row, column=column)
