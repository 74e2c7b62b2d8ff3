"""The kinds of database, by the scheme of their URL: how each is reached, and what makes one snapshot of it."""

import importlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from audit.error import AuditError, ExitCode, Problem

PASSWORD = "AUDIT_DATABASE_PASSWORD"
PAUSES = (1, 4)  # seconds before a server that does not answer is tried again; never once a row was read


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of database: how it is reached, what it is asked in, and what makes a transaction one snapshot."""

    connect: Callable[[SplitResult], Any]
    dialect: str  # as sqlglot names it
    begin: tuple[str, ...] = ()
    typed: bool = True  # a column has one type; otherwise every cell is read as its text
    server: bool = True


def checked(url: str) -> SplitResult:
    """The URL in its parts, if it is one and holds no secret."""
    try:
        parts = urlsplit(url)
        understood = "://" in url and parts.port != 0
    except ValueError:
        understood = False
    if not understood:
        raise _usage("the URL of the database cannot be read", "Write it as postgresql://host:port/database.")
    if "#" in url:  # libpq reads on where a URL is taken to end, and what stands there would not be looked at here
        raise _usage("the URL of the database holds a #", "Write it as %23.")
    keys = [key.lower() for key, _ in parse_qsl(parts.query, keep_blank_values=True)]
    if parts.password is not None or any(word in key for key in keys for word in ("password", "pwd", "token")):
        what = "the URL holds a password, which would stand in the history of the shell and in the list of processes"
        mend = "Take it out, and change it where others may have seen it. Passwords are looked for in "
        where = "~/.pgpass or PGPASSWORD" if parts.scheme.startswith("postgres") else PASSWORD
        raise _usage(what, f"{mend}{where}.")
    return parts


def connected(kind: Kind, parts: SplitResult, *, place: str) -> Any:
    """A connection, tried again where a server does not answer."""
    try:
        manager = importlib.import_module("adbc_driver_manager")
        for pause in (*PAUSES, None) if kind.server else (None,):
            try:
                return kind.connect(parts)
            except manager.Error as error:
                if pause is None or not isinstance(error, manager.OperationalError) or not _may_answer_later(error):
                    raise
                time.sleep(pause)
    except ImportError:
        what = "databases are read by drivers that are not installed"
        raise _usage(what, 'Install them with pip install ".[databases]", in the folder of this project.') from None
    except manager.Error as error:  # nothing was read yet: the driver's words name no cell, and the URL no password
        what = f"cannot be reached: {shorten(str(error), 300, placeholder=' …').rstrip(' .?')}"
        mend = "See that the address, the user and the right to connect are as they should be."
        raise AuditError(Problem(what=what, mend=mend, file=place), code=ExitCode.UNREADABLE) from None
    raise AssertionError("the last try returns or raises")


def _may_answer_later(error: Exception) -> bool:
    """Whether no server answered, or one that is starting; one that refuses, as for a wrong password, is not asked
    again."""
    return "FATAL" not in str(error) or "starting up" in str(error)


def errors() -> tuple[type[Exception], ...]:
    """What a driver raises, at its own steps or as Arrow hands its batches on."""
    manager, arrow = importlib.import_module("adbc_driver_manager"), importlib.import_module("pyarrow")
    return manager.Error, arrow.ArrowException, OSError


def _postgresql(parts: SplitResult) -> Any:
    return importlib.import_module("adbc_driver_postgresql.dbapi").connect(parts.geturl())


def _sqlite(parts: SplitResult) -> Any:
    path = _file(parts)
    return importlib.import_module("adbc_driver_sqlite.dbapi").connect(f"file:{quote(str(path))}?mode=ro")


def _duckdb(parts: SplitResult) -> Any:
    """The file alone: a view in it that reads other files is evidence of somebody else's making, and is refused."""
    options = {"path": str(_file(parts)), "access_mode": "READ_ONLY", "enable_external_access": "false"}
    library = importlib.import_module("adbc_driver_duckdb").driver_path()
    return _manager().connect(driver=library, entrypoint="duckdb_adbc_init", db_kwargs=options)


def _by_manifest(parts: SplitResult) -> Any:
    """Through an ADBC driver that is installed on the machine under the scheme's name."""
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    given = {"uri": bare.geturl(), "username": unquote(parts.username or ""), "password": os.environ.get(PASSWORD)}
    return _manager().connect(driver=parts.scheme, db_kwargs={key: value for key, value in given.items() if value})


def _manager() -> Any:
    return importlib.import_module("adbc_driver_manager.dbapi")


def _file(parts: SplitResult) -> Path:
    """The file of `sqlite:///relative.db` or `sqlite:////absolute.db`."""
    path = Path(unquote(parts.path.removeprefix("/")))
    if parts.netloc or not path.is_file():
        mend = f"Write {parts.scheme}:///FILE, or {parts.scheme}:////FOLDER/FILE for a path from the root."
        raise AuditError(Problem(what="no such file", mend=mend, file=path.name), code=ExitCode.UNREADABLE)
    return path.absolute()


#: PostgreSQL is told not to leave out rows in silence: where a policy would, the query fails (manual, row_security).
POSTGRESQL = Kind(
    connect=_postgresql,
    dialect="postgres",
    begin=("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", "SET LOCAL row_security = off"),
)
KINDS: Mapping[str, Kind] = {
    "postgresql": POSTGRESQL,
    "postgres": POSTGRESQL,
    "sqlite": Kind(connect=_sqlite, dialect="sqlite", typed=False, server=False),
    "duckdb": Kind(connect=_duckdb, dialect="duckdb", server=False),
    # Not tried against a server: docs/databases.md.
    "mssql": Kind(connect=_by_manifest, dialect="tsql", begin=("SET TRANSACTION ISOLATION LEVEL SNAPSHOT",)),
    "oracle": Kind(connect=_by_manifest, dialect="oracle", begin=("SET TRANSACTION READ ONLY",)),
}


def _usage(what: str, mend: str) -> AuditError:
    return AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
