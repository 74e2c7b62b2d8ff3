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
from audit.formatting import listed
from audit.tables.readers import cells, delimited, header
from audit.tables.readers.delimited import ROW
from audit.tables.readers.file_parts import Part
from audit.tables.readers.spill import LARGE, keep
from audit.tables.schema import Source

WORKBOOKS = (".xlsx", ".xlsm")
BLOCK = 64_000_000  # bytes of text that are read at a time, of a file of more than a few times as many
DELIMITERS = {".csv": ",", ".tsv": "\t", ".tab": "\t", ".psv": "|"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A file that could be opened: its rows as they are, under the columns' own names, and what is wrong with it."""

    source: Source  # with the headers that this file has
    file: str
    sha256: str
    rows: pl.DataFrame | pl.LazyFrame  # ROW and the declared columns that the file has; no blank row
    rows_in: int
    flaws: pl.DataFrame
    problems: Sequence[Problem]


def open_part(part: Part, source: Source) -> Opened:
    """A file of the table, with the columns that its path gives where the file itself does not have them.

    Raises `AuditError` as `open_file` does, or with code USAGE where two headers hold for one column.
    """
    as_here = source.of_file(part.file, part.month)
    opened = open_file(part.path, as_here, file=part.file, given=part.given)
    held = opened.rows.lazy().collect_schema().names()
    spelled = {name: header for name, header in as_here.headers().items() if name not in held}
    given = {name: pl.lit(part.given[header], pl.String) for name, header in spelled.items() if header in part.given}
    absent = {name: pl.lit(None, pl.String) for name in source.columns if name not in as_here.columns}
    if not given and not absent:
        return opened
    whole = replace(as_here, columns=source.columns | as_here.columns)
    return replace(opened, source=whole, rows=opened.rows.with_columns(**given, **absent))


def open_file(path: Path, source: Source, *, file: str, given: Collection[str] = ()) -> Opened:
    """The file at `path`, called `file` in every message; columns that are `given` elsewhere need not be in it.

    Raises `AuditError`: code UNREADABLE for a file that is empty, damaged or in another encoding; DATA for one without
    a header or without rows; USAGE for a kind of file, or a sheet, that has to be declared.
    """
    kind = Path(path.name.lower().removesuffix(".gz")).suffix
    try:
        if not path.stat().st_size:
            raise _empty(file)
        if kind == ".parquet":
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            return _parquet(path, source, file=file, sha256=digest, given=given)
        delimiter = source.delimiter or DELIMITERS.get(kind)
        plain = path.suffix.lower() not in (".gz", *WORKBOOKS) and delimited.parts_at_bytes(source.encoding)
        if delimiter and plain and path.stat().st_size > 4 * BLOCK:
            with suppress(AuditError):  # what is wrong shows in the whole
                return _in_blocks(path, source, delimiter, file=file, given=given)
        stored = path.read_bytes()
        data = gzip.decompress(stored) if path.suffix.lower() == ".gz" else stored
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(f"cannot be opened ({type(error).__name__})", "Get the file again.", file) from None
    digest = hashlib.sha256(stored).hexdigest()
    if kind in WORKBOOKS:
        return _spreadsheet(data, source, file=file, sha256=digest, given=given)
    if delimiter is None:
        mend = "Declare its `delimiter`, or make it a .csv, .tsv, .psv, .xlsx or .parquet file."
        raise AuditError(Problem(what="a file of no known kind", mend=mend, file=file), code=ExitCode.USAGE)
    [opened] = _text([data], source, delimiter, file=file, given=given, sha256=digest)
    return opened


def _unreadable(what: str, mend: str, file: str) -> AuditError:
    return AuditError(Problem(what=what, mend=mend, file=file), code=ExitCode.UNREADABLE)


def _empty(file: str, *, sheet: str | None = None) -> AuditError:
    problem = Problem(what="empty", mend="Export the table again.", file=file, sheet=sheet)
    return AuditError(problem, code=ExitCode.UNREADABLE)


def _in_blocks(path: Path, source: Source, delimiter: str, *, file: str, given: Collection[str]) -> Opened:
    """A text file that is never in memory as a whole."""
    digest = hashlib.sha256()

    def blocks(stream: BinaryIO) -> Iterator[bytes]:
        for block in delimited.blocks(stream, size=BLOCK):
            digest.update(block)
            yield block

    with path.open("rb") as stream:
        opened = [
            replace(one, rows=keep(one.rows.lazy(), rows=LARGE))
            for one in _text(blocks(stream), source, delimiter, file=file, given=given)
        ]
    return replace(
        opened[0],
        sha256=digest.hexdigest(),
        rows=pl.concat([one.rows.lazy() for one in opened]),
        rows_in=sum(one.rows_in for one in opened),
        flaws=pl.concat([one.flaws for one in opened]),
    )


def _text(
    blocks: Iterable[bytes], source: Source, delimiter: str, *, file: str, given: Collection[str], sha256: str = ""
) -> Iterator[Opened]:
    """What each block of a text file holds; the first, and perhaps the only one, has the header."""
    names, problems, before = list[str](), list[Problem](), 0
    for block in blocks:
        text, skip = delimited.decode(block, encoding=source.encoding, file=file), 0
        if not names:
            skip, names = _head(text, source, delimiter, file=file)
            problems = header.differences(names, source, file=file, row=skip, given=given)
        how: dict[str, Any] = {"delimiter": delimiter, "width": len(names), "skip": skip, "before": before}
        rows, ragged = delimited.read(text, file=file, **how)
        yield _below(rows, names, source, ragged=ragged, problems=problems, file=file, sha256=sha256)
        before += text.count(b"\n")


def _head(text: bytes, source: Source, delimiter: str, *, file: str) -> tuple[int, list[str]]:
    """The header's last line, and its names."""
    if not text.strip():
        raise _empty(file)
    head = delimited.head(text, delimiter=delimiter, most=header.WITHIN)
    at = header.find([fields for _, fields in head], source)
    if at is None:
        problem = header.absent(source, file=file)
        for other in DELIMITERS.values():
            if header.find([fields for _, fields in delimited.head(text, delimiter=other)], source) is not None:
                problem = replace(problem, mend=f'Declare `delimiter = "{other}"`.'.replace("\t", "\\t"))
        raise AuditError(problem, code=ExitCode.DATA)
    return head[at][0], header.named(head[at][1])


def _spreadsheet(data: bytes, source: Source, *, file: str, sha256: str, given: Collection[str]) -> Opened:
    try:
        sheets = fastexcel.read_excel(data).sheet_names
    except fastexcel.FastExcelError:
        raise _unreadable("not a workbook that can be opened", "Save it again, without a password.", file) from None
    sheet = source.sheet or sheets[0]
    if sheet not in sheets or (len(sheets) > 1 and not source.sheet):
        what = f'no sheet "{sheet}"' if source.sheet else f"{len(sheets)} sheets"
        mend = f"Declare the `sheet`: {listed(sheets, most=6)}."
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
    at = header.find(grid.head(header.WITHIN).rows(), source)
    if grid.is_empty():
        raise _empty(file, sheet=sheet)
    if at is None:
        raise AuditError(header.absent(source, file=file, sheet=sheet), code=ExitCode.DATA)
    names = header.named(grid.row(at))
    grid.columns = [str(field) for field in range(grid.width)]
    rows = grid[at + 1 :].with_row_index(ROW, offset=at + 2).with_columns(pl.col(ROW).cast(pl.Int64))
    problems = header.differences(names, source, file=file, sheet=sheet, row=at + 1, given=given)
    return _below(rows, names, source, ragged=[], problems=problems, file=file, sha256=sha256)


def _below(
    rows: pl.DataFrame,
    names: Sequence[str],
    source: Source,
    *,
    ragged: Sequence[tuple[int, str]],
    problems: Sequence[Problem],
    file: str,
    sha256: str,
) -> Opened:
    """The rows below a header, blank ones parted from the others, under the columns' own names."""
    blank = pl.all_horizontal(pl.exclude(ROW).str.strip_chars().fill_null("") == "")
    used = rows.filter(~blank)
    if used.is_empty() and not ragged:
        raise AuditError(_no_rows(file), code=ExitCode.DATA)
    blanks = [(row, cells.BLANK_ROW) for row in rows.filter(blank)[ROW]]
    declared = {name: names.index(spelled) for name, spelled in source.headers().items() if spelled in names}
    return Opened(
        source=source,
        file=file,
        sha256=sha256,
        rows=used.select(ROW, *(pl.col(str(field)).alias(name) for name, field in declared.items())),
        rows_in=rows.height + len(ragged),
        flaws=_flaws(file, [*blanks, *ragged]),
        problems=problems,
    )


def _no_rows(file: str) -> Problem:
    return Problem(what="a header, and no rows below it", mend="Check that the table was exported in full.", file=file)


def _parquet(path: Path, source: Source, *, file: str, sha256: str, given: Collection[str]) -> Opened:
    """A scan of the declared columns. A row's number is its place in the file, from 1."""
    try:
        scan = pl.scan_parquet(path, row_index_name=ROW, row_index_offset=1, glob=False)
        schema = scan.collect_schema()
        rows_in = scan.select(pl.len()).collect().item()
    except pl.exceptions.PolarsError:
        raise _unreadable("not a Parquet file that can be read", "Write it again.", file) from None
    if not rows_in:
        raise AuditError(_no_rows(file), code=ExitCode.DATA)
    problems = header.differences([name for name in schema if name != ROW], source, file=file, given=given)
    problems += mistyped(schema, source, file=file)
    fitting = [name for name, spelled in source.headers().items() if fits(name, schema.get(spelled), source)]
    rows = scan.select(pl.col(ROW).cast(pl.Int64), *(pl.col(source.headers()[name]).alias(name) for name in fitting))
    return typed(rows, source, rows_in=rows_in, problems=problems, file=file, sha256=sha256)


def typed(
    rows: pl.LazyFrame, source: Source, *, rows_in: int, problems: Sequence[Problem], file: str, sha256: str
) -> Opened:
    """Rows that came with types of their own, those in which every cell is null parted from the others."""
    blank = pl.all_horizontal(pl.exclude(ROW).is_null())
    blanks = rows.filter(blank).select(ROW).collect()[ROW]
    return Opened(
        source=source,
        file=file,
        sha256=sha256,
        rows=rows.filter(~blank) if len(blanks) else rows,
        rows_in=rows_in,
        flaws=_flaws(file, [(row, cells.BLANK_ROW) for row in blanks]),
        problems=problems,
    )


def fits(name: str, held: pl.DataType | None, source: Source) -> bool:
    """Whether a column that holds this type can be read as it is declared."""
    return held is not None and cells.accepts(source.columns[name], held)


def mistyped(schema: Mapping[str, pl.DataType], source: Source, *, file: str) -> list[Problem]:
    """Every column, by its header, that holds a type which cannot be read as it is declared."""
    found = []
    for name, spelled in source.headers().items():
        held = schema.get(spelled)
        if held is not None and not fits(name, held, source):
            zoned = isinstance(held, pl.Datetime) and held.time_zone
            mend = "Give it as local time, without a time zone." if zoned else "Declare the `type` that it holds."
            what = f"holds {held}, where {source.columns[name].type} is declared"
            found.append(Problem(what=what, mend=mend, file=file, column=spelled))
    return found


def _flaws(file: str, rows: Sequence[tuple[int, str]]) -> pl.DataFrame:
    return pl.DataFrame([(file, row, None, what) for row, what in rows], schema=cells.FLAWS, orient="row")
