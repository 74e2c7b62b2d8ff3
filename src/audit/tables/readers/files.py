"""A table file as it comes: text, spreadsheet or Parquet, its rows under the declared names, before they are judged."""

import hashlib
import zlib
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.months import find_month
from audit.tables.limits import refuse_excess, start_clock
from audit.tables.readers import header
from audit.tables.readers.damage import refuse_damaged_file
from audit.tables.readers.delimited import ROW_NUMBER
from audit.tables.readers.file_parts import TableFile
from audit.tables.readers.opened_file import (
    OpenedFile,
    can_read_column,
    find_mistyped_columns,
    make_empty_error,
    make_unreadable_error,
    open_typed_rows,
    refuse_without_rows,
)
from audit.tables.readers.sheets import read_workbook_bytes
from audit.tables.readers.spreadsheets import open_spreadsheet
from audit.tables.readers.text_files import DELIMITER_BY_SUFFIX, open_text_file
from audit.tables.readers.workbooks import WORKBOOK_SUFFIXES
from audit.tables.schema import Source

#: Whole numbers that may be too large for ours: they are read as text is, and refused by row.
_WIDE_INTEGERS = (pl.UInt64, pl.Int128, pl.UInt128)
_DAMAGED_PARQUET = ("not a Parquet file that can be read", "Write it again.")


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
    delimiter = source.delimiter or DELIMITER_BY_SUFFIX.get(kind)
    try:
        if not path.stat().st_size:
            raise make_empty_error(file)
        refuse_excess(path.stat().st_size, source.limits, "bytes", "a file of {} bytes", file=file)
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if kind == ".parquet":
            return _open_parquet(path, source, file=file, sha256=digest, path_columns=path_columns)
        if kind in WORKBOOK_SUFFIXES:
            data = read_workbook_bytes(path, source.limits, file=file)
            return open_spreadsheet(data, source, file=file, sha256=digest, path_columns=path_columns)
        if delimiter is None:
            mend = "Declare its `delimiter`, or make it a .csv, .tsv, .psv, .xlsx or .parquet file."
            raise AuditError(Problem(what="a file of no known kind", mend=mend, file=file), code=ExitCode.USAGE)
        return open_text_file(path, source, delimiter, file=file, sha256=digest, path_columns=path_columns)
    except (OSError, EOFError, zlib.error) as error:
        raise make_unreadable_error(f"cannot be opened ({type(error).__name__})", "Get the file again.", file) from None


def _refuse_damaged_parquet(path: Path, source: Source, file: str) -> None:
    """Read every declared column once with Arrow, which fails where polars would end the whole process."""
    import pyarrow as pa
    from pyarrow import parquet

    _refuse_long_footer(path, source, file)
    refuse_overtime, rows = start_clock(source.limits, file=file), 0
    try:
        with parquet.ParquetFile(path) as stored:
            names = set(source.list_headers().values()).intersection(stored.schema_arrow.names)
            refuse_excess(
                len(stored.schema_arrow.names), source.limits, "columns", "the file has {} columns", file=file
            )
            for batch in stored.iter_batches(columns=sorted(names)):
                rows += batch.num_rows
                refuse_overtime()
            if names and rows != stored.metadata.num_rows:
                raise OSError
    except NotImplementedError:  # a type that Arrow does not know; then it is for polars to read
        return
    except (pa.ArrowException, OSError, ValueError, LookupError, MemoryError):
        what, mend = _DAMAGED_PARQUET
        raise make_unreadable_error(what, mend, file) from None


def _refuse_long_footer(path: Path, source: Source, file: str) -> None:
    """Refuse a Parquet file by what its last eight bytes say of its footer: its length, and the mark of the format."""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 8))
        end = stream.read(8)
    if end.endswith(b"PAR1"):
        length = int.from_bytes(end[:4], "little")
        refuse_excess(length, source.limits, "footer_bytes", "a Parquet footer of {} bytes", file=file)


def _open_parquet(path: Path, source: Source, *, file: str, sha256: str, path_columns: Collection[str]) -> OpenedFile:
    """A scan of the declared columns. A row's number is its place in the file, from 1."""
    what, mend = _DAMAGED_PARQUET
    _refuse_damaged_parquet(path, source, file)
    with refuse_damaged_file(what, mend, file=file):
        scan = pl.scan_parquet(path, row_index_name=ROW_NUMBER, row_index_offset=1, glob=False)
        schema = scan.collect_schema()
        rows_in = scan.select(pl.len()).collect().item()
    if not rows_in:
        refuse_without_rows(source, file)
    problems = header.find_header_differences(
        [name for name in schema if name != ROW_NUMBER], source, file=file, path_columns=path_columns
    )
    problems += find_mistyped_columns(schema, source, file=file)
    fitting = {
        name: pl.col(header_name).cast(pl.String) if schema[header_name] in _WIDE_INTEGERS else pl.col(header_name)
        for name, header_name in source.list_headers().items()
        if can_read_column(name, schema.get(header_name), source)
    }
    rows = scan.select(pl.col(ROW_NUMBER).cast(pl.Int64), *(cell.alias(name) for name, cell in fitting.items()))
    with refuse_damaged_file(what, mend, file=file):
        return open_typed_rows(rows, source, rows_in=rows_in, problems=problems, file=file, sha256=sha256)
