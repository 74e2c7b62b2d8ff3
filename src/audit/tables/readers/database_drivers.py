"""The kinds of database, by the scheme of their URL: how each is reached, and what makes one snapshot of it."""

import importlib
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from audit.errors import AuditError, ExitCode, Problem, make_usage_error

PASSWORD_VARIABLE = "PGPASSWORD"
#: Options by which libpq leaves the server, the user or the password that the URL names for others.
REDIRECTING_OPTIONS = {"host", "hostaddr", "port", "dbname", "user", "service", "passfile"}
RETRY_PAUSES = (1, 4)  # seconds before a server that does not answer is tried again; never once a row was read


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseKind:
    """One kind of database: how it is reached, what it is asked in, and what makes a transaction one snapshot."""

    connect: Callable[[SplitResult, str | None], Any]  # the URL, and a password where a keyring has one
    dialect: str  # as sqlglot names it
    begin: tuple[str, ...] = ()
    typed: bool = True  # a column has one type; otherwise every cell is read as its text
    server: bool = True
    password: str = PASSWORD_VARIABLE  # the variable that holds a server's, and goes before the keyring


def parse_url(url: str) -> SplitResult:
    """The URL in its parts, if it is one and holds no secret."""
    try:
        parts = urlsplit(url)
        understood = "://" in url and parts.port != 0
    except ValueError:
        understood = False
    if not understood:
        raise make_usage_error("the URL of the database cannot be read", "Write it as postgresql://host:port/database.")
    if "#" in url:  # libpq reads on where a URL is taken to end, and what stands there would not be looked at here
        raise make_usage_error("the URL of the database holds a #", "Write it as %23.")
    keys = [key.lower() for key, _ in parse_qsl(parts.query, keep_blank_values=True)]
    if parts.password is not None or any(word in key for key in keys for word in ("password", "pwd", "token")):
        what = "the URL holds a password, which would stand in the history of the shell and in the list of processes"
        mend = "Take it out, and change it where others may have seen it. Passwords are looked for in "
        raise make_usage_error(what, f"{mend}{PASSWORD_VARIABLE}, ~/.pgpass and the keyring of the system.")
    return parts


def open_connection(kind: DatabaseKind, parts: SplitResult, *, place: str) -> Any:
    """A connection, tried again where a server does not answer."""
    try:
        manager = importlib.import_module("adbc_driver_manager")
        password = _find_keyring_password(kind, parts, place=place)
        for pause in (*RETRY_PAUSES, None) if kind.server else (None,):
            try:
                return kind.connect(parts, password)
            except manager.Error as error:
                if pause is None or not isinstance(error, manager.OperationalError) or not _is_temporary_failure(error):
                    raise
                time.sleep(pause)
    except ImportError:
        what = "databases are read by drivers that are not installed"
        raise make_usage_error(what, 'Install them with pip install "audit-toolkit[databases]".') from None
    except manager.Error as error:
        problem = _make_connection_problem(kind, str(error), password, place=place)
        raise AuditError(problem, code=ExitCode.UNREADABLE) from None
    raise AssertionError("the last try returns or raises")


def _find_keyring_password(kind: DatabaseKind, parts: SplitResult, *, place: str) -> str | None:
    """The password that the system's keyring has for a server and the user of the URL; none where the environment has
    one, or the options of the URL name another server, user or place of passwords."""
    options = {key for key, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if not kind.server or not parts.username or os.environ.get(kind.password) or options & REDIRECTING_OPTIONS:
        return None
    with suppress(Exception):  # none installed, none of the system's, locked: whatever a back end raises, it has none
        keyring = importlib.import_module("keyring")
        password: str | None = keyring.get_password(f"audit {place}", unquote(parts.username))
        return password if password and "\0" not in password else None
    return None


def _make_connection_problem(kind: DatabaseKind, message: str, password: str | None, *, place: str) -> Problem:
    """Why there is no connection, in the driver's words. Nothing was read yet: they name no cell; and those that repeat
    a URL with a password are left out."""
    if password and _format_password_option(password) in message:
        message = "the driver cannot read the URL"
    what = f"cannot be reached: {shorten(message, 300, placeholder=' …').rstrip(' .?')}"
    mend = "See that the address, the user and the right to connect are as they should be."
    if kind.server:
        mend += f' A password is looked for in {kind.password}, and in the keyring of the system under "audit {place}".'
    return Problem(what=what, mend=mend, file=place)


def _is_temporary_failure(error: Exception) -> bool:
    """Whether no server answered, or one that is starting; one that refuses, as for a wrong password or none, is not
    asked again."""
    refused = "FATAL" in str(error) or "no password supplied" in str(error)
    return not refused or "starting up" in str(error)


def list_driver_errors() -> tuple[type[Exception], ...]:
    """What a driver raises, at its own steps or as Arrow hands its batches on."""
    manager, arrow = importlib.import_module("adbc_driver_manager"), importlib.import_module("pyarrow")
    return manager.Error, arrow.ArrowException, OSError


def _connect_postgresql(parts: SplitResult, password: str | None) -> Any:
    """By the URL, the one thing that the driver takes. Without a password libpq looks for one itself."""
    url = parts.geturl()
    if password:
        url += f"{'&' if '?' in url else '?'}{_format_password_option(password)}"
    return importlib.import_module("adbc_driver_postgresql.dbapi").connect(url)


def _format_password_option(password: str) -> str:
    """A password as libpq reads it at the end of a URL."""
    return f"password={quote(password, safe='')}"


def _connect_sqlite(parts: SplitResult, _: str | None) -> Any:
    path = _find_database_file(parts)
    return importlib.import_module("adbc_driver_sqlite.dbapi").connect(f"file:{quote(str(path))}?mode=ro")


def _connect_duckdb(parts: SplitResult, _: str | None) -> Any:
    """The file alone: a view in it that reads other files is evidence of somebody else's making, and is refused."""
    options = {"path": str(_find_database_file(parts)), "access_mode": "READ_ONLY", "enable_external_access": "false"}
    library = importlib.import_module("adbc_driver_duckdb").driver_path()
    return _import_driver_manager().connect(driver=library, entrypoint="duckdb_adbc_init", db_kwargs=options)


def _import_driver_manager() -> Any:
    return importlib.import_module("adbc_driver_manager.dbapi")


def _find_database_file(parts: SplitResult) -> Path:
    """The file of `sqlite:///relative.db` or `sqlite:////absolute.db`."""
    path = Path(unquote(parts.path.removeprefix("/")))
    if parts.netloc or not path.is_file():
        mend = f"Write {parts.scheme}:///FILE, or {parts.scheme}:////FOLDER/FILE for a path from the root."
        raise AuditError(Problem(what="no such file", mend=mend, file=path.name), code=ExitCode.UNREADABLE)
    return path.absolute()


#: PostgreSQL is told not to leave out rows in silence: where a policy would, the query fails (manual, row_security).
POSTGRESQL = DatabaseKind(
    connect=_connect_postgresql,
    dialect="postgres",
    begin=("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", "SET LOCAL row_security = off"),
)
DATABASE_KINDS: Mapping[str, DatabaseKind] = {
    "postgresql": POSTGRESQL,
    "postgres": POSTGRESQL,
    "sqlite": DatabaseKind(connect=_connect_sqlite, dialect="sqlite", typed=False, server=False),
    "duckdb": DatabaseKind(connect=_connect_duckdb, dialect="duckdb", server=False),
}
