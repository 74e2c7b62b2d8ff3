"""What is wrong with the declaration of a table, whatever its file holds."""

import re
from collections.abc import Iterator

from audit.errors import Problem
from audit.tables.readers.encodings import is_text_encoding
from audit.tables.readers.times import is_time_format
from audit.tables.schema import Column, Source

_OFFSET = re.compile(r"(?<!%)(?:%%)*%(?:[:#]*z|Z|\+|s)|\dZ$|%(?:S|f|\.\d?f|T|M)Z$")
_SUFFIXES = (".state", ".flaw", ".value")  # of the columns that stand beside the declared ones


def find_source_problems(source: Source, *, file: str) -> Iterator[Problem]:
    """An unknown encoding, a delimiter, a form of dates or a name of a column that cannot be; `file` declares them."""
    place = f"{file}, tables.{source.name}"
    if not is_text_encoding(source.encoding):
        mend = 'Name one that Python knows, such as "utf-8" or "cp1252".'
        yield Problem(what=f'there is no encoding "{source.encoding}"', mend=mend, file=f"{place}.encoding")
    if source.file and leaves_folder(source.file):
        mend = "Name the file below the folder of the tables, and that folder with --data."
        yield Problem(what=f"`{source.file}` leaves the folder of the tables", mend=mend, file=f"{place}.file")
    mark = source.delimiter
    if mark is not None and (len(mark) != 1 or not mark.isascii() or mark in '"\r\n\0'):
        mend = 'Give one ASCII character that is no quotation mark and no line end, such as ";".'
        yield Problem(what="`delimiter` cannot part fields", mend=mend, file=f"{place}.delimiter")
    names = [*source.columns, *([source.row] if source.row else [])]
    for name in names:
        if not name or name.startswith("<") or (name.endswith(_SUFFIXES) and name.rpartition(".")[0] in names):
            mend = "Give the column another name, and its own as `header`."
            yield Problem(what=f"`{name}` cannot be the name of a column", mend=mend, file=f"{place}.columns")
    if source.row in source.columns:
        mend = "Give `row` a name that no column has."
        yield Problem(what=f"`row` has the name of the column {source.row}", mend=mend, file=f"{place}.row")
    dated = {name: column for name, column in source.columns.items() if column.type in ("date", "datetime")}
    for name, column in dated.items():
        yield from _find_format_problems(column, f"{place}.columns.{name}.formats")


def leaves_folder(file: str) -> bool:
    """Whether a path that a declaration names is absolute, or goes up: only a user may lead elsewhere."""
    return bool(re.match(r"[/\\]|[A-Za-z]:", file)) or ".." in re.split(r"[/\\]", file)


def _find_format_problems(column: Column, place: str) -> Iterator[Problem]:
    for form in column.formats:
        if _OFFSET.search(form):
            what = f"`{form}` has an offset from UTC, and the audit goes by local time"
            yield Problem(what=what, mend="Give the file local times, and take the offset out.", file=place)
        elif not is_time_format(form, column.type):
            what = f"`{form}` is no form of a date"
            yield Problem(what=what, mend="Write it as in strptime, such as %m/%d/%Y.", file=place)
