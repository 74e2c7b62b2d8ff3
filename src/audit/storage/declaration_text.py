"""The text of declarations, whatever is in it: YAML as nodes with their lines, small CSV files as rows with theirs."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_list

MOST_DECLARATION_BYTES = 5_000_000  # of a TOML or YAML file
MOST_LIST_BYTES = 200_000_000  # of a CSV file that is read as a whole: offices, decisions, returned lists
MOST_VALUES = 100_000  # of one YAML file, those behind aliases counted each time
MOST_LEVELS = 60  # lists and maps within one another
#: What the parser fails with, besides its own errors, where a value or a tag is not one that YAML has.
_PARSER_ERRORS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError, RecursionError)


def read_declaration(path: Path, *, most: int = MOST_DECLARATION_BYTES) -> str:
    """The text of a declaration, which is in UTF-8. AuditError (UNREADABLE) where it is larger than any is."""
    size = path.stat().st_size
    if size > most:
        what = f"a file of {size:,} bytes, and {most:,} are allowed"
        problem = Problem(what=what, mend="See that it is the file meant.", file=str(path))
        raise AuditError(problem, code=ExitCode.UNREADABLE)
    return path.read_bytes().decode("utf-8-sig")


@lru_cache(maxsize=256)
def parse_yaml(text: str) -> Any:
    """The nodes of a YAML text, with their lines; parsed once a process, so nobody may alter them.

    Raises `YAMLError` for whatever is wrong with it, too many values (as aliases of aliases make) among them.
    """
    depth = deepest = 0
    for mark in text:
        depth += (mark in "[{") - (mark in "]}")
        deepest = max(deepest, depth)
    if deepest > MOST_LEVELS:
        raise YAMLError("nested too deeply")
    try:
        nodes = YAML().load(text)
    except _PARSER_ERRORS as error:
        raise YAMLError(str(error)) from None
    _refuse_excess(nodes)
    return nodes


def _refuse_excess(nodes: Any) -> None:
    waiting, values = [(nodes, 0)], 0
    while waiting:
        node, level = waiting.pop()
        inner = list(node.values()) if isinstance(node, Mapping) else node if isinstance(node, list) else []
        values += len(inner)
        if values > MOST_VALUES or level > MOST_LEVELS:
            raise YAMLError("too many values, or nested too deeply")
        waiting += [(one, level + 1) for one in inner]


def read_csv_rows(path: Path, *, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """The rows of a small CSV file in UTF-8, each with the number of its line; blank rows are passed over.

    AuditError (UNREADABLE) with every row that does not fit the header, or what the file is instead: in another
    encoding, with another delimiter, or without one of the `columns`. FileNotFoundError where there is none.
    """
    records = list(read_csv_records(path))
    _, names = records[0] if records else (1, [])
    _refuse_header(path, names, columns)
    problems = [
        _make_problem(
            path.name,
            f"has {len(cells)} fields, where the header has {len(names)}",
            "Give the row as many as the header.",
            row=line,
        )
        for line, cells in records[1:]
        if len(cells) != len(names)
    ]
    if problems:
        raise AuditError(problems, code=ExitCode.UNREADABLE)
    return [
        (line, {name: cell for name, cell in zip(names, cells, strict=True) if cell}) for line, cells in records[1:]
    ]


def read_csv_records(path: Path, *, label: str = "") -> Iterator[tuple[int, list[str]]]:
    """Every record that is not blank, its cells without the spaces around them, with the line at which it begins.

    Messages call the file by its `label`, or by its name where there is none. AuditError (UNREADABLE) where it is not
    in UTF-8, or a quotation mark is out of place.
    """
    try:
        text = read_declaration(path, most=MOST_LIST_BYTES)
    except UnicodeDecodeError as error:
        row = error.object.count(b"\n", 0, error.start) + 1
        raise _make_error(label or path.name, "is not in UTF-8", 'Save it as "CSV UTF-8".', row=row) from None
    reader, line = csv.reader(io.StringIO(text, newline=""), strict=True), 1
    try:
        for fields in reader:
            cells = [field.strip() for field in fields]
            if any(cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error:
        what = "a quotation mark or a line break is out of place"
        raise _make_error(label or path.name, what, "Close the quotation.", row=line) from None


def _refuse_header(path: Path, names: Sequence[str], columns: Sequence[str]) -> None:
    if set(columns) <= set(names) and len(set(names)) == len(names):
        return
    what, mend = f"needs the columns {format_list(list(columns))}", "Write them in the first row, each once."
    if other := next((one for one in (";", "\t", "|") if any(one in name for name in names)), None):
        what, mend = f"its fields are parted by `{other}`".replace("\t", "tab"), "Part them by commas."
    raise _make_error(path.name, what, mend, row=1)


def _make_problem(file: str, what: str, mend: str, *, row: int) -> Problem:
    return Problem(what=what, mend=mend, file=f"{file}, line {row}")


def _make_error(file: str, what: str, mend: str, *, row: int) -> AuditError:
    return AuditError(_make_problem(file, what, mend, row=row), code=ExitCode.UNREADABLE)
