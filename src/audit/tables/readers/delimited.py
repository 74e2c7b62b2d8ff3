"""Delimited text as it comes: bytes in, rows of text out, each numbered by the line that an editor shows."""

import csv
import io
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, lookup
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import BinaryIO

import polars as pl

from audit.errors import AuditError, ExitCode, Problem

ROW_NUMBER = "<row>"  # no declared column has this name
SHORT, LONG = "fewer fields than the header", "more fields than the header"


def read_blocks(stream: BinaryIO, *, size: int) -> Iterator[bytes]:
    """The bytes of a file by and by, about so many at a time, each block up to the end of a row.

    A line end after an even number of quotation marks ends a row, unless one stands within a field that is not quoted.
    """
    rest = b""
    while read := stream.read(size):
        rest += read
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


def can_split_as_bytes(encoding: str) -> bool:
    """Whether the bytes of a line end and a quotation mark are these in every text of an encoding."""
    try:
        return '"\n'.encode(encoding) == b'"\n'
    except LookupError:
        return False


def decode_text(data: bytes, *, encoding: str, file: str) -> bytes:
    """The text as UTF-8 with `\\n` or `\\r\\n` at line ends, without a byte order mark.

    Raises `AuditError`, code UNREADABLE, naming byte and row where the bytes are not text in the declared encoding.
    """
    if data.startswith(BOM_UTF8):
        data, encoding = data.removeprefix(BOM_UTF8), "utf-8"
    try:
        text = data.decode(encoding)
    except LookupError:
        problem = Problem(what=f'there is no encoding "{encoding}"', mend="Declare a known `encoding`.", file=file)
        raise AuditError(problem, code=ExitCode.USAGE) from None
    except UnicodeError as error:
        raise _make_encoding_error(data, encoding, file, at=getattr(error, "start", 0)) from None
    if "\0" in text[:200]:
        raise _make_encoding_error(data, encoding, file, at=data.index(b"\0"))
    if lookup(encoding).name == "utf-8":
        plain = data
    elif not data.isascii() and _guess_encoding(data) == "utf-8":  # any bytes are text in latin-1: no proof of it
        raise _make_encoding_error(data, encoding, file, at=next(i for i, byte in enumerate(data) if byte > 127))
    else:
        plain = text.encode()
    return plain if b"\n" in plain else plain.replace(b"\r", b"\n")


def _make_encoding_error(data: bytes, encoding: str, file: str, *, at: int) -> AuditError:
    problem = Problem(
        what=f"byte {at:,} shows that the text is not in the encoding {encoding}",
        mend=f'Declare `encoding = "{_guess_encoding(data)}"`.',
        file=file,
        row=data.count(b"\n", 0, at) + 1,
    )
    return AuditError(problem, code=ExitCode.UNREADABLE)


def _guess_encoding(data: bytes) -> str:
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in data:
        return "utf-16-be" if data.index(b"\0") % 2 == 0 else "utf-16-le"
    for encoding in ("utf-8", "cp1252"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"


def parse_first_records(text: bytes, *, delimiter: str, most: int = 50) -> list[tuple[int, list[str]]]:
    """The first records, each with the number of its last line; as far as they can be told apart."""
    reader = csv.reader(io.StringIO(text[:1_000_000].decode(errors="ignore")), delimiter=delimiter)
    records = []
    with suppress(csv.Error):
        for fields in islice(reader, most):
            records.append((reader.line_num, fields))
    return records


def parse_rows(
    text: bytes, *, delimiter: str, width: int, skip: int, file: str, before: int = 0
) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """The rows below the first `skip` lines, and those that have too few or too many fields; `before` it are so many.

    The rows: `ROW_NUMBER` (the line at which each begins) and the fields as text, in columns "0", "1" and so on. The
    others: `ROW_NUMBER`, and what is wrong. Raises `AuditError`, code UNREADABLE, where rows cannot be told apart.
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
            ragged.append((row, LONG if len(fields) > width else SHORT))
    return pl.DataFrame(regular, schema={ROW_NUMBER: pl.Int64(), **_build_schema(width)}, orient="row"), ragged


def _parse_records(body: bytes, *, delimiter: str, first: int, file: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(body.decode()), delimiter=delimiter, strict=True)
    row = first
    try:
        for fields in reader:
            yield row, fields
            row = first + reader.line_num
    except csv.Error:
        problem = Problem(
            what="a quotation mark or a line break is out of place, and rows cannot be told apart from here on",
            mend="Close the quotation, and double a quotation mark within it.",
            file=file,
            row=row,
        )
        raise AuditError(problem, code=ExitCode.UNREADABLE) from None


def _parse_regular_rows(body: bytes, *, delimiter: str, width: int, first: int) -> pl.DataFrame | None:
    """All rows at once, if every one has its `width` fields; else nothing.

    Polars refuses a row of too many fields, but fills up one of too few. The latter shows in a count: every delimiter
    either parts two fields or lies within a quoted one, and every line end either ends a row or lies within one.
    """
    if body.count(b'"') % 2:
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
    if lines == rows.height:
        return rows
    breaks = _count_in_fields(rows, "\n")
    if lines != rows.height + breaks.sum():
        return None
    return rows.with_columns(pl.col(ROW_NUMBER) + breaks.cum_sum().shift(1, fill_value=0))


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
