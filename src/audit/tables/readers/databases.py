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
from audit.tables.readers import header
from audit.tables.readers.database_drivers import KINDS, Kind, checked, connected, errors
from audit.tables.readers.delimited import ROW
from audit.tables.readers.files import Opened, mistyped, typed
from audit.tables.readers.row_digest import ordered
from audit.tables.schema import Source


def named(data: Path | str) -> bool:
    """Whether the place of the tables is the URL of a database."""
    return isinstance(data, str) and data.partition(":")[0].lower() in KINDS


def read(url: str, sources: Sequence[Source]) -> Iterator[tuple[Source, Opened]]:
    """The rows of every source in turn, as one transaction that cannot write sees them.

    The rows are in the order of their lines (`row_digest.ordered`), whose numbers are theirs and whose digest is the
    table's. What a table is called in messages and control totals names server, database and table, and no user.

    Raises `AuditError` before any row is read, with everything that is wrong: code DATA for tables that are not as
    declared, UNREADABLE for what does not answer or may not be read, USAGE for a URL or query that cannot be used.
    """
    parts = checked(url)
    kind = KINDS[parts.scheme]
    with closing(connected(kind, parts, place=_place(parts))) as connection:
        _begin(connection, kind, place=_place(parts))
        asked, problems, code = {}, list[Problem](), ExitCode.DATA
        for source in sources:
            try:
                asked[source.name] = _prepared(connection, kind, source, place=_place(parts, source))
            except AuditError as error:
                problems, code = [*problems, *error.problems], max(code, error.code)
                connection.rollback()  # an error ends the transaction
                _begin(connection, kind, place=_place(parts))
        if problems:
            raise AuditError(problems, code=code)
        for source in sources:
            yield source, _read(connection, kind, source, asked[source.name], place=_place(parts, source))


def _place(parts: SplitResult, source: Source | None = None) -> str:
    """Where a table is, without user, password or options; of a database in a file, without the folders above it."""
    port = f":{parts.port}" if parts.port else ""
    server = f"{parts.scheme}://{parts.hostname or ''}{port}/{parts.path.strip('/')}"
    place = server if KINDS[parts.scheme].server else f"{parts.scheme}:{Path(unquote(parts.path)).name}"
    return f"{place}/{source.relation or source.name}" if source else place


def _begin(connection: Any, kind: Kind, *, place: str) -> None:
    try:
        for statement in kind.begin:
            with closing(connection.cursor()) as cursor:
                cursor.execute(statement)
    except errors():
        what, mend = "cannot be read as one snapshot", "See that the database allows such transactions, and is there."
        raise AuditError(Problem(what=what, mend=mend, file=place), code=ExitCode.UNREADABLE) from None


def _prepared(connection: Any, kind: Kind, source: Source, *, place: str) -> str:
    """The query for a table's declared columns, which the database has answered for no rows: from then on no one can
    drop or empty the table before the reading is done."""
    rows = _rows(source, kind)
    names = _columns(connection, kind, source, rows)
    if names is None:
        what = "the query is refused" if source.query else "no such table, or none that this user may see"
        mend = "Correct the `query`." if source.query else "Correct `relation`, or ask for the right to read it."
        raise AuditError(Problem(what=what, mend=mend, file=place), code=ExitCode.UNREADABLE)
    declared = set(source.headers().values())
    found = header.differences(names, source, file=place, kind="table")
    if problems := [problem for problem in found if problem.column in declared]:
        raise AuditError(problems, code=ExitCode.DATA)
    try:
        held = _schema(connection, _select(source, kind, rows))
    except errors():
        what = "may not be read by this user, or only some of its rows"
        mend = "Ask for the right to SELECT the declared columns of every row."
        raise AuditError(Problem(what=what, mend=mend, file=place), code=ExitCode.UNREADABLE) from None
    as_text = [field.name for field in held if not (kind.typed and _plain(field.type))]
    plain = held.empty_table().select([field.name for field in held if field.name not in as_text])
    types = dict(pl.DataFrame(pl.from_arrow(plain)).schema) | dict.fromkeys(as_text, pl.String())
    schema = {source.headers()[name]: type_ for name, type_ in types.items()}
    if problems := mistyped(schema, source, file=place):
        raise AuditError(problems, code=ExitCode.DATA)
    return _select(source, kind, rows, as_text=as_text)


