"""A real PostgreSQL server for the tests: in a temporary folder, on a loopback port, run by a user who is not root."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

USER = "auditor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that runs."""

    folder: Path
    port: int
    control: str  # pg_ctl
    user: str | None  # who runs it

    def url(self, database: str, *, user: str = USER, port: int | None = None) -> str:
        return f"postgresql://{user}@127.0.0.1:{port or self.port}/{database}"

    def sql(self, text: str, *, database: str = "postgres") -> str:
        words = ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", self.url(database), "-c", text]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert not done.returncode, done.stderr
        return done.stdout

    def fill(self, database: str, tables: Mapping[str, pl.DataFrame]) -> str:
        """A new database that holds the tables; its URL."""
        import adbc_driver_postgresql.dbapi as driver

        self.sql(f"drop database if exists {database}")
        self.sql(f"create database {database}")
        with driver.connect(self.url(database)) as connection, connection.cursor() as cursor:
            for name, rows in tables.items():
                cursor.adbc_ingest(name, rows.to_arrow(), mode="create")
            connection.commit()
        return self.url(database)

    def run(self, *words: str) -> None:
        subprocess.run(
            [self.control, *words, "-D", self.folder / "data"], check=True, user=self.user, capture_output=True
        )

    def kill(self) -> None:
        self.run("stop", "-m", "immediate")

    @contextmanager
    def asking(self, user: str) -> Iterator[None]:
        """A user is asked for the password, who is trusted otherwise."""
        rules = self.folder / "data" / "pg_hba.conf"
        trusting = rules.read_text(encoding="utf-8")
        try:
            rules.write_text(f"host all {user} 127.0.0.1/32 scram-sha-256\n{trusting}", encoding="utf-8")
            self.run("reload")
            yield
        finally:
            rules.write_text(trusting, encoding="utf-8")
            self.run("reload")

    @contextmanager
    def killed_when_asleep(self) -> Iterator[None]:
        """The server is killed as soon as a query of the block sleeps."""

        over = threading.Event()

        def wait() -> None:
            asleep = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
            while not over.wait(0.1):
                if self.sql(asleep).strip() != "0":
                    self.kill()
                    over.set()

        waiting = threading.Thread(target=wait)
        waiting.start()
        try:
            yield
        finally:
            over.set()
            waiting.join()


@contextmanager
def started() -> Iterator[Server]:
    """A new server, until the tests are done with it."""
    from tests.conftest import tool

    where = {"package": "postgresql", "folders": "/usr/lib/postgresql/*/bin"}
    control, make = tool("pg_ctl", **where), tool("initdb", **where)
    tool("psql", package="postgresql-client")
    user = "nobody" if os.getuid() == 0 else None  # PostgreSQL refuses to be run by root
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="audit-postgresql-"))
    server = Server(folder=folder, port=port, control=control, user=user)
    if user:
        shutil.chown(folder, user)
    try:
        words = [make, "-D", folder / "data", "-U", USER, "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run(words, check=True, user=user, capture_output=True)
        with (folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(
                f"listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{folder}'\nfsync = off\n"
            )
        server.run("start", "-w", "-l", str(folder / "log"))
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.kill()
        shutil.rmtree(folder, ignore_errors=True)
