"""A table file as it comes: text, spreadsheet or Parquet, its rows under the declared names, before they are judged."""

import gzip
import hashlib
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import fastexcel
import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_list
from audit.months import find_month
from audit.tables.readers import cells, delimited, header
from audit.tables.readers.delimited import ROW_NUMBER
from audit.tables.readers.file_parts import TableFile
from audit.tables.readers.spill import ROWS_TO_SPILL, materialize_plan
from audit.tables.schema import Source

WORKBOOK_SUFFIXES = (".xlsx", ".xlsm")
BLOCK_BYTES = 64_000_000  # bytes of text that are read at a time, of a file of more than a few times as many
DELIMITER_BY_SUFFIX = {".csv": ",", ".tsv": "\t", ".tab": "\t", ".psv": "|"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedFile:
    """A file that could be opened: its rows as they are, under the columns' own names, and what is wrong with it."""

    source: Source  # with the headers that this file has
    file: str
    sha256: str
    rows: pl.DataFrame | pl.LazyFrame  # ROW_NUMBER and the declared columns that the file has; no blank row
    rows_in: int
    flaws: pl.DataFrame
    problems: Sequence[Problem]


def open_table_file(part: TableFile, source: Source) -> OpenedFile:
    """A file of the table, with the columns that its path gives where the file itself does not have them.

    Raises `AuditError` as `open_file` does, or with code USAGE where two headers hold for one column.
    """
    as_here = source.adapt_to_file(part.file, part.month)
    if part.sheet:
        as_here = replace(as_here, sheet=part.sheet)
    if part.month and find_month(part.month) in source.absent:
        as_here = replace(as_here, may_be_empty=True)
    opened = open_file(part.path, as_here, file=part.file, path_columns=part.path_columns)
    file_columns = opened.rows.lazy().collect_schema().names()
    missing_headers = {name: header for name, header in as_here.list_headers().items() if name not in file_columns}
    path_columns = {
        name: pl.lit(part.path_columns[header], pl.String)
        for name, header in missing_headers.items()
        if header in part.path_columns
    }
    absent = {name: pl.lit(None, pl.String) for name in source.columns if name not in as_here.columns}
    if not path_columns and not absent:
        return opened
    whole = replace(as_here, columns=source.columns | as_here.columns)
    return replace(opened, source=whole, rows=opened.rows.with_columns(**path_columns, **absent))


def open_file(path: Path, source: Source, *, file: str, path_columns: Collection[str] = ()) -> OpenedFile:
    """The file at `path`, called `file` in every message; columns that are `path_columns` elsewhere need not be in it.

    Raises `AuditError`: code UNREADABLE for a file that is empty, damaged or in another encoding; DATA for one without
    a header or without rows; USAGE for a kind of file, or a sheet, that has to be declared.
    """
    kind = Path(path.name.lower().removesuffix(".gz")).suffix
    try:
        if not path.stat().st_size:
            raise _make_empty_error(file)
        if kind == ".parquet":
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            return _open_parquet(path, source, file=file, sha256=digest, path_columns=path_columns)
        delimiter = source.delimiter or DELIMITER_BY_SUFFIX.get(kind)
        plain = path.suffix.lower() not in (".gz", *WORKBOOK_SUFFIXES) and delimited.can_split_as_bytes(source.encoding)
        if delimiter and plain and path.stat().st_size > 4 * BLOCK_BYTES:
            with suppress(AuditError):  # what is wrong shows in the whole
                return _open_in_blocks(path, source, delimiter, file=file, path_columns=path_columns)
        stored = path.read_bytes()
        data = gzip.decompress(stored) if path.suffix.lower() == ".gz" else stored
    except (OSError, EOFError, zlib.error) as error:
        raise _make_unreadable_error(
            f"cannot be opened ({type(error).__name__})", "Get the file again.", file
        ) from None
    digest = hashlib.sha256(stored).hexdigest()
    if kind in WORKBOOK_SUFFIXES:
        return _open_spreadsheet(data, source, file=file, sha256=digest, path_columns=path_columns)
    if delimiter is None:
        mend = "Declare its `delimiter`, or make it a .csv, .tsv, .psv, .xlsx or .parquet file."
        raise AuditError(Problem(what="a file of no known kind", mend=mend, file=file), code=ExitCode.USAGE)
    [opened] = _open_text([data], source, delimiter, file=file, path_columns=path_columns, sha256=digest)
    return opened


def _make_unreadable_error(what: str, mend: str, file: str) -> AuditError:
    return AuditError(Problem(what=what, mend=mend, file=file), code=ExitCode.UNREADABLE)


def _make_empty_error(file: str, *, sheet: str | None = None) -> AuditError:
    problem = Problem(what="empty", mend="Export the table again.", file=file, sheet=sheet)
    return AuditError(problem, code=ExitCode.UNREADABLE)


def _open_in_blocks(
    path: Path, source: Source, delimiter: str, *, file: str, path_columns: Collection[str]
) -> OpenedFile:
    """A text file that is never in memory as a whole."""
    digest = hashlib.sha256()

    def read_and_digest(stream: BinaryIO) -> Iterator[bytes]:
        for block in delimited.read_blocks(stream, size=BLOCK_BYTES):
            digest.update(block)
            yield block

    with path.open("rb") as stream:
        opened = [
            replace(one, rows=materialize_plan(one.rows.lazy(), rows=ROWS_TO_SPILL))
            for one in _open_text(read_and_digest(stream), source, delimiter, file=file, path_columns=path_columns)
        ]
    return replace(
        opened[0],
        sha256=digest.hexdigest(),
        rows=pl.concat([one.rows.lazy() for one in opened]),
        rows_in=sum(one.rows_in for one in opened),
        flaws=pl.concat([one.flaws for one in opened]),
    )


def _open_text(
    blocks: Iterable[bytes],
    source: Source,
    delimiter: str,
    *,
    file: str,
    path_columns: Collection[str],
    sha256: str = "",
) -> Iterator[OpenedFile]:
    """What each block of a text file holds; the first, and perhaps the only one, has the header."""
    names, problems, before = list[str](), list[Problem](), 0
    for block in blocks:
        text, skip = delimited.decode_text(block, encoding=source.encoding, file=file), 0
        if not names:
            skip, names = _find_header(text, source, delimiter, file=file)
            problems = header.find_header_differences(names, source, file=file, row=skip, path_columns=path_columns)
        how: dict[str, Any] = {"delimiter": delimiter, "width": len(names), "skip": skip, "before": before}
        rows, ragged = delimited.parse_rows(text, file=file, **how)
        yield _open_text_rows(rows, names, source, ragged=ragged, problems=problems, file=file, sha256=sha256)
        before += text.count(b"\n")


def _find_header(text: bytes, source: Source, delimiter: str, *, file: str) -> tuple[int, list[str]]:
    """The header's last line, and its names."""
    if not text.strip():
        raise _make_empty_error(file)
    head = delimited.parse_first_records(text, delimiter=delimiter, most=header.HEADER_SEARCH_ROWS)
    at = header.find_header_row([fields for _, fields in head], source)
    if at is None:
        problem = header.make_missing_header_problem(source, file=file)
        for other in DELIMITER_BY_SUFFIX.values():
            if (
                header.find_header_row(
                    [fields for _, fields in delimited.parse_first_records(text, delimiter=other)], source
                )
                is not None
            ):
                problem = replace(problem, mend=f'Declare `delimiter = "{other}"`.'.replace("\t", "\\t"))
        raise AuditError(problem, code=ExitCode.DATA)
    return head[at][0], header.clean_header_names(head[at][1])


def _open_spreadsheet(
    data: bytes, source: Source, *, file: str, sha256: str, path_columns: Collection[str]
) -> OpenedFile:
    try:
        sheets = fastexcel.read_excel(data).sheet_names
    except fastexcel.FastExcelError:
        raise _make_unreadable_error(
            "not a workbook that can be opened", "Save it again, without a password.", file
        ) from None
    sheet = source.sheet or sheets[0]
    if sheet not in sheets or (len(sheets) > 1 and not source.sheet):
        what = f'no sheet "{sheet}"' if source.sheet else f"{len(sheets)} sheets"
        mend = f"Declare the `sheet`: {format_list(sheets, most=6)}."
        raise AuditError(Problem(what=what, mend=mend, file=file), code=ExitCode.USAGE)
    grid = pl.read_excel(
        data,
        sheet_name=sheet,
        has_header=False,
        infer_schema_length=0,
        drop_empty_rows=False,
        drop_empty_cols=False,
        read_options={"skip_rows": 0},
        raise_if_empty=False,
    )
    at = header.find_header_row(grid.head(header.HEADER_SEARCH_ROWS).rows(), source)
    if grid.is_empty():
        raise _make_empty_error(file, sheet=sheet)
    if at is None:
        raise AuditError(header.make_missing_header_problem(source, file=file, sheet=sheet), code=ExitCode.DATA)
    names = header.clean_header_names(grid.row(at))
    grid.columns = [str(field) for field in range(grid.width)]
    rows = grid[at + 1 :].with_row_index(ROW_NUMBER, offset=at + 2).with_columns(pl.col(ROW_NUMBER).cast(pl.Int64))
    problems = header.find_header_differences(
        names, source, file=file, sheet=sheet, row=at + 1, path_columns=path_columns
    )
    return _open_text_rows(rows, names, source, ragged=[], problems=problems, file=file, sha256=sha256)


def _open_text_rows(
    rows: pl.DataFrame,
    names: Sequence[str],
    source: Source,
    *,
    ragged: Sequence[tuple[int, str]],
    problems: Sequence[Problem],
    file: str,
    sha256: str,
) -> OpenedFile:
    """The rows below a header, blank ones parted from the others, under the columns' own names."""
    blank = pl.all_horizontal(pl.exclude(ROW_NUMBER).str.strip_chars().fill_null("") == "")
    used = rows.filter(~blank)
    if used.is_empty() and not ragged and not source.may_be_empty:
        raise AuditError(_make_no_rows_problem(file), code=ExitCode.DATA)
    blanks = [(row, cells.BLANK_ROW) for row in rows.filter(blank)[ROW_NUMBER]]
    declared = {
        name: names.index(header_name) for name, header_name in source.list_headers().items() if header_name in names
    }
    return OpenedFile(
        source=source,
        file=file,
        sha256=sha256,
        rows=used.select(ROW_NUMBER, *(pl.col(str(field)).alias(name) for name, field in declared.items())),
        rows_in=rows.height + len(ragged),
        flaws=_make_flaws(file, [*blanks, *ragged]),
        problems=problems,
    )


def _make_no_rows_problem(file: str) -> Problem:
    mend = "Check that the table was exported in full. If it can have no rows, declare `may_be_empty = true`."
    return Problem(what="a header, and no rows below it", mend=mend, file=file)


def _open_parquet(path: Path, source: Source, *, file: str, sha256: str, path_columns: Collection[str]) -> OpenedFile:
    """A scan of the declared columns. A row's number is its place in the file, from 1."""
    try:
        scan = pl.scan_parquet(path, row_index_name=ROW_NUMBER, row_index_offset=1, glob=False)
        schema = scan.collect_schema()
        rows_in = scan.select(pl.len()).collect().item()
    except pl.exceptions.PolarsError:
        raise _make_unreadable_error("not a Parquet file that can be read", "Write it again.", file) from None
    if not rows_in and not source.may_be_empty:
        raise AuditError(_make_no_rows_problem(file), code=ExitCode.DATA)
    problems = header.find_header_differences(
        [name for name in schema if name != ROW_NUMBER], source, file=file, path_columns=path_columns
    )
    problems += find_mistyped_columns(schema, source, file=file)
    fitting = [
        name
        for name, header_name in source.list_headers().items()
        if can_read_column(name, schema.get(header_name), source)
    ]
    rows = scan.select(
        pl.col(ROW_NUMBER).cast(pl.Int64), *(pl.col(source.list_headers()[name]).alias(name) for name in fitting)
    )
    return open_typed_rows(rows, source, rows_in=rows_in, problems=problems, file=file, sha256=sha256)


def open_typed_rows(
    rows: pl.LazyFrame, source: Source, *, rows_in: int, problems: Sequence[Problem], file: str, sha256: str
) -> OpenedFile:
    """Rows that came with types of their own, those in which every cell is null parted from the others."""
    blank = pl.all_horizontal(pl.exclude(ROW_NUMBER).is_null())
    blanks = rows.filter(blank).select(ROW_NUMBER).collect()[ROW_NUMBER]
    return OpenedFile(
        source=source,
        file=file,
        sha256=sha256,
        rows=rows.filter(~blank) if len(blanks) else rows,
        rows_in=rows_in,
        flaws=_make_flaws(file, [(row, cells.BLANK_ROW) for row in blanks]),
        problems=problems,
    )


def can_read_column(name: str, dtype: pl.DataType | None, source: Source) -> bool:
    """Whether a column that holds this type can be read as it is declared."""
    return dtype is not None and cells.can_read_type(source.columns[name], dtype)


def find_mistyped_columns(schema: Mapping[str, pl.DataType], source: Source, *, file: str) -> list[Problem]:
    """Every column, by its header, that holds a type which cannot be read as it is declared."""
    problems = []
    for name, header_name in source.list_headers().items():
        dtype = schema.get(header_name)
        if dtype is not None and not can_read_column(name, dtype, source):
            zoned = isinstance(dtype, pl.Datetime) and dtype.time_zone
            mend = "Give it as local time, without a time zone." if zoned else "Declare the `type` that it holds."
            what = f"holds {dtype}, where {source.columns[name].type} is declared"
            problems.append(Problem(what=what, mend=mend, file=file, column=header_name))
    return problems


def _make_flaws(file: str, rows: Sequence[tuple[int, str]]) -> pl.DataFrame:
    return pl.DataFrame([(file, row, None, what) for row, what in rows], schema=cells.FLAW_SCHEMA, orient="row")
