"""Delimited text as it comes: bytes in, rows of text out, each numbered by the line that an editor shows."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from itertools import islice
from typing import Protocol

import polars as pl

from audit.errors import AuditError, ExitCode, Problem

ROW_NUMBER = "<row>"  # no declared column has this name
SHORT, LONG = "fewer fields than the header", "more fields than the header"
MEND_LINE_ENDS = "Save the file with one kind of line end."
LONGEST_ROW = 256_000_000  # bytes of text without the end of a row from which on a file is no table


class ByteStream(Protocol):
    """What bytes are read from, by and by."""

    def read(self, size: int) -> bytes: ...  # noqa: D102


def read_blocks(stream: ByteStream, *, size: int, file: str) -> Iterator[bytes]:
    """The bytes of a file by and by, about so many at a time, each block up to the end of a row.

    A line end after an even number of quotation marks ends a row, unless one stands within a field that is not quoted.

    Raises `AuditError`, code UNREADABLE, where no row ends for very long.
    """
    rest = b""
    while read := stream.read(size):
        rest += read
        if len(rest) > max(LONGEST_ROW, 2 * size):
            what = f"no row ends within {len(rest):,} bytes"
            mend = "Get the file again, or close the quotation that was left open."
            raise AuditError(Problem(what=what, mend=mend, file=file), code=ExitCode.UNREADABLE)
        end = rest.rfind(b"\n") + 1
        odd = rest.count(b'"', 0, end) % 2
        while odd and end:
            earlier = rest.rfind(b"\n", 0, end - 1) + 1
            odd, end = (odd + rest.count(b'"', earlier, end)) % 2, earlier
        if end:
            yield rest[:end]
            rest = rest[end:]
    if rest:
        yield rest


def parse_first_records(text: bytes, *, delimiter: str, most: int = 50) -> list[tuple[int, list[str]]]:
    """The first records, each with the number of its last line; as far as they can be told apart."""
    reader = csv.reader(io.StringIO(text[:1_000_000].decode(errors="ignore")), delimiter=delimiter)
    records = []
    with suppress(csv.Error):
        for fields in islice(reader, most):
            records.append((reader.line_num, fields))
    return records


def refuse_torn_record(text: bytes, first: int, last: int, *, delimiter: str, file: str) -> None:
    """Refuse a record of these lines whose fields the strict reader of rows cannot tell apart."""
    record = text[_find_offset(text, first) : _find_offset(text, last)]
    for _ in _parse_records(record, delimiter=delimiter, first=first + 1, file=file):
        pass


def parse_rows(
    text: bytes, *, delimiter: str, width: int, skip: int, file: str, before: int = 0
) -> tuple[pl.DataFrame, list[tuple[int, int]]]:
    """The rows below the first `skip` lines, and those that have too few or too many fields; `before` it are so many.

    The rows: `ROW_NUMBER` (the line at which each begins) and the fields as text, in columns "0", "1" and so on. The
    others: `ROW_NUMBER`, and how many fields. Raises `AuditError`, code UNREADABLE, where rows cannot be told apart.
    """
    body = text[_find_offset(text, skip) :]
    first = before + skip + 1
    frame = _parse_regular_rows(body, delimiter=delimiter, width=width, first=first)
    if frame is not None:
        return frame, []
    regular: list[tuple[int | str, ...]] = []
    ragged = []
    for row, fields in _parse_records(body, delimiter=delimiter, first=first, file=file):
        if len(fields) == width:
            regular.append((row, *fields))
        elif not any(field.strip() for field in fields):
            regular.append((row, *[""] * width))
        else:
            ragged.append((row, len(fields)))
    return pl.DataFrame(regular, schema={ROW_NUMBER: pl.Int64(), **_build_schema(width)}, orient="row"), ragged


def _parse_records(body: bytes, *, delimiter: str, first: int, file: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(body.decode()), delimiter=delimiter, strict=True)
    row = first
    try:
        for fields in reader:
            yield row, fields
            row = first + reader.line_num
    except csv.Error:
        raise _make_torn_row_error(body, row, first, file) from None


def _make_torn_row_error(body: bytes, row: int, first: int, file: str) -> AuditError:
    start = _find_offset(body, row - first)
    what = "a quotation mark or a line break is out of place, and rows cannot be told apart from here on"
    mend = "Close the quotation, and double a quotation mark within it."
    line = body[start : _find_offset(body, row - first + 1)]
    if has_mixed_line_ends(line) and b'"' not in line:
        what, mend = "a line ends with a carriage return alone, and others with a line feed", MEND_LINE_ENDS
    return AuditError(Problem(what=what, mend=mend, file=file, row=row), code=ExitCode.UNREADABLE)


def has_mixed_line_ends(text: bytes) -> bool:
    """Whether some line ends with a carriage return alone, and some with a line feed."""
    return b"\n" in text and text.count(b"\r") > text.count(b"\r\n")


def find_lone_return(text: bytes) -> int:
    """Where the first carriage return stands that no line feed follows; -1 where there is none."""
    found = re.search(rb"\r(?!\n)", text)
    return found.start() if found else -1


def _parse_regular_rows(body: bytes, *, delimiter: str, width: int, first: int) -> pl.DataFrame | None:
    """All rows at once, if every one has its `width` fields; else nothing.

    Polars refuses a row of too many fields, but fills up one of too few. The latter shows in a count: every delimiter
    either parts two fields or lies within a quoted one, and every line end either ends a row or lies within one.
    """
    if body.count(b'"') % 2 or has_mixed_line_ends(body):
        return None
    body = body if body.endswith(b"\n") else body + b"\n"
    try:
        rows = pl.read_csv(
            body,
            has_header=False,
            schema=_build_schema(width),
            separator=delimiter,
            empty_string_is_null=False,
            row_index_name=ROW_NUMBER,
            row_index_offset=first,
            raise_if_empty=False,
        ).with_columns(pl.col(ROW_NUMBER).cast(pl.Int64))
    except pl.exceptions.PolarsError:
        return None
    quoted = b'"' in body
    parted = rows.height * (width - 1) + (_count_in_fields(rows, delimiter).sum() if quoted else 0)
    if body.count(delimiter.encode()) != parted:
        return None
    lines = body.count(b"\n")
    if lines != rows.height:
        breaks = _count_in_fields(rows, "\n")
        if lines != rows.height + breaks.sum():
            return None
        rows = rows.with_columns(pl.col(ROW_NUMBER) + breaks.cum_sum().shift(1, fill_value=0))
    plain = not quoted or _compile_quoting(delimiter).fullmatch(body)
    return rows if plain or rows[ROW_NUMBER].to_list() == _find_first_lines(body, delimiter, first) else None


@cache
def _compile_quoting(delimiter: str) -> re.Pattern[bytes]:
    """Text in which every quotation mark stands around a field or is doubled within one."""
    mark = re.escape(delimiter.encode())
    return re.compile(rb'(?:(?:"(?:[^"]++|"")*+"|[^"\r\n%b]*+)(?:%b|\r?\n))*+' % (mark, mark))


def _find_first_lines(body: bytes, delimiter: str, first: int) -> list[int]:
    """The line at which each row begins, as Python's strict reader tells rows apart; none where it cannot."""
    reader = csv.reader(io.StringIO(body.decode()), delimiter=delimiter, strict=True)
    starts, start = list[int](), first
    try:
        for _ in reader:
            starts.append(start)
            start = first + reader.line_num
    except csv.Error:
        return []
    return starts


def _count_in_fields(rows: pl.DataFrame, mark: str) -> pl.Series:
    """How often a mark stands within the fields of each row."""
    fields = pl.exclude(ROW_NUMBER).str.count_matches(mark, literal=True)
    return rows.select(pl.sum_horizontal(fields.cast(pl.Int64))).to_series()


def _build_schema(width: int) -> dict[str, pl.DataType]:
    return {str(field): pl.String() for field in range(width)}


def _find_offset(text: bytes, lines: int) -> int:
    """Where the text goes on below its first `lines` lines."""
    end = 0
    for _ in range(lines):
        end = text.find(b"\n", end) + 1 or len(text)
    return end
