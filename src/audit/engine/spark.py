"""A session on a Spark cluster: how it is set, what runs on its workers, and what is said when it fails."""

import os
import pickle
import platform
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from audit.error import AuditError, ExitCode, Problem

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

PATIENCE = 60.0  # seconds that a worker has to take up the work
SETTINGS = {
    "spark.app.name": "audit",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    # Days are what they say, however long ago: no file here was written in the calendar of an old Spark.
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.executorEnv.POLARS_MAX_THREADS": "1",  # a task has one core; polars would take all of the machine
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "FATAL",  # what fails is said by this program, once
}


@contextmanager
def session(url: str) -> "Iterator[SparkSession]":
    """A session on the cluster whose master is at `url`, ended with the block.

    Settings of the site come from its spark-defaults.conf, as ever; those in SETTINGS go before them.

    AuditError: USAGE where PySpark is not installed or the URL is none; UNREADABLE where the cluster does not answer,
    gives no worker, or is lost in the block.
    """
    pyspark, names = _pyspark(), urlsplit(url)
    if names.scheme == "spark":
        _refuse_silent(names.hostname, names.port, url)
    elif not url.startswith(("local[", "yarn", "k8s://")):
        raise AuditError(
            Problem(what=f"`{url}` is not the master of a Spark cluster", mend="Write it as spark://host:port."),
            code=ExitCode.USAGE,
        )
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = pyspark.sql.SparkSession.builder.master(url)
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    opened = None
    try:
        opened = builder.getOrCreate()
        if names.scheme == "spark":
            _await_worker(opened, url)
        yield opened
    except pyspark.errors.PythonException:
        raise  # of our own code on a worker: a defect of this program
    except (pyspark.errors.PySparkException, *_gateway_errors()) as error:
        raise _lost(url, type(error).__name__) from None
    finally:
        if opened is not None:
            _stop(opened)


def each(session: "SparkSession", tasks: Sequence[Any], do: Callable[[Any], Any]) -> list[Any]:
    """What `do` says of each task, in their order; each runs as one Spark task, on whichever worker is free.

    A task that is lost with its worker is done again by another, so what `do` writes it must write whole or not at all.
    What it returns comes to the driver: counts, names and problems, never rows.

    AuditError: UNREADABLE where a worker has other versions of what decides the result than the driver.
    """
    here = versions()

    def run(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow

        for batch in batches:
            numbers = batch.column(0).to_pylist()
            said = [pickle.dumps((number, versions(), do(tasks[number]))) for number in numbers]
            yield pyarrow.RecordBatch.from_pydict({"said": pyarrow.array(said, pyarrow.binary())})

    found = brought(session.range(0, len(tasks), 1, len(tasks)).mapInArrow(run, "said binary")) if tasks else None
    told = sorted((pickle.loads(one) for one in found.column("said").to_pylist()), key=_number) if found else []
    if others := sorted({there for _, there, _ in told} - {here}):
        mend = "Give the workers the environment of the driver."
        problem = Problem(what=f"a worker has {', '.join(others[0])} and the driver {', '.join(here)}", mend=mend)
        raise AuditError(problem, code=ExitCode.UNREADABLE)
    return [said for _, _, said in told]


def brought(rows: "DataFrame") -> Any:
    """The rows as an Arrow table on the driver: the one door through which any row comes to it."""
    return rows.toArrow()


def versions() -> tuple[str, ...]:
    """What decides a result besides the inputs."""
    packages = ("audit", "polars", "narwhals", "polars-hash")
    return (f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in packages))


def _number(told: tuple[int, Any, Any]) -> int:
    return told[0]


def _pyspark() -> Any:
    try:
        import pyspark.errors
        import pyspark.sql
    except ImportError:
        mend = 'Install it with pip install "audit[spark]"; it needs Java 17 as well.'
        raise AuditError(Problem(what="PySpark is not installed", mend=mend), code=ExitCode.USAGE) from None
    return pyspark


def _gateway_errors() -> tuple[type[Exception], ...]:
    from py4j.protocol import Py4JError

    return Py4JError, ConnectionError


def _refuse_silent(host: str | None, port: int | None, url: str) -> None:
    try:
        socket.create_connection((host or "", port or 7077), timeout=10).close()
    except OSError:
        raise _lost(url, "no answer") from None


def _await_worker(opened: "SparkSession", url: str) -> None:
    """Wait for the first worker: without one, Spark would wait for ever."""
    jvm, until = opened.sparkContext._jsc.sc(), time.monotonic() + PATIENCE  # type: ignore[union-attr]
    while jvm.getExecutorMemoryStatus().size() < 2:  # the driver itself is one
        if time.monotonic() > until:
            raise _lost(url, "no worker took up the work")
        time.sleep(0.2)


def _lost(url: str, why: str) -> AuditError:
    mend = "See that its master and workers run and have memory left, then do it again: nothing was written."
    what = f"the cluster cannot be reached, or was lost ({why})"
    return AuditError(Problem(what=what, mend=mend, file=url), code=ExitCode.UNREADABLE)


def _stop(opened: "SparkSession") -> None:
    try:
        opened.stop()
    except (*_gateway_errors(), OSError):
        return  # it was lost, and has been said so
