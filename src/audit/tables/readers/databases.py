"""Tables out of a database: the declared columns of each, all as they stood at one moment, read and never written."""

import importlib
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote

import polars as pl
import sqlglot
from sqlglot import exp

from audit.errors import AuditError, ExitCode, Problem
from audit.tables.limits import refuse_excess, start_clock
from audit.tables.readers import header
from audit.tables.readers.database_drivers import (
    DATABASE_KINDS,
    DatabaseKind,
    list_driver_errors,
    open_connection,
    parse_url,
)
from audit.tables.readers.delimited import ROW_NUMBER
from audit.tables.readers.opened_file import OpenedFile, find_mistyped_columns, open_typed_rows
from audit.tables.readers.row_digest import sort_and_digest_rows
from audit.tables.schema import Source


def is_database_url(data: Path | str) -> bool:
    """Whether the place of the tables is the URL of a database."""
    return isinstance(data, str) and data.partition(":")[0].lower() in DATABASE_KINDS


def read_database_tables(url: str, sources: Sequence[Source]) -> Iterator[tuple[Source, OpenedFile]]:
    """The rows of every source in turn, as one transaction that cannot write sees them.

    The rows are in the order of their lines (`row_digest.sort_and_digest_rows`), whose numbers are theirs and whose
    digest is the table's. What a table is called in messages and control totals names server, database and table, and
    no user.

    Raises `AuditError` before any row is read, with everything that is wrong: code DATA for tables that are not as
    declared, UNREADABLE for what does not answer or may not be read, USAGE for a URL or query that cannot be used.
    """
    parts = parse_url(url)
    kind = DATABASE_KINDS[parts.scheme]
    with closing(open_connection(kind, parts, place=_describe_place(parts))) as connection:
        _begin_snapshot(connection, kind, place=_describe_place(parts))
        queries, problems, code = {}, list[Problem](), ExitCode.DATA
        for source in sources:
            try:
                queries[source.name] = _prepare_query(connection, kind, source, place=_describe_place(parts, source))
            except AuditError as error:
                problems, code = [*problems, *error.problems], max(code, error.code)
                connection.rollback()  # an error ends the transaction
                _begin_snapshot(connection, kind, place=_describe_place(parts))
        if problems:
            raise AuditError(problems, code=code)
        for source in sources:
            yield (
                source,
                _read_rows(connection, kind, source, queries[source.name], place=_describe_place(parts, source)),
            )


def _describe_place(parts: SplitResult, source: Source | None = None) -> str:
    """Where a table is, without user, password or options; of a database in a file, without the folders above it."""
    port = f":{parts.port}" if parts.port else ""
    server = f"{parts.scheme}://{parts.hostname or ''}{port}/{parts.path.strip('/')}"
    place = server if DATABASE_KINDS[parts.scheme].server else f"{parts.scheme}:{Path(unquote(parts.path)).name}"
    return f"{place}/{source.relation or source.name}" if source else place


def _begin_snapshot(connection: Any, kind: DatabaseKind, *, place: str) -> None:
    try:
        for statement in kind.begin:
            with closing(connection.cursor()) as cursor:
                cursor.execute(statement)
    except list_driver_errors():
        what, mend = "cannot be read as one snapshot", "See that the database allows such transactions, and is there."
        raise AuditError(Problem(what=what, mend=mend, file=place), code=ExitCode.UNREADABLE) from None


def _prepare_query(connection: Any, kind: DatabaseKind, source: Source, *, place: str) -> str:
    """The query for a table's declared columns, which the database has answered for no rows: from then on no one can
    drop or empty the table before the reading is done."""
    rows = _build_row_source(source, kind)
    names = _list_columns(connection, kind, source, rows)
    if names is None:
        what = "the query is refused" if source.query else "no such table, or none that this user may see"
        mend = "Correct the `query`." if source.query else "Correct `relation`, or ask for the right to read it."
        raise AuditError(Problem(what=what, mend=mend, file=place), code=ExitCode.UNREADABLE)
    refuse_excess(len(names), source.limits, "columns", "a table of {} columns", file=place)
    absent = [name for name in _list_absent_columns(source) if source.list_headers()[name] not in names]
    declared = {header_name for name, header_name in source.list_headers().items() if name not in absent}
    header_problems = header.find_header_differences(names, source, file=place, kind="table")
    if problems := [problem for problem in header_problems if problem.column in declared]:
        raise AuditError(problems, code=ExitCode.DATA)
    try:
        arrow_schema = _read_schema(connection, _build_query(source, kind, rows, absent=absent))
    except list_driver_errors():
        what = "may not be read by this user, or only some of its rows"
        mend = "Ask for the right to SELECT the declared columns of every row."
        raise AuditError(Problem(what=what, mend=mend, file=place), code=ExitCode.UNREADABLE) from None
    as_text = [field.name for field in arrow_schema if not (kind.typed and _is_plain_type(field.type))]
    plain = arrow_schema.empty_table().select([field.name for field in arrow_schema if field.name not in as_text])
    types = dict(pl.DataFrame(pl.from_arrow(plain)).schema) | dict.fromkeys(as_text, pl.String())
    schema = {source.list_headers()[name]: type_ for name, type_ in types.items()}
    if problems := find_mistyped_columns(schema, source, file=place):
        raise AuditError(problems, code=ExitCode.DATA)
    return _build_query(source, kind, rows, as_text=as_text, absent=absent)


