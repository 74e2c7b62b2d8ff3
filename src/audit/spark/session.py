"""A session on a Spark cluster: how it is set, what runs on its workers, and what is said when it fails."""

import os
import pickle
import platform
import shutil
import socket
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from audit.errors import AuditError, ExitCode, Problem

if TYPE_CHECKING:
    import polars as pl
    from pyspark.sql import DataFrame, SparkSession

LOG = "AUDIT_SPARK_LOG"  # names a file for what Spark itself has to say
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
}


@contextmanager
def session(url: str) -> "Iterator[SparkSession]":
    """A session on the cluster whose master is at `url`, ended with the block.

    Settings of the site come from its spark-defaults.conf, as ever; those in SETTINGS go before them.

    AuditError: USAGE where PySpark is not installed or the URL is none; UNREADABLE where the cluster does not answer,
    gives no worker, or is lost in the block.
    """
    pyspark = _pyspark()
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")  # it is given none
    standalone = url.startswith("spark://")
    if standalone:
        _refuse_silent(url)
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
        with _quiet():
            opened = builder.getOrCreate()
        if standalone:
            _await_worker(opened, url)
            with _watched(opened):
                yield opened
        else:
            yield opened
    except (pyspark.errors.PythonException, pyspark.errors.AnalysisException):
        raise  # of our own code: a defect of this program
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
            said = [pickle.dumps((number, versions(), _done(do, tasks[number]))) for number in numbers]
            yield pyarrow.RecordBatch.from_pydict({"said": pyarrow.array(said, pyarrow.binary())})

    found = brought(session.range(0, len(tasks), 1, len(tasks)).mapInArrow(run, "said binary")) if tasks else None
    told = sorted((pickle.loads(one) for one in found.column("said").to_pylist()), key=_number) if found else []
    if others := sorted({there for _, there, _ in told} - {here}):
        mend = "Give the workers the environment of the driver."
        problem = Problem(what=f"a worker has {', '.join(others[0])} and the driver {', '.join(here)}", mend=mend)
        raise AuditError(problem, code=ExitCode.UNREADABLE)
    failed = [said for _, _, said in told if isinstance(said, _Failed)]
    if failed:
        problems = dict.fromkeys(problem for one in failed for problem in one.problems)
        raise AuditError(problems, code=max(one.code for one in failed))
    return [said for _, _, said in told]


def brought(rows: "DataFrame") -> Any:
    """The rows as an Arrow table on the driver: the one door through which any row comes to it."""
    return rows.toArrow()


def home(rows: "DataFrame", kinds: Mapping[str, Any]) -> "pl.DataFrame":
    """Rows on the driver, with these columns, of these polars types."""
    import polars as pl

    found = pl.from_arrow(brought(rows.select(*(f"`{name}`" for name in kinds))))
    assert isinstance(found, pl.DataFrame)
    return found.select(pl.col(name).cast(kind) for name, kind in kinds.items())


def address(path: Path) -> str:
    """A place that all workers see, as Spark takes it: as it is written, blanks and all."""
    return f"file://{path}"


def versions() -> tuple[str, ...]:
    """What decides a result besides the inputs."""
    packages = ("audit", "polars", "polars-hash")
    return (f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in packages))


class _Failed(NamedTuple):
    """Why a task could not be done: an AuditError, as it comes home."""

    problems: tuple[Problem, ...]
    code: ExitCode


def _done(do: Callable[[Any], Any], task: Any) -> Any:
    try:
        return do(task)
    except AuditError as error:
        return _Failed(error.problems, error.code)
    except OSError as error:
        what = f"a worker cannot read or write it: {error.strerror or 'it ended early'}"
        mend = "Name folders that every worker sees by the same path, and may write to."
        return _Failed((Problem(what=what, mend=mend, file=error.filename or "a file"),), ExitCode.UNREADABLE)


def _number(told: tuple[int, Any, Any]) -> int:
    return told[0]


def _pyspark() -> Any:
    try:
        import pyspark.errors
        import pyspark.sql
    except ImportError:
        mend = 'Install it with pip install "audit[spark]"; it needs Java 17 as well.'
        raise AuditError(Problem(what="PySpark is not installed", mend=mend), code=ExitCode.USAGE) from None
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        mend = "Install Java 17, or name its folder in JAVA_HOME."
        raise AuditError(Problem(what="Java is not installed, which Spark runs on", mend=mend), code=ExitCode.USAGE)
    return pyspark


def _gateway_errors() -> tuple[type[Exception], ...]:
    from py4j.protocol import Py4JError

    return Py4JError, ConnectionError


@contextmanager
def _quiet() -> Iterator[None]:
    """Send what the Java machine writes, from its start to its end, to the file in LOG, or nowhere."""
    sys.stderr.flush()
    kept, to = os.dup(2), os.open(os.environ.get(LOG, os.devnull), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(to, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(to)


def _refuse_silent(url: str) -> None:
    """Refuse a cluster of which no master answers: spark://one:7077,other:7077."""
    for master in url.removeprefix("spark://").split(","):
        host, _, port = master.rpartition(":")
        with suppress(OSError, ValueError):
            socket.create_connection((host, int(port)), timeout=10).close()
            return
    raise _lost(url, "no answer")


def _await_worker(opened: "SparkSession", url: str) -> None:
    """Wait for the first worker: without one, Spark would wait for ever."""
    jvm, until = opened.sparkContext._jsc.sc(), time.monotonic() + PATIENCE
    while jvm.getExecutorMemoryStatus().size() < 2:  # the driver itself is one
        if time.monotonic() > until:
            raise _lost(url, "no worker took up the work")
        time.sleep(0.2)


@contextmanager
def _watched(opened: "SparkSession") -> Iterator[None]:
    """End the session where it has had no worker for PATIENCE: Spark would wait for ever for one to come back."""
    over, jvm = Event(), opened.sparkContext._jsc.sc()

    def watch() -> None:
        last = time.monotonic()
        while not over.wait(1):
            if jvm.getExecutorMemoryStatus().size() > 1:
                last = time.monotonic()
            elif time.monotonic() - last > PATIENCE:
                _stop(opened)
                return

    Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _lost(url: str, why: str) -> AuditError:
    mend = "See that its master and workers run and have memory left, then do it again: nothing was written."
    what = f"the cluster cannot be reached, or was lost ({why})"
    return AuditError(Problem(what=what, mend=mend, file=url), code=ExitCode.UNREADABLE)


def _stop(opened: "SparkSession") -> None:
    with suppress(*_gateway_errors()):  # it was lost, and has been said so
        opened.stop()
