"""A file of delimited text, read at once or, where it is large, in blocks."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_plural
from audit.tables.limits import refuse_excess, start_clock
from audit.tables.readers import delimited, encodings, header
from audit.tables.readers.opened_file import (
    OpenedFile,
    make_empty_error,
    make_unreadable_error,
    open_text_rows,
    refuse_without_rows,
)
from audit.tables.readers.spill import ROWS_TO_SPILL, materialize_plan
from audit.tables.readers.unpacked import open_unpacked
from audit.tables.schema import Source

BLOCK_BYTES = 64_000_000  # bytes of text that are read at a time, of a file of more than a few times as many
MOST_AT_ONCE = 1_000_000_000  # bytes of text that are ever read at once
MOST_TO_EXPLAIN = 400_000_000  # bytes of text that are read at once to say what is wrong with them
DELIMITER_BY_SUFFIX = {".csv": ",", ".tsv": "\t", ".tab": "\t", ".psv": "|"}
_DELIMITERS = (",", "\t", "|", ";")


@dataclass(frozen=True, slots=True, kw_only=True)
class _TextFile:
    """How a file is to be read."""

    source: Source
    delimiter: str
    file: str
    sha256: str
    path_columns: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """What is in a block of a file: its rows, and how many fields those have that do not fit the header."""

    opened: OpenedFile
    width: int
    odd_widths: Counter[int]


def open_text_file(
    path: Path, source: Source, delimiter: str, *, file: str, sha256: str, path_columns: Collection[str]
) -> OpenedFile:
    """The rows of a text file, which is not in memory as a whole where it is large.

    Raises `AuditError`: code UNREADABLE for one that is empty, in another encoding, or has no row that fits its header;
    DATA for one without a header or without rows; USAGE for an unknown encoding.
    """
    text_file = _TextFile(source=source, delimiter=delimiter, file=file, sha256=sha256, path_columns=path_columns)
    data = _read_bytes(path, text_file, 4 * BLOCK_BYTES)
    if data is None and encodings.can_split_as_bytes(source.encoding):
        try:
            return _open_in_blocks(path, text_file)
        except AuditError as error:  # what is wrong shows in the whole
            if any("`limits." in problem.mend for problem in error.problems):
                raise
            data = _read_bytes(path, text_file, MOST_TO_EXPLAIN)
            if data is None:
                raise
    data = data or _read_bytes(path, text_file, MOST_AT_ONCE)
    if data is None:
        what = f"more than {MOST_AT_ONCE:,} bytes in the encoding {source.encoding}"
        raise make_unreadable_error(what, "Save it as UTF-8.", file)
    return _join_blocks([*_open_blocks([data], text_file)], text_file)


def _open_in_blocks(path: Path, text_file: _TextFile) -> OpenedFile:
    """A text file that is never in memory as a whole."""
    refuse_overtime = start_clock(text_file.source.limits, file=text_file.file)
    opened = list[_Block]()
    with open_unpacked(path, text_file.source.limits, file=text_file.file) as stream:
        blocks = delimited.read_blocks(stream, size=BLOCK_BYTES, file=text_file.file)
        for block in _open_blocks(blocks, text_file):
            opened.append(_spill_block(block))
            refuse_overtime()
    return _join_blocks(opened, text_file)


def _read_bytes(path: Path, text_file: _TextFile, most: int) -> bytes | None:
    """The bytes of a file, unpacked; None where there are more."""
    with open_unpacked(path, text_file.source.limits, file=text_file.file) as stream:
        data = stream.read(most + 1)
    return data if len(data) <= most else None


def _spill_block(block: _Block) -> _Block:
    opened = block.opened
    return replace(block, opened=replace(opened, rows=materialize_plan(opened.rows.lazy(), rows=ROWS_TO_SPILL)))


def _join_blocks(blocks: list[_Block], text_file: _TextFile) -> OpenedFile:
    opened = [block.opened for block in blocks]
    rows_in = sum(one.rows_in for one in opened)
    flaws = pl.concat([one.flaws for one in opened])
    odd_widths = sum((block.odd_widths for block in blocks), Counter[int]())
    if rows_in == flaws["row"].n_unique():  # not one row to use
        if odd_widths:
            raise _make_misfit_header_error(blocks[0].width, odd_widths, text_file.file)
        refuse_without_rows(text_file.source, text_file.file)
    rows = pl.concat([one.rows.lazy() for one in opened]) if len(opened) > 1 else opened[0].rows
    is_plain = all(one.is_plain for one in opened)
    return replace(opened[0], rows=rows, rows_in=rows_in, flaws=flaws, is_plain=is_plain)


def _make_misfit_header_error(width: int, odd_widths: Counter[int], file: str) -> AuditError:
    """That no row has as many fields as the header, which most often ends with a delimiter too many."""
    [[fields, count], *others] = odd_widths.most_common()
    names = format_plural(width, "name")
    what = f"the header has {names}, and no row as many fields: {format_plural(count, 'row')} of {fields:,}"
    mend = "Take the name too many out of the header, or give the rows all their fields."
    problem = Problem(what=what + ", and others" * bool(others), mend=mend, file=file)
    return AuditError(problem, code=ExitCode.UNREADABLE)


def _open_blocks(blocks: Iterable[bytes], text_file: _TextFile) -> Iterator[_Block]:
    """What each block of a text file holds; the first, and perhaps the only one, has the header."""
    source, delimiter, file = text_file.source, text_file.delimiter, text_file.file
    names, problems, before = list[str](), list[Problem](), 0
    for block in blocks:
        text, skip = encodings.decode_text(block, encoding=source.encoding, file=file, lines_before=before), 0
        if not names:
            skip, names = _find_header(text, source, delimiter, file=file)
            refuse_excess(len(names), source.limits, "columns", "the header has {} names", file=file)
            problems = header.find_header_differences(
                names, source, file=file, row=skip, path_columns=text_file.path_columns
            )
        width = len(names)
        rows, ragged = delimited.parse_rows(text, delimiter=delimiter, width=width, skip=skip, file=file, before=before)
        flaws = [(row, None, delimited.LONG if fields > width else delimited.SHORT) for row, fields in ragged]
        opened = open_text_rows(
            rows,
            names,
            source,
            flaws=flaws,
            unreadable_rows=len(ragged),
            problems=problems,
            file=file,
            sha256=text_file.sha256,
        )
        opened = replace(opened, is_plain=encodings.is_plain_text(text))
        yield _Block(opened=opened, width=width, odd_widths=Counter(fields for _, fields in ragged))
        before += text.count(b"\n")


def _find_header(text: bytes, source: Source, delimiter: str, *, file: str) -> tuple[int, list[str]]:
    """The header's last line, and its names."""
    if not text.strip():
        raise make_empty_error(file)
    if found := _parse_header(text, source, delimiter, file=file):
        return found
    problem = header.make_missing_header_problem(source, file=file)
    if delimited.has_mixed_line_ends(text):
        what = "a line ends with a carriage return alone, and others with a line feed"
        row = text.count(b"\n", 0, delimited.find_lone_return(text)) + 1
        problem = Problem(what=what, mend=delimited.MEND_LINE_ENDS, file=file, row=row)
        raise AuditError(problem, code=ExitCode.UNREADABLE)
    for other in _DELIMITERS:
        if _parse_header(text, source, other, file=file):
            problem = replace(problem, mend=f'Declare `delimiter = "{other}"`.'.replace("\t", "\\t"))
    raise AuditError(problem, code=ExitCode.DATA)


def _parse_header(text: bytes, source: Source, delimiter: str, *, file: str) -> tuple[int, list[str]] | None:
    records = delimited.parse_first_records(text, delimiter=delimiter, most=header.HEADER_SEARCH_ROWS)
    at = header.find_header_row([fields for _, fields in records], source)
    if at is None:
        return None
    first, last = records[at - 1][0] if at else 0, records[at][0]
    delimited.refuse_torn_record(text, first, last, delimiter=delimiter, file=file)
    return last, header.clean_header_names(records[at][1])
