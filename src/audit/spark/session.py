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

LOG_VARIABLE = "AUDIT_SPARK_LOG"  # names a file for what Spark itself has to say
WORKER_TIMEOUT = 60.0  # seconds that a worker has to take up the work
SESSION_SETTINGS = {
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
def open_session(url: str) -> "Iterator[SparkSession]":
    """A session on the cluster whose master is at `url`, ended with the block.

    Settings of the site come from its spark-defaults.conf, as ever; those in SESSION_SETTINGS go before them.

    AuditError: USAGE where PySpark is not installed or the URL is none; UNREADABLE where the cluster does not answer,
    gives no worker, or is lost in the block.
    """
    pyspark = _import_pyspark()
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")  # it is given none
    standalone = url.startswith("spark://")
    if standalone:
        _refuse_unreachable(url)
    elif not url.startswith(("local[", "yarn", "k8s://")):
        raise AuditError(
            Problem(what=f"`{url}` is not the master of a Spark cluster", mend="Write it as spark://host:port."),
            code=ExitCode.USAGE,
        )
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = pyspark.sql.SparkSession.builder.master(url)
    for name, value in SESSION_SETTINGS.items():
        builder = builder.config(name, value)
    spark_session = None
    try:
        with _silence_java():
            spark_session = builder.getOrCreate()
        if standalone:
            _await_worker(spark_session, url)
            with _watch_workers(spark_session):
                yield spark_session
        else:
            yield spark_session
    except (pyspark.errors.PythonException, pyspark.errors.AnalysisException):
        raise  # of our own code: a defect of this program
    except (pyspark.errors.PySparkException, *_list_gateway_errors()) as error:
        raise _make_lost_error(url, type(error).__name__) from None
    finally:
        if spark_session is not None:
            _stop_session(spark_session)


def run_tasks(session: "SparkSession", tasks: Sequence[Any], do: Callable[[Any], Any]) -> list[Any]:
    """What `do` says of each task, in their order; each runs as one Spark task, on whichever worker is free.

    A task that is lost with its worker is done again by another, so what `do` writes it must write whole or not at all.
    What it returns comes to the driver: counts, names and problems, never rows.

    AuditError: UNREADABLE where a worker has other versions of what decides the result than the driver.
    """
    here = list_library_versions()

    def run(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow

        for batch in batches:
            numbers = batch.column(0).to_pylist()
            said = [pickle.dumps((number, list_library_versions(), _run_task(do, tasks[number]))) for number in numbers]
            yield pyarrow.RecordBatch.from_pydict({"said": pyarrow.array(said, pyarrow.binary())})

    table = (
        collect_arrow_table(session.range(0, len(tasks), 1, len(tasks)).mapInArrow(run, "said binary"))
        if tasks
        else None
    )
    results = sorted((pickle.loads(one) for one in table.column("said").to_pylist()), key=_read_number) if table else []
    if others := sorted({worker_versions for _, worker_versions, _ in results} - {here}):
        mend = "Give the workers the environment of the driver."
        problem = Problem(what=f"a worker has {', '.join(others[0])} and the driver {', '.join(here)}", mend=mend)
        raise AuditError(problem, code=ExitCode.UNREADABLE)
    failed = [said for _, _, said in results if isinstance(said, _TaskFailure)]
    if failed:
        problems = dict.fromkeys(problem for one in failed for problem in one.problems)
        raise AuditError(problems, code=max(one.code for one in failed))
    return [said for _, _, said in results]


def collect_arrow_table(rows: "DataFrame") -> Any:
    """The rows as an Arrow table on the driver: the one door through which any row comes to it."""
    return rows.toArrow()


def collect_rows(rows: "DataFrame", kinds: Mapping[str, Any]) -> "pl.DataFrame":
    """Rows on the driver, with these columns, of these polars types."""
    import polars as pl

    collected = pl.from_arrow(collect_arrow_table(rows.select(*(f"`{name}`" for name in kinds))))
    assert isinstance(collected, pl.DataFrame)
    return collected.select(pl.col(name).cast(kind) for name, kind in kinds.items())


def make_spark_path(path: Path) -> str:
    """A place that all workers see, as Spark takes it: as it is written, blanks and all."""
    return f"file://{path}"


def list_library_versions() -> tuple[str, ...]:
    """What decides a result besides the inputs."""
    packages = ("audit-toolkit", "polars", "polars-hash")
    return (f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in packages))


class _TaskFailure(NamedTuple):
    """Why a task could not be done: an AuditError, as it comes home."""

    problems: tuple[Problem, ...]
    code: ExitCode


def _run_task(do: Callable[[Any], Any], task: Any) -> Any:
    try:
        return do(task)
    except AuditError as error:
        return _TaskFailure(error.problems, error.code)
    except OSError as error:
        what = f"a worker cannot read or write it: {error.strerror or 'it ended early'}"
        mend = "Name folders that every worker sees by the same path, and may write to."
        return _TaskFailure((Problem(what=what, mend=mend, file=error.filename or "a file"),), ExitCode.UNREADABLE)


def _read_number(result: tuple[int, Any, Any]) -> int:
    return result[0]


def _import_pyspark() -> Any:
    try:
        import pyspark.errors
        import pyspark.sql
    except ImportError:
        mend = 'Install it with pip install "audit-toolkit[spark]"; it needs Java 17 as well.'
        raise AuditError(Problem(what="PySpark is not installed", mend=mend), code=ExitCode.USAGE) from None
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        mend = "Install Java 17, or name its folder in JAVA_HOME."
        raise AuditError(Problem(what="Java is not installed, which Spark runs on", mend=mend), code=ExitCode.USAGE)
    return pyspark


def _list_gateway_errors() -> tuple[type[Exception], ...]:
    from py4j.protocol import Py4JError

    return Py4JError, ConnectionError


@contextmanager
def _silence_java() -> Iterator[None]:
    """Send what the Java machine writes, from its start to its end, to the file in LOG_VARIABLE, or nowhere."""
    sys.stderr.flush()
    saved, to = os.dup(2), os.open(os.environ.get(LOG_VARIABLE, os.devnull), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(to, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(to)


def _refuse_unreachable(url: str) -> None:
    """Refuse a cluster of which no master answers: spark://one:7077,other:7077."""
    for master in url.removeprefix("spark://").split(","):
        host, _, port = master.rpartition(":")
        with suppress(OSError, ValueError):
            socket.create_connection((host, int(port)), timeout=10).close()
            return
    raise _make_lost_error(url, "no answer")


def _await_worker(spark_session: "SparkSession", url: str) -> None:
    """Wait for the first worker: without one, Spark would wait for ever."""
    jvm, until = spark_session.sparkContext._jsc.sc(), time.monotonic() + WORKER_TIMEOUT
    while jvm.getExecutorMemoryStatus().size() < 2:  # the driver itself is one
        if time.monotonic() > until:
            raise _make_lost_error(url, "no worker took up the work")
        time.sleep(0.2)


@contextmanager
def _watch_workers(spark_session: "SparkSession") -> Iterator[None]:
    """End the session where it has had no worker for WORKER_TIMEOUT: Spark would wait for ever for one to come back."""
    over, jvm = Event(), spark_session.sparkContext._jsc.sc()

    def watch() -> None:
        last = time.monotonic()
        while not over.wait(1):
            if jvm.getExecutorMemoryStatus().size() > 1:
                last = time.monotonic()
            elif time.monotonic() - last > WORKER_TIMEOUT:
                _stop_session(spark_session)
                return

    Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _make_lost_error(url: str, why: str) -> AuditError:
    mend = "See that its master and workers run and have memory left, then do it again: nothing was written."
    what = f"the cluster cannot be reached, or was lost ({why})"
    return AuditError(Problem(what=what, mend=mend, file=url), code=ExitCode.UNREADABLE)


def _stop_session(spark_session: "SparkSession") -> None:
    with suppress(*_list_gateway_errors()):  # it was lost, and has been said so
        spark_session.stop()