def _build_row_source(source: Source, kind: DatabaseKind) -> str:
    """What a table's rows are selected from: its relation, or its query in brackets."""
    if not source.query:
        return exp.to_table(source.relation or f'"{source.name}"', dialect=kind.dialect).sql(
            kind.dialect, identify=True
        )
    query = source.query.strip().rstrip(";")
    try:
        single = isinstance(sqlglot.parse_one(query, dialect=kind.dialect), exp.Query)
    except sqlglot.errors.SqlglotError:
        single = False
    if not single or source.relation:
        what = "`query` is not one query" if not single else "both `query` and `relation` are declared"
        raise _make_usage_error(
            what, "Give one SELECT, or the name of a table.", file=f"program.toml, tables.{source.name}"
        )
    return f"(\n{query}\n)"


def _list_absent_columns(source: Source) -> list[str]:
    """The columns that a database may lack, as files may: declared with an empty header. They are blank then."""
    return [name for name, column in source.columns.items() if any(not one.header for one in column.headers)]


def _build_query(
    source: Source, kind: DatabaseKind, rows: str, *, as_text: Sequence[str] = (), absent: Sequence[str] = ()
) -> str:
    """The declared columns under their own names, those of the key first. A name is never taken for a text.

    Those that are `absent` from the rows are null.
    """
    names = [*source.key, *(name for name in source.columns if name not in source.key)]
    columns = []
    for name in names:
        if name in absent:
            columns.append(f"CAST(NULL AS TEXT) AS {_quote_name(name, kind)}")
            continue
        cell = exp.column(source.list_headers()[name], table="q", quoted=True)
        written = cell.sql(kind.dialect)
        if not kind.typed:  # 17 digits are a number in full
            written = (
                f"CASE typeof({written}) WHEN 'real' THEN printf('%!.17g', {written}) ELSE CAST({written} AS TEXT) END"
            )
        elif name in as_text:
            written = exp.cast(cell, "text").sql(kind.dialect)
        columns.append(f"{written} AS {_quote_name(name, kind)}")
    query = f"SELECT {', '.join(columns)} FROM {rows} {_quote_name('q', kind)}"
    if kind.typed:
        return query
    first = ", ".join(f"'' AS {_quote_name(name, kind)}" for name in names)
    return f"SELECT {first} UNION ALL {query}"  # the driver takes a column's type from its first row; see `_read_rows`


def _list_columns(connection: Any, kind: DatabaseKind, source: Source, rows: str) -> list[str] | None:
    """The names of all columns of a table or query; nothing where there is none."""
    with suppress(*list_driver_errors()):
        if source.query:
            return list(_read_schema(connection, f"SELECT * FROM {rows} {_quote_name('q', kind)}").names)
        table = _build_relation(source, kind)
        return list(connection.adbc_get_table_schema(table.name, db_schema_filter=table.db or None).names)
    return None


def _read_rows(connection: Any, kind: DatabaseKind, source: Source, query: str, *, place: str) -> OpenedFile:
    """All rows that the query gives, of no more bytes and in no more time than the table's limits allow."""
    frames: list[pl.DataFrame] = []
    taken, refuse_overtime = 0, start_clock(source.limits, file=place)
    try:
        with closing(connection.cursor()) as cursor:
            cursor.execute(query)
            reader = cursor.fetch_record_batch()
            frames.append(pl.DataFrame(pl.from_arrow(reader.schema.empty_table())))  # the columns, were there no batch
            for batch in reader:
                refuse_overtime()
                taken += batch.nbytes
                refuse_excess(taken, source.limits, "unpacked_bytes", "rows of {} bytes or more", file=place)
                frames.append(pl.DataFrame(pl.from_arrow(batch)))
    except list_driver_errors() as error:
        state = getattr(error, "sqlstate", None)
        what = f"the reading ended after {sum(map(len, frames)):,} rows{f' (SQLSTATE {state})' if state else ''}"
        mend = "Nothing was made from them. See that the server still runs, and run it again."
        raise AuditError(Problem(what=what, mend=mend, file=place), code=ExitCode.UNREADABLE) from None
    raw_rows = pl.concat(frames)
    raw_rows = raw_rows if kind.typed else raw_rows[1:]  # its first row was not the table's
    if raw_rows.is_empty() and not source.may_be_empty:
        mend = "See that it was filled, and is the table meant. If it can have no rows, declare `may_be_empty = true`."
        problem = Problem(what="has no row", mend=mend, file=place)
        raise AuditError(problem, code=ExitCode.DATA)
    rows, digest = sort_and_digest_rows(raw_rows)
    numbered = rows.with_row_index(ROW_NUMBER, offset=1).with_columns(pl.col(ROW_NUMBER).cast(pl.Int64))
    return open_typed_rows(numbered.lazy(), source, rows_in=rows.height, problems=(), file=place, sha256=digest)


def _read_schema(connection: Any, query: str) -> Any:
    """The Arrow schema of a query that ends in its `FROM`."""
    with closing(connection.cursor()) as cursor:
        cursor.execute(f"{query} WHERE 1 = 0")
        return cursor.fetch_record_batch().schema


def _is_plain_type(kind: Any) -> bool:
    """Whether Arrow and polars have the type. Of any other, such as numeric, uuid or an enumeration, the database is
    asked for the text."""
    is_ = importlib.import_module("pyarrow.types")
    tests = (is_.is_boolean, is_.is_integer, is_.is_floating, is_.is_string, is_.is_large_string, is_.is_string_view)
    return any(test(kind) for test in (*tests, is_.is_date, is_.is_timestamp, is_.is_null))


def _build_relation(source: Source, kind: DatabaseKind) -> exp.Table:
    return exp.to_table(source.relation or f'"{source.name}"', dialect=kind.dialect)


def _quote_name(name: str, kind: DatabaseKind) -> str:
    return exp.to_identifier(name, quoted=True).sql(kind.dialect)


def _make_usage_error(what: str, mend: str, *, file: str) -> AuditError:
    return AuditError(Problem(what=what, mend=mend, file=file), code=ExitCode.USAGE)