def _rows(source: Source, kind: Kind) -> str:
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
        raise _usage(what, "Give one SELECT, or the name of a table.", file=f"program.toml, tables.{source.name}")
    return f"(\n{query}\n)"


def _select(source: Source, kind: Kind, rows: str, *, as_text: Sequence[str] = ()) -> str:
    """The declared columns under their own names, those of the key first. A name is never taken for a text."""
    names = [*source.key, *(name for name in source.columns if name not in source.key)]
    columns = []
    for name in names:
        cell = exp.column(source.headers()[name], table="q", quoted=True)
        written = cell.sql(kind.dialect)
        if not kind.typed:  # 17 digits are a number in full
            written = (
                f"CASE typeof({written}) WHEN 'real' THEN printf('%!.17g', {written}) ELSE CAST({written} AS TEXT) END"
            )
        elif name in as_text:
            written = exp.cast(cell, "text").sql(kind.dialect)
        columns.append(f"{written} AS {_quoted(name, kind)}")
    query = f"SELECT {', '.join(columns)} FROM {rows} {_quoted('q', kind)}"
    if kind.typed:
        return query
    first = ", ".join(f"'' AS {_quoted(name, kind)}" for name in names)
    return f"SELECT {first} UNION ALL {query}"  # the driver takes a column's type from its first row; see `_read`


def _columns(connection: Any, kind: Kind, source: Source, rows: str) -> list[str] | None:
    """The names of all columns of a table or query; nothing where there is none."""
    with suppress(*errors()):
        if source.query:
            return list(_schema(connection, f"SELECT * FROM {rows} {_quoted('q', kind)}").names)
        table = _relation(source, kind)
        return list(connection.adbc_get_table_schema(table.name, db_schema_filter=table.db or None).names)
    return None


def _read(connection: Any, kind: Kind, source: Source, query: str, *, place: str) -> Opened:
    """All rows that the query gives."""
    frames: list[pl.DataFrame] = []
    try:
        with closing(connection.cursor()) as cursor:
            cursor.execute(query)
            for batch in cursor.fetch_record_batch():
                frames.append(pl.DataFrame(pl.from_arrow(batch)))
    except errors() as error:
        state = getattr(error, "sqlstate", None)
        what = f"the reading ended after {sum(map(len, frames)):,} rows{f' (SQLSTATE {state})' if state else ''}"
        mend = "Nothing was made from them. See that the server still runs, and run it again."
        raise AuditError(Problem(what=what, mend=mend, file=place), code=ExitCode.UNREADABLE) from None
    found = pl.concat(frames) if frames else pl.DataFrame()
    found = found if kind.typed else found[1:]  # its first row was not the table's
    if found.is_empty():
        problem = Problem(what="has no row", mend="See that it was filled, and is the table meant.", file=place)
        raise AuditError(problem, code=ExitCode.DATA)
    rows, digest = ordered(found)
    numbered = rows.with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.Int64))
    return typed(numbered.lazy(), source, rows_in=rows.height, problems=(), file=place, sha256=digest)


def _schema(connection: Any, query: str) -> Any:
    """The Arrow schema of a query that ends in its `FROM`."""
    with closing(connection.cursor()) as cursor:
        cursor.execute(f"{query} WHERE 1 = 0")
        return cursor.fetch_record_batch().schema


def _plain(kind: Any) -> bool:
    """Whether Arrow and polars have the type. Of any other, such as numeric, uuid or an enumeration, the database is
    asked for the text."""
    is_ = importlib.import_module("pyarrow.types")
    tests = (is_.is_boolean, is_.is_integer, is_.is_floating, is_.is_string, is_.is_large_string, is_.is_string_view)
    return any(test(kind) for test in (*tests, is_.is_date, is_.is_timestamp, is_.is_null))


def _relation(source: Source, kind: Kind) -> exp.Table:
    return exp.to_table(source.relation or f'"{source.name}"', dialect=kind.dialect)


def _quoted(name: str, kind: Kind) -> str:
    return exp.to_identifier(name, quoted=True).sql(kind.dialect)


def _usage(what: str, mend: str, *, file: str) -> AuditError:
    return AuditError(Problem(what=what, mend=mend, file=file), code=ExitCode.USAGE)
